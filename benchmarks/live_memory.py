"""Whether the live process grows: a fleet drives by a clock that does not wait, and memory is looked at now and then.

    python -m benchmarks.live_memory [--vehicles 200] [--minutes 120] [--every 5] [--trace]

Each `every` seconds of that clock all vehicles report (through ingest, into a database), and live makes a step. Printed: what
the process holds after a garbage collection; with --trace how much of it came since a quarter of the way, and which lines hold
what came in the second half.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import tempfile
import time
import tracemalloc
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from benchmarks.engine import a_city
from benchmarks.load import SPEED_MPS, place_on
from gps_ingest.ingest.facts import Ingest
from gps_ingest.mqtt import Message
from gps_ingest.simulation.publisher import topic_of
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.trackers import map_tracker
from web.live.process import Live

START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LENGTH_M = 9000.0
LINES = 20


def resident_mb() -> float:
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # what the allocator only keeps is no growth
    return psutil.Process().memory_info().rss / 1e6


def drive(folder: Path, vehicles: int, minutes: int, every_s: int, trace: bool) -> None:
    engine = open_database(f"sqlite:///{folder / 'transit.db'}")
    migrate(engine)
    network = a_city(max(3, vehicles // 20))
    with writing(engine) as connection:
        save_network(connection, network, now=START, source="benchmark")
        for n in range(vehicles):
            map_tracker(connection, f"v{n}", f"V{n}", now=START)
    now = [START]
    ingest, live = Ingest(engine, lambda: now[0]), Live(engine, folder)
    shapes = [shape.points for _, shape in sorted(network.shapes.items())]
    rounds, before = minutes * 60 // every_s, None
    begun = time.monotonic()
    for k in range(rounds + 1):
        now[0] = START + timedelta(seconds=every_s * k)
        rows = []
        for n in range(vehicles):
            lat, lon = place_on(shapes[n % len(shapes)], (LENGTH_M * (n * 0.618 % 1.0) + every_s * k * SPEED_MPS) % LENGTH_M)
            fix = {"latitude": lat, "longitude": lon, "timestamp": now[0].timestamp(), "speed": SPEED_MPS}
            rows.append(Message(topic_of(f"v{n}"), json.dumps(fix).encode(), received_at=now[0], mid=n, qos=1, connection=1))
        ingest.take(rows)
        live.step(now[0])
        if trace and k == rounds // 4:
            gc.collect()
            tracemalloc.start(1)
        if k % max(rounds // 12, 1) == 0:
            traced = f", {tracemalloc.get_traced_memory()[0] / 1e6:.1f} MB since a quarter" if trace and k > rounds // 4 else ""
            passed = (now[0] - START).total_seconds() / 60
            print(f"{passed:6.1f} min  {resident_mb():7.1f} MB{traced}  ({time.monotonic() - begun:.0f} s)", flush=True)
        if trace and k == rounds // 2:
            before = tracemalloc.take_snapshot()
    if before is not None:
        for row in tracemalloc.take_snapshot().compare_to(before, "lineno")[:LINES]:
            print(row)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vehicles", type=int, default=200)
    parser.add_argument("--minutes", type=int, default=120)
    parser.add_argument("--every", type=int, default=5, help="seconds of the clock between two rounds")
    parser.add_argument("--trace", action="store_true")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="transit-memory-") as folder:
        drive(Path(folder), options.vehicles, options.minutes, options.every, options.trace)


if __name__ == "__main__":
    main()
