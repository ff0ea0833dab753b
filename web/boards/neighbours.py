"""Stops near a stop: on the other side of the street, and within a short walk."""

from __future__ import annotations

from transit.plan.directions import directions_of
from transit.plan.nearest_stops import nearest_stops
from transit.plan.network import Network, Stop
from transit.plan.once_per_network import once_per_network
from transit.plan.timetable import RouteDirection, timetable_of
from web.cache import Cache
from web.world import World

OPPOSITE_M = 250.0  # largest distance to the stop of the other direction
NEARBY_M = 800.0  # ten minutes on foot
NEARBY_AT_MOST = 3
NEIGHBOURS_KEPT = 20_000  # more than the largest city has


def opposite_of(world: World, stop: Stop, directions: list[RouteDirection]) -> tuple[Stop, float] | None:
    """As opposite(), cached per network."""
    network = world.network
    assert network is not None
    return _opposites(network).get((stop.stop_id, *directions), lambda: opposite(network, stop, directions))


def nearby_of(world: World, stop: Stop) -> list[tuple[Stop, float]]:
    """As nearby(), cached per network."""
    network = world.network
    assert network is not None
    return _neighbours(network).get(stop.stop_id, lambda: nearby(network, stop))


@once_per_network
def _opposites(network: Network) -> Cache[tuple[str | RouteDirection, ...], tuple[Stop, float] | None]:
    return Cache(NEIGHBOURS_KEPT)


@once_per_network
def _neighbours(network: Network) -> Cache[str, list[tuple[Stop, float]]]:
    return Cache(NEIGHBOURS_KEPT)


def opposite(network: Network, stop: Stop, directions: list[RouteDirection]) -> tuple[Stop, float] | None:
    """The nearest stop, with metres, where one of these routes runs in a direction other than these; None without one."""
    table, mine = timetable_of(network), set(directions)
    of_route = directions_of(network).of_route
    wanted = {other for direction in directions for other in of_route.get(direction.route_id, ())} - mine
    if not wanted or stop.lat is None or stop.lon is None:
        return None
    for stop_id, metres in nearest_stops(network, stop.lat, stop.lon, OPPOSITE_M).items():
        if stop_id != stop.stop_id and wanted & set(table.directions_at(stop_id)):
            return network.stops[stop_id], metres
    return None


def nearby(network: Network, stop: Stop) -> list[tuple[Stop, float]]:
    """Other stops within NEARBY_M, the nearest first, with their straight distance in metres."""
    if stop.lat is None or stop.lon is None:
        return []
    metres = nearest_stops(network, stop.lat, stop.lon, NEARBY_M)
    metres.pop(stop.stop_id, None)
    return [(network.stops[stop_id], metres[stop_id]) for stop_id in list(metres)[:NEARBY_AT_MOST]]
