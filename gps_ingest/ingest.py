"""The ingest process: a batch of messages becomes facts in one commit, and only then is it acknowledged."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Event
from time import monotonic, perf_counter

import msgspec

from gps_ingest.decoder import NOBODY, SUBSCRIPTIONS, DecodedMessage, TrackerFix, decode
from gps_ingest.mqtt import Inbox, Message
from transit.plan.network import Network
from transit.store.assignments import load_assignments
from transit.store.database import Connection, DatabaseError, Engine, writing
from transit.store.files import write_atomically
from transit.store.networks import current_version, load_network
from transit.store.reports import forget_reports, known_fixes, load_reports, newest_fix_at, save_reports
from transit.store.stop_events import load_calls, save_stop_events
from transit.store.trackers import count_refusals, load_tracker_health, load_tracker_map, save_tracker_health
from transit.store.upsert import Row
from transit.store.vehicles import forget_states, load_states_made_with, save_states
from transit.tracking.late_reports import MARGIN, missed_calls
from transit.tracking.pipeline import Outcome, Pipeline
from transit.tracking.report import AvlReport, Rejection
from transit.tracking.state import StopEvent, VehicleState
from transit.tracking.tracker_clock import TrackerClock
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

MOST_AT_ONCE = 3000  # messages in one commit: only when they pile up, then one fsync serves more of them
WAIT_S = 0.5
LOOK_EVERY_S = 1.0  # at the network, the trackers' map and the dispatchers' assignments
KEEP_REPORTS = timedelta(days=62)  # a complaint of last month can still be answered; states and stop events stay
FORGET_AT_ONCE = 5000
FORGET_EVERY_S = 60.0
QUIET_S = 30.0  # a buffer that is flushed slowly has come whole when nothing late came for so long
MOST_TRACKERS = 20_000  # somebody who invents ids must not fill the memory: further ones are counted under one name
ERROR = "error"  # the reason of a report that a fault of ours refused; the log has the traceback
log = logging.getLogger(__name__)


@dataclass
class TrackerNews:
    """What one batch said of a tracker."""

    online: bool | None = None
    last_received_at: datetime | None = None
    last_fix_at: datetime | None = None
    battery_pct: float | None = None
    accepted: int = 0
    last_error: str | None = None
    last_error_at: datetime | None = None


@dataclass
class Batch:
    """What is written with one commit."""

    reports: list[Row] = field(default_factory=list)
    states: dict[str, VehicleState] = field(default_factory=dict)
    events: list[StopEvent] = field(default_factory=list)
    refusals: Counter[tuple[str, str]] = field(default_factory=Counter)
    heard: dict[str, TrackerNews] = field(default_factory=dict)
    newest: dict[str, datetime] = field(default_factory=dict)  # tracker_id -> fix_at

    def refuse(self, tracker_id: str, reason: str, message: str = "", at: datetime | None = None) -> None:
        self.refusals[tracker_id, reason] += 1
        if message:
            self.of(tracker_id).last_error, self.of(tracker_id).last_error_at = message, at

    def of(self, tracker_id: str) -> TrackerNews:
        return self.heard.setdefault(tracker_id, TrackerNews())


@dataclass
class LateBuffer:
    """What came too late to drive a vehicle: from when until when it was, and when the last of it came (monotonic)."""

    since: datetime
    until: datetime
    heard: float


@dataclass(frozen=True, slots=True)
class ReceivedFix:
    """A fix with what is known of its way to us."""

    tracker_id: str
    fix: TrackerFix
    received_at: datetime


class Ingest:
    """Messages in, facts out. take() is one batch and one commit; look() is done about once a second."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self.engine = engine
        self.clock = clock
        self.version: str | None = None
        self.pipeline: Pipeline | None = None
        self.vehicles: dict[str, str] = {}  # tracker_id -> vehicle_id
        self.hints: dict[str, AssignmentHint] = {}
        self.clocks: dict[str, TrackerClock] = {}
        self.newest: dict[str, datetime | None] = {}  # tracker_id -> its newest stored fix, so that most need no asking
        self.late: dict[str, LateBuffer] = {}  # vehicle_id -> what waits to be driven once more
        self.counters: Counter[str] = Counter()
        self.gauges: dict[str, float] = {}
        with engine.connect() as connection:
            for row in load_tracker_health(connection):
                self.clocks[row.tracker_id] = TrackerClock(row.clock_offset_s or 0.0)
        self.look()

    # ---- what others decide

    def look(self) -> None:
        """Picks up a new network, other trackers, other assignments."""
        with self.engine.connect() as connection:
            version = current_version(connection)
            self.vehicles = load_tracker_map(connection)
            self.hints = load_assignments(connection)
            network = None if version is None or version == self.version else load_network(connection, version)
        if version is not None and network is not None:
            self._take_network(version, network)

    def _take_network(self, version: str, network: Network) -> None:
        """States of another network are made anew from their last report; those that do not fit it are dropped."""
        with self.engine.connect() as connection:
            made_with = load_states_made_with(connection)
        known = [state for made, state in made_with if made == version]
        others = [state for made, state in made_with if made != version]
        pipeline = Pipeline(network, known)
        moved, dropped = [], []
        for old in others:
            outcome = pipeline.step(old.report, self.hints.get(old.vehicle_id, NO_HINT), old.report.received_at)
            if outcome.state is None:
                dropped.append(old.vehicle_id)
            else:
                moved.append(outcome.state)
        if others:
            with writing(self.engine) as connection:
                forget_states(connection, dropped)
                save_states(connection, moved, network_version=version)
        self.pipeline, self.version = pipeline, version
        log.info("network %s, %d vehicles known", version, len(known) + len(moved))

    # ---- one batch

    def take(self, messages: Sequence[Message]) -> None:
        """All that the messages say is in the database when this returns. Raises DatabaseError, and then nothing is."""
        started = perf_counter()
        try:
            self._take(messages)
        except DatabaseError:  # the memory may be ahead of the database now: begin again from what is stored
            self.version, self.pipeline = None, None
            self.newest.clear()
            raise
        now = self.clock()
        self.counters["ingest_batches_total"] += 1
        self.counters["ingest_messages_total"] += len(messages)
        self.gauges["ingest_batch_seconds"] = perf_counter() - started
        self.gauges["ingest_lag_seconds"] = max((now - messages[0].received_at).total_seconds(), 0.0)

    def _take(self, messages: Sequence[Message]) -> None:
        batch = Batch()
        arrived: list[ReceivedFix] = []
        for message in messages:
            said = decode(message.topic, message.payload)
            arrived += self._hear(said, message, batch)
        with writing(self.engine) as connection:
            new = self._only_new(connection, arrived, batch)
            for one in self._in_order(new):
                self._drive(one, batch)
            save_reports(connection, batch.reports)
            if batch.states:
                save_states(connection, batch.states.values(), network_version=self.version)
            save_stop_events(connection, batch.events)
            count_refusals(connection, batch.refusals, now=self.clock())
            save_tracker_health(connection, [self._health(tracker_id, row) for tracker_id, row in batch.heard.items()])
        self.newest.update(batch.newest)
        self._count(batch)

    def _hear(self, said: DecodedMessage, message: Message, batch: Batch) -> list[ReceivedFix]:
        """What one message says of its tracker; its fixes."""
        tracker_id = said.tracker_id
        if tracker_id not in self.clocks:
            if len(self.clocks) >= MOST_TRACKERS and tracker_id not in self.vehicles:
                tracker_id = NOBODY
            self.clocks.setdefault(tracker_id, TrackerClock())
        for refusal in said.refusals:
            batch.refuse(tracker_id, refusal.reason.value, refusal.message, message.received_at)
        heard = batch.of(tracker_id)
        if said.online is not None:
            heard.online = said.online
        if not message.retained:
            heard.last_received_at = message.received_at
        if said.fixes and not message.retained:
            newest = max(said.fixes, key=lambda fix: fix.fix_at)
            self.clocks[tracker_id].hear(newest.tracker_at or newest.fix_at, message.received_at)
            if newest.battery_pct is not None:
                heard.battery_pct = newest.battery_pct
        return [ReceivedFix(tracker_id, fix, message.received_at) for fix in said.fixes]

    def _only_new(self, connection: Connection, arrived: Sequence[ReceivedFix], batch: Batch) -> list[ReceivedFix]:
        """Without the reports that are stored already, or come twice in this batch."""
        doubtful = set()
        for one in arrived:
            newest = self._newest(connection, one.tracker_id)
            if newest is not None and one.fix.fix_at <= newest:
                doubtful.add((one.tracker_id, one.fix.fix_at))
        known = known_fixes(connection, doubtful) if doubtful else set()
        new = []
        for one in arrived:
            key = (one.tracker_id, one.fix.fix_at)
            if key in known:
                batch.refuse(one.tracker_id, Rejection.DUPLICATE.value)
                continue
            known.add(key)
            new.append(one)
            before = batch.newest.get(one.tracker_id) or self.newest[one.tracker_id]
            if before is None or one.fix.fix_at > before:
                batch.newest[one.tracker_id] = one.fix.fix_at
        return new

    def _newest(self, connection: Connection, tracker_id: str) -> datetime | None:
        if tracker_id not in self.newest:
            self.newest[tracker_id] = newest_fix_at(connection, tracker_id)
        return self.newest[tracker_id]

    def _in_order(self, arrived: Sequence[ReceivedFix]) -> list[ReceivedFix]:
        """A buffer that came in pieces and out of order, in the order in which it was driven."""
        return sorted(arrived, key=lambda one: one.fix.fix_at + self.clocks[one.tracker_id].correction)

    def _drive(self, one: ReceivedFix, batch: Batch) -> None:
        fix, vehicle_id = one.fix, self.vehicles.get(one.tracker_id)
        report = AvlReport(
            vehicle_id or "",
            one.tracker_id,
            fix.fix_at + self.clocks[one.tracker_id].correction,
            one.received_at,
            fix.lat,
            fix.lon,
            fix.bearing,
            fix.speed_mps,
            fix.odometer_m,
            fix.accuracy_m,
        )
        status = self._step(report, batch) if vehicle_id else f"rejected:{Rejection.UNMAPPED.value}"
        if status.startswith("rejected:"):
            batch.refuse(one.tracker_id, status.removeprefix("rejected:"))
        else:
            heard = batch.of(one.tracker_id)
            heard.accepted += 1
            heard.last_fix_at = report.reported_at
        batch.reports.append(
            {
                "tracker_id": one.tracker_id,
                "fix_at": fix.fix_at,
                "tracker_at": fix.tracker_at,
                "received_at": one.received_at,
                "reported_at": report.reported_at,
                "vehicle_id": vehicle_id,
                "lat": fix.lat,
                "lon": fix.lon,
                "bearing": fix.bearing,
                "speed_mps": fix.speed_mps,
                "odometer_m": fix.odometer_m,
                "accuracy_m": fix.accuracy_m,
                "battery_pct": fix.battery_pct,
                "seq": fix.seq,
                "status": status,
            }
        )

    def _step(self, report: AvlReport, batch: Batch) -> str:
        """The status of the report's row. A fault of ours loses one report's effect, never the report."""
        if self.pipeline is None:
            return "rejected:no_network"
        try:
            outcome: Outcome = self.pipeline.step(report, self.hints.get(report.vehicle_id, NO_HINT), report.received_at)
        except Exception:
            log.exception("a report of %s could not be used: %r", report.vehicle_id, report)
            return f"rejected:{ERROR}"
        batch.events += outcome.events
        for state in (outcome.state, outcome.displaced):
            if state is not None:
                batch.states[state.vehicle_id] = state
        if outcome.rejection is Rejection.OUT_OF_ORDER:
            self._note_late(report)
        if outcome.rejection is not None:
            return f"rejected:{outcome.rejection.value}"
        assert outcome.state is not None
        return outcome.state.matched.status.value

    def _health(self, tracker_id: str, heard: TrackerNews) -> Row:
        clock = self.clocks[tracker_id]
        error, error_at = heard.last_error, heard.last_error_at
        if clock.offset_s and not clock.is_corrected and error is None:
            wrong = timedelta(seconds=abs(round(clock.offset_s)))
            error = f"the clock is {wrong} {'behind' if clock.offset_s > 0 else 'ahead'}: too much to correct; set it"
            error_at = heard.last_received_at
        return {
            "tracker_id": tracker_id,
            "online": heard.online,
            "status_at": heard.last_received_at if heard.online is not None else None,
            "last_received_at": heard.last_received_at,
            "last_fix_at": heard.last_fix_at,
            "clock_offset_s": clock.offset_s if clock.is_corrected else 0.0,
            "battery_pct": heard.battery_pct,
            "accepted": heard.accepted,
            "last_error": error,
            "last_error_at": error_at,
        }

    def _count(self, batch: Batch) -> None:
        self.counters["ingest_reports_total"] += len(batch.reports)
        self.counters["ingest_stop_events_total"] += len(batch.events)
        for (_, reason), count in batch.refusals.items():
            self.counters[f'ingest_refused_total{{reason="{reason}"}}'] += count

    def _note_late(self, report: AvlReport) -> None:
        at, now = report.reported_at, monotonic()
        known = self.late.get(report.vehicle_id)
        since, until = (at, at) if known is None else (min(known.since, at), max(known.until, at))
        self.late[report.vehicle_id] = LateBuffer(since, until, now)

    # ---- housekeeping

    def backfill(self, quiet_s: float = QUIET_S) -> int:
        """Calls at stops that late reports show enter the statistics; returns how many. Waits until no more come."""
        if self.pipeline is None:
            return 0
        found = 0
        for vehicle_id in [one for one, late in self.late.items() if monotonic() - late.heard >= quiet_s]:
            late = self.late.pop(vehicle_id)
            hint = AssignmentHint(self.hints.get(vehicle_id, NO_HINT).route_id)
            since, until = late.since - MARGIN, late.until + MARGIN
            with writing(self.engine) as connection:
                told = load_reports(connection, vehicle_id, since, until)
                known = load_calls(connection, vehicle_id, since, until)
                calls = missed_calls(self.pipeline.network, told, hint, known, late.since, late.until)
                save_stop_events(connection, calls)
            found += len(calls)
        self.counters["ingest_late_stop_events_total"] += found
        return found

    def forget(self) -> int:
        """Old reports go, some at a time."""
        with writing(self.engine) as connection:
            return forget_reports(connection, self.clock() - KEEP_REPORTS, FORGET_AT_ONCE)

    def figures(self) -> bytes:
        """For /metrics, in the form that docs/WEB.md gives."""
        return msgspec.json.encode({"process": "ingest", "counters": self.counters, "gauges": self.gauges})


def client_id_of(engine: Engine) -> str:
    """The same at every start, so that the broker knows us again; another one for another database."""
    return "transit-ingest-" + sha256(engine.url.render_as_string(hide_password=True).encode()).hexdigest()[:12]


def run(
    engine: Engine, mqtt_url: str, *, clock: Callable[[], datetime], stop_event: Event, data_dir: Path | None = None
) -> None:
    """Until stop_event is set: takes what comes in. data_dir: where figures for /metrics go. Raises ValueError (mqtt_url)."""
    inbox = Inbox(mqtt_url, SUBSCRIPTIONS, client_id_of(engine), clock)
    ingest = Ingest(engine, clock)
    looked = forgot = monotonic()
    was_refused: str | None = None
    while not stop_event.is_set():
        messages = inbox.receive(MOST_AT_ONCE, WAIT_S)
        if messages:
            _take_surely(ingest, messages, stop_event)
            if not stop_event.is_set():
                inbox.acknowledge(messages)
        if inbox.refused != was_refused:
            was_refused = inbox.refused
            log.warning(was_refused) if was_refused else log.info("connected to the broker")
        if monotonic() - looked >= LOOK_EVERY_S:
            looked = monotonic()
            _try(ingest.look)
            ingest.gauges["ingest_broker_connected"] = float(inbox.connected)
            if data_dir is not None:
                write_atomically(data_dir / "stats" / "ingest.json", ingest.figures())
            _try(ingest.backfill)
        if monotonic() - forgot >= FORGET_EVERY_S:
            forgot = monotonic()
            _try(ingest.forget)
    inbox.close()


def _take_surely(ingest: Ingest, messages: Sequence[Message], stop_event: Event) -> None:
    """The database may be away or its disk full: the batch waits, unacknowledged, and the broker holds what comes after."""
    wait_s = 0.2
    while not stop_event.is_set():
        try:
            if ingest.pipeline is None:
                ingest.look()
            ingest.take(messages)
            return
        except DatabaseError as error:
            log.error("the database refuses a batch, it is tried again: %s", error.orig)
            stop_event.wait(wait_s)
            wait_s = min(wait_s * 2, 5.0)


def _try(what: Callable[[], object]) -> None:
    try:
        what()
    except DatabaseError as error:
        log.error("the database does not answer: %s", error.orig)
