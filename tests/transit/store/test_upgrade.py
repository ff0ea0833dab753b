"""A database of every earlier schema, as its version wrote it, goes on: every row is kept, ingest and live start on it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import timedelta

import pytest
import zstandard

from gps_ingest.ingest.facts import Ingest
from gps_ingest.operations.backup import make_backup, restore
from tests.conftest import HOUSE
from transit.store.database import SCHEMA, SCHEMAS, check_schema, migrate, open_database, schema_of
from transit.store.networks import current_version, load_network
from transit.store.tables import metadata
from transit.store.trackers import newest_received_at
from web.live.process import Live

FOLDER = HOUSE / "tests" / "cases" / "databases"


def test_there_is_a_database_of_every_earlier_schema():
    """After a new migration: tests/cases/databases/README.md says how one is made."""
    assert {path.name for path in FOLDER.glob("*.zst")} >= {f"schema_{schema}.sql.zst" for schema in SCHEMAS[:-1]}


@pytest.fixture(params=sorted(path.name[7:11] for path in FOLDER.glob("*.zst")))
def old(request, tmp_path):
    """The engine of an old database, not touched yet."""
    script = zstandard.ZstdDecompressor().decompress((FOLDER / f"schema_{request.param}.sql.zst").read_bytes())
    with closing(sqlite3.connect(tmp_path / "transit.db")) as raw:
        raw.executescript(script.decode())
    engine = open_database(f"sqlite:///{tmp_path / 'transit.db'}")
    assert schema_of(engine) == request.param
    yield engine
    engine.dispose()


def rows_of(engine):
    with engine.connect() as connection:
        names = [name for (name,) in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
        ours = [name for name in names if name in metadata.tables]
        return {name: connection.exec_driver_sql(f"SELECT count(*) FROM {name}").scalar_one() for name in ours}


def test_it_is_brought_up_with_every_row_and_ingest_and_live_go_on(old, tmp_path):
    before = rows_of(old)
    assert before["reports"] > 30
    migrate(old)
    check_schema(old)
    after = rows_of(old)
    assert {name: after[name] for name in before} == before
    with old.connect() as connection:
        network = load_network(connection, current_version(connection))
        now = newest_received_at(connection) + timedelta(seconds=2)
    ingest = Ingest(old, lambda: now)
    assert ingest.network.version == current_version_of(old)
    live = Live(old, tmp_path)
    live.step(now)
    assert len(live.states) > 0
    assert network.routes
    assert live.learnt_events > 0 or live.last_event_id > 0


def current_version_of(engine):
    with engine.connect() as connection:
        return current_version(connection)


def test_a_backup_of_it_is_restored_at_todays_schema(old, tmp_path):
    before = rows_of(old)
    with old.connect() as connection:
        now = newest_received_at(connection)
    made = make_backup(old, tmp_path, tmp_path / "backups", now)
    restore(old, tmp_path, made.path, now)
    assert schema_of(old) == SCHEMA
    after = rows_of(old)
    assert {name: after[name] for name in before} == before
