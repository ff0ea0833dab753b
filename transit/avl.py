"""A vehicle's position as it was reported, and the reasons for which a report is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class AvlReport:
    """One fix of a vehicle. reported_at is the time of the fix after correction of the tracker's clock, received_at ours."""

    vehicle_id: str
    tracker_id: str
    reported_at: datetime
    received_at: datetime
    lat: float
    lon: float
    bearing: float | None = None  # degrees clockwise from north, 0 <= bearing < 360
    speed_mps: float | None = None
    odometer_m: float | None = None
    accuracy_m: float | None = None


class Rejection(StrEnum):
    """Why a well-formed report drives nothing. The value is what is counted and shown."""

    DUPLICATE = "duplicate"
    FUTURE = "future"
    TOO_OLD = "too_old"
    OUT_OF_ORDER = "out_of_order"
    NULL_ISLAND = "null_island"
    OUT_OF_AREA = "out_of_area"
    INACCURATE = "inaccurate"
    JUMP = "jump"
    UNMAPPED = "unmapped"
