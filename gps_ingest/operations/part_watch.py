"""The watch over our own processes: what a canary and signs of life show, what is started again, and what was lost."""

from __future__ import annotations

import os
import shutil
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import msgspec

from gps_ingest.operations.broker_store import FOLDER, STREAM, StoreState, lost_between, read_state
from gps_ingest.operations.child_processes import kill_all, members_of, stopped_pids
from gps_ingest.operations.disk_reserve import DiskReserve
from gps_ingest.operations.other_sessions import forget_old_sessions
from gps_ingest.operations.supervisor import Child, Supervisor
from transit.operations.watch_report import FaultKind, MessageLoss, PartFault, Restart, WatchReport
from transit.store.files import write_atomically
from transit.store.signs_of_life import INGEST_SIGN, LIVE_SIGN, read_progress, sign_at, worker_sign, workers_with_signs
from transit.store.watch_reports import read_report, write_report

LOOK_EVERY_S = 1.0
KEEP = timedelta(hours=24)  # restarts and losses in the report
MOST_KEPT = 100
FORGET_SESSIONS_EVERY_S = 60.0  # old sessions of others: whoever makes up client ids leaves some hundred a second
ALIVE_S = 5.0  # ingest gives a sign each second
RESTARTS_BEFORE_NEW_STORE = 2
MOST_DOUBLINGS = 4  # of the patience with a start: a quarter of an hour
NEEDS_FREE = 100_000_000  # bytes: a broker on a full disk is deaf, too, and its store is well
ASIDE = Path("broker") / "jetstream.aside"  # below DATA_DIR
STORE_SEEN = Path("broker") / "store.seen"  # below DATA_DIR: what the broker held at the last look


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds after which something counts as a fault."""

    every_s: float = 5.0  # between two canaries
    deaf_s: float = 25.0  # a broker that starts on a full cache needs ten
    late_s: float = 60.0  # of a canary on its way to the next process
    silent_s: float = 60.0  # signs come each second; a migration or a slow disk may hold one
    drains_s: float = 30.0  # a broker whose store is gone still gives away what it has in memory


@dataclass(frozen=True, slots=True)
class OwnBroker:
    """send: publishes the canary of this number; returns whether it was acknowledged."""

    send: Callable[[int], bool]


@dataclass(frozen=True, slots=True)
class SignSeen:
    """at: the time that a sign of life says; since_s: since when it says that, on the monotonic clock."""

    at: float
    since_s: float


@dataclass(slots=True)
class Stage:
    """From one process to the next: how long nothing has come out of it though something is in it."""

    seen: object = None  # what had come out at the last look
    since_s: float = 0.0

    def behind_s(self, newest_in: int, newest_out: int, seen: object, now_s: float) -> float:
        """seen: changes when anything comes out, a canary or not: who works off a backlog is not behind."""
        if newest_out >= newest_in or seen != self.seen:
            self.seen, self.since_s = seen, now_s
        return now_s - self.since_s


@dataclass(slots=True)
class Stages:
    delivery: Stage = field(default_factory=Stage)  # from the broker to ingest
    storing: Stage = field(default_factory=Stage)  # in ingest
    showing: Stage = field(default_factory=Stage)  # from the database to live


class PartWatch:
    """Looked at by Supervisor.watch(): kills what does not work, so that it is started again; never ends the watch."""

    def __init__(
        self,
        supervisor: Supervisor,
        data_dir: Path,
        clock: Callable[[], datetime],
        own_broker: OwnBroker | None,
        signs: Mapping[str, Path],
        *,
        web_url: str | None = None,
        patience: Patience = Patience(),
    ) -> None:
        """own_broker: None where it is another's, which is only reported (by doctor). signs: process -> its sign of life."""
        self.supervisor, self.data_dir, self.clock, self.patience = supervisor, data_dir, clock, patience
        self.own_broker, self.signs, self.web_url = own_broker, signs, web_url
        self.acknowledged = 0  # the newest canary that the broker took
        self.heard_s = self.web_heard_s = time.monotonic()
        self.store = _read_store(data_dir)
        report = read_report(data_dir)
        self.restarts, self.losses = list(report.restarts), list(report.losses)
        self._faults: dict[tuple[str, FaultKind], datetime] = {}
        self._acted_s: dict[str, float] = {}  # part -> when it was last started again by us
        self._stopped_since: dict[int, float] = {}  # by process id
        self._signs_seen: dict[Path, SignSeen] = {}
        self._cut_off: Counter[str] = Counter()  # part -> starts in a row that were too slow for us
        self.disk_reserve = DiskReserve(data_dir, supervisor.say)
        self._store_gone_s: float | None = None
        self._newest_state: StoreState | None = None
        self._stages = Stages()
        self._received = 0  # the newest canary that came to ingest
        self._undelivered = self._deaf = 0  # how often in a row each of the two faults was mended in vain
        self._next_s = 0.0
        supervisor.on_death = self._note_death
        if own_broker is not None:
            self._start(self._send_canaries)
            self._start(self._look_at_store)
            self._start(self._forget_sessions)
        if web_url is not None:
            self._start(self._ask_web)

    def __call__(self) -> bool:
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + LOOK_EVERY_S
            self._look(now_s)
            write_report(self.data_dir, self.report())
        return False

    def report(self) -> WatchReport:
        oldest = self.clock() - KEEP
        self.restarts = [row for row in self.restarts if row.at >= oldest][-MOST_KEPT:]
        self.losses = [row for row in self.losses if row.at >= oldest][-MOST_KEPT:]
        faults = [PartFault(part, kind, since) for (part, kind), since in sorted(self._faults.items())]
        return WatchReport(tuple(faults), tuple(self.restarts), tuple(self.losses))

    def _look(self, now_s: float) -> None:
        for name, sign in self.signs.items():
            self._judge_sign(name, sign, now_s)
        if self.web_url is not None:
            self._judge_silence("web", self.web_heard_s, now_s)
            self._look_at_workers(now_s)
        self.disk_reserve.look()
        self._look_for_stopped(now_s)
        if self.own_broker is not None:
            is_deaf = now_s - self.heard_s > self.patience.deaf_s
            if self._judge("broker", FaultKind.DEAF, is_deaf, self.patience.deaf_s, acts=False):
                self._mend_deafness()
            if not is_deaf:
                self._deaf = 0
            if self._newest_state is not None:
                self._note_store(self._newest_state)
            self._judge_store(now_s)
            self._follow_canary(now_s)

    def _follow_canary(self, now_s: float) -> None:
        """From the broker to ingest, into the database, to live."""
        ingest, live = read_progress(self.data_dir, INGEST_SIGN), read_progress(self.data_dir, LIVE_SIGN)
        late_s, stages = self.patience.late_s, self._stages
        self._judge("ingest", FaultKind.DATABASE, not ingest.database, late_s, acts=False)
        is_alive = self._unchanged_s(INGEST_SIGN, now_s) < ALIVE_S
        came = (ingest.received, ingest.messages, self._started_s("ingest"), is_alive or now_s)
        behind_s = stages.delivery.behind_s(self.acknowledged, ingest.received, came, now_s)
        is_behind = behind_s > late_s and ingest.database
        if self._judge("broker", FaultKind.NOT_DELIVERED, is_behind, late_s, acts=False):
            self._mend_delivery()
        if ingest.received != self._received:
            self._received, self._undelivered = ingest.received, 0
        behind_s = stages.storing.behind_s(ingest.received, ingest.stored, ingest.stored, now_s)
        self._judge("ingest", FaultKind.NOT_STORED, behind_s > late_s and ingest.database, late_s)
        behind_s = stages.showing.behind_s(ingest.stored, live.received, live.received, now_s)
        self._judge("live", FaultKind.NOT_SHOWN, behind_s > late_s, late_s)

    def _mend_deafness(self) -> None:
        """A store that is gone leaves sessions that wait for it for ever; so does one that cannot be read."""
        self._deaf += 1
        is_gone = not (self.data_dir / STREAM).is_dir()
        is_unreadable = self._deaf > RESTARTS_BEFORE_NEW_STORE and shutil.disk_usage(self.data_dir).free > NEEDS_FREE
        self._restart_broker(FaultKind.DEAF, anew=is_gone or is_unreadable)

    def _mend_delivery(self) -> None:
        """First ingest subscribes anew, then the broker starts again, then its store begins anew."""
        self._undelivered += 1
        if self._undelivered == 1:
            self._restart("ingest", FaultKind.NOT_DELIVERED)
        else:
            self._restart_broker(FaultKind.NOT_DELIVERED, anew=self._undelivered > RESTARTS_BEFORE_NEW_STORE)
        self._acted_s["broker"] = time.monotonic()

    def _judge_store(self, now_s: float) -> None:
        """A store that somebody removed: the broker goes on in memory, and what it takes is lost when it ends."""
        was_there = self.store is not None and self.heard_s > self._started_s("broker")
        is_gone = was_there and not (self.data_dir / STREAM).is_dir()
        self._judge("broker", FaultKind.STORE_GONE, is_gone, 0.0, acts=False)
        if not is_gone:
            self._store_gone_s = None
            return
        self._store_gone_s = self._store_gone_s or now_s
        is_drained = self.store is not None and self.store.waiting == 0
        if now_s - self._store_gone_s > (LOOK_EVERY_S if is_drained else self.patience.drains_s):
            self._restart_broker(FaultKind.STORE_GONE, anew=True)
            self._store_gone_s = None

    def _judge_sign(self, name: str, sign: Path, now_s: float) -> None:
        self._judge_silence(name, now_s - self._unchanged_s(sign, now_s), now_s)

    def _judge_silence(self, part: str, heard_s: float, now_s: float) -> None:
        """heard_s: when it gave its last sign.

        After a start that was cut off the next one gets twice the time; else, on a very busy machine, none would ever end.
        """
        started_s = self._started_s(part)
        if heard_s > started_s:
            self._cut_off[part] = 0
        patience_s = self.patience.silent_s * 2 ** min(self._cut_off[part], MOST_DOUBLINGS)
        if self._judge(part, FaultKind.SILENT, now_s - max(heard_s, started_s) > patience_s, self.patience.silent_s):
            self._cut_off[part] += 1

    def _unchanged_s(self, sign: Path, now_s: float) -> float:
        """For how many seconds a sign has not changed. The time that it says does not count: the server's clock may be set."""
        at = sign_at(self.data_dir, sign)
        if sign not in self._signs_seen or self._signs_seen[sign].at != at:
            self._signs_seen[sign] = SignSeen(at, now_s)
        return now_s - self._signs_seen[sign].since_s

    def _look_at_workers(self, now_s: float) -> None:
        """Kills a worker of the web that hangs while another answers; the web's own process replaces it."""
        web = next((child for child in self.supervisor.children if child.name == "web"), None)
        signs = workers_with_signs(self.data_dir)
        running = members_of(web.process.pid) if web is not None and signs else set()
        for pid in signs:
            sign = worker_sign(pid)
            is_gone = pid not in running
            if not is_gone and self._unchanged_s(sign, now_s) > self.patience.silent_s:
                self._note_restart("web", FaultKind.SILENT)
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
                is_gone = True
            if is_gone:
                self._signs_seen.pop(sign, None)
                with suppress(OSError):
                    (self.data_dir / sign).unlink(missing_ok=True)

    def _look_for_stopped(self, now_s: float) -> None:
        """Kills a process that was stopped (SIGSTOP, a debugger) and left so: it does nothing, and no other look shows it."""
        parts = {child.process.pid: child for child in self.supervisor.children if child.process.poll() is None}
        stopped = stopped_pids(set(parts))
        self._stopped_since = {pid: self._stopped_since.get(pid, now_s) for pid in stopped}
        for pid, since_s in self._stopped_since.items():
            if now_s - since_s > self.patience.silent_s:
                child = parts.get(pid) or parts.get(_group_of(pid))
                if child is not None:
                    self._note_restart(child.name, FaultKind.STOPPED)
                with suppress(ProcessLookupError):
                    kill_all(pid) if pid in parts else os.kill(pid, signal.SIGKILL)

    def _judge(self, part: str, kind: FaultKind, is_wrong: bool, again_after_s: float, *, acts: bool = True) -> bool:
        """Notes a fault, or that it is over; True where the part must be started again now. acts: here, at once."""
        if not is_wrong:
            self._faults.pop((part, kind), None)
            return False
        self._faults.setdefault((part, kind), self.clock())
        must_act = time.monotonic() - self._acted_s.get(part, -again_after_s) >= again_after_s
        if must_act and acts:
            self._restart(part, kind)
        return must_act

    def _restart_broker(self, kind: FaultKind, *, anew: bool) -> None:
        """anew: its store is moved aside, over the one that was moved aside before."""
        self._restart("broker", kind)
        folder, aside = self.data_dir / FOLDER, self.data_dir / ASIDE
        if anew and folder.exists():
            shutil.rmtree(aside, ignore_errors=True)
            with suppress(OSError):
                folder.rename(aside)
            self.supervisor.say(f"the broker's store is built anew: what waited in it is lost (what is left of it: {aside})")

    def _restart(self, part: str, kind: FaultKind) -> None:
        self._acted_s[part] = time.monotonic()
        for child in self.supervisor.children:
            if child.name == part and child.process.poll() is None:
                self._note_restart(part, kind)
                kill_all(child.process.pid)
                child.process.wait()

    def _note_restart(self, part: str, kind: FaultKind) -> None:
        self.supervisor.say(f"{part}: {kind.value.replace('_', ' ')}; it is started again")
        self.restarts.append(Restart(part, kind, self.clock()))

    def _note_death(self, child: Child) -> None:
        if not any(row.part == child.name and row.at > self.clock() - timedelta(seconds=5) for row in self.restarts[-3:]):
            self.restarts.append(Restart(child.name, FaultKind.DIED, self.clock()))

    def _note_store(self, state: StoreState) -> None:
        lost = lost_between(self.store, state)
        if lost is not None:
            self.losses.append(MessageLoss(lost, self.clock()))
            self.supervisor.say(f"the broker's store is another one: {lost} messages that waited in it are lost")
        if state != self.store:
            self.store = state
            with suppress(OSError):
                write_atomically(self.data_dir / STORE_SEEN, msgspec.json.encode(state))

    def _started_s(self, part: str) -> float:
        """On the monotonic clock; now of a part that does not run."""
        started: Sequence[float] = [child.started for child in self.supervisor.children if child.name == part]
        return max(started, default=time.monotonic())

    def _start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, daemon=True).start()

    def _send_canaries(self) -> None:
        assert self.own_broker is not None
        while not self.supervisor.stopping:
            number = max(time.time_ns() // 1_000_000, self.acknowledged + 1)
            if self.own_broker.send(number):
                self.heard_s, self.acknowledged = time.monotonic(), number
            time.sleep(self.patience.every_s)

    def _forget_sessions(self) -> None:
        while not self.supervisor.stopping:
            with suppress(OSError, ValueError, KeyError, IndexError):  # next time, then
                forget_old_sessions(self.data_dir, datetime.now(UTC))
            time.sleep(FORGET_SESSIONS_EVERY_S)

    def _look_at_store(self) -> None:
        while not self.supervisor.stopping:
            state = read_state(self.data_dir)
            if state is not None and state.created:  # without one it is only about to be made
                self._newest_state = state
            time.sleep(LOOK_EVERY_S)

    def _ask_web(self) -> None:
        while not self.supervisor.stopping:
            with suppress(OSError):
                try:
                    urlopen(f"{self.web_url}/healthz", timeout=self.patience.every_s).close()
                    self.web_heard_s = time.monotonic()
                except HTTPError:  # it answers, and says that something is not well
                    self.web_heard_s = time.monotonic()
            time.sleep(self.patience.every_s)


def _group_of(pid: int) -> int:
    try:
        return os.getpgid(pid)
    except OSError:
        return 0


def _read_store(data_dir: Path) -> StoreState | None:
    """What the broker held when the last parent looked."""
    try:
        return msgspec.json.decode((data_dir / STORE_SEEN).read_bytes(), type=StoreState)
    except (OSError, msgspec.MsgspecError):
        return None
