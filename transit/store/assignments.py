"""What a dispatcher says that a vehicle runs."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from transit.store.tables import assignments
from transit.store.upsert import upsert
from transit.tracking.trip_choice import AssignmentHint


def assign(connection: Connection, vehicle_id: str, hint: AssignmentHint | None, *, now: datetime) -> None:
    """Sets what is said of a vehicle; None takes it back."""
    if hint is None:
        connection.execute(delete(assignments).where(assignments.c.vehicle_id == vehicle_id))
        return
    row = {"vehicle_id": vehicle_id, "route_id": hint.route_id, "trip_id": hint.trip_id, "assigned_at": now}
    upsert(connection, assignments, [row])


def load_assignments(connection: Connection) -> dict[str, AssignmentHint]:
    """vehicle_id -> hint."""
    table = assignments.c
    rows = connection.execute(select(table.vehicle_id, table.route_id, table.trip_id).order_by(table.vehicle_id))
    return {vehicle_id: AssignmentHint(route_id, trip_id) for vehicle_id, route_id, trip_id in rows}
