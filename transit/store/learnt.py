"""What has been learnt from stop events: one opaque blob, with the last event that it knows."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, select

from transit.store.tables import learnt
from transit.store.upsert import upsert


def save_learnt(connection: Connection, blob: bytes, last_event_id: int, *, now: datetime) -> None:
    """Replaces what was saved before. last_event_id: of the last stop event in it."""
    upsert(connection, learnt, [{"single": 1, "content": blob, "last_event_id": last_event_id, "saved_at": now}])


def load_learnt(connection: Connection) -> tuple[bytes, int] | None:
    """The blob and the id of the last event in it; None before anything was saved."""
    row = connection.execute(select(learnt.c.content, learnt.c.last_event_id)).first()
    return None if row is None else (bytes(row.content), row.last_event_id)
