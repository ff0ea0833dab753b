"""Old facts go in small steps between the batches, so small that no report waits for them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from time import perf_counter

from transit.store.database import Engine, writing
from transit.store.retention import FORGETTERS, Retention, forget_some

AIM_S = 0.015  # of a step: a batch waits for no more than this, and a slow disk has three times as much
FIRST_ROWS, LEAST_ROWS, MOST_ROWS = 50, 10, 250  # 60,000 a minute; with 2,000 what SQLite puts off comes at once
STEP_EVERY_S = 0.25  # while there is something to forget: 4 steps a second of some hundred rows each, where 500 buses bring 100
LOOK_EVERY_S = 60.0  # whether there is, after all kinds had nothing left


class Forgetting:
    """step() is called between batches; it is due rarely, and does one kind's next rows."""

    def __init__(
        self,
        engine: Engine,
        retention: Retention,
        clock: Callable[[], datetime],
        stopwatch_s: Callable[[], float] = perf_counter,
    ) -> None:
        """stopwatch_s: tells how long a step took."""
        self.engine, self.retention, self.clock, self._stopwatch_s = engine, retention, clock, stopwatch_s
        self.rows = FIRST_ROWS
        self._kinds = list(FORGETTERS)
        self._due_at = 0.0

    def step(self, monotonic_s: float) -> int:
        """Deletes some rows, where it is time to; returns how many. Raises DatabaseError."""
        if monotonic_s < self._due_at:
            return 0
        self._due_at = monotonic_s + STEP_EVERY_S
        kind = self._kinds[0]
        started_s = self._stopwatch_s()
        with writing(self.engine) as connection:
            gone = forget_some(connection, kind, self.retention, self.clock(), self.rows)
        self._pace(gone, self._stopwatch_s() - started_s)
        if gone < self.rows // 2:  # the kind has nothing left; the next one's turn
            self._kinds.pop(0)
        if not self._kinds:
            self._kinds = list(FORGETTERS)
            self._due_at = monotonic_s + LOOK_EVERY_S
        return gone

    def _pace(self, gone: int, seconds: float) -> None:
        """As many rows as fit into the aim; slower at once, faster by and by."""
        if seconds > AIM_S:
            self.rows = max(LEAST_ROWS, int(self.rows * max(0.25, AIM_S / seconds)))
        elif gone >= self.rows:
            self.rows = min(MOST_ROWS, self.rows + max(5, self.rows // 5))
