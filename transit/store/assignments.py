"""What dispatchers say that vehicles run, from when until when: rows are added and ended, and stay as history."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, func, insert, or_, select, update

from transit.store.tables import departure_orders, stop_events
from transit.store.tables import vehicle_assignments as table
from transit.tracking.trip_choice import AssignmentHint


class Duty(StrEnum):
    """What a vehicle is assigned to. The last two are no hint to the matcher: a vehicle that drives all the same is shown."""

    ROUTE = "route"
    TRIP = "trip"
    OFF = "off"
    REPAIR = "repair"


class EndReason(StrEnum):
    """Why an assignment was ended before its time."""

    CHANGED = "changed"
    BREAKDOWN = "breakdown"
    DRIVER = "driver"
    REPLACED = "replaced"
    MISTAKE = "mistake"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Assignment:
    """starts_at included, ends_at not; None: until somebody ends it."""

    assignment_id: int
    vehicle_id: str
    duty: Duty
    route_id: str | None
    trip_id: str | None
    starts_at: datetime
    ends_at: datetime | None
    assigned_at: datetime
    assigned_by: str
    ended_at: datetime | None  # before its time, by somebody
    ended_by: str | None
    reason: str | None

    @property
    def hint(self) -> AssignmentHint | None:
        return None if self.duty in (Duty.OFF, Duty.REPAIR) else AssignmentHint(self.route_id, self.trip_id)


class Overlap(ValueError):
    """The vehicle has another assignment in that time."""

    def __init__(self, other: Assignment) -> None:
        super().__init__(f"{other.vehicle_id} is assigned from {other.starts_at} to {other.ends_at}")
        self.other = other


def assign(
    connection: Connection, vehicle_id: str, hint: AssignmentHint | None, *, now: datetime, by: str = "command line"
) -> None:
    """Sets what is said of a vehicle from now on, until it is ended; None takes it back. What was said before ends."""
    end_assignments_of(connection, vehicle_id, EndReason.CHANGED, by=by, now=now)
    if hint is not None:
        duty = Duty.TRIP if hint.trip_id else Duty.ROUTE
        give(connection, vehicle_id, duty, hint.route_id, hint.trip_id, starts_at=now, ends_at=None, by=by, now=now)


def give(
    connection: Connection,
    vehicle_id: str,
    duty: Duty,
    route_id: str | None,
    trip_id: str | None,
    *,
    starts_at: datetime,
    ends_at: datetime | None,
    by: str,
    now: datetime,
) -> None:
    """Adds an assignment. Raises Overlap where the vehicle has another one in that time."""
    other = find_overlap(connection, vehicle_id, starts_at, ends_at)
    if other is not None:
        raise Overlap(other)
    row = {
        "vehicle_id": vehicle_id,
        "duty": str(duty),
        "route_id": route_id,
        "trip_id": trip_id,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "assigned_at": now,
        "assigned_by": by,
    }
    connection.execute(insert(table).values(row))


def find_overlap(
    connection: Connection, vehicle_id: str, starts_at: datetime, ends_at: datetime | None, *, but: int | None = None
) -> Assignment | None:
    """An assignment of the vehicle that overlaps a time; None where there is none. but: one that does not count."""
    columns = table.c
    statement = select(table).where(
        columns.vehicle_id == vehicle_id,
        columns.ended_at.is_(None),
        or_(columns.ends_at.is_(None), columns.ends_at > starts_at),
    )
    if ends_at is not None:
        statement = statement.where(columns.starts_at < ends_at)
    if but is not None:
        statement = statement.where(columns.assignment_id != but)
    row = connection.execute(statement.order_by(columns.starts_at).limit(1)).one_or_none()
    return None if row is None else _assignment_of(row)


def end_assignment(connection: Connection, assignment_id: int, reason: EndReason, *, by: str, now: datetime) -> bool:
    """Ends one now; False where it had ended already."""
    columns = table.c
    open_one = and_(columns.assignment_id == assignment_id, columns.ended_at.is_(None))
    values = {"ended_at": now, "ended_by": by, "reason": str(reason)}
    return bool(connection.execute(update(table).where(open_one).values(values)).rowcount)


def end_assignments_of(connection: Connection, vehicle_id: str, reason: EndReason, *, by: str, now: datetime) -> None:
    """All of a vehicle that are in force or still to come."""
    for assignment in load_current(connection, now):
        if assignment.vehicle_id == vehicle_id:
            end_assignment(connection, assignment.assignment_id, reason, by=by, now=now)


def replace_vehicle(connection: Connection, vehicle_id: str, by_vehicle: str, *, by: str, now: datetime) -> bool:
    """Another vehicle takes over what is said of one: its assignment in force and its departure order.

    False where nothing was said of it. Raises Overlap where the other one has an assignment already.
    """
    current = assignments_in_force(connection, now).get(vehicle_id)
    order = departure_orders.c.vehicle_id == vehicle_id
    has_order = connection.execute(select(departure_orders.c.vehicle_id).where(order)).first() is not None
    if current is not None:
        end_assignment(connection, current.assignment_id, EndReason.REPLACED, by=by, now=now)
        route_id, trip_id, until = current.route_id, current.trip_id, current.ends_at
        give(connection, by_vehicle, current.duty, route_id, trip_id, starts_at=now, ends_at=until, by=by, now=now)
    if has_order:
        connection.execute(departure_orders.delete().where(departure_orders.c.vehicle_id == by_vehicle))
        connection.execute(update(departure_orders).where(order).values(vehicle_id=by_vehicle, said_at=now))
    return current is not None or has_order


def load_assignments(connection: Connection, now: datetime) -> dict[str, AssignmentHint]:
    """vehicle_id -> hint, of those in force."""
    current = assignments_in_force(connection, now)
    return {vehicle_id: hint for vehicle_id, row in current.items() if (hint := row.hint) is not None}


def assignments_in_force(connection: Connection, now: datetime) -> dict[str, Assignment]:
    """By vehicle_id."""
    return {row.vehicle_id: row for row in load_current(connection, now) if row.starts_at <= now}


def load_current(connection: Connection, now: datetime) -> list[Assignment]:
    """Those in force and those still to come, by vehicle and start."""
    columns = table.c
    rows = connection.execute(
        select(table)
        .where(columns.ended_at.is_(None), or_(columns.ends_at.is_(None), columns.ends_at > now))
        .order_by(columns.vehicle_id, columns.starts_at)
    )
    return [_assignment_of(row) for row in rows]


def load_history(connection: Connection, since: datetime, until: datetime) -> list[Assignment]:
    """All that began in a time, also those that were ended, by vehicle and start."""
    columns = table.c
    rows = connection.execute(
        select(table)
        .where(columns.starts_at >= since, columns.starts_at < until)
        .order_by(columns.vehicle_id, columns.starts_at)
    )
    return [_assignment_of(row) for row in rows]


def days_on_trips(connection: Connection, since: datetime) -> Counter[tuple[str, str, date]]:
    """(vehicle, trip_id, start date) -> calls that were seen."""
    columns = stop_events.c
    keys = (columns.vehicle_id, columns.trip_id, columns.start_date)
    rows = connection.execute(select(*keys, func.count()).where(columns.arrived_at >= since).group_by(*keys))
    return Counter({(vehicle_id, trip_id, day): count for vehicle_id, trip_id, day, count in rows})


def _assignment_of(row: Row[Any]) -> Assignment:
    return Assignment(**{**row._mapping, "duty": Duty(row.duty)})
