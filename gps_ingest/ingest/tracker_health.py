"""What is known of the trackers: how wrong their clocks are, when they last reported, what was wrong with that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from gps_ingest.decoder import NOBODY, TrackerFix
from transit.operations.tracker_health import TrackerHealth
from transit.store.database import Connection
from transit.store.trackers import save_tracker_health
from transit.store.upsert import Row
from transit.tracking.tracker_clock import TrackerClock

MOST_TRACKERS = 20_000  # somebody who invents ids must not fill the memory: further ones are counted under one name


@dataclass
class TrackerNews:
    """What one batch brought of a tracker."""

    online: bool | None = None
    last_received_at: datetime | None = None
    last_fix_at: datetime | None = None
    battery_pct: float | None = None
    accepted: int = 0
    last_error: str | None = None
    last_error_at: datetime | None = None

    def note_message(self, online: bool | None, received_at: datetime, *, is_retained: bool) -> None:
        """A retained message is an old one: it says whether the tracker is connected, and not that it lives."""
        if online is not None:
            self.online = online
        if not is_retained:
            self.last_received_at = received_at


class TrackerClocks:
    """The clock of each tracker, of so many trackers at most."""

    def __init__(self, health: Iterable[TrackerHealth] = (), most: int = MOST_TRACKERS) -> None:
        self._most = most
        self._clocks = {row.tracker_id: TrackerClock(row.clock_offset_s or 0.0) for row in health}

    def admit(self, tracker_id: str, *, is_mapped: bool) -> str:
        """The tracker_id under which it is counted: its own, or NOBODY's where too many are known and it has no vehicle."""
        if tracker_id not in self._clocks and len(self._clocks) >= self._most and not is_mapped:
            tracker_id = NOBODY
        self._clocks.setdefault(tracker_id, TrackerClock())
        return tracker_id

    def note_live_fix(self, tracker_id: str, newest: TrackerFix, received_at: datetime) -> None:
        """newest: the newest fix of a message that was not retained."""
        self._clocks[tracker_id].hear(newest.tracker_at or newest.fix_at, received_at)

    def correction(self, tracker_id: str) -> timedelta:
        return self._clocks[tracker_id].correction

    def save_health(self, connection: Connection, trackers: Mapping[str, TrackerNews]) -> None:
        rows = [_health_row(tracker_id, news, self._clocks[tracker_id]) for tracker_id, news in trackers.items()]
        save_tracker_health(connection, rows)


def _health_row(tracker_id: str, news: TrackerNews, clock: TrackerClock) -> Row:
    error, error_at = news.last_error, news.last_error_at
    if clock.offset_s and not clock.is_corrected and error is None:
        wrong = timedelta(seconds=abs(round(clock.offset_s)))
        error = f"the clock is {wrong} {'behind' if clock.offset_s > 0 else 'ahead'}: too much to correct; set it"
        error_at = news.last_received_at
    return {
        "tracker_id": tracker_id,
        "online": news.online,
        "status_at": news.last_received_at if news.online is not None else None,
        "last_received_at": news.last_received_at,
        "last_fix_at": news.last_fix_at,
        "clock_offset_s": clock.offset_s if clock.is_corrected else 0.0,
        "battery_pct": news.battery_pct,
        "accepted": news.accepted,
        "last_error": error,
        "last_error_at": error_at,
    }
