"""Reports that contradict those before: a single wrong fix, a stale point that returns, or two devices under one name.

A report refused as a jump is remembered as a suspect. Suspects that agree take over once nothing supports the believed track:
when no report has agreed with it since, or only its last point was repeated.
"""

from __future__ import annotations

from itertools import pairwise
from math import inf

import msgspec

from transit.plan.geometry import distance_m
from transit.tracking.report import AvlReport

JUMP_SLACK_M = 150.0  # two fixes of a standing bus between tall houses may lie this far apart
REMEMBERED = 12  # reports, refused ones included
APART_M = 300.0  # a point this far from the reports in between was really left
RETURNS = 2  # returns to exactly one point, each from APART_M away, that make it a stale point;
FINE_RETURNS = 1  # with more decimals than COARSE one is enough where it never stood: no vehicle comes back that exactly
COARSE = 4  # decimals: steps of eleven metres, to which a vehicle can come back
BACK_AFTER = 5  # reports in a row at a stale point after which the vehicle is believed to be there
FORGOTTEN_S = 300.0  # a suspect this old says nothing of where a vehicle is now
AGREEING = 2  # agreeing suspects that take over from a believed track without reports
TRACK = 3  # agreeing suspects that take over from a believed track that only repeats its last point
IDLE_S, IDLE_M = 300.0, 150.0  # a believed track that moved less than this in this time is idle
WENT_M = 500.0  # an idle track gives way to a suspects' track that has moved this far
TWO_DEVICES_AFTER = 6  # changes from one track to the other
ZIGZAG = 0.5  # largest ratio of the distances to the last but one and to the last report that points to two devices
TWO_OF_EACH = 4  # alternating reports needed for that
STEADY_AFTER = 2  # after so many returns to a track left before, the followed track is kept until it is silent
SILENT_S = 120.0  # for this long
OVER_S = 3600.0  # a doubt ends after this long without a new sign


def can_have_driven(first: AvlReport, second: AvlReport, max_speed_mps: float) -> bool:
    """Whether one vehicle can have been at both reports: straight, at max_speed_mps, allowing for errors of the fixes."""
    seconds = abs((second.reported_at - first.reported_at).total_seconds())
    slack_m = JUMP_SLACK_M + (first.accuracy_m or 0.0) + (second.accuracy_m or 0.0)
    return distance_m(first.lat, first.lon, second.lat, second.lon) <= max_speed_mps * seconds + slack_m


class Point(msgspec.Struct, array_like=True):
    """A reported place."""

    lat: float
    lon: float


class Suspects(msgspec.Struct, array_like=True):
    """What is remembered of one vehicle's refused and believed reports."""

    points: list[Point] = []  # the last reports', oldest first
    stale: Point | None = None  # the stale point
    stale_run: int = 0  # times in a row that it came
    stale_seen: int = 0  # times that it was refused
    last: AvlReport | None = None  # the newest report refused as a jump
    count: int = 0  # suspects that agree with it
    others: int = 0  # reports of the believed track since then, without repetitions
    swaps: int = 0  # times that the two tracks took turns
    anchor: AvlReport | None = None  # where the believed track has been since
    begun: AvlReport | None = None  # where the suspects' track began
    left: AvlReport | None = None  # the last report of the track that was believed before this one
    swapped_at: float = 0.0  # Unix seconds of the last swap
    stale_at: float = 0.0  # Unix seconds at which the stale point was last refused
    swaps_of_one: int = 0  # of the swaps, those between reports of one tracker; others show that two are on the vehicle

    @property
    def troubles(self) -> tuple[str, ...]:
        """The doubts, as in VehicleState.doubts."""
        is_stale = self.stale is not None and self.stale_seen >= RETURNS
        has_two_devices = self.swaps_of_one >= TWO_DEVICES_AFTER
        return (*(["stale_point"] if is_stale else []), *(["two_devices"] if has_two_devices else []))


def is_jump(suspects: Suspects, report: AvlReport, previous: AvlReport | None, max_speed_mps: float) -> bool:
    """Whether a report contradicts `previous`, the newest believed one, and is refused. Updates suspects in place.

    1. A stale point (is_stale_point): refused.
    2. Too far from `previous` to have been driven, or another device's (_is_the_others): a suspect, and refused, unless
       agreeing suspects take over (is_taken_over).
    3. Else it is believed, which counts against the suspects (note_believed).
    """
    _end_what_is_over(suspects, report)
    if is_stale_point(suspects, report):
        return True
    if previous is not None:
        _note_zigzag(suspects, report, previous)
        if not can_have_driven(previous, report, max_speed_mps) or _is_the_others(suspects, report, previous):
            return not is_taken_over(suspects, report, previous, max_speed_mps)
    note_believed(suspects, report, previous)
    return False


def _end_what_is_over(suspects: Suspects, report: AvlReport) -> None:
    t = report.reported_at.timestamp()
    if suspects.swaps and suspects.swapped_at and t - suspects.swapped_at > OVER_S:
        suspects.swaps, suspects.swaps_of_one, suspects.left = 0, 0, None
    if suspects.stale_at and t - suspects.stale_at > OVER_S:
        suspects.stale, suspects.stale_run, suspects.stale_seen, suspects.stale_at = None, 0, 0, 0.0


def _note_swap(suspects: Suspects, report: AvlReport, previous: AvlReport) -> None:
    suspects.swaps += 1
    suspects.swaps_of_one += report.tracker_id == previous.tracker_id
    suspects.swapped_at = report.reported_at.timestamp()


def _note_zigzag(suspects: Suspects, report: AvlReport, previous: AvlReport) -> None:
    """Notices two devices near each other by their alternation: each report lies near the last but one, not near the last."""
    if len(suspects.points) < TWO_OF_EACH:
        return
    first, second, third, fourth = suspects.points[-TWO_OF_EACH:]
    apart_m = min(_apart_m(fourth, third), _apart_m(second, third))
    if apart_m < APART_M or max(_apart_m(fourth, second), _apart_m(third, first)) > ZIGZAG * apart_m:
        return
    if third == Point(previous.lat, previous.lon):
        _note_swap(suspects, report, previous)
        if suspects.swaps == TWO_DEVICES_AFTER:
            suspects.last, suspects.count, suspects.others, suspects.begun = previous, 1, 1, previous


def _is_the_others(suspects: Suspects, report: AvlReport, previous: AvlReport) -> bool:
    """Whether a report is of the device that is not followed, where two are known."""
    last = suspects.last
    if last is None or suspects.swaps < TWO_DEVICES_AFTER:
        return False
    if (report.reported_at - last.reported_at).total_seconds() > FORGOTTEN_S:
        return False
    own_m = distance_m(previous.lat, previous.lon, report.lat, report.lon)
    return own_m > APART_M and distance_m(last.lat, last.lon, report.lat, report.lon) < ZIGZAG * own_m


def _apart_m(here: Point, there: Point) -> float:
    return distance_m(here.lat, here.lon, there.lat, there.lon)


def is_stale_point(suspects: Suspects, report: AvlReport) -> bool:
    """Whether a report repeats a stale point. Updates suspects in place."""
    point = Point(report.lat, report.lon)
    own = _own_points(suspects, report)
    returns, is_held = _returns(own, point), (point, point) in pairwise(own)
    suspects.points = [*suspects.points, point][-REMEMBERED:]
    if suspects.stale == point:
        suspects.stale_run += 1
        if suspects.stale_run >= BACK_AFTER:
            suspects.stale, suspects.stale_run, suspects.points = None, 0, [point]
            return False
        suspects.stale_seen += 1
        suspects.stale_at = report.reported_at.timestamp()
        return True
    suspects.stale_run = 0
    if returns >= (RETURNS if is_held or _is_coarse(point) else FINE_RETURNS):
        suspects.stale, suspects.stale_run = point, 1
        suspects.stale_seen += 1
        suspects.stale_at = report.reported_at.timestamp()
        return True
    return False


def _own_points(suspects: Suspects, report: AvlReport) -> list[Point]:
    """The remembered points, without those of the other device where two are known: a vehicle that stands has not left its
    point because another device reports in between.
    """
    last = suspects.last
    if last is None or suspects.swaps < TWO_DEVICES_AFTER:
        return suspects.points
    if (report.reported_at - last.reported_at).total_seconds() > FORGOTTEN_S:
        return suspects.points
    here, there = Point(report.lat, report.lon), Point(last.lat, last.lon)
    return [point for point in suspects.points if _apart_m(point, there) >= ZIGZAG * _apart_m(point, here)]


def _is_coarse(point: Point) -> bool:
    return (round(point.lat, COARSE), round(point.lon, COARSE)) == (point.lat, point.lon)


def _returns(points: list[Point], point: Point) -> int:
    """How often the reports returned to exactly this point from APART_M away, this time included."""
    count, away = 0, 0.0
    for other in reversed(points):
        if other == point:
            count += away >= APART_M
            away = 0.0
        else:
            away = max(away, distance_m(other.lat, other.lon, point.lat, point.lon))
    return count


def note_believed(suspects: Suspects, report: AvlReport, previous: AvlReport | None) -> None:
    """Counts a believed report against the suspects, unless it only repeats the point before. Updates suspects in place."""
    anchor = suspects.anchor
    if anchor is None or distance_m(anchor.lat, anchor.lon, report.lat, report.lon) > IDLE_M:
        suspects.anchor = report
    if suspects.last is None:
        return
    if (report.reported_at - suspects.last.reported_at).total_seconds() > FORGOTTEN_S:
        suspects.last, suspects.count, suspects.others = None, 0, 0
    elif previous is None or (report.lat, report.lon) != (previous.lat, previous.lon):
        suspects.others += 1


def is_taken_over(suspects: Suspects, report: AvlReport, previous: AvlReport, max_speed_mps: float) -> bool:
    """Whether a report that jumps from the believed track takes over; if not, it becomes a suspect.

    Where the tracks have alternated before, the followed one must first be silent for SILENT_S, or idle.
    """
    last = suspects.last
    age = inf if last is None else (report.reported_at - last.reported_at).total_seconds()
    agrees = last is not None and 0.0 < age <= FORGOTTEN_S and can_have_driven(last, report, max_speed_mps)
    if agrees:
        if suspects.others > 0:
            _note_swap(suspects, report, previous)
        needed = TRACK if _repeats(suspects) else AGREEING
        silent_s = (report.reported_at - previous.reported_at).total_seconds()
        is_free = suspects.swaps < STEADY_AFTER or silent_s >= SILENT_S
        if (is_free and suspects.others == 0 and suspects.count + 1 >= needed) or _drives_instead(suspects, report):
            if suspects.left is not None and _is_recent(suspects.left, report, max_speed_mps):
                _note_swap(suspects, report, previous)
            suspects.last, suspects.count, suspects.anchor, suspects.begun = None, 0, report, None
            suspects.left = previous
            return True
    else:
        suspects.begun = report
    suspects.count = suspects.count + 1 if agrees else 1
    suspects.others = 0
    suspects.last = report
    return False


def _is_recent(left: AvlReport, report: AvlReport, max_speed_mps: float) -> bool:
    """Whether a report continues the track that was left."""
    age_s = (report.reported_at - left.reported_at).total_seconds()
    return 0.0 < age_s <= FORGOTTEN_S and can_have_driven(left, report, max_speed_mps)


def _drives_instead(suspects: Suspects, report: AvlReport) -> bool:
    """Whether the believed track is idle while the other one drives: a device at home, and one in the bus."""
    idle, begun = suspects.anchor, suspects.begun
    if idle is None or begun is None or suspects.count + 1 < TRACK:
        return False
    is_idle = (report.reported_at - idle.reported_at).total_seconds() >= IDLE_S
    return is_idle and distance_m(begun.lat, begun.lon, report.lat, report.lon) >= WENT_M


def _repeats(suspects: Suspects) -> bool:
    """Whether the report before this one lay elsewhere than the last suspect, so that the believed track still reports."""
    between = suspects.points[-2:-1]
    last = suspects.last
    return bool(between) and last is not None and between[0] != Point(last.lat, last.lon)
