"""What was sent, acknowledged, stored, lost and doubled: between the trackers' own books and the database."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from benchmarks.faults.fleet import Sent
from benchmarks.faults.stage import Stage
from transit.store.database import Connection, DatabaseError
from transit.store.reports import known_fixes
from transit.store.stored_count import stored_count

SETTLES_WITHIN_S = 180.0
LOOK_EVERY_S = 0.3
AT_ONCE = 5_000  # keys of a query
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Counts:
    """Since the last count. doubled: reports that were counted as new more than once."""

    sent: int
    acknowledged: int
    stored: int
    doubled: int

    @property
    def are_equal(self) -> bool:
        return self.sent == self.acknowledged == self.stored and self.doubled == 0


class Books:
    """settle() lets everything come in, counts what was sent since the last time, and closes that chapter."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self._closed: set[int] = set()  # rows by identity: they live as long as the fleet
        self._doubled = 0

    def settle(self, expected_loss: int = 0) -> Counts:
        """expected_loss: so many need not be waited for."""
        fleet = self.stage.fleet
        fleet.is_paused = True
        time.sleep(2 * LOOK_EVERY_S)  # what is being published now is in the books
        rows = [row for row in fleet.sent() if id(row) not in self._closed]
        until = time.monotonic() + SETTLES_WITHIN_S
        acknowledged = stored = doubled = 0
        while time.monotonic() < until:
            acknowledged = fleet.acknowledged(rows)
            try:
                with self.stage.engine.connect() as connection:
                    stored, doubled = _stored(connection, rows), _doubled(connection)
            except DatabaseError:
                continue
            if acknowledged == len(rows) and stored >= len(rows) - expected_loss:
                break
            time.sleep(LOOK_EVERY_S)
        counts = Counts(sent=len(rows), acknowledged=acknowledged, stored=stored, doubled=doubled - self._doubled)
        self._doubled = doubled
        self._closed |= {id(row) for row in rows}
        fleet.is_paused = False
        return counts


def _stored(connection: Connection, rows: list[Sent]) -> int:
    keys = [(row.tracker_id, EPOCH + timedelta(milliseconds=row.fix_ms)) for row in rows]
    return sum(len(known_fixes(connection, keys[at : at + AT_ONCE])) for at in range(0, len(keys), AT_ONCE))


def _doubled(connection: Connection) -> int:
    """By how much the count of reports that were new exceeds the reports that are there."""
    count = stored_count(connection)
    rows = connection.exec_driver_sql("SELECT count(*) FROM reports").scalar()
    return (count.reports if count else 0) - int(rows or 0)
