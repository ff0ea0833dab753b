"""Since when a vehicle has stood at one place, apart from noise, drift and rounding of its fixes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from math import hypot, inf, sqrt

import msgspec

from transit.plan.geometry import METRES_PER_DEGREE, distance_m
from transit.plan.network import TripInstance
from transit.tracking.report import AvlReport
from transit.tracking.state import StandingFacts
from transit.tracking.suspects import can_have_driven

NOISE_M = 100.0  # a fix farther off its place has left it: a parked receiver between houses drifts up to 80 m in hours
ACCURACIES = 2.0  # or farther than this many times the fix's accuracy, if that is more
MOST_REACH_M = 150.0  # a place whose own fixes spread widely reaches farther than NOISE_M, and at most so far
ROUNDED_TO = (1e-2, 1e-3)  # degrees: a standing tracker that sends two or three decimals jumps by such steps
ROUNDINGS = 1.5  # a step to the next corner of the grid
ON_GRID_DEG = 1e-7  # tolerance for rounded numbers
MOST_FIXES = 500  # largest weight of the mean: later fixes hardly move it
BACK_WITHIN_S = 600.0  # a wild fix or slow excursion that comes back within this has not left the place
EXCURSION = 2.0  # a slow excursion up to this many times the place's reach has not left it
FROZEN_S = 60.0  # a point repeated for less is a stop, not a frozen receiver
FROZEN_M = 400.0  # a receiver that repeats a point while the vehicle drives this far (its speed or odometer) is frozen
DRIVES_MPS = 3.0  # a higher speed is not noise of a standing receiver
TREMOR_S = 90.0  # after standing this long (longer than at lights and most stops)
TREMOR_FIXES = 6  # and after this many fixes, the middle of a place is known
TREMOR_M = 40.0  # then a fix within this of the middle is noise: twice the usual error of a fix
TREMOR_SPREADS, MOST_TREMOR_M = 2.6, 90.0  # or within so many spreads of the place's fixes (one in a thousand is beyond)
LASTS_S = 600.0  # a vehicle that has been at one place for longer has not crept there
SPREAD_FIXES = 18  # fixes after which the spread is known
# Once a vehicle has stood for KNOWN_S, also a fix nearer than NOISE_M can show that it drives off (drives_off):
KNOWN_S = 180.0
STARTS_M = 12.0  # with a speed of DRIVES_MPS, one farther off than this (the usual error of a fix)
OFF_SPREADS = 3.5  # without, one farther off than TREMOR_M and so many spreads (one fix of 200,000 is, by chance),
HOME_M = 20.0  # if the way since the last fix within this was driven at DRIVES_MPS
MOST_PASSED_BY = 1  # a vehicle that lets more departures go to others is a spare one; the first may be a wrong guess
STARTS_MPS = 12.0  # highest mean speed since the fix before for a vehicle that stood until then


class StandingPlace(msgspec.Struct, array_like=True):
    """A place where a vehicle has stood: its fixes there lie within noise of each other."""

    since: float  # Unix seconds of the first fix here
    x: float  # metres on the plane of the patterns: the mean of all fixes here
    y: float
    fixes: int = 1
    grid_m: float = 0.0  # step to which its fixes are rounded; 0: not rounded
    due: float | None = None  # planned departure of the trip that it waits for here, or first missed here, Unix seconds
    due_trip: TripInstance | None = None
    passed_by: int = 0  # departures that it waited for here and that other vehicles drove
    spread_m2: float = 0.0  # mean square of how far its fixes lie from their mean
    step_m2: float = 0.0  # mean square of the way from each of them to the next
    home_at: float = 0.0  # Unix seconds of the last fix within HOME_M of the mean

    def holds(self, fix: StandingPlace, accuracy_m: float, times: float = 1.0) -> bool:
        """Whether a fix may be noise of this place. Rounding is allowed for where both are rounded.

        A place reaches as far as its own fixes spread once it has lasted; before, one that drives off slowly would widen it.
        """
        lasts = self.fixes >= SPREAD_FIXES and fix.since - self.since >= LASTS_S and self.grid_m == 0.0
        spread_m = min(OFF_SPREADS * sqrt(self.spread_m2), MOST_REACH_M) if lasts else 0.0
        reach = max(NOISE_M, spread_m, ACCURACIES * accuracy_m) + ROUNDINGS * min(self.grid_m, fix.grid_m)
        return self.away_m(fix) <= times * reach

    def away_m(self, fix: StandingPlace) -> float:
        return hypot(fix.x - self.x, fix.y - self.y)

    def tremor_m(self, t: float) -> float:
        """Distance from the mean (metres) within which a fix at t (Unix seconds) is only noise.

        A vehicle that creeps spreads its fixes, too, with small steps between them; one that lasts here only drifts.
        """
        creeps_m2 = inf if t - self.since >= LASTS_S else 0.5 * self.step_m2
        spread_m = sqrt(min(self.spread_m2, creeps_m2)) if self.fixes >= SPREAD_FIXES else 0.0
        return max(TREMOR_M, min(TREMOR_SPREADS * spread_m, MOST_TREMOR_M))


class Standing(msgspec.Struct, array_like=True):
    """The place where a vehicle is, the place that it left last, and repetitions of its receiver."""

    place: StandingPlace
    left: StandingPlace | None = None
    left_at: float = 0.0
    repeated_since: float | None = None  # Unix seconds of the first of several fixes on exactly one point
    driven_m: float = 0.0  # driven since then, by its own speed
    odometer_m: float | None = None  # at the first of these fixes
    frozen: tuple[float, float] | None = None  # begin and end of the last time it was frozen, Unix seconds
    drove_off: bool = False  # it was seen to drive off the place that it left last: only at its middle is it back


def observe(standing: Standing | None, before: AvlReport | None, report: AvlReport, x: float, y: float) -> Standing:
    """The standing after one more fix, later than all before. before: the previous report; x, y: metres east and north."""
    t, accuracy_m = report.reported_at.timestamp(), report.accuracy_m or 0.0
    fresh = StandingPlace(since=t, x=x, y=y, grid_m=rounding_m(report.lat, report.lon))
    if standing is None or before is None:
        return Standing(fresh)
    _watch_receiver(standing, before, report)
    place, left = standing.place, standing.left
    step_m = distance_m(before.lat, before.lon, report.lat, report.lon)
    stays = left is not None and place.holds(fresh, accuracy_m) and t - place.since > standing.left_at - left.since
    if left is not None and t - standing.left_at <= BACK_WITHIN_S and not stays and _is_back(standing, left, fresh, report):
        standing.place, standing.left = left, None
        _add(left, fresh, step_m)
    elif drives_off(place, fresh, report):
        standing.place, standing.left, standing.left_at, standing.drove_off = fresh, place, t, True
    elif place.holds(fresh, accuracy_m):
        _add(place, fresh, step_m)
    else:
        standing.place = fresh
        if left is None or t - standing.left_at > BACK_WITHIN_S or not left.holds(fresh, accuracy_m, EXCURSION):
            standing.left, standing.left_at, standing.drove_off = place, t, False
    return standing


def drives_off(place: StandingPlace, fix: StandingPlace, report: AvlReport) -> bool:
    """Whether a vehicle that has stood here drives now: a fix farther off than this place's noise, and fast enough.

    With a believed speed the first such fix tells; without one it takes a second fix.
    """
    if fix.since - place.since < KNOWN_S or place.fixes < TREMOR_FIXES or place.grid_m > 0.0:
        return False
    away_m, spread_m, error_m = place.away_m(fix), sqrt(place.spread_m2), ACCURACIES * (report.accuracy_m or 0.0)
    if (report.speed_mps or 0.0) >= DRIVES_MPS:
        return away_m > max(STARTS_M, TREMOR_SPREADS * spread_m, error_m)
    least_driven_m = DRIVES_MPS * (fix.since - place.home_at)
    return away_m > max(TREMOR_M, OFF_SPREADS * spread_m, error_m) and away_m - HOME_M >= least_driven_m


def _is_back(standing: Standing, left: StandingPlace, fix: StandingPlace, report: AvlReport) -> bool:
    """Whether a vehicle is at the place that it left last, and not where it is since; then it counts as never having left."""
    if left.away_m(fix) > standing.place.away_m(fix):
        return False
    if standing.drove_off:
        return left.away_m(fix) <= left.tremor_m(fix.since) and not drives_off(left, fix, report)
    return left.holds(fix, report.accuracy_m or 0.0)


def has_stood(place: StandingPlace, t: float) -> bool:
    """Whether a vehicle has stood here long enough at t (Unix seconds) for the middle of the place to be known."""
    return t - place.since >= TREMOR_S and place.fixes >= TREMOR_FIXES


def is_tremor(place: StandingPlace, t: float, x: float, y: float) -> bool:
    """Whether a fix of a vehicle that stands here is only noise. t: Unix seconds; x, y: metres east and north."""
    return has_stood(place, t) and hypot(x - place.x, y - place.y) <= place.tremor_m(t)


def rounded_to_m(standing: Standing) -> float:
    """The step (metres) to which a vehicle's fixes are rounded, by two places: a single point may lie on a grid by chance."""
    return 0.0 if standing.left is None else min(standing.place.grid_m, standing.left.grid_m)


def unseen_since(standing: Standing, t: float) -> float | None:
    """Unix seconds since which a receiver was frozen that goes on with this fix, at t; None for any other fix."""
    has_gone_on = standing.frozen is not None and standing.frozen[1] == t and standing.repeated_since is None
    return standing.frozen[0] if standing.frozen is not None and has_gone_on else None


def standing_facts(standing: Standing, off_m: float | None = None) -> StandingFacts:
    """The standing as published. off_m: distance of the place from the line of the trip, metres."""
    place, frozen = standing.place, standing.frozen or (None, None)
    return StandingFacts(
        since=datetime.fromtimestamp(place.since, UTC),
        due_at=None if place.due is None else datetime.fromtimestamp(place.due, UTC),
        off_m=off_m,
        frozen_since=None if frozen[0] is None else datetime.fromtimestamp(frozen[0], UTC),
        frozen_until=None if frozen[1] is None else datetime.fromtimestamp(frozen[1], UTC),
    )


def note_wait(
    place: StandingPlace,
    trip: TripInstance,
    planned: float,
    t: float,
    driven: Callable[[TripInstance], bool],
    *,
    is_named: bool,
) -> None:
    """Notes that a vehicle waits here for a trip with this planned departure. planned, t: Unix seconds.

    Once its first trip is overdue, a later trip does not replace it, unless somebody names that trip or another vehicle drives
    the first one, which then was not its own. Vehicles leave in order: one that was passed by more than MOST_PASSED_BY times
    is a spare vehicle, and its planned departure no longer changes.
    """
    if is_named:
        place.passed_by = 0
    elif place.due is not None and place.due_trip is not None and place.due_trip != trip:
        if place.passed_by >= MOST_PASSED_BY:
            return
        if driven(place.due_trip):
            place.passed_by += 1
        elif t >= place.due:
            return
    place.due, place.due_trip = planned, trip


def rounding_m(lat: float, lon: float) -> float:
    """The step (metres) to which both coordinates are rounded; 0 for coordinates that are not coarsely rounded."""
    for step in ROUNDED_TO:
        if all(abs(value / step - round(value / step)) * step < ON_GRID_DEG for value in (lat, lon)):
            return step * METRES_PER_DEGREE
    return 0.0


def _add(place: StandingPlace, fix: StandingPlace, step_m: float) -> None:
    """Adds a fix to a place, in place. step_m: distance from the fix before."""
    place.fixes = min(place.fixes + 1, MOST_FIXES)
    east_m, north_m = fix.x - place.x, fix.y - place.y
    place.x += east_m / place.fixes
    place.y += north_m / place.fixes
    square_m2 = east_m * (fix.x - place.x) + north_m * (fix.y - place.y)
    place.spread_m2 += (square_m2 - place.spread_m2) / place.fixes
    place.step_m2 += (step_m * step_m - place.step_m2) / place.fixes
    if place.away_m(fix) <= HOME_M:
        place.home_at = fix.since
    place.grid_m = min(place.grid_m, fix.grid_m)


def _watch_receiver(standing: Standing, before: AvlReport, report: AvlReport) -> None:
    """Notices a frozen receiver: one that repeats a point while speed, odometer or the next fix show that the vehicle drove."""
    t, t_before = report.reported_at.timestamp(), before.reported_at.timestamp()
    if (report.lat, report.lon) != (before.lat, before.lon):
        since = standing.repeated_since
        if since is not None and t_before - since >= FROZEN_S and not _can_have_started(before, report):
            standing.frozen = (since, t)
        standing.repeated_since, standing.driven_m, standing.odometer_m = None, 0.0, None
        return
    if standing.repeated_since is None:
        standing.repeated_since, standing.driven_m, standing.odometer_m = t_before, 0.0, before.odometer_m
    if (report.speed_mps or 0.0) >= DRIVES_MPS:
        standing.driven_m += (report.speed_mps or 0.0) * (t - t_before)
    counted_m = 0.0
    if report.odometer_m is not None and standing.odometer_m is not None:
        counted_m = report.odometer_m - standing.odometer_m
    if max(standing.driven_m, counted_m) >= FROZEN_M + ROUNDINGS * rounded_to_m(standing):
        standing.frozen = (standing.repeated_since, t)


def _can_have_started(before: AvlReport, report: AvlReport) -> bool:
    """Whether a vehicle that stood until `before` can be at `report`."""
    far = distance_m(before.lat, before.lon, report.lat, report.lon) > NOISE_M
    return not far or can_have_driven(before, report, STARTS_MPS)
