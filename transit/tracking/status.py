"""What is said of a vehicle: out of the filter's readings one status, which does not flap."""

from __future__ import annotations

from math import exp, inf
from typing import NamedTuple

import msgspec

from transit.plan.network import TripInstance
from transit.tracking.hypotheses import NEVER, AbandonedTrip, AssignmentContext, Belief, Hypothesis
from transit.tracking.likelihood import sigma_m
from transit.tracking.matcher import ARRIVED_M, Matcher
from transit.tracking.state import VehicleStatus
from transit.tracking.trip_choice import NAMED_WITHIN_S, headway_day

SURE = 0.7  # share of the readings that a new trip needs before it is shown
SPLIT = 0.5  # or this, where the others are other trips, not being out of service
STAYS = 0.3  # and the share with which the one shown stays
OFF_SMOOTH_S = 20.0  # the offset that decides about off route is a mean over about so long: one fix says little
DEPARTED = 1.5  # log odds by which waiting must be likelier again, once the trip was seen to begin
OFF_S = 45.0  # so long, and two fixes, off its line, and a vehicle is off route
DETOUR_S = 900.0  # after this long off its line a vehicle is not on a detour any more
DETOUR_TOLD_S = 5400.0  # unless somebody says that it is still on that trip: a road may be closed, a line drawn wrong
PARKED_S = 600.0  # a vehicle out of service that has not gone anywhere for so long is not deadheading
STOOD_S = 180.0  # a vehicle on a line that has stood for so long, and was never seen to move, is parked there
LAYOVER_S = 3600.0  # a vehicle that leaves later than this is not "about to begin" its trip


class PublishedStatus(msgspec.Struct, array_like=True):
    """What was said last."""

    status: str
    trip: TripInstance | None
    pattern_id: str
    along_m: float
    since: float
    off_since: float | None = None  # since when it has been too far off its line
    off_m: float = 0.0  # how far, smoothed
    t: float = 0.0  # of the fix, Unix seconds


class Verdict(NamedTuple):
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


def judge(matcher: Matcher, belief: Belief, shown: PublishedStatus | None, t: float, asked: AssignmentContext) -> Verdict:
    """The verdict after a fix at t. Writes into the belief which trip has ended or was left."""
    chosen, share = _choose(matcher, belief, shown)
    was_on = shown is not None and shown.trip is not None and shown.status in ("on_trip", "off_route")
    if chosen is None:
        return _without_trip(matcher, belief, shown, t, share, asked)
    assert chosen.trip is not None
    explanation = _explain(chosen, matcher, asked)
    if shown is not None and _begins_again(matcher, chosen, shown):
        belief.ended = shown.trip
        for h in belief.hypotheses:
            h.fitted_at = 1.0
        return _without_trip(matcher, belief, shown, t, 0.0, asked)
    if was_on and shown is not None and shown.pattern_id != chosen.pattern_id:
        pattern = matcher.patterns.by_id.get(shown.pattern_id)
        if pattern is not None and shown.along_m > pattern.end_m - 3.0 * max(pattern.typical_spacing_m, 200.0):
            belief.ended = shown.trip
    if chosen.waiting and chosen.drives_since is not None and shown is not None and shown.status in ("deadhead", "unassigned"):
        return _without_trip(matcher, belief, shown, t, share, asked)
    if chosen.waiting:
        is_told = chosen.trip.trip_id == asked.hint.trip_id
        if _starts_in(matcher, chosen, t) > (NAMED_WITHIN_S if is_told else LAYOVER_S):
            return _without_trip(matcher, belief, shown, t, share, asked)
        return Verdict(VehicleStatus.LAYOVER, chosen.trip, chosen.pattern_id, chosen.along_m, chosen.off_m, share, explanation)
    if belief.anchor is not None and belief.anchor[0] == NEVER and t - chosen.since > STOOD_S:
        return _without_trip(matcher, belief, shown, t, 0.0, asked)
    belief.left = None
    off_since, smooth_off_m = _off_since(matcher, chosen, shown, t)
    off = off_since is not None and t - off_since >= OFF_S
    status = VehicleStatus.OFF_ROUTE if off else VehicleStatus.ON_TRIP
    where = (chosen.pattern_id, chosen.along_m, chosen.off_m)
    expected_back = off and _is_named(matcher, chosen, asked)
    return Verdict(status, chosen.trip, *where, share, explanation, off_since, smooth_off_m, expected_back)


def _begins_again(matcher: Matcher, chosen: Hypothesis, shown: PublishedStatus) -> bool:
    """Whether a vehicle at the end of its trip would be at the beginning of the very same one: a loop, and it has ended."""
    if shown.trip != chosen.trip or shown.pattern_id != chosen.pattern_id or shown.status != "on_trip":
        return False
    pattern = matcher.patterns.by_id[chosen.pattern_id]
    return shown.along_m > pattern.end_m - ARRIVED_M and chosen.along_m < 0.5 * (pattern.start_m + pattern.end_m)


def _off_since(matcher: Matcher, chosen: Hypothesis, shown: PublishedStatus | None, t: float) -> tuple[float | None, float]:
    """Since when a vehicle has been too far off the line of its trip, and how far; back is well within the limit."""
    pattern = matcher.patterns.by_id[chosen.pattern_id]
    usual = sigma_m(pattern, pattern.line.segment_at(chosen.along_m), chosen.along_m)
    limit = max(matcher.limits.of_pattern[chosen.pattern_id].off_route_m, 3.0 * usual)
    off_m, since = min(chosen.off_m, 2.0 * limit), None  # clipped, so that the way back is not a long one
    if shown is not None and shown.trip == chosen.trip:
        off_m += (shown.off_m - off_m) * exp((shown.t - t) / OFF_SMOOTH_S)
        since = shown.off_since
    if off_m <= (limit if since is None else 0.7 * limit):
        return None, off_m
    return t if since is None else since, off_m


def _choose(matcher: Matcher, belief: Belief, shown: PublishedStatus | None) -> tuple[Hypothesis | None, float]:
    """The reading to be shown and the share of all that agree with its direction; None: none, with the share for "out"."""
    weights = [exp(h.total) for h in belief.hypotheses]
    total = sum(weights) + exp(belief.out)
    groups: dict[tuple[str, int | None], float] = {}
    for h, weight in zip(belief.hypotheses, weights, strict=True):
        pattern = matcher.patterns.by_id[h.pattern_id]
        key = (pattern.route_id, pattern.direction_id)
        groups[key] = groups.get(key, 0.0) + weight / total
    shares = {
        h.pattern_id: groups[matcher.patterns.by_id[h.pattern_id].route_id, matcher.patterns.by_id[h.pattern_id].direction_id]
        for h in belief.hypotheses
    }
    best = _likeliest(belief, shown)
    same = [h for h in belief.hypotheses if shown is not None and shown.trip is not None and h.trip == shown.trip]
    if best is not None:
        share = shares[best.pattern_id]
        if share >= SURE or (best in same and share >= STAYS):
            return best, share
    if same:
        kept = max(same, key=lambda h: h.total)
        if shares[kept.pattern_id] >= STAYS:
            return kept, shares[kept.pattern_id]
    out = exp(belief.out) / total
    if best is not None and shares[best.pattern_id] > max(SPLIT, 2.0 * out):
        return best, shares[best.pattern_id]
    return None, out


def _likeliest(belief: Belief, shown: PublishedStatus | None) -> Hypothesis | None:
    """A bus that was seen to depart does not wait again for the same trip, unless that is much the likelier."""
    best = max(belief.hypotheses, key=lambda h: h.total, default=None)
    if best is None or not best.waiting or shown is None or shown.status != "on_trip" or best.trip != shown.trip:
        return best
    rides = [h for h in belief.hypotheses if h.trip == best.trip and not h.waiting and h.total > best.total - DEPARTED]
    return max(rides, key=lambda h: h.total, default=best)


def _without_trip(
    matcher: Matcher, belief: Belief, shown: PublishedStatus | None, t: float, out: float, asked: AssignmentContext
) -> Verdict:
    was_on = shown is not None and shown.status in ("on_trip", "off_route") and belief.left is None
    if out >= 0.5 and was_on and shown is not None and shown.trip is not None and belief.ended != shown.trip:
        pattern = matcher.patterns.by_id.get(shown.pattern_id)
        if pattern is not None and shown.along_m < pattern.end_m - 2.0 * max(pattern.typical_spacing_m, 200.0):
            belief.left = AbandonedTrip(shown.pattern_id, shown.along_m, shown.trip, t)
        else:
            belief.ended = shown.trip
    if belief.left is not None:
        left = belief.left
        is_told = asked.hint.trip_id == left.trip.trip_id
        if t - left.at <= (DETOUR_TOLD_S if is_told else DETOUR_S):
            pattern = matcher.patterns.by_id[left.pattern_id]
            reach_m = left.along_m + matcher.limits.of_pattern[left.pattern_id].max_speed_mps * (t - left.at)
            beside = pattern.line.nearest(belief.x, belief.y, left.along_m, min(reach_m, pattern.end_m))
            off_m = pattern.line.nearest(belief.x, belief.y).off_m
            smooth_off_m = min(off_m, 2.0 * matcher.limits.of_pattern[left.pattern_id].off_route_m)
            where = (left.trip, left.pattern_id, beside.along_m, off_m)
            return Verdict(VehicleStatus.OFF_ROUTE, *where, out, "", left.at - OFF_S, smooth_off_m, is_told)
        belief.ended, belief.left = belief.left.trip, None
    parked = belief.anchor is None or t - belief.anchor[0] > PARKED_S
    if out < 0.5 or parked or shown is None:
        return Verdict(VehicleStatus.UNASSIGNED, confidence=out)
    return Verdict(VehicleStatus.DEADHEAD, confidence=out)


def _is_named(matcher: Matcher, chosen: Hypothesis, asked: AssignmentContext) -> bool:
    """Whether somebody said that a vehicle is on this trip, or on its line."""
    hint = asked.hint
    if hint.trip_id is not None and hint.trip_id in matcher.patterns.pattern_of:
        return chosen.trip is not None and chosen.trip.trip_id == hint.trip_id
    return hint.route_id is not None and matcher.patterns.by_id[chosen.pattern_id].route_id == hint.route_id


def _starts_in(matcher: Matcher, chosen: Hypothesis, t: float) -> float:
    """Seconds until the planned departure of the trip that is waited for; of headway-based ones 0 while they run."""
    if chosen.trip is None:
        return 0.0
    if matcher.table.network.is_headway_based(chosen.trip.trip_id):
        _, outside = headway_day(matcher.table, matcher.table.network.trips[chosen.trip.trip_id], t)
        return inf if outside else 0.0
    pattern = matcher.patterns.by_id[chosen.pattern_id]
    late = matcher.table.lateness(pattern, chosen.trip, pattern.start_m, t)
    return 0.0 if late is None else -late


def _explain(chosen: Hypothesis, matcher: Matcher, asked: AssignmentContext) -> str:
    label, trip = asked.hint.trip_id, chosen.trip
    if trip is None:
        return ""
    if label is not None and label in matcher.patterns.pattern_of and label != trip.trip_id:
        return "label overruled"
    if asked.hint.route_id is not None and matcher.patterns.by_id[chosen.pattern_id].route_id != asked.hint.route_id:
        return "label overruled"
    return ""
