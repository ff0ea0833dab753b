"""Processes that live and do not work are noticed, told and started again, and what is lost by that is counted."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import psutil
import pytest

from gps_ingest import broker
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.operations.broker_store import NO_STORE, STREAM, StoreState, ask_keeper, lost_between, read_state
from gps_ingest.operations.canary import canary_number, canary_payload, send_canary
from gps_ingest.operations.part_watch import OwnBroker, PartWatch, Patience
from gps_ingest.operations.supervisor import Supervisor
from tests.builders import SEVEN, a_network
from tests.conftest import HOUSE, free_port, until
from tests.gps_ingest.clients import Client
from transit.operations.watch_report import FaultKind, MessageLoss, PartFault, Restart, WatchReport
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.signs_of_life import (
    INGEST_SIGN,
    LIVE_SIGN,
    ProcessProgress,
    Sign,
    read_progress,
    worker_sign,
    workers_with_signs,
)
from transit.store.trackers import load_tracker_health
from transit.store.watch_reports import FILE, read_report, write_report

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]
WITH_WORKER = [sys.executable, "-c", f"import subprocess; subprocess.Popen({SLEEPER!r}).wait(); import time; time.sleep(600)"]
TWO_WORKERS = f"""
import signal, subprocess, time
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
workers = [subprocess.Popen({SLEEPER!r}) for _ in "ab"]
time.sleep(600)
"""
POSITION = "transbinjai/v1/trackers/T1/position"
QUICK = Patience(every_s=0.1, deaf_s=1.0, late_s=1.0, silent_s=1.0, drains_s=2.0)


def clock():
    return datetime.now(UTC)


@pytest.fixture
def supervisor(tmp_path):
    sentences = []
    made = Supervisor({**os.environ, "DATA_DIR": str(tmp_path)}, sentences.append)
    made.sentences = sentences
    yield made
    made.stop()


def watch_until(supervisor, watch, what, seconds=60.0):
    """As the parent does it, in this thread."""
    end = time.monotonic() + seconds
    supervisor.watch(lambda: watch() or bool(what()) or time.monotonic() > end)
    assert what()


def watch_for(supervisor, watch, seconds):
    end = time.monotonic() + seconds
    supervisor.watch(lambda: watch() or time.monotonic() > end)


def kinds(watch):
    return {(fault.part, fault.kind) for fault in watch.report().faults}


def restarts(watch):
    return [(row.part, row.kind) for row in watch.report().restarts]


class Signs:
    """Signs of life of processes that are only made of signs; say() sets what they say."""

    def __init__(self, folder):
        self.said = {INGEST_SIGN: ProcessProgress(), LIVE_SIGN: ProcessProgress()}
        self.signs = {name: Sign(folder, name) for name in self.said}
        self.is_over = threading.Event()
        self.thread = threading.Thread(target=self._give)
        self.thread.start()

    def _give(self):
        while not self.is_over.wait(0.05):
            for name, progress in list(self.said.items()):
                self.signs[name].give(progress)


@pytest.fixture
def signs(tmp_path):
    made = Signs(tmp_path)
    yield made
    made.is_over.set()
    made.thread.join()


@pytest.fixture
def acted(supervisor, tmp_path, signs):
    """A watch over three sleepers and a broker that takes every canary."""
    for name in ("broker", "ingest", "live"):
        supervisor.start(name, SLEEPER)
    return PartWatch(supervisor, tmp_path, clock, OwnBroker(lambda _: True), {"ingest": INGEST_SIGN}, patience=QUICK)


def test_what_is_not_delivered_starts_ingest_then_the_broker_then_its_store_anew(acted, supervisor, tmp_path):
    (tmp_path / "broker" / "jetstream" / "$G").mkdir(parents=True)
    watch_until(supervisor, acted, lambda: len(restarts(acted)) >= 3)
    assert restarts(acted)[:3] == [
        ("ingest", FaultKind.NOT_DELIVERED), ("broker", FaultKind.NOT_DELIVERED), ("broker", FaultKind.NOT_DELIVERED),
    ]  # fmt: skip
    assert (tmp_path / "broker" / "jetstream.aside" / "$G").is_dir()
    assert ("broker", FaultKind.NOT_DELIVERED) in {(row.part, row.kind) for row in read_report(tmp_path).faults}


def test_an_ingest_that_works_off_a_backlog_is_left_alone(acted, supervisor, signs):
    end = time.monotonic() + 4.0

    def took_more():
        signs.said[INGEST_SIGN] = ProcessProgress(messages=int(1000 * time.monotonic()))
        return time.monotonic() > end

    watch_until(supervisor, acted, took_more)
    assert (kinds(acted), restarts(acted)) == (set(), [])


def test_an_ingest_that_waits_for_the_database_is_told_and_left_alone(acted, supervisor, signs):
    signs.said[INGEST_SIGN] = ProcessProgress(database=False)
    watch_for(supervisor, acted, 3.0)
    assert (kinds(acted), restarts(acted)) == ({("ingest", FaultKind.DATABASE)}, [])
    signs.said[INGEST_SIGN] = ProcessProgress(received=2**62, stored=2**62)
    signs.said[LIVE_SIGN] = ProcessProgress(received=2**62)
    watch_until(supervisor, acted, lambda: kinds(acted) == set(), 5)


@pytest.mark.parametrize(
    ("ingest", "part", "kind"),
    [
        (ProcessProgress(received=2**62), "ingest", FaultKind.NOT_STORED),
        (ProcessProgress(received=2**62, stored=2**62), "live", FaultKind.NOT_SHOWN),
    ],
)
def test_where_the_canary_stays_is_started_again(acted, supervisor, signs, ingest, part, kind):
    signs.said[INGEST_SIGN] = ingest
    watch_until(supervisor, acted, lambda: (part, kind) in restarts(acted), 10)
    assert set(restarts(acted)) == {(part, kind)}
    assert kinds(acted) == {(part, kind)}


def test_a_process_without_a_sign_is_started_again_and_one_with_signs_is_not(supervisor, tmp_path, signs):
    child = supervisor.start("ingest", SLEEPER)
    first = child.process.pid
    watch = PartWatch(supervisor, tmp_path, clock, None, {"ingest": INGEST_SIGN}, patience=QUICK)
    watch_for(supervisor, watch, 2.5)
    assert child.process.pid == first
    del signs.said[INGEST_SIGN]
    watch_until(supervisor, watch, lambda: child.process.pid != first)
    assert restarts(watch)[:1] == [("ingest", FaultKind.SILENT)]


def test_a_web_that_does_not_answer_is_started_again(supervisor, tmp_path):
    child = supervisor.start("web", SLEEPER)
    first = child.process.pid
    url = f"http://127.0.0.1:{free_port()}"
    watch = PartWatch(supervisor, tmp_path, clock, None, {}, web_url=url, patience=QUICK)
    watch_until(supervisor, watch, lambda: child.process.pid != first)
    assert restarts(watch)[:1] == [("web", FaultKind.SILENT)]


def test_a_start_that_was_cut_off_gets_twice_the_time_at_the_next(supervisor, tmp_path):
    """Else a machine that is busy for long would never have a web again."""
    supervisor.start("web", SLEEPER)
    url = f"http://127.0.0.1:{free_port()}"
    watch = PartWatch(supervisor, tmp_path, clock, None, {}, web_url=url, patience=QUICK)
    watch_until(supervisor, watch, lambda: len(watch.restarts) >= 3)
    first, second, third = (row.at for row in watch.restarts[:3])
    assert (third - second).total_seconds() > 4.0
    assert (second - first).total_seconds() > 2.0
    watch.web_heard_s = time.monotonic() + 0.5  # it answered
    watch_until(supervisor, watch, lambda: len(watch.restarts) >= 4 and watch._cut_off["web"] == 1)


@pytest.mark.parametrize("name", ["live", "web", "simulate"])
def test_any_process_that_stands_still_is_started_again(supervisor, tmp_path, name):
    child = supervisor.start(name, SLEEPER)
    first = child.process.pid
    watch = PartWatch(supervisor, tmp_path, clock, None, {}, patience=QUICK)
    os.kill(first, signal.SIGSTOP)
    watch_until(supervisor, watch, lambda: child.process.pid != first)
    assert restarts(watch) == [(name, FaultKind.STOPPED)]


def test_a_worker_of_a_process_that_stands_still_is_ended_and_the_process_is_not(supervisor, tmp_path):
    child = supervisor.start("web", WITH_WORKER)
    (worker,) = until(lambda: psutil.Process(child.process.pid).children())
    watch = PartWatch(supervisor, tmp_path, clock, None, {}, patience=QUICK)
    worker.suspend()
    watch_until(supervisor, watch, lambda: not worker.is_running())
    assert restarts(watch) == [("web", FaultKind.STOPPED)]
    assert child.process.poll() is None


def test_a_worker_without_a_sign_is_ended_while_another_gives_one(supervisor, tmp_path):
    child = supervisor.start("web", [sys.executable, "-c", TWO_WORKERS])
    good, hung = until(lambda: len(found := psutil.Process(child.process.pid).children()) == 2 and found)
    url = f"http://127.0.0.1:{free_port()}"
    patience = Patience(every_s=0.1, silent_s=2.0)
    watch = PartWatch(supervisor, tmp_path, clock, None, {}, web_url=url, patience=patience)
    signs = {worker.pid: Sign(tmp_path, worker_sign(worker.pid)) for worker in (good, hung)}
    Sign(tmp_path, worker_sign(2**22 + 1)).give()  # of a worker that is gone
    signs[hung.pid].give()
    end = time.monotonic() + 60

    def is_ended():
        watch.web_heard_s = time.monotonic()  # the other one answers
        signs[good.pid].give()
        return watch() or not hung.is_running() or time.monotonic() > end

    supervisor.watch(is_ended)
    assert (hung.is_running(), good.is_running(), child.process.poll()) == (False, True, None)
    assert restarts(watch) == [("web", FaultKind.SILENT)]
    watch_until(supervisor, watch, lambda: set(workers_with_signs(tmp_path)) <= {good.pid})


@pytest.mark.parametrize("step_s", [3600, -3600])
def test_a_clock_that_is_set_starts_nothing_again_and_hides_nothing(supervisor, tmp_path, step_s):
    """A sign bears the time of the server's clock; what counts is that it changes."""
    child = supervisor.start("ingest", SLEEPER)
    first = child.process.pid
    watch = PartWatch(supervisor, tmp_path, clock, None, {"ingest": INGEST_SIGN}, patience=Patience(silent_s=2.0))
    sign, end = Sign(tmp_path, INGEST_SIGN), time.monotonic() + 4.0
    bears = time.time() + step_s

    def give():
        nonlocal bears
        bears += 0.1
        sign.give()
        os.utime(tmp_path / INGEST_SIGN, (bears, bears))
        return watch() or time.monotonic() > end

    supervisor.watch(give)
    assert child.process.pid == first
    watch_until(supervisor, watch, lambda: child.process.pid != first)
    assert restarts(watch)[:1] == [("ingest", FaultKind.SILENT)]


def test_workers_of_a_process_that_was_killed_go_with_it(supervisor):
    child = supervisor.start("web", WITH_WORKER)
    first = child.process.pid
    (worker,) = until(lambda: psutil.Process(first).children())
    child.process.kill()
    end = time.monotonic() + 20
    supervisor.watch(lambda: child.process.pid != first or time.monotonic() > end)
    assert not worker.is_running() or worker.status() == psutil.STATUS_ZOMBIE


def test_a_process_that_died_is_in_the_report(supervisor, tmp_path):
    child = supervisor.start("live", SLEEPER)
    first = child.process.pid
    watch = PartWatch(supervisor, tmp_path, clock, None, {}, patience=QUICK)
    child.process.kill()
    watch_until(supervisor, watch, lambda: child.process.pid != first)
    assert restarts(watch) == [("live", FaultKind.DIED)]


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        (None, StoreState("a", 5, 9), None),
        (StoreState("a", 5, 9), StoreState("a", 7, 11), None),
        (StoreState("a", 5, 9), StoreState("a", 0, 9), None),
        (StoreState("a", 5, 9), StoreState("b", 0, 0), 5),
        (StoreState("a", 0, 9), StoreState("b", 0, 0), 0),
        (StoreState("a", 5, 9), StoreState("a", 2, 6), 3),
        (StoreState("a", 1, 9), StoreState("a", 0, 0), 1),
        (StoreState("a", 5, 9), NO_STORE, 5),
        (NO_STORE, StoreState("a", 5, 9), None),
    ],
)
def test_what_a_store_lost_is_what_waited_in_the_one_before(before, after, lost):
    assert lost_between(before, after) == lost


def test_a_report_of_a_parent_that_is_gone_speaks_of_no_faults(tmp_path):
    full = WatchReport(
        (PartFault("live", FaultKind.SILENT, SEVEN),), (Restart("live", FaultKind.DIED, SEVEN),), (MessageLoss(3, SEVEN),)
    )
    assert read_report(tmp_path) == WatchReport()
    write_report(tmp_path, full)
    assert read_report(tmp_path) == full
    os.utime(tmp_path / FILE, (time.time() - 60, time.time() - 60))
    assert read_report(tmp_path) == WatchReport(restarts=full.restarts, losses=full.losses)
    (tmp_path / FILE).write_text("{")
    assert read_report(tmp_path) == WatchReport()


@pytest.mark.parametrize("number", [1, 1764313200123, 10**18 - 1])
def test_a_canary_has_its_number(number, tmp_path):
    assert canary_number(canary_payload(number, tmp_path), tmp_path) == number


@pytest.mark.parametrize("payload", [b"17", b"", b"17 ", b"17 word", b"{}"])
def test_a_canary_that_somebody_makes_up_has_none(payload, tmp_path):
    assert canary_number(payload, tmp_path) == 0
    assert canary_number(canary_payload(17, tmp_path / "other"), tmp_path) == 0


# With real processes; the patience is longer than they need to start on a machine that is busy.
PATIENT = Patience(every_s=0.3, deaf_s=4.0, late_s=20.0, silent_s=30.0, drains_s=3.0)


class System:
    """Broker, and where they are started ingest and live, under a parent in this thread."""

    def __init__(self, supervisor, folder):
        self.supervisor, self.folder, self.port = supervisor, folder, free_port()
        supervisor.environment["MQTT_PORT"] = str(self.port)
        self.engine = open_database(f"sqlite:///{folder / 'transit.db'}")
        migrate(self.engine)
        with writing(self.engine) as connection:
            save_network(connection, a_network(), now=SEVEN, source="test")
        self.url = broker.url_of(folder, "127.0.0.1", self.port)
        self.broker = self.start("broker")
        until(lambda: self.send(1))
        self.watch = None

    def start(self, name):
        return self.supervisor.start(name, [sys.executable, str(HOUSE / "app.py"), name])

    def send(self, number):
        return send_canary("127.0.0.1", self.port, self.folder, number, 1.0)

    def watched(self):
        self.watch = PartWatch(self.supervisor, self.folder, clock, OwnBroker(self.send), {}, patience=PATIENT)
        return self.watch

    def until(self, what, seconds=60.0):
        watch_until(self.supervisor, self.watch, what, seconds)

    def publish(self, count=1):
        tracker = Client(f"mqtt://127.0.0.1:{self.port}", "tracker")
        for n in range(count):
            fix = {"latitude": 3.6, "longitude": 98.5, "timestamp": time.time() - n}
            tracker.publish(POSITION, json.dumps(fix))
        tracker.close()

    def heard_at(self):
        with self.engine.connect() as connection:
            return max((row.last_received_at for row in load_tracker_health(connection) if row.last_received_at), default=None)

    def has_come_through(self):
        return read_progress(self.folder, LIVE_SIGN).received > 1


@pytest.fixture
def system(supervisor, tmp_path):
    made = System(supervisor, tmp_path)
    yield made
    made.engine.dispose()


@pytest.mark.slow
def test_the_canary_goes_through_broker_ingest_and_live_and_all_is_well(system):
    system.watched()
    system.start("ingest")
    system.start("live")
    system.until(system.has_come_through)
    before = read_progress(system.folder, LIVE_SIGN).received
    system.until(lambda: read_progress(system.folder, LIVE_SIGN).received > before + 1000)
    assert (kinds(system.watch), restarts(system.watch), system.watch.losses) == (set(), [], [])


@pytest.mark.slow
def test_a_broker_that_is_stopped_in_its_tracks_is_started_again(system):
    watch = system.watched()
    first = system.broker.process.pid
    os.kill(first, signal.SIGSTOP)
    system.until(lambda: ("broker", FaultKind.DEAF) in kinds(watch))
    system.until(lambda: system.broker.process.pid != first and kinds(watch) == set())
    assert restarts(watch)[0] == ("broker", FaultKind.DEAF)
    assert watch.losses == []


@pytest.mark.slow
def test_a_stream_that_was_deleted_is_built_anew_and_what_waited_in_it_is_counted(system):
    ingest = Client(system.url, "ingest", lasting=True)
    ingest.subscribe(*SUBSCRIPTIONS)
    ingest.close()
    watch = system.watched()
    system.publish(20)
    system.until(lambda: watch.store is not None and watch.store.waiting == 20)
    broker_store_delete(system.folder)
    system.until(lambda: watch.losses != [])
    assert [loss.messages for loss in watch.losses] == [20]
    system.start("ingest")
    system.start("live")
    before = clock() - timedelta(seconds=1)
    system.until(system.has_come_through)
    system.publish()
    system.until(lambda: (system.heard_at() or before) > before)


def broker_store_delete(folder):
    """As somebody with the keeper's password could."""
    assert ask_keeper(folder, "$JS.API.STREAM.DELETE.$MQTT_msgs", {})["success"]


@pytest.mark.slow
def test_a_store_that_somebody_removes_is_built_anew_and_all_goes_on(system):
    watch = system.watched()
    system.start("ingest")
    system.start("live")
    system.until(system.has_come_through)
    shutil.rmtree(system.folder / "broker" / "jetstream")
    system.until(lambda: ("broker", FaultKind.STORE_GONE) in restarts(watch))
    system.until(lambda: (system.folder / STREAM).is_dir() and kinds(watch) == set())
    before, passed = clock(), read_progress(system.folder, LIVE_SIGN).received
    system.until(lambda: read_progress(system.folder, LIVE_SIGN).received > passed)
    system.publish()
    system.until(lambda: system.heard_at() is not None and system.heard_at() > before - timedelta(seconds=1))
    system.until(lambda: [loss.messages for loss in watch.losses] == [0])


@pytest.mark.slow
def test_a_store_that_cannot_be_read_is_moved_aside(system):
    system.watched()
    ingest = Client(system.url, "ingest", lasting=True)
    ingest.subscribe(*SUBSCRIPTIONS)
    ingest.close()
    system.publish(5)
    system.until(lambda: system.watch.store is not None and system.watch.store.waiting == 5)
    system.broker.process.send_signal(signal.SIGSTOP)
    for path in (system.folder / STREAM).rglob("*"):
        if path.is_file():
            path.write_bytes(os.urandom(200))
    system.broker.process.kill()
    system.until(lambda: [loss.messages for loss in system.watch.losses] == [5] and kinds(system.watch) == set(), 90)
    assert read_state(system.folder).created


def test_where_nothing_listens_nobody_is_heard(tmp_path):
    assert not send_canary("127.0.0.1", free_port(), tmp_path, 1, 0.2)
    assert read_state(tmp_path) is None
