"""What is known of the trackers: how wrong their clocks are, when they last reported, what was wrong with that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from gps_ingest.decoder import NOBODY, TrackerFix
from transit.operations import complaints, recent_outcomes
from transit.operations.complaints import Complaint
from transit.operations.recent_outcomes import NOTHING_YET, RecentOutcomes
from transit.operations.tracker_health import TrackerHealth
from transit.store.database import Connection
from transit.store.trackers import save_tracker_health
from transit.store.upsert import Row
from transit.tracking.tracker_clock import TrackerClock

MOST_UNKNOWN = 500  # trackers on no vehicle that are kept apart; others share a name: invented ones must not fill the memory


@dataclass
class TrackerNews:
    """What one batch brought of a tracker."""

    online: bool | None = None
    last_received_at: datetime | None = None
    last_fix_at: datetime | None = None
    battery_pct: float | None = None
    accepted: int = 0
    last_error: Complaint | None = None
    last_error_at: datetime | None = None
    outcomes: Counter[str] = field(default_factory=Counter)  # statuses and reasons of refusals

    def note_message(self, online: bool | None, received_at: datetime, *, is_retained: bool) -> None:
        """A retained message is an old one: it says whether the tracker is connected, and not that it lives."""
        if online is not None:
            self.online = online
        if not is_retained:
            self.last_received_at = received_at


@dataclass
class TrackerMemory:
    """What ingest keeps of a tracker between two batches."""

    clock: TrackerClock
    recent: RecentOutcomes = NOTHING_YET


class TrackerMemories:
    """The memory of each tracker; of those that are on no vehicle, of so many at most."""

    def __init__(self, health: Iterable[TrackerHealth] = (), most: int = MOST_UNKNOWN) -> None:
        health = list(health)
        self._most = most
        self._unknown = {row.tracker_id for row in health if row.vehicle_id is None}
        self._trackers = {row.tracker_id: TrackerMemory(TrackerClock(row.clock_offset_s), row.recent) for row in health}

    def admit(self, tracker_id: str, *, is_mapped: bool) -> str:
        """The tracker_id under which a message is counted: its own, or NOBODY where it is on no vehicle and too many such
        trackers are known.
        """
        if is_mapped:
            self._unknown.discard(tracker_id)
        elif tracker_id not in self._unknown and tracker_id not in self._trackers:
            if len(self._unknown) >= self._most:
                tracker_id = NOBODY
            else:
                self._unknown.add(tracker_id)
        if tracker_id not in self._trackers:
            self._trackers[tracker_id] = TrackerMemory(TrackerClock())
        return tracker_id

    def note_live_fix(self, tracker_id: str, newest: TrackerFix, received_at: datetime) -> None:
        """newest: the newest fix of a message that was not retained."""
        self._trackers[tracker_id].clock.hear(newest.tracker_at or newest.fix_at, received_at)

    def correction(self, tracker_id: str, fix_at: datetime, received_at: datetime) -> timedelta:
        return self._trackers[tracker_id].clock.correction(fix_at, received_at)

    def save_health(self, connection: Connection, trackers: Mapping[str, TrackerNews], now: datetime) -> None:
        rows = []
        for tracker_id, news in trackers.items():
            memory = self._trackers[tracker_id]
            memory.recent = memory.recent.with_more(news.outcomes, now, memory.clock.offset_s)
            rows.append(_health_row(tracker_id, news, memory))
        save_tracker_health(connection, rows)


def _health_row(tracker_id: str, news: TrackerNews, memory: TrackerMemory) -> Row:
    return {
        "tracker_id": tracker_id,
        "online": news.online,
        "status_at": news.last_received_at if news.online is not None else None,
        "first_received_at": news.last_received_at,
        "last_received_at": news.last_received_at,
        "last_fix_at": news.last_fix_at,
        "clock_offset_s": memory.clock.offset_s,
        "clock_step_s": memory.clock.step_s,
        "clock_step_at": memory.clock.step_at,
        "battery_pct": news.battery_pct,
        "accepted": news.accepted,
        "last_error": None if news.last_error is None else complaints.encode_complaint(news.last_error),
        "last_error_at": news.last_error_at,
        "recent": recent_outcomes.encode_outcomes(memory.recent),
    }
