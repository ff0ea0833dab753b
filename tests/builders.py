"""The small fixed cast of the tests: networks, trips and reports made by hand, every value with a sensible default."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

from transit.plan.network import (
    Agency,
    Calendar,
    Frequency,
    Network,
    Route,
    Shape,
    ShapePoint,
    Stop,
    StopTime,
    Trip,
    TripInstance,
)
from transit.tracking.report import AvlReport

# The cast lives around 3.6 N 98.5 E, in WIB (UTC+7, no summer time). MONDAY is a working day.
MONDAY = date(2026, 11, 23)
ORIGIN = (3.6, 98.5)
METRES_PER_DEGREE_LAT = 110_574.0
METRES_PER_DEGREE_LON = 111_100.0  # at 3.6 N, good to 0.1 %
EVERY_DAY = (True,) * 7
WORKING_DAYS = (True, True, True, True, True, False, False)

STRAIGHT = [(0.0, 0.0), (4000.0, 0.0)]  # metres east, metres north of ORIGIN
LOOP = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 1000.0), (0.0, 1000.0), (0.0, 0.0)]
OUT_AND_BACK = [(0.0, 0.0), (2000.0, 0.0), (0.0, 0.0)]
LOLLIPOP = [(0.0, 0.0), (1500.0, 0.0), (2500.0, 0.0), (2500.0, 1000.0), (1500.0, 1000.0), (1500.0, 0.0), (0.0, 0.0)]
FIGURE_EIGHT = [(0.0, 0.0), (1000.0, 1000.0), (2000.0, 0.0), (2000.0, 1000.0), (1000.0, 0.0), (0.0, 1000.0), (0.0, 0.0)]


def place(east_m: float, north_m: float) -> tuple[float, float]:
    """lat, lon of a point so many metres east and north of ORIGIN."""
    return ORIGIN[0] + north_m / METRES_PER_DEGREE_LAT, ORIGIN[1] + east_m / METRES_PER_DEGREE_LON


def along(line: list[tuple[float, float]], metres: float) -> tuple[float, float]:
    """The point (metres east, north) that lies so far along a line."""
    for (x0, y0), (x1, y1) in pairwise(line):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        if metres <= length:
            return x0 + (x1 - x0) * metres / length, y0 + (y1 - y0) * metres / length
        metres -= length
    return line[-1]


def length_of(line: list[tuple[float, float]]) -> float:
    return sum(((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 for (x0, y0), (x1, y1) in pairwise(line))


def a_shape(line: list[tuple[float, float]], shape_id: str = "shape") -> Shape:
    return Shape(shape_id, tuple(ShapePoint(*place(*point), sequence) for sequence, point in enumerate(line, 1)))


def a_network(
    line: list[tuple[float, float]] = STRAIGHT,
    stops_every_m: float = 500.0,
    *,
    first_departures: tuple[int, ...] = (7 * 3600, 8 * 3600),
    headway: Frequency | None = None,
    speed_mps: float = 6.0,
    with_shape: bool = True,
    weekdays: tuple[bool, bool, bool, bool, bool, bool, bool] = EVERY_DAY,
    timezone: str = "Asia/Jakarta",
) -> Network:
    """One route R1, one direction, stops S0, S1, ... along the line; one trip T1, T2, ... per first departure.

    A loop's last stop is its first (the same stop_id), and a place passed twice is one stop visited twice.
    With a headway (trip_id ignored) there is one trip T1, headway-based.
    """
    total = length_of(line)
    count = max(1, round(total / stops_every_m))
    places = [along(line, total * index / count) for index in range(count + 1)]
    ids: list[str] = []
    stops: dict[str, Stop] = {}
    seen: dict[tuple[float, float], str] = {}
    for point in places:
        key = (round(point[0], 1), round(point[1], 1))
        if key not in seen:
            seen[key] = f"S{len(seen)}"
            lat, lon = place(*point)
            stops[seen[key]] = Stop(seen[key], f"Halte {seen[key]}", lat, lon)
        ids.append(seen[key])

    def stop_times(start: int) -> tuple[StopTime, ...]:
        times = [start + round(total * index / count / speed_mps) for index in range(count + 1)]
        return tuple(StopTime(i, n + 1, t, t) for n, (i, t) in enumerate(zip(ids, times, strict=True)))

    starts = (0,) if headway else first_departures
    trips = {
        f"T{n}": Trip(f"T{n}", "R1", "DAILY", stop_times(start), 0, "shape" if with_shape else "", "Ujung")
        for n, start in enumerate(starts, 1)
    }
    return Network(
        agencies=(Agency("A", "Bus Kota", "https://example.org", timezone, "id"),),
        routes={"R1": Route("R1", "A", "1", "Pangkal - Ujung", 3, "0057B8", "FFFFFF")},
        stops=stops,
        trips=trips,
        shapes={"shape": a_shape(line)} if with_shape else {},
        calendars={"DAILY": Calendar("DAILY", weekdays, date(2026, 1, 1), date(2026, 12, 31))},
        frequencies=(replace(headway, trip_id="T1"),) if headway else (),
    )


@dataclass(frozen=True)
class Way:
    """One direction of one route, for a_city; trips are named <route_id><a or b><n>: R1a1, R1a2, R1b1, ..."""

    route_id: str
    line: list[tuple[float, float]]
    departures: tuple[int, ...] = ()
    direction_id: int = 0
    block_ids: tuple[str, ...] = ()  # by departure; shorter = none for the rest
    headway: Frequency | None = None
    speed_mps: float = 6.0


def a_city(
    *ways: Way,
    stops_every_m: float = 500.0,
    with_shapes: bool = True,
    weekdays: tuple[bool, bool, bool, bool, bool, bool, bool] = EVERY_DAY,
) -> Network:
    """A network of several ways; stops at the same place are the same stop, named after it: P500_0."""
    stops: dict[str, Stop] = {}
    trips: dict[str, Trip] = {}
    shapes: dict[str, Shape] = {}
    frequencies: list[Frequency] = []
    for way in ways:
        total = length_of(way.line)
        count = max(1, round(total / stops_every_m))
        ids = []
        for index in range(count + 1):
            east, north = along(way.line, total * index / count)
            ids.append(f"P{east:.0f}_{north:.0f}")
            stops.setdefault(ids[-1], Stop(ids[-1], f"Halte {ids[-1]}", *place(east, north)))
        name = f"{way.route_id}{'ab'[way.direction_id]}"
        shape_id = f"shape-{name}" if with_shapes else ""
        if with_shapes:
            shapes[shape_id] = a_shape(way.line, shape_id)
        for n, start in enumerate((0,) if way.headway else way.departures, 1):
            times = [start + round(total * index / count / way.speed_mps) for index in range(count + 1)]
            calls = tuple(StopTime(i, m, t, t) for m, (i, t) in enumerate(zip(ids, times, strict=True), 1))
            block = way.block_ids[n - 1] if n <= len(way.block_ids) else ""
            trips[f"{name}{n}"] = Trip(
                f"{name}{n}", way.route_id, "DAILY", calls, way.direction_id, shape_id, "Ujung", block_id=block
            )
        if way.headway:
            frequencies.append(replace(way.headway, trip_id=f"{name}1"))
    return Network(
        agencies=(Agency("A", "Bus Kota", "https://example.org", "Asia/Jakarta", "id"),),
        routes={way.route_id: Route(way.route_id, "A", way.route_id, "Pangkal - Ujung", 3) for way in ways},
        stops=stops,
        trips=trips,
        shapes=shapes,
        calendars={"DAILY": Calendar("DAILY", weekdays, date(2026, 1, 1), date(2026, 12, 31))},
        frequencies=tuple(frequencies),
    )


def every(minutes: float, start_s: int = 6 * 3600, end_s: int = 18 * 3600) -> Frequency:
    """Headway-based service, exact_times=0."""
    return Frequency("T1", start_s, end_s, round(minutes * 60), 0)


def at(hours: int, minutes: int = 0, seconds: float = 0.0, day: date = MONDAY) -> datetime:
    """A moment on the clock of the cast (WIB), as aware UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hours - 7, minutes=minutes, seconds=seconds)


SEVEN = at(7)


def a_report(
    where: tuple[float, float] = (0.0, 0.0),
    when: datetime = SEVEN,
    *,
    vehicle_id: str = "BUS1",
    tracker_id: str = "",
    delay_s: float = 1.0,
    bearing: float | None = None,
    speed_mps: float | None = None,
) -> AvlReport:
    """A fix so many metres east and north of ORIGIN, received delay_s after it was taken."""
    lat, lon = place(*where)
    received_at = when + timedelta(seconds=delay_s)
    return AvlReport(vehicle_id, tracker_id or f"tracker-{vehicle_id}", when, received_at, lat, lon, bearing, speed_mps)


def a_trip_instance(trip_id: str = "T1", start_s: int | None = None, day: date = MONDAY) -> TripInstance:
    return TripInstance(trip_id, day, start_s)


def a_drive(
    line: list[tuple[float, float]] = STRAIGHT,
    start: datetime = SEVEN,
    *,
    speed_mps: float = 6.0,
    every_s: float = 10.0,
    from_m: float = 0.0,
    to_m: float | None = None,
    vehicle_id: str = "BUS1",
) -> list[AvlReport]:
    """The reports of a bus that drives along a line at a steady speed, without noise."""
    end = length_of(line) if to_m is None else to_m
    count = int((end - from_m) / speed_mps / every_s) + 1
    return [
        a_report(along(line, from_m + n * every_s * speed_mps), start + timedelta(seconds=n * every_s), vehicle_id=vehicle_id)
        for n in range(count)
    ]


def a_guide(folder: Path) -> Path:
    """A guide along STRAIGHT: a monument at S2, a market known by its quarter around S6, a hall nobody can place."""
    made = folder / "sample-guide"
    made.mkdir(exist_ok=True)
    (tugu_lat, tugu_lon), (pasar_lat, pasar_lon) = place(1000.0, 60.0), place(3000.0, 100.0)
    (made / "places.csv").write_text(
        "place_id,name,category,lat,lon,precision,error_m,address,kelurahan,description_id,description_en,opens,source,checked,published\n"
        f"tugu,Tugu,monument,{tugu_lat},{tugu_lon},exact,30,Jl. Satu,Kota,Sebuah tugu.,A monument.,,https://example.org/a,2026-11-01,1\n"
        f"pasar,Pasar,culinary,{pasar_lat},{pasar_lon},kelurahan,400,,Pekan,Sebuah pasar.,A market.,18:00,,2026-11-01,1\n"
        "balai,Balai,culture,,,unknown,,,,Sebuah balai.,A hall.,,,,1\n"
        f"rs,Rumah Sakit,hospital,{tugu_lat},{tugu_lon},exact,30,,,Rumah sakit.,Hospital.,,,,1\n"
        f"pool,Pool,depot,{tugu_lat},{tugu_lon},exact,30,,,Pool bus.,Depot.,,,,0\n",
        encoding="utf-8",
    )
    (made / "itineraries.csv").write_text(
        "itinerary_id,name_id,name_en,starts,order,place_id,stay_min\n"
        "jalan,Jalan sore,An afternoon,07:00,1,tugu,30\njalan,Jalan sore,An afternoon,07:00,2,pasar,60\n"
        "jalan,Jalan sore,An afternoon,07:00,3,balai,10\n",
        encoding="utf-8",
    )
    (made / "services.csv").write_text(
        "service_id,name,description_id,description_en,categories,audiences,state,url,last_trace,checked,check_result\n"
        "a,eDokter,Daftar pasien.,Patients.,?G2C,residents,baru,,2017,,\n"
        "b,eKantor,Surat.,Letters.,G2G,offices,baru,https://example.org/kantor,,2026-11-01,no answer: timeout\n"
        "c,Situs,Situs.,Site.,G2B,business,baru,https://example.org/ok,,2026-11-01,ok\n",
        encoding="utf-8",
    )
    return made
