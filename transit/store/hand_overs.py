"""Notes that one shift leaves to the next: kept, and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, insert, select

from transit.store.formats import StoredFormat
from transit.store.tables import hand_overs

SECTIONS = StoredFormat(dict[str, str], number=1)
MOST_LISTED = 60  # hand-overs on a page: three a day for twenty days


class UnknownHandOver(LookupError):
    """No note has this hand_over_id."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """sections: name -> text, in the order in which they are read."""

    hand_over_id: int
    since: datetime
    until: datetime
    kept_at: datetime
    person: str
    sections: dict[str, str]


def keep_hand_over(
    connection: Connection, *, since: datetime, until: datetime, person: str, sections: dict[str, str], now: datetime
) -> int:
    """The new note's id."""
    row = {"since": since, "until": until, "kept_at": now, "person": person, "content": SECTIONS.encode(sections)}
    key = connection.execute(insert(hand_overs).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def load_hand_over(connection: Connection, hand_over_id: int) -> HandOver:
    """Raises UnknownHandOver."""
    row = connection.execute(select(hand_overs).where(hand_overs.c.hand_over_id == hand_over_id)).first()
    if row is None:
        raise UnknownHandOver(hand_over_id)
    return _hand_over_of(row)


def load_hand_overs(connection: Connection) -> list[HandOver]:
    """The newest first."""
    rows = connection.execute(select(hand_overs).order_by(hand_overs.c.hand_over_id.desc()).limit(MOST_LISTED))
    return [_hand_over_of(row) for row in rows]


def _hand_over_of(row: Row[tuple[object, ...]]) -> HandOver:
    return HandOver(
        hand_over_id=row.hand_over_id,
        since=row.since,
        until=row.until,
        kept_at=row.kept_at,
        person=row.person,
        sections=SECTIONS.decode(row.content) or {},
    )
