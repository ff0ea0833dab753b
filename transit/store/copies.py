"""Copies of a whole database: taken while it is at work, put in the place of another, which is moved aside."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, NullPool, create_engine, inspect, make_url, text

from transit.store.database import BESIDE
from transit.store.stored_count import StoredCount, stored_count
from transit.store.tables import metadata
from transit.store.trackers import newest_received_at

SQLITE, POSTGRESQL = "sqlite", "postgresql"
VERSIONS = "alembic_version"


class CopyFailed(RuntimeError):
    """A copy could not be taken or put in place; the message says why, and nothing was changed."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a database holds. newest_received_at: of its reports; stored: None where it counted none yet."""

    schema: str
    rows: dict[str, int]
    newest_received_at: datetime | None
    stored: StoredCount | None


def content_of(connection: Connection) -> Content:
    """Of a database of ours, of whatever schema."""
    there = set(inspect(connection).get_table_names())
    return Content(
        schema=str(connection.execute(text(f"SELECT version_num FROM {VERSIONS}")).scalar_one()),
        rows={table.name: _count(connection, table.name) for table in metadata.sorted_tables if table.name in there},
        newest_received_at=newest_received_at(connection),
        stored=stored_count(connection),
    )


def _count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def take_copy(engine: Engine, path: Path) -> Content:
    """A consistent copy of one moment, while others write on, and what is in it. Raises CopyFailed; then there is no file."""
    try:
        if engine.dialect.name == SQLITE:
            content = _vacuum_into(_file_of(engine), path)
        else:
            content = _dump(engine, path)
        path.chmod(0o600)
        return content
    except CopyFailed:
        path.unlink(missing_ok=True)
        raise


def move_aside(engine: Engine, folder: Path, name: str) -> str | None:
    """What stands there now goes out of the way, whole; returns where to, None where nothing stood there.

    name: of a new folder below folder (SQLite), or of a new schema (PostgreSQL).
    """
    engine.dispose()
    if engine.dialect.name == SQLITE:
        return _move_files(_file_of(engine), folder / name)
    with engine.begin() as connection:
        tables = [table for table in inspect(connection).get_table_names() if table in metadata.tables or table == VERSIONS]
        if not tables:
            return None
        connection.execute(text(f'CREATE SCHEMA "{name}"'))
        for table in tables:
            connection.execute(text(f'ALTER TABLE {table} SET SCHEMA "{name}"'))
    return f"schema {name}"


def bring_back(engine: Engine, folder: Path, name: str) -> None:
    """Undoes move_aside, after a copy that could not be put in place."""
    if engine.dialect.name == SQLITE:
        path = _file_of(engine)
        for end in BESIDE:
            path.with_name(path.name + end).unlink(missing_ok=True)
            if (aside := folder / name / (path.name + end)).exists():
                os.replace(aside, path.with_name(path.name + end))
        return
    with engine.begin() as connection:
        for table in inspect(connection).get_table_names(schema=name):
            connection.execute(text(f'ALTER TABLE "{name}".{table} SET SCHEMA {_own_schema(connection)}'))
        connection.execute(text(f'DROP SCHEMA "{name}"'))


def put_in_place(engine: Engine, path: Path) -> None:
    """The copy becomes the database; nothing of ours may stand there. Raises CopyFailed."""
    if engine.dialect.name == SQLITE:
        target = _file_of(engine)
        target.parent.mkdir(parents=True, exist_ok=True)
        _refuse_broken(path)
        shutil.move(path, target)
        return
    with engine.connect() as connection:
        schema = _own_schema(connection)
    if schema != "public":
        raise CopyFailed(f"the tables of this user stand in the schema {schema}; pg_restore puts them into public")
    _run_postgres(engine, "pg_restore", "--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges", str(path))


def _own_schema(connection: Connection) -> str:
    return str(connection.execute(text("SELECT current_schema()")).scalar_one())


def _file_of(engine: Engine) -> Path:
    if not engine.url.database or engine.url.database == ":memory:":
        raise CopyFailed("this database is in no file")
    return Path(engine.url.database)


def _vacuum_into(source: Path, path: Path) -> Content:
    """One transaction that reads: whoever writes goes on meanwhile (WAL)."""
    try:
        with closing(sqlite3.connect(f"file:{source}?mode=rw", uri=True, isolation_level=None)) as connection:
            connection.execute("VACUUM INTO ?", (str(path),))
    except sqlite3.Error as error:
        raise CopyFailed(f"{source} cannot be copied: {error}") from error
    _refuse_broken(path)
    with create_engine(f"sqlite:///{path}", poolclass=NullPool).connect() as reading:
        return content_of(reading)


def _dump(engine: Engine, path: Path) -> Content:
    """pg_dump sees the very moment that is counted: a snapshot that its transaction shares."""
    with engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        snapshot = connection.execute(text("SELECT pg_export_snapshot()")).scalar_one()
        tables = [f"--table={name}" for name in (*metadata.tables, VERSIONS)]
        _run_postgres(
            engine, "pg_dump", "--format=custom", "--compress=0", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
            f"--file={path}", *tables,
        )  # fmt: skip
        return content_of(connection)


def _refuse_broken(path: Path) -> None:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise CopyFailed(f"the copy cannot be read: {error}") from error
    if answer != "ok":
        raise CopyFailed(f"the copy is broken: {answer}")


def _move_files(path: Path, folder: Path) -> str | None:
    files = [path.with_name(path.name + end) for end in BESIDE]
    there = [file for file in files if file.exists()]
    if not there:
        return None
    folder.mkdir(parents=True, mode=0o700)
    for file in there:
        shutil.move(file, folder / file.name)
    return str(folder)


def _run_postgres(engine: Engine, program: str, *words: str) -> None:
    """PostgreSQL's own program on this database; the password goes by the environment, which nobody else can read."""
    url = make_url(engine.url).set(drivername=POSTGRESQL, password=None)
    environment = dict(os.environ)
    if engine.url.password is not None:
        environment["PGPASSWORD"] = str(engine.url.password)
    try:
        done = subprocess.run(
            [program, f"--dbname={url.render_as_string()}", "--no-password", *words], env=environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
    except FileNotFoundError:
        raise CopyFailed(f"{program} is missing: apt install postgresql-client") from None
    if done.returncode != 0:
        raise CopyFailed(f"{program}: {done.stderr.strip()}")
