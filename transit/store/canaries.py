"""The newest canary that came through to the database."""

from __future__ import annotations

from sqlalchemy import Connection, select

from transit.store.tables import counters
from transit.store.upsert import upsert

COUNTER = "canary"


def save_canary(connection: Connection, number: int) -> None:
    upsert(connection, counters, [{"name": COUNTER, "value": number}])


def load_canary(connection: Connection) -> int:
    """0 where none has come yet."""
    return connection.execute(select(counters.c.value).where(counters.c.name == COUNTER)).scalar() or 0
