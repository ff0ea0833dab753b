"""Whether the accuracy that a tracker sends agrees with where its fixes lie.

Some trackers always send 500 m although their fixes lie on the road, others 3 m although their fixes scatter over blocks.
"""

from __future__ import annotations

from math import atan2, degrees, hypot, sqrt

import msgspec

from transit.plan.geometry import distance_m, turn_deg
from transit.tracking.report import AvlReport

ON_LINE_M = 25.0  # a fix that errs by hundreds of metres lies so near to a line of the network only by chance
APART_M = 60.0  # a fix nearer to the one before is no new evidence
JUMP_M = 50.0  # a fix this far beyond what the vehicle can have driven confirms that it is rough
ENOUGH = 8.0  # rough fixes needed, APART_M from each other
LOST_FROM, WON_BELOW = 0.8, 0.5  # shares of them on a line from which the accuracy is distrusted, and below which trusted again
LONG_WINDOW = 40.0  # about the last so many fixes count
AFTER_A_GOOD_ONE = 0.5  # factor on the count at an exact fix: a tracker that sends both kinds probably tells them apart,
BETWEEN_SHARE = 0.25  # unless the rough one lies within this share of its accuracy of the way between two exact ones:
# of fixes that really err so much three of ten do
BETWEEN_S = 180.0  # such two are at most so long apart; in a longer time a vehicle may have gone elsewhere and come back

LEG_M, LEG_S = 40.0, 60.0  # two fixes at least so far and at most so long apart have a direction
GOES_ON_DEG, TURNS_DEG = 50.0, 100.0  # buses turn corners, but not at each fix
LEGS_ENOUGH = 12.0  # pairs of legs needed for a judgement
SCATTERS_FROM, CALM_BELOW = 0.4, 0.2  # shares of sharp turns from which a tracker scatters, and below which it no longer does
GOOD_M = 30.0  # only fixes with this accuracy or better are judged
SCATTER_M = 75.0  # accuracy assumed for a tracker that scatters: as between tall houses


class AccuracyTrust(msgspec.Struct, array_like=True):
    """The evidence on one vehicle's tracker; another tracker starts without evidence."""

    tracker_id: str = ""
    last: AvlReport | None = None  # the last rough fix that counted
    on_line: float = 0.0
    rough: float = 0.0
    is_too_poor: bool = False  # it says that its fixes are rough, and they are not
    leg: tuple[float, float] | None = None  # metres east and north between the two fixes before
    turned: float = 0.0
    legs: float = 0.0
    is_too_good: bool = False  # it says that its fixes are exact, and they scatter
    exact: AvlReport | None = None  # the last exact fix
    doubted: AvlReport | None = None  # the last rough fix since then

    @property
    def doubts(self) -> tuple[str, ...]:
        """The doubts, as in VehicleState.doubts."""
        return (*(["accuracy_poor"] if self.is_too_poor else []), *(["accuracy_good"] if self.is_too_good else []))


def of_tracker(trust: AccuracyTrust | None, tracker_id: str) -> AccuracyTrust:
    """The evidence if it is of this tracker, else empty evidence."""
    return trust if trust is not None and trust.tracker_id == tracker_id else AccuracyTrust(tracker_id)


def observe_rough(trust: AccuracyTrust, report: AvlReport, max_speed_mps: float, *, is_on_line: bool) -> None:
    """Takes in a fix of poor accuracy. is_on_line: it lies within ON_LINE_M of a line of the network."""
    trust.doubted = report
    last = trust.last
    if last is not None:
        moved_m = distance_m(last.lat, last.lon, report.lat, report.lon)
        if moved_m < APART_M:
            return
        if moved_m > max_speed_mps * (report.reported_at - last.reported_at).total_seconds() + JUMP_M:
            is_on_line = False
        elif not is_on_line and trust.is_too_poor:  # no evidence: it may have left its line
            trust.last = report
            return
    trust.last = report
    trust.on_line, trust.rough = _faded(trust.on_line, trust.rough)
    trust.rough += 1.0
    trust.on_line += float(is_on_line)
    if trust.rough >= ENOUGH:
        trust.is_too_poor = trust.on_line >= (WON_BELOW if trust.is_too_poor else LOST_FROM) * trust.rough


def observe_exact(trust: AccuracyTrust, before: AvlReport | None, report: AvlReport, east_m: float, north_m: float) -> None:
    """Takes in a fix that was accepted. east_m, north_m: the way from the fix before to this one."""
    if report.accuracy_m is None:
        trust.leg = None
        return
    if not _is_refuted(trust, report):
        trust.on_line, trust.rough = AFTER_A_GOOD_ONE * trust.on_line, AFTER_A_GOOD_ONE * trust.rough
    trust.exact, trust.doubted = report, None
    leg, trust.leg = trust.leg, None
    if before is None or report.accuracy_m > GOOD_M or hypot(east_m, north_m) < LEG_M:
        return
    if not 0.0 < (report.reported_at - before.reported_at).total_seconds() <= LEG_S:
        return
    trust.leg = (east_m, north_m)
    if leg is None:
        return
    turn = turn_deg(degrees(atan2(east_m, north_m)), degrees(atan2(*leg)))
    if GOES_ON_DEG < turn < TURNS_DEG:
        return
    trust.turned, trust.legs = _faded(trust.turned, trust.legs)
    trust.legs += 1.0
    trust.turned += float(turn >= TURNS_DEG)
    if trust.legs >= LEGS_ENOUGH:
        trust.is_too_good = trust.turned >= (CALM_BELOW if trust.is_too_good else SCATTERS_FROM) * trust.legs


def _is_refuted(trust: AccuracyTrust, report: AvlReport) -> bool:
    """Whether a rough fix lies too near to the way between the exact fixes before and after it for what it says of itself."""
    before, rough = trust.exact, trust.doubted
    if before is None or rough is None or rough.accuracy_m is None:
        return False
    if (report.reported_at - before.reported_at).total_seconds() > BETWEEN_S:
        return False
    way_m = _apart_m(before, report)
    since_m, until_m = _apart_m(before, rough), _apart_m(rough, report)
    along_m = min(max((way_m**2 + since_m**2 - until_m**2) / (2.0 * max(way_m, APART_M)), 0.0), way_m)
    beside_m = sqrt(max(since_m**2 - along_m**2, 0.0)) if along_m < way_m else until_m
    return way_m >= APART_M and beside_m <= BETWEEN_SHARE * rough.accuracy_m


def _apart_m(first: AvlReport, second: AvlReport) -> float:
    return distance_m(first.lat, first.lon, second.lat, second.lon)


def believed_m(trust: AccuracyTrust, accuracy_m: float | None) -> float | None:
    """The accuracy (metres) to be used for a fix; None: not known, or not believed."""
    if accuracy_m is None:
        return None
    if trust.is_too_poor:
        return None
    return max(accuracy_m, SCATTER_M) if trust.is_too_good else accuracy_m


def _faded(part: float, whole: float) -> tuple[float, float]:
    if whole < LONG_WINDOW:
        return part, whole
    return part * (LONG_WINDOW - 1.0) / whole, LONG_WINDOW - 1.0
