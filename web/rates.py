"""How often somebody may do something, remembered in this worker only and forgotten within minutes."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from threading import Lock

MOST_REMEMBERED = 10_000  # networks: beyond that all are forgotten, and whoever comes begins anew


class Rate:
    """At most so many times within a span, for each key."""

    def __init__(self, times: int, span: timedelta) -> None:
        self.times, self.span = times, span
        self._moments: dict[str, deque[datetime]] = {}
        self._lock = Lock()

    def allows(self, key: str, now: datetime) -> bool:
        """True, and it counts; False where it was too often."""
        with self._lock:
            if len(self._moments) > MOST_REMEMBERED:
                self._moments.clear()
            moments = self._moments.setdefault(key, deque(maxlen=self.times))
            if len(moments) == self.times and timedelta(0) <= now - moments[0] < self.span:
                return False
            moments.append(now)
            return True
