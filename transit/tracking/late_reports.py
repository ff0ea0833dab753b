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

MARGIN = timedelta(minutes=15)  # driven before and after the late reports, for the matcher to settle
SAME_CALL = timedelta(minutes=4)  # a call at the same stop this near in time to a known one is the same


class LateDrive:
    """One vehicle's reports, from MARGIN before the late ones to MARGIN after them. No live state is touched.

    A day's buffer takes more than ten seconds, so it is driven in pieces between the live reports.
    """

    def __init__(self, network: Network, reports: Iterable[AvlReport], hint: AssignmentHint) -> None:
        self._pipeline = Pipeline(network)
        self._hint = hint
        self._ahead = deque(sorted(reports, key=lambda report: report.reported_at))
        self._seen: list[StopEvent] = []

    def drive(self, is_time_over: Callable[[], bool] = lambda: False) -> bool:
        """Drives at least one more report, until the time is over. True: all are driven."""
        while self._ahead:
            report = self._ahead.popleft()
            self._seen += self._pipeline.step(report, self._hint, report.reported_at).events
            if is_time_over():
                break
        return not self._ahead

    def missed_calls(self, known: Iterable[StopEvent], since: datetime, until: datetime) -> list[StopEvent]:
        """The calls between two moments that the reports show and `known` lacks."""
        calls: dict[str, list[datetime]] = {}
        for event in known:
            calls.setdefault(event.stop_id, []).append(event.arrived_at)
        return [
            event
            for event in self._seen
            if since - SAME_CALL <= event.arrived_at <= until + SAME_CALL
            and not any(abs(at - event.arrived_at) <= SAME_CALL for at in calls.get(event.stop_id, ()))
        ]
