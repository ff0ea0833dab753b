"""What is done once a day, in the small hours: the scorecard of the day before."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime

from gps_ingest.operations.supervisor import Supervisor

SCORED_AT_HOUR_UTC = 19  # 02:00 in Binjai


class DailyScorecard:
    """Looked at by Supervisor.watch(): starts the command once a day and never ends the watch."""

    def __init__(self, supervisor: Supervisor, clock: Callable[[], datetime], command: Sequence[str]) -> None:
        self.supervisor, self.clock, self.command = supervisor, clock, command
        self.done: date | None = None

    def __call__(self) -> bool:
        now = self.clock()
        if now.hour == SCORED_AT_HOUR_UTC and self.done != now.date():
            self.done = now.date()
            self.supervisor.start("scorecard", self.command, restarts=False)
        return False
