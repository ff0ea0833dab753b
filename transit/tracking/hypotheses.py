"""The belief about one vehicle: hypotheses of where it is on which pattern, each with a weight."""

from __future__ import annotations

from math import exp, inf, log
from typing import NamedTuple

import msgspec

from transit.plan.network import TripInstance
from transit.tracking.trip_choice import NO_HINT, NO_OTHERS, AssignmentHint, OtherVehicles

NEVER = 0.0  # the time of an anchor that the vehicle has not left since it was first seen
PRUNE = 18.0  # log odds: a hypothesis so much less likely than the best is dropped
MOST = 24  # hypotheses kept; enough for a terminal where a dozen lines begin
TWINS_M = 40.0  # two hypotheses on one pattern nearer than this are the same: twice the usual error of a fix
LEAST_OUT = -30.0  # lower bound of being out of service, log odds, so that it can recover within a few fixes


class Hypothesis(msgspec.Struct, array_like=True):
    """One explanation of the fixes: the vehicle is on this pattern at along_m. waiting: at the first stop, not yet left."""

    pattern_id: str
    along_m: float
    top_m: float  # the largest mean_m so far
    weight: float  # log odds
    off_m: float
    waiting: bool
    since: float  # Unix seconds; of a trip that was waited for, when it was left
    arrived_at: float | None = None
    trip: TripInstance | None = None
    fit: float = 0.0  # log odds of its trip at the last choice; not summed over fixes, which are not independent in this
    fitted_at: float | None = None  # Unix seconds at which its trip was last chosen; None: never
    drives_since: float | None = None  # Unix seconds; of a waiting one whose vehicle drives
    must_refit: bool = False  # choose its trip again at once: it left its first stop, or another trip was named
    mean_m: float | None = None  # mean of its last fixes' metres along, where fixes are dense; None: along_m

    @property
    def total(self) -> float:
        return self.weight + self.fit

    @property
    def leaving(self) -> float:
        """The weight it passes on to being out of service: at most its weight with a trip that hardly fits."""
        return self.weight + min(self.fit, 0.0)

    @property
    def is_settled(self) -> bool:
        """Whether it was in the belief before the present fix, or counts as if it was."""
        return self.fitted_at is not None or self.must_refit

    @property
    def is_followed(self) -> bool:
        """Whether its trip was chosen under way and no new choice is due."""
        return self.fitted_at is not None and not self.must_refit and not self.waiting


class AbandonedTrip(msgspec.Struct, array_like=True):
    """A trip that a vehicle left before its end."""

    pattern_id: str
    along_m: float
    trip: TripInstance
    at: float


class TripClosure(NamedTuple):
    """What a verdict concludes about earlier trips; only `close_trips` writes it into the belief."""

    ended: TripInstance | None  # the trip that it ran last
    left: AbandonedTrip | None  # the trip that it went off, and may come back to; `ended` too once it counts as ended
    begins_again: bool = False  # it starts the same loop again: all hypotheses choose their trip again


class Belief(msgspec.Struct, array_like=True):
    """All hypotheses about one vehicle, and some of its earlier fixes. t: Unix seconds; x, y: metres east and north."""

    t: float
    x: float
    y: float
    hypotheses: list[Hypothesis] = []
    out: float = 0.0  # weight of being out of service
    before: tuple[float, float, float] | None = None  # t, x, y of an earlier fix at which it had moved, at least RHYTHM_S old
    ended: TripInstance | None = None
    left: AbandonedTrip | None = None
    anchor: tuple[float, float, float] | None = None  # t, x, y since when it is at one place; t NEVER: always
    label: str | None = None  # the trip that somebody named when this belief was last looked at
    seen: float = 0.0  # Unix seconds of the last fix, whether it had moved or not
    mark: tuple[float, float, float] | None = None  # t, x, y of a later fix at which it had moved; becomes `before`

    @property
    def best_total(self) -> float:
        """Log odds of the likeliest hypothesis; -inf where there is none."""
        return max((hypothesis.total for hypothesis in self.hypotheses), default=-inf)

    @property
    def best_of_all(self) -> float:
        """Log odds of the likeliest hypothesis or of being out of service."""
        return max(self.best_total, self.out)

    @property
    def has_given_up(self) -> bool:
        """Whether the trip that it went off counts as ended, as it has been off its line for so long."""
        return self.left is not None and self.left.trip == self.ended

    def last_seen(self, fix: Observation) -> float:
        """Unix seconds of the last fix before this one that told where the vehicle was."""
        seen = max(self.t, self.seen)
        return seen if fix.unseen_since is None else min(seen, fix.unseen_since)

    def refit_all(self) -> None:
        for hypothesis in self.hypotheses:
            hypothesis.must_refit = True


class Observation(NamedTuple):
    """A fix on the network's plane: Unix seconds, metres east and north."""

    t: float
    x: float
    y: float
    bearing: float | None  # degrees clockwise from north
    bearing_weight: float = 1.0  # 0 (not believed) to 1
    is_tremor: bool = False  # only noise: the vehicle stands
    rounding_m: float = 0.0  # the step to which this tracker's fixes are rounded; 0: not rounded
    unseen_since: float | None = None  # Unix seconds; until this fix the receiver was frozen, and told nothing since then


class AssignmentContext(NamedTuple):
    """What the matcher knows besides the fix."""

    hint: AssignmentHint = NO_HINT
    others: OtherVehicles = NO_OTHERS


def close_trips(belief: Belief, closure: TripClosure) -> None:
    """Writes a verdict's conclusions into the belief, in place."""
    belief.ended, belief.left = closure.ended, closure.left
    if closure.begins_again:
        belief.refit_all()


def without_twins(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """The hypotheses, with only the likeliest of those within TWINS_M on one pattern."""
    kept: list[Hypothesis] = []
    for hypothesis in sorted(hypotheses, key=lambda candidate: -candidate.weight):
        if not any(_are_twins(other, hypothesis) for other in kept):
            kept.append(hypothesis)
    return kept


def _are_twins(first: Hypothesis, second: Hypothesis) -> bool:
    is_same = first.pattern_id == second.pattern_id and first.waiting == second.waiting
    return is_same and abs(first.along_m - second.along_m) < TWINS_M


def prune(belief: Belief) -> None:
    """Drops unlikely hypotheses and shifts all weights so that the best is 0, in place."""
    best = belief.best_of_all
    kept = [hypothesis for hypothesis in belief.hypotheses if hypothesis.total > best - PRUNE]
    kept.sort(key=lambda hypothesis: (-hypothesis.total, hypothesis.pattern_id, hypothesis.along_m))
    belief.hypotheses = kept[:MOST]
    for hypothesis in belief.hypotheses:
        hypothesis.weight -= best
    belief.out = max(belief.out - best, LEAST_OUT)


def log_sum(weights: list[float]) -> float:
    """log(sum(exp(weights)))."""
    top = max(weights)
    return top + log(sum(exp(weight - top) for weight in weights))
