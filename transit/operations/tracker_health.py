"""What is known of a tracker: what it is on, when it was heard, how wrong its clock is, what of it was refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from transit.operations.complaints import Complaint
from transit.operations.recent_outcomes import NOTHING_YET, RecentOutcomes


@dataclass(frozen=True, slots=True)
class TrackerHealth:
    """A tracker as seen now. shared_with: the other trackers mapped to the same vehicle, which is a mistake of somebody."""

    tracker_id: str
    vehicle_id: str | None
    mapped_at: datetime | None = None  # since when it is on that vehicle
    online: bool | None = None  # what the broker says of its connection; says nothing of its GPS
    first_received_at: datetime | None = None
    last_received_at: datetime | None = None
    last_fix_at: datetime | None = None
    clock_offset_s: float | None = None  # our clock minus the tracker's, where it is steadily wrong; 0 right, None not known
    clock_step_s: float | None = None  # by how much its clock, or ours, was last seen to be set
    clock_step_at: datetime | None = None
    accepted: int = 0
    refusals: Mapping[str, int] = field(default_factory=dict)  # reason -> how many
    last_error: Complaint | None = None
    last_error_at: datetime | None = None
    battery_pct: float | None = None
    shared_with: tuple[str, ...] = ()
    recent: RecentOutcomes = NOTHING_YET
