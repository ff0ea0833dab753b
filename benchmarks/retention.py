"""How fast old reports go, how long a batch waits for it at most, and how many bytes a report takes.

    python -m benchmarks.retention [--rows 3000000] [--seconds 60] [--database URL]

Without a URL on SQLite in a temporary folder. Half of the rows are too old; ingest's own steps delete them one after the
other, without their pauses, while batches of 100 new reports are stored in between as 500 buses send them.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from time import perf_counter

from benchmarks.lookups import BEGIN_US, EVERY_US, TRACKERS, fill
from gps_ingest.ingest.forgetting import STEP_EVERY_S, Forgetting
from transit.store.database import Engine, migrate, open_database, writing
from transit.store.reports import save_reports
from transit.store.retention import Retention
from transit.store.tables import from_micros

BATCH = 100  # 500 buses that report each five seconds, a second of them
KEEP_DAYS = 92


def a_batch(n: int) -> list[dict[str, object]]:
    at = from_micros(BEGIN_US) + timedelta(days=400, seconds=n)
    return [
        {
            "tracker_id": f"35630704244{k:04}", "fix_at": at, "received_at": at, "reported_at": at, "vehicle_id": f"BUS-{k}",
            "lat": 3.6, "lon": 98.5, "bearing": 90.0, "speed_mps": 8.0, "accuracy_m": 5.0, "status": "on_trip",
        }
        for k in range(BATCH)
    ]  # fmt: skip


def bytes_of(engine: Engine) -> int:
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            free = connection.exec_driver_sql("PRAGMA freelist_count").scalar_one()
            return int((pages - free) * connection.exec_driver_sql("PRAGMA page_size").scalar_one())
        return int(connection.exec_driver_sql("SELECT pg_total_relation_size('reports')").scalar_one())


def measure_bytes(engine: Engine, batches: int) -> None:
    before = bytes_of(engine)
    for n in range(batches):
        with writing(engine) as connection:
            save_reports(connection, a_batch(n))
    print(f"{(bytes_of(engine) - before) / (batches * BATCH):.0f} bytes a report, its indexes included")


def measure(engine: Engine, rows: int, seconds: float) -> None:
    middle = from_micros(BEGIN_US + rows // 2 // TRACKERS * EVERY_US)
    days = {"reports": KEEP_DAYS, "calls": None, "tickets": None, "notices": None, "networks": None, "trackers": None}
    now = [middle + timedelta(days=KEEP_DAYS)]
    forgetting = Forgetting(engine, Retention(days), lambda: now[0])
    steps, stored, gone, n = [], [], 0, 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        started = perf_counter()
        deleted = forgetting.step(1e9 + n * STEP_EVERY_S)
        if deleted == 0:
            break
        gone += deleted
        steps.append(perf_counter() - started)
        if n % 5 == 0:
            started = perf_counter()
            with writing(engine) as connection:
                save_reports(connection, a_batch(10_000 + n))
            stored.append(perf_counter() - started)
        n += 1
    steps.sort()
    stored.sort()
    rows_a_step = gone / len(steps)
    print(f"{engine.dialect.name}, {rows:,} reports, load {os.getloadavg()[0]:.1f}")
    print(
        f"{len(steps)} steps of {rows_a_step:.0f} rows: p50 {_ms(steps, 0.5)}, p99 {_ms(steps, 0.99)}, longest {_ms(steps, 1)}"
    )
    print(
        f"at {1 / STEP_EVERY_S:.0f} steps a second: {rows_a_step / STEP_EVERY_S * 60:,.0f} rows a minute; 500 buses bring 6,000"
    )
    print(f"a batch of {BATCH} reports beside it is stored in p50 {_ms(stored, 0.5)}, p99 {_ms(stored, 0.99)}")


def _ms(ordered: list[float], share: float) -> str:
    return f"{ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000:.1f} ms"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=3_000_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--database", default="", help="an empty one")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        engine = open_database(options.database or f"sqlite:///{folder}/transit.db")
        migrate(engine)
        fill(engine, options.rows)
        measure_bytes(engine, 500)
        measure(engine, options.rows, options.seconds)
        engine.dispose()


if __name__ == "__main__":
    main()
