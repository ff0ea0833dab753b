"""How far a tracker's own fields are believed: as far as they have agreed with where it was seen to go.

Boxes without a compass send one bearing for ever, others send speeds that nobody drove. The course and the pace between two
fixes tell; a field that disagrees twice running loses its weight, and wins it back by agreeing.
"""

from __future__ import annotations

from math import atan2, degrees, hypot

import msgspec

from transit.tracking.report import RHYTHM_S, AvlReport

HALF_TURN_DEG = 180.0
COURSE_M = 40.0  # two fixes this far apart have a course that noise cannot turn round
COMPARED_WITHIN_S = 180.0  # over a longer time a vehicle may have turned on the way
AGREES_DEG, DISAGREES_DEG = 50.0, 80.0  # a vehicle in a bend points off the chord between two fixes
PACE_WITHIN_S = 60.0  # over a longer time a vehicle may have stood in between
STANDS_MPS, DRIVES_MPS = 1.0, 4.0  # a speed below the one, at a pace above the other, cannot be right, nor the reverse
TIMES_AS_FAST, FASTER_MPS = 2.5, 4.0  # than the pace, stops and lights included; km/h sent as m/s are 3.6 times as many
NO_WAY = (0.0, 0.0, 0.0)
PRIOR = 2.0  # agreements that a tracker begins with
WINDOW = 12.0  # observations remembered
AFTER_A_MISS = 0.6  # of its agreements are left: two misses running take the weight away
FULL_AT, NONE_AT = 0.85, 0.5  # shares of agreement for full weight, and for none
LONG_WINDOW = 60.0  # observations over which a field shows that it cannot be believed:
DISTRUSTED_AFTER = 12.0  # of so many at least
DISTRUSTED_BELOW = 0.6  # less than this share agreed


class Agreement(msgspec.Struct, array_like=True):
    """How often one field was right lately, and over a longer time."""

    good: float = PRIOR
    seen: float = PRIOR
    long_good: float = 0.0
    long_seen: float = 0.0

    def note(self, is_right: bool) -> None:
        if self.seen >= WINDOW:
            self.good *= (WINDOW - 1.0) / self.seen
            self.seen = WINDOW - 1.0
        self.seen += 1.0
        self.good = self.good + 1.0 if is_right else self.good * AFTER_A_MISS
        if self.long_seen >= LONG_WINDOW:
            self.long_good *= (LONG_WINDOW - 1.0) / self.long_seen
            self.long_seen = LONG_WINDOW - 1.0
        self.long_seen += 1.0
        self.long_good += float(is_right)

    @property
    def weight(self) -> float:
        """0 (not believed) to 1."""
        return min(max((self.good / self.seen - NONE_AT) / (FULL_AT - NONE_AT), 0.0), 1.0)

    @property
    def is_distrusted(self) -> bool:
        """Whether the operator should know: often enough wrong, over long enough."""
        return self.long_seen >= DISTRUSTED_AFTER and self.long_good < DISTRUSTED_BELOW * self.long_seen


class FieldTrust(msgspec.Struct, array_like=True):
    """Of one vehicle's tracker; begun anew with another tracker."""

    tracker_id: str = ""
    bearing: Agreement = msgspec.field(default_factory=Agreement)
    speed: Agreement = msgspec.field(default_factory=Agreement)
    way: tuple[float, float, float] = NO_WAY  # seconds, metres east and north since a fix was last compared

    @property
    def distrusted(self) -> tuple[str, ...]:
        """The fields that have lost their trust, by name."""
        return tuple(name for name in ("bearing", "speed") if getattr(self, name).is_distrusted)


def observe_fields(
    trust: FieldTrust | None, before: AvlReport | None, report: AvlReport, east_m: float, north_m: float
) -> FieldTrust:
    """What one more fix says of the fields. east_m, north_m: the way from the fix before to this one.

    Of fixes closer together than RHYTHM_S the way of some is compared: between two of them noise is faster than a bus.
    """
    if trust is None or trust.tracker_id != report.tracker_id:
        trust = FieldTrust(report.tracker_id)
    if before is None or before.tracker_id != report.tracker_id:
        return trust
    seconds = trust.way[0] + (report.reported_at - before.reported_at).total_seconds()
    east_m, north_m = trust.way[1] + east_m, trust.way[2] + north_m
    if seconds < RHYTHM_S:
        trust.way = (seconds, east_m, north_m)
        return trust
    trust.way = NO_WAY
    moved_m = hypot(east_m, north_m)
    if report.bearing is not None and moved_m >= COURSE_M and seconds <= COMPARED_WITHIN_S:
        off_deg = _apart_deg(report.bearing, degrees(atan2(east_m, north_m)))
        if off_deg <= AGREES_DEG or off_deg >= DISAGREES_DEG:
            trust.bearing.note(off_deg <= AGREES_DEG)
    repeats = east_m == north_m == 0.0  # of a receiver that may be frozen, its speed may be right
    if report.speed_mps is not None and seconds <= PACE_WITHIN_S and not repeats:
        is_right = _is_speed_right(report.speed_mps, moved_m / seconds, is_known=before.speed_mps is not None)
        if is_right is not None:
            trust.speed.note(is_right)
    return trust


def _apart_deg(first: float, second: float) -> float:
    """Between two courses, 0 to 180."""
    return abs((first - second + HALF_TURN_DEG) % (2.0 * HALF_TURN_DEG) - HALF_TURN_DEG)


def _is_speed_right(speed_mps: float, pace_mps: float, *, is_known: bool) -> bool | None:
    """Whether a speed fits the pace between two fixes; None where that says nothing. is_known: the speed before was, too."""
    if pace_mps >= DRIVES_MPS:
        return STANDS_MPS <= speed_mps <= TIMES_AS_FAST * pace_mps + FASTER_MPS
    # one that has just stopped still tells the speed that it had: without the speed before, nothing is known of it
    if pace_mps < STANDS_MPS and is_known:
        return speed_mps < DRIVES_MPS
    return None
