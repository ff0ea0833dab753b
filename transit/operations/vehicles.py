"""What the fixes of single vehicles show: a field that is not believed, two devices, a bus that stands for too long."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind

SEEN = timedelta(minutes=5)  # an older state says nothing of now


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    for vehicle_id, state in facts.states.items():
        if vehicle_id in facts.vehicles and abs(facts.now - state.report.reported_at) <= SEEN:
            for doubt in state.doubts:
                figures = {"case": doubt, "tracker": state.report.tracker_id}
                yield Trouble(TroubleKind.TRACKER_DOUBTED, vehicle_id, state.report.reported_at, figures)
    for standing in facts.standing:
        if not standing.waits and not standing.in_jam:
            figures = {"case": "parked" if standing.is_parked else "", "stop": _stop_name(facts, standing.stop_id)}
            yield Trouble(TroubleKind.STANDS, standing.vehicle_id, standing.since, figures)


def _stop_name(facts: FleetFacts, stop_id: str) -> str:
    stop = facts.network.stops.get(stop_id) if facts.network else None
    return stop.name if stop is not None else stop_id
