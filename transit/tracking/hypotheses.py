"""What is believed of one vehicle between two fixes: hypotheses of where it is on which pattern, each with its weight."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, inf, log
from typing import NamedTuple

import msgspec

from transit.plan.network import TripInstance
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

NEVER = 0.0  # Unix seconds of an anchor that a vehicle has not left since it was first seen
PRUNE = 18.0  # log odds: a hypothesis so much less likely than the best is dropped
MOST = 24  # hypotheses kept: a terminal where a dozen lines begin needs about so many
TWINS_M = 40.0  # along one pattern: two hypotheses nearer to each other are the same; twice the usual error of a fix
LEAST_OUT = -30.0  # log odds: below this, being out of service could not come back within a few fixes


class Hypothesis(msgspec.Struct, array_like=True):
    """One explanation of the fixes: on this pattern, so far along. waiting: at its first stop, not yet left."""

    pattern_id: str
    along_m: float
    top_m: float  # the furthest along that its mean has been so far
    weight: float  # log odds
    off_m: float
    waiting: bool
    since: float  # Unix seconds; of a trip that was waited for, when it was left
    arrived_at: float | None = None
    trip: TripInstance | None = None
    fit: float = 0.0  # how well that trip fits; now, not summed over fixes, which are not independent in this
    fitted_at: float | None = None  # Unix seconds at which its trip was last chosen; None: never
    drives_since: float | None = None  # Unix seconds; of one that waits, and drives about meanwhile
    must_refit: bool = False  # its trip is chosen anew at once: it has left its first stop, or another trip was named
    mean_m: float | None = None  # where along its last fixes lie at the mean, where many come; None: at along_m

    @property
    def total(self) -> float:
        return self.weight + self.fit

    @property
    def leaving(self) -> float:
        """What goes over to being out of service: no more than the hypothesis is worth with a trip that hardly fits."""
        return self.weight + min(self.fit, 0.0)

    @property
    def is_settled(self) -> bool:
        """Whether it was held before the present fix, or is put beside those that were."""
        return self.fitted_at is not None or self.must_refit

    @property
    def is_followed(self) -> bool:
        """Whether it is on a trip that was chosen for it under way, and that nothing has called into question since."""
        return self.fitted_at is not None and not self.must_refit and not self.waiting


class AbandonedTrip(msgspec.Struct, array_like=True):
    """The trip that a vehicle went off."""

    pattern_id: str
    along_m: float
    trip: TripInstance
    at: float


class TripClosure(NamedTuple):
    """What a verdict makes of the trips before: it is written into the belief by `close_trips` alone."""

    ended: TripInstance | None  # the trip that it ran last
    left: AbandonedTrip | None  # the trip that it went off, and may come back to
    begins_again: bool = False  # it drives the same round once more: every trip is to be chosen anew


class Belief(msgspec.Struct, array_like=True):
    """All hypotheses about one vehicle, and the last fix at which it had moved."""

    t: float
    x: float
    y: float
    hypotheses: list[Hypothesis] = []
    out: float = 0.0  # weight of being out of service
    before: tuple[float, float, float] | None = None  # t, x, y of the fix at which it had moved before, a rhythm ago at least
    ended: TripInstance | None = None
    left: AbandonedTrip | None = None
    anchor: tuple[float, float, float] | None = None  # t, x, y since when it has not gone anywhere (NEVER: seen to)
    label: str | None = None  # the trip that somebody named when this belief was last looked at
    seen: float = 0.0  # Unix seconds of the last fix, whether it had moved or not
    mark: tuple[float, float, float] | None = None  # t, x, y of a later fix, at which it had moved: `before` in its turn

    @property
    def best_total(self) -> float:
        """Log odds of the likeliest hypothesis; -inf where there is none."""
        return max((hypothesis.total for hypothesis in self.hypotheses), default=-inf)

    @property
    def best_of_all(self) -> float:
        """Log odds of what is likeliest, being out of service included."""
        return max(self.best_total, self.out)

    def refit_all(self) -> None:
        for hypothesis in self.hypotheses:
            hypothesis.must_refit = True


class Observation(NamedTuple):
    """A fix on the network's plane: Unix seconds, metres east and north."""

    t: float
    x: float
    y: float
    bearing: float | None  # degrees clockwise from north
    bearing_weight: float = 1.0  # how far it is believed, 0 to 1
    is_tremor: bool = False  # only noise of the place where the vehicle has been standing


class AssignmentContext(NamedTuple):
    """What is known besides the fix."""

    hint: AssignmentHint = NO_HINT
    taken: Callable[[TripInstance], bool] = lambda trip: False  # another vehicle has it,
    driven: Callable[[TripInstance], bool] = lambda trip: False  # and is under way, not only waiting for it
    runs_late: Callable[[TripInstance], float | None] = lambda trip: None  # how many seconds that one is late


def close_trips(belief: Belief, closure: TripClosure) -> None:
    """The one place where a verdict changes what is believed."""
    belief.ended, belief.left = closure.ended, closure.left
    if closure.begins_again:
        belief.refit_all()


def without_twins(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Of hypotheses a few metres apart on the same pattern the likeliest."""
    kept: list[Hypothesis] = []
    for hypothesis in sorted(hypotheses, key=lambda candidate: -candidate.weight):
        if not any(_are_twins(other, hypothesis) for other in kept):
            kept.append(hypothesis)
    return kept


def _are_twins(first: Hypothesis, second: Hypothesis) -> bool:
    is_same = first.pattern_id == second.pattern_id and first.waiting == second.waiting
    return is_same and abs(first.along_m - second.along_m) < TWINS_M


def prune(belief: Belief) -> None:
    """Drops the unlikely, and moves all weights so that the best is 0."""
    best = belief.best_of_all
    kept = [hypothesis for hypothesis in belief.hypotheses if hypothesis.total > best - PRUNE]
    kept.sort(key=lambda hypothesis: (-hypothesis.total, hypothesis.pattern_id, hypothesis.along_m))
    belief.hypotheses = kept[:MOST]
    for hypothesis in belief.hypotheses:
        hypothesis.weight -= best
    belief.out = max(belief.out - best, LEAST_OUT)


def log_sum(weights: list[float]) -> float:
    """The log of the sum of what these are logs of."""
    top = max(weights)
    return top + log(sum(exp(weight - top) for weight in weights))
