"""Reports as they came in: one row per (tracker_id, fix_at), whatever became of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from transit.store.tables import reports
from transit.store.upsert import Row, insert_new
from transit.tracking.report import AvlReport

CHUNK = 400  # keys asked for at once: SQLite's limit on variables is far above


def save_reports(connection: Connection, rows: Sequence[Row]) -> None:
    """Stores rows with the columns of the table; one whose (tracker_id, fix_at) is known is left out."""
    insert_new(connection, reports, rows)


def newest_fix_at(connection: Connection, tracker_id: str) -> datetime | None:
    """The tracker's newest stored fix, on its own clock."""
    return connection.execute(select(func.max(reports.c.fix_at)).where(reports.c.tracker_id == tracker_id)).scalar()


def known_fixes(connection: Connection, keys: Iterable[tuple[str, datetime]]) -> set[tuple[str, datetime]]:
    """Those of the (tracker_id, fix_at) that are stored already."""
    asked: dict[str, list[datetime]] = {}
    for tracker_id, fix_at in keys:
        asked.setdefault(tracker_id, []).append(fix_at)
    return {(tracker_id, fix_at) for tracker_id, fixes in asked.items() for fix_at in _known_of(connection, tracker_id, fixes)}


def _known_of(connection: Connection, tracker_id: str, fixes: Sequence[datetime]) -> Iterator[datetime]:
    """One tracker at a time: for (tracker_id, fix_at) IN (...) both databases read far more of the index than is asked for."""
    of_tracker = select(reports.c.fix_at).where(reports.c.tracker_id == tracker_id)
    for n in range(0, len(fixes), CHUNK):
        yield from connection.execute(of_tracker.where(reports.c.fix_at.in_(fixes[n : n + CHUNK]))).scalars()


def places_at(connection: Connection, tracker_id: str, fixes: Sequence[datetime]) -> dict[datetime, tuple[float, float]]:
    """Where a tracker's stored reports lie: fix_at -> lat, lon. fixes: a few."""
    rows = select(reports.c.fix_at, reports.c.lat, reports.c.lon).where(reports.c.tracker_id == tracker_id)
    return {row.fix_at: (row.lat, row.lon) for row in connection.execute(rows.where(reports.c.fix_at.in_(fixes)))}


def load_reports(connection: Connection, vehicle_id: str, since: datetime, until: datetime) -> list[AvlReport]:
    """What a vehicle reported between two moments (both included), by the time of the fix."""
    table = reports.c
    rows = connection.execute(
        select(reports)
        .where(table.vehicle_id == vehicle_id, table.reported_at >= since, table.reported_at <= until)
        .order_by(table.reported_at, table.report_id)
    )
    return [
        AvlReport(
            vehicle_id=row.vehicle_id,
            tracker_id=row.tracker_id,
            reported_at=row.reported_at,
            received_at=row.received_at,
            lat=row.lat,
            lon=row.lon,
            bearing=row.bearing,
            speed_mps=row.speed_mps,
            odometer_m=row.odometer_m,
            accuracy_m=row.accuracy_m,
        )
        for row in rows
    ]


def load_recording(connection: Connection, since: datetime, until: datetime) -> Iterator[dict[str, str]]:
    """What all vehicles reported between two moments, in the columns of a recording, by the time of the fix."""
    table = reports.c
    rows = connection.execute(
        select(table.vehicle_id, table.reported_at, table.lat, table.lon, table.speed_mps, table.bearing)
        .where(table.vehicle_id.is_not(None), table.reported_at >= since, table.reported_at < until)
        .order_by(table.reported_at, table.report_id)
    )
    for row in rows:
        yield {
            "vehicle_id": row.vehicle_id,
            "timestamp": row.reported_at.isoformat(),
            "lat": repr(row.lat),
            "lon": repr(row.lon),
            "speed_mps": "" if row.speed_mps is None else repr(row.speed_mps),
            "bearing": "" if row.bearing is None else repr(row.bearing),
        }


def forget_reports(connection: Connection, before: datetime, limit: int) -> int:
    """Deletes those of the oldest limit reports that were received before a moment; returns how many.

    The oldest are those that were stored first. Where our clock once ran ahead they say that they are young; they go as soon as
    one that was stored after them is old.
    """
    oldest = select(reports.c.report_id, reports.c.received_at).order_by(reports.c.report_id).limit(limit)
    rows = connection.execute(oldest).all()
    ids = [row.report_id for row in rows if row.received_at < before]
    if rows and not ids and _is_old_further_on(connection, before, rows[0].report_id, limit):
        ids = [row.report_id for row in rows]
    return connection.execute(delete(reports).where(reports.c.report_id.in_(ids))).rowcount if ids else 0


def _is_old_further_on(connection: Connection, before: datetime, first_id: int, limit: int) -> bool:
    """Looks at a report here and there, ever further on."""
    last_id = connection.execute(select(func.max(reports.c.report_id))).scalar_one()
    step = limit
    while first_id + step < last_id:
        later = select(reports.c.received_at).where(reports.c.report_id >= first_id + step).order_by(reports.c.report_id)
        if connection.execute(later.limit(1)).scalar_one() < before:
            return True
        step *= 2
    return False
