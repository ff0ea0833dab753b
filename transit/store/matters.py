"""The dispatchers' inbox as it is kept: matters, and what people did about them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, and_, func, insert, or_, select, update

from transit.operations.matters import DeedKind, Matter, MatterDeed
from transit.operations.troubles import Trouble
from transit.store.formats import StoredFormat
from transit.store.tables import matter_deeds, matters

TROUBLE = StoredFormat(Trouble, number=1)
AT_MOST = 500  # matters that are read at once: more than anybody looks at


class UnknownMatter(LookupError):
    """No matter has this matter_id."""


def open_matter(connection: Connection, trouble: Trouble, *, now: datetime) -> int:
    """The new matter's id."""
    row = {"kind": trouble.kind.value, "key": trouble.key, "opened_at": now, "content": TROUBLE.encode(trouble)}
    key = connection.execute(insert(matters).values(row)).inserted_primary_key
    assert key is not None
    return int(key[0])


def clear_matters(connection: Connection, keys: Iterable[str], *, now: datetime) -> None:
    """They are over by themselves."""
    mine = and_(matters.c.key.in_(list(keys)), matters.c.cleared_at.is_(None))
    connection.execute(update(matters).where(mine).values(cleared_at=now))


def open_keys(connection: Connection) -> list[str]:
    """Of the matters that are not over."""
    return list(connection.execute(select(matters.c.key).where(matters.c.cleared_at.is_(None))).scalars())


def add_deed(connection: Connection, matter_id: int, deed: MatterDeed) -> None:
    """What somebody did about a matter, beside all that was done before."""
    row = {"matter_id": matter_id, "at": deed.at, "person": deed.person, "deed": deed.kind.value}
    connection.execute(insert(matter_deeds).values({**row, "until": deed.until, "why": deed.why}))


def newest_ids(connection: Connection) -> tuple[int, int]:
    """Of the newest matter and of the newest deed; 0 where there is none. Others mean that there is something new."""
    newest = select(
        select(func.coalesce(func.max(matters.c.matter_id), 0)).scalar_subquery(),
        select(func.coalesce(func.max(matter_deeds.c.deed_id), 0)).scalar_subquery(),
    )
    matter_id, deed_id = connection.execute(newest).one()
    return matter_id, deed_id


def load_matter(connection: Connection, matter_id: int) -> Matter:
    """Raises UnknownMatter."""
    some = _load(connection, matters.c.matter_id == matter_id)
    if not some:
        raise UnknownMatter(matter_id)
    return some[0]


def load_open(connection: Connection) -> list[Matter]:
    """Those that are not over, in the order in which they began."""
    return _load(connection, matters.c.cleared_at.is_(None))


def load_matters(connection: Connection, since: datetime, until: datetime) -> list[Matter]:
    """Those of a time, however short they were in it, in the order in which they began. The two may be one moment."""
    table = matters.c
    return _load(connection, and_(table.opened_at <= until, or_(table.cleared_at.is_(None), table.cleared_at > since)))


def _load(connection: Connection, condition: ColumnElement[bool]) -> list[Matter]:
    rows = connection.execute(select(matters).where(condition).order_by(matters.c.matter_id).limit(AT_MOST)).all()
    deeds: dict[int, list[MatterDeed]] = {}
    if rows:
        mine = matter_deeds.c.matter_id.in_([row.matter_id for row in rows])
        for row in connection.execute(select(matter_deeds).where(mine).order_by(matter_deeds.c.deed_id)):
            deeds.setdefault(row.matter_id, []).append(_deed_of(row))
    some = []
    for row in rows:
        trouble = TROUBLE.decode(row.content)
        if trouble is not None:
            some.append(
                Matter(
                    matter_id=row.matter_id,
                    trouble=trouble,
                    opened_at=row.opened_at,
                    cleared_at=row.cleared_at,
                    deeds=tuple(deeds.get(row.matter_id, ())),
                )
            )
    return some


def _deed_of(row: Row[tuple[object, ...]]) -> MatterDeed:
    return MatterDeed(kind=DeedKind(row.deed), at=row.at, person=row.person, until=row.until, why=row.why)
