"""The stops around a place."""

from __future__ import annotations

from collections.abc import Mapping
from math import hypot

from transit.plan.network import Network
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import patterns_of, stop_place


def nearest_stops(network: Network, lat: float, lon: float, within_m: float) -> dict[str, float]:
    """stop_id -> metres as the crow flies, of the stops that are served and lie within a distance; the nearest first."""
    x, y = patterns_of(network).plane.xy(lat, lon)
    metres = {stop_id: hypot(sx - x, sy - y) for stop_id, (sx, sy) in _served(network).items()}
    inside = [(away, stop_id) for stop_id, away in metres.items() if away <= within_m]
    return {stop_id: away for away, stop_id in sorted(inside)}


@once_per_network
def _served(network: Network) -> Mapping[str, tuple[float, float]]:
    """stop_id -> x, y on the network's plane, of every stop at which a trip calls and whose place is known."""
    plane = patterns_of(network).plane
    places = {stop_id: stop_place(network, stop_id) for stop_id in network.routes_of_stop}
    return {stop_id: plane.xy(*place) for stop_id, place in places.items() if place is not None}
