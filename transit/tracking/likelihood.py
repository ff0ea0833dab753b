"""How well a fix fits a line: its distance, its way since the fix before, its bearing; as log densities, 0 at the best.

Emission and transition of Newson & Krumm (2009), with the lines of the plan in place of roads.
"""

from __future__ import annotations

from math import cos, hypot, log, log1p, radians, sin

from transit.plan.geometry import OnLine
from transit.plan.patterns import Pattern
from transit.tracking.calls import AT_STOP_M

SIGMA_M = 20.0  # usual error of a fix against the drawn line: GPS, the width of the street, the drawing
SPREAD = 0.25  # share of a wide sigma's penalty that counts at each fix: how a road bows is the same at all of them
BOW = 0.3  # sigma in the middle of a straight line drawn from stop to stop, per metre of its length, at full height
KAPPA = 2.0  # concentration of bearings (von Mises) of a moving vehicle around its line
DEPARTED_M = 60.0  # a vehicle that waits moves up, and noise moves it: only this far along has it left
TAIL = 4.0  # degrees of freedom of the error of a fix (Student-t): wild ones are not that rare
# how much the way along a line usually differs from the crow's: so many metres, so much of a metre each metre and each second
USUAL_DETOUR_M, DETOUR_EACH_M, DETOUR_EACH_S = 40.0, 0.3, 0.5
LEAST_SEGMENT_M = 1.0  # a shorter piece of line has no direction


def departure_m(pattern: Pattern) -> float:
    """How far along a vehicle has left its first stop: DEPARTED_M, or half way to a second stop that is near."""
    return min(DEPARTED_M, max(AT_STOP_M, 0.5 * (pattern.stop_dist_m[1] - pattern.start_m)))


def sigma_m(pattern: Pattern, segment: int, along_m: float) -> float:
    """Usual distance of a fix from the line here.

    Without a shape the straight line between two stops is only near the road: the middle of a long one says little.
    """
    if pattern.has_shape:
        return SIGMA_M
    start, end = pattern.line.at[segment], pattern.line.at[segment + 1]
    share = (along_m - start) / (end - start) if end > start else 0.0
    return hypot(SIGMA_M, BOW * (end - start) * share * (1.0 - share))


def emission(pattern: Pattern, place: OnLine) -> float:
    """Log density of a fix so far off its line (Student-t), 0 on a drawn line."""
    sigma = sigma_m(pattern, place.segment, place.along_m)
    scaled = place.off_m / sigma
    return -SPREAD * log(sigma / SIGMA_M) - 0.5 * (TAIL + 1.0) * log1p(scaled * scaled / TAIL)


def detour_cost(step_m: float, moved_m: float, elapsed_s: float) -> float:
    """Newson & Krumm's transition: how much the way along the line differs from the crow's, on the scale that is usual."""
    return abs(step_m - moved_m) / (USUAL_DETOUR_M + DETOUR_EACH_M * moved_m + DETOUR_EACH_S * elapsed_s)


def bearing_fits(pattern: Pattern, place: OnLine, bearing: float | None) -> float:
    """Log density of the bearing (degrees) of a moving vehicle around its line (von Mises), 0 along it."""
    if bearing is None:
        return 0.0
    dx, dy = pattern.line.dx[place.segment], pattern.line.dy[place.segment]
    length = hypot(dx, dy)
    if length < LEAST_SEGMENT_M:
        return 0.0
    angle = radians(bearing)
    return KAPPA * ((dx * sin(angle) + dy * cos(angle)) / length - 1.0)
