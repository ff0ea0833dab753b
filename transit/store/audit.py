"""Who did what, when and why: entries that are added and never changed, each sealed with the digest of the one before.

A segment is a month. Its head is the digest of its last entry: whoever keeps the head of a month elsewhere (a backup prints
it) can tell that nothing in it, or before it, was changed or taken out.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from transit.store.tables import audit_entries as table
from transit.store.tables import counters, to_micros
from transit.store.upsert import insert_into

LONGEST = 2000  # characters of a field: an entry tells, it is no copy of what it tells of
COMMAND_LINE = "command line"  # who did it where nobody is logged in


@dataclass(frozen=True, slots=True)
class Deed:
    """before, after: what it was and what it is, in a few words; texts of riders are named by id only."""

    person: str
    action: str
    subject: str = ""
    before: str = ""
    after: str = ""
    why: str = ""
    network: str | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    segment: str
    number: int
    at: datetime
    person: str
    action: str
    subject: str
    before: str
    after: str
    why: str
    digest: str
    network: str | None


def record(connection: Connection, deed: Deed, *, now: datetime) -> Entry:
    """Adds an entry, in the transaction of what it tells of."""
    _take_turn(connection)
    newest = connection.execute(select(table).order_by(table.c.segment.desc(), table.c.number.desc()).limit(1)).one_or_none()
    segment = f"{now.astimezone(UTC):%Y-%m}"
    if newest is not None and newest.segment > segment:
        segment = newest.segment  # the clock was set back over the end of a month: order counts more
    row: dict[str, Any] = {
        "segment": segment,
        "number": newest.number + 1 if newest is not None and newest.segment == segment else 1,
        "at": now,
        **{name: getattr(deed, name)[:LONGEST] for name in ("person", "action", "subject", "before", "after", "why")},
        "network": deed.network,
    }
    row["digest"] = _digest(row, newest.digest if newest is not None else "")
    connection.execute(insert(table).values(row))
    return Entry(**row)


def _take_turn(connection: Connection) -> None:
    """Locks a row, so that two entries at once follow each other on PostgreSQL, too."""
    statement = insert_into(connection, counters).values(name="audit", value=1)
    connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"value": counters.c.value + 1}))


def _digest(row: dict[str, Any], before: str) -> str:
    names = ("segment", "number", "person", "action", "subject", "before", "after", "why")
    values = [before, to_micros(row["at"]), *(row[name] for name in names)]
    return hashlib.sha256(json.dumps(values, ensure_ascii=False).encode()).hexdigest()


def load_entries(connection: Connection, *, segment: str = "", subject: str = "", limit: int = 200) -> list[Entry]:
    """The newest first; of a segment, of a subject, or all."""
    statement = select(table).order_by(table.c.segment.desc(), table.c.number.desc()).limit(limit)
    if segment:
        statement = statement.where(table.c.segment == segment)
    if subject:
        statement = statement.where(table.c.subject == subject)
    return [_entry_of(row) for row in connection.execute(statement)]


def heads(connection: Connection) -> dict[str, str]:
    """Segment -> the digest of its last entry."""
    last = select(table.c.segment, func.max(table.c.number).label("number")).group_by(table.c.segment).subquery()
    rows = connection.execute(
        select(table.c.segment, table.c.digest)
        .join(last, (table.c.segment == last.c.segment) & (table.c.number == last.c.number))
        .order_by(table.c.segment)
    )
    return {row.segment: row.digest for row in rows}


def first_break(connection: Connection) -> tuple[str, int] | None:
    """Segment and number of the first entry that does not follow from the one before it; None where all do."""
    before, segment, number = "", "", 0
    for row in connection.execute(select(table).order_by(table.c.segment, table.c.number)):
        expected = number + 1 if row.segment == segment else 1
        if row.number != expected or row.digest != _digest(dict(row._mapping), before):
            return row.segment, row.number
        before, segment, number = row.digest, row.segment, row.number
    return None


def forget_addresses(connection: Connection, before: datetime) -> int:
    """Takes the network addresses out of older entries; how many. Digests do not cover them."""
    old = (table.c.at < before, table.c.network.is_not(None))
    return connection.execute(update(table).where(*old).values(network=None)).rowcount


def _entry_of(row: Row[Any]) -> Entry:
    return Entry(**row._mapping)
