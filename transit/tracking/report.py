"""A vehicle's position as it was reported, and the reasons for which a report is refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from transit.plan.geometry import Area

MAX_AHEAD = timedelta(seconds=60)  # a corrected clock may still be wrong by this much
MAX_AGE = timedelta(days=7)  # covers the buffer of a long weekend; an older date is wrong (GPS week rollover)
MAX_ACCURACY_M = 100.0  # worse fixes come from mobile masts and may lie streets away
NULL_ISLAND_DEG = 0.001  # a tracker without a fix says 0/0
RHYTHM_S = 10.0  # fixes that come more often share their noise: together they count as one in this time


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
    """Why a well-formed report moves no vehicle. The value is counted and shown."""

    DUPLICATE = "duplicate"
    FUTURE = "future"
    TOO_OLD = "too_old"
    OUT_OF_RANGE = "out_of_range"
    OUT_OF_ORDER = "out_of_order"
    OTHER_TRACKER = "other_tracker"  # a second tracker of the vehicle has reported for that moment already
    NULL_ISLAND = "null_island"
    OUT_OF_AREA = "out_of_area"
    INACCURATE = "inaccurate"
    JUMP = "jump"
    UNMAPPED = "unmapped"


def screen(report: AvlReport, previous: AvlReport | None, now: datetime, *, area: Area) -> Rejection | None:
    """Why a report must not move its vehicle, by its place and time; None: it may (for jumps: transit.tracking.suspects).

    previous: the newest report of the vehicle that was not refused. OUT_OF_ORDER, OTHER_TRACKER and DUPLICATE reports (not
    newer than previous) are true and are stored; only the vehicle must not go back.
    """
    return _screen_place(report, area) or _screen_time(report, previous, now)


def _screen_place(report: AvlReport, area: Area) -> Rejection | None:
    lat, lon = report.lat, report.lon
    if not (-90.0 <= lat <= 90.0 and -180.0 <= lon <= 180.0):  # false for NaN, too
        return Rejection.OUT_OF_RANGE
    if abs(lat) < NULL_ISLAND_DEG and abs(lon) < NULL_ISLAND_DEG:
        return Rejection.NULL_ISLAND
    if not area.contains(lat, lon):
        return Rejection.OUT_OF_AREA
    if report.accuracy_m is not None and not report.accuracy_m <= MAX_ACCURACY_M:
        return Rejection.INACCURATE
    return None


def _screen_time(report: AvlReport, previous: AvlReport | None, now: datetime) -> Rejection | None:
    age = now - report.reported_at
    if age < -MAX_AHEAD:
        return Rejection.FUTURE
    if age > MAX_AGE:
        return Rejection.TOO_OLD
    if previous is None or report.reported_at > previous.reported_at:
        return None
    if report.reported_at != previous.reported_at:
        return Rejection.OUT_OF_ORDER
    return Rejection.DUPLICATE if report.tracker_id == previous.tracker_id else Rejection.OTHER_TRACKER
