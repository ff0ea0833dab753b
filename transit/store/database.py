"""The database itself: opened, brought to the schema that this code knows, or refused with the way out."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import DBAPIError as DatabaseError  # what every call may raise: the database is away, locked or full
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as DatabaseTimeout  # every connection of the pool is waiting

__all__ = [
    "Connection",
    "DatabaseError",
    "DatabaseTimeout",
    "Engine",
    "UnknownSchema",
    "check_schema",
    "migrate",
    "open_database",
    "writing",
]

SCHEMAS = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0005",
    "0006",
    "0007",
    "0008",
    "0009",
    "0010",
    "0011",
    "0012",
    "0013",
)  # every schema there ever was; a test holds it equal to migrations/versions
SCHEMA = SCHEMAS[-1]
BUSY_TIMEOUT_MS = 10_000  # another process's commit takes milliseconds; a checkpoint on a slow disk takes seconds
AWAY = {  # of PostgreSQL, unless DATABASE_URL says otherwise: a cut cable is noticed in ten seconds, not in two hours
    "connect_timeout": 5,  # s
    "keepalives_idle": 5,  # s of silence
    "keepalives_interval": 2,  # s
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,  # ms that what was sent may stay without an answer
}
BESIDE = ("", "-wal", "-shm")  # a SQLite database is up to three files
MIGRATION_LOCK = 0x7472616E736974  # "transit": any number, the same in every process
MIGRATIONS = Path(__file__).parent / "migrations"


class UnknownSchema(RuntimeError):
    """The database is not one that this version may write to. The message says what to do."""


def open_database(url: str) -> Engine:
    """An engine for sqlite:///path or postgresql://user:password@host/name. Nothing is created or checked yet."""
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(parsed.render_as_string(hide_password=False), parsed.database)
    asked = {name: value for name, value in AWAY.items() if name not in parsed.query}
    return create_engine(parsed, pool_pre_ping=True, connect_args=asked)


def _open_sqlite(url: str, path: str | None) -> Engine:
    if path and path != ":memory:":
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: object) -> None:
        connection.isolation_level = None  # sqlite3 opens no transaction by itself: begin() below does
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "synchronous=FULL",  # a commit has reached the disk before the tracker hears of it
            "foreign_keys=ON",
            "journal_size_limit=67108864",
        ):
            connection.execute(f"PRAGMA {pragma}")
        _switch_to_wal(connection)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later would fail, not wait, when another process commits in between.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _switch_to_wal(connection: Any) -> None:
    """Waits by itself: SQLite answers "locked" at once when two processes open a new file at the same moment."""
    until = monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError:
            if monotonic() > until:
                raise
            sleep(0.01)


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One transaction that may read before it writes; committed at the end, rolled back on an exception."""
    with engine.connect() as plain:
        connection = plain.execution_options(writes=True)
        with connection.begin():
            yield connection


def schema_of(engine: Engine) -> str | None:
    """The schema's name; None for an empty database. Raises UnknownSchema for a database of somebody else."""
    with engine.connect() as connection:
        try:
            schema = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        except (OperationalError, ProgrammingError) as error:
            if "alembic_version" not in str(error.orig):
                raise
            connection.rollback()
            tables = inspect(connection).get_table_names()
            if tables:
                raise UnknownSchema(
                    f"The database {_name(engine)} holds tables that are not ours ({', '.join(sorted(tables)[:3])}, ...). "
                    "Give DATABASE_URL an empty database, or another DATA_DIR."
                ) from None
            return None
    return str(schema) if schema else None


def migrate(engine: Engine) -> None:
    """Brings the database to SCHEMA; quick where it stands there. Raises UnknownSchema where it may not be touched."""
    schema = schema_of(engine)
    _keep_private(engine)
    if schema == SCHEMA:
        return
    _refuse_unknown(engine, schema)
    from alembic import command  # costs 0.1 s: only when there is something to do
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    with writing(engine) as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def check_schema(engine: Engine) -> None:
    """Raises UnknownSchema, with the way out, unless the database stands exactly at SCHEMA."""
    schema = schema_of(engine)
    _refuse_unknown(engine, schema)
    if schema is None:
        raise UnknownSchema(f"The database {_name(engine)} is empty. Start once with: python app.py run")
    if schema != SCHEMA:
        raise UnknownSchema(
            f"The database {_name(engine)} has schema {schema}, this version needs {SCHEMA}. "
            "Start once with: python app.py run (it migrates; keep a copy of the database before)."
        )


def _keep_private(engine: Engine) -> None:
    """Readable by its owner only: it holds hashes of passwords and what riders wrote. What SQLite puts beside it follows it."""
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and path != ":memory:":
        for end in BESIDE:
            with suppress(OSError):  # it is not there, or another user's
                Path(path + end).chmod(0o600)


def _refuse_unknown(engine: Engine, schema: str | None) -> None:
    if schema is not None and schema not in SCHEMAS:
        raise UnknownSchema(
            f"The database {_name(engine)} has schema {schema}, which this version does not know (it knows up to {SCHEMA}): "
            "a newer version wrote it. Start that newer version, or go back to a copy of the database from before, "
            "or give DATABASE_URL or DATA_DIR another place."
        )


def _name(engine: Engine) -> str:
    return engine.url.render_as_string(hide_password=True)
