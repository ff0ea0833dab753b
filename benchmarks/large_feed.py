"""What a feed as large as New York's subway costs the live process and a web worker: python -m benchmarks.large_feed."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path

from transit.plan.network import Agency, Calendar, Network, Route, Shape, ShapePoint, Stop, StopTime, Trip
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network

ROUTES, VARIANTS = 26, 4  # services of the subway, and different ways of each in each direction
STOPS_OF_ROUTE = 36
TRIPS_OF_VARIANT = 33  # a day
SERVICES = ("WEEKDAY", "SATURDAY", "SUNDAY")
STEP_DEGREES = 0.007  # about 700 m between stops
POINTS_BETWEEN_STOPS = 12
FIRST_S, LAST_S, BETWEEN_STOPS_S = 5 * 3600, 23 * 3600, 110
NOW = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)


def a_subway() -> Network:
    """About 447,000 stop times, on lines that cross; stations with two platforms each, as New York's feed has them."""
    stops: dict[str, Stop] = {}
    shapes: dict[str, Shape] = {}
    trips: dict[str, Trip] = {}
    for r in range(ROUTES):
        for s in range(STOPS_OF_ROUTE):
            lat, lon = 40.55 + STEP_DEGREES * s, -74.1 + 0.012 * r + 0.002 * (s % 5)
            station = f"{r:02d}{s:02d}"
            stops[station] = Stop(station, f"Station {r} {s}", lat, lon, location_type=1)
            for side in "NS":
                stops[station + side] = Stop(station + side, f"Station {r} {s}", lat, lon, parent_station=station)
        for variant in range(VARIANTS):
            for direction, side in enumerate("NS"):
                _add_variant(r, variant, direction, side, stops, shapes, trips)
    return Network(
        agencies=(Agency(agency_id="MTA", name="Large", url="https://example.org", timezone="America/New_York", lang="en"),),
        routes={
            f"R{r:02d}": Route(route_id=f"R{r:02d}", agency_id="MTA", short_name=f"{r}", long_name=f"Line {r}", route_type=1)
            for r in range(ROUTES)
        },
        stops=stops,
        trips=trips,
        shapes=shapes,
        calendars={
            name: Calendar(
                name,
                (n == 0,) * 5 + (n == 1, n == 2),
                date(2026, 1, 1),
                date(2026, 12, 31),
            )
            for n, name in enumerate(SERVICES)
        },
    )


def _add_variant(
    r: int, variant: int, direction: int, side: str, stops: dict[str, Stop], shapes: dict[str, Shape], trips: dict[str, Trip]
) -> None:
    ids = [f"{r:02d}{s:02d}{side}" for s in range(variant, STOPS_OF_ROUTE - variant)]
    if direction:
        ids.reverse()
    places = [(stops[stop_id].lat or 0.0, stops[stop_id].lon or 0.0) for stop_id in ids]
    shape_id = f"S{r}-{variant}{side}"
    points = []
    for (lat, lon), (next_lat, next_lon) in zip(places, [*places[1:], places[-1]], strict=True):
        for n in range(POINTS_BETWEEN_STOPS):
            share = n / POINTS_BETWEEN_STOPS
            points.append(ShapePoint(lat + share * (next_lat - lat), lon + share * (next_lon - lon), len(points)))
    shapes[shape_id] = Shape(shape_id, tuple(points))
    for service in SERVICES:
        for n in range(TRIPS_OF_VARIANT // (1 if service == "WEEKDAY" else 2)):
            start = FIRST_S + n * (LAST_S - FIRST_S) // TRIPS_OF_VARIANT + 37 * variant
            slow = BETWEEN_STOPS_S + (n % 7) * 3  # the peak is slower: seven kinds of trips
            trip_id = f"AFA26GEN-{service}-{r:02d}{variant}{side}-{n:04d}_{start:06d}"
            calls = tuple(StopTime(stop_id, k + 1, start + k * slow, start + k * slow + 20) for k, stop_id in enumerate(ids))
            trips[trip_id] = Trip(
                trip_id=trip_id,
                route_id=f"R{r:02d}",
                service_id=service,
                stop_times=calls,
                direction_id=direction,
                shape_id=shape_id,
                headsign=f"End {r}{side}",
            )


def mb() -> float:
    """The most memory that this process has had, MB (of Linux; getrusage would count its parent's too)."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def live(folder: Path) -> None:
    """A step of the live process."""
    from web.live.process import Live

    bare_mb, started = mb(), time.perf_counter()
    made = Live(open_database(f"sqlite:///{folder / 'large.db'}"), folder)
    made.step(NOW)
    first_s = time.perf_counter() - started
    started = time.perf_counter()
    made.step(NOW)
    next_s = time.perf_counter() - started
    print(f"live: first step {first_s:.1f} s, the next {next_s:.2f} s, at most {mb():.0f} MB ({bare_mb:.0f} bare)")


def web(folder: Path) -> None:
    """A worker's first pages."""
    from web.factory import create_app
    from web.settings import WebSettings

    bare_mb = mb()
    client = create_app(WebSettings(folder, f"sqlite:///{folder / 'large.db'}", clock=lambda: NOW)).test_client()
    for path in ("/halte/1210N", "/halte/0510S", "/koridor/R12", "/t/1210N", "/"):
        started = time.perf_counter()
        answer = client.get(path)
        took_s = time.perf_counter() - started
        print(f"web: {path} {answer.status_code} {took_s:.2f} s, at most {mb():.0f} MB ({bare_mb:.0f} bare)")


def main() -> None:
    if len(sys.argv) > 1:
        {"live": live, "web": web}[sys.argv[1]](Path(sys.argv[2]))
        return
    with tempfile.TemporaryDirectory() as name:
        engine = open_database(f"sqlite:///{Path(name) / 'large.db'}")
        migrate(engine)
        network = a_subway()
        calls = sum(len(trip.stop_times) for trip in network.trips.values())
        sizes = f"{len(network.trips)} trips, {len(network.stops)} stops, {len(network.shapes)} shapes"
        print(f"{calls} stop times, {sizes}", flush=True)
        with writing(engine) as connection:
            save_network(connection, network, now=NOW, source="benchmark")
        engine.dispose()
        for part in ("live", "web"):
            subprocess.run([sys.executable, "-m", "benchmarks.large_feed", part, name], check=True)


if __name__ == "__main__":
    main()
