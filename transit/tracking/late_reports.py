"""Calls at stops that only late reports show: a vehicle's stored reports, driven once more in the order of their times."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from transit.plan.network import Network
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import StopEvent
from transit.tracking.trip_choice import AssignmentHint

MARGIN = timedelta(minutes=15)  # before and after what came late: the matcher must find its way in
SAME_CALL = timedelta(minutes=4)  # a call at the same stop so near in time is the one that is known already


def missed_calls(
    network: Network,
    reports: Sequence[AvlReport],
    hint: AssignmentHint,
    known: Iterable[StopEvent],
    since: datetime,
    until: datetime,
) -> list[StopEvent]:
    """The calls between two moments that the reports show and that are not known.

    reports: all of one vehicle from MARGIN before since to MARGIN after until. No live state is touched.
    """
    pipeline = Pipeline(network)
    seen: list[StopEvent] = []
    for report in sorted(reports, key=lambda report: report.reported_at):
        seen += pipeline.step(report, hint, report.reported_at).events
    calls: dict[str, list[datetime]] = {}
    for event in known:
        calls.setdefault(event.stop_id, []).append(event.arrived_at)
    return [
        event
        for event in seen
        if since - SAME_CALL <= event.arrived_at <= until + SAME_CALL
        and not any(abs(at - event.arrived_at) <= SAME_CALL for at in calls.get(event.stop_id, ()))
    ]
