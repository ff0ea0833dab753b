"""Notices that what is seen on the road contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import running_in_spite
from transit.operations.facts import FleetFacts
from transit.operations.troubles import Figure, Trouble, TroubleKind

SHORT = timedelta(hours=1)  # a notice for less than that ends as it was meant to
DETOUR = "detour-"  # how the id begins of a detour's: however short, a street may stay closed for longer than was thought
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
        is_detour = alert.alert_id.startswith(DETOUR)
        is_worth_a_look = facts.now >= _middle_of(alert) if is_detour else alert.ends_at - alert.starts_at >= SHORT
        if is_worth_a_look and not alert.alert_id.endswith(CLOSED_STOPS):
            headline = next((text for text in alert.header.values() if text), alert.alert_id)
            figures: dict[str, Figure] = {"notice": headline, "ends_at": alert.ends_at.timestamp()}
            yield Trouble(TroubleKind.NOTICE_ENDS, alert.alert_id, figures=figures)


def _middle_of(alert: Alert) -> datetime:
    """Of its time: who has just begun a short one needs no reminder of its end."""
    return alert.starts_at + ((alert.ends_at or alert.starts_at) - alert.starts_at) / 2


def _in_spite(facts: FleetFacts) -> Iterator[Trouble]:
    """A vehicle that drives a run which riders are told does not take place."""
    if facts.network is None:
        return
    for running in running_in_spite(facts.alerts, facts.network, facts.states.values(), facts.now):
        headline = next((text for text in running.alert.header.values() if text), running.alert.alert_id)
        figures = {"trip_id": running.trip.trip_id, "notice": headline}
        yield Trouble(TroubleKind.RUNS_IN_SPITE, running.vehicle_id, figures=figures)
