"""The published status of a vehicle, chosen from the matcher's hypotheses so that it does not flap."""

from __future__ import annotations

from math import exp, inf, log
from typing import NamedTuple

import msgspec

from transit.plan.network import TripInstance
from transit.plan.patterns import Pattern, Patterns
from transit.plan.planned_times import has_planned_times
from transit.tracking.hypotheses import NEVER, AbandonedTrip, AssignmentContext, Belief, Hypothesis, TripClosure
from transit.tracking.likelihood import sigma_m
from transit.tracking.matcher import ARRIVED_M, ON_LINE_SIGMAS, Matcher
from transit.tracking.state import OVERRULED, VehicleStatus
from transit.tracking.trip_choice import NAMED_WITHIN_S, AssignmentHint, headway_day

SURE = 0.7  # share of the hypotheses that a new route and direction needs to be published
SPLIT = 0.5  # or this share, if the rest is other trips rather than being out of service
SPLIT_AGAINST_OUT = 2.0  # and this many times the share of being out of service
STAYS = 0.3  # share with which the published one stays
OUT = 0.5  # share of being out of service from which that is published
DEPARTED = 1.5  # log odds by which waiting must be likelier again, once the trip was seen to begin
ALIKE = log(SURE / STAYS)  # and another trip of the published route and direction: as clearly as another route
OFF_S = 45.0  # a vehicle is off route after this long, and two fixes, off its line
OFF_SMOOTH_S = 20.0  # time constant of the smoothed offset that decides about off route
OFF_SIGMAS = 3.0  # least distance for off route, in usual errors of a fix
OFF_CLIPPED = 2.0  # larger offsets count as this many times the limit, so that smoothing does not delay the return
BACK_WITHIN = 0.7  # within this share of the limit a vehicle is back on its line
DETOUR_S = 900.0  # after this long off its line a vehicle has left its trip
# unless its trip or its line is still named: a road may be closed, a line drawn wrong; until then it also may come back in time
DETOUR_NAMED_S = 5400.0
PARKED_S = 600.0  # a vehicle out of service that has stood this long is not deadheading
STOOD_S = 180.0  # a vehicle on a line that has stood this long, and was never seen to move, is parked there
# A vehicle that came upon a line farther than START_M from its start, and followed it for less than FOLLOWED_M, only drove a
# street of that line: it has left no trip.
START_M, FOLLOWED_M = 300.0, 500.0
COMES_S = 60.0  # a vehicle out of service that is near a terminal for less, and not at its stop, may only pause on its way
LAYOVER_S = 3600.0  # a vehicle whose trip begins later than this is not in layover
# A vehicle that appears on another line, or out of service, has ended its trip if it was within so many stop spacings of the
# end; a spacing counts as at least LEAST_SPACING_M.
LAST_STOPS, LAST_STOPS_OUT, LEAST_SPACING_M = 3.0, 2.0, 200.0


class PublishedStatus(msgspec.Struct, array_like=True):
    """The status published after the previous fix."""

    status: str
    trip: TripInstance | None
    pattern_id: str
    along_m: float
    off_since: float | None = None  # since when it has been too far off its line
    off_m: float = 0.0  # how far, smoothed
    t: float = 0.0  # of the fix, Unix seconds
    from_m: float = 0.0  # least metres along since it came upon this line

    @property
    def is_under_way(self) -> bool:
        return self.status in (VehicleStatus.ON_TRIP, VehicleStatus.OFF_ROUTE)


class Verdict(NamedTuple):
    """The status after a fix, and where on which trip that puts the vehicle. Metres; off_since in Unix seconds."""

    status: VehicleStatus
    trip: TripInstance | None = None
    pattern_id: str = ""
    along_m: float | None = None
    off_m: float | None = None
    confidence: float = 1.0
    explanation: str = ""
    off_since: float | None = None
    smooth_off_m: float = 0.0
    is_expected_back: bool = False
    back_stop_id: str = ""  # the stop at which others that left their line here had come back to it


class _Evidence(NamedTuple):
    """What a verdict rests on."""

    matcher: Matcher
    belief: Belief
    published: PublishedStatus | None
    t: float  # Unix seconds of the fix
    context: AssignmentContext
    rounding_m: float

    def pattern(self, pattern_id: str) -> Pattern:
        return self.matcher.patterns.by_id[pattern_id]


def judge(
    matcher: Matcher,
    belief: Belief,
    published: PublishedStatus | None,
    t: float,
    context: AssignmentContext,
    rounding_m: float = 0.0,
) -> tuple[Verdict, TripClosure]:
    """The verdict after a fix at t (Unix seconds), and what it concludes about earlier trips. Changes nothing.

    rounding_m: the step to which the fixes are rounded; rounding alone puts one half a step off its line.

    1. No hypothesis is likely enough, or it begins beside its line (_begins_beside): no trip.
    2. At the end of a loop before and at its beginning now: the trip has ended; no trip until one is chosen again.
    3. Near the end of its trip before and on another line now: the trip has ended.
    4. It waits: layover, unless it drives about out of service or its departure is too far ahead.
    5. On a line for STOOD_S and never seen to move: parked, no trip.
    6. Else on its trip, or off route after OFF_S too far off the line.
    """
    evidence = _Evidence(matcher=matcher, belief=belief, published=published, t=t, context=context, rounding_m=rounding_m)
    before = TripClosure(belief.ended, belief.left)
    chosen, share = _choose(evidence)
    if chosen is None:
        return _without_trip(evidence, before, share)
    if _begins_beside(evidence, chosen):
        return _without_trip(evidence, before, 0.0)
    if published is not None and _begins_again(evidence, chosen, published):
        return _without_trip(evidence, TripClosure(published.trip, belief.left, begins_again=True), 0.0)
    if published is not None and _has_changed_over(evidence, chosen, published):
        before = before._replace(ended=published.trip)
    if chosen.waiting:
        if _drives_about(evidence, chosen, before) or _starts_in(evidence, chosen) > _longest_layover_s(evidence, chosen):
            return _without_trip(evidence, before, share)
        return _on_trip(evidence, chosen, VehicleStatus.LAYOVER, share), _at_a_terminal(before)
    if belief.anchor is not None and belief.anchor[0] == NEVER and t - chosen.since > STOOD_S:
        return _without_trip(evidence, before, 0.0)
    off_since, smooth_off_m = _off_since(evidence, chosen)
    is_off = off_since is not None and t - off_since >= OFF_S
    verdict = _on_trip(evidence, chosen, VehicleStatus.OFF_ROUTE if is_off else VehicleStatus.ON_TRIP, share)
    is_expected_back = is_off and _is_named(evidence, chosen)
    verdict = verdict._replace(off_since=off_since, smooth_off_m=smooth_off_m, is_expected_back=is_expected_back)
    has_come_back = before.left is not None and before.left.trip == chosen.trip
    return verdict, before._replace(left=None, ended=None if has_come_back and before.ended == chosen.trip else before.ended)


def _at_a_terminal(closure: TripClosure) -> TripClosure:
    """What a wait at a first stop leaves of a closure: who waits for a trip comes back to none that counts as ended."""
    return closure._replace(left=None) if closure.left is not None and closure.left.trip == closure.ended else closure


def _on_trip(evidence: _Evidence, chosen: Hypothesis, status: VehicleStatus, share: float) -> Verdict:
    assert chosen.trip is not None
    return Verdict(
        status=status,
        trip=chosen.trip,
        pattern_id=chosen.pattern_id,
        along_m=chosen.along_m,
        off_m=chosen.off_m,
        confidence=share,
        explanation=_explain(evidence, chosen),
    )


def _begins_beside(evidence: _Evidence, chosen: Hypothesis) -> bool:
    """Whether a vehicle without a trip would be put on one by a fix beside its line; on a named one it may begin so."""
    published = evidence.published
    if chosen.waiting or _is_named(evidence, chosen) or (published is not None and published.trip is not None):
        return False
    pattern = evidence.pattern(chosen.pattern_id)
    usual_m = sigma_m(pattern, pattern.line.segment_at(chosen.along_m), chosen.along_m)
    return chosen.off_m > ON_LINE_SIGMAS * usual_m + 0.5 * evidence.rounding_m


def _has_changed_over(evidence: _Evidence, chosen: Hypothesis, published: PublishedStatus) -> bool:
    """Whether a vehicle that was near the end of its trip is on another line now."""
    pattern = evidence.matcher.patterns.by_id.get(published.pattern_id)
    if published.trip is None or not published.is_under_way or published.pattern_id == chosen.pattern_id or pattern is None:
        return False
    return published.along_m > pattern.end_m - LAST_STOPS * max(pattern.typical_spacing_m, LEAST_SPACING_M)


def _drives_about(evidence: _Evidence, chosen: Hypothesis, closure: TripClosure) -> bool:
    """Whether a vehicle near a first stop drives by, and neither waited there before nor has come to the end of its trip."""
    published, anchor = evidence.published, evidence.belief.anchor
    if published is None:
        return False
    is_out = published.status in (VehicleStatus.DEADHEAD, VehicleStatus.UNASSIGNED)
    if chosen.drives_since is None:
        has_come = anchor is not None and evidence.t - anchor[0] < COMES_S and chosen.off_m > ARRIVED_M
        return is_out and has_come and not _is_named(evidence, chosen)
    is_elsewhere = published.is_under_way and published.pattern_id != chosen.pattern_id
    has_left = is_elsewhere and published.trip != closure.ended
    return has_left or is_out


def _longest_layover_s(evidence: _Evidence, chosen: Hypothesis) -> float:
    assert chosen.trip is not None
    return NAMED_WITHIN_S if chosen.trip.trip_id == evidence.context.hint.trip_id else LAYOVER_S


def _begins_again(evidence: _Evidence, chosen: Hypothesis, published: PublishedStatus) -> bool:
    """Whether a vehicle at the end of its trip would be at the beginning of the very same one: a loop, and it has ended."""
    is_same = published.trip == chosen.trip and published.pattern_id == chosen.pattern_id
    if not is_same or published.status != VehicleStatus.ON_TRIP:
        return False
    pattern = evidence.pattern(chosen.pattern_id)
    return published.along_m > pattern.end_m - ARRIVED_M and chosen.along_m < 0.5 * (pattern.start_m + pattern.end_m)


def _off_since(evidence: _Evidence, chosen: Hypothesis) -> tuple[float | None, float]:
    """Since when a vehicle has been too far off its line (Unix seconds; None: it is not), and its smoothed offset in metres."""
    pattern, published, t = evidence.pattern(chosen.pattern_id), evidence.published, evidence.t
    usual_m = sigma_m(pattern, pattern.line.segment_at(chosen.along_m), chosen.along_m)
    limit_m = max(evidence.matcher.limits.of_pattern[chosen.pattern_id].off_route_m, OFF_SIGMAS * usual_m)
    limit_m += 0.5 * evidence.rounding_m
    off_m, since = min(chosen.off_m, OFF_CLIPPED * limit_m), None
    if published is not None and published.trip == chosen.trip:
        off_m += (published.off_m - off_m) * exp((published.t - t) / OFF_SMOOTH_S)
        since = published.off_since
    if off_m <= (limit_m if since is None else BACK_WITHIN * limit_m):
        return None, off_m
    return t if since is None else since, off_m


def _choose(evidence: _Evidence) -> tuple[Hypothesis | None, float]:
    """The hypothesis to publish and the share of its route and direction; or None and the share of being out of service.

    1. The likeliest, if its share is SURE, or STAYS for the trip that is published already.
    2. Else the published one, while its share is STAYS.
    3. Else the likeliest, if it outweighs being out of service (SPLIT).
    """
    belief, published = evidence.belief, evidence.published
    out = exp(belief.out) / _total(belief)
    share_of = _shares(evidence)
    best = _likeliest(evidence)
    same = [
        hypothesis for hypothesis in belief.hypotheses
        if published is not None and published.trip is not None and hypothesis.trip == published.trip
    ]  # fmt: skip
    if best is not None:
        share = share_of[best.pattern_id]
        if share >= SURE or (best in same and share >= STAYS):
            return best, share
    if same:
        kept = max(same, key=lambda hypothesis: hypothesis.total)
        if share_of[kept.pattern_id] >= STAYS:
            return kept, share_of[kept.pattern_id]
    if best is not None and share_of[best.pattern_id] > max(SPLIT, SPLIT_AGAINST_OUT * out):
        return best, share_of[best.pattern_id]
    return None, out


def _total(belief: Belief) -> float:
    return sum(exp(hypothesis.total) for hypothesis in belief.hypotheses) + exp(belief.out)


def _shares(evidence: _Evidence) -> dict[str, float]:
    """pattern_id -> the share of all hypotheses on its route and direction."""
    total = _total(evidence.belief)
    groups: dict[tuple[str, int | None], float] = {}
    for hypothesis in evidence.belief.hypotheses:
        direction = _direction(evidence, hypothesis)
        groups[direction] = groups.get(direction, 0.0) + exp(hypothesis.total) / total
    return {hypothesis.pattern_id: groups[_direction(evidence, hypothesis)] for hypothesis in evidence.belief.hypotheses}


def _direction(evidence: _Evidence, hypothesis: Hypothesis) -> tuple[str, int | None]:
    pattern = evidence.pattern(hypothesis.pattern_id)
    return pattern.route_id, pattern.direction_id


def _likeliest(evidence: _Evidence) -> Hypothesis | None:
    """The likeliest hypothesis. After a departure, waiting for the same trip must be likelier by DEPARTED."""
    belief, published = evidence.belief, evidence.published
    best = max(belief.hypotheses, key=lambda hypothesis: hypothesis.total, default=None)
    if best is None or published is None:
        return best
    if not best.waiting:
        return _published_if_alike(evidence, best, published)
    if published.status != VehicleStatus.ON_TRIP or best.trip != published.trip:
        return best
    under_way = [
        hypothesis for hypothesis in belief.hypotheses
        if hypothesis.trip == best.trip and not hypothesis.waiting and hypothesis.total > best.total - DEPARTED
    ]  # fmt: skip
    return max(under_way, key=lambda hypothesis: hypothesis.total, default=best)


def _published_if_alike(evidence: _Evidence, best: Hypothesis, published: PublishedStatus) -> Hypothesis:
    """The published trip where the likeliest is another of its route and direction and no likelier by ALIKE.

    On a street that two patterns share only the planned times tell their trips apart; these change from fix to fix.
    """
    alike = [
        hypothesis for hypothesis in evidence.belief.hypotheses
        if hypothesis.trip == published.trip and not hypothesis.waiting and hypothesis.arrived_at is None
        and hypothesis.total > best.total - ALIKE and _direction(evidence, hypothesis) == _direction(evidence, best)
    ]  # fmt: skip
    return max(alike, key=lambda hypothesis: hypothesis.total, default=best)


def _without_trip(evidence: _Evidence, before: TripClosure, out: float) -> tuple[Verdict, TripClosure]:
    """The verdict on a vehicle without a trip. before: what is concluded already; out: share of being out of service.

    1. It was under way until now, and is out of service: off its trip, or at the end of it (_closure_of).
    2. Off its trip, and not for too long: off route.
    3. Else deadheading or, where it stands or nothing is known, unassigned.
    """
    published, belief, t = evidence.published, evidence.belief, evidence.t
    closure = before
    if published is not None and before.left is None and out >= OUT:
        closure = _closure_of(evidence, before, published)
    if closure.left is not None:
        is_named = _names(evidence, closure.left.trip, closure.left.pattern_id)
        if t - closure.left.at <= (DETOUR_NAMED_S if is_named else DETOUR_S):
            return _beside_its_line(evidence, closure.left, out, is_named), closure
        closure = closure._replace(
            ended=closure.left.trip, left=closure.left if t - closure.left.at <= DETOUR_NAMED_S else None
        )
    is_parked = belief.anchor is None or t - belief.anchor[0] > PARKED_S
    is_out = out >= OUT and not is_parked and published is not None
    return Verdict(VehicleStatus.DEADHEAD if is_out else VehicleStatus.UNASSIGNED, confidence=out), closure


def _closure_of(evidence: _Evidence, before: TripClosure, published: PublishedStatus) -> TripClosure:
    """What follows for the trip that a vehicle was on: it has ended, or was left on the way."""
    if published.trip is None or not published.is_under_way or before.ended == published.trip:
        return before
    pattern = evidence.matcher.patterns.by_id.get(published.pattern_id)
    if pattern is None:
        return before._replace(ended=published.trip)
    is_named = evidence.context.hint.trip_id == published.trip.trip_id
    if not is_named and published.from_m > pattern.start_m + START_M and published.along_m - published.from_m < FOLLOWED_M:
        return before  # it only drove a street of this line
    if published.along_m >= pattern.end_m - LAST_STOPS_OUT * max(pattern.typical_spacing_m, LEAST_SPACING_M):
        return before._replace(ended=published.trip)
    return before._replace(left=AbandonedTrip(published.pattern_id, published.along_m, published.trip, evidence.t))


def _beside_its_line(evidence: _Evidence, left: AbandonedTrip, out: float, is_named: bool) -> Verdict:
    """Off route, at the place of its line nearest to the vehicle."""
    pattern, belief = evidence.pattern(left.pattern_id), evidence.belief
    limits = evidence.matcher.limits.of_pattern[left.pattern_id]
    reach_m = left.along_m + limits.max_speed_mps * (evidence.t - left.at)
    beside = pattern.line.nearest(belief.x, belief.y, left.along_m, min(reach_m, pattern.end_m))
    off_m = pattern.line.nearest(belief.x, belief.y).off_m
    return Verdict(
        status=VehicleStatus.OFF_ROUTE,
        trip=left.trip,
        pattern_id=left.pattern_id,
        along_m=beside.along_m,
        off_m=off_m,
        confidence=out,
        off_since=left.at - OFF_S,
        smooth_off_m=min(off_m, OFF_CLIPPED * limits.off_route_m),
        is_expected_back=is_named,
    )


def _is_named(evidence: _Evidence, chosen: Hypothesis) -> bool:
    """Whether somebody named the trip that a vehicle is on, or its line."""
    return chosen.trip is not None and _names(evidence, chosen.trip, chosen.pattern_id)


def _names(evidence: _Evidence, trip: TripInstance, pattern_id: str) -> bool:
    hint, patterns = evidence.context.hint, evidence.matcher.patterns
    if hint.trip_id is not None and hint.trip_id in patterns.pattern_of:
        return trip.trip_id == hint.trip_id
    return hint.route_id is not None and patterns.by_id[pattern_id].route_id == hint.route_id


def _starts_in(evidence: _Evidence, chosen: Hypothesis) -> float:
    """Seconds until the departure of the trip that is waited for, as planned or by how far the plan of its line is out.

    Of headway-based ones 0 while they run.
    """
    assert chosen.trip is not None
    table, t = evidence.matcher.table, evidence.t
    if not has_planned_times(table.network, chosen.trip):
        _, outside = headway_day(table, table.network.trips[chosen.trip.trip_id], t)
        return inf if outside else 0.0
    pattern = evidence.pattern(chosen.pattern_id)
    late_s = table.lateness(pattern, chosen.trip, pattern.start_m, t)
    line_late_s = evidence.context.others.line_late_s(pattern.route_id, pattern.direction_id, t)
    return 0.0 if late_s is None else line_late_s - late_s


def _explain(evidence: _Evidence, chosen: Hypothesis) -> str:
    """For MatchedPosition.explanation: whether the hint was overruled; empty where it was not."""
    is_overruled = overrules(chosen.trip, chosen.pattern_id, evidence.context.hint, evidence.matcher.patterns)
    return OVERRULED if is_overruled else ""


def overrules(trip: TripInstance | None, pattern_id: str, hint: AssignmentHint, patterns: Patterns) -> bool:
    """Whether a vehicle on this trip of this pattern is not on what the hint says."""
    if trip is None:
        return False
    if hint.trip_id is not None and hint.trip_id in patterns.pattern_of and hint.trip_id != trip.trip_id:
        return True
    return hint.route_id is not None and patterns.by_id[pattern_id].route_id != hint.route_id
