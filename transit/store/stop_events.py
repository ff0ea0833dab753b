"""Observed calls at stops, in the order in which they became known."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, Row, func, select

from transit.plan.network import TripInstance
from transit.store.tables import stop_events
from transit.store.upsert import insert_new
from transit.tracking.state import StopEvent


def save_stop_events(connection: Connection, events: Iterable[StopEvent]) -> None:
    """Stores events; one that is known already (same vehicle, trip instance and stop_sequence) is left out."""
    rows = [
        {
            "vehicle_id": event.vehicle_id,
            "trip_id": event.trip.trip_id,
            "start_date": event.trip.start_date,
            "start_s": event.trip.start_s,
            "stop_id": event.stop_id,
            "stop_sequence": event.stop_sequence,
            "arrived_at": event.arrived_at,
            "departed_at": event.departed_at,
            "gap_s": event.gap_s,
        }
        for event in events
    ]
    insert_new(connection, stop_events, rows)


def load_stop_events(connection: Connection, after_id: int = 0, limit: int = 10_000) -> list[tuple[int, StopEvent]]:
    """The next events after an id, at most limit, each with its id."""
    rows = connection.execute(
        select(stop_events).where(stop_events.c.event_id > after_id).order_by(stop_events.c.event_id).limit(limit)
    )
    return [(row.event_id, _event_of(row)) for row in rows]


def _event_of(row: Row[tuple[object, ...]]) -> StopEvent:
    return StopEvent(
        vehicle_id=row.vehicle_id,
        trip=TripInstance(row.trip_id, row.start_date, row.start_s),
        stop_id=row.stop_id,
        stop_sequence=row.stop_sequence,
        arrived_at=row.arrived_at,
        departed_at=row.departed_at,
        gap_s=row.gap_s,
    )


def load_calls(connection: Connection, vehicle_id: str, since: datetime, until: datetime) -> list[StopEvent]:
    """A vehicle's calls that arrived between two moments."""
    table = stop_events.c
    rows = connection.execute(
        select(stop_events)
        .where(table.vehicle_id == vehicle_id, table.arrived_at >= since, table.arrived_at <= until)
        .order_by(table.arrived_at)
    )
    return [_event_of(row) for row in rows]


def load_events_between(connection: Connection, since: datetime, until: datetime) -> list[StopEvent]:
    """All calls that arrived between two moments, in order of time."""
    table = stop_events.c
    rows = connection.execute(
        select(stop_events).where(table.arrived_at >= since, table.arrived_at < until).order_by(table.arrived_at)
    )
    return [_event_of(row) for row in rows]


def last_event_before(connection: Connection, at: datetime) -> int:
    """The id of the last event before the first that arrived since; 0 where that is the first of all."""
    first = connection.execute(select(func.min(stop_events.c.event_id)).where(stop_events.c.arrived_at >= at)).scalar()
    if first is not None:
        return int(first) - 1
    return int(connection.execute(select(func.max(stop_events.c.event_id))).scalar() or 0)
