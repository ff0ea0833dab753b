"""Reports that cannot be the same vehicle's as those before: one wrong fix, a stale point that comes again, two devices.

What is refused as a jump is remembered across the reports that are not. It takes over when nothing speaks for the other
place any more: when no report agreed with that since, or only the very same point again and again.
"""

from __future__ import annotations

from math import inf

import msgspec

from transit.plan.geometry import distance_m
from transit.tracking.report import AvlReport, can_have_driven

REMEMBERED = 12  # reports, refused ones included
APART_M = 300.0  # a point this far from the reports in between was left, not trembled about
RETURNS = 2  # to the very same point, each time from far away: no vehicle does that
BACK_AFTER = 5  # times running at a distrusted point, and the vehicle is there
FORGOTTEN_S = 300.0  # a suspect this old says nothing of where a vehicle is now
AGREEING = 2  # suspects that agree with each other outweigh silence of the believed track,
TRACK = 3  # and so many a point that only repeats itself
IDLE_S, IDLE_M = 300.0, 150.0  # a believed track that has gone no further for so long
WENT_M = 500.0  # gives way to one that has gone so far meanwhile
TWO_DEVICES_AFTER = 6  # changes from one track to the other


class Point(msgspec.Struct, array_like=True):
    """A reported place."""

    lat: float
    lon: float


class Suspects(msgspec.Struct, array_like=True):
    """What is remembered of one vehicle."""

    points: list[Point] = []  # the last reports', oldest first
    stale: Point | None = None  # a point that is not believed
    stale_run: int = 0  # how often it came running
    stale_seen: int = 0  # how often it was refused altogether
    last: AvlReport | None = None  # the newest report refused as a jump
    count: int = 0  # suspects that agree with it
    others: int = 0  # reports since that track began that agree with the believed one, and are not just its last point again
    swaps: int = 0  # times that the two tracks took turns
    anchor: AvlReport | None = None  # where the believed track has been since
    begun: AvlReport | None = None  # where the suspects' track began

    @property
    def troubles(self) -> tuple[str, ...]:
        """What the operator learns of it."""
        is_stale = self.stale is not None and self.stale_seen >= RETURNS
        has_two_devices = self.swaps >= TWO_DEVICES_AFTER
        return (*(["stale_point"] if is_stale else []), *(["two_devices"] if has_two_devices else []))


def is_jump(suspects: Suspects, report: AvlReport, previous: AvlReport | None, max_speed_mps: float) -> bool:
    """Whether a report cannot be the same vehicle's as `previous`, the newest that was believed. Remembers what it saw.

    1. An old point that comes again and again (is_stale_point): refused.
    2. Too far from `previous` to have been driven: a suspect, unless suspects that agree take over (is_taken_over).
    3. Else it is believed, and speaks against the suspects (note_believed).
    """
    if is_stale_point(suspects, report):
        return True
    if previous is not None and not can_have_driven(previous, report, max_speed_mps):
        return not is_taken_over(suspects, report, max_speed_mps)
    note_believed(suspects, report, previous)
    return False


def is_stale_point(suspects: Suspects, report: AvlReport) -> bool:
    """Whether a report only repeats an old point, to which the vehicle cannot have gone back each time. Remembers it."""
    point = Point(report.lat, report.lon)
    returns = _returns(suspects.points, point)
    suspects.points = [*suspects.points, point][-REMEMBERED:]
    if suspects.stale == point:
        suspects.stale_run += 1
        if suspects.stale_run >= BACK_AFTER:
            suspects.stale, suspects.stale_run, suspects.points = None, 0, [point]
            return False
        suspects.stale_seen += 1
        return True
    suspects.stale_run = 0
    if returns >= RETURNS:
        suspects.stale, suspects.stale_run = point, 1
        suspects.stale_seen += 1
        return True
    return False


def _returns(points: list[Point], point: Point) -> int:
    """How often the reports came back to exactly this point from far away, now included."""
    count, away = 0, 0.0
    for other in reversed(points):
        if other == point:
            count += away >= APART_M
            away = 0.0
        else:
            away = max(away, distance_m(other.lat, other.lon, point.lat, point.lon))
    return count


def note_believed(suspects: Suspects, report: AvlReport, previous: AvlReport | None) -> None:
    """A report was taken: the suspects' track loses by it, unless it only repeats the point before."""
    anchor = suspects.anchor
    if anchor is None or distance_m(anchor.lat, anchor.lon, report.lat, report.lon) > IDLE_M:
        suspects.anchor = report
    if suspects.last is None:
        return
    if (report.reported_at - suspects.last.reported_at).total_seconds() > FORGOTTEN_S:
        suspects.last, suspects.count, suspects.others = None, 0, 0
    elif previous is None or (report.lat, report.lon) != (previous.lat, previous.lon):
        suspects.others += 1


def is_taken_over(suspects: Suspects, report: AvlReport, max_speed_mps: float) -> bool:
    """Whether a report that jumps from the believed track is believed all the same. Remembers it as a suspect if not."""
    last = suspects.last
    age = inf if last is None else (report.reported_at - last.reported_at).total_seconds()
    agrees = last is not None and 0.0 < age <= FORGOTTEN_S and can_have_driven(last, report, max_speed_mps)
    if agrees:
        suspects.swaps += suspects.others > 0
        needed = TRACK if _repeats(suspects) else AGREEING
        if (suspects.others == 0 and suspects.count + 1 >= needed) or _drives_instead(suspects, report):
            suspects.last, suspects.count, suspects.anchor, suspects.begun = None, 0, report, None
            return True
    else:
        suspects.begun = report
    suspects.count = suspects.count + 1 if agrees else 1
    suspects.others = 0
    suspects.last = report
    return False


def _drives_instead(suspects: Suspects, report: AvlReport) -> bool:
    """Whether the believed track goes nowhere while the other one drives: a device that lies at home, and one in the bus."""
    idle, begun = suspects.anchor, suspects.begun
    if idle is None or begun is None or suspects.count + 1 < TRACK:
        return False
    is_idle = (report.reported_at - idle.reported_at).total_seconds() >= IDLE_S
    return is_idle and distance_m(begun.lat, begun.lon, report.lat, report.lon) >= WENT_M


def _repeats(suspects: Suspects) -> bool:
    """Whether the report before this one lay elsewhere than the last suspect: the believed track still reports."""
    between = suspects.points[-2:-1]
    last = suspects.last
    return bool(between) and last is not None and between[0] != Point(last.lat, last.lon)
