"""Troubles: vehicles that stand for too long, and frozen receivers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.control.corridor import BusState
from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind

FROZEN_FOR = timedelta(hours=24)  # how long a frozen receiver is told


SEEN_TO_STAND = timedelta(seconds=60)  # with an older report the bus may have driven on without coverage
LEFT_LATELY = timedelta(minutes=3)  # a bus that left its first stop within this was only at rest there


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    held = {bus.vehicle_id for corridor in facts.corridors for bus in corridor.buses if bus.state is BusState.WAITING}
    for vehicle in facts.standing:
        kind = TroubleKind.PARKED if vehicle.is_parked else TroubleKind.JAM if vehicle.in_jam else TroubleKind.STANDING
        stop = facts.network.stops.get(vehicle.stop_id) if facts.network else None
        place = stop.name if stop else vehicle.stop_id
        trouble = Trouble(kind, vehicle.vehicle_id, vehicle.since, {"place": place, "trip": vehicle.trip.trip_id})
        rests = (vehicle.waits and vehicle.vehicle_id in held) or _left_lately(facts, vehicle.vehicle_id)
        is_heard = facts.now - vehicle.reported_at <= SEEN_TO_STAND
        # with a frozen receiver the bus may be driving: only the receiver is told
        if not rests and not _is_frozen(facts, vehicle.vehicle_id) and (is_heard or trouble.key in facts.open):
            yield trouble
    for state in facts.states.values():
        standing = state.standing
        if standing is None or standing.frozen_since is None or standing.frozen_until is None:
            continue
        if facts.now - standing.frozen_until <= FROZEN_FOR:
            until = {"until_at": standing.frozen_until.timestamp()}
            yield Trouble(TroubleKind.FROZEN_RECEIVER, state.vehicle_id, standing.frozen_since, until)


def _left_lately(facts: FleetFacts, vehicle_id: str) -> bool:
    state = facts.states.get(vehicle_id)
    return state is not None and state.trip_started_at is not None and facts.now - state.trip_started_at <= LEFT_LATELY


def _is_frozen(facts: FleetFacts, vehicle_id: str) -> bool:
    """Whether the vehicle's receiver is frozen now."""
    state = facts.states.get(vehicle_id)
    standing = None if state is None else state.standing
    return state is not None and standing is not None and standing.frozen_until == state.report.reported_at
