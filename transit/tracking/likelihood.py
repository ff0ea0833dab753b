"""How well a fix fits a line, by distance, by the way since the fix before, and by bearing: log densities, 0 at the best.

Emission and transition of Newson & Krumm (2009), with the lines of the plan in place of roads.
"""

from __future__ import annotations

from bisect import bisect_right
from math import cos, hypot, log, log1p, radians, sin, sqrt

from transit.plan.geometry import OnLine
from transit.plan.patterns import PASSES_M, Pattern
from transit.tracking.calls import AT_STOP_M

SIGMA_M = 20.0  # usual error of a fix against the drawn line: GPS, the width of the street, the drawing
SPREAD = 0.25  # share of a wide sigma's penalty that counts at each fix, as errors of the drawn line repeat at every fix
BOW = 0.3  # sigma in the middle of a straight line from stop to stop, per metre of its length
KAPPA = 2.0  # concentration of bearings (von Mises) of a moving vehicle around its line
DEPARTED_M = 60.0  # a vehicle this far along has left its first stop; less may be manoeuvring or noise
ROUNDING = 1.0 / sqrt(12.0)  # usual error of a rounded coordinate, in steps: that of an even distribution
ROUNDED_WAY = 2.0 * ROUNDING  # usual error of the distance between two rounded points
TAIL = 4.0  # degrees of freedom of the error of a fix (Student-t)
# Usual difference between the way along a line and the straight distance: metres, metres per metre, metres per second
USUAL_DETOUR_M, DETOUR_EACH_M, DETOUR_EACH_S = 40.0, 0.3, 0.5
LEAST_SEGMENT_M = 1.0  # a shorter piece of line has no direction


def departure_m(pattern: Pattern) -> float:
    """Metres along from which a vehicle has left its first stop: DEPARTED_M, or half way to a near second stop."""
    return min(DEPARTED_M, max(AT_STOP_M, 0.5 * (pattern.stop_dist_m[1] - pattern.start_m)))


def sigma_m(pattern: Pattern, segment: int, along_m: float) -> float:
    """Usual distance of a fix from the line here, metres. Without a shape it grows towards the middle between two stops.

    A shape that passes beside its own stops lies beside the road there, too.
    """
    start, end = pattern.line.at[segment], pattern.line.at[segment + 1]
    if pattern.has_shape:
        after = bisect_right(pattern.stop_dist_m, along_m)
        if after - 1 not in pattern.undrawn:
            return _sigma_drawn_m(pattern, after) if pattern.drawn_off_m else SIGMA_M
        start, end = pattern.stop_dist_m[after - 1], pattern.stop_dist_m[after]
    share = (along_m - start) / (end - start) if end > start else 0.0
    return hypot(SIGMA_M, BOW * (end - start) * share * (1.0 - share))


def _sigma_drawn_m(pattern: Pattern, after: int) -> float:
    """By the two stops around, `after` the second: the one that the line passes farther off."""
    off_m = max(pattern.drawn_off_m[max(after - 1, 0) : after + 1])
    return SIGMA_M if off_m <= PASSES_M else hypot(SIGMA_M, off_m)


def emission(pattern: Pattern, place: OnLine, rounding_m: float = 0.0) -> float:
    """Log density (Student-t) of a fix at its distance from the line; 0 on a drawn line for a fix that is not rounded.

    rounding_m: the step to which the fix is rounded.
    """
    sigma = hypot(sigma_m(pattern, place.segment, place.along_m), ROUNDING * rounding_m)
    scaled = place.off_m / sigma
    return -SPREAD * log(sigma / SIGMA_M) - 0.5 * (TAIL + 1.0) * log1p(scaled * scaled / TAIL)


def detour_cost(step_m: float, moved_m: float, elapsed_s: float, rounding_m: float = 0.0) -> float:
    """Newson & Krumm's transition: way along the line against straight distance, relative to their usual difference.

    rounding_m: the step to which both fixes are rounded.
    """
    usual_m = hypot(USUAL_DETOUR_M, ROUNDED_WAY * rounding_m)
    return abs(step_m - moved_m) / (usual_m + DETOUR_EACH_M * moved_m + DETOUR_EACH_S * elapsed_s)


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
