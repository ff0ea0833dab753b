"""The engine without any I/O: reports/s through decode, screen, match and advance, and what predictions for all cost."""

from __future__ import annotations

import json
import random
import time
from datetime import UTC, datetime, timedelta
from math import cos, sin

from gps_ingest.decoder import decode
from gps_ingest.simulation.publisher import topic_of
from transit.forecasting.forecaster import Forecaster
from transit.plan.network import Agency, Calendar, Frequency, Network, Route, Shape, ShapePoint, Stop, StopTime, Trip
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
SPEED_MPS = 7.0
EVERY_S = 5
STOP_EVERY_M = 400.0


def a_city(routes: int, points_per_km: int = 12, length_km: float = 9.0, seed: int = 1) -> Network:
    """Routes that wind across a plain, each with a shape and stops, headway-based, both directions."""
    chance = random.Random(seed)
    stops: dict[str, Stop] = {}
    shapes, trips, frequencies, lines = {}, {}, [], {}
    for n in range(routes):
        x, y, heading = chance.uniform(-0.1, 0.1), chance.uniform(-0.1, 0.1), chance.uniform(0, 6.28)
        there = []
        for _ in range(int(length_km * points_per_km) + 1):
            there.append((3.6 + y, 98.5 + x))
            heading += chance.gauss(0, 0.12)
            step = 1 / points_per_km / 111.0
            x, y = x + step * cos(heading), y + step * sin(heading)
        for direction, line in enumerate((there, there[::-1])):
            key = f"r{n}d{direction}"
            shapes[key] = Shape(key, tuple(ShapePoint(lat, lon, i) for i, (lat, lon) in enumerate(line, 1)))
            every = max(1, round(STOP_EVERY_M / 1000 * points_per_km))
            calls = []
            for i, (lat, lon) in enumerate(line[::every]):
                stop_id = f"{key}s{i}"
                stops[stop_id] = Stop(stop_id, stop_id, lat, lon)
                seconds = round(i * STOP_EVERY_M / SPEED_MPS)
                calls.append(StopTime(stop_id, i + 1, seconds, seconds))
            trips[key] = Trip(
                trip_id=key,
                route_id=f"r{n}",
                service_id="S",
                stop_times=tuple(calls),
                direction_id=direction,
                shape_id=key,
                headsign="",
            )
            frequencies.append(Frequency(trip_id=key, start_s=0, end_s=86400, headway_s=600, exact_times=0))
            lines[key] = line
    return Network(
        agencies=(Agency(agency_id="A", name="A", url="https://example.org", timezone="Asia/Jakarta", lang="id"),),
        routes={
            f"r{n}": Route(route_id=f"r{n}", agency_id="A", short_name=str(n), long_name="", route_type=3)
            for n in range(routes)
        },
        stops=stops,
        trips=trips,
        shapes=shapes,
        calendars={"S": Calendar("S", (True,) * 7, START.date(), START.date() + timedelta(days=30))},
        frequencies=tuple(frequencies),
    )


def payloads(network: Network, vehicles: int, rounds: int) -> list[tuple[str, bytes]]:
    """(topic, payload) of a fleet that drives up and down its routes, a report each EVERY_S seconds."""
    chance = random.Random(2)
    keys = list(network.shapes)
    begun = [chance.random() for _ in range(vehicles)]
    messages = []
    for turn in range(rounds):
        at = START + timedelta(seconds=turn * EVERY_S)
        for n in range(vehicles):
            points = network.shapes[keys[n % len(keys)]].points
            place = begun[n] * 0.7 * (len(points) - 1) + turn * EVERY_S * SPEED_MPS / (9000.0 / (len(points) - 1))
            i = min(int(place), len(points) - 2)
            share = min(place - i, 1.0)
            lat = points[i].lat + share * (points[i + 1].lat - points[i].lat)
            lon = points[i].lon + share * (points[i + 1].lon - points[i].lon)
            fix = {"latitude": round(lat, 6), "longitude": round(lon, 6), "timestamp": at.timestamp(), "speed": SPEED_MPS}
            messages.append((topic_of(f"v{n}"), json.dumps(fix).encode()))
    return messages


def report_in(topic: str, payload: bytes) -> AvlReport:
    """The one report of such a message, come at once. The vehicle is called as its tracker."""
    message = decode(topic, payload)
    fix = message.fixes[0]
    return AvlReport(
        vehicle_id=message.tracker_id,
        tracker_id=message.tracker_id,
        reported_at=fix.fix_at,
        received_at=fix.fix_at,
        lat=fix.lat,
        lon=fix.lon,
        bearing=None,
        speed_mps=fix.speed_mps,
    )


def engine(routes: int, vehicles: int, rounds: int = 6, points_per_km: int = 12) -> tuple[float, float, float, int]:
    """(reports/s of decode alone, of decode to advance, seconds for predictions of all vehicles, predictions)."""
    network = a_city(routes, points_per_km)
    messages = payloads(network, vehicles, rounds)
    started = time.perf_counter()
    for topic, payload in messages:
        decode(topic, payload)
    decoding = time.perf_counter() - started
    pipeline, forecaster = Pipeline(network), Forecaster(network)
    warm = 2 * vehicles  # the first reports of a vehicle look everywhere
    elapsed = 0.0
    for number, (topic, payload) in enumerate(messages):
        if number == warm:
            started = time.perf_counter()
        forecaster.learn(pipeline.step(report_in(topic, payload)).events)
    elapsed = time.perf_counter() - started
    now = START + timedelta(seconds=rounds * EVERY_S)
    states = list(pipeline.states.values())
    forecaster.predict(states, now)
    started = time.perf_counter()
    made = len(forecaster.predict(states, now))
    return len(messages) / decoding, (len(messages) - warm) / elapsed, time.perf_counter() - started, made


def table() -> list[str]:
    lines = ["routes  vehicles  points/km  decode/s  to advance/s  predict all s  predictions"]
    for routes, vehicles, points in ((3, 14, 12), (30, 500, 12), (100, 5000, 12), (10, 500, 12), (100, 500, 12), (30, 500, 60)):
        decoding, whole, seconds, made = engine(routes, vehicles, points_per_km=points)
        lines.append(f"{routes:6}  {vehicles:8}  {points:9}  {decoding:8.0f}  {whole:12.0f}  {seconds:13.2f}  {made:11}")
    return lines


if __name__ == "__main__":
    print("\n".join(table()))
