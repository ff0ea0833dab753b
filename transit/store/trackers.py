"""Trackers: which vehicle each is on, and how each is doing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from transit.operations import complaints, recent_outcomes
from transit.operations.tracker_health import TrackerHealth
from transit.store.tables import refusals, reports, tracker_health, tracker_map
from transit.store.upsert import Row, insert_into, upsert


def map_tracker(connection: Connection, tracker_id: str, vehicle_id: str | None, *, now: datetime) -> None:
    """Puts a tracker on a vehicle; None takes it off."""
    if vehicle_id is None:
        connection.execute(delete(tracker_map).where(tracker_map.c.tracker_id == tracker_id))
        return
    upsert(connection, tracker_map, [{"tracker_id": tracker_id, "vehicle_id": vehicle_id, "mapped_at": now}])


def load_tracker_map(connection: Connection) -> dict[str, str]:
    """tracker_id -> vehicle_id."""
    rows = connection.execute(select(tracker_map.c.tracker_id, tracker_map.c.vehicle_id).order_by(tracker_map.c.tracker_id))
    return {row.tracker_id: row.vehicle_id for row in rows}


def load_tracker_health(connection: Connection) -> list[TrackerHealth]:
    """Every tracker that was mapped or heard, by id."""
    mapped = {row.tracker_id: row for row in connection.execute(select(tracker_map))}
    vehicles = {tracker_id: row.vehicle_id for tracker_id, row in mapped.items()}
    trackers_of: dict[str, list[str]] = {}
    for tracker_id, vehicle_id in vehicles.items():
        trackers_of.setdefault(vehicle_id, []).append(tracker_id)
    counts: dict[str, dict[str, int]] = {}
    for tracker_id, reason, count in connection.execute(
        select(refusals.c.tracker_id, refusals.c.reason, refusals.c["count"]).order_by(refusals.c.reason)
    ):
        counts.setdefault(tracker_id, {})[reason] = count
    seen = {row.tracker_id: row for row in connection.execute(select(tracker_health))}
    return [
        TrackerHealth(
            tracker_id=tracker_id,
            vehicle_id=(vehicle := vehicles.get(tracker_id)),
            mapped_at=mapped[tracker_id].mapped_at if tracker_id in mapped else None,
            online=row.online if (row := seen.get(tracker_id)) else None,
            first_received_at=row.first_received_at if row else None,
            last_received_at=row.last_received_at if row else None,
            last_fix_at=row.last_fix_at if row else None,
            clock_offset_s=row.clock_offset_s if row else None,
            clock_step_s=row.clock_step_s if row else None,
            clock_step_at=row.clock_step_at if row else None,
            accepted=row.accepted if row else 0,
            refusals=counts.get(tracker_id, {}),
            last_error=complaints.decode_complaint(row.last_error) if row else None,
            last_error_at=row.last_error_at if row else None,
            battery_pct=row.battery_pct if row else None,
            shared_with=tuple(other for other in trackers_of.get(vehicle or "", ()) if other != tracker_id),
            recent=recent_outcomes.decode_outcomes(row.recent if row else None),
        )
        for tracker_id in sorted(vehicles.keys() | seen.keys() | counts.keys())
    ]


def newest_received_at(connection: Connection) -> datetime | None:
    """When the last report of any tracker came in."""
    return connection.execute(select(reports.c.received_at).order_by(reports.c.report_id.desc()).limit(1)).scalar()


def count_refusals(connection: Connection, counted: Mapping[tuple[str, str], int], *, now: datetime) -> None:
    """Adds to the counts of (tracker_id, reason)."""
    if not counted:
        return
    rows = [
        {"tracker_id": tracker_id, "reason": reason, "count": count, "last_at": now}
        for (tracker_id, reason), count in counted.items()
    ]
    statement = insert_into(connection, refusals)
    added = statement.on_conflict_do_update(
        index_elements=["tracker_id", "reason"],
        set_={"count": refusals.c["count"] + statement.excluded["count"], "last_at": statement.excluded.last_at},
    )
    connection.execute(added, rows)


def save_tracker_health(connection: Connection, rows: Sequence[Row]) -> None:
    """Rows with the columns of the first; accepted is added to, first_received_at stays, a None leaves what is known."""
    if not rows:
        return
    statement = insert_into(connection, tracker_health)
    values: Row = {
        name: func.coalesce(statement.excluded[name], tracker_health.c[name]) for name in rows[0] if name != "tracker_id"
    }
    values["accepted"] = tracker_health.c.accepted + statement.excluded.accepted
    values["first_received_at"] = func.coalesce(tracker_health.c.first_received_at, statement.excluded.first_received_at)
    connection.execute(statement.on_conflict_do_update(index_elements=["tracker_id"], set_=values), list(rows))
