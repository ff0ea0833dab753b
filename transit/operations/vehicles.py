"""What the fixes of single vehicles show: a field that is not believed, an old point, two devices."""

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
