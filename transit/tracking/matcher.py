"""Where along its pattern a vehicle is: a hidden-Markov filter over (pattern, metres along), waiting, and out of service.

The model is that of Newson & Krumm (2009, "Hidden Markov map matching through noise and sparseness"), with the lines of
the plan in place of roads: a fix lies off its line by a heavy-tailed error (emission), and the way along the line between
two fixes is about as long as the way the crow flies (transition). Weights are log probabilities; the best is kept at 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot, log

from shapely import LineString, Point, STRtree

from transit.plan.geometry import Line, OnLine
from transit.plan.limits import Limits, limits_of
from transit.plan.network import Network
from transit.plan.patterns import Pattern, patterns_of
from transit.tracking.hypotheses import (
    NEVER,
    PRUNE,
    AssignmentContext,
    Belief,
    Hypothesis,
    Observation,
    changed,
    log_sum,
    merged,
    prune,
)
from transit.tracking.likelihood import SIGMA_M, bearing_fits, departed_m, detour, emission
from transit.tracking.trip_choice import SAME_PLAN, SAME_TRIP, ChoiceContext, TripTable, choose_trip

STILL_M = 12.0  # a vehicle that moved less has told nothing new
FULL_WEIGHT_M = 60.0  # fixes nearer to each other share their error: their evidence counts in proportion
BACK_M = 60.0  # noise never throws a vehicle further back along its line
BACK_SIGMA_M = 25.0
ARRIVED_M = 80.0  # this near the end of its line a vehicle may be standing at its terminal
AT_LAST_STOP_M = 25.0  # so near to the stop itself it has ended its trip: half a bus and the usual error of a fix
STAYS_ARRIVED_S = 110.0  # elsewhere at its terminal (in the loop, at the bays) the trip lasts this long: within two minutes
LABEL_STAYS_S = 300.0  # or, while its label stays, as long as this
RESTED_M = 1000.0  # a vehicle this near to where it was out of service has only rested
GAP_S = 1500.0  # silence that makes a new beginning
OUT_EMISSION = -3.0  # a fix out of service, as likely as one 70 m off a line;
OUT_ON_LINE = -1.0  # but vehicles out of service use the same streets, and turn off them:
OUT_ON_LINE_M = 300.0  # so many metres along a line tell as much as 1.0 against being out of service
OUTLIER = -6.0  # one fix, however wrong, takes no more from a reading
TRIP_S = 7200.0  # a vehicle leaves its trip, elsewhere than at its end, once in this long
ENTERS_WITHIN = 1.5  # times what is off route: no further off a line does a trip begin to be driven
ENTERS_FIRST = -1.5  # of being on a trip when first seen
ENTERS_START = -3.0  # of beginning a trip near its start, out of service before
ENTERS_MIDDLE = -12.0  # of beginning in the middle
RETURNS = -1.5  # of coming back to the trip that was left
WAITS_FIRST = -0.5  # of waiting at a first stop when first seen there
WAITS = -2.5  # of beginning to wait at a first stop
DEPARTS = -0.7
WAITS_BELOW_MPS = 3.0  # who waits moves up and turns round; at this pace and beyond it drives,
DRIVES = -1.5  # and each such fix tells so much against waiting
DRIVES_S = 60.0  # who does so for this long does not wait
TOLD_REACHES = 3.0  # times a terminal's radius: from there who is told to begin a trip there is on the way to it
TURNS = -0.7  # of the next trip beginning where the last one ended
COURSE_M, COURSE_S = 30.0, 180.0  # so far apart, and no longer, two fixes show which way a vehicle drives,
AGAINST = -9.0  # and a fix before that lies ahead on the line speaks for the other direction
ELSEWHERE = -3.0  # the fix before need not lie on a line that is just entered
PLANNED = 2.0  # log odds of serving rather than not, for a vehicle where the plan has a trip for it
SETTLED = 2.0  # and of one that was held already
Place = tuple[float, float, float]  # Unix seconds, metres east and north: a fix on the network's plane
HAS_STOOD_S = 300.0  # who has gone nowhere for so long keeps its trip until it moves
REFIT_S = 45.0  # the choice of the trip is looked at again this often


class Matcher:
    """The filter over one network; it holds no vehicle's state."""

    def __init__(self, network: Network) -> None:
        self.patterns = patterns_of(network)
        self.limits: Limits = limits_of(network)
        self.table = TripTable(network, self.patterns)
        self._patterns_on: dict[Line, list[Pattern]] = {}
        for pattern in self.patterns.by_id.values():
            self._patterns_on.setdefault(pattern.line, []).append(pattern)
        self._segments = [(line, i) for line in self._patterns_on for i in range(len(line.dx))]
        self._tree = STRtree([LineString([(a.xs[i], a.ys[i]), (a.xs[i + 1], a.ys[i + 1])]) for a, i in self._segments])
        self._all = list(self.patterns.by_id.values())
        self._starts = STRtree([Point(*pattern.stop_xy[0]) for pattern in self._all])
        self._within_m = min(self.limits.off_route_m * 1.5, 400.0)

    def step(self, belief: Belief | None, fix: Observation, asked: AssignmentContext) -> Belief:
        """The belief after one more fix, which is later than all before."""
        if belief is None or fix.t - max(belief.t, belief.seen) > GAP_S:
            old = belief
            belief = Belief(fix.t, fix.x, fix.y, anchor=(NEVER, fix.x, fix.y), ended=old.ended if old else None)
            self._enter(belief, fix, first=old is None or not _rested(old, fix))
        else:
            moved = hypot(fix.x - belief.x, fix.y - belief.y)
            if moved >= STILL_M:
                self._move(belief, fix, moved, asked)
            else:
                for h in belief.hypotheses:
                    h.drives_since = None
            self._end_trips(belief, fix, asked)
        if asked.hint.trip_id != belief.label:
            self._hear(belief, fix, asked)
        self._refit(belief, fix.t, asked)
        prune(belief)
        belief.seen = fix.t
        return belief

    def starts_near(self, x: float, y: float) -> list[tuple[Pattern, float]]:
        """Patterns whose first stop is near enough for a vehicle here to wait for it, with the distance."""
        found = []
        for index in self._starts.query(Point(x, y), predicate="dwithin", distance=self.limits.terminal_radius_m):
            pattern = self._all[int(index)]
            away = hypot(x - pattern.stop_xy[0][0], y - pattern.stop_xy[0][1])
            if away <= self.limits.of_pattern[pattern.pattern_id].terminal_radius_m:
                found.append((pattern, away))
        return found

    def near(self, x: float, y: float) -> list[tuple[Pattern, OnLine]]:
        """Every local minimum of the distance to any pattern's line, as far off as that pattern allows."""
        hits: dict[Line, list[int]] = {}
        for index in sorted(self._tree.query(Point(x, y), predicate="dwithin", distance=self._within_m).tolist()):
            line, segment = self._segments[index]
            hits.setdefault(line, []).append(segment)
        found = []
        for line, segments in hits.items():
            for place in line.minima_among(segments, x, y, 0.0, line.length_m):
                for pattern in self._patterns_on[line]:
                    within = ENTERS_WITHIN * self.limits.of_pattern[pattern.pattern_id].off_route_m
                    if place.off_m <= within and pattern.start_m <= place.along_m <= pattern.end_m:
                        found.append((pattern, place))
        return found

    def _move(self, belief: Belief, fix: Observation, moved: float, asked: AssignmentContext) -> None:
        share = min(1.0, moved / FULL_WEIGHT_M)
        before = (belief.t, belief.x, belief.y)
        following: list[Hypothesis] = []
        leaving = [belief.out]
        on_line = False
        by_chance = max(OUT_EMISSION, OUT_ON_LINE - moved / OUT_ON_LINE_M)
        dt = fix.t - belief.t
        unseen_s = fix.t - max(belief.t, belief.seen)  # a vehicle that was seen standing drove only after that
        leaves = log(min(0.1, dt / TRIP_S))
        for old in belief.hypotheses:
            leaving.append(old.leaving + (-1.0 if old.arrived_at is not None else leaves))
            is_told = old.trip is not None and old.trip.trip_id == asked.hint.trip_id
            for new in self._follow(old, fix, before, unseen_s, moved, share, is_told):
                following.append(new)
                on_line = on_line or new.off_m < 2.0 * SIGMA_M
        belief.out = log_sum(leaving) + share * (by_chance if on_line else OUT_EMISSION)
        belief.hypotheses = merged(following)
        belief.t, belief.x, belief.y, belief.before = fix.t, fix.x, fix.y, before
        best = max((h.total for h in belief.hypotheses), default=-1e9)
        if belief.out > best - 9.0:
            self._enter(belief, fix, first=False)
        if belief.anchor is None or hypot(fix.x - belief.anchor[1], fix.y - belief.anchor[2]) > 150.0:
            belief.anchor = (fix.t, fix.x, fix.y)

    def _follow(
        self, old: Hypothesis, fix: Observation, before: Place, dt: float, moved: float, share: float, is_told: bool
    ) -> Iterable[Hypothesis]:
        """Where this reading can have gone: along its line, no further than it can have driven; on to the next trip."""
        pattern = self.patterns.by_id.get(old.pattern_id)
        if pattern is None:  # gone with the network's last version
            return
        limits = self.limits.of_pattern[old.pattern_id]
        reach = limits.max_speed_mps * dt + 100.0
        if dt < 180.0:
            reach = min(reach, 3.0 * moved + 5.0 * dt + 300.0)
        lo = pattern.start_m + departed_m(pattern) if old.waiting else max(pattern.start_m, old.top_m - BACK_M)
        hi = min(pattern.end_m, max(old.along_m, lo) + reach)
        best = -1e9
        for place in _places(pattern.line, fix, lo, hi, 3.0 * limits.off_route_m):
            step = place.along_m - old.along_m
            score = share * (emission(pattern, place) + fix.bearing_weight * bearing_fits(pattern, place, fix.bearing))
            if old.waiting:
                if place.along_m < lo + 1.0 and place.off_m > 2.0 * SIGMA_M:
                    continue  # it waits beside the line, or leaves in another direction
                if not is_told and place.off_m > ENTERS_WITHIN * limits.off_route_m:
                    continue  # it leaves by another street
                score += DEPARTS - 0.3 * share * detour(step, moved, dt)
                if _is_against(pattern, place, before, fix, moved):
                    score += AGAINST
            else:
                score -= share * detour(step, moved, dt)
                back = max(0.0, old.top_m - place.along_m)
                score -= 0.5 * (back / BACK_SIGMA_M) ** 2
            best = max(best, score)
            if not old.waiting and place.along_m > pattern.end_m - ARRIVED_M:
                x, y = pattern.stop_xy[-1]
                score = max(score, self._at_terminal(pattern, hypot(fix.x - x, fix.y - y), share))
            score = max(score, OUTLIER * share)
            yield self._moved(old, pattern, place, old.weight + score, fix)
        if old.waiting:
            yield from self._wait_on(old, pattern, fix, dt, moved, share, is_told)
        elif best < -1.5 * share and pattern.end_m - old.along_m < reach:
            yield from self._turn(old, pattern, fix, dt, moved, share, reach - (pattern.end_m - old.along_m))

    def _wait_on(
        self, old: Hypothesis, pattern: Pattern, fix: Observation, dt: float, moved: float, share: float, is_told: bool
    ) -> Iterable[Hypothesis]:
        """It waits still: no farther away than its terminal reaches, and not while it drives and drives.

        Who is said to be on the trip that begins there may drive up to it, from three times as far.
        """
        away = hypot(fix.x - pattern.stop_xy[0][0], fix.y - pattern.stop_xy[0][1])
        score = self._at_terminal(pattern, away, share)
        since = None
        if moved > WAITS_BELOW_MPS * dt and not is_told:
            score += DRIVES * share
            since = fix.t - dt if old.drives_since is None else old.drives_since
            if fix.t - since >= DRIVES_S:
                return
        reach_m = self.limits.of_pattern[pattern.pattern_id].terminal_radius_m * (TOLD_REACHES if is_told else 1.0)
        if away <= reach_m:
            yield changed(old, weight=old.weight + max(score, OUTLIER * share), off_m=away, drives_since=since)

    def _at_terminal(self, pattern: Pattern, away_m: float, share: float) -> float:
        """Log density of a fix this far from a terminal stop, of a vehicle in its loop or at its bays: it follows no line."""
        return -share * (0.2 + 0.8 * (away_m / self.limits.of_pattern[pattern.pattern_id].terminal_radius_m) ** 2)

    def _turn(
        self, old: Hypothesis, ended: Pattern, fix: Observation, dt: float, moved: float, share: float, reach: float
    ) -> Iterable[Hypothesis]:
        """The trip ended between two fixes, and the next one began where it ended."""
        for pattern, _ in self.starts_near(*ended.stop_xy[-1]):
            hi = min(pattern.end_m, pattern.start_m + reach)
            within = self.limits.of_pattern[pattern.pattern_id].off_route_m
            for place in _places(pattern.line, fix, pattern.start_m, hi, within):
                if place.along_m < pattern.start_m + departed_m(pattern):
                    continue
                step = ended.end_m - old.along_m + place.along_m - pattern.start_m
                score = share * (
                    emission(pattern, place)
                    + fix.bearing_weight * bearing_fits(pattern, place, fix.bearing)
                    - detour(step, moved, dt)
                )
                yield Hypothesis(
                    pattern.pattern_id, place.along_m, place.along_m, old.weight + 2 * TURNS + score, place.off_m, False, fix.t
                )

    def _moved(self, old: Hypothesis, pattern: Pattern, place: OnLine, weight: float, fix: Observation) -> Hypothesis:
        arrived_at = old.arrived_at
        if place.along_m < pattern.end_m - ARRIVED_M:
            arrived_at = None
        elif arrived_at is None and place.off_m <= self.limits.of_pattern[pattern.pattern_id].terminal_radius_m:
            arrived_at = fix.t
        return changed(
            old,
            along_m=place.along_m,
            top_m=max(old.top_m, place.along_m) if not old.waiting else place.along_m,
            weight=weight,
            off_m=place.off_m,
            waiting=False,
            since=fix.t if old.waiting else old.since,
            arrived_at=arrived_at,
            fitted_at=1.0 if old.waiting else old.fitted_at,
        )

    def _enter(self, belief: Belief, fix: Observation, *, first: bool) -> None:
        """New readings out of being out of service: on any line that passes here, or waiting at a first stop here."""
        best = max((h.total for h in belief.hypotheses), default=-1e9)
        least = max(best - PRUNE, belief.out - PRUNE)
        fresh = []
        for pattern, place in self.near(fix.x, fix.y):
            if not pattern.start_m + departed_m(pattern) <= place.along_m < pattern.end_m - ARRIVED_M:
                continue
            weight = belief.out + self._entry(belief, pattern, place, first) + emission(pattern, place)
            weight += fix.bearing_weight * bearing_fits(pattern, place, fix.bearing) + self._came_along(
                belief, pattern, place, fix
            )
            if weight >= least:
                fresh.append(Hypothesis(pattern.pattern_id, place.along_m, place.along_m, weight, place.off_m, False, fix.t))
        for pattern, away in self.starts_near(fix.x, fix.y):
            radius = self.limits.of_pattern[pattern.pattern_id].terminal_radius_m
            weight = belief.out + (WAITS_FIRST if first else WAITS) - (away / radius) ** 2
            since = _drives_since(belief, fix)
            start = pattern.start_m
            fresh.append(Hypothesis(pattern.pattern_id, start, start, weight, away, True, fix.t, drives_since=since))
        belief.hypotheses = merged(belief.hypotheses + fresh)

    def _hear(self, belief: Belief, fix: Observation, asked: AssignmentContext) -> None:
        """Somebody names another trip: it becomes a reading at once, and every choice of a trip is made anew."""
        belief.label = asked.hint.trip_id
        for h in belief.hypotheses:
            h.fitted_at = 1.0
        pattern = self.patterns.find(belief.label or "")
        if pattern is None:
            return
        best = max([h.weight for h in belief.hypotheses] + [belief.out])
        fresh = [
            Hypothesis(p.pattern_id, place.along_m, place.along_m, best - 1.0 + emission(p, place), place.off_m, False, fix.t)
            for p, place in self.near(fix.x, fix.y)
            if p is pattern and p.start_m + departed_m(p) <= place.along_m < p.end_m - ARRIVED_M
        ]
        start = pattern.start_m
        for p, away in self.starts_near(fix.x, fix.y):
            if p is pattern:
                fresh.append(Hypothesis(p.pattern_id, start, start, best - 1.0, away, True, fix.t))
        belief.hypotheses = merged(belief.hypotheses + fresh)

    def _entry(self, belief: Belief, pattern: Pattern, place: OnLine, first: bool) -> float:
        left = belief.left
        if left is not None and left.pattern_id == pattern.pattern_id and place.along_m > left.along_m - BACK_M:
            return RETURNS
        if first:
            return ENTERS_FIRST
        near = 2.0 * max(pattern.typical_spacing_m, 100.0)
        return ENTERS_START if place.along_m - pattern.start_m < near else ENTERS_MIDDLE

    def _came_along(self, belief: Belief, pattern: Pattern, place: OnLine, fix: Observation) -> float:
        """Whether the fix before lies behind on the same line: a vehicle that drives the other way is told at once."""
        if belief.before is None:
            return 0.0
        t, x, y = belief.before
        dt, moved = fix.t - t, hypot(fix.x - x, fix.y - y)
        if _is_against(pattern, place, belief.before, fix, moved):
            return AGAINST
        lo = place.along_m - min(self.limits.of_pattern[pattern.pattern_id].max_speed_mps * dt, 3.0 * moved + 300.0)
        behind = pattern.line.nearest(x, y, max(lo, 0.0), place.along_m)
        share = min(1.0, moved / FULL_WEIGHT_M)
        return share * max(ELSEWHERE, emission(pattern, behind) - detour(place.along_m - behind.along_m, moved, dt))

    def _end_trips(self, belief: Belief, fix: Observation, asked: AssignmentContext) -> None:
        """A trip whose vehicle has arrived is over soon; at once where it stands at its last stop and other trips begin."""
        kept: list[Hypothesis] = []
        waiting = {h.pattern_id for h in belief.hypotheses if h.waiting}
        for h in belief.hypotheses:
            if h.arrived_at is None:
                kept.append(h)
                continue
            starts = self.starts_near(fix.x, fix.y)
            if fix.t - h.arrived_at < self._stays_s(h, fix, asked, bool(starts)):
                kept.append(h)
                continue
            for pattern, away in starts:
                if pattern.pattern_id not in waiting:
                    waiting.add(pattern.pattern_id)
                    start = pattern.start_m
                    kept.append(Hypothesis(pattern.pattern_id, start, start, h.weight + TURNS, away, True, fix.t))
            belief.out = max(belief.out, h.leaving - 2.0)
            if not any(other.trip == h.trip for other in belief.hypotheses if other.arrived_at is None):
                belief.ended = h.trip  # else a label that says already what it runs next has renamed the trip that is over
        belief.hypotheses = kept

    def _stays_s(self, h: Hypothesis, fix: Observation, asked: AssignmentContext, others_begin: bool) -> float:
        """How long a trip lasts whose vehicle has come to its end: longer while somebody says that it is still on it."""
        if h.trip is not None and asked.hint.trip_id == h.trip.trip_id:
            return LABEL_STAYS_S
        x, y = self.patterns.by_id[h.pattern_id].stop_xy[-1]
        return 0.0 if others_begin and hypot(fix.x - x, fix.y - y) < AT_LAST_STOP_M else STAYS_ARRIVED_S

    def _refit(self, belief: Belief, t: float, asked: AssignmentContext) -> None:
        """Which trip each reading would be, and how well that fits; a reading that no trip can mean is dropped."""
        top = max([h.total for h in belief.hypotheses if h.fitted_at] + [belief.out])
        kept = []
        for h in belief.hypotheses:
            if h.weight < top - PRUNE:
                continue
            stays = h.trip is not None and h.fitted_at > 1.0 and not h.waiting and _has_stood(belief, t)
            if not stays and (t - h.fitted_at >= REFIT_S or (h.waiting and h.fitted_at < t - 15.0)):
                known = _known(belief, h, t, asked)
                choice = choose_trip(self.table, self.patterns.by_id[h.pattern_id], h.along_m, t, h.waiting, known)
                if choice is None:
                    continue
                settled = SETTLED if h.fitted_at else 0.0
                h.trip, h.fit, h.fitted_at = choice.trip, choice.score + PLANNED + settled, t
            kept.append(h)
        belief.hypotheses = kept


def _has_stood(belief: Belief, t: float) -> bool:
    """Whether a vehicle that was seen to come here has gone nowhere for so long: the clock alone gives it no other trip."""
    return belief.anchor is not None and belief.anchor[0] != NEVER and t - belief.anchor[0] >= HAS_STOOD_S


def _known(belief: Belief, h: Hypothesis, t: float, asked: AssignmentContext) -> ChoiceContext:
    """What counts for the trip of a reading; who leaves a first stop takes a trip from a vehicle that only waits for it."""
    leaves = h.fitted_at == 1.0 and h.since == t and not h.waiting
    sticks = SAME_PLAN if h.waiting or h.fitted_at <= 1.0 else SAME_TRIP
    taken = asked.driven if leaves else asked.taken
    said = (belief.ended, asked.hint, taken, asked.driven, asked.runs_late)
    return ChoiceContext(h.trip, sticks, *said, leaves)


def _is_against(pattern: Pattern, place: OnLine, before: Place, fix: Observation, moved: float) -> bool:
    """Whether the fix before lies ahead on the line, and not behind: the vehicle drives the other way."""
    t, x, y = before
    if moved < COURSE_M or fix.t - t > COURSE_S:
        return False
    reach_m = 3.0 * moved + 300.0
    ahead = pattern.line.nearest(x, y, place.along_m, min(place.along_m + reach_m, pattern.line.length_m))
    behind = pattern.line.nearest(x, y, max(place.along_m - reach_m, 0.0), place.along_m)
    return ahead.along_m - place.along_m > 0.5 * moved and ahead.off_m + 0.5 * moved < behind.off_m


def _drives_since(belief: Belief, fix: Observation) -> float | None:
    """When the fix before was, of a vehicle that drives; None of one that stands, moves up, or is first seen."""
    if belief.before is None:
        return None
    t, x, y = belief.before
    return t if hypot(fix.x - x, fix.y - y) > WAITS_BELOW_MPS * (fix.t - t) else None


def _rested(belief: Belief, fix: Observation) -> bool:
    """Whether a vehicle that comes back after a silence was out of service where it is now: it comes out of its depot."""
    best = max((h.total for h in belief.hypotheses), default=-1e9)
    return belief.out >= best and hypot(fix.x - belief.x, fix.y - belief.y) < RESTED_M


def _places(line: Line, fix: Observation, lo: float, hi: float, within_m: float) -> list[OnLine]:
    found = line.minima(fix.x, fix.y, lo, hi, within_m)
    return found or [line.nearest(fix.x, fix.y, lo, hi)]
