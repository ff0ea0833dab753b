"""What dispatchers say of the next departures of waiting vehicles: at most one order for each."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from transit.forecasting.departure_orders import COUNTS_FOR, DepartureOrder
from transit.store.tables import departure_orders
from transit.store.upsert import upsert


def say(connection: Connection, order: DepartureOrder) -> None:
    """Stores an order; an older one for the same vehicle is replaced."""
    row = {"vehicle_id": order.vehicle_id, "departs_at": order.departs_at, "said_at": order.said_at}
    upsert(connection, departure_orders, [row])


def withdraw(connection: Connection, vehicle_id: str, *, said_at: datetime | None = None) -> None:
    """Takes a vehicle's order back. said_at: only the one that was said then, so that a newer one stays."""
    table = departure_orders.c
    statement = delete(departure_orders).where(table.vehicle_id == vehicle_id)
    connection.execute(statement if said_at is None else statement.where(table.said_at == said_at))


def load_departure_orders(connection: Connection, now: datetime) -> list[DepartureOrder]:
    """By vehicle; without those that are long past."""
    table = departure_orders.c
    rows = connection.execute(
        select(table.vehicle_id, table.departs_at, table.said_at)
        .where(table.departs_at >= now - COUNTS_FOR)
        .order_by(table.vehicle_id)
    )
    return [DepartureOrder(*row) for row in rows]
