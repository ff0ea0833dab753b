"""What one commit writes: the reports, states and stop events of some messages, and what was refused of them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from gps_ingest.decoder import TrackerFix
from gps_ingest.ingest.tracker_health import TrackerNews
from gps_ingest.report_outcome import ReportOutcome
from transit.operations.complaints import Complaint
from transit.store.canaries import save_canary
from transit.store.database import Connection
from transit.store.reports import save_reports
from transit.store.stop_events import save_stop_events
from transit.store.trackers import count_refusals
from transit.store.upsert import Row
from transit.store.vehicles import save_states
from transit.tracking.pipeline import Outcome
from transit.tracking.report import AvlReport
from transit.tracking.state import StopEvent, VehicleState


@dataclass(frozen=True, slots=True)
class ReceivedFix:
    """A fix with what is known of its way to us."""

    tracker_id: str
    fix: TrackerFix
    received_at: datetime

    @property
    def key(self) -> tuple[str, datetime]:
        """What makes it one and the same report, however often it comes."""
        return self.tracker_id, self.fix.fix_at


@dataclass
class Batch:
    """What is written with one commit."""

    reports: list[Row] = field(default_factory=list)
    states: dict[str, VehicleState] = field(default_factory=dict)
    events: list[StopEvent] = field(default_factory=list)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)  # (tracker_id, reason)
    trackers: dict[str, TrackerNews] = field(default_factory=dict)
    canary: int = 0  # the newest number of a canary in it

    def tracker(self, tracker_id: str) -> TrackerNews:
        return self.trackers.setdefault(tracker_id, TrackerNews())

    def refuse(self, tracker_id: str, reason: str, complaint: Complaint | None = None, at: datetime | None = None) -> None:
        """A report that drives nothing. complaint: what could not be read of it."""
        self.refusals[tracker_id, reason] += 1
        news = self.tracker(tracker_id)
        news.outcomes[reason] += 1
        if complaint is not None:
            news.last_error, news.last_error_at = complaint, at

    def add_step(self, step: Outcome) -> None:
        """What a report changed, the vehicle that lost its trip by it included."""
        self.events += step.events
        for state in (step.state, step.displaced):
            if state is not None:
                self.states[state.vehicle_id] = state

    def add_report(self, received: ReceivedFix, report: AvlReport, outcome: ReportOutcome) -> None:
        """The report's row and what is counted of it."""
        if outcome.refusal is not None:
            self.refuse(received.tracker_id, outcome.refusal.value)
        else:
            news = self.tracker(received.tracker_id)
            news.accepted += 1
            news.outcomes[outcome.text] += 1
            news.last_fix_at = report.reported_at
        self.reports.append(_row(received, report, outcome))

    def save(self, connection: Connection, *, network_version: str | None, now: datetime) -> None:
        """All but the trackers' health, for which their clocks are needed."""
        save_reports(connection, self.reports)
        if self.states:
            save_states(connection, self.states.values(), network_version=network_version)
        save_stop_events(connection, self.events)
        count_refusals(connection, self.refusals, now=now)
        if self.canary:
            save_canary(connection, self.canary)


def _row(received: ReceivedFix, report: AvlReport, outcome: ReportOutcome) -> Row:
    fix = received.fix
    return {
        "tracker_id": received.tracker_id,
        "fix_at": fix.fix_at,
        "tracker_at": fix.tracker_at,
        "received_at": received.received_at,
        "reported_at": report.reported_at,
        "vehicle_id": report.vehicle_id or None,
        "lat": fix.lat,
        "lon": fix.lon,
        "bearing": fix.bearing,
        "speed_mps": fix.speed_mps,
        "odometer_m": fix.odometer_m,
        "accuracy_m": fix.accuracy_m,
        "battery_pct": fix.battery_pct,
        "seq": fix.seq,
        "status": outcome.text,
    }
