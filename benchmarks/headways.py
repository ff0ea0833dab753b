"""Buses that are held as the console advises, against other rules and against buses that leave as drivers like.

    python -m benchmarks.headways [--seeds 10] [--hours 9.5] [--only lingkar] [--rules liked,advised] [--obeyed 0.8] [--write]

The simulator drives each route of the sample alone; its trackers' fixes go through the pipeline and the forecaster, and
transit.control advises what it would advise on the page. The other rules know what the console knows at that moment (when
a bus is ready, who left last, when the bus behind is forecast to be ready), hold no longer, and are obeyed as often. A driver
obeys or does not, by chance, each time that he waits.
Excess wait at a stop is mean(h^2) / 2 mean(h) - mean(h) / 2 over the headways that really were driven there (Welding 1957),
here the mean over all stops of a route; the first hour is left out. Prints minutes, the coefficient of variation of the
headways, and the share of them below two minutes or a quarter of the mean; --write puts the table into
benchmarks/results/headways.md.
"""

from __future__ import annotations

import argparse
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from random import Random
from statistics import fmean, pstdev

from benchmarks.measured_commit import measured_commit
from benchmarks.simulated import report_of
from gps_ingest.simulation.drivers import Mode
from gps_ingest.simulation.publisher import Fix
from gps_ingest.simulation.simulator import Fleet
from gtfs.reader import read_network
from transit.control.circuit import circuits_of
from transit.control.facts import HoldingSettings
from transit.control.holding import SLACK, HoldingAdvice
from transit.forecasting.forecaster import Forecaster
from transit.plan.network import Network
from transit.plan.service_day import local_date
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import is_fresh
from transit.tracking.trip_choice import AssignmentHint
from web.live.control import ControlRoom

SAMPLE = Path(__file__).parent.parent / "data" / "binjai"
BEGIN = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)  # 06:30 at UTC+7, a Tuesday
BUSES = {"lingkar": 3, "hijau": 3, "biru": 8}
ADVISED_EVERY_S = 10
SHOWN = timedelta(seconds=300)  # no forecast from an older fix
LATE_S = (10.0, 15.0)  # a driver leaves so long after the time that he was told: mean and standard deviation
WARM_UP_S = 3600.0
LONGEST_HOLD = timedelta(seconds=HoldingSettings().longest_hold_s)
WRITTEN = Path(__file__).parent / "results" / "headways.md"

Rule = Callable[["Run", HoldingAdvice], datetime | None]  # when a bus at a terminal is told to leave; None: nothing is said


@dataclass(frozen=True)
class Evenness:
    """Of the headways at all stops of a route."""

    excess_wait_min: float
    variation: float
    bunched: float
    wait_min: float


@dataclass
class Run:
    """One route with its buses for some hours. A rule says when drivers leave; without one they leave as they like."""

    network: Network
    route_id: str
    vehicles: int
    seed: int
    rule: Rule | None
    obeyed: float = 0.8
    passages: dict[tuple[str, int], list[float]] = field(default_factory=dict)  # (pattern, stop) -> seconds
    followed: int = 0
    given: int = 0

    def __post_init__(self) -> None:
        self.fleet = Fleet(self.network, self.vehicles, self.seed, BEGIN)
        for bus in self.fleet.buses:
            bus.rests = False
            bus.mode = Mode.DRIVES if bus.mode is Mode.IN_DEPOT else bus.mode
        self.pipeline = Pipeline(self.network)
        self.forecaster = Forecaster(self.network)
        self.control = ControlRoom(self.network)
        self.chance = Random(f"{self.seed}:{self.route_id}:obeys")
        self._obeying: dict[str, bool] = {}  # vehicle at a terminal -> whether its driver does as told this time
        self._late: dict[str, float] = {}
        self._place = {bus.number: (bus.pattern.pattern_id, self._index(bus)) for bus in self.fleet.buses}

    def drive(self, hours: float) -> Evenness:
        end = BEGIN + timedelta(hours=hours)
        now = BEGIN
        while now < end:
            now += timedelta(seconds=1)
            for tracker_id, fixes in self.fleet.next_reports(now):
                for fix in fixes:
                    self._report(tracker_id, fix, now)
            self._watch()
            if self.rule is not None and round(self.fleet.at_s) % ADVISED_EVERY_S == 0:
                self._tell(self._advice(now))
        return evenness(list(self.passages.values()), WARM_UP_S)

    def _index(self, bus: object) -> int:
        return bisect_right(bus.pattern.stop_dist_m, bus.along_m - 1.0)  # type: ignore[attr-defined]

    def _watch(self) -> None:
        """The truth: who has left which stop."""
        for bus in self.fleet.buses:
            pattern_id, before = self._place[bus.number]
            index = self._index(bus)
            if pattern_id != bus.pattern.pattern_id:
                before = 0
            for stop in range(before, index):
                self.passages.setdefault((bus.pattern.pattern_id, stop), []).append(self.fleet.at_s)
            self._place[bus.number] = (bus.pattern.pattern_id, index)

    def _report(self, tracker_id: str, fix: Fix, now: datetime) -> None:
        outcome = self.pipeline.step(report_of(self.fleet, tracker_id, fix, now), AssignmentHint(), now)
        self.forecaster.learn(outcome.events)
        self.control.hear(outcome.events, now)

    def _advice(self, now: datetime) -> Sequence[HoldingAdvice]:
        states = {vehicle_id: replace(state, memory=b"") for vehicle_id, state in self.pipeline.states.items()}
        fresh = [state for state in states.values() if is_fresh(state.report.reported_at, now, SHOWN)]
        self.forecaster.observe(fresh, now)
        predictions = self.forecaster.predict(fresh, now, next_trips=True)
        waiting = {v: datetime.fromtimestamp(at, UTC) for v, (_, at) in self.forecaster.departures.since.items()}
        state = self.control.state(
            now,
            None,
            states=states,
            predictions=predictions,
            waiting=waiting,
            standing=self.forecaster.standing(fresh, now),
            in_outage=False,
        )
        return state.advice

    @property
    def slots_s(self) -> float:
        """The headway of a timetable for so many buses, of the plan's run times."""
        circuit = circuits_of(self.network, local_date(BEGIN, self.network.timezone))[self.route_id]
        return SLACK * (circuit.run_s + HoldingSettings().least_layover_s * len(circuit.rails)) / self.vehicles

    def _tell(self, advice: Sequence[HoldingAdvice]) -> None:
        assert self.rule is not None
        by_vehicle = {row.vehicle_id: row for row in advice if row.is_there}
        for bus in self.fleet.buses:
            name = f"demo-{bus.number}"
            if bus.mode is not Mode.LAYOVER:
                self._obeying.pop(name, None)
                continue
            if name not in self._obeying:
                self._obeying[name] = self.chance.random() < self.obeyed
                self._late[name] = max(0.0, self.chance.gauss(*LATE_S))
                self.given += 1
                self.followed += self._obeying[name]
            row = by_vehicle.get(name)
            leave_at = None if row is None else self.rule(self, row)
            if self._obeying[name] and leave_at is not None:
                bus.until_s = (leave_at - BEGIN).total_seconds() + self._late[name]


def as_the_console_says(run: Run, row: HoldingAdvice) -> datetime | None:
    """Last departure + H, H of the buses on the road: transit.control.holding."""
    return row.leave_at if row.why_not is None else None


def at_once(run: Run, row: HoldingAdvice) -> datetime | None:
    return row.ready_at


def in_slots(run: Run, row: HoldingAdvice) -> datetime | None:
    """A timetable: the next multiple of one headway since the day began."""
    ready_s = (row.ready_at - BEGIN).total_seconds()
    slot_s = -(-ready_s // run.slots_s) * run.slots_s
    return _held(row, slot_s - ready_s)


def at_the_fixed_headway(run: Run, row: HoldingAdvice) -> datetime | None:
    """Looks to the front only: never sooner after the last departure than the timetable's headway, whoever is on the road."""
    if row.after_at is None:
        return None
    return _held(row, (row.after_at - row.ready_at).total_seconds() + run.slots_s)


def half_of_the_gap_behind(run: Run, row: HoldingAdvice) -> datetime | None:
    """Bartholdi and Eisenstein 2012 with a = 0.5."""
    return None if row.follower_at is None else _held(row, 0.5 * (row.follower_at - row.ready_at).total_seconds())


def in_the_middle(run: Run, row: HoldingAdvice) -> datetime | None:
    """Looks both ways: (behind - ahead) / 2."""
    if row.follower_at is None or row.after_at is None:
        return None
    return _held(row, ((row.follower_at - row.ready_at) - (row.ready_at - row.after_at)).total_seconds() / 2.0)


def _held(row: HoldingAdvice, seconds: float) -> datetime:
    return row.ready_at + min(timedelta(seconds=max(seconds, 0.0)), LONGEST_HOLD)


RULES: dict[str, tuple[str, Rule | None]] = {
    "liked": ("as drivers like (90-300 s at random)", None),
    "at_once": ("leave at once", at_once),
    "slots": ("fixed slots (a timetable)", in_slots),
    "fixed": ("front only, fixed headway", at_the_fixed_headway),
    "behind": ("half of the gap behind (Bartholdi & Eisenstein)", half_of_the_gap_behind),
    "middle": ("both ways, (behind - ahead) / 2", in_the_middle),
    "advised": ("**the console's advice**", as_the_console_says),
}


MATTER = ("liked", "advised")


def evenness(passages: Sequence[Sequence[float]], since_s: float) -> Evenness:
    """Each row: when vehicles left one stop, seconds, in order."""
    headways = [[later - at for at, later in pairwise(row) if at >= since_s] for row in passages]
    rows = [row for row in headways if len(row) >= 2]
    waits = [fmean(h * h for h in row) / (2.0 * fmean(row)) for row in rows]
    flat = [h / fmean(row) for row in rows for h in row]
    bunched = [h <= max(120.0, 0.25 * fmean(row)) for row in rows for h in row]
    return Evenness(
        excess_wait_min=fmean(wait - fmean(row) / 2.0 for wait, row in zip(waits, rows, strict=True)) / 60.0,
        variation=pstdev(flat),
        bunched=fmean(bunched),
        wait_min=fmean(waits) / 60.0,
    )


def only_route(network: Network, route_id: str) -> Network:
    trips = {trip_id: trip for trip_id, trip in network.trips.items() if trip.route_id == route_id and not trip.is_demo}
    frequencies = tuple(row for row in network.frequencies if row.trip_id in trips)
    return replace(network, routes={route_id: network.routes[route_id]}, trips=trips, frequencies=frequencies)


@lru_cache(maxsize=1)
def sample() -> Network:
    return read_network(SAMPLE)


def one_run(task: tuple[str, str, int, float, float]) -> Evenness:
    """route_id, rule, seed, hours, share obeyed."""
    route_id, rule, seed, hours, obeyed = task
    alone = only_route(sample(), route_id)
    run = Run(network=alone, route_id=route_id, vehicles=BUSES[route_id], seed=seed, rule=RULES[rule][1], obeyed=obeyed)
    return run.drive(hours)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--others", type=int, help="seeds of the rules that are compared only; as many, where nothing is said")
    parser.add_argument("--hours", type=float, default=9.5)
    parser.add_argument("--only", choices=sorted(BUSES))
    parser.add_argument("--rules", default=",".join(RULES))
    parser.add_argument("--obeyed", type=float, default=0.8)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    lines: dict[tuple[str, str], str] = {}
    routes = list(BUSES) if options.only is None else [options.only]
    wanted = [rule for rule in RULES if rule in options.rules.split(",")]
    with ProcessPoolExecutor(options.workers) as pool:
        for rule in sorted(wanted, key=lambda rule: rule not in MATTER):  # what matters most is known first
            seeds = options.seeds if rule in MATTER or options.others is None else options.others
            for route_id in routes:
                tasks = [(route_id, rule, seed, options.hours, options.obeyed) for seed in range(1, seeds + 1)]
                lines[route_id, rule] = table_row(route_id, rule, list(pool.map(one_run, tasks)))
                print(lines[route_id, rule], flush=True)
                if options.write:
                    rows = [lines[key] for route in routes for rule in wanted if (key := (route, rule)) in lines]
                    WRITTEN.write_text(page(options, rows), encoding="utf-8")


def table_row(route_id: str, rule: str, rows: Sequence[Evenness]) -> str:
    excess, variation, bunched, wait = (
        fmean(getattr(row, name) for row in rows) for name in ("excess_wait_min", "variation", "bunched", "wait_min")
    )
    worst = max(row.excess_wait_min for row in rows)
    return (
        f"| {route_id}, {BUSES[route_id]} | {RULES[rule][0]} | {len(rows)} | {excess:.2f} ({worst:.2f}) | {variation:.2f} "
        f"| {bunched:.0%} | {wait:.2f} |"
    )


def page(options: argparse.Namespace, lines: Sequence[str]) -> str:
    """The table with what it was made by."""
    head = f"""# Holding rules, with GPS, pipeline and forecaster in the loop

`python -m benchmarks.headways {" ".join(sys.argv[1:])}`, {datetime.now(UTC):%Y-%m-%d}, commit {measured_commit()}.
Means over the seeds of {options.hours:g} h each, the first hour left out; {options.obeyed:.0%} of the departures go as told,
10 s late (standard deviation 15 s), and are held {LONGEST_HOLD.total_seconds():.0f} s at most. What the rules are is said in
the benchmark's functions; the console's stands in docs/decisions/0105.

| route, buses | rule | seeds | excess wait, min (worst seed) | headway CV | bunched | wait, min |
|---|---|---|---|---|---|---|
"""
    return head + "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
