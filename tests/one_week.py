"""A week of a small made-up network: what a forecaster has learnt from it, and what it says then, line by line.

    python -m tests.one_week        writes tests/cases/one_week.csv anew, after a change that is meant

A timetabled line there and back with a block, a line by headway; drivers with paces of their own from a seed, slow in the
morning, one jam. Asked are all methods of prediction; ours of vehicles that drive, wait, stand, are silent, are off their
line, are early and late, and are sent off by a dispatcher.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

import numpy as np

from tests.builders import MONDAY, STRAIGHT, Way, a_city, a_report, at, every
from tests.driving import Drive, Item, a_drive_of, a_state
from tests.pinned import line, write
from transit.forecasting.baselines import METHODS
from transit.forecasting.explanation import recompute
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.intervals import Calibration
from transit.forecasting.links import links_of
from transit.forecasting.next_trips import NextTrips
from transit.forecasting.prediction import Prediction, Tier
from transit.forecasting.relearning import relearn
from transit.forecasting.standing import LinkSpread, Postponement
from transit.forecasting.terminal_waits import TerminalWaits, quantile
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import patterns_of
from transit.tracking.state import MatchedPosition, StandingFacts, StopEvent, VehicleState, VehicleStatus

NAME = "one_week.csv"
HOUR = 3600
BACK = STRAIGHT[::-1]
NORTH = [(2000.0, -2000.0), (2000.0, 2000.0)]
DAYS = (0, 1, 3, 4, 5, 6)  # after MONDAY: working days, a Saturday and a Sunday
ASKED_DAY = 7
JAM_LINK = 3


def the_network() -> Network:
    return a_city(
        Way("R1", STRAIGHT, (7 * HOUR, 7 * HOUR + 1500, 8 * HOUR, 12 * HOUR, 17 * HOUR), 0, ("B1", "", "B2")),
        Way("R1", BACK, (7 * HOUR + 900, 8 * HOUR, 9 * HOUR, 13 * HOUR), 1, ("B1",)),
        Way("R2", NORTH, headway=every(15)),
        Way("R3", NORTH[::-1], (7 * HOUR + 600,), 1),
        stops_every_m=1000.0,
    )


def the_drives(network: Network, days: tuple[int, ...], seed: int = 5) -> list[Drive]:
    """Each of a bus of its own; slower by the hour and the driver, waiting up to some minutes past its plan."""
    random, drives = Random(seed), []
    for day in days:
        for name, hours in (
            ("R1a1", 7),
            ("R1b1", 7.25),
            ("R1a3", 8),
            ("R1a4", 12),
            ("R1b4", 13),
            ("R2a1", 7),
            ("R2a1", 7.1),
            ("R2a1", 7.3),
            ("R2a1", 12),
        ):
            own, late_s = random.uniform(0.85, 1.5), random.uniform(0.0, 240.0)
            jam = 2.5 if day % 3 == 1 and hours < 9 else 1.0
            start = at(0, day=MONDAY + timedelta(days=day)) + timedelta(hours=hours, seconds=late_s)
            drives.append(
                a_drive_of(
                    network,
                    start,
                    trip_id=name,
                    vehicle_id="BLOCK" if name in ("R1a1", "R1b1") else f"{name}-{hours}",
                    pace=lambda link, own=own, jam=jam: own * (jam if link == JAM_LINK - 2 else 1.0),  # type: ignore[misc]
                    start_s=int(hours * HOUR) if name == "R2a1" else None,
                    offset_s=random.uniform(0.0, 20.0),
                )
            )
    return drives


def _with_stops(items: list[Item]) -> list[Item]:
    """At each stop but the first and the last a vehicle stands for 20 s and more."""
    stands = [
        replace(item, departed_at=item.arrived_at + timedelta(seconds=10 + 5 * item.stop_sequence))
        if isinstance(item, StopEvent) and item.departed_at is not None and item.stop_sequence > 1
        else item
        for _, item in items
    ]
    return [(at, item) for (at, _), item in zip(items, stands, strict=True)]


def played(forecaster: Forecaster, drives: list[Drive], until: datetime) -> dict[str, VehicleState]:
    """Everything known until a moment; the states of the vehicles then."""
    states: dict[str, VehicleState] = {}
    items: list[Item] = sorted((row for drive in drives for row in _with_stops(drive.items)), key=lambda row: row[0])
    for n, (now, item) in enumerate(item for item in items if item[0] <= until):
        if isinstance(item, StopEvent):
            if item.stop_sequence == 1:
                _waits(forecaster, item)
            forecaster.learn([item])
        else:
            states[item.vehicle_id] = item
            if n % 3 == 0:
                forecaster.observe(
                    [state for state in states.values() if now - state.report.reported_at < timedelta(seconds=90)], now
                )
    return states


def _waits(forecaster: Forecaster, event: StopEvent) -> None:
    """Before it left, the vehicle was seen to wait for five minutes."""
    assert event.departed_at is not None
    for minutes in (5, 3, 1):
        now = event.departed_at - timedelta(minutes=minutes)
        forecaster.observe(
            [a_state(forecaster.network, now, event.trip, 0.0, 1, event.vehicle_id, status=VehicleStatus.LAYOVER)], now
        )


def _row(row: Prediction, zero: datetime) -> str:
    moments = ((moment - zero).total_seconds() for moment in (row.predicted_at, row.low_at, row.high_at))
    return line("predicted", row.vehicle_id, row.trip.trip_id, row.trip.start_s, row.stop_sequence, row.tier, *moments)


def methods(network: Network) -> Iterator[str]:
    for method in METHODS:
        forecaster = Forecaster(network, method=method)
        drives = the_drives(network, (0, 1, 3, 4, 7))
        now = at(7, 12, day=MONDAY + timedelta(days=7))
        states = played(forecaster, drives, now)
        for minutes in (0, 22):
            later = now + timedelta(minutes=minutes)
            yield line("method", method, minutes)
            yield from (_row(row, later) for row in forecaster.predict(states.values(), later))


def learnt(forecaster: Forecaster) -> Iterator[str]:
    """What a week has taught, in sums: any other number anywhere shows in one of them."""
    times = forecaster.times
    for name in (
        "link_total",
        "link_weight",
        "dwell_total",
        "dwell_weight",
        "link_days",
        "stream_total",
        "stream_weight",
        "headway",
    ):
        values = np.asarray(getattr(times, name))
        yield line(
            "learnt",
            name,
            f"{float(values.sum()):.4f}",
            f"{float((values * np.arange(values.size).reshape(values.shape)).sum()):.2f}",
        )
    for linked in forecaster.links.by_pattern_id.values():
        for hour in (7.2, 12.4, 31.5, 24 * 5 + 12, 24 * 6 + 8):
            moment = at(0).timestamp() + hour * HOUR
            usual = times.usual(linked, moment)
            ratios = [f"{value:.3f}" for value in (*usual.ratio, *usual.weight)]
            today = [f"{value:.4f}" for value in times.today(linked, at(13, day=MONDAY + timedelta(days=6)).timestamp())]
            spreads = [float(forecaster.spread.usual_s(int(link), linked.stream, 170.0)) for link in linked.links]
            yield line("usual", linked.pattern.trip_ids[0], hour, *ratios, *today, *spreads)
    for n, waits in sorted(forecaster.departures.waits.items()):
        yield line("waits", n, len(waits.rows), waits.headway_s(), waits.usual_s(0.95, 5.0), waits.usual_s(0.5, 50.0))
    for tier in Tier:
        weights = [f"{value:.3f}" for value in forecaster.corrections[tier].weights]
        yield line("weights", tier, *weights)
        yield line("calibrated", tier, *(f"{value:.3f}" for value in forecaster.calibration[tier].table.ravel()))
        for stood_s in (0.0, 60.0, 100.0, 400.0, 1000.0):
            yield line("put off", tier, stood_s, *forecaster.postponement[tier].moved_s(stood_s))
    habits = {
        patterns_of(forecaster.network).by_id[key].trip_ids[0]: habit.total()
        for key, habit in forecaster.next_trips.habits.items()
    }
    yield line("habits", *sorted(habits.items()))


def asked(forecaster: Forecaster, name: str, states: list[VehicleState], now: datetime) -> Iterator[str]:
    yield line("asked", name)
    made = forecaster.predict(states, now, next_trips=True)
    yield from (_row(row, now) for row in made)
    for vehicle in forecaster.standing(states, now):
        seconds = ((moment - now).total_seconds() for moment in (vehicle.since, vehicle.ended_at))
        yield line(
            "standing",
            vehicle.vehicle_id,
            vehicle.stop_id,
            vehicle.next_stop_sequence,
            *seconds,
            vehicle.waits,
            vehicle.in_jam,
            vehicle.is_parked,
        )
    for row in made[::3]:
        for why in forecaster.explain(row.vehicle_id, row.stop_id, states, now, next_trips=True)[:1]:
            links = [(link.planned_s, link.usual_s, link.counted_s, link.days, link.observations) for link in why.links[-1:]]
            factors = [f"{factor.name} {factor.value:.3f} {factor.log_effect:.3f}" for factor in why.factors if factor.value]
            again = (recompute(why) - now).total_seconds()
            yield line(
                "why",
                row.vehicle_id,
                row.stop_sequence,
                why.wait_s,
                why.median_s,
                f"{why.caution:.3f}",
                again,
                *links,
                *factors,
            )


BY_HEADWAY = TripInstance("R2a1", MONDAY + timedelta(days=ASKED_DAY), 7 * HOUR)


def measures(network: Network) -> Iterator[str]:
    """The parts alone: how errors become quantiles, waits a departure, link times what is usual, from a seed."""
    for tier in Tier:
        random, put_off, calibrated = Random(11), Postponement(tier), Calibration(tier)
        for n in range(700):
            stood_s = random.choice((40.0, 60.0, 61.0, 130.0, 300.0, 509.0, 600.0, 3000.0))
            put_off.learn(stood_s, (random.gauss(10.0, 40.0), random.gauss(40.0, 60.0), random.gauss(200.0, 90.0)))
            calibrated.learn(random.choice((0.0, 59.0, 60.0, 500.0, 1799.0, 1800.0, 2500.0)), random.gauss(0.0, 0.3))
            if n % 100 == 99:
                yield line("put off alone", tier, n, *put_off.count.tolist(), *map(float, put_off.table.ravel()))
                yield line("calibrated alone", tier, n, *(f"{value:.3f}" for value in calibrated.table.ravel()))
        bounds = calibrated.bounds(np.array([0.0, 50.0, 400.0, 1000.0, 3000.0]))
        yield line("bounds alone", tier, *(float(value) for row in bounds for value in row))
        yield line("caution alone", tier, *(f"{calibrated.caution(ahead_s):.4f}" for ahead_s in (-30.0, 0.0, 700.0, 1500.0)))
    random, spread = Random(12), LinkSpread(links_of(network))
    for n in range(120):
        spread.learn(n % 2, 0, random.choice((0.0, 20.0, 90.0, 150.0, 700.0)), 100.0)
        if n % 8 == 7:
            usual = (
                spread.usual_s(link, stream, planned_s) for link in (0, 1, 2) for stream in (0, 1) for planned_s in (0.0, 100.0)
            )
            yield line("spread alone", n, *usual)
    random, waits = Random(13), TerminalWaits()
    begin_s = at(5).timestamp()
    for day in range(9):
        for n in range(12):
            left_s = begin_s + 86400.0 * day + 900.0 * n + random.uniform(-20.0, 60.0)
            waits.note_departure(left_s, left_s + 7 * HOUR, None if n % 5 == 4 else random.uniform(0.0, 500.0))
        now_s = begin_s + 86400.0 * day + 900.0 * 6 + 200.0
        for waited_s in (0.0, 100.0, 400.0):
            for alike in (False, True):
                still, weights = waits.possible(waited_s, now_s, now_s + 7 * HOUR, alike=alike)
                chosen = quantile(still, weights, 0.5) if len(still) else None
                yield line("waits alone", day, waited_s, alike, len(still), float(weights.sum()), chosen, waits.headway_s())


def _others(trip: TripInstance) -> bool:
    return trip.trip_id != "R2a1"


def _nobody(trip: TripInstance) -> bool:
    return False


def habits(network: Network) -> Iterator[str]:
    """What a vehicle is expected to run next, the more often it was seen to go on so, and with another habit beside it."""
    links = links_of(network)
    first, usual, other = (links.of_trip(name) for name in ("R1a1", "R2a1", "R3b1"))
    assert first is not None
    assert usual is not None
    assert other is not None
    following = NextTrips(network, links)
    comes_at = at(7, 50).timestamp()
    for n in range(9):
        for trip_id in ("R1a1", "R1a2", "R1b1", "R2a1"):
            for taken in (False, True):
                after = following.trip_after(TripInstance(trip_id, MONDAY), comes_at, _others if taken else _nobody)
                yield line("after", n, trip_id, taken, None if after is None else (after.trip_id, after.start_s))
        following.note_start(usual if n < 4 else other, first, first.last - n % 3)


@dataclass(frozen=True)
class Scene:
    """One moment, and vehicles made for it."""

    network: Network
    now: datetime

    def trip(self, trip_id: str) -> TripInstance:
        return TripInstance(trip_id, MONDAY + timedelta(days=ASKED_DAY))

    def drives(
        self, along_m: float, ago_s: float = 5.0, *, on: TripInstance | None = None, vehicle_id: str = "V", **more: object
    ) -> VehicleState:
        moment = self.now - timedelta(seconds=ago_s)
        recent = tuple((moment - timedelta(seconds=20.0 * n), max(along_m - 110.0 * n, 0.0)) for n in range(5, -1, -1))
        ahead = next(n for n in range(1, 7) if n == 6 or 1000.0 * (n - 1) > along_m - 20.0)
        made = a_state(self.network, moment, on or self.trip("R1a1"), along_m, ahead, vehicle_id, recent)
        return replace(made, **more)  # type: ignore[arg-type]

    def stands(
        self,
        along_m: float,
        since_s: float,
        *,
        vehicle_id: str = "V",
        on: TripInstance | None = None,
        due_s: float | None = None,
        layover: bool = False,
    ) -> VehicleState:
        since = self.now - timedelta(seconds=since_s)
        made = self.drives(along_m, on=on, vehicle_id=vehicle_id)
        recent = tuple((self.now - timedelta(seconds=5.0 + 20.0 * n), along_m) for n in range(5, -1, -1))
        facts = StandingFacts(since, due_at=None if due_s is None else self.now + timedelta(seconds=due_s))
        status = VehicleStatus.LAYOVER if layover else VehicleStatus.ON_TRIP
        matched = replace(made.matched, status=status)
        return replace(made, recent=recent, standing=facts, matched=matched)


def _scenes(scene: Scene) -> Iterator[tuple[str, list[VehicleState]]]:
    """The vehicle of each is V, beside it others where they matter."""
    for along_m in (5.0, 300.0, 975.0, 1025.0, 2600.0, 3990.0):
        yield f"drives at {along_m}", [scene.drives(along_m)]
    for ago_s in (25.0, 70.0, 200.0, 900.0):
        yield f"heard {ago_s} s ago", [scene.drives(1500.0, ago_s)]
    for early in (-3, -2, 2, 6):
        plan = scene.trip(f"R1a{1 if early > 0 else 2}")
        yield f"late by {early}", [scene.drives(500.0 + 400.0 * early if early > 0 else 3500.0, on=plan)]
    for along_m, ahead in ((1995.0, 3), (1995.0, 4), (2010.0, 4), (2018.0, 4)):
        for still_s in (0.0, 20.0, 60.0):
            recent = tuple(
                (scene.now - timedelta(seconds=5.0 + 10.0 * n), along_m if 10.0 * n <= still_s else along_m - 90.0 * n)
                for n in range(8, -1, -1)
            )
            yield (
                f"has stopped at {along_m} {ahead} {still_s}",
                [scene.drives(along_m, next_stop_sequence=ahead, recent=recent)],
            )
    for ago_s in (25.0, 45.0, 70.0):
        few = scene.drives(1900.0, ago_s)
        yield f"few fixes {ago_s}", [replace(few, recent=few.recent[-2:])]
    yield (
        "by headway",
        [
            scene.drives(1500.0, on=BY_HEADWAY),
            scene.drives(1600.0, on=replace(BY_HEADWAY, start_s=7 * HOUR + 300), vehicle_id="W"),
        ],
    )
    off = scene.drives(1500.0)
    for metres, back in ((90.0, True), (400.0, True), (400.0, False)):
        matched = MatchedPosition(
            off.matched.reported_at, VehicleStatus.OFF_ROUTE, scene.trip("R1a1"), 1500.0, metres, is_expected_back=back
        )
        yield f"off by {metres} {back}", [replace(off, matched=matched)]
    for since_s in (30.0, 100.0, 120.0, 125.0, 130.0, 250.0, 420.0, 700.0, 1500.0, 2400.0, 4000.0, 9000.0):
        yield f"stands for {since_s}", [scene.stands(1500.0, since_s)]
        yield f"stands at a stop for {since_s}", [scene.stands(2010.0, since_s, on=scene.trip("R1a3"))]
        yield f"waits for {since_s}", [scene.stands(0.0, since_s, due_s=-since_s / 2, layover=True)]
        yield f"waits by headway for {since_s}", [scene.stands(0.0, since_s, on=BY_HEADWAY, layover=True)]


def _jams(scene: Scene) -> Iterator[tuple[str, list[VehicleState]]]:
    parked = [scene.stands(1600.0 + 100.0 * n, 7000.0, vehicle_id=f"W{n}", on=scene.trip(f"R1a{n + 2}")) for n in range(2)]
    for since_s in (7200.0, 7205.0, 7206.0):
        yield f"side by side for {since_s}", [scene.stands(1500.0, since_s), *parked]
    for others in (1, 2):
        beside = [
            scene.stands(1600.0 + 300.0 * n, 500.0, vehicle_id=f"W{n}", on=scene.trip(f"R1a{n + 2}")) for n in range(others)
        ]
        yield f"jam of {others}", [scene.stands(1500.0, 900.0), *beside]
        away = [replace(one, report=a_report((5000.0, 5000.0), scene.now, vehicle_id=one.vehicle_id)) for one in beside]
        yield f"jam elsewhere of {others}", [scene.stands(1500.0, 900.0), *away]
    passing = replace(
        scene.drives(1900.0, on=scene.trip("R1a2"), vehicle_id="W"),
        recent=tuple((scene.now - timedelta(seconds=20.0 * n), 1900.0 - 110.0 * n) for n in range(8, -1, -1)),
    )
    yield (
        "overtaken",
        [
            scene.stands(1500.0, 900.0),
            passing,
            *(scene.stands(1600.0, 500.0, vehicle_id=f"X{n}", on=scene.trip(f"R1a{n}")) for n in (3, 4)),
        ],
    )


def lines() -> Iterator[str]:
    network = the_network()
    forecaster = Forecaster(network)
    played(forecaster, the_drives(network, DAYS), at(23, day=MONDAY + timedelta(days=6)))
    yield from learnt(forecaster)
    saved = forecaster.dump()
    now = at(7, 14, day=MONDAY + timedelta(days=ASKED_DAY))
    again = Forecaster(network, saved)
    yield line("again")
    yield from learnt(again)
    states = played(again, the_drives(network, (ASKED_DAY,), seed=9), now)
    yield from asked(again, "the morning after", list(states.values()), now)
    scene = Scene(network, now)
    for name, some in (*_scenes(scene), *_jams(scene)):
        again.observe(some, now)
        yield from asked(again, name, some, now)
    again.departures.ordered["V"] = now.timestamp() + 400.0
    day = MONDAY + timedelta(days=ASKED_DAY)
    waiting = a_state(network, now, TripInstance("R1a2", day), 0.0, 1, "V", status=VehicleStatus.LAYOVER)
    for minutes in (0.0, 5.0, 700.0 / 60.0, 12.0):
        later = now + timedelta(minutes=minutes)
        yield from asked(again, f"ordered {minutes}", [waiting], later)
    anew = Forecaster(network)
    yield line("nothing learnt")
    yield from learnt(Forecaster(network, anew.dump()))
    for after in (0, 100, 900):  # what is learnt grows with time until it begins anew
        played(anew, the_drives(network, (after,), seed=after), at(23, day=MONDAY + timedelta(days=after)))
        yield line("much later", after)
        yield from learnt(anew)
    anew = Forecaster(network)
    events = [item for drive in the_drives(network, (0, 1)) for _, item in drive.items if isinstance(item, StopEvent)]
    yield line("learnt anew", relearn(anew, events))
    yield from learnt(anew)
    for part in (measures, habits, methods):
        yield from part(network)


if __name__ == "__main__":
    print(write(lines(), NAME))
