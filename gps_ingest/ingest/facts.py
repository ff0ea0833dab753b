"""Messages in, facts out: a batch of messages becomes facts in one commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic, perf_counter

from gps_ingest.decoder import DecodedMessage, decode, over_limit
from gps_ingest.ingest.batch import Batch, ReceivedFix
from gps_ingest.ingest.figures import Figures
from gps_ingest.ingest.late_buffers import QUIET_S, LateBuffers, save_missed_calls
from gps_ingest.ingest.network_change import NetworkInUse, take_up
from gps_ingest.ingest.stored_fixes import StoredFixes
from gps_ingest.ingest.tracker_health import TrackerClocks
from gps_ingest.mqtt import Message
from gps_ingest.report_outcome import Obstacle, ReportOutcome
from transit.store.assignments import load_assignments
from transit.store.database import DatabaseError, Engine, writing
from transit.store.networks import current_version, load_network
from transit.store.reports import forget_reports
from transit.store.trackers import load_tracker_health, load_tracker_map
from transit.tracking.report import AvlReport, Rejection
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

KEEP_REPORTS = timedelta(days=62)  # a complaint of last month can still be answered; states and stop events stay
FORGET_AT_ONCE = 5000  # reports: the batch after it need not wait long
log = logging.getLogger(__name__)


class Ingest:
    """take() is one batch and one commit; look() is done about once a second."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock
        self.network: NetworkInUse | None = None
        self.vehicles: dict[str, str] = {}  # tracker_id -> vehicle_id
        self.hints: dict[str, AssignmentHint] = {}  # by vehicle_id
        self.stored = StoredFixes()
        self.late = LateBuffers()
        self.figures = Figures()
        with engine.connect() as connection:
            self.clocks = TrackerClocks(load_tracker_health(connection))
        self.look()

    def look(self) -> None:
        """Picks up a new network, other trackers, other assignments."""
        with self.engine.connect() as connection:
            version = current_version(connection)
            self.vehicles = load_tracker_map(connection)
            self.hints = load_assignments(connection)
            is_new = version is not None and (self.network is None or version != self.network.version)
            network = load_network(connection, version) if version is not None and is_new else None
        if version is not None and network is not None:
            self.network = take_up(self.engine, version, network, self.hints)

    def take(self, messages: Sequence[Message]) -> None:
        """All that the messages say is in the database when this returns. Raises DatabaseError, and then nothing is."""
        started = perf_counter()
        try:
            self._take(messages)
        except DatabaseError:  # the memory may be ahead of the database now: begin again from what is stored
            self.network = None
            self.stored.forget()
            raise
        lag_s = (self.clock() - messages[0].received_at).total_seconds()
        self.figures.count_messages(len(messages), seconds=perf_counter() - started, lag_s=lag_s)

    def backfill(self, quiet_s: float = QUIET_S) -> int:
        """Calls at stops that late reports show enter the statistics; returns how many. Waits until no more come."""
        if self.network is None:
            return 0
        calls = 0
        for buffer in self.late.take_whole(monotonic(), quiet_s):
            route_id = self.hints.get(buffer.vehicle_id, NO_HINT).route_id
            with writing(self.engine) as connection:
                calls += save_missed_calls(connection, self.network.pipeline.network, buffer, route_id)
        self.figures.count_late_calls(calls)
        return calls

    def forget(self) -> int:
        """Old reports go, some at a time."""
        with writing(self.engine) as connection:
            return forget_reports(connection, self.clock() - KEEP_REPORTS, FORGET_AT_ONCE)

    def _take(self, messages: Sequence[Message]) -> None:
        batch = Batch()
        fixes: list[ReceivedFix] = []
        for message in messages:
            fixes += self._receive(_read(message), message, batch)
        with writing(self.engine) as connection:
            new = self.stored.select_new(
                connection, fixes, lambda tracker_id: batch.refuse(tracker_id, Rejection.DUPLICATE.value)
            )
            for received in self._in_order(new):
                self._drive(received, batch)
            batch.save(connection, network_version=self.network.version if self.network else None, now=self.clock())
            self.clocks.save_health(connection, batch.trackers)
        self.stored.note_commit(new)
        self.figures.count_batch(batch)

    def _receive(self, decoded: DecodedMessage, message: Message, batch: Batch) -> list[ReceivedFix]:
        """Notes what one message says of its tracker; returns its fixes."""
        tracker_id = self.clocks.admit(decoded.tracker_id, is_mapped=decoded.tracker_id in self.vehicles)
        for refusal in (*decoded.refusals, *decoded.dropped):
            batch.refuse(tracker_id, refusal.reason.value, refusal.message, message.received_at)
        news = batch.tracker(tracker_id)
        news.note_message(decoded.online, message.received_at, is_retained=message.retained)
        if decoded.fixes and not message.retained and message.is_whole:
            newest = max(decoded.fixes, key=lambda fix: fix.fix_at)
            self.clocks.note_live_fix(tracker_id, newest, message.received_at)
            if newest.battery_pct is not None:
                news.battery_pct = newest.battery_pct
        return [ReceivedFix(tracker_id, fix, message.received_at) for fix in decoded.fixes]

    def _in_order(self, fixes: Sequence[ReceivedFix]) -> list[ReceivedFix]:
        """A buffer that came in pieces and out of order, in the order in which it was driven."""
        return sorted(fixes, key=lambda received: received.fix.fix_at + self.clocks.correction(received.tracker_id))

    def _drive(self, received: ReceivedFix, batch: Batch) -> None:
        fix, vehicle_id = received.fix, self.vehicles.get(received.tracker_id)
        report = AvlReport(
            vehicle_id=vehicle_id or "",
            tracker_id=received.tracker_id,
            reported_at=fix.fix_at + self.clocks.correction(received.tracker_id),
            received_at=received.received_at,
            lat=fix.lat,
            lon=fix.lon,
            bearing=fix.bearing,
            speed_mps=fix.speed_mps,
            odometer_m=fix.odometer_m,
            accuracy_m=fix.accuracy_m,
        )
        outcome = self._step(report, batch) if vehicle_id else ReportOutcome(refusal=Rejection.UNMAPPED)
        batch.add_report(received, report, outcome)

    def _step(self, report: AvlReport, batch: Batch) -> ReportOutcome:
        """A fault of ours loses one report's effect, never the report."""
        if self.network is None:
            return ReportOutcome(refusal=Obstacle.NO_NETWORK)
        try:
            step = self.network.pipeline.step(report, self.hints.get(report.vehicle_id, NO_HINT), report.received_at)
        except Exception:
            log.exception("a report of %s could not be used: %r", report.vehicle_id, report)
            return ReportOutcome(refusal=Obstacle.ERROR)
        batch.add_step(step)
        if step.rejection is Rejection.OUT_OF_ORDER:
            self.late.add(report.vehicle_id, report.reported_at, monotonic())
        return ReportOutcome.of_step(step)


def _read(message: Message) -> DecodedMessage:
    return over_limit(message.topic) if message.over_limit else decode(message.topic, message.payload)
