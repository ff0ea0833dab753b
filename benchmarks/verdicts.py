"""Whose fault a disagreement is, the label's or the engine's, as far as the fixes tell: which of the two lines they follow."""

from __future__ import annotations

from itertools import pairwise
from math import hypot
from statistics import median

from shapely import LineString, Point

from transit.plan.patterns import Pattern

NEAR_M, NEAR_WITHOUT_SHAPE_M = 40.0, 120.0  # the median fix lies this near a line that the vehicle follows
MOVED_M = 200.0  # with less movement nothing is said of a direction
FORWARD = 0.5  # of the metres moved must lead on along the line
TERMINAL_M = 400.0

Places = list[tuple[float, float]]


def follows(places: Places, pattern: Pattern) -> bool:
    """Whether fixes (metres on the network's plane, in order of time) lie on a pattern's line and move on along it."""
    line = LineString(zip(pattern.line.xs, pattern.line.ys, strict=True))
    off = median(line.distance(Point(place)) for place in places)
    if off > (NEAR_M if pattern.has_shape else NEAR_WITHOUT_SHAPE_M):
        return False
    moved = hypot(places[-1][0] - places[0][0], places[-1][1] - places[0][1])
    if moved < MOVED_M:
        return True
    along = [line.project(Point(place)) for place in places]
    steps = [after - before for before, after in pairwise(along)]
    limit = line.length / 2  # where a line passes a place twice the projection jumps
    return sum(step for step in steps if abs(step) < limit) >= FORWARD * moved


def verdict(places: Places, label: Pattern | None, given: Pattern | None, statuses: str) -> str:
    """label: of the operator's trip, None for a bus that is out of service; given: ours, None for no trip."""
    if label is None:
        assert given is not None
        idle = follows(places, given)
        return "undecidable: follows the given line, out of service" if idle else "engine: not on the given line"
    as_said = follows(places, label)
    if given is None:
        return "engine: follows the label's line" if as_said else "label: not on the label's line, or against it"
    x, y = label.stop_xy[-1]
    if statuses == "layover" and median(hypot(px - x, py - y) for px, py in places) <= TERMINAL_M:
        return "convention: at the end of the label's trip, the next one is given"
    as_given = follows(places, given)
    if as_said and as_given:
        return "undecidable: both lines fit"
    if as_said:
        return "engine: only the label's line fits"
    return "label: only the given line fits" if as_given else "undecided: neither line fits"
