"""Messages in, facts out: a batch of messages becomes facts in one commit."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from time import monotonic, perf_counter

from gps_ingest.broker_access import CANARY
from gps_ingest.broker_log import BrokerLog
from gps_ingest.decoder import DecodedMessage, decode, over_limit
from gps_ingest.ingest.batch import Batch, ReceivedFix
from gps_ingest.ingest.figures import IngestFigures
from gps_ingest.ingest.late_buffers import PIECE_S, QUIET_S, Backfill, LateBuffers
from gps_ingest.ingest.network_change import NetworkInUse, take_up
from gps_ingest.ingest.stored_fixes import StoredFixes
from gps_ingest.ingest.tracker_health import TrackerMemories
from gps_ingest.ingest.tracker_moves import TrackerMoves
from gps_ingest.mqtt import Message
from gps_ingest.report_outcome import Obstacle, ReportOutcome
from transit.store.assignments import load_assignments
from transit.store.broker_refusals import add_broker_refusals, forget_broker_refusals
from transit.store.database import DatabaseError, Engine, writing
from transit.store.networks import current_version, load_network
from transit.store.stored_count import count_stored, stored_count
from transit.store.trackers import load_tracker_health, load_tracker_map
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import MAX_AHEAD, AvlReport, Rejection
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

KEEP_REFUSALS = timedelta(hours=6)  # of the broker: one that begins again after that is told as a new one
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
        self.late_calls = Backfill(engine, self.late)
        self.moves = TrackerMoves()
        self.figures = IngestFigures()
        self.canary = 0  # the newest that was stored
        with engine.connect() as connection:
            self.stored_count = stored_count(connection)
            self.trackers = TrackerMemories(load_tracker_health(connection))
        self.look()

    def look(self) -> None:
        """Picks up a new network, other trackers, other assignments."""
        with self.engine.connect() as connection:
            version = current_version(connection)
            self.vehicles = load_tracker_map(connection)
            self.hints = load_assignments(connection, self.clock())
            is_new = version is not None and (self.network is None or version != self.network.version)
            network = load_network(connection, version) if version is not None and is_new else None
        if version is not None and network is not None:
            self.network = take_up(self.engine, version, network, self.hints)
        if self.network is not None:
            self.moves.follow(self.engine, self.network, self.vehicles, self.clock())

    def take(self, messages: Sequence[Message]) -> None:
        """Stores all that the messages say, in one commit. Raises DatabaseError; then nothing of it is stored."""
        started = perf_counter()
        try:
            self._take(messages)
        except DatabaseError:  # the memory may be ahead of the database now: begin again from what is stored
            self.network = None
            self.stored.forget()
            raise
        lag_s = (self.clock() - messages[0].received_at).total_seconds()
        self.figures.count_messages(len(messages), seconds=perf_counter() - started, lag_s=lag_s)

    def backfill(self, quiet_s: float = QUIET_S, piece_s: float = PIECE_S) -> int:
        """Stores the calls at stops that only late reports show, once no more of these came for quiet_s.

        Works for piece_s; returns how many calls were stored.
        """
        if self.network is None:
            return 0
        calls = self.late_calls.go_on(self.network, self.hints, quiet_s=quiet_s, piece_s=piece_s)
        self.figures.count_late_calls(calls)
        return calls

    def note_broker_refusals(self, log: BrokerLog) -> None:
        """What the embedded broker turned away since the last look."""
        refusals = log.refusals()
        if refusals:
            with writing(self.engine) as connection:
                add_broker_refusals(connection, refusals)
            log.keep()
            self.figures.count_broker_refusals(refusals)

    def forget_broker_refusals(self) -> None:
        with writing(self.engine) as connection:
            forget_broker_refusals(connection, self.clock() - KEEP_REFUSALS)

    def _take(self, messages: Sequence[Message]) -> None:
        batch = Batch()
        read: list[tuple[DecodedMessage, Message]] = []
        for message in messages:
            if message.topic == CANARY:
                batch.canary = max(batch.canary, int(message.payload or 0))
            else:
                read.append((_read(message), message))
        if any(decoded.fixes and decoded.tracker_id not in self.vehicles for decoded, _ in read):
            self.look()  # it may just have been put on a bus
        fixes = [fix for decoded, message in read for fix in self._receive(decoded, message, batch)]
        with writing(self.engine) as connection:
            new = self.stored.select_new(connection, fixes, batch.refuse)
            for received in self._in_order(new):
                self._drive(received, batch)
            if new:
                self.stored_count = count_stored(connection, len(new))
            batch.save(connection, network_version=self.network.version if self.network else None, now=self.clock())
            self.trackers.save_health(connection, batch.trackers, self.clock())
        self.stored.note_commit(new)
        self.canary = max(self.canary, batch.canary)
        self.figures.count_batch(batch)

    def _receive(self, decoded: DecodedMessage, message: Message, batch: Batch) -> list[ReceivedFix]:
        """Notes what one message says of its tracker; returns its fixes."""
        tracker_id = self.trackers.admit(decoded.tracker_id, is_mapped=decoded.tracker_id in self.vehicles)
        for refusal in (*decoded.refusals, *decoded.dropped):
            batch.refuse(tracker_id, refusal.reason, refusal, message.received_at)
        news = batch.tracker(tracker_id)
        news.note_message(decoded.online, message.received_at, is_retained=message.retained)
        if decoded.fixes and not message.retained and message.is_whole:
            newest = max(decoded.fixes, key=lambda fix: fix.fix_at)
            self.trackers.note_live_fix(tracker_id, newest, message.received_at)
            if newest.battery_pct is not None:
                news.battery_pct = newest.battery_pct
        return [ReceivedFix(tracker_id, fix, message.received_at) for fix in decoded.fixes]

    def _in_order(self, fixes: Sequence[ReceivedFix]) -> list[ReceivedFix]:
        """A buffer that came in pieces and out of order, in the order in which it was driven."""
        return sorted(fixes, key=self._reported_at)

    def _reported_at(self, received: ReceivedFix) -> datetime:
        fix_at = received.fix.fix_at
        return fix_at + self.trackers.correction(received.tracker_id, fix_at, received.received_at)

    def _drive(self, received: ReceivedFix, batch: Batch) -> None:
        fix, vehicle_id = received.fix, self.vehicles.get(received.tracker_id)
        report = AvlReport(
            vehicle_id=vehicle_id or "",
            tracker_id=received.tracker_id,
            reported_at=self._reported_at(received),
            received_at=received.received_at,
            lat=fix.lat,
            lon=fix.lon,
            bearing=fix.bearing,
            speed_mps=fix.speed_mps,
            odometer_m=fix.odometer_m,
            accuracy_m=fix.accuracy_m,
        )
        if vehicle_id:
            self.moves.hear(report)
        outcome = self._step(report, batch) if vehicle_id else ReportOutcome(refusal=Rejection.UNMAPPED)
        batch.add_report(received, report, outcome)

    def _forget_what_is_to_come(self, vehicle_id: str, pipeline: Pipeline) -> None:
        """Forgets a state of a moment after now: our clock was set back, and until then no report would be newer than it."""
        state = pipeline.states.get(vehicle_id)
        if state is not None and state.report.received_at - self.clock() > MAX_AHEAD:
            pipeline.release(vehicle_id)

    def _step(self, report: AvlReport, batch: Batch) -> ReportOutcome:
        """Moves a vehicle by a report. A fault of ours loses the effect of that one report, never the report itself."""
        if self.network is None:
            return ReportOutcome(refusal=Obstacle.NO_NETWORK)
        self._forget_what_is_to_come(report.vehicle_id, self.network.pipeline)
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
    return over_limit(message.over_limit_of) if message.over_limit_of else decode(message.topic, message.payload)
