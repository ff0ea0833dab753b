"""The circuit that the buses of a route drive: its directions one after the other, measured in planned seconds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from transit.plan.directions import RouteDirection, directions_of, usual_trip
from transit.plan.network import Network, Trip
from transit.plan.patterns import patterns_of
from transit.plan.runs import is_loop
from transit.plan.service_day import services_on
from transit.tracking.state import VehicleState


@dataclass(frozen=True, slots=True)
class Rail:
    """One direction of a circuit, with the stops of most of its trips."""

    direction: RouteDirection
    trip_id: str  # one of the trips with these stops
    stop_ids: tuple[str, ...]
    at_s: tuple[float, ...]  # planned seconds from the first stop to each

    @property
    def run_s(self) -> float:
        return self.at_s[-1]


@dataclass(frozen=True, slots=True)
class Circuit:
    """The rails of a route in the order in which they are driven. Places are planned seconds from the start of the first."""

    route_id: str
    rails: tuple[Rail, ...]
    is_loop: bool  # one rail that ends where it begins

    @property
    def run_s(self) -> float:
        return sum(rail.run_s for rail in self.rails)

    def rail_of(self, direction: RouteDirection) -> int | None:
        return next((n for n, rail in enumerate(self.rails) if rail.direction == direction), None)

    def place_s(self, rail: int, at_s: float) -> float:
        return sum(row.run_s for row in self.rails[:rail]) + at_s

    def ahead_s(self, place_s: float, other_s: float) -> float:
        """Planned seconds from one place forward to another: 0 .. run_s."""
        return (other_s - place_s) % self.run_s if self.run_s > 0.0 else 0.0

    def rail_after(self, rail: int) -> int:
        """Index of the rail driven after this one."""
        return (rail + 1) % len(self.rails)


def circuits_of(network: Network, day: date) -> dict[str, Circuit]:
    """route_id -> circuit of the trips that run on a day; on a day without trips, of all trips."""
    services = services_on(network, day)
    circuits = {}
    for route_id, trips in network.trips_of_route.items():
        running = [trip for trip in trips if trip.service_id in services] or list(trips)
        rails = [_rail(network, direction, running) for direction in directions_of(network).of_route[route_id]]
        chained = _chained(network, [rail for rail in rails if rail is not None])
        if chained:
            alone = len(chained) == 1 and is_loop(patterns_of(network).of_trip(chained[0].trip_id))
            circuits[route_id] = Circuit(route_id, chained, alone)
    return circuits


def _rail(network: Network, direction: RouteDirection, trips: list[Trip]) -> Rail | None:
    trip = usual_trip(network, direction, trips)
    pattern = None if trip is None else patterns_of(network).find(trip.trip_id)
    if trip is None or pattern is None or len(trip.stop_times) < 2:
        return None
    return Rail(direction, trip.trip_id, tuple(call.stop_id for call in trip.stop_times), _seconds(network, trip.trip_id))


def _seconds(network: Network, trip_id: str) -> tuple[float, ...]:
    planned = patterns_of(network).planned(trip_id)
    return (0.0, *(arrival - planned[0][1] for arrival, _ in planned[1:]))


def _chained(network: Network, rails: list[Rail]) -> tuple[Rail, ...]:
    """The rails in order: after each one the rail that begins nearest to its end."""
    left, chain = rails[1:], rails[:1]
    while left:
        end = patterns_of(network).of_trip(chain[-1].trip_id).stop_xy[-1]
        nearest = min(left, key=lambda rail: math.dist(patterns_of(network).of_trip(rail.trip_id).stop_xy[0], end))
        left.remove(nearest)
        chain.append(nearest)
    return tuple(chain)


def at_on_rail(network: Network, rail: Rail, state: VehicleState) -> float | None:
    """Where a vehicle is on a rail, planned seconds from its start.

    None without a trip, and on another pattern that has none of the rail's stops ahead.
    """
    trip, along_m = state.matched.trip, state.matched.shape_dist_traveled_m
    if trip is None:
        return None
    pattern = patterns_of(network).of_trip(trip.trip_id)
    if along_m is not None and pattern.stop_ids == rail.stop_ids:
        return float(np.interp(along_m, pattern.stop_dist_m, rail.at_s))
    ahead = _stops_from(pattern.stop_sequences, pattern.stop_ids, state.next_stop_sequence)
    return next((rail.at_s[rail.stop_ids.index(stop_id)] for stop_id in ahead if stop_id in rail.stop_ids), None)


def _stops_from(sequences: Iterable[int], stop_ids: Iterable[str], sequence: int | None) -> list[str]:
    return [stop_id for n, stop_id in zip(sequences, stop_ids, strict=True) if sequence is None or n >= sequence]
