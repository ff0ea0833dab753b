"""Trackers that somebody must say something of: they knock or report, and nobody gave them a password or a vehicle."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from transit.operations.broker_refusals import RefusalCause
from transit.store.broker_refusals import load_broker_refusals
from transit.store.tables import tracker_health, tracker_map
from transit.store.tracker_credentials import TRACKER_ID, load_credentials

WAITS_FOR = timedelta(days=7)  # since it was last heard; what was refused at the door is forgotten sooner
MOST = 50  # that are listed: the newest


@dataclass(frozen=True, slots=True)
class WaitingTracker:
    """knocks: how often it was refused at log-in; 0 of one that reports on an open loopback."""

    tracker_id: str
    last_at: datetime
    knocks: int


@dataclass(frozen=True, slots=True)
class WaitingList:
    """The newest first; others: how many more there are."""

    trackers: tuple[WaitingTracker, ...]
    others: int


def load_waiting_trackers(connection: Connection, now: datetime, most: int = MOST) -> WaitingList:
    credentials = load_credentials(connection)
    known = {row.user for row in credentials} | {row.tracker_id for row in credentials}
    known |= set(connection.execute(select(tracker_map.c.tracker_id)).scalars())
    seen = tracker_health.c
    reporting = connection.execute(
        select(seen.tracker_id, seen.last_received_at).where(seen.last_received_at >= now - WAITS_FOR)
    )
    waiting = {row.tracker_id: WaitingTracker(row.tracker_id, row.last_received_at, 0) for row in reporting}
    for refused in load_broker_refusals(connection, now - WAITS_FOR):
        if refused.cause is RefusalCause.LOGIN:
            waiting[refused.client] = WaitingTracker(refused.client, refused.last_at, refused.count)
    rows = [row for name, row in waiting.items() if name not in known and TRACKER_ID.fullmatch(name)]
    rows.sort(key=lambda row: row.last_at, reverse=True)
    return WaitingList(tuple(rows[:most]), max(len(rows) - most, 0))
