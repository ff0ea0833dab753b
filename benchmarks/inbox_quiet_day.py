"""How many rows the inbox shows on a day on which nothing is wrong, and how many of them are false.

    python -m benchmarks.inbox_quiet_day [--hours 15.5] [--vehicles 14] [--seed 1] [--obeyed 0.8]

The simulator drives the sample network from half past six on; what its trackers send goes into ingest, and the live process
looks each ten seconds, all on the simulator's clock. Four of five drivers leave terminals as the console advises. Nothing is
planted: no breakdown, no detour, no outage. The trackers err as the demonstration's do: noise, stretches without a fix, dead
zones of up to four minutes, one clock that is 150 s wrong. A row is false where the simulator, which knows, says so:

silent: its tracker sent within five minutes; falls_silent: within 150 s. off_line, loose: the bus drove its line.
bunched, gap: at the stop that the row names the bus did not come so close, or so late, behind the other one, by a minute;
ghost: a bus left that terminal within five minutes after the moment. standing, parked, jam: the bus moved.
clock_*: the tracker's clock is right. Any other kind: false, for nothing of the kind was done.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from bisect import bisect_right
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from time import perf_counter

from gps_ingest.ingest.facts import Ingest
from gps_ingest.mqtt import Message
from gps_ingest.simulation.drivers import Bus, Mode
from gps_ingest.simulation.simulator import WRONG_CLOCK, Fleet, demo_trackers
from gtfs.reader import read_network
from transit.operations.limits import DEFAULT
from transit.operations.matters import WATCHED, Matter
from transit.operations.troubles import TroubleKind as Kind
from transit.plan.network import Network
from transit.store.database import migrate, open_database, writing
from transit.store.matters import load_matters
from transit.store.networks import save_network
from transit.store.trackers import map_tracker
from web.live.control import read_control
from web.live.process import Live

SAMPLE = Path(__file__).parent.parent / "data" / "binjai"
BEGIN = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 06:30 at UTC+7, a Tuesday
LOOK_EVERY_S = 10  # half as often as the live process, and what was sent meanwhile is one batch of ingest
MEMORY = Path("/dev/shm")  # a day is 6,000 commits: not the disk's work, where this is there
TOPIC = "transbinjai/v1/trackers/{}/position"
LATE_S = (10.0, 15.0)  # a driver leaves so long after the time that he was told: mean and standard deviation
SLACK_S = 60.0  # what a forecast may err before a row about headways is called false
GHOST_S = 300.0
TRAIL_S = 300  # of each bus's way that is remembered
LEFT_M = 25.0  # behind a stop a bus has left it
BY_WHAT_CAME = (Kind.BUNCHED, Kind.GAP, Kind.GHOST)
UNKNOWN_YET = timedelta(hours=1)  # so long after a row of those, what came is not known for sure
STANDS_M = 30.0
UNDECIDED = "undecided"


@dataclass
class Truth:
    """What the simulator knows: when each tracker sent, and where each bus was at each second."""

    fleet: Fleet
    sent_at: dict[str, datetime] = field(default_factory=dict)
    trails: dict[int, deque[tuple[float, str, float]]] = field(default_factory=dict)  # bus -> (second, pattern, metres)
    passed: dict[tuple[str, str], list[tuple[float, str]]] = field(
        default_factory=dict
    )  # (vehicle, stop_id) -> when it left it, and on which pattern: a stop may be one of both directions
    left: list[tuple[float, str]] = field(default_factory=list)  # (second, stop_id) of departures from first stops

    def note(self) -> None:
        for bus in self.fleet.buses:
            trail = self.trails.setdefault(bus.number, deque(maxlen=TRAIL_S))
            if trail and trail[-1][1] == bus.pattern.pattern_id:
                before = bisect_right(bus.pattern.stop_dist_m, trail[-1][2] - LEFT_M)
                for n in range(before, bisect_right(bus.pattern.stop_dist_m, bus.along_m - LEFT_M)):
                    stop_id = bus.pattern.stop_ids[n]
                    self.passed.setdefault((f"DEMO-{bus.number}", stop_id), []).append(
                        (self.fleet.at_s, bus.pattern.pattern_id)
                    )
                    if n == 0:
                        self.left.append((self.fleet.at_s, stop_id))
                is_there = bus.along_m >= bus.pattern.end_m
                if is_there and trail[-1][2] < bus.pattern.end_m:  # at its last stop it arrives, and does not leave
                    last = (f"DEMO-{bus.number}", bus.pattern.stop_ids[-1])
                    self.passed.setdefault(last, []).append((self.fleet.at_s, bus.pattern.pattern_id))
            trail.append((self.fleet.at_s, bus.pattern.pattern_id, bus.along_m))

    def bus(self, vehicle_id: str) -> Bus:
        return self.fleet.buses[int(vehicle_id.rpartition("-")[2]) - 1]

    def headways_s(self, behind: str, ahead: str, stop_id: str, since_s: float) -> tuple[float | None, float | None]:
        """The next time that a bus was at a stop: how long after the other had last been there, and how far from the nearest
        time that it was, before or after (of two that change places either may be first); None: never."""
        later = [row for row in self.passed.get((behind, stop_id), ()) if row[0] >= since_s]
        if not later:
            return None, None
        came_at, pattern_id = min(later)
        others = [at for at, other_id in self.passed.get((ahead, stop_id), ()) if other_id == pattern_id]
        before = [at for at in others if at <= came_at]
        nearest_s = min((abs(at - came_at) for at in others), default=None)
        return came_at - max(before) if before else None, nearest_s


def is_false(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool | None:
    """None: what would decide it did not come before the day's end."""
    trouble = matter.trouble
    judge = JUDGES.get(trouble.kind)
    return judge is None or judge(matter, truth, now, network)


def _silence(limit_s: float) -> Callable[[Matter, Truth, datetime, Network], bool]:
    def judge(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool:
        last = truth.sent_at.get(matter.trouble.subject)
        return last is not None and (now - last).total_seconds() < limit_s

    return judge


def _headway(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool | None:
    figures = matter.trouble.figures
    since_s = (now - truth.fleet.start).total_seconds()
    behind, ahead, stop_id = matter.trouble.subject, str(figures["ahead"]), str(figures["stop_id"])
    after_s, apart_s = truth.headways_s(behind, ahead, stop_id, since_s)
    promised_s = float(str(figures["promised_s"]))
    decided = after_s if matter.trouble.kind is Kind.GAP else apart_s
    if decided is None:
        is_over = truth.fleet.at_s - since_s < UNKNOWN_YET.total_seconds()
        return None if is_over else True
    if matter.trouble.kind is Kind.BUNCHED:
        return decided > max(DEFAULT.bunched_s, DEFAULT.bunched_share * promised_s) + SLACK_S
    return decided < DEFAULT.gap_share * promised_s - SLACK_S


def _ghost(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool:
    due_s = (datetime.fromtimestamp(float(str(matter.trouble.figures["due_at"])), UTC) - truth.fleet.start).total_seconds()
    place = str(matter.trouble.figures["place"])
    here = {stop_id for stop_id, stop in network.stops.items() if stop.name == place}
    return any(stop_id in here and 0.0 <= second - due_s <= GHOST_S for second, stop_id in truth.left)


def _off_its_line(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool:
    return truth.bus(matter.trouble.subject).mode in (Mode.DRIVES, Mode.STANDS, Mode.LAYOVER)


def _moves(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool:
    trail = truth.trails[truth.bus(matter.trouble.subject).number]
    minute = [row for row in trail if truth.fleet.at_s - row[0] <= 120.0]
    return len({row[1] for row in minute}) > 1 or max(row[2] for row in minute) - min(row[2] for row in minute) > STANDS_M


def _clock(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool:
    return matter.trouble.subject != f"demo-{WRONG_CLOCK}"


JUDGES: dict[Kind, Callable[[Matter, Truth, datetime, Network], bool | None]] = {
    Kind.SILENT: _silence(DEFAULT.silent_s),
    Kind.FALLS_SILENT: _silence(DEFAULT.falls_silent_s),
    Kind.BUNCHED: _headway,
    Kind.GAP: _headway,
    Kind.GHOST: _ghost,
    Kind.OFF_LINE: _off_its_line,
    Kind.LOOSE: _off_its_line,
    Kind.STANDING: _moves,
    Kind.PARKED: _moves,
    Kind.JAM: _moves,
    Kind.CLOCK_CORRECTED: _clock,
}


@dataclass
class Drivers:
    """Who leaves as the console advises, decided by chance each time that he waits, some seconds late."""

    fleet: Fleet
    obeyed: float
    chance: Random
    obeying: dict[int, float | None] = field(default_factory=dict)  # bus that waits -> how late it leaves; None: as it likes

    def hear(self, folder: Path) -> None:
        state = read_control(folder)
        advice = {row.vehicle_id: row for row in state.advice if row.is_there and row.why_not is None} if state else {}
        for bus in self.fleet.buses:
            if bus.mode is not Mode.LAYOVER:
                self.obeying.pop(bus.number, None)
                continue
            if bus.number not in self.obeying:
                obeys = self.chance.random() < self.obeyed
                self.obeying[bus.number] = max(0.0, self.chance.gauss(*LATE_S)) if obeys else None
            late_s, row = self.obeying[bus.number], advice.get(f"DEMO-{bus.number}")
            if late_s is not None and row is not None:
                bus.until_s = (row.leave_at - self.fleet.start).total_seconds() + late_s


def drive(folder: Path, hours: float, vehicles: int, seed: int, obeyed: float) -> tuple[Counter[str], Counter[str]]:
    """(rows, false rows) by kind; undecided ones under "undecided" of the second."""
    network = read_network(SAMPLE)
    engine = open_database(f"sqlite:///{folder / 'day.db'}")
    migrate(engine)
    clock = [BEGIN]
    with writing(engine) as connection:
        save_network(connection, network, now=BEGIN, source="sample")
        for tracker_id, vehicle_id in demo_trackers(network, vehicles):
            map_tracker(connection, tracker_id, vehicle_id, now=BEGIN)
    ingest, live = Ingest(engine, lambda: clock[0]), Live(engine, folder)
    fleet = Fleet(network, vehicles, seed, BEGIN)
    truth = Truth(fleet)
    drivers = Drivers(fleet, obeyed, Random(f"{seed}:obeys"))
    to_judge: list[tuple[Matter, datetime]] = []
    rows: Counter[str] = Counter()
    false: Counter[str] = Counter()
    seen, number = 0, 0
    messages: list[Message] = []
    for second in range(1, round(hours * 3600) + 1):
        now = clock[0] = BEGIN + timedelta(seconds=second)
        for tracker_id, fixes in fleet.next_reports(now):
            truth.sent_at[tracker_id] = now
            for fix in fixes:
                number += 1
                messages.append(
                    Message(
                        topic=TOPIC.format(tracker_id),
                        payload=json.dumps(fix).encode(),
                        received_at=now,
                        mid=number,
                        qos=1,
                        connection=1,
                    )
                )
        truth.note()
        if second % LOOK_EVERY_S == 0:
            ingest.take(messages)
            messages = []
            live.step(now)
            drivers.hear(folder)
            with engine.connect() as connection:
                newest = [matter for matter in load_matters(connection, now, now) if matter.matter_id > seen]
            for matter in newest:
                seen = matter.matter_id
                rows[matter.trouble.kind.value] += 1
                if matter.trouble.kind in BY_WHAT_CAME:
                    to_judge.append((matter, now))
                else:
                    judged(false, matter, truth, now, network)
        if second % 1800 == 0:
            print(f"  {now + timedelta(hours=7):%H:%M} {dict(rows)}", flush=True)
            until = now - UNKNOWN_YET
            for matter, opened_at in [row for row in to_judge if row[1] <= until]:
                judged(false, matter, truth, opened_at, network)
            to_judge = [row for row in to_judge if row[1] > until]
    engine.dispose()
    for matter, opened_at in to_judge:
        judged(false, matter, truth, opened_at, network)
    return rows, false


def judged(false: Counter[str], matter: Matter, truth: Truth, now: datetime, network: Network) -> None:
    wrong = is_false(matter, truth, now, network)
    word = {None: "undecided", True: "false", False: "true"}[wrong]
    false[UNDECIDED if wrong is None else matter.trouble.kind.value] += wrong is not False
    if matter.trouble.kind not in WATCHED:
        print(f"  {word}: {now + timedelta(hours=7):%H:%M:%S} {matter.trouble.key} {dict(matter.trouble.figures)}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=15.5)
    parser.add_argument("--vehicles", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--obeyed", type=float, default=0.8)
    options = parser.parse_args()
    started = perf_counter()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        rows, false = drive(Path(folder), options.hours, options.vehicles, options.seed, options.obeyed)
    print(f"{'kind':20} rows  false   false per bus and day")
    listed = [kind.value for kind in Kind if rows[kind.value]]
    for kind in listed:
        apart = "  (watched apart)" if kind in WATCHED else ""
        print(f"{kind:20} {rows[kind]:4}  {false[kind]:5}   {false[kind] / options.vehicles:.2f}{apart}")
    total = sum(count for kind, count in false.items() if kind not in {*WATCHED, UNDECIDED})
    shown = sum(count for kind, count in rows.items() if kind not in WATCHED)
    print(
        f"{'rows of the inbox':20} {shown:4}  {total:5}   {total / options.vehicles:.2f}   ({perf_counter() - started:.0f} s)"
    )
    print(f"not decided before the end: {false[UNDECIDED]}")
    unseen = [kind.value for kind in Kind if not rows[kind.value]]
    print(f"kinds that this day does not exercise: {', '.join(unseen)}")


if __name__ == "__main__":
    main()
