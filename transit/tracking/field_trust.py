"""How far a tracker's bearing and speed are believed: as far as they agree with the movement between its fixes.

Some trackers always send one bearing, others send wrong speeds. Both are compared with the course and the pace between two
fixes. A field that disagrees twice in a row loses its weight, and regains it by agreeing.
"""

from __future__ import annotations

from math import atan2, degrees, hypot

import msgspec

from transit.plan.geometry import turn_deg
from transit.tracking.report import RHYTHM_S, AvlReport

COURSE_M = 40.0  # two fixes this far apart have a course that noise cannot reverse
COMPARED_WITHIN_S = 180.0  # over a longer time a vehicle may have turned on the way
AGREES_DEG, DISAGREES_DEG = 50.0, 80.0  # a vehicle in a bend points off the chord between two fixes
PACE_WITHIN_S = 60.0  # over a longer time a vehicle may have stood in between
MOVING_MPS = 1.5  # below this a tracker's bearing is noise
STANDS_MPS, DRIVES_MPS = 1.0, 4.0  # a speed below the first at a pace above the second is wrong, and so is the reverse
TIMES_AS_FAST, FASTER_MPS = 2.5, 4.0  # a speed beyond the pace by both is wrong; km/h sent as m/s are 3.6 times too high
NO_WAY = (0.0, 0.0, 0.0)
PRIOR = 2.0  # agreements that a tracker begins with
WINDOW = 12.0  # observations remembered
AFTER_A_MISS = 0.6  # factor on its agreements at a disagreement, so that two in a row take the weight away
FULL_AT, NONE_AT = 0.85, 0.5  # shares of agreement for full weight, and for none
LONG_WINDOW = 60.0  # observations over which the operator's doubt is decided
DISTRUSTED_AFTER = 12.0  # fewest observations for a doubt
DISTRUSTED_BELOW = 0.6  # share of agreement below which the operator is told


class Agreement(msgspec.Struct, array_like=True):
    """How often one field agreed, lately and over a longer time."""

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
        """Whether the operator is told: too rarely right over the long window."""
        return self.long_seen >= DISTRUSTED_AFTER and self.long_good < DISTRUSTED_BELOW * self.long_seen


class FieldTrust(msgspec.Struct, array_like=True):
    """The evidence on one vehicle's tracker; another tracker starts without evidence."""

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
    """The trust after one more fix. east_m, north_m: the way from the fix before to this one.

    Fixes closer together than RHYTHM_S are compared over several of them: between two of them noise outweighs movement.
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
        off_deg = turn_deg(report.bearing, degrees(atan2(east_m, north_m)))
        stands = report.speed_mps is not None and report.speed_mps < MOVING_MPS and trust.speed.weight > 0.0
        if off_deg <= AGREES_DEG or (off_deg >= DISAGREES_DEG and not stands):  # standing, many trackers send any bearing
            trust.bearing.note(off_deg <= AGREES_DEG)
    repeats = east_m == north_m == 0.0  # the receiver may be frozen, and the speed right
    if report.speed_mps is not None and seconds <= PACE_WITHIN_S and not repeats:
        is_right = _is_speed_right(report.speed_mps, moved_m / seconds, is_known=before.speed_mps is not None)
        if is_right is not None:
            trust.speed.note(is_right)
    return trust


def _is_speed_right(speed_mps: float, pace_mps: float, *, is_known: bool) -> bool | None:
    """Whether a speed fits the pace between two fixes; None: cannot be told. is_known: the fix before had a speed as well."""
    if pace_mps >= DRIVES_MPS:
        return STANDS_MPS <= speed_mps <= TIMES_AS_FAST * pace_mps + FASTER_MPS
    # a vehicle that has just stopped may still send its last speed: judged only if the fix before had a speed
    if pace_mps < STANDS_MPS and is_known:
        return speed_mps < DRIVES_MPS
    return None
