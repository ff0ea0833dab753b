"""Which vehicles are in service now, and on which route."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from transit.arrivals.public_positions import is_public
from transit.plan.geometry import distance_m
from transit.plan.network import Network, Trip
from transit.tracking.ages import TOLD_AGE
from transit.tracking.state import WITH_TRIP, VehicleState, VehicleStatus, is_fresh
from web.world import World

AT_TERMINAL_M = 60.0  # a vehicle this near to the first stop is at it: twice a good fix's error


def buses_now(world: World) -> Counter[str]:
    """route_id -> vehicles seen on it within the last 300 s; without those of which the page says that they are silent."""
    network, silent = world.network, world.view.silent_vehicles
    assert network is not None
    return Counter(route_of(network, state) for state in in_service(world) if state.vehicle_id not in silent)


def in_service(world: World) -> Iterator[VehicleState]:
    """The vehicles that riders are shown now: seen within 300 s on a trip, and not parked."""
    network, now, parked = world.network, world.now(), world.view.parked
    assert network is not None
    for state in world.states.values():
        if is_running(network, state, now) and is_public(state, parked, world.view.standing):
            yield state


def is_running(network: Network, state: VehicleState, now: datetime) -> bool:
    """Whether a vehicle is on a trip or off the line of one. Wider than what the public may see."""
    on_trip = state.matched.status in WITH_TRIP and state.matched.trip is not None
    return on_trip and route_of(network, state) != "" and is_fresh(state.report.reported_at, now, TOLD_AGE)


def next_index(network: Network, state: VehicleState) -> int | None:
    """Index of a vehicle's next call; for one that waits at its first stop, the second."""
    trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
    if trip is None or state.next_stop_sequence is None:
        return None
    index = trip.find_index(state.next_stop_sequence)
    waits = index == 0 and (state.matched.status is VehicleStatus.LAYOVER or _is_at(network, trip, state))
    return 1 if waits and len(trip.stop_times) > 1 else index


def _is_at(network: Network, trip: Trip, state: VehicleState) -> bool:
    """Whether its position is at the first stop of its trip."""
    stop, report = network.stops[trip.stop_times[0].stop_id], state.report
    if stop.lat is None or stop.lon is None:
        return False
    return distance_m(report.lat, report.lon, stop.lat, stop.lon) <= AT_TERMINAL_M


def route_of(network: Network, state: VehicleState) -> str:
    trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
    return trip.route_id if trip else ""
