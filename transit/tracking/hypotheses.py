"""What is believed of one vehicle between two fixes: readings of where it is on which pattern, each with its weight."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, log
from typing import NamedTuple

import msgspec

from transit.plan.network import TripInstance
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

NEVER = 0.0  # Unix seconds of an anchor that a vehicle has not left since it was first seen
PRUNE = 18.0  # a reading so much less likely than the best is dropped
MOST = 24  # hypotheses kept


class Hypothesis(msgspec.Struct, array_like=True):
    """One reading of the fixes: on this pattern, so far along. waiting: at its first stop, not yet left."""

    pattern_id: str
    along_m: float
    top_m: float  # the furthest along so far
    weight: float
    off_m: float
    waiting: bool
    since: float  # Unix seconds; of a trip that was waited for, when it was left
    arrived_at: float | None = None
    trip: TripInstance | None = None
    fit: float = 0.0  # how well that trip fits; now, not summed over fixes, which are not independent in this
    fitted_at: float = 0.0  # Unix seconds; 0 never, 1 to be looked at again
    drives_since: float | None = None  # Unix seconds; of one that waits, and drives about meanwhile

    @property
    def total(self) -> float:
        return self.weight + self.fit

    @property
    def leaving(self) -> float:
        """What goes over to being out of service: no more than the reading is worth with a trip that hardly fits."""
        return self.weight + min(self.fit, 0.0)


class AbandonedTrip(msgspec.Struct, array_like=True):
    """The trip that a vehicle went off."""

    pattern_id: str
    along_m: float
    trip: TripInstance
    at: float


class Belief(msgspec.Struct, array_like=True):
    """All readings of one vehicle, and the last fix that told something new."""

    t: float
    x: float
    y: float
    hypotheses: list[Hypothesis] = []
    out: float = 0.0  # weight of being out of service
    before: tuple[float, float, float] | None = None  # t, x, y of the informative fix before
    ended: TripInstance | None = None
    left: AbandonedTrip | None = None
    anchor: tuple[float, float, float] | None = None  # t, x, y since when it has not gone anywhere (NEVER: seen to)
    label: str | None = None  # the trip that somebody named when this belief was last looked at
    seen: float = 0.0  # Unix seconds of the last fix, whether it told something new or not


class Observation(NamedTuple):
    t: float
    x: float
    y: float
    bearing: float | None  # degrees clockwise from north
    bearing_weight: float = 1.0  # how far it is believed, 0 to 1


class AssignmentContext(NamedTuple):
    """What is known besides the fix."""

    hint: AssignmentHint = NO_HINT
    taken: Callable[[TripInstance], bool] = lambda trip: False  # another vehicle has it,
    driven: Callable[[TripInstance], bool] = lambda trip: False  # and is under way, not only waiting for it
    runs_late: Callable[[TripInstance], float | None] = lambda trip: None  # how many seconds that one is late


def changed(old: Hypothesis, **values: object) -> Hypothesis:
    return msgspec.structs.replace(old, **values)


def merged(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Of readings a few metres apart on the same pattern the likeliest."""
    kept: list[Hypothesis] = []
    for h in sorted(hypotheses, key=lambda one: -one.weight):
        twins = (o for o in kept if o.pattern_id == h.pattern_id and o.waiting == h.waiting)
        if not any(abs(o.along_m - h.along_m) < 40.0 for o in twins):
            kept.append(h)
    return kept


def prune(belief: Belief) -> None:
    best = max([h.total for h in belief.hypotheses] + [belief.out])
    kept = [h for h in belief.hypotheses if h.total > best - PRUNE]
    kept.sort(key=lambda h: (-h.total, h.pattern_id, h.along_m))
    belief.hypotheses = kept[:MOST]
    for h in belief.hypotheses:
        h.weight -= best
    belief.out = max(belief.out - best, -30.0)


def log_sum(weights: list[float]) -> float:
    top = max(weights)
    return top + log(sum(exp(w - top) for w in weights))
