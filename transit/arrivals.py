"""What a rider sees at a stop: predictions laid over the schedule, each with one honest status."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from transit.network import TripInstance


class ArrivalStatus(StrEnum):
    """The one status vocabulary of pages, API and feeds (shared/design/VOCABULARY_AND_FORMULAS.md, A4)."""

    LIVE = "live"  # fix at most 90 s old
    LIVE_OLD = "live_old"  # 90 to 300 s
    AT_TERMINAL = "at_terminal"  # a bus waits at the first stop, not yet left
    NEXT_TRIP = "next_trip"  # the bus still runs the trip before
    HEADWAY = "headway"  # only "every so many minutes" is known
    SCHEDULED = "scheduled"  # from the timetable, no bus seen
    CANCELLED = "cancelled"
    NOT_RUNNING = "not_running"  # outside the service hours of the calendar, never inferred from missing GPS
    NO_DATA = "no_data"  # service should run, no bus can be seen
    DISRUPTED = "disrupted"  # an alert covers it


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row of a rider's list. Times None where only a headway is known."""

    stop_id: str
    stop_sequence: int
    trip: TripInstance
    route_id: str
    direction_id: int | None
    headsign: str
    status: ArrivalStatus
    at: datetime | None
    low_at: datetime | None = None
    high_at: datetime | None = None
    planned_at: datetime | None = None
    vehicle_id: str | None = None
    reported_at: datetime | None = None  # of the fix behind it
    stops_away: int | None = None
    headway_s: int | None = None
    is_departure: bool = False
