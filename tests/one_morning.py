"""A morning of a small fleet, made from a seed: what the pipeline and the forecaster make of it, line by line.

    python -m tests.one_morning        writes tests/cases/one_morning.csv anew, after a change that is meant

Eleven vehicles on timetabled lines, a loop by headway and a line whose ends overlap: on time, late, off the line, broken
down, with a label that runs ahead, with a bearing that never changes, with a point that comes again and again, one that drives
against its label, one out of service. The day before is learnt from, and half way the processes start anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from math import atan2, degrees
from random import Random

from tests.builders import LOLLIPOP, LOOP, STRAIGHT, Way, a_city, a_report, along, at, every, length_of
from tests.driving import a_drive_of
from tests.pinned import write
from transit.forecasting.forecaster import Forecaster
from transit.plan.network import Network
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import StopEvent, VehicleState
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

NAME = "one_morning.csv"
HOUR = 3600
ZERO = at(6, 50)
EVERY_S, ASKED_EVERY_S = 15, 300
NOISE_M = 8.0
BACK = STRAIGHT[::-1]
RING = [(east + 600.0, north - 1400.0) for east, north in LOOP]
TAIL = [(east + 900.0, north + 300.0) for east, north in LOLLIPOP]
Line = list[tuple[float, float]]


def the_network(with_shapes: bool = True) -> Network:
    out, back = (tuple(6 * HOUR + 60 * minute for minute in range(first, 180, 20)) for first in (30, 45))
    return a_city(
        Way("R1", STRAIGHT, out, 0, ("B1", "B2", "B3", "B1", "B2", "B3")),
        Way("R1", BACK, back, 1, ("B1", "B2", "B3", "B1", "B2", "B3")),
        Way("R2", RING, headway=every(12)),
        Way("R3", TAIL, tuple(6 * HOUR + 60 * minute for minute in range(40, 180, 25))),
        with_shapes=with_shapes,
    )


@dataclass
class Driver:
    """Makes the fixes of one vehicle: it waits, drives, and halts at each stop."""

    vehicle_id: str
    random: Random
    seconds: float = 0.0  # since ZERO
    bearing: Callable[[float | None], float | None] = lambda course: course
    every_s: float = EVERY_S

    def __post_init__(self) -> None:
        self.rows: list[tuple[AvlReport, AssignmentHint]] = []
        self.hint = NO_HINT
        self.where: tuple[float, float] | None = None

    def fix(self, where: tuple[float, float]) -> None:
        noise = (self.random.gauss(0.0, NOISE_M), self.random.gauss(0.0, NOISE_M))
        here = (where[0] + noise[0], where[1] + noise[1])
        last, self.where = self.where, where
        course = None
        if last is not None and last != where:
            course = degrees(atan2(where[0] - last[0], where[1] - last[1])) % 360.0
        report = a_report(here, ZERO + timedelta(seconds=self.seconds), vehicle_id=self.vehicle_id)
        speed = 0.0 if last in (None, where) else 7.0
        self.rows.append((replace(report, bearing=self.bearing(course), speed_mps=speed), self.hint))
        self.seconds += self.every_s

    def wait(self, where: tuple[float, float], until_s: float) -> Driver:
        while self.seconds < until_s:
            self.fix(where)
        return self

    def drive(
        self, line: Line, from_m: float = 0.0, to_m: float | None = None, mps: float = 6.5, beside_m: float = 0.0
    ) -> Driver:
        metres, end = from_m, length_of(line) if to_m is None else to_m
        while metres < end:
            east, north = along(line, metres)
            self.fix((east, north + beside_m))
            at_stop = abs((metres + 250.0) % 500.0 - 250.0) < 0.5 * mps * self.every_s
            metres += mps * self.every_s * self.random.uniform(0.7, 1.1) * (0.5 if at_stop else 1.0)
        self.fix(along(line, end))
        return self


def the_fleet() -> list[Driver]:
    def new(name: str, seed: int, start_s: float = 0.0, **options: object) -> Driver:
        return Driver(name, Random(seed), start_s, **options)  # type: ignore[arg-type]

    fleet = [
        new("ON-TIME", 1)
        .wait(STRAIGHT[0], 600)
        .drive(STRAIGHT)
        .wait(BACK[0], 1500)
        .drive(BACK)
        .wait(BACK[-1], 3000)
        .drive(STRAIGHT)
    ]
    fleet.append(new("LATE", 2, 600).wait(STRAIGHT[0], 1200).drive(STRAIGHT, mps=4.0).wait(BACK[0], 2900).drive(BACK, mps=5.0))
    fleet.append(new("RING-1", 3).drive(RING).drive(RING).drive(RING).wait(RING[-1], 2700).drive(RING))
    fleet.append(new("RING-2", 4, 400).drive(RING, mps=5.0).wait(RING[0], 1700).drive(RING, mps=5.0).drive(RING))
    early = new("LABEL-AHEAD", 5, 900)
    early.hint = AssignmentHint(trip_id="R3a2")
    early.wait(TAIL[0], 960).drive(TAIL, to_m=5200.0)
    early.hint = AssignmentHint(trip_id="R3a3")
    fleet.append(early.drive(TAIL, from_m=5200.0).wait(TAIL[0], 2500).drive(TAIL))
    detour = new("DETOUR", 6, 1300)
    detour.hint = AssignmentHint(trip_id="R1a3")
    fleet.append(
        detour.wait(STRAIGHT[0], 1800)
        .drive(STRAIGHT, to_m=1200.0)
        .drive(STRAIGHT, 1200.0, 2600.0, beside_m=180.0)
        .drive(STRAIGHT, 2600.0)
    )
    broken = new("BROKEN", 7, 200).wait(BACK[0], 300).drive(BACK, to_m=1700.0)
    fleet.append(broken.wait(along(BACK, 1700.0), broken.seconds + 1500).drive(BACK, 1700.0))
    fleet.append(
        new("COMPASS", 8, 2000, bearing=lambda _: 0.0, every_s=40.0).wait(STRAIGHT[0], 3000).drive(STRAIGHT).drive(BACK)
    )
    against = new("AGAINST", 9, 2100)
    against.hint = AssignmentHint(trip_id="R1a4")
    fleet.append(against.wait(BACK[0], 2300).drive(BACK).wait(BACK[-1], 3500))
    fleet.append(new("OUT", 10, 100).drive([(-900.0, -700.0), (2000.0, 900.0), (2600.0, -900.0)]).wait((2600.0, -900.0), 2000))
    stale = new("STALE", 11, 1900).wait(STRAIGHT[0], 3000).drive(STRAIGHT)
    old = stale.rows[0][0]
    for n in range(80, len(stale.rows), 9):
        report, hint = stale.rows[n]
        stale.rows[n] = (replace(report, lat=old.lat, lon=old.lon), hint)
    return [*fleet, stale]


def seconds(moment: datetime | None) -> str:
    return "" if moment is None else f"{(moment - ZERO).total_seconds():.1f}"


def number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def the_morning(network: Network, fleet: list[Driver]) -> Iterator[str]:
    """What is known after each change, each call, and every five minutes all that is predicted."""
    pipeline, forecaster = Pipeline(network), Forecaster(network)
    for pace, name in ((1.0, "R1a2"), (1.3, "R1a3"), (0.9, "R1b2")):  # of the day before
        drive = a_drive_of(network, at(7) - timedelta(days=1), trip_id=name, pace=dict.fromkeys(range(8), pace).__getitem__)
        forecaster.learn(item for _, item in drive.items if isinstance(item, StopEvent))
    before: dict[str, str] = {}
    rows = sorted(((row, hint) for driver in fleet for row, hint in driver.rows), key=lambda pair: pair[0].reported_at)
    asked_s = 0.0
    for report, hint in rows:
        now_s = (report.reported_at - ZERO).total_seconds()
        if now_s - asked_s >= ASKED_EVERY_S:
            asked_s = now_s
            yield from predictions(forecaster, list(pipeline.states.values()), report.received_at)
            if now_s > 2 * HOUR / 3 > now_s - ASKED_EVERY_S:  # a restart
                forecaster, pipeline = Forecaster(network, forecaster.dump()), Pipeline(network, pipeline.states.values())
        outcome = pipeline.step(report, hint)
        forecaster.learn(outcome.events)
        for event in outcome.events:
            call = (event.trip.trip_id, str(event.trip.start_s), str(event.stop_sequence))
            yield ",".join(("call", event.vehicle_id, *call, seconds(event.arrived_at), seconds(event.departed_at)))
        if outcome.rejection is not None or outcome.state is None:
            yield f"refused,{report.vehicle_id},{seconds(report.reported_at)},{outcome.rejection}"
            continue
        forecaster.observe(pipeline.states.values(), report.received_at)
        words = status_of(outcome.state)
        if words != before.get(report.vehicle_id):
            before[report.vehicle_id] = words
            matched = outcome.state.matched
            where = (number(matched.shape_dist_traveled_m), number(matched.offset_m), number(matched.confidence))
            yield ",".join(("status", report.vehicle_id, seconds(report.reported_at), words, *where))


def status_of(state: VehicleState) -> str:
    matched, trip = state.matched, state.matched.trip
    name = "" if trip is None else f"{trip.trip_id} {trip.start_s}"
    detour = state.detours[-1].came_back if state.detours else "-"
    return f"{matched.status},{name},{matched.explanation},{matched.is_expected_back},{' '.join(state.doubts)},{detour}"


def predictions(forecaster: Forecaster, states: list[VehicleState], now: datetime) -> Iterator[str]:
    made = forecaster.predict(states, now, next_trips=True)
    for row in made:
        moments = (seconds(row.predicted_at), seconds(row.low_at), seconds(row.high_at))
        yield ",".join(("predicted", row.vehicle_id, row.trip.trip_id, str(row.stop_sequence), row.tier, *moments))
    for vehicle in forecaster.standing(states, now):
        words = (vehicle.stop_id, str(vehicle.waits), str(vehicle.in_jam), str(vehicle.is_parked))
        yield ",".join(("standing", vehicle.vehicle_id, seconds(vehicle.since), seconds(vehicle.ended_at), *words))
    for first, second in pairwise(made):
        if first.vehicle_id != second.vehicle_id:
            for why in forecaster.explain(first.vehicle_id, first.stop_id, states, now)[:1]:
                effects = (f"{factor.value:.3f}" for factor in why.factors)
                yield ",".join(("why", first.vehicle_id, number(why.usual_s), number(why.median_s), *effects))


def lines() -> Iterator[str]:
    yield from the_morning(the_network(), the_fleet())
    few = [driver for driver in the_fleet() if driver.vehicle_id in ("ON-TIME", "RING-1", "DETOUR")]
    yield "without shapes"
    yield from the_morning(the_network(with_shapes=False), few)


if __name__ == "__main__":
    print(write(lines(), NAME))
