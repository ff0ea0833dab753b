"""One report through screen, match, assign and advance; the same for live trackers and for replays. No I/O."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import hypot

import msgspec

from transit.plan.network import Network
from transit.tracking import accuracy_trust
from transit.tracking.accuracy_trust import ON_LINE_M, AccuracyTrust
from transit.tracking.calls import advance, begin, forget_since
from transit.tracking.claims import Claims, was_told
from transit.tracking.detour_notes import note_detour
from transit.tracking.field_trust import MOVING_MPS, observe_fields
from transit.tracking.hypotheses import AssignmentContext, Belief, Observation, close_trips
from transit.tracking.matcher import FixPlace, Matcher
from transit.tracking.memory import Excursion, Memory, pack, unpack
from transit.tracking.off_plan import observe_plan
from transit.tracking.orders import credible, observe_order, order_of
from transit.tracking.report import RHYTHM_S, AvlReport, Rejection, screen
from transit.tracking.standing import (
    BACK_WITHIN_S,
    NOISE_M,
    Standing,
    has_stood,
    is_tremor,
    note_wait,
    observe,
    rounded_to_m,
    standing_facts,
    unseen_since,
)
from transit.tracking.state import (
    ON_LINE,
    OVERRULED,
    WITH_TRIP,
    MatchedPosition,
    StandingFacts,
    StopEvent,
    VehicleState,
    VehicleStatus,
)
from transit.tracking.status import PublishedStatus, Verdict, judge, overrules
from transit.tracking.suspects import Point, Suspects, is_jump
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

STOOD_S = 60.0  # after standing this long, the distance of its place from the line is computed
SAME_POINT_M = 0.5  # one point, on the plane
TRAIL = 8  # fixes remembered, from which a belief that has lost its ground is made anew
NEAR_M = 300.0  # along the line, the largest effect of noise and rounding


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one report. state: the vehicle's state after it (None: refused, and never seen before).

    displaced: another vehicle's state that changed as well, because it lost its trip to this one.
    """

    rejection: Rejection | None
    state: VehicleState | None
    events: tuple[StopEvent, ...] = ()
    displaced: VehicleState | None = None


class Pipeline:
    """The states of all vehicles on one network; step() moves one of them by one report."""

    def __init__(self, network: Network, states: Iterable[VehicleState] = ()) -> None:
        self.network = network
        self.matcher = Matcher(network)
        self._claims = Claims(self.matcher, states)
        self._rough: dict[str, AccuracyTrust] = {}  # of vehicles of which no fix was taken yet

    @property
    def states(self) -> Mapping[str, VehicleState]:
        return self._claims.states

    def release(self, vehicle_id: str) -> VehicleState | None:
        """Forgets a vehicle, which frees its trip. Returns its last state; None where it has none."""
        return self._claims.release(vehicle_id)

    def adopt(self, state: VehicleState) -> None:
        """Takes over the state of another vehicle, whose tracker is on this vehicle now."""
        self._claims.put(state)

    def step(self, report: AvlReport, hint: AssignmentHint = NO_HINT, now: datetime | None = None) -> Outcome:
        """Moves a vehicle by one report. now: our clock; received_at of the report where not given.

        1. Screen it. A fix refused for its accuracy alone is used if this tracker's accuracy is known to be too poor a word.
        2. Refuse a jump. If it is a stale point that was believed before, the vehicle goes back to its last true fix.
        3. Else move the vehicle (_drive). What a refused report tells of its tracker is kept (_remember).
        """
        previous = self.states.get(report.vehicle_id)
        memory = _memory(previous)
        memory.accuracy = accuracy_trust.of_tracker(memory.accuracy or self._rough.get(report.vehicle_id), report.tracker_id)
        limits = self.matcher.limits
        before = None if previous is None else previous.report
        now = now or report.received_at
        rejection = screen(report, before, now, area=limits.service_area)
        exact = replace(report, accuracy_m=None)
        if rejection is Rejection.INACCURATE and screen(exact, before, now, area=limits.service_area) is None:
            x, y = self.matcher.patterns.plane.xy(report.lat, report.lon)
            is_on_line = self.matcher.is_on_a_line(x, y, ON_LINE_M)
            accuracy_trust.observe_rough(memory.accuracy, report, limits.max_speed_mps, is_on_line=is_on_line)
            if memory.accuracy.is_too_poor:
                report, rejection = exact, None
            else:
                return Outcome(rejection, self._remember(report.vehicle_id, previous, memory))
        if rejection is not None:
            return Outcome(rejection, previous)
        report = replace(report, accuracy_m=accuracy_trust.believed_m(memory.accuracy, report.accuracy_m))
        memory.suspects = memory.suspects or Suspects()
        if is_jump(memory.suspects, report, before, limits.max_speed_mps):
            if before is not None and self._has_believed(memory, report):
                self._drive(before, hint, memory, None)
                return Outcome(Rejection.JUMP, self.states[report.vehicle_id])
            return Outcome(Rejection.JUMP, self._remember(report.vehicle_id, previous, memory))
        self._rough.pop(report.vehicle_id, None)
        return self._drive(report, hint, memory, before)

    def _has_believed(self, memory: Memory, stale: AvlReport) -> bool:
        """Whether a point that is refused as stale was believed when it came first. If so, what rested on it is forgotten.

        The vehicle's last true fix is then to be driven once more.
        """
        if memory.suspects is None or memory.suspects.stale != Point(stale.lat, stale.lon):
            return False
        x, y = self.matcher.patterns.plane.xy(stale.lat, stale.lon)
        true = [fix for fix in memory.trail if hypot(fix[1] - x, fix[2] - y) > SAME_POINT_M]
        if len(true) == len(memory.trail):
            return False
        memory.trail, memory.belief, memory.published, memory.progress = true[:-1], None, None, None
        return True

    def _remember(self, vehicle_id: str, previous: VehicleState | None, memory: Memory) -> VehicleState | None:
        """Keeps what a refused report tells of its tracker. Returns the vehicle's state; None where it has none yet."""
        if previous is None:
            if memory.accuracy is not None:
                self._rough[vehicle_id] = memory.accuracy
            return None
        state = replace(previous, memory=pack(memory), doubts=_doubts(memory))
        self._claims.put(state)
        return state

    def _drive(self, report: AvlReport, hint: AssignmentHint, memory: Memory, before: AvlReport | None) -> Outcome:
        """Moves a vehicle by a report that was not refused.

        1. The fix on the network's plane, weighed by how far its fields are believed (_observation).
        2. Match: the belief after it, one verdict out of that, and what the verdict makes of the trips before.
        3. Assign: one vehicle on one trip (Claims.give).
        4. Off its line: is it expected back (note_detour)? Far from its plan (_note_plan)? Waiting (_note_wait)?
        5. Advance: the calls of the trip that has ended (_finish), then of the one it is on (_advance).
        """
        t = report.reported_at.timestamp()
        fix = self._observation(report, memory, before)
        self._claims.tell(report.vehicle_id, hint)
        memory.order = order_of(hint, memory.order, memory.published)
        believed_hint = credible(self._claims.still_told(hint, report), memory.order)
        context = AssignmentContext(believed_hint, self._claims.others(report, believed_hint))
        is_speed_believed = memory.trust is None or memory.trust.speed.weight > 0.0
        believed = report if is_speed_believed else replace(report, speed_mps=None)
        memory.standing = observe(memory.standing, before, believed, fix.x, fix.y)
        fix = fix._replace(
            is_tremor=is_tremor(memory.standing.place, t, fix.x, fix.y),
            rounding_m=rounded_to_m(memory.standing),
            unseen_since=unseen_since(memory.standing, t),
        )
        if memory.belief is None:
            memory.belief = self._along_trail(memory, context)
        _note_excursion(memory, fix)
        memory.belief = self.matcher.step(memory.belief, fix, context)
        memory.trail = _with_fix(memory.trail, fix)
        verdict, closure = judge(self.matcher, memory.belief, memory.published, t, context, fix.rounding_m)
        close_trips(memory.belief, closure)
        if context.hint != hint and overrules(verdict.trip, verdict.pattern_id, hint, self.matcher.patterns):
            verdict = verdict._replace(explanation=OVERRULED)
        verdict = _near_its_place(verdict, memory, fix)
        self._claims.note_train(report.vehicle_id, memory.belief, fix)
        verdict, displaced = self._claims.give(verdict, report, context.hint)
        others = (state.detours for state in self.states.values() if state.vehicle_id != report.vehicle_id)
        verdict = note_detour(memory, verdict, report.reported_at, self.matcher.patterns, others)
        memory.order = observe_order(memory.order, memory.published, memory.belief.ended, verdict, self.matcher.patterns.by_id)
        self._note_plan(memory, verdict, report, t, hint)
        self._note_wait(memory.standing, verdict, t, context)
        if memory.progress is not None and fix.unseen_since is not None:
            forget_since(memory.progress, fix.unseen_since)
        events = self._finish(memory, verdict, report, fix) + self._advance(memory, verdict, report, t)
        memory.published = _publish(verdict, t, memory.published)
        state = self._state(report, verdict, memory)
        self._claims.put(state)
        return Outcome(None, state, events, displaced)

    def _note_plan(self, memory: Memory, verdict: Verdict, report: AvlReport, t: float, hint: AssignmentHint) -> None:
        if verdict.status is VehicleStatus.ON_TRIP and verdict.trip is not None:
            pattern = self.matcher.patterns.by_id[verdict.pattern_id]
            late_s = self.matcher.table.lateness(pattern, verdict.trip, verdict.along_m or 0.0, t)
            memory.off_plan = observe_plan(memory.off_plan, pattern.route_id, late_s, report.reported_at)
            if late_s is not None and was_told(hint, verdict.trip):
                share = ((verdict.along_m or 0.0) - pattern.start_m) / max(pattern.end_m - pattern.start_m, 1.0)
                self._claims.deviations.note((pattern.route_id, pattern.direction_id), verdict.trip, late_s, t, share)

    def _observation(self, report: AvlReport, memory: Memory, before: AvlReport | None) -> Observation:
        """A fix on the network's plane, its bearing weighed by how far this tracker's are believed."""
        x, y = self.matcher.patterns.plane.xy(report.lat, report.lon)
        last = (x, y) if before is None else self.matcher.patterns.plane.xy(before.lat, before.lon)
        weight_before = 1.0 if memory.trust is None else memory.trust.bearing.weight
        memory.trust = trust = observe_fields(memory.trust, before, report, x - last[0], y - last[1])
        memory.accuracy = accuracy_trust.of_tracker(memory.accuracy, report.tracker_id)
        accuracy_trust.observe_exact(memory.accuracy, before, report, x - last[0], y - last[1])
        speed = report.speed_mps if trust.speed.weight > 0.0 else None
        moving = speed is None or speed >= MOVING_MPS
        weight = trust.bearing.weight
        if weight_before > 0.0 and weight == 0.0 and memory.published is not None and memory.published.status not in WITH_TRIP:
            memory.belief = None  # it rested on a field that is no longer believed: made anew by _along_trail
        return Observation(
            t=report.reported_at.timestamp(),
            x=x,
            y=y,
            bearing=report.bearing if moving and weight > 0.0 else None,
            bearing_weight=weight,
        )

    def _along_trail(self, memory: Memory, context: AssignmentContext) -> Belief | None:
        """The belief that a vehicle's last fixes would have brought without any bearing; None for one first seen."""
        belief: Belief | None = None
        rounding_m = 0.0 if memory.standing is None else rounded_to_m(memory.standing)
        for t, x, y in memory.trail:
            belief = self.matcher.step(belief, Observation(t=t, x=x, y=y, bearing=None, rounding_m=rounding_m), context)
        return belief

    def _note_wait(self, standing: Standing, verdict: Verdict, t: float, context: AssignmentContext) -> None:
        if verdict.status is not VehicleStatus.LAYOVER or verdict.trip is None:
            return
        pattern = self.matcher.patterns.by_id[verdict.pattern_id]
        late_s = self.matcher.table.lateness(pattern, verdict.trip, pattern.start_m, t)
        if late_s is not None:
            is_named = context.hint.trip_id == verdict.trip.trip_id
            note_wait(standing.place, verdict.trip, t - late_s, t, context.others.driven, is_named=is_named)

    def _standing(self, standing: Standing | None, verdict: Verdict, t: float) -> StandingFacts | None:
        if standing is None:
            return None
        place, off_m = standing.place, None
        if verdict.along_m is not None and t - place.since >= STOOD_S:
            line = self.matcher.patterns.by_id[verdict.pattern_id].line
            off_m = line.nearest(place.x, place.y, verdict.along_m - NEAR_M, verdict.along_m + NEAR_M).off_m
        return standing_facts(standing, off_m)

    def _finish(self, memory: Memory, verdict: Verdict, report: AvlReport, fix: Observation) -> tuple[StopEvent, ...]:
        """The remaining calls, up to the last stop, of a trip that ends with this fix."""
        progress, published, belief = memory.progress, memory.published, memory.belief
        if progress is None or published is None or belief is None:
            return ()
        if progress.trip != belief.ended or progress.trip == verdict.trip:
            return ()
        pattern = self.matcher.patterns.by_id.get(progress.pattern_id)
        if pattern is None or published.status != VehicleStatus.ON_TRIP or published.trip != progress.trip:
            return ()
        x, y = pattern.stop_xy[-1]
        if hypot(fix.x - x, fix.y - y) > self.matcher.limits.of_pattern[pattern.pattern_id].terminal_radius_m:
            return ()
        return tuple(advance(progress, pattern, report.vehicle_id, pattern.end_m, fix.t))

    def _advance(self, memory: Memory, verdict: Verdict, report: AvlReport, t: float) -> tuple[StopEvent, ...]:
        if verdict.status not in ON_LINE:
            return ()
        assert verdict.trip is not None
        assert verdict.along_m is not None
        pattern = self.matcher.patterns.by_id[verdict.pattern_id]
        progress = memory.progress
        if progress is None or progress.trip != verdict.trip or progress.pattern_id != verdict.pattern_id:
            memory.progress = begin(verdict.trip, pattern, verdict.along_m, t, progress)
            return ()
        return tuple(advance(progress, pattern, report.vehicle_id, verdict.along_m, t))

    def _state(self, report: AvlReport, verdict: Verdict, memory: Memory) -> VehicleState:
        matched = MatchedPosition(
            reported_at=report.reported_at,
            status=verdict.status,
            trip=verdict.trip,
            shape_dist_traveled_m=verdict.along_m,
            offset_m=verdict.off_m,
            confidence=verdict.confidence,
            is_expected_back=verdict.is_expected_back,
            explanation=verdict.explanation,
        )
        plain = VehicleState(
            vehicle_id=report.vehicle_id,
            report=report,
            matched=matched,
            memory=pack(memory),
            detours=memory.detours,
            off_plan=memory.off_plan,
            doubts=_doubts(memory),
            standing=self._standing(memory.standing, verdict, report.reported_at.timestamp()),
        )
        progress = memory.progress
        if verdict.trip is None or progress is None or progress.trip != verdict.trip:
            return plain
        pattern = self.matcher.patterns.by_id[progress.pattern_id]
        ahead = progress.next_index
        if progress.arrived_at is not None and ahead > 0:
            ahead += 1  # it stands at the stop, or is just past it
        if verdict.status is VehicleStatus.OFF_ROUTE and verdict.along_m is not None:  # beside stops that it does not call at
            ahead = max(ahead, bisect_right(pattern.stop_dist_m, verdict.along_m))
            if verdict.back_stop_id in pattern.stop_ids[ahead:]:
                ahead = pattern.stop_ids.index(verdict.back_stop_id, ahead)
        started = progress.started_at
        return replace(
            plain,
            trip_started_at=None if started is None else datetime.fromtimestamp(started, UTC),
            next_stop_sequence=pattern.stop_sequences[ahead] if ahead < len(pattern.stop_sequences) else None,
            recent=tuple((datetime.fromtimestamp(at, UTC), along) for at, along in progress.recent),
        )


def _publish(verdict: Verdict, t: float, before: PublishedStatus | None) -> PublishedStatus:
    along_m = verdict.along_m or 0.0
    goes_on = before is not None and verdict.trip is not None and before.pattern_id == verdict.pattern_id
    return PublishedStatus(
        status=verdict.status.value,
        trip=verdict.trip,
        pattern_id=verdict.pattern_id,
        along_m=along_m,
        off_since=verdict.off_since,
        off_m=verdict.smooth_off_m,
        t=t,
        from_m=min(before.from_m, along_m) if before is not None and goes_on else along_m,
    )


def _note_excursion(memory: Memory, fix: Observation) -> None:
    """Forgets what fixes off the place of a standing vehicle made of the belief, once a fix is back there: they were noise.

    Fixes within the noise of a place count for nothing. Were those beyond it counted, they alone would in hours put a vehicle
    off its line that stands on it.
    """
    standing, belief, published, excursion = memory.standing, memory.belief, memory.published, memory.excursion
    if standing is None or belief is None or published is None:
        return
    place = standing.place
    if excursion is not None and (excursion.since != place.since or fix.t - excursion.began > BACK_WITHIN_S):
        memory.excursion = excursion = None
    if excursion is None:
        if not fix.is_tremor and has_stood(place, fix.t) and published.status in ON_LINE:
            memory.excursion = Excursion(
                since=place.since,
                began=fix.t,
                x=place.x,
                y=place.y,
                belief=deepcopy(belief),
                trip=published.trip if published.status == VehicleStatus.ON_TRIP else None,
                along_m=published.along_m,
            )
    elif fix.is_tremor and hypot(fix.x - excursion.x, fix.y - excursion.y) <= place.tremor_m(fix.t):
        memory.belief, memory.excursion = msgspec.structs.replace(excursion.belief, seen=belief.seen), None


def _near_its_place(verdict: Verdict, memory: Memory, fix: Observation) -> Verdict:
    """The verdict on a vehicle that stands on its trip, no farther along than a fix is from its place while that may be noise.

    Where a line comes back beside itself such a fix may lie on its other pass, with stops between that nobody called at.
    """
    excursion, published = memory.excursion, memory.published
    if published is None or verdict.along_m is None or not verdict.status == published.status == VehicleStatus.ON_TRIP:
        return verdict
    if verdict.trip != published.trip or verdict.pattern_id != published.pattern_id:
        return verdict
    if excursion is not None and excursion.trip == verdict.trip:
        away_m = hypot(fix.x - excursion.x, fix.y - excursion.y)
        along_m = min(max(verdict.along_m, excursion.along_m - away_m), excursion.along_m + away_m)
        return verdict._replace(along_m=along_m)
    is_other_pass = fix.is_tremor and abs(verdict.along_m - published.along_m) > NOISE_M
    return verdict._replace(along_m=published.along_m) if is_other_pass else verdict


def _with_fix(trail: list[FixPlace], fix: Observation) -> list[FixPlace]:
    if trail and fix.t - trail[-1][0] < RHYTHM_S:
        return trail
    return [*trail, (fix.t, fix.x, fix.y)][-TRAIL:]


def _doubts(memory: Memory) -> tuple[str, ...]:
    """All doubts about a tracker, for VehicleState.doubts."""
    fields = () if memory.trust is None else memory.trust.distrusted
    accuracy = () if memory.accuracy is None else memory.accuracy.doubts
    return (*fields, *accuracy, *(() if memory.suspects is None else memory.suspects.troubles))


def _memory(state: VehicleState | None) -> Memory:
    return Memory() if state is None else unpack(state.memory)
