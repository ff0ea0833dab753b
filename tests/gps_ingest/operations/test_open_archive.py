"""The open archive: stop events and service figures of a day, as CSV and Parquet, with a dictionary and checksums."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import subprocess
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from gps_ingest.operations.open_archive import FOLDER, TABLES, archive_day, days_to_write
from tests.builders import MONDAY, a_network, a_trip_instance, at, every
from transit.plan.network import Network, TripInstance
from transit.quality.archive_figures import archive_figures
from transit.store.database import migrate, open_database, writing
from transit.store.stop_events import save_stop_events
from transit.tracking.state import StopEvent

DAILY = a_network()
TEN = a_network(headway=every(10))


def a_call(trip: TripInstance, stop: int, hours: int, minutes: int, seconds: float = 0, vehicle_id: str = "BUS1") -> StopEvent:
    arrived = at(hours, minutes, seconds)
    return StopEvent(vehicle_id, trip, f"S{stop}", stop + 1, arrived, arrived + timedelta(seconds=15.4), 10.0)


def an_archive(folder: Path, network: Network, events: list[StopEvent], day: date = MONDAY) -> Path:
    engine = open_database(f"sqlite:///{folder / 'a.db'}")
    migrate(engine)
    with writing(engine) as connection:
        save_stop_events(connection, events)
    archive_day(engine, folder, network, day)
    engine.dispose()
    return folder / FOLDER


def rows_of(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))


def test_a_call_is_told_with_its_trip_and_the_public_number_of_the_bus(tmp_path: Path) -> None:
    run = a_trip_instance("T1", 7 * 3600 + 120)
    archive = an_archive(tmp_path, TEN, [a_call(run, 3, 7, 6, 10.6)])
    (row,) = rows_of(archive / f"stop_events-{MONDAY}.csv")
    assert row == {
        "date": "2026-11-23", "route_id": "R1", "direction_id": "0", "trip_id": "T1", "start_time": "07:02:00",
        "vehicle": "BUS1", "stop_id": "S3", "stop_sequence": "4", "arrived_at": "2026-11-23T07:06:11+07:00",
        "departed_at": "2026-11-23T07:06:26+07:00", "gap_s": "10.0",
    }  # fmt: skip


def test_parquet_says_the_same_as_csv_with_types_and_meanings(tmp_path: Path) -> None:
    events = [a_call(a_trip_instance("T1"), 3, 7, 6), replace(a_call(a_trip_instance("T2"), 4, 8, 6), departed_at=None)]
    archive = an_archive(tmp_path, DAILY, events)
    table = pq.read_table(archive / f"stop_events-{MONDAY}.parquet")
    texts = rows_of(archive / f"stop_events-{MONDAY}.csv")
    for row, text in zip(table.to_pylist(), texts, strict=True):
        told = {
            name: "" if value is None else value.isoformat() if hasattr(value, "isoformat") else str(value)
            for name, value in row.items()
        }
        assert told == text
    assert str(table.schema.field("arrived_at").type) == "timestamp[ms, tz=Asia/Jakarta]"
    assert table.schema.field("vehicle").metadata[b"meaning"] == b"The public number of the bus"


def test_a_day_has_the_calls_of_its_service_day_also_after_midnight_and_no_others(tmp_path: Path) -> None:
    late = replace(a_call(a_trip_instance("T1"), 3, 7, 0), arrived_at=at(25, 10), departed_at=None)
    of_tuesday = replace(a_call(a_trip_instance("T1", day=MONDAY + timedelta(days=1)), 3, 7, 0), arrived_at=at(24, 30))
    archive = an_archive(tmp_path, DAILY, [late, of_tuesday])
    (row,) = rows_of(archive / f"stop_events-{MONDAY}.csv")
    assert (row["date"], row["arrived_at"]) == ("2026-11-23", "2026-11-24T01:10:00+07:00")


def test_a_demonstration_is_no_data_and_a_trip_that_the_network_lost_keeps_its_calls(tmp_path: Path) -> None:
    demo = replace(DAILY, trips={"T1": replace(DAILY.trips["T1"], extra={"demo": "1"}), "T2": DAILY.trips["T2"]})
    calls = [a_call(a_trip_instance("T1"), 3, 7, 6), a_call(a_trip_instance("gone"), 4, 8, 6)]
    archive = an_archive(tmp_path, demo, calls)
    assert [(row["trip_id"], row["route_id"]) for row in rows_of(archive / f"stop_events-{MONDAY}.csv")] == [("gone", "")]
    assert rows_of(archive / f"service_figures-{MONDAY}.csv") == []


def test_the_dictionary_explains_every_column_and_the_checksums_hold(tmp_path: Path) -> None:
    archive = an_archive(tmp_path, DAILY, [a_call(a_trip_instance("T1"), 3, 7, 6)])
    package = json.loads((archive / "datapackage.json").read_text(encoding="utf-8"))
    assert len(package["resources"]) == 4
    for resource in package["resources"]:
        content = (archive / resource["path"]).read_bytes()
        assert resource["hash"] == "sha256:" + hashlib.sha256(content).hexdigest()
        assert resource["bytes"] == len(content)
        names = [field["name"] for field in resource["schema"]["fields"]]
        assert names == [column.name for column in TABLES[resource["path"].partition("-")[0]]]
        assert all(field["description"] for field in resource["schema"]["fields"])
    if shutil.which("sha256sum"):
        subprocess.run(["sha256sum", "-c", "--quiet", "SHA256SUMS"], cwd=archive, check=True)


def test_written_twice_the_files_are_the_same_bytes(tmp_path: Path) -> None:
    events = [a_call(a_trip_instance("T1"), 3, 7, 6)]
    first = {path.name: path.read_bytes() for path in an_archive(tmp_path, DAILY, events).iterdir()}
    assert {path.name: path.read_bytes() for path in an_archive(tmp_path, DAILY, events).iterdir()} == first


def test_no_file_of_the_archive_knows_a_tracker(tmp_path: Path) -> None:
    names = {column.name for table in TABLES.values() for column in table}
    assert not {"tracker_id", "lat", "lon", "battery_pct"} & names


def test_the_last_three_days_are_written_again() -> None:
    assert days_to_write(date(2026, 12, 1)) == [date(2026, 11, 28), date(2026, 11, 29), date(2026, 11, 30)]


# --- service figures


def test_figures_of_a_timetable_count_trips_and_who_is_on_time() -> None:
    on_time = a_call(a_trip_instance("T1"), 3, 7, 4, 10)  # planned 1,500 m at 6 m/s: 07:04:10
    late = a_call(a_trip_instance("T2"), 3, 8, 9, 11, vehicle_id="BUS2")  # 301 s
    (row,) = archive_figures(DAILY, [on_time, late], MONDAY)
    assert (row.trips_planned, row.trips_seen, row.vehicles, row.calls) == (2, 2, 2, 2)
    assert row.on_time_pct == 50.0
    assert (row.planned_headway_s, row.median_headway_s) == (None, 3901)
    assert (row.first_call_at, row.last_call_at) == (on_time.arrived_at, late.arrived_at)


def test_the_mean_wait_counts_a_long_gap_more_than_a_short_one() -> None:
    calls = [a_call(a_trip_instance("T1", 7 * 3600 + n), 3, 7, minute) for n, minute in enumerate((0, 5, 20))]
    (row,) = archive_figures(TEN, calls, MONDAY)
    assert (row.trips_planned, row.planned_headway_s, row.on_time_pct) == (None, 600, None)
    assert row.median_headway_s == 600  # of 300 and 900
    assert row.mean_wait_s == 375  # (300² + 900²) / (2 x 1200); buses ten minutes apart would make it 300


def test_nobody_waits_through_a_break() -> None:
    calls = [a_call(a_trip_instance("T1", 7 * 3600 + n), 3, hour, 0) for n, hour in enumerate((7, 10))]
    (row,) = archive_figures(TEN, calls, MONDAY)
    assert (row.median_headway_s, row.mean_wait_s) == (None, None)


@pytest.mark.parametrize("day", [MONDAY - timedelta(days=1), MONDAY + timedelta(days=1)])
def test_another_day_has_none_of_it(day: date) -> None:
    assert archive_figures(DAILY, [a_call(a_trip_instance("T1"), 3, 7, 4)], day) == []
