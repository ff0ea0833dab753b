"""Each test of the store runs on SQLite and on PostgreSQL, each time on an empty database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import text

from transit.store.database import Engine, migrate, open_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A database with nothing in it."""
    if request.param == "sqlite":
        engine = open_database(f"sqlite:///{tmp_path}/new folder/transit.sqlite")
        yield engine
        engine.dispose()
        return
    server = str(request.getfixturevalue("postgresql"))
    name = f"t{uuid4().hex}"
    master = open_database(server).execution_options(isolation_level="AUTOCOMMIT")
    with master.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = open_database(server.rsplit("/", 1)[0] + f"/{name}")
    yield engine
    engine.dispose()
    with master.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name}"))
    master.dispose()


@pytest.fixture
def database(empty: Engine) -> Engine:
    """A database at the newest schema."""
    migrate(empty)
    return empty
