"""What is made of single trackers, fix by fix: which are refused, which fields are believed, and what is believed of the place.

    python -m tests.one_tracker        writes tests/cases/one_tracker.csv anew, after a change that is meant

Clocks that are slow, set or buffered; accuracies that are too poor and too good; points that come again; two devices under one
name; bearings and speeds that lie; and vehicles whose whole belief is written down, each line that they may be on with its
weight, through turns, detours, silences and labels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from math import atan2, degrees
from random import Random

from tests.builders import (
    LOLLIPOP,
    LOOP,
    STRAIGHT,
    Way,
    a_city,
    a_report,
    a_trip_instance,
    along,
    at,
    every,
    length_of,
)
from tests.one_morning import HOUR, the_network
from tests.pinned import line, write
from transit.plan.geometry import Area, OnLine, distance_m
from transit.plan.limits import limits_of
from transit.plan.network import Network
from transit.plan.patterns import patterns_of
from transit.tracking.accuracy_trust import believed_m, observe_exact, observe_rough, of_tracker
from transit.tracking.calls import advance, begin
from transit.tracking.detours import Detour, is_return_expected, return_stop, with_detour, with_outcome, with_return
from transit.tracking.field_trust import observe_fields
from transit.tracking.late_reports import LateDrive
from transit.tracking.likelihood import bearing_fits, departure_m, detour_cost, emission
from transit.tracking.memory import unpack
from transit.tracking.off_plan import observe_plan
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport, screen
from transit.tracking.standing import StandingPlace, note_wait, observe, rounding_m, standing_facts
from transit.tracking.state import StopEvent
from transit.tracking.suspects import Suspects, can_have_driven, is_jump
from transit.tracking.tracker_clock import TrackerClock
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

NAME = "one_tracker.csv"
Line = list[tuple[float, float]]
Fixes = list[tuple[float, tuple[float, float]]]  # seconds, metres east and north
SEVEN = at(7)


def after(seconds: float, where: tuple[float, float] = (0.0, 0.0), **more: float | None) -> AvlReport:
    return replace(a_report(where, SEVEN + timedelta(seconds=seconds)), **more)  # type: ignore[arg-type]


def screens() -> Iterator[str]:
    area = Area(3.5, 98.4, 3.7, 98.6)
    before = after(0.0)
    places = [(3.6, 98.5), (3.4, 98.5), (0.0005, 0.0005), (0.0011, 0.0), (91.0, 98.5), (float("nan"), 98.5), (3.7, 98.6)]
    for lat, lon in places:
        for seconds in (-5.0, 0.0, 5.0):
            yield line(
                "screened", lat, lon, seconds, screen(replace(after(seconds), lat=lat, lon=lon), before, SEVEN, area=area)
            )
    for age_s in (-61.0, -60.0, 0.0, 7 * 86400.0, 7 * 86400.0 + 1.0):
        yield line("aged", age_s, screen(after(0.0), None, SEVEN + timedelta(seconds=age_s), area=area))
    for error_m in (100.0, 100.5, float("nan")):
        yield line("accurate", error_m, screen(after(0.0, accuracy_m=error_m), None, SEVEN, area=area))
    for metres in (140.0, 160.0, 230.0, 450.0, 480.0):
        for seconds, accuracy_m in ((0.0, None), (10.0, None), (-10.0, None), (0.0, 90.0)):
            yield line(
                "driven", metres, seconds, can_have_driven(before, after(seconds, (metres, 0.0), accuracy_m=accuracy_m), 30.0)
            )


def clocks() -> Iterator[str]:
    for name, offset_s, every_s, step in (
        ("right", 2.0, 5.0, 0.0), ("slow", 6.0, 5.0, 0.0), ("fast", -40.0, 5.0, 0.0), ("far", 599.0, 20.0, 0.0),
        ("too far", 605.0, 20.0, 0.0), ("set", 30.0, 5.0, 14.0), ("set more", 30.0, 5.0, 40.0), ("each second", 20.0, 1.0, 0.0),
    ):  # fmt: skip
        random, clock = Random(2), TrackerClock()
        for n in range(40):
            made = SEVEN + timedelta(seconds=n * every_s)
            late = random.choice((0.0, 0.3, 0.9, 1.4, 4.0 if name == "right" else 0.2))
            came = made + timedelta(seconds=offset_s + late + (step if n > 20 else 0.0) + (30.0 if n in (9, 10, 11) else 0.0))
            clock.hear(made, came)
            if n % 4 == 3:
                corrections = [clock.correction(made, came).total_seconds(), clock.correction(made, made).total_seconds()]
                yield line("clock", name, n, clock.offset_s, clock.step_s, clock.is_corrected, *corrections)


def accuracies() -> Iterator[str]:
    for name, on_line, accuracy_m in (
        ("rough", 1.0, 500.0),
        ("mixed", 0.7, 300.0),
        ("honest", 0.2, 400.0),
        ("half", 0.9, 200.0),
    ):
        random, trust = Random(6), of_tracker(None, "T")
        for n in range(60):
            report = after(20.0 * n, (100.0 * n + (3000.0 if n % 13 == 12 else 0.0), 0.0), accuracy_m=accuracy_m)
            lies_on = random.random() < (on_line if n < 40 else 1.0 - on_line)
            observe_rough(trust, report, 20.0, is_on_line=lies_on)
            if name == "half" and n % 15 == 14:
                observe_exact(trust, None, after(20.0 * n, accuracy_m=10.0), 0.0, 0.0)
            yield line("rough", name, n, trust.on_line, trust.rough, trust.is_too_poor, believed_m(trust, 80.0))
    for name, scatter_m in (("calm", 2.0), ("some", 40.0), ("wild", 120.0)):
        random, trust, before = Random(7), of_tracker(None, "T"), None
        here = (0.0, 0.0)
        for n in range(70):
            spread_m = scatter_m if n < 45 else 2.0
            there = (60.0 * n + random.gauss(0.0, spread_m), random.gauss(0.0, spread_m))
            report = after(15.0 * n + (100.0 if n > 30 else 0.0), there, accuracy_m=29.0 if n % 10 else 31.0)
            observe_exact(trust, before, report, there[0] - here[0], there[1] - here[1])
            before, here = report, there
            yield line(
                "exact",
                name,
                n,
                trust.turned,
                trust.legs,
                trust.is_too_good,
                believed_m(trust, 20.0),
                trust.doubts,
            )


def fields() -> Iterator[str]:
    for name in ("right", "frozen bearing", "km/h", "no speed", "in a bend", "loses and wins"):
        random, trust, before, here = Random(9), None, None, (0.0, 0.0)
        for n in range(90):
            there = (here[0] + 60.0 + random.uniform(0.0, 10.0), here[1] + random.gauss(0.0, 25.0)) if n % 6 else here
            course = degrees(atan2(there[0] - here[0], there[1] - here[1])) % 360.0
            bearing = {"frozen bearing": 0.0, "in a bend": (course + 55.0 + n) % 360.0}.get(name, course)
            if name == "loses and wins" and 20 < n < 40:
                bearing = (course + 180.0) % 360.0
            speed = (there[0] - here[0]) / 10.0
            speed = {"km/h": 3.6 * speed + 4.0, "no speed": 0.0}.get(name, speed)
            report = after(10.0 * n, there, bearing=bearing, speed_mps=None if n % 17 == 16 else speed)
            trust = observe_fields(trust, before, report, there[0] - here[0], there[1] - here[1])
            weights = [f"{part.weight:.3f} {part.good:.3f} {part.long_good:.2f}" for part in (trust.bearing, trust.speed)]
            yield line("fields", name, n, *weights, trust.distrusted)
            before, here = report, there


def suspects() -> Iterator[str]:
    """A vehicle that drives east; what else comes in under its name, by scene."""
    old, home, other = (-5000.0, 900.0), (0.0, -4000.0), (4000.0, 4000.0)

    def scene(name: str, n: int) -> tuple[float, float]:
        drives, strays = (40.0 * n, 0.0), (other[0] + 40.0 * n, other[1])
        is_stale = n % 4 == 3
        return {
            "one jump": other if n == 10 else drives,
            "stale point": old if is_stale and n < 50 else drives,
            "stale and stays": old if is_stale or n > 40 else drives,
            "moved": drives if n < 10 else strays,
            "two devices": drives if n % 2 else (other[0] - 40.0 * n, other[1]),
            "lies at home": (home[0] + 0.5 * n, home[1]) if n % 2 else drives,
            "only repeats": home if n % 2 else (other[0] + 400.0, other[1]),
        }.get(name, other if n % 20 == 19 else drives)

    for name in (
        "one jump",
        "stale point",
        "stale and stays",
        "moved",
        "two devices",
        "lies at home",
        "only repeats",
        "seldom",
    ):
        seen, before = Suspects(), None
        for n in range(80):
            report = after(20.0 * n, scene(name, n))
            refused = is_jump(seen, report, before, 25.0)
            before = before if refused else report
            yield line(
                "suspect", name, n, refused, seen.count, seen.others, seen.swaps, seen.stale_run, seen.stale_seen, seen.troubles
            )


def standing() -> Iterator[str]:
    for name in (
        "noise",
        "drift",
        "leaves",
        "excursion",
        "frozen",
        "rounded",
        "rounded and frozen",
        "odometer",
        "odometer at times",
    ):
        random, seen, before = Random(4), None, None
        for n in range(60):
            here = {
                "noise": (random.gauss(0.0, 20.0), random.gauss(0.0, 20.0)),
                "drift": (3.0 * n, 0.0),
                "leaves": (max(0.0, 90.0 * (n - 20)), 0.0),
                "excursion": (130.0 if 20 < n < 28 else 0.0, 0.0),
                "frozen": (0.0, 0.0) if 10 < n < 30 else (50.0 * n, 0.0),
                "odometer": (0.0, 0.0) if 10 < n < 40 else (20.0 * n, 0.0),
                "odometer at times": (0.0, 0.0) if 10 < n < 40 else (20.0 * n, 0.0),
                "rounded and frozen": (1000.0, 0.0) if 10 < n < 40 else (400.0 * (n // 3), 0.0),
            }.get(name, (500.0 * (n // 7), 0.0))
            report = after(15.0 * n, here, speed_mps=8.0 if "frozen" in name else 2.9, accuracy_m=60.0 if n == 25 else None)
            if name.startswith("rounded"):
                report = replace(report, lat=round(report.lat, 3), lon=round(report.lon, 3))
            report = replace(
                report, odometer_m=25.0 * n if name == "odometer" or (name == "odometer at times" and n % 7) else None
            )
            x, y = here
            seen = observe(seen, before, report, x, y)
            before = report
            facts = standing_facts(seen, 1.0)
            yield line(
                "stands",
                name,
                n,
                facts.since,
                facts.frozen_since,
                facts.frozen_until,
                seen.place.x,
                seen.place.fixes,
                seen.place.grid_m,
            )
    for lat, lon in ((3.61, 98.5), (3.611, 98.501), (3.6111, 98.5), (3.611, 98.5012)):
        yield line("rounded", lat, lon, rounding_m(lat, lon))
    for due, is_named, is_driven in ((None, False, False), (40.0, False, False), (60.0, False, False), (40.0, True, False)):
        yield _waits_for(due, is_named, is_driven)
    yield from (_waits_for(due, False, is_driven) for due, is_driven in ((40.0, True), (50.0, False)))


def _waits_for(due: float | None, is_named: bool, is_driven: bool) -> str:
    terminal = StandingPlace(since=0.0, x=0.0, y=0.0, due=due, due_trip=None if due is None else a_trip_instance("T1"))
    note_wait(terminal, a_trip_instance("T2"), 300.0, 50.0, lambda _: is_driven, is_named=is_named)
    return line("due", due, is_named, is_driven, terminal.due, terminal.due_trip)


def likelihoods(network: Network) -> Iterator[str]:
    bare = a_city(Way("R1", STRAIGHT, (7 * HOUR,)), stops_every_m=900.0, with_shapes=False)
    for some, name in ((network, "R1a1"), (bare, "R1a1"), (network, "R3a1")):
        pattern = patterns_of(some).of_trip(name)
        yield line("departs", name, departure_m(pattern), limits_of(some).of_pattern[pattern.pattern_id].off_route_m)
        for along_m in (10.0, 450.0, 1700.0):
            segment = pattern.line.segment_at(along_m)
            for off_m in (0.0, 15.0, 40.0, 120.0, 600.0):
                yield line("fits", name, along_m, off_m, f"{emission(pattern, OnLine(along_m, off_m, segment)):.3f}")
            for bearing in (None, 0.0, 45.0, 90.0, 170.0, 270.0):
                yield line(
                    "bears", name, along_m, bearing, f"{bearing_fits(pattern, OnLine(along_m, 0.0, segment), bearing):.3f}"
                )
    for every_m in (30.0, 50.0, 90.0, 200.0):
        near = a_city(Way("R1", STRAIGHT, (7 * HOUR,)), stops_every_m=every_m)
        yield line("departs", every_m, departure_m(patterns_of(near).of_trip("R1a1")))
    for step_m, moved_m, seconds in ((0.0, 0.0, 10.0), (100.0, 80.0, 10.0), (80.0, 100.0, 60.0), (500.0, 100.0, 200.0)):
        yield line("detour", step_m, moved_m, seconds, f"{detour_cost(step_m, moved_m, seconds):.3f}")
    yield line(
        "far", distance_m(3.6, 98.5, 3.61, 98.52), distance_m(0.0, 179.99, 0.0, -179.99), distance_m(60.0, 10.0, 60.0, 11.0)
    )


def calls(network: Network) -> Iterator[str]:
    pattern = patterns_of(network).of_trip("R1a1")
    for name in ("steady", "jumps", "back and on", "begins late", "comes again"):
        random = Random(1)
        trip, first_m = a_trip_instance("R1a1"), {"begins late": 730.0}.get(name, -5.0)
        progress = begin(trip, pattern, max(first_m, 0.0), 0.0, None)
        along_m = first_m
        for n in range(1, 60):
            step_m = {"steady": 70.0, "jumps": random.choice((0.0, 20.0, 900.0, 400.0))}.get(name, random.uniform(-40.0, 150.0))
            along_m = min(along_m + step_m, pattern.end_m)
            if name == "comes again" and n == 20:
                progress = begin(trip, pattern, 300.0, 15.0 * n, progress)
                along_m = 300.0
            for event in advance(progress, pattern, "V", max(along_m, 0.0), 15.0 * n):
                yield line("call", name, n, event.stop_sequence, event.arrived_at, event.departed_at, event.gap_s)
        yield line(
            "progress", name, progress.next_index, progress.top_m, progress.started_at, len(progress.recent), len(progress.done)
        )


def labels(network: Network) -> Iterator[str]:
    """Trips that a label jumps between: what was called at is remembered of the last few."""
    pattern = patterns_of(network).of_trip("R1a1")
    for trips in range(1, 8):
        progress = begin(a_trip_instance("R1a1"), pattern, 0.0, 0.0, None)
        advance(progress, pattern, "V", 1200.0, 100.0)
        for n in range(trips):
            progress = begin(a_trip_instance(f"T{n}"), pattern, 0.0, 200.0 + n, progress)
        again = begin(a_trip_instance("R1a1"), pattern, 300.0, 300.0, progress)
        yield line("label", trips, again.next_index, len(again.done))


def memories(network: Network) -> Iterator[str]:
    random, before = Random(5), None
    for n, late_s in enumerate((-1499.0, -1501.0, -1600.0, 2700.0, 2701.0, 2800.0, None, -1600.0, 0.0, 4000.0)):
        before = observe_plan(before, "R1", late_s, SEVEN + timedelta(hours=13 * n))
        yield line("off plan", n, *(() if before is None else (before.since, before.seen_at, before.late_s)))
    detours: tuple[Detour, ...] = ()
    for n in range(24):
        left = Detour(f"T{n % 5}", "R1", 0, f"S{n % 2}", SEVEN + timedelta(minutes=n))
        detours = with_detour(detours, left)
        if n % 3 and random.random() < 0.6:
            detours = with_return(detours, 400.0 * n, 9000.0, f"B{n}" if n % 4 else "")
        elif n % 3:
            detours = with_outcome(detours, came_back=False)
        places = (("R1", 0, "S0"), ("R1", 0, "S1"), ("R1", 1, "S0"))
        expected = [(is_return_expected((where,), detours), return_stop(where, detours)) for where in places]
        yield line("detours", n, len(detours), *expected)
    reports = [a_report(along(STRAIGHT, 6.0 * n * 10), at(6, 30) + timedelta(seconds=10 * n)) for n in range(66)]
    trip = a_trip_instance("R1a1")
    known = [StopEvent("BUS1", trip, "P1000_0", 3, at(6, 33), at(6, 33), 10.0)]
    late = LateDrive(network, reports, AssignmentHint(trip_id="R1a1"))
    late.drive()
    for since, until in ((at(6, 33), at(6, 35)), (at(6, 44), at(6, 50))):
        for event in late.missed_calls(known, since, until):
            yield line("missed", event.stop_id, event.arrived_at)


# ---- the whole belief


def _drive(
    where: Line,
    begin_s: float,
    *,
    mps: float = 7.0,
    every_s: float = 15.0,
    from_m: float = 0.0,
    to_m: float | None = None,
    beside_m: float = 0.0,
) -> Fixes:
    end_m = length_of(where) if to_m is None else to_m
    rows, metres, seconds = [], from_m, begin_s
    while metres < end_m:
        x, y = along(where, metres)
        rows.append((seconds, (x, y + beside_m)))
        metres += mps * every_s
        seconds += every_s
    return rows


def _stay(where: tuple[float, float], begin_s: float, end_s: float, every_s: float = 20.0) -> Fixes:
    return [(begin_s + every_s * n, where) for n in range(int((end_s - begin_s) / every_s))]


BACK = STRAIGHT[::-1]
RING = [(east + 600.0, north - 1400.0) for east, north in LOOP]
TAIL = [(east + 900.0, north + 300.0) for east, north in LOLLIPOP]
FIELD = [(-900.0, -700.0), (2000.0, 900.0), (2600.0, -900.0)]


def the_scenes() -> dict[str, tuple[Fixes, list[tuple[float, AssignmentHint]]]]:
    """By name: fixes (seconds after 6:30, metres), and from when on what was named."""
    on_trip, route, wrong = AssignmentHint(trip_id="R1a1"), AssignmentHint(route_id="R1"), AssignmentHint(trip_id="R3a1")
    return {
        "plain": (
            [*_stay((0.0, 0.0), -300, 0), *_drive(STRAIGHT, 0.0), *_stay((4000.0, 0.0), 600, 900), *_drive(BACK, 930.0)],
            [],
        ),
        "named": ([*_stay((0.0, 250.0), -300, 0), *_drive(STRAIGHT, 0.0)], [(-300.0, on_trip)]),
        "named on the way": (_drive(STRAIGHT, 0.0), [(200.0, on_trip), (400.0, AssignmentHint(trip_id="R1a2"))]),
        "route": (_drive(BACK, 0.0, to_m=2500.0), [(0.0, route)]),
        "wrong label": (_drive(STRAIGHT, 0.0), [(0.0, wrong)]),
        "turns on the way": ([*_drive(STRAIGHT, 0.0, to_m=2000.0), *_drive(BACK, 300.0, from_m=2000.0)], []),
        "silence": ([*_drive(STRAIGHT, 0.0, to_m=800.0), *_drive(STRAIGHT, 300.0, from_m=2000.0, to_m=3000.0)], []),
        "long silence": ([*_drive(STRAIGHT, 0.0, to_m=800.0), *_drive(STRAIGHT, 2000.0, from_m=900.0, to_m=2000.0)], []),
        "beside": (
            [
                *_drive(STRAIGHT, 0.0, to_m=1200.0),
                *_drive(STRAIGHT, 180.0, from_m=1200.0, to_m=2400.0, beside_m=150.0),
                *_drive(STRAIGHT, 370.0, from_m=2500.0),
            ],
            [],
        ),
        "beside, named": (
            [*_drive(STRAIGHT, 0.0, to_m=1200.0), *_drive(STRAIGHT, 180.0, from_m=1200.0, beside_m=90.0)],
            [(0.0, on_trip)],
        ),
        "out": ([*_drive(FIELD, 0.0), *_stay(FIELD[-1], 700.0, 1600.0, 60.0)], []),
        "joins": ([*_drive([(1500.0, -900.0), (1500.0, 0.0)], 0.0), *_drive(STRAIGHT, 135.0, from_m=1500.0)], []),
        "against the tail": (_drive(TAIL[::-1], 600.0, to_m=3000.0), []),
        "hops": (
            [
                *_drive(STRAIGHT, 0.0, every_s=2.0, to_m=500.0),
                *_drive(STRAIGHT, 75.0, every_s=2.0, from_m=750.0, to_m=900.0),
                *_drive(STRAIGHT, 100.0, every_s=2.0, from_m=1120.0, to_m=1300.0),
            ],
            [(0.0, on_trip)],
        ),
        "unknown label": (
            [*_drive(STRAIGHT, 0.0, to_m=1200.0), *_drive(STRAIGHT, 180.0, from_m=1200.0, beside_m=90.0)],
            [(0.0, AssignmentHint(route_id="R1", trip_id="GONE"))],
        ),
        "silence of 25 minutes": (
            [*_drive(STRAIGHT, 0.0, to_m=800.0), *_drive(STRAIGHT, 1605.0, from_m=900.0, to_m=2000.0)],
            [],
        ),
        "parked on the line": (_stay((1500.0, 4.0), 0.0, 600.0, 30.0), []),
        "parked, named": (_stay((1500.0, 4.0), 0.0, 600.0, 30.0), [(0.0, on_trip)]),
        "ring twice": ([*_drive(RING, 0.0), *_stay(RING[0], 580.0, 700.0), *_drive(RING, 700.0, to_m=2500.0)], []),
        "ring from the middle": (_drive(RING, 0.0, from_m=1800.0), []),
        "dawdles": ([*_drive([(0.0, 0.0), (90.0, 60.0), (0.0, 0.0)], -200.0, mps=1.5), *_drive(STRAIGHT, 0.0, mps=4.0)], []),
        "seldom": (_drive(STRAIGHT, 0.0, every_s=70.0), []),
        "long stand": (
            [
                *_drive(STRAIGHT, 0.0, to_m=1500.0),
                *_stay((1500.0, 4.0), 220.0, 1500.0, 60.0),
                *_drive(STRAIGHT, 1500.0, from_m=1500.0),
            ],
            [],
        ),
        "turns at the end": (
            [*_drive(STRAIGHT, 0.0, every_s=40.0, from_m=2000.0), *_drive(BACK, 300.0, every_s=40.0, from_m=200.0)],
            [],
        ),
    }


def beliefs(network: Network, names: tuple[str, ...] = ()) -> Iterator[str]:
    patterns = patterns_of(network).by_id
    for name, (fixes, hints) in the_scenes().items():
        if names and name not in names:
            continue
        pipeline, random, last = Pipeline(network), Random(len(name)), None
        for n, (seconds, where) in enumerate(sorted(fixes)):
            hint = next((named for since, named in reversed(hints) if seconds >= since), NO_HINT)
            here = (where[0] + random.gauss(0.0, 6.0), where[1] + random.gauss(0.0, 6.0))
            course = None if last is None or last == where else degrees(atan2(where[0] - last[0], where[1] - last[1])) % 360.0
            report = a_report(here, at(6, 30) + timedelta(seconds=seconds), bearing=course if n % 3 else None, speed_mps=None)
            last = where
            state = pipeline.step(report, hint).state
            belief = None if state is None else unpack(state.memory).belief
            if state is None or belief is None or n % 2:
                continue
            rows = [
                f"{patterns[one.pattern_id].trip_ids[0]} {one.along_m:.0f} {one.weight:.2f} {one.fit:.2f} {one.waiting}"
                for one in belief.hypotheses[:5]
            ]
            matched = state.matched
            trip = None if matched.trip is None else (matched.trip.trip_id, matched.trip.start_s)
            yield line(
                "belief",
                name,
                int(seconds),
                matched.status,
                trip,
                f"{matched.confidence:.3f}",
                len(belief.hypotheses),
                f"{belief.out:.2f}",
                matched.is_expected_back,
                matched.explanation,
                state.next_stop_sequence,
                None if state.standing is None else state.standing.off_m,
                [(detour.trip_id, detour.stop_id, detour.came_back, detour.back_stop_id) for detour in state.detours],
                *rows,
            )


def rough(network: Network) -> Iterator[str]:
    """Trackers that call each fix a rough one, at several distances beside a line, first seen so or after exact fixes."""
    for beside_m in (10.0, 20.0, 35.0, 60.0, 200.0):
        for exact in (0, 5):
            pipeline = Pipeline(network)
            for n, (seconds, where) in enumerate(_drive(STRAIGHT, 0.0, beside_m=beside_m)):
                report = a_report(where, at(6, 30) + timedelta(seconds=seconds))
                accuracy_m = 12.0 if n < exact or n == 25 else 500.0
                outcome = pipeline.step(replace(report, accuracy_m=accuracy_m), AssignmentHint(trip_id="R1a1"))
                state = outcome.state
                cells = () if state is None else (state.matched.status, state.doubts, state.report.accuracy_m)
                yield line("rough", beside_m, exact, n, outcome.rejection, *cells)


def displaced(network: Network) -> Iterator[str]:
    """Two vehicles on one trip: who has it, by who came when and what each does."""
    for name, begin_s, silent in (("behind", 60.0, False), ("after a silence", 100.0, True), ("together", 5.0, False)):
        pipeline = Pipeline(network)
        first = _drive(STRAIGHT, 0.0, to_m=800.0 if silent else None)
        second = _drive(STRAIGHT, begin_s + (700.0 if silent else 0.0), from_m=900.0 if silent else 0.0)
        rows = sorted([*((s, w, "A") for s, w in first), *((s, w, "B") for s, w in second)])
        hint = AssignmentHint(trip_id="R1a1")
        for seconds, where, vehicle_id in rows:
            outcome = pipeline.step(a_report(where, at(6, 30) + timedelta(seconds=seconds), vehicle_id=vehicle_id), hint)
            state = outcome.state
            lost = None if outcome.displaced is None else outcome.displaced.vehicle_id
            if state is not None:
                trip = None if state.matched.trip is None else state.matched.trip.trip_id
                yield line("two", name, int(seconds), vehicle_id, state.matched.status, trip, state.matched.explanation, lost)
        gone = pipeline.release("A")
        yield line("released", name, None if gone is None else gone.matched.status, len(pipeline.states))
        if gone is not None:
            pipeline.adopt(replace(gone, vehicle_id="C"))
        for vehicle_id in ("C", "D"):
            outcome = pipeline.step(a_report((2000.0, 0.0), at(6, 43), vehicle_id=vehicle_id), hint)
            trip = None if outcome.state is None or outcome.state.matched.trip is None else outcome.state.matched.trip.trip_id
            yield line("adopted", name, vehicle_id, trip, sorted(pipeline.states))


def lines() -> Iterator[str]:
    network = the_network()
    two_loops = a_city(
        Way("R2", RING, headway=every(12)), Way("R4", RING[::-1], headway=every(15)), Way("R1", STRAIGHT, (6 * HOUR + 1800,))
    )
    for fixes in (screens, clocks, accuracies, fields, suspects, standing):
        yield from fixes()
    for part in (likelihoods, calls, labels, memories, beliefs, displaced, rough):
        yield from part(network)
    yield from beliefs(the_network(with_shapes=False), ("plain", "beside", "ring twice", "joins"))
    yield from beliefs(two_loops, ("plain", "ring twice", "ring from the middle", "dawdles"))


if __name__ == "__main__":
    print(write(lines(), NAME))
