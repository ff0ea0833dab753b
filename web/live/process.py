"""The live process: once a second it makes predictions, feeds and one snapshot for the web workers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import Any

import msgspec

from transit.arrivals.alerts import Alert
from transit.arrivals.crowding import KEPT_FOR, VehicleCrowding, crowding_of, crowding_on_trip
from transit.arrivals.rows import PASSED_FOR
from transit.arrivals.steadiness import Steadiness
from transit.forecasting.departure_orders import DepartureOrder
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.operations.facts import FleetFacts
from transit.operations.findings import troubles_of
from transit.operations.limits import DEFAULT as NO_LIMITS_SET
from transit.operations.limits import InboxLimits
from transit.operations.loose import loose_since
from transit.operations.outage import watch
from transit.operations.settings import InForce, in_force
from transit.operations.troubles import Trouble
from transit.operations.watch import NO_WATCH
from transit.plan.network import Network
from transit.plan.service_day import local_date
from transit.store.alerts import load_alerts
from transit.store.canaries import load_canary
from transit.store.crowding import forget_taps, load_taps
from transit.store.database import DatabaseError, DatabaseTimeout, writing
from transit.store.departure_orders import load_departure_orders, withdraw
from transit.store.learnt import load_learnt, save_learnt
from transit.store.networks import current_version, load_network
from transit.store.operations import load_facts
from transit.store.promises import append_promises, forget_promises
from transit.store.retention import DEFAULT, Retention
from transit.store.settings import load_settings
from transit.store.signs_of_life import LIVE_SIGN, ProcessProgress, Sign
from transit.store.stop_events import last_event_before, load_stop_events
from transit.store.trackers import load_tracker_map, newest_received_at
from transit.store.vehicles import load_states
from transit.store.watch_reports import read_report
from transit.tracking.ages import TOLD_AGE
from transit.tracking.state import StopEvent, VehicleState, is_fresh
from web.live import snapshot as snapshots
from web.live.control import ControlRoom, ControlState, write_control
from web.live.explain import answer_all
from web.live.feeds import feeds_of
from web.live.inbox import Inbox
from web.live.recorder import Recorder

STEP_S = 1.0
LEARN_AT_ONCE = 10_000  # events learnt in one step; a first start on a long history takes several
SAVE_EVERY = timedelta(minutes=5)
PROMISED_EVERY = timedelta(seconds=30)
TROUBLES_EVERY = timedelta(seconds=5)
log = logging.getLogger(__name__)


class Live:
    """The live process without its clock: step() does one second's work, run_live calls it and waits in between."""

    def __init__(
        self, engine: Any, data_dir: Path, retention: Retention = DEFAULT, limits: InboxLimits = NO_LIMITS_SET
    ) -> None:
        self.engine, self.retention = engine, retention
        self.default = InForce(limits=limits)
        self.inbox = Inbox(engine, limits)
        self.loose: dict[str, datetime] = {}  # vehicle_id -> since when it moves without a trip
        self.data_dir = data_dir
        self.version: str | None = None
        self.network: Network | None = None
        self.forecaster: Forecaster | None = None
        self.states: dict[str, VehicleState] = {}
        self.revision = 0
        self.last_event_id = 0
        self.passed: list[StopEvent] = []
        self.told: dict[str, float] = {}  # vehicle_id -> ordered departure, Unix seconds
        self.facts = FleetFacts(datetime.min.replace(tzinfo=UTC))
        self.standing: list[StandingVehicle] = []
        self.troubles: list[Trouble] = []
        self.crowding: list[VehicleCrowding] = []
        last = snapshots.SnapshotReader(data_dir).read()
        self.watch = last.watch if last is not None else NO_WATCH  # an outage outlives a restart
        self.saved_at: datetime | None = None
        self.unsaved = False
        self.promised_at: datetime | None = None
        self.steadiness = Steadiness()
        self.control: ControlRoom | None = None
        self.recorder = Recorder(data_dir, retention.days["record"])
        self.steps = 0
        self.sign = Sign(data_dir, LIVE_SIGN)
        self.learnt_events = 0
        self.canary = 0  # the newest canary in the database

    def step(self, now: datetime) -> snapshots.Snapshot:
        """Looks at the database, predicts, writes the snapshot. Returns what it wrote."""
        started = perf_counter()
        with self.engine.connect() as connection:
            version = current_version(connection)
            if version is not None and version != self.version:
                self._take_network(connection, version, now)
            self.revision, changed = load_states(connection, self.revision)
            self.states.update((state.vehicle_id, replace(state, memory=b"")) for state in changed)
            on = load_tracker_map(connection)  # a vehicle that has lost its tracker is not shown
            self.states = {v: state for v, state in self.states.items() if on.get(state.report.tracker_id) == v}
            events = load_stop_events(connection, self.last_event_id, LEARN_AT_ONCE)
            alerts = load_alerts(connection, now)
            orders = load_departure_orders(connection, now)
            newest = newest_received_at(connection)
            self.canary = load_canary(connection)
            taps = load_taps(connection)
            self.crowding = crowding_of(taps, now)
            self._set(in_force(self.default, load_settings(connection)))
            looked = not timedelta(0) <= now - self.facts.now < TROUBLES_EVERY
            if looked:
                self.facts = load_facts(connection, self.network, now, states=self.states, limits=self.inbox.limits)
        read_s = perf_counter() - started
        if any(now - tap.tapped_at > KEPT_FOR for tap in taps):  # taps are deleted once they no longer count
            with writing(self.engine) as connection:
                forget_taps(connection, now)
        self._learn(events, now)
        self._tell(orders, [event for _, event in events])
        predictions = self._predict(now)
        before, self.watch = self.watch, watch(self.watch, replace(self.facts, now=now, states=self.states))
        console, states = self._console(predictions, alerts, now), snapshots.pack_raw(list(self.states.values()))
        self._show_console(console, states)
        has_changed = (before.since, before.missing_since) != (self.watch.since, self.watch.missing_since)
        if looked or has_changed:  # a change of the outage is told at once
            self.loose = loose_since(self.loose, self.states, now)
            self.facts = replace(
                self.facts,
                parts=read_report(self.data_dir),
                standing=self.standing,
                watch=self.watch,
                corridors=console.corridors if console is not None else (),
                advice=console.advice if console is not None else (),
                loose=self.loose,
                open=self.inbox.keys,
            )
            self.troubles = troubles_of(self.facts)
            self.inbox.look(self.troubles, now)
        predicted_s = perf_counter() - started - read_s
        made = self._snapshot(now, states, predictions, alerts, newest)
        made.figures.update(read_seconds=read_s, predict_seconds=predicted_s, step_seconds=perf_counter() - started)
        snapshots.write_snapshot(self.data_dir, made)
        self._record(console, predictions, alerts, now)
        self._log_promises(predictions, now)
        answer_all(self.data_dir, self.forecaster, self.states.values(), now, self.steadiness.shown_at)
        self.sign.give(ProcessProgress(received=self.canary))
        self.steps += 1
        if self.saved_at is None:
            self.saved_at = now
        if self.unsaved and now - self.saved_at >= SAVE_EVERY:
            self.save(now)
        return made

    def _set(self, values: InForce) -> None:
        """Applies the settings of supervisors from this step on."""
        self.inbox.limits = values.limits
        if self.control is not None:
            self.control.settings = values.advice

    def try_step(self, now: datetime) -> str:
        """One step. Returns the error where the database or the disk fails, else ""; the state stays for the next step."""
        try:
            self.step(now)
        except (DatabaseError, DatabaseTimeout, OSError) as error:
            self.sign.give(
                ProcessProgress(received=self.canary, database=not isinstance(error, (DatabaseError, DatabaseTimeout)))
            )
            return f"{type(error).__name__}: {error}"[:300]
        return ""

    def _console(self, predictions: list[Prediction], alerts: list[Alert], now: datetime) -> ControlState | None:
        """The state of the console; None without a network."""
        if self.control is None or self.forecaster is None:
            return None
        waiting = {
            vehicle_id: datetime.fromtimestamp(at, UTC) for vehicle_id, (_, at) in self.forecaster.departures.since.items()
        }
        return self.control.state(
            now,
            self.version,
            states=self.states,
            predictions=predictions,
            waiting=waiting,
            standing=self.standing,
            in_outage=self.watch.since is not None,
            alerts=alerts,
        )

    def _show_console(self, state: ControlState | None, states: msgspec.Raw) -> None:
        """Writes the console's state, ahead of the snapshot, which takes longer. An error must not stop the snapshot."""
        if state is None:
            return
        try:
            write_control(self.data_dir, msgspec.structs.replace(state, states=states))
        except OSError as error:
            log.error("the console's state cannot be written: %s", error)

    def _record(self, state: ControlState | None, predictions: list[Prediction], alerts: list[Alert], now: datetime) -> None:
        if state is None:
            return
        self.recorder.record(
            now,
            state,
            states=self.states,
            predictions=predictions,
            standing=self.standing,
            troubles=self.troubles,
            alerts=alerts,
        )

    def _log_promises(self, predictions: list[Prediction], now: datetime) -> None:
        """Logs the predictions from time to time, for the scorecard of the day."""
        if self.network is None or (self.promised_at is not None and timedelta(0) <= now - self.promised_at < PROMISED_EVERY):
            return
        self.promised_at = now
        today = local_date(now, self.network.timezone)
        try:
            append_promises(self.data_dir, today, now, predictions)
            forget_promises(self.data_dir, today, self.retention.days["promises"])
        except OSError as error:  # a full disk must not stop the riders' snapshot
            log.error("promises cannot be logged: %s", error)

    def save(self, now: datetime) -> None:
        """Stores what was learnt, for the next start."""
        if self.forecaster is None or not self.unsaved:
            return
        blob = self.forecaster.dump()
        with writing(self.engine) as connection:
            save_learnt(connection, blob, self.last_event_id, now=now)
        self.saved_at, self.unsaved = now, False

    def _take_network(self, connection: Any, version: str, now: datetime) -> None:
        """Changes to a new network version. What was learnt is taken over; states are read again, as ingest makes them anew."""
        network = load_network(connection, version)
        if self.forecaster is not None:
            learnt = self.forecaster.dump()
        else:
            blob, self.last_event_id = load_learnt(connection) or (b"", 0)
            learnt = blob
            seen = last_event_before(connection, now - PASSED_FOR)
            if self.last_event_id > seen:  # older rows are read for the pages only: they are learnt already
                rows = load_stop_events(connection, seen, LEARN_AT_ONCE)
                self._remember([event for event_id, event in rows if event_id <= self.last_event_id], now)
        self.forecaster = Forecaster(network, learnt or None)
        if learnt and not self.forecaster.remembers:
            log.warning("what was learnt is of another version of the program; it is learnt again from the stored calls")
            self.last_event_id = 0
        self.control = ControlRoom(network)
        self.control.recall(connection, self.last_event_id, now)
        self.network, self.version = network, version
        self.states, self.revision = {}, 0
        sizes = (len(network.routes), len(network.stops), len(network.trips))
        log.info("network %s: %d routes, %d stops, %d trips", version, *sizes)

    def _learn(self, events: list[tuple[int, StopEvent]], now: datetime) -> None:
        if not events or self.forecaster is None:
            return
        calls = [event for _, event in events]
        self.forecaster.learn(calls)
        self.last_event_id, self.unsaved = events[-1][0], True
        self.learnt_events += len(events)
        self._remember(calls, now)
        if self.control is not None:
            self.control.hear(calls, now)

    def _tell(self, orders: list[DepartureOrder], events: list[StopEvent]) -> None:
        """Passes departure orders to the forecaster, and deletes those that were followed."""
        network, forecaster = self.network, self.forecaster
        if network is None or forecaster is None:
            return
        followed = [order for order in orders if any(order.is_followed_by(event, network) for event in events)]
        departures = {order.vehicle_id: order.departs_at.timestamp() for order in orders if order not in followed}
        if departures != self.told:
            log.info("departures as dispatchers said: %s", ", ".join(departures) or "none")
        self.told, forecaster.departures.ordered = departures, dict(departures)
        if followed:
            with writing(self.engine) as connection:
                for order in followed:
                    withdraw(connection, order.vehicle_id, said_at=order.said_at)

    def _remember(self, events: list[StopEvent], now: datetime) -> None:
        kept = [*self.passed, *events]
        self.passed = [event for event in kept if now - (event.departed_at or event.arrived_at) <= PASSED_FOR]

    def _predict(self, now: datetime) -> list[Prediction]:
        if self.forecaster is None:
            return []
        fresh = [state for state in self.states.values() if is_fresh(state.report.reported_at, now, TOLD_AGE)]
        self.forecaster.observe(fresh, now)
        self.standing = self.forecaster.standing(fresh, now)
        return self.steadiness.hold(self.forecaster.predict(fresh, now, next_trips=True), now)

    def _snapshot(
        self,
        now: datetime,
        packed: msgspec.Raw,
        predictions: list[Prediction],
        alerts: list[Alert],
        newest: datetime | None,
    ) -> snapshots.Snapshot:
        self._remember([], now)
        states = list(self.states.values())
        crowding = crowding_on_trip(self.crowding, self.states)
        feeds = {}
        if self.network is not None:
            feeds = feeds_of(self.network, states, predictions, self.standing, alerts, now, crowding)
        figures = {
            "steps_total": float(self.steps + 1),
            "vehicles": float(len(states)),
            "predictions": float(len(predictions)),
            "learnt_events_total": float(self.learnt_events),
            "last_event_id": float(self.last_event_id),
            **({"learnt_saved_at": self.saved_at.timestamp()} if self.saved_at else {}),
        }
        return snapshots.Snapshot(
            format=snapshots.FORMAT,
            made_at=now,
            network_version=self.version,
            states=packed,
            predictions=snapshots.by_stop(predictions),
            live_trips={} if self.network is None else snapshots.by_pattern(self.network, predictions),
            passed=snapshots.by_stop(self.passed),
            alerts=alerts,
            trackers=snapshots.pack_raw(self.facts.trackers),
            feeds=feeds,
            figures=figures,
            newest_received_at=newest,
            standing=self.standing,
            troubles=self.troubles,
            watch=self.watch,
            crowding=self.crowding,
        )


def run_live(
    engine: Any,
    data_dir: Path,
    clock: Callable[[], datetime],
    stop_event: Event,
    retention: Retention = DEFAULT,
    limits: InboxLimits = NO_LIMITS_SET,
) -> None:
    """The live process: a step each second until stop_event is set; then keeps what was learnt."""
    live = Live(engine, data_dir, retention, limits)
    trouble = ""
    while not stop_event.is_set():
        started = perf_counter()
        before, trouble = trouble, live.try_step(clock())
        if trouble != before:
            log.error("no snapshot: %s", trouble) if trouble else log.info("snapshots again")
        stop_event.wait(max(0.0, STEP_S - (perf_counter() - started)))
    with suppress(DatabaseError):  # the state saved before is enough: later calls are in the database
        live.save(clock())
