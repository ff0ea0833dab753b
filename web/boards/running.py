"""Which vehicles are in service now, and on which route."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from transit.arrivals.rows import TOLD_AGE
from transit.plan.network import Network
from transit.tracking.state import VehicleState, VehicleStatus, is_fresh
from web.world import World

RUNNING = {VehicleStatus.ON_TRIP, VehicleStatus.LAYOVER, VehicleStatus.OFF_ROUTE}


def buses_now(world: World) -> Counter[str]:
    """route_id -> vehicles seen on it within the last 300 s."""
    network = world.network
    assert network is not None
    return Counter(route_of(network, state) for state in in_service(world))


def in_service(world: World) -> Iterator[VehicleState]:
    """The vehicles that riders are shown now: seen within 300 s on a trip, and not parked."""
    network, now, standing = world.network, world.now(), world.view.standing
    assert network is not None
    for state in world.states.values():
        stands = standing.get(state.vehicle_id)
        if is_running(network, state, now) and (stands is None or not stands.is_parked):
            yield state


def is_running(network: Network, state: VehicleState, now: datetime) -> bool:
    on_trip = state.matched.status in RUNNING and state.matched.trip is not None
    return on_trip and route_of(network, state) != "" and is_fresh(state.report.reported_at, now, TOLD_AGE)


def route_of(network: Network, state: VehicleState) -> str:
    trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
    return trip.route_id if trip else ""
