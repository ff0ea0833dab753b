"""Where along its pattern a vehicle is: a hidden-Markov filter over (pattern, metres along), waiting, and out of service.

The model is that of Newson & Krumm (2009, "Hidden Markov map matching through noise and sparseness"), with the lines of
the plan in place of roads: a fix lies off its line by a heavy-tailed error (emission), and the way along the line between
two fixes is about as long as the way the crow flies (transition). Weights are log probabilities; the best is kept at 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot, inf, log
from typing import NamedTuple

import msgspec
from shapely import LineString, Point, STRtree

from transit.plan.geometry import Line, OnLine
from transit.plan.limits import Limits, limits_of
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import Pattern, patterns_of
from transit.tracking.hypotheses import (
    NEVER,
    PRUNE,
    AssignmentContext,
    Belief,
    Hypothesis,
    Observation,
    log_sum,
    prune,
    without_twins,
)
from transit.tracking.likelihood import SIGMA_M, bearing_fits, departure_m, detour_cost, emission, sigma_m
from transit.tracking.report import RHYTHM_S
from transit.tracking.trip_choice import SAME_PLAN, SAME_TRIP, ChoiceContext, TripTable, choose_trip

STILL_M = 12.0  # smaller movements are noise: the usual error of a fix
FULL_WEIGHT_M = 60.0  # fixes nearer to each other share their error, so their evidence counts in proportion
ON_LINE_SIGMAS = 2.0  # a fix up to this many usual errors off a line may be on it
GAP_S = 1500.0  # after a longer silence the belief starts again
ANCHOR_M = 150.0  # a vehicle this far from its anchor has gone away: farther than a parked receiver drifts
HAS_STOOD_S = 300.0  # a vehicle that has stood this long keeps its trip until it moves

# how far along its line a vehicle can be after one more fix
BACK_M = 60.0  # noise never throws a vehicle further back along its line
BACK_SIGMA_M = 25.0  # usual error along the line
REACH_SLACK_M = 100.0  # beyond what it can have driven: both fixes err
SHORT_GAP_S = 180.0  # over a gap no longer than this the way along the line is limited by the straight distance:
WINDING, WINDING_MPS, WINDING_M = 3.0, 5.0, 300.0  # at most so many times that, plus so many m/s and metres
FOLLOWS_WITHIN = 3.0  # times the off-route distance: fixes further off are nowhere on the line
POOR_FIT = -1.5  # log density below which the next trip is tried from the end of this one

# at the end of a trip
ARRIVED_M = 80.0  # this near the end of its line a vehicle may be standing at its terminal
AT_LAST_STOP_M = 25.0  # this near to the last stop it has ended its trip: half a bus and the usual error of a fix
STAYS_ARRIVED_S = 110.0  # elsewhere at its terminal (in the loop, at the bays) the trip ends after this
LABEL_STAYS_S = 300.0  # or after this, while its label stays
TURNS = -0.7  # log odds of the next trip beginning where the last one ended
# Log odds against a fix at a terminal's stop, and in addition at the terminal's radius: a vehicle there follows no line.
AT_BAYS, AT_BAYS_FAR = 0.2, 0.8

# out of service
RESTED_M = 1000.0  # a vehicle that reappears this near to where it was out of service has only rested
OUT_EMISSION = -3.0  # log density of a fix out of service: that of one 70 m off a line
OUT_ON_LINE = -1.0  # the same for a fix on a line, as vehicles out of service use these streets, too
OUT_ON_LINE_M = 300.0  # metres along a line that count 1.0 against being out of service
OUTLIER = -6.0  # the most that one fix takes from a hypothesis
TRIP_S = 7200.0  # mean time until a vehicle leaves its trip before its end
MOST_LEAVE = 0.1  # largest share that leaves over one gap
LEAVES_ARRIVED = -1.0  # log odds of leaving it when it has come to its end,
ENDS_OUT = -2.0  # and of going out of service when it is over

# of beginning a trip, log odds
ENTERS_WITHIN = 1.5  # times the off-route distance, within which a trip can begin to be driven
ENTERS_WITHIN_M = 400.0  # and at most this
ENTERS_BELOW = 9.0  # new lines are tried only while being out of service is at most this much less likely than the best
ENTERS_FIRST = -1.5  # of being on a trip when first seen
ENTERS_START = -3.0  # of beginning a trip near its start, out of service before,
START_STOPS, LEAST_SPACING_M = 2.0, 100.0  # "near" in spacings of its stops, each counted as at least so long
ENTERS_MIDDLE = -12.0  # of beginning in the middle,
ENTERS_BACK = -6.0  # and of turning back there on its own line, from the trip of the other direction
RETURNS = -1.5  # of coming back to the trip that was left,
RETURNS_LATE = -4.5  # and where it counted as ended meanwhile, if the vehicle is as far ahead on it as the plan has it,
PACE_WITHIN = 2.0  # within this factor of the planned time since it left its line
NAMED_BEGINS = -1.0  # of being on a trip that has just been named, against the best hypothesis
ELSEWHERE = -3.0  # if the fix before was not on the line that is entered
COURSE_M, COURSE_S = 30.0, 180.0  # two fixes at least so far and at most so long apart show the direction
AGAINST = -9.0  # if the fix before lies ahead on the line: the vehicle drives the other way
AGAINST_SHARE = 0.5  # share of the distance between the fixes by which it must lie ahead, and nearer to the line than behind
TURNED_S = 180.0  # a vehicle that has left its trip for longer has not just turned back

# of waiting at a first stop, log odds
WAITS_FIRST = -0.5  # when first seen there
WAITS = -2.5  # of beginning to wait
DEPARTS = -0.7  # of leaving between two fixes,
DEPARTS_FREELY = 0.3  # share of a winding way's cost that counts when leaving: the vehicle manoeuvres out of its bay
WAITS_BELOW_MPS = 3.0  # at a higher pace a vehicle drives rather than waits
DRIVES = -1.5  # of each such fix, against waiting
DRIVES_S = 60.0  # after so long at that pace it does not wait
NAMED_REACHES = 3.0  # times a terminal's radius: within this, a vehicle with the named trip is on its way to the first stop

# of the trip that a hypothesis means
PLANNED = 2.0  # log odds of serving rather than not, for a vehicle where the plan has a trip for it
SETTLED = 2.0  # the same for a hypothesis that was held already
REFIT_S, REFIT_WAITING_S = 45.0, 15.0  # how often the trip is chosen again: under way, and while waiting

FixPlace = tuple[float, float, float]  # Unix seconds, metres east and north: a fix on the network's plane


class Step(NamedTuple):
    """The way from the last fix at which a vehicle had moved to the present one."""

    fix: Observation
    before: FixPlace
    elapsed_s: float  # since the last fix, moved or not
    moved_m: float  # straight distance
    share: float  # weight of this fix's evidence, 0 to 1
    part: float  # time since the fix before, as a share of RHYTHM_S, 0 to 1


class Matcher:
    """The filter over one network; it holds no vehicle's state."""

    def __init__(self, network: Network) -> None:
        self.patterns = patterns_of(network)
        self.limits: Limits = limits_of(network)
        self.table = TripTable(network, self.patterns)
        self._patterns_on: dict[Line, list[Pattern]] = {}
        for pattern in self.patterns.by_id.values():
            self._patterns_on.setdefault(pattern.line, []).append(pattern)
        self._segments = [(line, n) for line in self._patterns_on for n in range(len(line.dx))]
        self._tree = STRtree([_segment(line, n) for line, n in self._segments])
        self._all = list(self.patterns.by_id.values())
        self._starts = STRtree([Point(*pattern.stop_xy[0]) for pattern in self._all])
        drawn_off_m = max((off_m for pattern in self._all for off_m in pattern.drawn_off_m), default=0.0)
        if any(pattern.undrawn for pattern in self._all):
            drawn_off_m = ENTERS_WITHIN_M
        within_m = max(ENTERS_WITHIN * self.limits.off_route_m, ON_LINE_SIGMAS * hypot(SIGMA_M, drawn_off_m))
        self._within_m = min(within_m, ENTERS_WITHIN_M)

    def step(self, belief: Belief | None, fix: Observation, context: AssignmentContext) -> Belief:
        """The belief after one more fix, which is later than all before.

        1. Never seen, or silent for GAP_S: a new belief, out of service or on a line that passes here.
        2. Moved by STILL_M or more, and no tremor of where it stands: every hypothesis goes on along its line, and new ones
           enter (_move). Else it stands (_stand).
        3. Trips whose vehicle has arrived end, and others begin to be waited for (_end_trips).
        4. Another trip was named than at the fix before: a hypothesis for it (_add_named).
        5. Each hypothesis gets its trip and is weighted by how well that fits (_refit); unlikely ones are dropped.
        """
        if belief is None or fix.t - belief.last_seen(fix) > GAP_S:
            old = belief
            belief = Belief(fix.t, fix.x, fix.y, anchor=(NEVER, fix.x, fix.y), ended=old.ended if old else None)
            self._enter(belief, fix, context, first=old is None or not _has_rested(old, fix))
        else:
            moved_m = hypot(fix.x - belief.x, fix.y - belief.y)
            if moved_m >= STILL_M and not fix.is_tremor:
                self._move(belief, fix, moved_m, context)
            else:
                self._stand(belief, fix)
            self._end_trips(belief, fix, context)
        if context.hint.trip_id != belief.label:
            self._add_named(belief, fix, context)
        self._refit(belief, fix.t, context)
        prune(belief)
        belief.seen = fix.t
        return belief

    def starts_near(self, x: float, y: float) -> list[tuple[Pattern, float]]:
        """Patterns at whose first stop a vehicle here may be waiting, with the distance in metres."""
        starts = []
        for index in self._starts.query(Point(x, y), predicate="dwithin", distance=self.limits.terminal_radius_m):
            pattern = self._all[int(index)]
            away_m = hypot(x - pattern.stop_xy[0][0], y - pattern.stop_xy[0][1])
            if away_m <= self.limits.of_pattern[pattern.pattern_id].terminal_radius_m:
                starts.append((pattern, away_m))
        return starts

    def is_on_a_line(self, x: float, y: float, within_m: float) -> bool:
        """Whether any line of the network passes here."""
        return bool(len(self._tree.query(Point(x, y), predicate="dwithin", distance=within_m)))

    def near(self, x: float, y: float) -> list[tuple[Pattern, OnLine]]:
        """Every local minimum of the distance to any pattern's line, as far off as that pattern allows."""
        hits: dict[Line, list[int]] = {}
        for index in sorted(self._tree.query(Point(x, y), predicate="dwithin", distance=self._within_m).tolist()):
            line, segment = self._segments[index]
            hits.setdefault(line, []).append(segment)
        places = []
        for line, segments in hits.items():
            for place in line.minima_among(segments, x, y, 0.0, line.length_m):
                for pattern in self._patterns_on[line]:
                    is_within = pattern.start_m <= place.along_m <= pattern.end_m
                    if is_within and place.off_m <= self._enters_within_m(pattern, place):
                        places.append((pattern, place))
        return places

    def _move(self, belief: Belief, fix: Observation, moved_m: float, context: AssignmentContext) -> None:
        part = min(1.0, (fix.t - belief.t) / RHYTHM_S)
        before = _pass_mark(belief, fix)
        share = part * min(1.0, hypot(fix.x - before[1], fix.y - before[2]) / FULL_WEIGHT_M)
        elapsed_s = fix.t - belief.last_seen(fix)
        step = Step(fix=fix, before=before, elapsed_s=elapsed_s, moved_m=moved_m, share=share, part=part)
        following: list[Hypothesis] = []
        leaving = [belief.out]
        on_line = False
        by_chance = max(OUT_EMISSION, OUT_ON_LINE - moved_m / OUT_ON_LINE_M)
        leaves = log(min(MOST_LEAVE, (fix.t - belief.t) / TRIP_S))
        for old in belief.hypotheses:
            leaving.append(old.leaving + (LEAVES_ARRIVED if old.arrived_at is not None else leaves))
            is_named = old.trip is not None and old.trip.trip_id == context.hint.trip_id
            for new in self._follow(old, step, is_named):
                following.append(new)
                on_line = on_line or new.off_m < ON_LINE_SIGMAS * SIGMA_M
        belief.out = log_sum(leaving) + share * (by_chance if on_line else OUT_EMISSION)
        belief.hypotheses = without_twins(following)
        belief.t, belief.x, belief.y = fix.t, fix.x, fix.y
        if belief.out > belief.best_total - ENTERS_BELOW:
            self._enter(belief, fix, context, first=False)
        if belief.anchor is None or hypot(fix.x - belief.anchor[1], fix.y - belief.anchor[2]) > ANCHOR_M:
            belief.anchor = (fix.t, fix.x, fix.y)

    def _stand(self, belief: Belief, fix: Observation) -> None:
        """A vehicle that did not move, over RHYTHM_S or in a tremor, does not drive.

        In a tremor it also is no longer as far off its line as a single wild fix put it.
        """
        if fix.is_tremor or fix.t - belief.t >= RHYTHM_S:
            for hypothesis in belief.hypotheses:
                hypothesis.drives_since = None
        if not fix.is_tremor:
            return
        for hypothesis in belief.hypotheses:
            pattern = self.patterns.by_id.get(hypothesis.pattern_id)
            if pattern is not None and not hypothesis.waiting and hypothesis.off_m > ON_LINE_SIGMAS * SIGMA_M:
                along_m = hypothesis.along_m
                hypothesis.off_m = pattern.line.nearest(fix.x, fix.y, along_m - ANCHOR_M, along_m + ANCHOR_M).off_m

    def _follow(self, old: Hypothesis, step: Step, is_named: bool) -> Iterable[Hypothesis]:
        """The hypotheses that can follow from one.

        1. Along its line, no further than it can have driven; out of a first stop only along the line, too.
        2. One that waits may wait still (_wait_on).
        3. One that fits its line badly may have turned at its end (_turn).
        """
        pattern = self.patterns.by_id.get(old.pattern_id)
        if pattern is None:  # not in this network version
            return
        reach_m = self._reach_m(pattern, step)
        from_m = pattern.start_m + departure_m(pattern) if old.waiting else max(pattern.start_m, old.top_m - BACK_M)
        to_m = min(pattern.end_m, max(old.along_m, from_m) + reach_m)
        best = -inf
        for place in _places(pattern.line, step.fix, from_m, to_m, FOLLOWS_WITHIN * self._off_route_m(pattern)):
            if old.waiting and not self._leaves_along(pattern, place, from_m, is_free=is_named or not pattern.has_shape):
                continue
            score = self._way_score(old, pattern, place, step)
            best = max(best, score)
            if not old.waiting and place.along_m > pattern.end_m - ARRIVED_M:
                score = max(score, self._arrives(old, pattern, place, step))
            score = max(score, OUTLIER * step.share)
            yield self._at_place(old, pattern, place, old.weight + score, step)
        if old.waiting:
            yield from self._wait_on(old, pattern, step, is_named)
        elif best < POOR_FIT * step.share and pattern.end_m - old.along_m < reach_m:
            yield from self._turn(old, pattern, step, reach_m - (pattern.end_m - old.along_m))

    def _reach_m(self, pattern: Pattern, step: Step) -> float:
        """How far along its line a vehicle can have come since the fix before."""
        reach_m = self.limits.of_pattern[pattern.pattern_id].max_speed_mps * step.elapsed_s + REACH_SLACK_M
        if step.elapsed_s < SHORT_GAP_S:
            reach_m = min(reach_m, WINDING * step.moved_m + WINDING_MPS * step.elapsed_s + WINDING_M)
        return reach_m

    def _off_route_m(self, pattern: Pattern) -> float:
        return self.limits.of_pattern[pattern.pattern_id].off_route_m

    def _enters_within_m(self, pattern: Pattern, place: OnLine) -> float:
        """How far off its line a trip can begin to be driven: farther where the line passes beside its own stops."""
        within_m = ENTERS_WITHIN * self._off_route_m(pattern)
        if not pattern.drawn_off_m and not pattern.undrawn:
            return within_m
        return max(within_m, ON_LINE_SIGMAS * sigma_m(pattern, place.segment, place.along_m))

    def _leaves_along(self, pattern: Pattern, place: OnLine, from_m: float, *, is_free: bool) -> bool:
        """Whether a waiting vehicle leaves along its line here, not beside it, by another street or in another direction.

        is_free: the distance from the line is not checked: for a named trip, and without a shape, as the road is not known.
        """
        if place.along_m < from_m + 1.0 and place.off_m > ON_LINE_SIGMAS * sigma_m(pattern, place.segment, place.along_m):
            return False
        return is_free or place.off_m <= self._enters_within_m(pattern, place)

    def _way_score(self, old: Hypothesis, pattern: Pattern, place: OnLine, step: Step) -> float:
        """Log density of the way to this place of the line since the fix before."""
        fix, moved_m, share = step.fix, step.moved_m, step.share
        driven_m = place.along_m - old.along_m
        score = share * (
            emission(pattern, place, fix.rounding_m) + fix.bearing_weight * bearing_fits(pattern, place, fix.bearing)
        )
        if old.waiting:
            score += DEPARTS - DEPARTS_FREELY * share * detour_cost(driven_m, moved_m, step.elapsed_s, fix.rounding_m)
            return score + AGAINST if _is_against(pattern, place, step.before, fix, moved_m) else score
        score -= share * detour_cost(driven_m, moved_m, step.elapsed_s, fix.rounding_m)
        back_m = max(0.0, old.top_m - _mean_m(old, place, step))
        return score - 0.5 * step.part * (back_m / BACK_SIGMA_M) ** 2

    def _wait_on(self, old: Hypothesis, pattern: Pattern, step: Step, is_named: bool) -> Iterable[Hypothesis]:
        """The vehicle still waits: within its terminal's radius, and not if it drives for DRIVES_S.

        With the named trip, and without a shape, the limit is NAMED_REACHES times the radius: it may be driving up to the stop,
        as long as it comes nearer. Without a shape nobody knows by which street it leaves, so there the named one may wait on.
        """
        away_m = _away_m(step.fix, pattern.stop_xy[0])
        score = self._at_terminal(pattern, away_m, step.share)
        since = None
        since_s, moved_m = _pace(step)
        comes_nearer = away_m < hypot(step.before[1] - pattern.stop_xy[0][0], step.before[2] - pattern.stop_xy[0][1])
        if moved_m > WAITS_BELOW_MPS * since_s and not (is_named and (comes_nearer or not pattern.has_shape)):
            score += DRIVES * step.share
            since = step.fix.t - since_s if old.drives_since is None else old.drives_since
            if step.fix.t - since >= DRIVES_S:
                return
        times = NAMED_REACHES if is_named or not pattern.has_shape else 1.0
        reach_m = times * self.limits.of_pattern[pattern.pattern_id].terminal_radius_m
        if away_m <= reach_m:
            weight = old.weight + max(score, OUTLIER * step.share)
            yield msgspec.structs.replace(old, weight=weight, off_m=away_m, drives_since=since)

    def _at_terminal(self, pattern: Pattern, away_m: float, share: float) -> float:
        """Log density of a fix at away_m from a terminal stop, for a vehicle in the loop or at the bays."""
        radius_m = self.limits.of_pattern[pattern.pattern_id].terminal_radius_m
        return -share * (AT_BAYS + AT_BAYS_FAR * (away_m / radius_m) ** 2)

    def _arrives(self, old: Hypothesis, pattern: Pattern, place: OnLine, step: Step) -> float:
        """Log density of a fix of a vehicle at its last stop. It may have cut off the terminal's radius, and no more."""
        score = self._at_terminal(pattern, _away_m(step.fix, pattern.stop_xy[-1]), step.share)
        least_m = place.along_m - old.along_m - self.limits.of_pattern[pattern.pattern_id].terminal_radius_m
        if least_m <= step.moved_m:
            return score
        return score - step.share * detour_cost(least_m, step.moved_m, step.elapsed_s, step.fix.rounding_m)

    def _turn(self, old: Hypothesis, ended: Pattern, step: Step, reach_m: float) -> Iterable[Hypothesis]:
        """The trip ended between two fixes, and the next one began where it ended."""
        fix = step.fix
        for pattern, _ in self.starts_near(*ended.stop_xy[-1]):
            to_m = min(pattern.end_m, pattern.start_m + reach_m)
            for place in _places(pattern.line, fix, pattern.start_m, to_m, self._off_route_m(pattern)):
                if place.along_m < pattern.start_m + departure_m(pattern):
                    continue
                driven_m = ended.end_m - old.along_m + place.along_m - pattern.start_m
                score = step.share * (
                    emission(pattern, place, fix.rounding_m)
                    + fix.bearing_weight * bearing_fits(pattern, place, fix.bearing)
                    - detour_cost(driven_m, step.moved_m, step.elapsed_s, fix.rounding_m)
                )
                yield _on_line(pattern, place, old.weight + 2 * TURNS + score, fix)

    def _at_place(self, old: Hypothesis, pattern: Pattern, place: OnLine, weight: float, step: Step) -> Hypothesis:
        arrived_at, t = old.arrived_at, step.fix.t
        mean_m = place.along_m if old.waiting else _mean_m(old, place, step)
        if place.along_m < pattern.end_m - ARRIVED_M:
            arrived_at = None
        elif arrived_at is None and place.off_m <= self.limits.of_pattern[pattern.pattern_id].terminal_radius_m:
            arrived_at = t
        return msgspec.structs.replace(
            old,
            along_m=place.along_m,
            top_m=mean_m if old.waiting else max(old.top_m, mean_m),
            mean_m=mean_m,
            weight=weight,
            off_m=place.off_m,
            waiting=False,
            since=t if old.waiting else old.since,
            arrived_at=arrived_at,
            must_refit=old.waiting or old.must_refit,
        )

    def _enter(self, belief: Belief, fix: Observation, context: AssignmentContext, *, first: bool) -> None:
        """New hypotheses from being out of service: on any line that passes here, or waiting at a first stop here."""
        least = max(belief.best_total - PRUNE, belief.out - PRUNE)
        fresh = []
        for pattern, place in self._drivable_near(fix):
            if not self._is_on_it(belief, pattern, place, context):
                continue
            weight = belief.out + self._entry(belief, pattern, place, fix.t, first) + emission(pattern, place, fix.rounding_m)
            along = self._came_along(belief, pattern, place, fix)
            weight += fix.bearing_weight * bearing_fits(pattern, place, fix.bearing) + along
            if weight >= least:
                fresh.append(_on_line(pattern, place, weight, fix))
        drives_since = _drives_since(belief, fix)
        for pattern, away_m in self.starts_near(fix.x, fix.y):
            radius_m = self.limits.of_pattern[pattern.pattern_id].terminal_radius_m
            weight = belief.out + (WAITS_FIRST if first else WAITS) - (away_m / radius_m) ** 2
            fresh.append(_at_start(pattern, away_m, weight, fix, drives_since))
        belief.hypotheses = without_twins(belief.hypotheses + fresh)

    def _drivable_near(self, fix: Observation) -> Iterable[tuple[Pattern, OnLine]]:
        """The places of lines near a fix at which a trip can be under way."""
        for pattern, place in self.near(fix.x, fix.y):
            if pattern.start_m + departure_m(pattern) <= place.along_m < pattern.end_m - ARRIVED_M:
                yield pattern, place

    def _is_on_it(self, belief: Belief, pattern: Pattern, place: OnLine, context: AssignmentContext) -> bool:
        """Whether a trip may begin to be driven here: on its line, or also beside it for the named or the abandoned trip.

        A street beside a line differs from the line by its distance only, and later fixes cannot tell the two apart.
        """
        if place.off_m <= ON_LINE_SIGMAS * sigma_m(pattern, place.segment, place.along_m):
            return True
        if belief.left is not None and belief.left.pattern_id == pattern.pattern_id and not belief.has_given_up:
            return True
        named = self.patterns.find(context.hint.trip_id or "")
        return pattern.route_id == (context.hint.route_id if named is None else named.route_id)

    def _add_named(self, belief: Belief, fix: Observation, context: AssignmentContext) -> None:
        """Adds the trip that somebody has just named as a hypothesis, and has every hypothesis choose its trip again."""
        belief.label = context.hint.trip_id
        belief.refit_all()
        named = self.patterns.find(belief.label or "")
        if named is None:
            return
        best = max([hypothesis.weight for hypothesis in belief.hypotheses] + [belief.out])
        fresh = [
            _on_line(pattern, place, best + NAMED_BEGINS + emission(pattern, place, fix.rounding_m), fix)
            for pattern, place in self._drivable_near(fix)
            if pattern is named
        ]
        for pattern, away_m in self.starts_near(fix.x, fix.y):
            if pattern is named:
                fresh.append(_at_start(pattern, away_m, best + NAMED_BEGINS, fix))
        belief.hypotheses = without_twins(belief.hypotheses + fresh)

    def _entry(self, belief: Belief, pattern: Pattern, place: OnLine, t: float, first: bool) -> float:
        left = belief.left
        if left is not None and left.pattern_id == pattern.pattern_id and place.along_m > left.along_m - BACK_M:
            if not belief.has_given_up:
                return RETURNS
            if self._comes_back(belief, pattern, place.along_m, t):
                return RETURNS_LATE
        if first:
            return ENTERS_FIRST
        near_m = START_STOPS * max(pattern.typical_spacing_m, LEAST_SPACING_M)
        if place.along_m - pattern.start_m < near_m:
            return ENTERS_START
        return ENTERS_BACK if self._turns_back(belief, pattern) else ENTERS_MIDDLE

    def _comes_back(self, belief: Belief, pattern: Pattern, along_m: float, t: float) -> bool:
        """Whether a vehicle is on the trip again that it went off and that counts as ended: as far ahead as the plan has it."""
        left = belief.left
        if left is None or not belief.has_given_up or left.pattern_id != pattern.pattern_id:
            return False
        begun_s, now_s = (self.patterns.planned_along(left.trip.trip_id, metres) for metres in (left.along_m, along_m))
        return (now_s - begun_s) / PACE_WITHIN <= t - left.at <= (now_s - begun_s) * PACE_WITHIN

    def _turns_back(self, belief: Belief, pattern: Pattern) -> bool:
        """Whether the trip that the vehicle is on, or has just left, runs the other way on this pattern's route."""
        left = belief.left
        if left is not None and belief.t - left.at <= TURNED_S:
            drove = left.pattern_id
        else:
            likeliest = max(belief.hypotheses, key=lambda hypothesis: hypothesis.total, default=None)
            if likeliest is None or not likeliest.is_followed or likeliest.total < belief.out:
                return False
            drove = likeliest.pattern_id
        other = self.patterns.by_id.get(drove)
        return other is not None and other.route_id == pattern.route_id and other.direction_id != pattern.direction_id

    def _came_along(self, belief: Belief, pattern: Pattern, place: OnLine, fix: Observation) -> float:
        """Log odds by how well the fix before fits behind on the same line; AGAINST if the vehicle drives the other way."""
        if belief.before is None:
            return 0.0
        t, x, y = belief.before
        elapsed_s, moved_m = fix.t - t, hypot(fix.x - x, fix.y - y)
        if _is_against(pattern, place, belief.before, fix, moved_m):
            return AGAINST
        max_speed_mps = self.limits.of_pattern[pattern.pattern_id].max_speed_mps
        from_m = place.along_m - min(max_speed_mps * elapsed_s, WINDING * moved_m + WINDING_M)
        behind = pattern.line.nearest(x, y, max(from_m, 0.0), place.along_m)
        share = min(1.0, moved_m / FULL_WEIGHT_M)
        driven_m = place.along_m - behind.along_m
        return share * max(
            ELSEWHERE, emission(pattern, behind, fix.rounding_m) - detour_cost(driven_m, moved_m, elapsed_s, fix.rounding_m)
        )

    def _end_trips(self, belief: Belief, fix: Observation, context: AssignmentContext) -> None:
        """Ends trips whose vehicle has arrived; at once where it stands at the last stop and other trips begin there."""
        kept: list[Hypothesis] = []
        waiting = {hypothesis.pattern_id for hypothesis in belief.hypotheses if hypothesis.waiting}
        for hypothesis in belief.hypotheses:
            if hypothesis.arrived_at is None:
                kept.append(hypothesis)
                continue
            starts = self.starts_near(fix.x, fix.y)
            if fix.t - hypothesis.arrived_at < self._stays_s(hypothesis, fix, context, bool(starts)):
                kept.append(hypothesis)
                continue
            for pattern, away_m in starts:
                if pattern.pattern_id not in waiting:
                    waiting.add(pattern.pattern_id)
                    kept.append(_at_start(pattern, away_m, hypothesis.weight + TURNS, fix))
            belief.out = max(belief.out, hypothesis.leaving + ENDS_OUT)
            if not any(other.trip == hypothesis.trip for other in belief.hypotheses if other.arrived_at is None):
                belief.ended = hypothesis.trip  # else a label that names already what it runs next has renamed what is over
        belief.hypotheses = kept

    def _stays_s(self, hypothesis: Hypothesis, fix: Observation, context: AssignmentContext, others_begin: bool) -> float:
        """Seconds that a trip lasts after its vehicle has arrived; longer while that trip is still named."""
        if hypothesis.trip is not None and context.hint.trip_id == hypothesis.trip.trip_id:
            return LABEL_STAYS_S
        x, y = self.patterns.by_id[hypothesis.pattern_id].stop_xy[-1]
        return 0.0 if others_begin and hypot(fix.x - x, fix.y - y) < AT_LAST_STOP_M else STAYS_ARRIVED_S

    def _refit(self, belief: Belief, t: float, context: AssignmentContext) -> None:
        """Chooses the trip of each hypothesis and how well it fits; a hypothesis without a possible trip is dropped.

        1. Hypotheses that even a perfect fit would leave unlikely are dropped first.
        2. A vehicle that has stood for HAS_STOOD_S keeps its trip.
        3. Choices that are due (_is_refit_due) are made again.
        """
        top = max([hypothesis.total for hypothesis in belief.hypotheses if hypothesis.is_settled] + [belief.out])
        kept = []
        for hypothesis in belief.hypotheses:
            if hypothesis.weight < top - PRUNE:
                continue
            stays = hypothesis.trip is not None and hypothesis.is_followed and _has_stood(belief, t)
            if not stays and _is_refit_due(hypothesis, t):
                pattern = self.patterns.by_id[hypothesis.pattern_id]
                comes_back = not hypothesis.waiting and self._comes_back(belief, pattern, hypothesis.along_m, t)
                ended = None if comes_back else belief.ended
                choice_context = _choice_context(ended, hypothesis, t, context)
                choice = choose_trip(self.table, pattern, hypothesis.along_m, t, hypothesis.waiting, choice_context)
                if choice is None:
                    continue
                hypothesis.fit = choice.score + PLANNED + (SETTLED if hypothesis.is_settled else 0.0)
                hypothesis.trip, hypothesis.fitted_at, hypothesis.must_refit = choice.trip, t, False
            kept.append(hypothesis)
        belief.hypotheses = kept


def _segment(line: Line, n: int) -> LineString:
    return LineString([(line.xs[n], line.ys[n]), (line.xs[n + 1], line.ys[n + 1])])


def _away_m(fix: Observation, stop_xy: tuple[float, float]) -> float:
    return hypot(fix.x - stop_xy[0], fix.y - stop_xy[1])


def _on_line(pattern: Pattern, place: OnLine, weight: float, fix: Observation) -> Hypothesis:
    """A new hypothesis: under way on a line since this fix."""
    return Hypothesis(
        pattern_id=pattern.pattern_id,
        along_m=place.along_m,
        top_m=place.along_m,
        weight=weight,
        off_m=place.off_m,
        waiting=False,
        since=fix.t,
    )


def _at_start(
    pattern: Pattern, away_m: float, weight: float, fix: Observation, drives_since: float | None = None
) -> Hypothesis:
    """A new hypothesis: waiting at a first stop since this fix."""
    return Hypothesis(
        pattern_id=pattern.pattern_id,
        along_m=pattern.start_m,
        top_m=pattern.start_m,
        weight=weight,
        off_m=away_m,
        waiting=True,
        since=fix.t,
        drives_since=drives_since,
    )


def _is_refit_due(hypothesis: Hypothesis, t: float) -> bool:
    if hypothesis.fitted_at is None or hypothesis.must_refit:
        return True
    return t - hypothesis.fitted_at >= REFIT_S or (hypothesis.waiting and hypothesis.fitted_at < t - REFIT_WAITING_S)


def _has_stood(belief: Belief, t: float) -> bool:
    """Whether a vehicle that was seen to come here has stood for HAS_STOOD_S; passing time alone then changes no trip."""
    return belief.anchor is not None and belief.anchor[0] != NEVER and t - belief.anchor[0] >= HAS_STOOD_S


def _choice_context(ended: TripInstance | None, hypothesis: Hypothesis, t: float, context: AssignmentContext) -> ChoiceContext:
    """The context for a hypothesis's trip. A vehicle that leaves a first stop may take a trip for which another only waits."""
    leaves = hypothesis.must_refit and hypothesis.since == t and not hypothesis.waiting
    return ChoiceContext(
        current=hypothesis.trip,
        sticks=SAME_TRIP if hypothesis.is_followed else SAME_PLAN,
        ended=ended,
        hint=context.hint,
        others=context.others._replace(taken=context.others.driven) if leaves else context.others,
        leaves=leaves,
        goes_on=hypothesis.is_followed and hypothesis.arrived_at is None,
    )


def _is_against(pattern: Pattern, place: OnLine, before: FixPlace, fix: Observation, moved_m: float) -> bool:
    """Whether the fix before lies ahead on the line and not behind, so that the vehicle drives the other way."""
    t, x, y = before
    if moved_m < COURSE_M or fix.t - t > COURSE_S:
        return False
    reach_m = WINDING * moved_m + WINDING_M
    ahead = pattern.line.nearest(x, y, place.along_m, min(place.along_m + reach_m, pattern.line.length_m))
    behind = pattern.line.nearest(x, y, max(place.along_m - reach_m, 0.0), place.along_m)
    clear_m = AGAINST_SHARE * moved_m
    return ahead.along_m - place.along_m > clear_m and ahead.off_m + clear_m < behind.off_m


def _drives_since(belief: Belief, fix: Observation) -> float | None:
    """The time of the fix before if the vehicle drives; None if it stands, moves slowly or is first seen."""
    if belief.before is None:
        return None
    t, x, y = belief.before
    return t if hypot(fix.x - x, fix.y - y) > WAITS_BELOW_MPS * (fix.t - t) else None


def _pace(step: Step) -> tuple[float, float]:
    """Seconds and metres over which a vehicle's pace is known: since the last fix or, where fixes are dense, RHYTHM_S."""
    if step.elapsed_s >= RHYTHM_S:
        return step.elapsed_s, step.moved_m
    t, x, y = step.before
    return step.fix.t - t, hypot(step.fix.x - x, step.fix.y - y)


def _mean_m(old: Hypothesis, place: OnLine, step: Step) -> float:
    """Metres along: with several fixes within RHYTHM_S their fading mean."""
    before_m = old.along_m if old.mean_m is None else old.mean_m
    return before_m + step.part * (place.along_m - before_m)


def _pass_mark(belief: Belief, fix: Observation) -> FixPlace:
    """The place that a fix is compared with: the fix before or, where fixes are dense, one that is RHYTHM_S old."""
    mark = belief.mark or (belief.t, belief.x, belief.y)
    if fix.t - mark[0] >= RHYTHM_S:
        belief.before, belief.mark = mark, (fix.t, fix.x, fix.y)
    else:
        belief.before, belief.mark = belief.before or mark, mark
    return belief.before


def _has_rested(belief: Belief, fix: Observation) -> bool:
    """Whether a vehicle that returns after a silence was out of service near here, as when it leaves its depot."""
    return belief.out >= belief.best_total and hypot(fix.x - belief.x, fix.y - belief.y) < RESTED_M


def _places(line: Line, fix: Observation, from_m: float, to_m: float, within_m: float) -> list[OnLine]:
    """The places on this part of a line where a fix may lie: every near one, at least the nearest."""
    return line.minima(fix.x, fix.y, from_m, to_m, within_m) or [line.nearest(fix.x, fix.y, from_m, to_m)]
