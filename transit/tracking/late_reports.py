"""Calls at stops that only late reports show: a vehicle's stored reports, driven once more in the order of their times."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from transit.plan.network import Network
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import StopEvent
from transit.tracking.trip_choice import AssignmentHint

MARGIN = timedelta(minutes=15)  # before and after what came late: the matcher must find its way in
SAME_CALL = timedelta(minutes=4)  # a call at the same stop so near in time is the one that is known already


class LateDrive:
    """One vehicle's reports from MARGIN before what came late to MARGIN after it. No live state is touched.

    A day's buffer takes ten seconds and more: it is driven in pieces, between what comes in meanwhile.
    """

    def __init__(self, network: Network, reports: Iterable[AvlReport], hint: AssignmentHint) -> None:
        self._pipeline = Pipeline(network)
        self._hint = hint
        self._ahead = deque(sorted(reports, key=lambda report: report.reported_at))
        self._seen: list[StopEvent] = []

    def drive(self, is_time_over: Callable[[], bool] = lambda: False) -> bool:
        """Goes on until the time is over, by one report at least. True: all are driven."""
        while self._ahead:
            report = self._ahead.popleft()
            self._seen += self._pipeline.step(report, self._hint, report.reported_at).events
            if is_time_over():
                break
        return not self._ahead

    def missed_calls(self, known: Iterable[StopEvent], since: datetime, until: datetime) -> list[StopEvent]:
        """The calls between two moments that the reports show and that are not known."""
        calls: dict[str, list[datetime]] = {}
        for event in known:
            calls.setdefault(event.stop_id, []).append(event.arrived_at)
        return [
            event
            for event in self._seen
            if since - SAME_CALL <= event.arrived_at <= until + SAME_CALL
            and not any(abs(at - event.arrived_at) <= SAME_CALL for at in calls.get(event.stop_id, ()))
        ]
