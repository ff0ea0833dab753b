"""Notices that what is seen on the road contradicts."""

from __future__ import annotations

from collections.abc import Iterator

from transit.arrivals.notices import running_in_spite
from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    """A vehicle that drives a run which riders are told does not take place."""
    if facts.network is None:
        return
    for running in running_in_spite(facts.alerts, facts.network, facts.states.values(), facts.now):
        headline = next((text for text in running.alert.header.values() if text), running.alert.alert_id)
        figures = {"trip_id": running.trip.trip_id, "notice": headline}
        yield Trouble(TroubleKind.RUNS_IN_SPITE, running.vehicle_id, figures=figures)
