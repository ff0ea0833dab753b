"""Notices that what is seen on the road contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.arrivals.notices import running_in_spite
from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind

SHORT = timedelta(hours=1)  # a notice for less than that ends as it was meant to
CLOSED_STOPS = "-halte"  # how the id ends of the notice that goes with a detour's


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    yield from _in_spite(facts)
    yield from _ends_soon(facts)


def _ends_soon(facts: FleetFacts) -> Iterator[Trouble]:
    """Somebody must know whether it is over. A run that was called off needs no one: its notice ends with it."""
    soon = facts.now + timedelta(minutes=facts.limits.notice_ends_min)
    for alert in facts.alerts:
        of_runs = all(entity.trip is not None for entity in alert.informed)
        if alert.ends_at is None or not alert.is_active(facts.now) or alert.ends_at > soon or of_runs:
            continue
        if alert.ends_at - alert.starts_at >= SHORT and not alert.alert_id.endswith(CLOSED_STOPS):
            headline = next((text for text in alert.header.values() if text), alert.alert_id)
            figures: dict[str, str | float] = {"notice": headline, "ends_at": alert.ends_at.timestamp()}
            yield Trouble(TroubleKind.NOTICE_ENDS, alert.alert_id, figures=figures)


def _in_spite(facts: FleetFacts) -> Iterator[Trouble]:
    """A vehicle that drives a run which riders are told does not take place."""
    if facts.network is None:
        return
    for running in running_in_spite(facts.alerts, facts.network, facts.states.values(), facts.now):
        headline = next((text for text in running.alert.header.values() if text), running.alert.alert_id)
        figures = {"trip_id": running.trip.trip_id, "notice": headline}
        yield Trouble(TroubleKind.RUNS_IN_SPITE, running.vehicle_id, figures=figures)
