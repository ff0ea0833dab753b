"""Troubles with notices: one that ends soon, and one that a running vehicle contradicts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import running_in_spite
from transit.operations.facts import FleetFacts
from transit.operations.troubles import Figure, Trouble, TroubleKind

SHORT = timedelta(hours=1)  # the end of a notice shorter than this is not told
DETOUR = "detour-"  # beginning of the alert_id of a detour's notice; its end is told however short it is
CLOSED_STOPS = "-halte"  # end of the alert_id of the second notice of a detour, on its closed stops


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    yield from _in_spite(facts)
    yield from _ends_soon(facts)


def _ends_soon(facts: FleetFacts) -> Iterator[Trouble]:
    """Notices that end soon and may be needed longer. Not those that cancel a single run, which end with it."""
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
    """The middle of a notice's time; before it nobody is reminded of its end."""
    return alert.starts_at + ((alert.ends_at or alert.starts_at) - alert.starts_at) / 2


def _in_spite(facts: FleetFacts) -> Iterator[Trouble]:
    """Vehicles that drive a cancelled run."""
    if facts.network is None:
        return
    for running in running_in_spite(facts.alerts, facts.network, facts.states.values(), facts.now):
        headline = next((text for text in running.alert.header.values() if text), running.alert.alert_id)
        figures = {"trip_id": running.trip.trip_id, "notice": headline}
        yield Trouble(TroubleKind.RUNS_IN_SPITE, running.vehicle_id, figures=figures)
