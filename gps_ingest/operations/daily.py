"""What is done once a day, in the small hours: the scorecard of the day before, and the open archive."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from gps_ingest.operations.supervisor import Child, Supervisor

SCORED_AT_HOUR_UTC = 19  # 02:00 in Binjai
ARCHIVED_AT_HOUR_UTC = 20  # 03:00 there: one after the other, on a small machine
FAILED_WAIT_S = (300.0, 3600.0)  # what failed fails again in a second: no network is loaded, the database is broken


class DailyCommand:
    """Looked at by Supervisor.watch(): starts the command once a day and never ends the watch."""

    def __init__(
        self, supervisor: Supervisor, clock: Callable[[], datetime], name: str, command: Sequence[str], hour_utc: int
    ) -> None:
        self.supervisor, self.clock, self.name, self.command, self.hour_utc = supervisor, clock, name, command, hour_utc
        self.done: date | None = None
        self.child: Child | None = None

    def __call__(self) -> bool:
        now = self.clock()
        if now.hour == self.hour_utc and self.done != now.date():
            self.done = now.date()
            if self.child is not None:  # yesterday's has ended long ago, or fails to this day
                self.supervisor.forget(self.child)
            self.child = self.supervisor.start(self.name, self.command, restarts=False, backoff_s=FAILED_WAIT_S)
        return False
