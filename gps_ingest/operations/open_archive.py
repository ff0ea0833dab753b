"""The open archive: what buses did on a day, as CSV and Parquet, with a dictionary and checksums.

Nothing of trackers or phones is in it: a call belongs to a vehicle by its public number, on a trip.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from transit.plan.network import Network
from transit.plan.service_day import format_time, service_day_start
from transit.quality.archive_figures import ArchiveFigures, archive_figures
from transit.store.database import Engine
from transit.store.files import write_atomically
from transit.store.stop_events import load_events_between
from transit.tracking.state import StopEvent

FOLDER = "archive"  # below DATA_DIR
DICTIONARY, CHECKSUMS = "datapackage.json", "SHA256SUMS"
LAST_CALL = timedelta(hours=48)  # after a service day's zero nothing of it is under way
WRITTEN_AGAIN_DAYS = 3  # trackers bring up to a day's buffer late: the last days are written anew


@dataclass(frozen=True)
class ArchiveColumn:
    """Of a table of the archive. kind: of Frictionless' Table Schema."""

    name: str
    kind: str
    meaning: str


STOP_EVENTS = (
    ArchiveColumn("date", "date", "Service day on which the trip began"),
    ArchiveColumn("route_id", "string", "As in gtfs.zip; empty where the network has changed since"),
    ArchiveColumn("direction_id", "integer", "As in gtfs.zip"),
    ArchiveColumn("trip_id", "string", "As in gtfs.zip"),
    ArchiveColumn("start_time", "string", "HH:MM:SS; when a run by headway began"),
    ArchiveColumn("vehicle", "string", "The public number of the bus"),
    ArchiveColumn("stop_id", "string", "As in gtfs.zip"),
    ArchiveColumn("stop_sequence", "integer", "As in gtfs.zip"),
    ArchiveColumn("arrived_at", "datetime", "20 m before the stop, along the line"),
    ArchiveColumn("departed_at", "datetime", "20 m behind the stop; empty where it was not seen"),
    ArchiveColumn("gap_s", "number", "Seconds between the two positions around the stop: how far the time is interpolated"),
)
SERVICE_FIGURES = (
    ArchiveColumn("date", "date", "Service day"),
    ArchiveColumn("route_id", "string", "As in gtfs.zip"),
    ArchiveColumn("direction_id", "integer", "As in gtfs.zip"),
    ArchiveColumn("trips_planned", "integer", "Trips of the timetable; empty for a service by headway"),
    ArchiveColumn("trips_seen", "integer", "Runs of which at least one call was seen"),
    ArchiveColumn("vehicles", "integer", "Buses seen"),
    ArchiveColumn("calls", "integer", "Calls at stops seen"),
    ArchiveColumn("first_call_at", "datetime", "The first call seen"),
    ArchiveColumn("last_call_at", "datetime", "The last call seen"),
    ArchiveColumn("planned_headway_s", "integer", "Seconds between buses as planned; empty for a timetable"),
    ArchiveColumn("median_headway_s", "integer", "Seconds between two buses at a stop, the median of all stops"),
    ArchiveColumn(
        "mean_wait_s",
        "integer",
        "How long a rider waits who comes at any moment: sum of squares of the gaps over twice their sum",
    ),
    ArchiveColumn(
        "on_time_pct", "number", "Calls from 60 s before to 300 s after the timetable; empty for a service by headway"
    ),
)
TABLES = {"stop_events": STOP_EVENTS, "service_figures": SERVICE_FIGURES}
ARROW = {"date": pa.date32(), "string": pa.string(), "integer": pa.int64(), "number": pa.float64()}


def archive_day(engine: Engine, data_dir: Path, network: Network, day: date) -> list[Path]:
    """Writes the files of a service day, the dictionary and the checksums; returns the files of the day."""
    since = service_day_start(day, network.timezone)
    with engine.connect() as connection:
        events = load_events_between(connection, since - LAST_CALL, since + LAST_CALL)
    on_day = [event for event in events if event.trip.start_date == day and not _is_demo(network, event)]
    zone = ZoneInfo(network.timezone)
    folder = data_dir / FOLDER
    paths = [
        *_write(folder, f"stop_events-{day}", STOP_EVENTS, [_call(network, event, zone) for event in on_day], network.timezone),
        *_write(
            folder,
            f"service_figures-{day}",
            SERVICE_FIGURES,
            [_figures(row, zone) for row in archive_figures(network, on_day, day)],
            network.timezone,
        ),
    ]
    write_dictionary(folder, network)
    return paths


def days_to_write(today: date) -> list[date]:
    """The days before today that late reports may still have changed, the oldest first."""
    return [today - timedelta(days=n) for n in range(WRITTEN_AGAIN_DAYS, 0, -1)]


def _is_demo(network: Network, event: StopEvent) -> bool:
    trip = network.trips.get(event.trip.trip_id)
    return trip is not None and trip.is_demo


def _call(network: Network, event: StopEvent, zone: ZoneInfo) -> tuple[Any, ...]:
    trip = network.trips.get(event.trip.trip_id)
    return (
        event.trip.start_date,
        trip.route_id if trip else None,
        trip.direction_id if trip else None,
        event.trip.trip_id,
        None if event.trip.start_s is None else format_time(event.trip.start_s),
        event.vehicle_id,
        event.stop_id,
        event.stop_sequence,
        _whole(event.arrived_at, zone),
        None if event.departed_at is None else _whole(event.departed_at, zone),
        round(event.gap_s, 1),
    )


def _figures(row: ArchiveFigures, zone: ZoneInfo) -> tuple[Any, ...]:
    values = (getattr(row, column.name) for column in SERVICE_FIGURES)
    return tuple(_whole(value, zone) if isinstance(value, datetime) else value for value in values)


def _whole(at: datetime, zone: ZoneInfo) -> datetime:
    """Whole seconds: the times are interpolated, more would only seem exact."""
    return (at + timedelta(seconds=0.5)).replace(microsecond=0).astimezone(zone)


def _write(
    folder: Path, name: str, columns: Sequence[ArchiveColumn], rows: Sequence[tuple[Any, ...]], timezone: str
) -> list[Path]:
    files = {".csv": _csv(columns, rows), ".parquet": _parquet(columns, rows, timezone)}
    for suffix, content in files.items():
        write_atomically(folder / f"{name}{suffix}", content)
    return [folder / f"{name}{suffix}" for suffix in files]


def _csv(columns: Sequence[ArchiveColumn], rows: Iterable[tuple[Any, ...]]) -> bytes:
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([column.name for column in columns])
    lines.writerows([value.isoformat() if isinstance(value, date) else value for value in row] for row in rows)
    return text.getvalue().encode()


def _parquet(columns: Sequence[ArchiveColumn], rows: Sequence[tuple[Any, ...]], timezone: str) -> bytes:
    kinds = {**ARROW, "datetime": pa.timestamp("ms", tz=timezone)}
    schema = pa.schema([pa.field(column.name, kinds[column.kind], metadata={"meaning": column.meaning}) for column in columns])
    table = pa.table([[row[n] for row in rows] for n in range(len(columns))], schema=schema)
    packed = io.BytesIO()
    pq.write_table(table, packed, compression="zstd")
    return packed.getvalue()


def write_dictionary(folder: Path, network: Network) -> None:
    """datapackage.json (Frictionless) with what each column means and each file's checksum; SHA256SUMS for `sha256sum -c`."""
    paths = sorted(path for table in TABLES for path in folder.glob(f"{table}-*") if path.suffix in (".csv", ".parquet"))
    sums = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}
    resources = [
        {
            "name": path.name.replace(".", "-").lower(),
            "path": path.name,
            "format": path.suffix[1:],
            "bytes": path.stat().st_size,
            "hash": f"sha256:{sums[path.name]}",
            "schema": path.name.partition("-")[0],
        }
        for path in paths
    ]
    schemas = {name: {"fields": [_field(column) for column in columns]} for name, columns in TABLES.items()}
    package = {
        "name": "bus-archive",
        "title": f"{network.agencies[0].name}: stop events and service figures by day",
        "is_sample": network.is_sample,
        "timezone": network.timezone,
        "resources": [{**resource, "schema": schemas[str(resource["schema"])]} for resource in resources],
    }
    write_atomically(folder / DICTIONARY, json.dumps(package, indent=1).encode())
    write_atomically(folder / CHECKSUMS, "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode())


def _field(column: ArchiveColumn) -> dict[str, str]:
    return {"name": column.name, "type": column.kind, "description": column.meaning}
