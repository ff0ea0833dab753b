"""Insert or update in one statement, in the words that SQLite and PostgreSQL share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects.postgresql import Insert as PostgresInsert
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import Insert as SqliteInsert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

Row = dict[str, Any]


def insert_into(connection: Connection, table: Table) -> SqliteInsert | PostgresInsert:
    return sqlite_insert(table) if connection.dialect.name == "sqlite" else postgres_insert(table)


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Rows with the columns of the first; a row whose primary key exists overwrites those columns."""
    if not rows:
        return
    statement = insert_into(connection, table)
    keys = [column.name for column in table.primary_key]
    values = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=values), list(rows))


def insert_new(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts the rows that break no uniqueness; leaves the others out without a word."""
    if rows:
        connection.execute(insert_into(connection, table).on_conflict_do_nothing(), list(rows))
