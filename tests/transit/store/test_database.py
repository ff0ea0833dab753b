"""The schema: brought up from nothing, left alone where it stands, refused with the way out where it is not ours."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import inspect, text

from transit.store import database as module
from transit.store.database import Engine, UnknownSchema, check_schema, migrate, open_database, writing
from transit.store.tables import from_micros, metadata, to_micros


@pytest.mark.filterwarnings("ignore:.*expression-based index")  # what it does is tested by its effect, in test_saved_and_loaded
def test_migrations_bring_an_empty_database_up_to_the_tables(empty: Engine) -> None:
    migrate(empty)
    check_schema(empty)
    assert set(inspect(empty).get_table_names()) == set(metadata.tables) | {"alembic_version"}
    with empty.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_the_schemas_that_are_known_are_those_of_the_migrations() -> None:
    versions = Path(module.__file__).parent / "migrations" / "versions"
    assert tuple(sorted(path.name.split("_")[0] for path in versions.glob("*.py"))) == module.SCHEMAS


@pytest.mark.parametrize("earlier", [False, True])
def test_a_database_file_and_what_sqlite_puts_beside_it_are_their_owners(tmp_path: Path, earlier: bool) -> None:
    path = tmp_path / "transit.db"
    if earlier:  # of a version that left it to the umask
        engine = open_database(f"sqlite:///{path}")
        migrate(engine)
        engine.dispose()
        path.chmod(0o644)
    engine = open_database(f"sqlite:///{path}")
    migrate(engine)
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO counters VALUES ('x', 1)"))
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    engine.dispose()
    assert modes == {"transit.db": 0o600, "transit.db-wal": 0o600, "transit.db-shm": 0o600}


def test_to_migrate_again_changes_nothing(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO counters VALUES ('x', 1)"))
    migrate(database)
    with database.connect() as connection:
        assert connection.execute(text("SELECT value FROM counters")).scalar() == 1


UNDO = {  # schema -> what takes back what it added
    "0002": ("DROP TABLE tickets",),
    "0003": ("DROP TABLE departure_orders",),
    "0004": (
        "DROP TABLE broker_refusals",
        *(
            f"ALTER TABLE tracker_health DROP COLUMN {name}"
            for name in ("first_received_at", "clock_step_s", "clock_step_at", "recent")
        ),
    ),
    "0005": ("DROP TABLE tracker_credentials",),
    "0006": ("DROP TABLE log_ins", "DROP TABLE people", "DROP TABLE log_in_failures", "DROP TABLE audit_entries"),
    "0007": ("CREATE INDEX ix_reports_received_at ON reports (received_at)",),
    "0008": ("DROP TABLE advice_answers", "DROP TABLE service_days"),
    "0009": (
        "DROP TABLE vehicle_assignments",
        "CREATE TABLE assignments (vehicle_id TEXT PRIMARY KEY, route_id TEXT, trip_id TEXT, assigned_at BIGINT NOT NULL)",
        "INSERT INTO assignments VALUES ('BUS1', 'R1', NULL, 1)",
        "ALTER TABLE tickets DROP COLUMN about_at",
    ),
    "0010": ("DROP TABLE identities",),
    "0011": ("DROP TABLE matter_deeds", "DROP TABLE matters", "DROP TABLE hand_overs"),
    "0012": ("DROP TABLE crowding_taps",),
    "0013": ("DROP TABLE console_settings",),
}


@pytest.mark.parametrize("schema", module.SCHEMAS[:-1])
def test_an_older_schema_is_brought_up_and_keeps_its_rows(database: Engine, schema: str) -> None:
    with database.begin() as connection:
        for later in reversed([one for one in module.SCHEMAS if one > schema]):
            for statement in UNDO[later]:
                connection.execute(text(statement))
        connection.execute(text("UPDATE alembic_version SET version_num = :schema"), {"schema": schema})
        connection.execute(text("INSERT INTO counters VALUES ('x', 1)"))
    with pytest.raises(UnknownSchema, match="it migrates"):
        check_schema(database)
    migrate(database)
    check_schema(database)
    with database.connect() as connection:
        assert connection.execute(text("SELECT value FROM counters")).scalar() == 1


def test_an_empty_database_is_refused_with_the_way_out(empty: Engine) -> None:
    with pytest.raises(UnknownSchema, match=r"app\.py run"):
        check_schema(empty)


def test_a_newer_schema_is_refused_and_not_touched(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for refuse in (check_schema, migrate):
        with pytest.raises(UnknownSchema, match=r"9999.*newer version"):
            refuse(database)
    with database.connect() as connection:
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "9999"


def test_somebody_elses_database_is_refused_and_not_touched(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE payroll (n INTEGER)"))
    for refuse in (check_schema, migrate):
        with pytest.raises(UnknownSchema, match="payroll"):
            refuse(empty)
    assert inspect(empty).get_table_names() == ["payroll"]


def test_the_message_hides_the_password() -> None:
    engine = open_database("postgresql://me:secret@127.0.0.1:1/x")
    assert "secret" not in module._name(engine)


def test_two_processes_that_migrate_at_once_both_find_it_done(empty: Engine) -> None:
    failed: list[BaseException] = []
    together = threading.Barrier(2)
    other = open_database(empty.url.render_as_string(hide_password=False))

    def bring_up(engine: Engine) -> None:
        together.wait()
        try:
            migrate(engine)
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=bring_up, args=(engine,)) for engine in (empty, other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.dispose()
    assert failed == []
    check_schema(empty)


def test_a_transaction_that_fails_leaves_nothing(database: Engine) -> None:
    def fail() -> None:
        with writing(database) as connection:
            connection.execute(text("INSERT INTO counters VALUES ('x', 1)"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    with database.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM counters")).scalar() == 0


def test_sqlite_is_durable_and_lets_readers_read(tmp_path: Path) -> None:
    engine = open_database(f"sqlite:///{tmp_path}/x.sqlite")
    with engine.connect() as connection:
        pragmas = {name: connection.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous")}
    engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2}  # 2 = FULL


def test_two_writers_wait_for_each_other(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(text("INSERT INTO counters VALUES ('x', 0)"))

    def count() -> None:
        for _ in range(25):
            with writing(database) as connection:
                connection.execute(text("UPDATE counters SET value = value + 1 WHERE name = 'x'"))

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.connect() as connection:
        assert connection.execute(text("SELECT value FROM counters")).scalar() == 100


zones = st.timezones() | st.just(UTC) | st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))


@given(st.datetimes(datetime.min.replace(year=1971), datetime.min.replace(year=2200), timezones=zones))  # noqa: DTZ901
def test_a_moment_survives_to_the_microsecond_whatever_its_zone(at: datetime) -> None:
    found = from_micros(to_micros(at))
    assert found == at.astimezone(UTC)
    assert found.tzinfo is UTC
