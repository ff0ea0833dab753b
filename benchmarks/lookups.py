"""How long the look-up of late and repeated fixes takes when reports have piled up for a year.

    python -m benchmarks.lookups [--rows 15000000] [--database URL]

Without a URL on SQLite in a temporary folder (about 200 bytes a row). The look-up happens inside of ingest's write
transaction: what it takes, every tracker waits for.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter

from transit.store.database import Engine, migrate, open_database, writing
from transit.store.reports import known_fixes
from transit.store.tables import from_micros

TRACKERS = 14
EVERY_US = 5_000_000  # each reports every 5 s
BEGIN_US = 1_760_000_000_000_000  # October 2025
AT_ONCE = 1_000_000  # rows of one transaction
KEYS = (1, 20, 400, 3000)
TIMES = 30
FILL = """
INSERT INTO reports (tracker_id, fix_at, received_at, reported_at, vehicle_id, lat, lon, status)
{numbers}
SELECT 'T' || (n - n / {trackers} * {trackers}), {begin} + (n / {trackers}) * {every}, {begin} + (n / {trackers}) * {every},
       {begin} + (n / {trackers}) * {every}, 'BUS' || (n - n / {trackers} * {trackers}), 3.6, 98.5, 'on_trip' FROM numbers
"""
NUMBERS = {
    "sqlite": "WITH RECURSIVE numbers(n) AS (SELECT {since} UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < {until})",
    "postgresql": "WITH numbers AS (SELECT generate_series({since}::bigint, {until} - 1) AS n)",
}


def fill(engine: Engine, rows: int) -> None:
    for since in range(0, rows, AT_ONCE):
        numbers = NUMBERS[engine.dialect.name].format(since=since, until=min(since + AT_ONCE, rows))
        with writing(engine) as connection:
            connection.exec_driver_sql(FILL.format(numbers=numbers, trackers=TRACKERS, begin=BEGIN_US, every=EVERY_US))
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE reports")


def asked_of(rows: int, keys: int, luck: random.Random) -> list[tuple[str, datetime]]:
    """Half of them stored, half between two stored fixes, anywhere in the year."""
    chosen = [luck.randrange(rows) for _ in range(keys)]
    return [
        (f"T{n % TRACKERS}", from_micros(BEGIN_US + n // TRACKERS * EVERY_US) + timedelta(seconds=k % 2))
        for k, n in enumerate(chosen)
    ]


def measure(engine: Engine, rows: int) -> None:
    luck = random.Random(1)
    for keys in KEYS:
        took = []
        for _ in range(TIMES):
            asked = asked_of(rows, keys, luck)
            with engine.connect() as connection:
                started = perf_counter()
                stored = known_fixes(connection, asked)
                took.append(1000 * (perf_counter() - started))
            assert len(stored) == len(set(asked[::2]))
        print(f"{keys:5d} keys: median {statistics.median(took):7.2f} ms, longest {max(took):7.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=15_000_000)
    parser.add_argument("--database", default="", help="an empty one; it is filled")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="transit-lookups-") as folder:
        engine = open_database(arguments.database or f"sqlite:///{Path(folder) / 'transit.db'}")
        migrate(engine)
        started = perf_counter()
        fill(engine, arguments.rows)
        print(f"{engine.dialect.name}, {arguments.rows} reports, filled in {perf_counter() - started:.0f} s")
        measure(engine, arguments.rows)
        engine.dispose()


if __name__ == "__main__":
    main()
