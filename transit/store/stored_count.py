"""How many reports were ever stored: counted in the database, and remembered beside it, so that a loss is a number."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
from sqlalchemy import Connection, select, update

from transit.store.files import write_atomically
from transit.store.tables import counters
from transit.store.upsert import insert_new

COUNTER = "reports_stored"  # grows with each report, and never falls when old ones are forgotten
IDENTITY = "database_id"  # any number, drawn once: a count of another database says nothing of this one
IDENTITY_BITS = 62
MEMORY = "ingest.stored"  # below DATA_DIR: the count after the last commit, written before the broker hears of it
LOSS = "ingest.lost"  # below DATA_DIR: the last loss that was noticed
LOSS_IS_NEWS = timedelta(days=7)  # so long the operator is told of it


@dataclass(frozen=True, slots=True)
class StoredCount:
    """Reports that a database has stored since it began to count."""

    database_id: int
    reports: int


class Remembered(msgspec.Struct, frozen=True):
    """What stands beside the database: the count after the last commit, and when that was."""

    database_id: int
    reports: int
    at: datetime


def count_stored(connection: Connection, new: int) -> StoredCount:
    """Adds to the count, in the transaction that stores the reports."""
    rows = [{"name": COUNTER, "value": 0}, {"name": IDENTITY, "value": secrets.randbits(IDENTITY_BITS)}]
    insert_new(connection, counters, rows)
    connection.execute(update(counters).where(counters.c.name == COUNTER).values(value=counters.c.value + new))
    count = stored_count(connection)
    assert count is not None
    return count


def stored_count(connection: Connection) -> StoredCount | None:
    """None for a database that has not stored a report yet."""
    rows = connection.execute(select(counters.c.name, counters.c.value).where(counters.c.name.in_((COUNTER, IDENTITY))))
    values = {row.name: row.value for row in rows}
    return StoredCount(values[IDENTITY], values[COUNTER]) if len(values) == 2 else None


def remember(data_dir: Path, count: StoredCount, at: datetime) -> None:
    """Raises OSError."""
    content = msgspec.json.encode(Remembered(database_id=count.database_id, reports=count.reports, at=at))
    write_atomically(data_dir / MEMORY, content)


def remembered(data_dir: Path) -> Remembered | None:
    """None where nothing was remembered, or nothing that can be read."""
    try:
        return msgspec.json.decode((data_dir / MEMORY).read_bytes(), type=Remembered)
    except (OSError, msgspec.MsgspecError):
        return None


def lost_since(memory: Remembered | None, count: StoredCount | None) -> int | None:
    """Reports that were acknowledged and are not stored any more; None where the two do not speak of one database."""
    if memory is None or (count is not None and count.database_id != memory.database_id):
        return None
    return max(memory.reports - (count.reports if count else 0), 0)


class ReportLoss(msgspec.Struct, frozen=True):
    """Reports that were acknowledged and are gone: a database file or its WAL was lost, or put back to an earlier state."""

    reports: int
    last_stored_at: datetime  # when the last of them was stored
    noticed_at: datetime


def notice_loss(data_dir: Path, count: StoredCount | None, now: datetime) -> ReportLoss | None:
    """What is missing in the database against what is remembered beside it; kept for noticed_loss(). Raises OSError."""
    memory = remembered(data_dir)
    lost = lost_since(memory, count)
    if memory is None or not lost:
        return None
    loss = ReportLoss(reports=lost, last_stored_at=memory.at, noticed_at=now)
    write_atomically(data_dir / LOSS, msgspec.json.encode(loss))
    if count is not None:
        remember(data_dir, count, now)
    return loss


def noticed_loss(data_dir: Path, now: datetime) -> ReportLoss | None:
    """The last loss, while it is news."""
    try:
        loss = msgspec.json.decode((data_dir / LOSS).read_bytes(), type=ReportLoss)
    except (OSError, msgspec.MsgspecError):
        return None
    return loss if now - loss.noticed_at < LOSS_IS_NEWS else None
