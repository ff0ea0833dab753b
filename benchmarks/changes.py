"""How true the chance of a change is that /rute tells: python -m benchmarks.changes [--hours 9.5] [--seeds 1,2,3] [--keep FILE]

The simulator drives the sample on working days, from the first departure to the last; its fixes go through the pipeline and the
forecaster, which has learnt on days before. Every few minutes the planner is asked for some of the pairs of stops that need a
change. Where both buses are seen the chance is noted, and later whether the second bus had not yet left when the first one came
(with the walk between). Prints, by chance as told, how many were caught: of what riders are told and, apart, of tighter changes
that the planner would not offer (it wants a minute between the moments shown), so that small chances are judged, too.
--keep adds a row per change to a CSV file as each day ends; --pool FILE ... prints the tables of such files and drives nothing.
"""

from __future__ import annotations

import argparse
import csv
import random
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from statistics import fmean
from typing import NamedTuple

import msgspec

from benchmarks.simulated import report_of
from gps_ingest.simulation.drivers import Bus, Mode
from gps_ingest.simulation.simulator import Fleet
from gtfs.reader import read_network
from transit.forecasting.forecaster import Forecaster
from transit.plan.journeys import CHANGE_S, STANDS_S, Journey, Planner, Request, chance_to_catch, planner_of
from transit.plan.network import Network, TripInstance
from transit.plan.runs import LiveCall, Moment, Source
from transit.plan.service_day import moment, services_on
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import VehicleStatus, is_fresh
from transit.tracking.trip_choice import AssignmentHint

SAMPLE = Path(__file__).parent.parent / "data" / "binjai"
FIRST_DAY = date(2026, 11, 16)  # a Monday
FIRST_DEPARTURE_S = 6.5 * 3600  # of the sample
HOURS_EAST_S = 7 * 3600  # the sample's clocks
DAYS_OF_SEED = 100  # each seed has so many days of its own
PAIRS = 30  # of stops, for which is asked at a time
TIGHT_S = (-300.0, -180.0, -60.0, 0.0)  # so much between two buses is asked for where small chances are wanted
NOON_S = 12 * 3600  # parts a day in two
DAY_S = 24 * 3600
ASKED_AT_LEAST_S = 60  # the forecaster is asked so often while it learns: it judges itself by what it said
WARM_UP = timedelta(minutes=45)
SHOWN = timedelta(seconds=300)  # no forecast from an older fix
LAST_HOUR = timedelta(hours=1)  # nothing is asked in it: what is told then comes after the end
AT_STOP_M = 1.0  # a bus so near a stop's place has come, one so far beyond it has left
BINS = (0.0, 0.3, 0.5, 0.65, 0.8, 0.9, 0.97, 1.01)
AIM_POINTS = 10.0  # so far the share of caught changes may be from what was said


@dataclass(frozen=True)
class ToldChange:
    """A change as it was told at a moment, and what came of it. Unix seconds; came, left: None where the bus never did."""

    seed: int
    asked_s: float
    first: str  # vehicle_id
    alight: str  # stop_id
    second: str
    board: str
    walk_s: float
    chance: float
    comes_s: float
    comes_low_s: float  # the ends of the 80 % interval
    comes_high_s: float
    leaves_s: float
    leaves_low_s: float
    leaves_high_s: float
    came_s: float | None = None
    left_s: float | None = None
    stands_s: float = 0.0  # the second bus, before it leaves the stop
    board_index: int = 0  # 0: where its trip begins
    day: int = 0  # of the days of one seed that are judged
    is_tight: bool = False  # the planner was asked for less time between the buses than it wants for riders

    @property
    def chance_now(self) -> float:
        if self.first == self.second:
            return 1.0
        comes = Moment(self.comes_s, self.comes_low_s, self.comes_high_s)
        leaves = Moment(self.leaves_s, self.leaves_low_s, self.leaves_high_s)
        return chance_to_catch(comes, leaves.later(self.stands_s), self.walk_s)

    @property
    def caught(self) -> bool | None:
        """None where one of the two never came: then nothing is known of the change."""
        return None if self.came_s is None or self.left_s is None else self.left_s >= self.came_s + self.walk_s


class JudgedDay(NamedTuple):
    """Which day of which seed."""

    seed: int
    number: int


class Chosen(NamedTuple):
    """What a run shall be like."""

    hours: float
    buses: int
    asked_every: timedelta
    days_before: int
    days: int


Call = tuple[str, int, int]  # vehicle_id, how many trips it had begun, index of the stop in the pattern


class Town:
    """The simulated town, what is predicted of it, and the truth: when each bus came to each stop and left it."""

    def __init__(self, network: Network, buses: int, seed: int, begin: datetime, forecaster: Forecaster) -> None:
        self.fleet = Fleet(network, buses, seed, begin)
        for bus in self.fleet.buses:
            bus.rests = False
            bus.mode = Mode.DRIVES if bus.mode is Mode.IN_DEPOT else bus.mode
        self.name_of = {box.bus.number: box.tracker_id for box in self.fleet.boxes}
        self.pipeline, self.forecaster = Pipeline(network), forecaster
        self.came: dict[Call, float] = {}
        self.left: dict[Call, float] = {}
        self._trips = dict.fromkeys(self.name_of, 0)
        self._modes = {bus.number: bus.mode for bus in self.fleet.buses}

    def step(self, now: datetime) -> None:
        for tracker_id, fixes in self.fleet.next_reports(now):
            for fix in fixes:
                report = report_of(self.fleet, tracker_id, fix, now)
                self.forecaster.learn(self.pipeline.step(report, AssignmentHint(), now).events)
        for bus in self.fleet.buses:
            self._note(bus, now.timestamp())

    def _note(self, bus: Bus, now_s: float) -> None:
        if self._modes[bus.number] is Mode.LAYOVER and bus.mode is not Mode.LAYOVER:  # only then a driver begins a trip
            self._trips[bus.number] += 1
        self._modes[bus.number] = bus.mode
        name, number, stops = self.name_of[bus.number], self._trips[bus.number], bus.pattern.stop_dist_m
        for index in range(1, bisect_right(stops, bus.along_m + AT_STOP_M)):
            self.came.setdefault((name, number, index), now_s)
        for index in range(bisect_right(stops, bus.along_m - AT_STOP_M)):
            self.left.setdefault((name, number, index), now_s)

    def live(self, now: datetime) -> tuple[list[LiveCall], dict[tuple[str, TripInstance], int]]:
        """What is predicted, and which of its vehicle's trips each predicted trip is."""
        states = [replace(state, memory=b"") for state in self.pipeline.states.values()]
        fresh = [state for state in states if is_fresh(state.report.reported_at, now, SHOWN)]
        self.forecaster.observe(fresh, now)
        own = {state.report.vehicle_id: state.matched for state in fresh}
        buses = {self.name_of[bus.number]: bus for bus in self.fleet.buses}
        calls, numbers = [], {}
        for row in self.forecaster.predict(fresh, now, next_trips=True):
            matched, bus = own[row.vehicle_id], buses[row.vehicle_id]
            ahead = 0 if matched.trip == row.trip else 1
            if matched.status is VehicleStatus.LAYOVER and bus.mode is Mode.LAYOVER:  # it waits for a trip not yet begun
                ahead += 1
            numbers[row.vehicle_id, row.trip] = self._trips[bus.number] + ahead
            moment = Moment(row.predicted_at.timestamp(), row.low_at.timestamp(), row.high_at.timestamp())
            calls.append(LiveCall(vehicle_id=row.vehicle_id, trip=row.trip, stop_sequence=row.stop_sequence, moment=moment))
        return calls, numbers


def changes_told(
    planner: Planner, town: Town, day: JudgedDay, pairs: Iterable[tuple[str, str]], now: datetime
) -> dict[tuple[Call, Call], ToldChange]:
    """By the two calls: where one gets off and where one gets on."""
    calls, numbers = town.live(now)
    service = planner.service(now, calls)
    told_now: dict[tuple[Call, Call], ToldChange] = {}
    for start, end in pairs:
        for journey in planner.journeys(service, Request({start: 0.0}, {end: 0.0}), now.timestamp()):
            for index in range(1, len(journey.rides)):
                before, after = journey.rides[index - 1], journey.rides[index]
                if before.source is Source.LIVE and after.source is Source.LIVE and not journey.stays_seated(index):
                    first, second = before.run.vehicle_id or "", after.run.vehicle_id or ""
                    call_off = (first, numbers[first, before.run.trip] + before.rounds, before.alight_index)
                    call_on = (second, numbers[second, after.run.trip], after.board_index)
                    is_tight = planner.change_s < CHANGE_S
                    told_now[call_off, call_on] = _change(day, now, journey, index, is_tight=is_tight)
    return told_now


def _change(day: JudgedDay, now: datetime, journey: Journey, index: int, *, is_tight: bool) -> ToldChange:
    before, after = journey.rides[index - 1], journey.rides[index]
    chance = journey.change_chance(index)
    assert chance is not None
    return ToldChange(
        seed=day.seed,
        asked_s=now.timestamp(),
        first=before.run.vehicle_id or "",
        alight=before.alight,
        second=after.run.vehicle_id or "",
        board=after.board,
        walk_s=journey.walk_before(index),
        chance=chance,
        comes_s=before.comes.at,
        comes_low_s=before.comes.low,
        comes_high_s=before.comes.high,
        leaves_s=after.leaves.at,
        leaves_low_s=after.leaves.low,
        leaves_high_s=after.leaves.high,
        stands_s=STANDS_S if after.board_index else 0.0,
        board_index=after.board_index,
        day=day.number,
        is_tight=is_tight,
    )


def working_days(network: Network) -> Iterator[date]:
    """Those on which something promised runs."""
    promised = {trip.service_id for trip in network.trips.values() if not trip.is_demo}
    day = FIRST_DAY
    while True:
        if promised & services_on(network, day):
            yield day
        day += timedelta(days=1)


def driven(town: Town, begin: datetime, hours: float) -> Iterator[datetime]:
    """The seconds of a day, each after it was driven."""
    for second in range(1, round(hours * 3600.0) + 1):
        town.step(now := begin + timedelta(seconds=second))
        if second % ASKED_AT_LEAST_S == 0:
            town.live(now)
        yield now


def judged_days(seed: int, chosen: Chosen) -> Iterator[list[ToldChange]]:
    """Every change that was told on some simulated days, with what came of it: day by day."""
    network = read_network(SAMPLE)
    planners = [planner_of(network), *(Planner(network, change_s) for change_s in TIGHT_S)]
    forecaster = Forecaster(network)
    routes = network.routes_of_stop
    pairs = [(a, b) for a in routes for b in routes if not set(routes[a]) & set(routes[b])]
    for number, day in enumerate(islice(working_days(network), chosen.days_before + chosen.days), -chosen.days_before):
        begin = moment(day, FIRST_DEPARTURE_S, network.timezone)
        seed_of_day = DAYS_OF_SEED * seed + chosen.days_before + number
        town = Town(network=network, buses=chosen.buses, seed=seed_of_day, begin=begin, forecaster=forecaster)
        some, judged = random.Random(f"{seed} {number}"), JudgedDay(seed, number)
        asked_at, until = begin + WARM_UP, begin + timedelta(hours=chosen.hours) - LAST_HOUR
        every: list[tuple[tuple[Call, Call], ToldChange]] = []
        for now in driven(town, begin, chosen.hours):
            if number >= 0 and asked_at <= now < until:
                asked_at = now + chosen.asked_every
                for planner in (planners[0], some.choice(planners[1:])):
                    every += changes_told(planner, town, judged, some.sample(pairs, PAIRS), now).items()
        if number >= 0:
            yield [replace(change, came_s=town.came.get(off), left_s=town.left.get(on)) for (off, on), change in every]


def table(changes: Iterable[tuple[float, bool]]) -> list[str]:
    """Lines to print, a class of chances each."""
    rows = list(changes)
    lines = [f"{'told':>12}{'changes':>9}{'mean told':>11}{'caught':>8}{'off':>6}"]
    for low, high in pairwise(BINS):
        some = [(chance, caught) for chance, caught in rows if low <= chance < high]
        if some:
            mean_chance, share = fmean(chance for chance, _ in some), fmean(caught for _, caught in some)
            off = 100 * (share - mean_chance)
            lines.append(f"{low:5.2f} - {min(high, 1.0):4.2f}{len(some):9}{mean_chance:11.2f}{share:8.2f}{off:+6.0f}")
    return lines


def summary(every: Sequence[ToldChange]) -> list[str]:
    """The chances are those of the present formula: of kept changes, too."""
    days = len({(change.seed, change.day) for change in every})
    pairs = {(change.seed, change.day, change.first, change.alight, change.second, change.board) for change in every}
    seeds = {change.seed for change in every}
    lines = [f"{len(every)} changes told on {days} days of {len(seeds)} seeds: {len(pairs)} pairs of buses at a stop"]
    for name, keeps in PARTS.items():
        known = [(change.chance_now, change.caught) for change in every if change.caught is not None and keeps(change)]
        if known:
            lines += ["", f"{name}: {len(known)} of which both buses came", *table(known)]
    return lines


def _is_morning(change: ToldChange) -> bool:
    return (change.asked_s + HOURS_EAST_S) % DAY_S < NOON_S


PARTS: dict[str, Callable[[ToldChange], bool]] = {
    "told to riders": lambda change: not change.is_tight,
    "told to riders, mornings": lambda change: not change.is_tight and _is_morning(change),
    "told to riders, afternoons": lambda change: not change.is_tight and not _is_morning(change),
    "tighter ones, that are not offered": lambda change: change.is_tight,
}


def keep(file: Path, changes: Iterable[ToldChange]) -> None:
    is_new = not file.exists()
    with file.open("a", newline="", encoding="utf-8") as rows:
        writer = csv.DictWriter(rows, [field.name for field in fields(ToldChange)])
        if is_new:
            writer.writeheader()
        writer.writerows(asdict(change) for change in changes)


def kept(file: Path) -> list[ToldChange]:
    """What keep() wrote; its columns are read as what the class says they are."""
    with file.open(newline="", encoding="utf-8") as rows:
        return [
            msgspec.convert({key: text or None for key, text in row.items()}, ToldChange, strict=False)
            for row in csv.DictReader(rows)
        ]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--hours", type=float, default=9.5)
    parser.add_argument("--seeds", default="1", help="1,2,3")
    parser.add_argument("--buses", type=int, default=14)
    parser.add_argument("--asked-every", type=float, default=3.0, help="minutes")
    parser.add_argument("--days-before", type=int, default=2, help="on which the forecaster has learnt; 0: its first day")
    parser.add_argument("--days", type=int, default=1, help="that are judged, one after the other")
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--pool", type=Path, nargs="+")
    asked = parser.parse_args()
    every: list[ToldChange] = [change for file in asked.pool or () for change in kept(file)]
    chosen = Chosen(
        hours=asked.hours,
        buses=asked.buses,
        asked_every=timedelta(minutes=asked.asked_every),
        days_before=asked.days_before,
        days=asked.days,
    )
    for seed in () if asked.pool else map(int, asked.seeds.split(",")):
        for of_day in judged_days(seed, chosen):
            if asked.keep:
                keep(asked.keep, of_day)
            every += of_day
            print(f"seed {seed}: {len(of_day)} changes told", flush=True)
    print("\n".join(summary(every)))


if __name__ == "__main__":
    main()
