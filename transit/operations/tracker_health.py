"""What is known of a tracker: its vehicle, its last report, its clock offset and its refusals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from transit.operations.complaints import Complaint
from transit.operations.recent_outcomes import NOTHING_YET, RecentOutcomes

HEARD_WITHIN = timedelta(hours=1)  # the clock, the battery and the place of a tracker silent for longer are not judged


@dataclass(frozen=True, slots=True)
class TrackerHealth:
    """A tracker now. shared_with: other trackers mapped to the same vehicle, by mistake."""

    tracker_id: str
    vehicle_id: str | None
    mapped_at: datetime | None = None  # since when it is on that vehicle
    online: bool | None = None  # its connection, as the broker sees it; no word about its GPS
    first_received_at: datetime | None = None
    last_received_at: datetime | None = None
    last_fix_at: datetime | None = None
    clock_offset_s: float | None = None  # our clock minus the tracker's where that is steady; 0: right, None: not known
    clock_step_s: float | None = None  # the last step of the offset: its clock, or ours, was set by so much
    clock_step_at: datetime | None = None
    accepted: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)  # reason -> count
    last_error: Complaint | None = None
    last_error_at: datetime | None = None
    battery_pct: float | None = None
    shared_with: tuple[str, ...] = ()
    recent: RecentOutcomes = NOTHING_YET

    def is_heard(self, now: datetime) -> bool:
        """Whether anything came of it within HEARD_WITHIN."""
        return self.last_received_at is not None and abs(now - self.last_received_at) <= HEARD_WITHIN
