"""What supervisors set on the console, as it is kept: rows are added and never changed, the newest of a name counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, insert, select

from transit.store.tables import console_settings as table


@dataclass(frozen=True, slots=True)
class SettingChange:
    """value: None = the default again."""

    change_id: int
    name: str
    value: float | None
    changed_at: datetime
    person: str
    why: str


def change_setting(connection: Connection, name: str, value: float | None, *, person: str, why: str, now: datetime) -> None:
    row = {"name": name, "value": value, "changed_at": now, "person": person, "why": why}
    connection.execute(insert(table).values(row))


def load_settings(connection: Connection) -> Mapping[str, float]:
    """name -> what was chosen instead of its default."""
    newest = select(func.max(table.c.change_id)).group_by(table.c.name)
    rows = connection.execute(select(table.c.name, table.c.value).where(table.c.change_id.in_(newest)))
    return {row.name: row.value for row in rows if row.value is not None}


def load_setting_changes(connection: Connection, *, limit: int = 50) -> list[SettingChange]:
    """The newest first."""
    rows = connection.execute(select(table).order_by(table.c.change_id.desc()).limit(limit))
    return [
        SettingChange(
            change_id=row.change_id,
            name=row.name,
            value=row.value,
            changed_at=row.changed_at,
            person=row.person,
            why=row.why,
        )
        for row in rows
    ]
