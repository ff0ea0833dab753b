"""What ingest asks inside of its transaction is found by an index, however many reports there are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, text

from tests.builders import SEVEN
from transit.store.database import Connection, Engine, writing
from transit.store.reports import CHUNK, known_fixes, newest_fix_at, save_reports
from transit.store.upsert import Row

TRACKERS = 6
EACH = 5000  # rows of a tracker: enough that reading all of them would be the worse plan
FIX_S = 5


def fix(tracker: int, n: int) -> tuple[str, Any]:
    return f"T{tracker}", SEVEN + timedelta(seconds=FIX_S * n)


def a_row(tracker_id: str, fix_at: Any) -> Row:
    return {
        "tracker_id": tracker_id, "fix_at": fix_at, "tracker_at": None, "received_at": fix_at, "reported_at": fix_at,
        "vehicle_id": "BUS1", "lat": 3.6, "lon": 98.5, "bearing": None, "speed_mps": None, "odometer_m": None,
        "accuracy_m": None, "battery_pct": None, "seq": None, "status": "on_trip",
    }  # fmt: skip


@pytest.fixture
def old(database: Engine) -> Engine:
    """A database in which reports have piled up, with the statistics that it would have then."""
    with writing(database) as connection:
        save_reports(connection, [a_row(*fix(tracker, n)) for tracker in range(TRACKERS) for n in range(EACH)])
        connection.execute(text("ANALYZE"))
    return database


@contextmanager
def plans(connection: Connection) -> Iterator[list[str]]:
    """The plan of each statement that is run inside, as the database itself tells it."""
    told: list[str] = []
    word = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "

    def explain(_: Any, cursor: Any, statement: str, parameters: Any, *__: Any) -> None:
        if statement.startswith("SELECT"):
            cursor.execute(word + statement, parameters)
            told.append("\n".join(str(row[-1]) for row in cursor.fetchall()))

    event.listen(connection, "before_cursor_execute", explain)
    yield told
    event.remove(connection, "before_cursor_execute", explain)


def is_by_index(plan: str) -> bool:
    """By both columns of the key, and without reading the table or the index from end to end."""
    by_sqlite = "USING COVERING INDEX" in plan and "(tracker_id=? AND fix_at=?)" in plan
    by_postgresql = "Index" in plan and "Index Cond: ((tracker_id = " in plan and "(fix_at = " in plan
    return (by_sqlite or by_postgresql) and "SCAN" not in plan and "Seq Scan" not in plan


@pytest.mark.parametrize("count", [1, CHUNK, CHUNK + 1])
def test_late_and_repeated_fixes_are_looked_up_by_the_index(old: Engine, count: int) -> None:
    asked = [fix(n % TRACKERS, n // TRACKERS) for n in range(count)]
    with old.connect() as connection, plans(connection) as found:
        assert known_fixes(connection, asked) == set(asked)
    assert len(found) == min(count, TRACKERS)
    assert [plan for plan in found if not is_by_index(plan)] == []


def test_a_plan_that_reads_everything_is_seen(old: Engine) -> None:
    with old.connect() as connection, plans(connection) as found:
        connection.execute(text("SELECT fix_at FROM reports WHERE (tracker_id || '') = 'T1' AND lat > 100"))
    assert not is_by_index(found[0])


def test_what_is_not_stored_is_not_known(old: Engine) -> None:
    stored, never, of_another = fix(1, 7), fix(1, EACH), ("T99", SEVEN)
    with old.connect() as connection:
        assert known_fixes(connection, [stored, never, of_another]) == {stored}
        assert known_fixes(connection, []) == set()


def test_the_newest_fix_of_a_tracker_is_found_by_the_index(old: Engine) -> None:
    with old.connect() as connection, plans(connection) as found:
        assert newest_fix_at(connection, "T3") == fix(3, EACH - 1)[1]
    assert "SCAN" not in found[0]
    assert "Seq Scan" not in found[0]
