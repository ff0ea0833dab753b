"""Vehicles that move without a trip, so that riders do not see them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from transit.operations.facts import FleetFacts
from transit.operations.service_hours import is_in_service
from transit.operations.troubles import Trouble, TroubleKind
from transit.tracking.state import VehicleState, VehicleStatus, is_silent

WITHOUT_TRIP = (VehicleStatus.UNASSIGNED, VehicleStatus.DEADHEAD)
GOES_ON = timedelta(seconds=90)  # standing for less, as at a light, does not end moving


def loose_since(before: Mapping[str, datetime], states: Mapping[str, VehicleState], now: datetime) -> dict[str, datetime]:
    """vehicle_id -> since when it has moved without a trip. before: the result of the previous call."""
    return {
        vehicle_id: before.get(vehicle_id, now)
        for vehicle_id, state in states.items()
        if state.matched.status in WITHOUT_TRIP and not is_silent(state, now) and _moves(state)
    }


def _moves(state: VehicleState) -> bool:
    return state.standing is not None and state.report.reported_at - state.standing.since <= GOES_ON


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    """One for each loose vehicle, except those that a dispatcher has marked as off or in repair."""
    if facts.network is None or not is_in_service(facts.network, facts.now):
        return
    for vehicle_id, since in sorted(facts.loose.items()):
        if facts.now - since > timedelta(seconds=facts.limits.loose_s) and vehicle_id not in facts.idle:
            yield Trouble(TroubleKind.LOOSE, vehicle_id, since)
