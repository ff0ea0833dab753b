"""What phones tapped of how full a bus is: one row for each phone and bus, gone after minutes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from transit.arrivals.crowding import KEPT_FOR, Crowding, CrowdingTap
from transit.plan.network import TripInstance
from transit.store.tables import crowding_taps
from transit.store.upsert import insert_into


def save_tap(connection: Connection, tap: CrowdingTap) -> None:
    """Takes the place of what the same phone tapped of this bus before."""
    row = {
        "vehicle_id": tap.vehicle_id,
        "phone": tap.phone,
        "trip_id": tap.trip.trip_id,
        "start_date": tap.trip.start_date,
        "start_s": tap.trip.start_s,
        "crowding": tap.crowding.value,
        "tapped_at": tap.tapped_at,
    }
    statement = insert_into(connection, crowding_taps)
    values = {name: statement.excluded[name] for name in row if name not in ("vehicle_id", "phone")}
    connection.execute(statement.on_conflict_do_update(index_elements=["vehicle_id", "phone"], set_=values), [row])


def load_taps(connection: Connection) -> list[CrowdingTap]:
    """All that are there, the old ones too: they are few, and whoever reads them sees whether some are to be forgotten."""
    rows = connection.execute(select(crowding_taps))
    return [
        CrowdingTap(
            vehicle_id=row.vehicle_id,
            trip=TripInstance(row.trip_id, row.start_date, row.start_s),
            crowding=Crowding(row.crowding),
            phone=row.phone,
            tapped_at=row.tapped_at,
        )
        for row in rows
    ]


def forget_taps(connection: Connection, now: datetime) -> int:
    """Deletes those that cannot matter any more; returns how many went."""
    return connection.execute(delete(crowding_taps).where(crowding_taps.c.tapped_at < now - KEPT_FOR)).rowcount
