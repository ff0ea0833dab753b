"""A regional railway made by hand, and everything that can be wrong with its feed, its trains and what is heard of them.

Lines of 100 km in wide bends, whose trainsets go to and fro. The truth goes by the trip that was driven, whatever was
said of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import cos, inf, pi, radians, sin
from random import Random
from typing import NamedTuple

from benchmarks.faulted import Recording
from benchmarks.recording_faults import FIX_FAULTS, Fixes, HeardFix
from transit.plan.geometry import METRES_PER_DEGREE
from transit.plan.network import Agency, Calendar, Network, Route, Shape, ShapePoint, Stop, StopTime, Trip
from transit.quality.scorecard import Passage

DAY = date(2026, 2, 23)  # a Monday
TIMEZONE = "Asia/Jakarta"
MIDNIGHT = datetime(2026, 2, 22, 17, tzinfo=UTC)  # 00:00 at UTC+7
ORIGIN = (3.0, 98.0)
STEP_KM = 0.5
STOPS_KM: tuple[int, ...] = (0, 6, 11, 19, 28, 34, 41, 52, 58, 66, 73, 81, 88, 94, 100)
EXPRESS_KM: tuple[int, ...] = (0, 19, 41, 66, 81, 100)
TURNS_KM, CHANGES_KM, BRANCHES_KM = 58, 52, 81  # where short trips end, through trains change their trip, a branch begins
BENDS = 1.13  # kilometres of track to one of ours
PACE_MPS, DWELL_S = 19.0, 60.0  # of the plan
HEADWAY_S = 3600
WRONG_KM, WRONG_OFF_KM = (41.5, 50.5), 2.5  # between two stops; drawn up to this far off
TUNNELS_KM = ((13.0, 17.0), (43.0, 50.0), (67.0, 72.0), (83.0, 86.0))
DARK_TUNNELS_KM = ((21.0, 27.0), (59.0, 74.0))  # four minutes, and thirteen
BRANCH_OFF = 0.5  # kilometres that a wrongly drawn branch leads aside, to one along it
NOISE_KM = 0.012
LEAST_TURN_S = 240.0
PARKS_S = 1500.0  # a trainset is heard for so long before its first trip of the day, and after its last
DEPOT_KM = 12  # from the terminal, on the line
Point = tuple[float, float]  # kilometres east and north


class RailLine(NamedTuple):
    """One line, and what is wrong with its feed, its trains and what is heard of them. As it stands here all is right."""

    route_id: str = "line"
    turned_deg: float = 20.0  # how the whole line lies
    # its feed
    plan_off_s: float = 0.0  # how much later than it really runs the plan has it,
    off_direction: int | None = None  # in this direction alone
    plan_stretch: float = 1.0  # planned duration of a ride, of the usual one
    has_times_between: bool = True
    drawing: str = (
        "right"  # wrong: for 9 km; straight: from stop to stop; branch, short: the last 19 km elsewhere, or nowhere; none
    )
    distances: str = ""  # shape_dist_traveled: km; elsewhere: another unit than the shape's; random
    stops_aside_km: float = 0.0
    stops_ahead_km: float = 0.0
    is_stop_twice: bool = False
    expresses: bool = False  # each second train leaves stops out
    short_turns: bool = False  # each third ends on the way, and goes back from there
    through: bool = False  # trains change their trip on the way
    other_service: bool = False  # what runs is what is planned for other days of the week
    # its trains
    first_h: float = 5.0
    last_h: float = 19.0
    headway_s: float = HEADWAY_S
    back_after_s: float = 1200.0  # how much later the other direction leaves
    crossing_s: tuple[float, float] = (0.0, 0.0)  # waits for a train of the other direction, three times a ride
    disruption_s: float = 0.0  # how long all trains stand once, so that several of them come at once
    has_depot: bool = False  # empty runs from and to the depot, on the line
    swaps: float = 0.0  # share of trains that run as the trip of an hour later
    # what is heard
    told: str = "right"  # late, early, halfway, before, after, sometimes
    coupled: str = ""  # same, nothing: what the second unit of each train is told
    bearing: float | None = None  # said in every fix
    every_s: tuple[float, float] = (54.0, 69.0)
    heard: float = 0.95  # share of its fixes
    late: float = 0.0  # share of its fixes that come minutes late
    tunnels: str = ""  # gap, mouth
    faults: tuple[str, ...] = ()  # of benchmarks.recording_faults


class Run(NamedTuple):
    """One trip as it was driven: (Unix seconds, km from the line's beginning) at which it came to and left each stop."""

    trip_id: str
    direction: int
    kms: tuple[int, ...]
    day: int
    marks: list[tuple[float, float]]


class Trainset(NamedTuple):
    vehicle_id: str
    runs: list[Run]


class PlannedTrip(NamedTuple):
    trip_id: str
    direction: int
    kms: tuple[int, ...]
    start_s: float  # when it really leaves, of the day
    block_id: str


def place(line: RailLine, km: float) -> Point:
    """Where a line really runs: in wide bends."""
    x, y = km, 4.0 * sin(km / 9.0) + 1.2 * sin(km / 2.7)
    angle = radians(line.turned_deg)
    return x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)


def aside(line: RailLine, km: float, off_km: float) -> Point:
    x, y = place(line, km)
    angle = radians(line.turned_deg + 90.0)
    return x + off_km * cos(angle), y + off_km * sin(angle)


def drawn(line: RailLine, km: float) -> Point:
    """Where the feed draws it."""
    first, last = WRONG_KM
    if line.drawing == "wrong" and first < km < last:
        return aside(line, km, WRONG_OFF_KM * sin(pi * (km - first) / (last - first)))
    if line.drawing == "branch" and km > BRANCHES_KM:
        return aside(line, km, BRANCH_OFF * (km - BRANCHES_KM))
    return place(line, km)


def degrees_of(point: Point) -> tuple[float, float]:
    return ORIGIN[0] + point[1] * 1000.0 / METRES_PER_DEGREE, ORIGIN[1] + point[0] * 1000.0 / METRES_PER_DEGREE


def rides_s(line: RailLine, kms: tuple[int, ...]) -> list[float]:
    """Planned seconds from the first stop until the arrival at each."""
    first = kms[0]
    return [
        line.plan_stretch * (abs(km - first) * 1000.0 * BENDS / PACE_MPS + DWELL_S * max(n - 1, 0)) for n, km in enumerate(kms)
    ]


def planned_trips(line: RailLine) -> Iterator[PlannedTrip]:
    for direction in (0, 1):
        start_s, n = line.first_h * 3600.0 + line.back_after_s * direction, 0
        while start_s < line.last_h * 3600.0:
            kms = STOPS_KM
            if line.expresses and n % 2:
                kms = EXPRESS_KM
            elif line.short_turns and n % 3 == 1:
                kms = tuple(km for km in STOPS_KM if km <= TURNS_KM)
            kms = kms if direction == 0 else kms[::-1]
            trip_id = f"{line.route_id}-{direction}-{n}"
            if line.through and CHANGES_KM in kms:
                middle = kms.index(CHANGES_KM)
                reaches_s = rides_s(line._replace(plan_stretch=1.0), kms)[middle] + DWELL_S
                trip = PlannedTrip(
                    trip_id=f"{trip_id}-a", direction=direction, kms=kms[: middle + 1], start_s=start_s, block_id=trip_id
                )
                yield trip
                yield trip._replace(trip_id=f"{trip_id}-b", kms=kms[middle:], start_s=start_s + reaches_s)
            else:
                yield PlannedTrip(trip_id=trip_id, direction=direction, kms=kms, start_s=start_s, block_id="")
            start_s, n = start_s + line.headway_s, n + 1


def calls_at(line: RailLine, km: int) -> int:
    """How often a trip calls there, one call after the other: trains change their end there, says the feed."""
    return 2 if line.is_stop_twice and km == STOPS_KM[5] else 1


def stop_id_of(line: RailLine, km: int) -> str:
    return f"{line.route_id}{km}"


def rail_network(lines: tuple[RailLine, ...]) -> Network:
    """The feed, wrong as it is."""
    stops: dict[str, Stop] = {}
    trips: dict[str, Trip] = {}
    shapes: dict[str, Shape] = {}
    for line in lines:
        for km in STOPS_KM:
            at = aside(line, min(km + line.stops_ahead_km, STOPS_KM[-1]), line.stops_aside_km)
            lat, lon = degrees_of(at)
            stop_id = stop_id_of(line, km)
            stops[stop_id] = Stop(stop_id=stop_id, name=stop_id, lat=lat, lon=lon)
        for planned in planned_trips(line):
            shape = shape_of(line, planned)
            if shape is not None:
                shapes.setdefault(shape.shape_id, shape)
            for service_id in ("WEEKDAY", "WEEKEND") if line.other_service else ("DAILY",):
                # trips of the weekend are a few minutes later
                later_s = 420.0 if service_id == "WEEKEND" else 0.0
                trip_id = trip_id_on(service_id, planned.trip_id)
                trips[trip_id] = Trip(
                    trip_id=trip_id,
                    route_id=line.route_id,
                    service_id=service_id,
                    stop_times=tuple(calls_of(line, planned, later_s)),
                    direction_id=planned.direction,
                    shape_id="" if shape is None else shape.shape_id,
                    headsign="",
                    block_id=planned.block_id,
                )
    first, last = date(2026, 1, 1), date(2026, 12, 31)
    return Network(
        agencies=(Agency(agency_id="A", name="Rail", url="https://example.org", timezone=TIMEZONE, lang="id"),),
        routes={
            line.route_id: Route(route_id=line.route_id, agency_id="A", short_name=line.route_id, long_name="", route_type=2)
            for line in lines
        },
        stops=stops,
        trips=trips,
        shapes=shapes,
        calendars={
            "DAILY": Calendar("DAILY", (True,) * 7, first, last),
            "WEEKDAY": Calendar("WEEKDAY", (True, True, True, True, True, False, False), first, last),
            "WEEKEND": Calendar("WEEKEND", (False, False, False, False, False, True, True), first, last),
        },
    )


def trip_id_on(service_id: str, trip_id: str) -> str:
    return f"{trip_id}-end" if service_id == "WEEKEND" else trip_id


def shape_of(line: RailLine, planned: PlannedTrip) -> Shape | None:
    if line.drawing == "none":
        return None
    low, high = min(planned.kms), max(planned.kms)
    if line.drawing == "straight":
        kms = [float(km) for km in sorted(planned.kms)]
    else:
        last = min(high, BRANCHES_KM) if line.drawing == "short" else high
        kms = [low + n * STEP_KM for n in range(int((last - low) / STEP_KM) + 1)]
    kms = kms if planned.direction == 0 else kms[::-1]
    points = [degrees_of(drawn(line, km)) for km in kms]
    shape_id = f"{line.route_id}-{planned.direction}-{low}-{high}-{len(kms)}"
    along = [1000.0 * BENDS * abs(km - kms[0]) for km in kms]
    has_distances = line.distances != ""
    return Shape(
        shape_id,
        tuple(ShapePoint(lat, lon, n, along[n] if has_distances else None) for n, (lat, lon) in enumerate(points)),
    )


def calls_of(line: RailLine, planned: PlannedTrip, later_s: float) -> Iterator[StopTime]:
    off_s = line.plan_off_s if line.off_direction in (None, planned.direction) else 0.0
    random = Random(planned.trip_id)
    sequence = 0
    for n, (km, ride_s) in enumerate(zip(planned.kms, rides_s(line, planned.kms), strict=True)):
        arrival = round(planned.start_s + off_s + later_s + ride_s)
        is_end = n in (0, len(planned.kms) - 1)
        leave = arrival if is_end else arrival + round(DWELL_S)
        along_m = 1000.0 * BENDS * abs(km - planned.kms[0])
        distance = {
            "": None, "km": along_m / 1000.0, "elsewhere": along_m * 3.28084, "random": random.uniform(0.0, 113_000.0),
        }[line.distances]  # fmt: skip
        has_times = is_end or line.has_times_between
        for _ in range(calls_at(line, km)):
            sequence += 1
            yield StopTime(
                stop_id=stop_id_of(line, km),
                stop_sequence=sequence,
                arrival_s=arrival if has_times else None,
                departure_s=leave if has_times else None,
                shape_dist_traveled=distance,
            )


def trainsets_of(line: RailLine, random: Random, days: int) -> list[Trainset]:
    """What each trainset did: it takes the next trip that begins where its last one ended."""
    trainsets: list[Trainset] = []
    for day in range(days):
        zero = (MIDNIGHT + timedelta(days=day)).timestamp()
        free: list[tuple[float, int, Trainset]] = []  # since when, at which km
        stands_at = zero + 3600.0 * random.uniform(line.first_h + 3.0, line.last_h - 2.0)
        for planned in sorted(planned_trips(line), key=lambda trip: trip.start_s):
            wanted = zero + planned.start_s + max(random.gauss(90.0, 120.0), -30.0)
            if line.swaps and random.random() < line.swaps:
                planned = later_one(line, planned)
            turn_s = 0.0 if planned.trip_id.endswith("-b") else LEAST_TURN_S
            here = [entry for entry in free if entry[1] == planned.kms[0] and entry[0] + turn_s <= wanted + 1200.0]
            if planned.trip_id.endswith("-b"):
                here = [entry for entry in here if entry[2].runs[-1].trip_id == planned.trip_id[:-1] + "a"]
            if here:
                since, _, trainset = entry = min(here, key=lambda entry: entry[0])
                free.remove(entry)
                wanted = since + DWELL_S if turn_s == 0.0 else max(wanted, since + turn_s)
            else:
                trainset = Trainset(f"{line.route_id}:{len(trainsets)}", [])
                trainsets.append(trainset)
            run = drive(line, planned, wanted, random, day, stands_at)
            trainset.runs.append(run)
            free.append((run.marks[-1][0], planned.kms[-1], trainset))
    return trainsets


def later_one(line: RailLine, planned: PlannedTrip) -> PlannedTrip:
    """The same train as the trip that is planned an hour later."""
    alike = [trip for trip in planned_trips(line) if trip.direction == planned.direction and trip.kms == planned.kms]
    after = [trip for trip in alike if trip.start_s > planned.start_s]
    return planned._replace(trip_id=min(after, key=lambda trip: trip.start_s).trip_id) if after else planned


def drive(line: RailLine, planned: PlannedTrip, at: float, random: Random, day: int, stands_at: float) -> Run:
    marks = [(at, float(planned.kms[0]))]
    crossings = set(random.sample(range(1, len(planned.kms) - 1), 3)) if len(planned.kms) > 5 else set()
    for n, (before, km) in enumerate(pairwise(planned.kms), 1):
        at += abs(km - before) * 1000.0 * BENDS / (PACE_MPS * random.uniform(0.8, 1.12))
        if line.disruption_s and stands_at <= at < stands_at + line.disruption_s:
            at = stands_at + line.disruption_s + random.uniform(0.0, 120.0)
        marks.append((at, float(km)))
        if n < len(planned.kms) - 1:
            at += random.uniform(0.5, 2.0) * DWELL_S
            at += random.uniform(*line.crossing_s) if n in crossings else 0.0
            marks.append((at, float(km)))
    trip_id = trip_id_on("WEEKEND", planned.trip_id) if line.other_service else planned.trip_id
    return Run(trip_id=trip_id, direction=planned.direction, kms=planned.kms, day=day, marks=marks)


def way_of(line: RailLine, runs: list[Run]) -> list[tuple[float, float]]:
    """(Unix seconds, km) of a trainset on one day, parked before and after; from and to its depot, where it has one."""
    marks = [mark for run in runs for mark in run.marks]
    (first_at, first_km), (last_at, last_km) = marks[0], marks[-1]
    if not line.has_depot:
        return [(first_at - PARKS_S, first_km), *marks, (last_at + PARKS_S, last_km)]
    ride_s = DEPOT_KM * 1000.0 * BENDS / PACE_MPS

    def depot_km(km: float) -> float:
        return km + DEPOT_KM if km < STOPS_KM[-1] / 2 else km - DEPOT_KM

    out_at, back_at = first_at - 600.0, last_at + 600.0
    return [
        (out_at - ride_s - PARKS_S, depot_km(first_km)), (out_at - ride_s, depot_km(first_km)), (out_at, first_km),
        *marks,
        (back_at, last_km), (back_at + ride_s, depot_km(last_km)), (back_at + ride_s + PARKS_S, depot_km(last_km)),
    ]  # fmt: skip


def km_at(marks: list[tuple[float, float]], t: float) -> float:
    for (t0, km0), (t1, km1) in pairwise(marks):
        if t <= t1:
            return km0 + (km1 - km0) * max(t - t0, 0.0) / max(t1 - t0, 1.0)
    return marks[-1][1]


def labels_of(line: RailLine, runs: list[Run], random: Random) -> list[tuple[float, str]]:
    """(since when, the trip that is told) of one day of a trainset."""
    if line.told in ("before", "after"):
        others = [runs[0], *runs[:-1]] if line.told == "before" else [*runs[1:], runs[-1]]
        return [(run.marks[0][0] - PARKS_S, other.trip_id) for run, other in zip(runs, others, strict=True)]
    labels = [(-inf, runs[0].trip_id)]
    for before, run in pairwise([None, *runs]):
        assert run is not None
        begins, ends = run.marks[0][0], run.marks[-1][0]
        arrived = begins - PARKS_S if before is None else before.marks[-1][0]
        at = arrived + random.uniform(60.0, 240.0)
        if line.told == "late":
            at = begins + random.uniform(300.0, 1500.0)
        elif line.told == "early":
            at = arrived - random.uniform(300.0, 900.0)
        elif line.told == "halfway":
            at = 0.5 * (begins + ends)
        if line.told == "sometimes" and random.random() < 1 / 3:
            labels.append((at, ""))
        else:
            labels.append((at, run.trip_id))
    return labels


def fixes_of(line: RailLine, trainset: Trainset, random: Random) -> Iterator[HeardFix]:
    for day in sorted({run.day for run in trainset.runs}):
        runs = [run for run in trainset.runs if run.day == day]
        marks, labels = way_of(line, runs), labels_of(line, runs, random)
        t = marks[0][0] + random.uniform(0.0, line.every_s[1])
        mouth: Point | None = None
        while t < marks[-1][0]:
            at, t = t, t + random.uniform(*line.every_s)
            km = km_at(marks, at)
            here = place(line, km)
            tunnels = DARK_TUNNELS_KM if line.tunnels == "gap" else TUNNELS_KM if line.tunnels == "mouth" else ()
            inside = any(first < km < last for first, last in tunnels)
            if inside and line.tunnels == "gap":
                continue
            if inside and mouth is not None:
                x, y = mouth
            else:
                x, y = mouth = here[0] + random.gauss(0.0, NOISE_KM), here[1] + random.gauss(0.0, NOISE_KM)
            if random.random() >= line.heard:
                continue
            lat, lon = degrees_of((x, y))
            yield HeardFix(
                vehicle_id=trainset.vehicle_id,
                came_at=at + (random.uniform(60.0, 300.0) if random.random() < line.late else 0.5),
                fix_at=at,
                lat=round(lat, 6),
                lon=round(lon, 6),
                bearing=line.bearing,
                speed_mps=None,
                accuracy_m=None,
                trip_id=[trip_id for since, trip_id in labels if since <= at][-1],
                route_id=line.route_id,
                true_at=at,
            )


def passages_of_run(line: RailLine, trainset: Trainset, run: Run) -> Iterator[Passage]:
    arrivals = [run.marks[0][0], *(at for at, _ in run.marks[1::2])]
    sequence = 0
    for km, at in zip(run.kms, arrivals, strict=True):
        for _ in range(calls_at(line, km)):
            sequence += 1
            yield Passage((trainset.vehicle_id, run.trip_id, stop_id_of(line, km), sequence), at, f"{run.trip_id}-{run.day}")


def rail_recording(lines: tuple[RailLine, ...], seed: int = 14, days: int = 2) -> Recording:
    """What was heard of the trains of these lines, and what they did."""
    random = Random(seed)
    fixes: dict[str, Fixes] = {}
    labels: dict[tuple[str, float], str] = {}
    phases: dict[tuple[str, float], str] = {}
    passages: list[Passage] = []
    for line in lines:
        for trainset in trainsets_of(line, random, days):
            heard = list(fixes_of(line, trainset, random))
            for fix in heard:
                run = min(trainset.runs, key=lambda run: _away_s(run, fix.fix_at))
                labels[fix.vehicle_id, fix.fix_at] = run.trip_id
                phases[fix.vehicle_id, fix.fix_at] = "IN_PROGRESS" if _away_s(run, fix.fix_at) == 0.0 else "IDLE"
            if line.coupled:
                fixes[trainset.vehicle_id + SECOND_UNIT] = second_unit(line, heard, random)
            for fault in line.faults:
                heard = FIX_FAULTS[fault](heard, Random(f"{fault} {trainset.vehicle_id} {seed}")) if heard else heard
            fixes[trainset.vehicle_id] = heard
            for run in trainset.runs:
                passages += passages_of_run(line, trainset, run)
    return Recording(network=rail_network(lines), fixes=fixes, labels=labels, phases=phases, passages=passages)


SECOND_UNIT = "+"  # behind the name of a trainset: the unit that is coupled to it


def second_unit(line: RailLine, fixes: Fixes, random: Random) -> Fixes:
    """Its own tracker, a hundred metres behind or ahead, seconds later."""
    heard = []
    for fix in fixes:
        later_s = random.uniform(5.0, 40.0)
        heard.append(
            fix._replace(
                vehicle_id=fix.vehicle_id + SECOND_UNIT,
                came_at=fix.came_at + later_s,
                fix_at=fix.fix_at + later_s,
                lat=fix.lat + random.gauss(0.0, 0.0005),
                lon=fix.lon + random.gauss(0.0, 0.0005),
                trip_id=fix.trip_id if line.coupled == "same" else "",
                true_at=None,
            )
        )
    return heard


def _away_s(run: Run, t: float) -> float:
    return max(run.marks[0][0] - t, t - run.marks[-1][0], 0.0)
