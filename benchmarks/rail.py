"""Long lines heard once a minute with everything wrong that a feed can have wrong: how often a promise stood all the same.

    python -m benchmarks.rail [trip|route|none] [own|shared]

Made by hand after a recording of trains that this project does not have: lines of 100 km, a fix a minute, one bearing for
ever, a plan an hour off on one line, another drawn wrong for 9 km, a third heard with holes; each line on a track of its
own, or all on one track. Prints by line what transit.quality says, and the share of in-service fixes that were placed on
the trip that was driven.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import cos, pi, radians, sin
from random import Random
from typing import NamedTuple

from benchmarks.prediction import promises_of
from gps_ingest.recordings.replay import replay
from transit.plan.geometry import METRES_PER_DEGREE
from transit.plan.network import Agency, Calendar, Network, Route, Shape, ShapePoint, Stop, StopTime, Trip
from transit.quality.scorecard import Passage, score

DAY = date(2026, 2, 23)
DAYS = 2
TIMEZONE = "Asia/Jakarta"
MIDNIGHT = datetime(2026, 2, 22, 17, tzinfo=UTC)  # 00:00 at UTC+7
ORIGIN = (3.0, 98.0)
LENGTH_KM, STEP_KM = 100, 0.5
STOPS_KM = (0, 6, 11, 19, 28, 34, 41, 52, 58, 66, 73, 81, 88, 94, 100)
PACE_MPS, DWELL_S = 19.0, 60.0  # of the plan
HEADWAY_S, TURN_S = 3600, 900
WRONG_KM = (41.5, 50.5)  # between two stops; drawn up to this far off:
WRONG_OFF_KM = 2.5
EVERY_S = 60
Point = tuple[float, float]  # kilometres east and north


class RailLine(NamedTuple):
    """One line and what is wrong with what is heard of it."""

    route_id: str
    turned_deg: float  # how the whole line lies
    plan_off_s: float = 0.0  # how much later than it really runs the plan has it
    bearing: float | None = None  # said in every fix
    is_drawn_wrong: bool = False
    heard: float = 0.95  # share of its fixes


LINES = (
    RailLine("right", 20.0, bearing=0.0),
    RailLine("early", 110.0, plan_off_s=3600.0, bearing=270.0),
    RailLine("late", 200.0, plan_off_s=-3600.0, bearing=123.0),
    RailLine("drawn", 290.0, is_drawn_wrong=True, bearing=0.0),
    RailLine("holes", 65.0, bearing=0.0, heard=0.6),
    RailLine("all", 155.0, plan_off_s=3600.0, bearing=0.0, is_drawn_wrong=True, heard=0.8),
)


def place(line: RailLine, km: float) -> Point:
    """Where a line really runs: in wide bends."""
    x, y = km, 4.0 * sin(km / 9.0) + 1.2 * sin(km / 2.7)
    angle = radians(line.turned_deg)
    return x * cos(angle) - y * sin(angle), x * sin(angle) + y * cos(angle)


def drawn(line: RailLine, km: float) -> Point:
    """Where the feed draws it."""
    x, y = place(line, km)
    first, last = WRONG_KM
    if not line.is_drawn_wrong or not first < km < last:
        return x, y
    off = WRONG_OFF_KM * sin(pi * (km - first) / (last - first))
    angle = radians(line.turned_deg + 90.0)
    return x + off * cos(angle), y + off * sin(angle)


def degrees_of(point: Point) -> tuple[float, float]:
    return ORIGIN[0] + point[1] * 1000.0 / METRES_PER_DEGREE, ORIGIN[1] + point[0] * 1000.0 / METRES_PER_DEGREE


def trip_id_of(line: RailLine, direction: int, n: int) -> str:
    return f"{line.route_id}-{direction}-{n}"


def ride_s(line: RailLine, upto: int, direction: int) -> float:
    """Planned seconds from the first stop until the arrival at another one."""
    kms = STOPS_KM if direction == 0 else tuple(LENGTH_KM - km for km in reversed(STOPS_KM))
    bends = 1.13  # the way along the bends, per kilometre
    return kms[upto] * 1000.0 * bends / PACE_MPS + DWELL_S * max(upto - 1, 0)


def starts_of(direction: int) -> range:
    return range(5 * 3600 + 1200 * direction, 19 * 3600, HEADWAY_S)


def rail_network(lines: tuple[RailLine, ...] = LINES) -> Network:
    """The feed, wrong as it is."""
    stops, trips, shapes = {}, {}, {}
    for line in lines:
        for km in STOPS_KM:
            stop_id = f"{line.route_id}{km}"
            lat, lon = degrees_of(place(line, km))
            stops[stop_id] = Stop(stop_id, stop_id, lat, lon)
        for direction in (0, 1):
            steps = [n * STEP_KM for n in range(int(LENGTH_KM / STEP_KM) + 1)]
            points = [degrees_of(drawn(line, km)) for km in (steps if direction == 0 else reversed(steps))]
            shape_id = f"{line.route_id}-{direction}"
            shapes[shape_id] = Shape(shape_id, tuple(ShapePoint(lat, lon, n) for n, (lat, lon) in enumerate(points)))
            kms = STOPS_KM if direction == 0 else tuple(reversed(STOPS_KM))
            for n, start in enumerate(starts_of(direction)):
                calls = []
                for index, km in enumerate(kms):
                    arrival = round(start + line.plan_off_s + ride_s(line, index, direction))
                    leave = arrival + (round(DWELL_S) if 0 < index < len(kms) - 1 else 0)
                    calls.append(StopTime(f"{line.route_id}{km}", index + 1, arrival, leave))
                trip_id = trip_id_of(line, direction, n)
                trips[trip_id] = Trip(
                    trip_id=trip_id,
                    route_id=line.route_id,
                    service_id="DAILY",
                    stop_times=tuple(calls),
                    direction_id=direction,
                    shape_id=shape_id,
                    headsign="",
                )
    return Network(
        agencies=(Agency(agency_id="A", name="Rail", url="https://example.org", timezone=TIMEZONE, lang="id"),),
        routes={
            line.route_id: Route(route_id=line.route_id, agency_id="A", short_name=line.route_id, long_name="", route_type=2)
            for line in lines
        },
        stops=stops,
        trips=trips,
        shapes=shapes,
        calendars={"DAILY": Calendar("DAILY", (True,) * 7, date(2026, 1, 1), date(2026, 12, 31))},
    )


class Run(NamedTuple):
    """One trip as it was driven: (Unix seconds, km from the line's beginning) at which it came to and left each stop."""

    line: RailLine
    direction: int
    n: int
    vehicle_id: str
    day: int
    marks: list[tuple[float, float]]


def runs_of(line: RailLine, random: Random) -> Iterator[Run]:
    for day in range(DAYS):
        zero = (MIDNIGHT + timedelta(days=day)).timestamp()
        for direction in (0, 1):
            kms = STOPS_KM if direction == 0 else tuple(reversed(STOPS_KM))
            for n, start in enumerate(starts_of(direction)):
                at = zero + start + max(random.gauss(90.0, 120.0), -30.0)
                marks = [(at - TURN_S, float(kms[0])), (at, float(kms[0]))]
                for before, km in pairwise(kms):
                    at += abs(km - before) * 1000.0 * 1.13 / (PACE_MPS * random.uniform(0.8, 1.12))
                    marks.append((at, float(km)))
                    at += random.uniform(0.5, 2.0) * DWELL_S
                    marks.append((at, float(km)))
                yield Run(
                    line=line, direction=direction, n=n, vehicle_id=f"{line.route_id}{direction}{n % 5}", day=day, marks=marks
                )


def km_at(run: Run, t: float) -> float:
    for (t0, km0), (t1, km1) in pairwise(run.marks):
        if t <= t1:
            return km0 + (km1 - km0) * max(t - t0, 0.0) / max(t1 - t0, 1.0)
    return run.marks[-1][1]


def fixes_of(run: Run, random: Random) -> Iterator[dict[str, str]]:
    t = run.marks[0][0] + random.uniform(0, EVERY_S)
    while t < run.marks[-1][0]:
        if random.random() < run.line.heard:
            x, y = place(run.line, km_at(run, t))
            lat, lon = degrees_of((x + random.gauss(0.0, 0.012), y + random.gauss(0.0, 0.012)))
            yield {
                "vehicle_id": run.vehicle_id, "timestamp": f"{t:.0f}", "lat": f"{lat:.6f}", "lon": f"{lon:.6f}",
                "bearing": "" if run.line.bearing is None else str(run.line.bearing), "speed_mps": "",
                "trip_id": trip_id_of(run.line, run.direction, run.n), "route_id": run.line.route_id,
            }  # fmt: skip
        t += random.uniform(0.9, 1.15) * EVERY_S


def passages_of_run(run: Run) -> Iterator[Passage]:
    kms = STOPS_KM if run.direction == 0 else tuple(reversed(STOPS_KM))
    trip_id = trip_id_of(run.line, run.direction, run.n)
    arrivals = [run.marks[1][0], *(at for at, _ in run.marks[2::2])]
    for index, (km, at) in enumerate(zip(kms, arrivals, strict=True)):
        yield Passage((run.vehicle_id, trip_id, f"{run.line.route_id}{km}", index + 1), at, f"{trip_id}-{run.day}")


def main(assignment: str = "trip", track: str = "own") -> dict[str, float]:
    """Availability at 5 min by line, and of all."""
    random = Random(14)
    lines = LINES if track == "own" else tuple(line._replace(turned_deg=LINES[0].turned_deg) for line in LINES)
    runs = [run for line in lines for run in runs_of(line, random)]
    rows = [row for run in runs for row in fixes_of(run, random)]
    predictions, matches = io.StringIO(), io.StringIO()
    replay(rail_network(lines), rows, predictions_out=predictions, matches_out=matches, assignment=assignment, every_s=30)
    made = promises_of(csv.DictReader(io.StringIO(predictions.getvalue())))
    label = {(row["vehicle_id"], float(row["timestamp"])): row["trip_id"] for row in rows}
    result = {}
    for name in (*(line.route_id for line in lines), ""):
        truth = [passage for run in runs if name in ("", run.line.route_id) for passage in passages_of_run(run)]
        scores = score([promise for promise in made if name in ("", promise.key[1].split("-")[0])], truth)
        placed: Counter[str] = Counter()
        for row in csv.DictReader(io.StringIO(matches.getvalue())):
            named = label[row["vehicle_id"], float(row["reported_at"])]
            if name in ("", named.split("-")[0]):
                placed["right" if row["trip_id"] == named else row["status"] if not row["trip_id"] else "another"] += 1
        right = 100.0 * placed["right"] / max(placed.total(), 1)
        available, mae = scores["availability_at_5min_pct"], scores.get("mae_all_s")
        interval = scores.get("interval80", {}).get("coverage_pct")
        result[name or "total"] = float(available)
        print(f"{name or 'total':6} availability@5 {available:5.1f} %  MAE {mae} s  coverage {interval} %  right {right:.1f} %")
        print(f"{'':6} {dict(placed)}")
    return result


if __name__ == "__main__":
    main(*sys.argv[1:3])
