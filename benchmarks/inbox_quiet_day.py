"""How many rows the inbox shows on a day on which nothing is wrong, and how many of them are false.

    python -m benchmarks.inbox_quiet_day [--hours 16.5] [--vehicles 14] [--seed 1]

The simulator drives the sample network from half past five until ten; what its trackers send goes into ingest, and the live
process looks each ten seconds, all on the simulator's clock. Nothing is planted: no breakdown, no detour, no outage. The
trackers err as the demonstration's do: noise, stretches without a fix, dead zones of up to four minutes, one clock that is
150 s wrong. A row is false where the simulator, which knows, says that it was not so when the row was opened:

silent: its tracker sent within five minutes; falls_silent: within 150 s. off_line, loose: the bus drove its line.
bunched, gap: the bus ahead passed the same point at least 60 s later or earlier than the limits of the row.
ghost: a bus left that terminal within five minutes around the moment. standing, parked, jam: the bus moved.
clock_*: the tracker's clock is right. Any other kind: false, for nothing of the kind was done.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
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
from web.live.process import Live

SAMPLE = Path(__file__).parent.parent / "data" / "binjai"
BEGIN = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)  # 05:30 at UTC+7, a Tuesday
LOOK_EVERY_S = 10  # half as often as the live process, and what was sent meanwhile is one batch of ingest
MEMORY = Path("/dev/shm")  # a day is 6,000 commits: not the disk's work, where this is there
TOPIC = "transbinjai/v1/trackers/{}/position"
SLACK_S = 60.0  # what a forecast may err before a row about headways is called false
GHOST_S = 300.0
TRAIL_S = 4 * 3600  # of each bus's way that is remembered
STANDS_M = 30.0


@dataclass
class Truth:
    """What the simulator knows: when each tracker sent, and where each bus was at each second."""

    fleet: Fleet
    sent_at: dict[str, datetime] = field(default_factory=dict)
    trails: dict[int, deque[tuple[float, str, float]]] = field(default_factory=dict)  # bus -> (second, pattern, metres)
    left: list[tuple[float, str]] = field(default_factory=list)  # (second, stop_id) of departures from first stops

    def note(self) -> None:
        for bus in self.fleet.buses:
            trail = self.trails.setdefault(bus.number, deque(maxlen=TRAIL_S))
            if trail and trail[-1][2] < 25.0 <= bus.along_m and trail[-1][1] == bus.pattern.pattern_id:
                self.left.append((self.fleet.at_s, bus.pattern.stop_ids[0]))
            trail.append((self.fleet.at_s, bus.pattern.pattern_id, bus.along_m))

    def bus(self, vehicle_id: str) -> Bus:
        return self.fleet.buses[int(vehicle_id.rpartition("-")[2]) - 1]

    def passed_s_ago(self, ahead: Bus, pattern_id: str, along_m: float) -> float | None:
        """Seconds since a bus was last at a point; None where it was not within the trail."""
        trail = self.trails[ahead.number]
        later: tuple[float, str] | None = None
        for second, pattern, metres in reversed(trail):
            if (
                pattern == pattern_id
                and metres <= along_m
                and later is not None
                and later[0] > along_m
                and later[1] == pattern_id
            ):
                return self.fleet.at_s - second
            later = (metres, pattern)
        return None


def is_false(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool:
    trouble = matter.trouble
    judge = JUDGES.get(trouble.kind)
    return judge is None or judge(matter, truth, now, network)


def _silence(limit_s: float) -> Callable[[Matter, Truth, datetime, Network], bool]:
    def judge(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool:
        last = truth.sent_at.get(matter.trouble.subject)
        return last is not None and (now - last).total_seconds() < limit_s

    return judge


def _headway(matter: Matter, truth: Truth, now: datetime, network: Network) -> bool:
    """The headway of now, where the bus behind is: when the bus ahead was there."""
    figures = matter.trouble.figures
    behind, ahead = truth.bus(matter.trouble.subject), truth.bus(str(figures["ahead"]))
    apart_s = truth.passed_s_ago(ahead, behind.pattern.pattern_id, behind.along_m)
    if apart_s is None:  # not since the day began, or for hours
        return matter.trouble.kind is Kind.BUNCHED
    promised_s = float(str(figures["promised_s"]))
    if matter.trouble.kind is Kind.BUNCHED:
        return apart_s > max(DEFAULT.bunched_s, DEFAULT.bunched_share * promised_s) + SLACK_S
    return apart_s < DEFAULT.gap_over * promised_s - SLACK_S


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


JUDGES: dict[Kind, Callable[[Matter, Truth, datetime, Network], bool]] = {
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


def drive(folder: Path, hours: float, vehicles: int, seed: int) -> tuple[Counter[str], Counter[str]]:
    """(rows, false rows) by kind."""
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
                messages.append(Message(TOPIC.format(tracker_id), json.dumps(fix).encode(), now, number, 1, 1))
        truth.note()
        if second % LOOK_EVERY_S == 0:
            ingest.take(messages)
            messages = []
            live.step(now)
            with engine.connect() as connection:
                newest = [matter for matter in load_matters(connection, now, now) if matter.matter_id > seen]
            for matter in newest:
                seen = matter.matter_id
                rows[matter.trouble.kind.value] += 1
                wrong = is_false(matter, truth, now, network)
                false[matter.trouble.kind.value] += wrong
                if wrong:
                    print(
                        f"  false: {now + timedelta(hours=7):%H:%M:%S} {matter.trouble.key} {dict(matter.trouble.figures)}",
                        flush=True,
                    )
        if second % 3600 == 0:
            print(f"  {now + timedelta(hours=7):%H:%M} {dict(rows)}", flush=True)
    engine.dispose()
    return rows, false


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=16.5)
    parser.add_argument("--vehicles", type=int, default=14)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    started = perf_counter()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as folder:
        rows, false = drive(Path(folder), options.hours, options.vehicles, options.seed)
    print(f"{'kind':20} rows  false   false per bus and day")
    listed = [kind.value for kind in Kind if rows[kind.value]]
    for kind in listed:
        apart = "  (watched apart)" if kind in WATCHED else ""
        print(f"{kind:20} {rows[kind]:4}  {false[kind]:5}   {false[kind] / options.vehicles:.2f}{apart}")
    total = sum(count for kind, count in false.items() if kind not in WATCHED)
    shown = sum(count for kind, count in rows.items() if kind not in WATCHED)
    print(
        f"{'rows of the inbox':20} {shown:4}  {total:5}   {total / options.vehicles:.2f}   ({perf_counter() - started:.0f} s)"
    )
    unseen = [kind.value for kind in Kind if not rows[kind.value]]
    print(f"kinds that this day does not exercise: {', '.join(unseen)}")


if __name__ == "__main__":
    main()
