"""One report through screen, match, assign and advance; the same for live trackers and for replays. No I/O."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from math import hypot

import msgspec

from transit.plan.limits import basic_route_type
from transit.plan.network import Network, TripInstance
from transit.tracking import accuracy_trust
from transit.tracking.accuracy_trust import ON_LINE_M, AccuracyTrust
from transit.tracking.calls import advance, begin, forget_since
from transit.tracking.coupled import KINDS, CoupledTrains
from transit.tracking.detour_notes import note_detour
from transit.tracking.field_trust import MOVING_MPS, observe_fields
from transit.tracking.hypotheses import AssignmentContext, Belief, Observation, close_trips
from transit.tracking.matcher import FixPlace, Matcher
from transit.tracking.memory import Excursion, Memory, pack, unpack
from transit.tracking.off_plan import LineDeviations, observe_plan
from transit.tracking.orders import credible, observe_order, order_of
from transit.tracking.report import RHYTHM_S, AvlReport, Rejection, screen
from transit.tracking.standing import (
    BACK_WITHIN_S,
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
from transit.tracking.suspects import Point, Suspects, can_have_driven, is_jump
from transit.tracking.trip_choice import NO_HINT, AssignmentHint, OtherVehicles

CLAIM_S = 600.0  # the trip of a vehicle silent for longer is free for others
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
        self._states = {state.vehicle_id: state for state in states}
        self._holders: dict[TripInstance, str] = {}
        self._told: dict[str, str] = {}  # vehicle_id -> trip_id told at its last report
        self._deviations = LineDeviations()
        self._coupled = CoupledTrains()
        by_id = self.matcher.patterns.by_id
        self._of_trains = {key for key, pattern in by_id.items() if basic_route_type(pattern.route_type) in KINDS}
        self._rough: dict[str, AccuracyTrust] = {}  # of vehicles of which no fix was taken yet
        for state in sorted(self._states.values(), key=lambda state: state.report.reported_at):
            if state.matched.trip is not None and state.matched.status in WITH_TRIP:
                self._holders[state.matched.trip] = state.vehicle_id

    @property
    def states(self) -> Mapping[str, VehicleState]:
        return self._states

    def release(self, vehicle_id: str) -> VehicleState | None:
        """Forgets a vehicle, which frees its trip. Returns its last state; None where it has none."""
        state = self._states.pop(vehicle_id, None)
        self._told.pop(vehicle_id, None)
        self._coupled.forget(vehicle_id)
        if state is not None and state.matched.trip is not None and self._holders.get(state.matched.trip) == vehicle_id:
            del self._holders[state.matched.trip]
        return state

    def adopt(self, state: VehicleState) -> None:
        """Takes over the state of another vehicle, whose tracker is on this vehicle now."""
        self._claim(state)

    def step(self, report: AvlReport, hint: AssignmentHint = NO_HINT, now: datetime | None = None) -> Outcome:
        """Moves a vehicle by one report. now: our clock; received_at of the report where not given.

        1. Screen it. A fix refused for its accuracy alone is used if this tracker's accuracy is known to be too poor a word.
        2. Refuse a jump. If it is a stale point that was believed before, the vehicle goes back to its last true fix.
        3. Else move the vehicle (_drive). What a refused report tells of its tracker is kept (_remember).
        """
        previous = self._states.get(report.vehicle_id)
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
                return Outcome(Rejection.JUMP, self._states[report.vehicle_id])
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
        state = self._states[vehicle_id] = replace(previous, memory=pack(memory), doubts=_doubts(memory))
        return state

    def _drive(self, report: AvlReport, hint: AssignmentHint, memory: Memory, before: AvlReport | None) -> Outcome:
        """Moves a vehicle by a report that was not refused.

        1. The fix on the network's plane, weighed by how far its fields are believed (_observation).
        2. Match: the belief after it, one verdict out of that, and what the verdict makes of the trips before.
        3. Assign: one vehicle on one trip (_arbitrate).
        4. Off its line: is it expected back (note_detour)? Far from its plan (_note_plan)? Waiting (_note_wait)?
        5. Advance: the calls of the trip that has ended (_finish), then of the one it is on (_advance).
        """
        t = report.reported_at.timestamp()
        fix = self._observation(report, memory, before)
        self._tell(report.vehicle_id, hint)
        memory.order = order_of(hint, memory.order, memory.published)
        believed_hint = credible(self._if_free(self.matcher.table.still_told(hint, t), report, t), memory.order)
        context = self._context(report, believed_hint)
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
        if any(hypothesis.pattern_id in self._of_trains for hypothesis in memory.belief.hypotheses):
            self._coupled.note(report.vehicle_id, t, fix.x, fix.y)
        verdict, displaced = self._arbitrate(verdict, report, hint)
        others = (state.detours for state in self._states.values() if state.vehicle_id != report.vehicle_id)
        verdict = note_detour(memory, verdict, report.reported_at, self.matcher.patterns, others)
        memory.order = observe_order(memory.order, memory.published, memory.belief.ended, verdict, self.matcher.patterns.by_id)
        self._note_plan(memory, verdict, report, t, hint)
        self._note_wait(memory.standing, verdict, t, context)
        if memory.progress is not None and fix.unseen_since is not None:
            forget_since(memory.progress, fix.unseen_since)
        events = self._finish(memory, verdict, report, fix) + self._advance(memory, verdict, report, t)
        memory.published = _publish(verdict, t, memory.published)
        state = self._state(report, verdict, memory)
        self._claim(state)
        return Outcome(None, state, events, displaced)

    def _note_plan(self, memory: Memory, verdict: Verdict, report: AvlReport, t: float, hint: AssignmentHint) -> None:
        if verdict.status is VehicleStatus.ON_TRIP and verdict.trip is not None:
            pattern = self.matcher.patterns.by_id[verdict.pattern_id]
            late_s = self.matcher.table.lateness(pattern, verdict.trip, verdict.along_m or 0.0, t)
            memory.off_plan = observe_plan(memory.off_plan, pattern.route_id, late_s, report.reported_at)
            if late_s is not None and _was_told(hint, verdict.trip):
                share = ((verdict.along_m or 0.0) - pattern.start_m) / max(pattern.end_m - pattern.start_m, 1.0)
                self._deviations.note((pattern.route_id, pattern.direction_id), verdict.trip, late_s, t, share)

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

    def _context(self, report: AvlReport, hint: AssignmentHint) -> AssignmentContext:
        """What is told of a vehicle, and which trips others have."""

        def has(trip: TripInstance) -> VehicleState | None:
            holder = self._holder(trip, report)
            is_ours = holder is not None and _was_told(hint, trip) and self._gives_way(holder, report)
            return None if is_ours else holder

        def driver(trip: TripInstance) -> VehicleState | None:
            holder = has(trip)
            return holder if holder is not None and holder.matched.status is VehicleStatus.ON_TRIP else None

        def runs_late(trip: TripInstance) -> float | None:
            state, pattern = driver(trip), self.matcher.patterns.find(trip.trip_id)
            if state is None or pattern is None:
                return None
            along_m = state.matched.shape_dist_traveled_m or 0.0
            return self.matcher.table.lateness(pattern, trip, along_m, state.report.reported_at.timestamp())

        def is_theirs(trip: TripInstance) -> bool:
            if _was_told(hint, trip) or self.matcher.patterns.find(hint.trip_id or "") is None:
                return False
            holder = driver(trip)
            return holder is not None and self._obeys(holder)

        others = OtherVehicles(
            taken=lambda trip: has(trip) is not None,
            driven=lambda trip: driver(trip) is not None,
            runs_late=runs_late,
            is_theirs=is_theirs,
            line_late_s=lambda route_id, direction_id, t: self._deviations.late_s((route_id, direction_id), t),
        )
        return AssignmentContext(hint, others)

    def _obeys(self, state: VehicleState) -> bool:
        """Whether a vehicle is on the trip that it was told."""
        trip = state.matched.trip
        return trip is not None and self._told.get(state.vehicle_id) == trip.trip_id

    def _if_free(self, hint: AssignmentHint, report: AvlReport, t: float) -> AssignmentHint:
        """The hint; its route alone where another vehicle, which was told that trip as well, drives it elsewhere."""
        pattern = None if hint.trip_id is None else self.matcher.patterns.find(hint.trip_id)
        if pattern is None or hint.trip_id is None or self.network.frequencies_of.get(hint.trip_id):
            return hint
        for day in self.matcher.table.days(t):
            other = self._holder(TripInstance(hint.trip_id, day.date), report)
            if other is None or self._told.get(other.vehicle_id) != hint.trip_id:
                continue
            is_beside = can_have_driven(other.report, report, self.matcher.limits.max_speed_mps)
            if other.matched.status is VehicleStatus.ON_TRIP and not is_beside:
                return AssignmentHint(route_id=pattern.route_id)
        return hint

    def _gives_way(self, holder: VehicleState, report: AvlReport) -> bool:
        """Whether a vehicle has no right to its trip against one that was told it: it was told another one.

        Or nothing, and it is where the other one is: a second unit of the same train, or a second tracker in the same bus.
        """
        if holder.matched.is_overruled:
            return True
        is_beside = can_have_driven(holder.report, report, self.matcher.limits.max_speed_mps)
        return is_beside and holder.vehicle_id not in self._told

    def _tell(self, vehicle_id: str, hint: AssignmentHint) -> None:
        if hint.trip_id is None:
            self._told.pop(vehicle_id, None)
        else:
            self._told[vehicle_id] = hint.trip_id

    def _holder(self, trip: TripInstance, report: AvlReport) -> VehicleState | None:
        """Another vehicle that runs this trip now."""
        state = self._last_on(trip, report.vehicle_id)
        return None if state is None or _has_lost_its_claim(state, report) else state

    def _last_on(self, trip: TripInstance, vehicle_id: str) -> VehicleState | None:
        """Another vehicle whose state says that it runs this trip, however old that is."""
        holder = self._holders.get(trip)
        if holder is None or holder == vehicle_id:
            return None
        state = self._states[holder]
        return state if state.matched.trip == trip else None

    def _arbitrate(self, verdict: Verdict, report: AvlReport, hint: AssignmentHint) -> tuple[Verdict, VehicleState | None]:
        """Gives a trip to one vehicle: to the one that drives it before one that waits for it or left it, else to the first.

        Of two that drive it, to the one that was told this trip before one that gives way. Of coupled trains one has a trip.
        """
        if verdict.trip is None:
            return verdict, None
        leader = self._leader(verdict, report, hint)
        if leader is not None:
            return Verdict(VehicleStatus.UNASSIGNED, explanation=f"trip taken by {leader.vehicle_id}"), None
        other = self._last_on(verdict.trip, report.vehicle_id)
        if other is None:
            return verdict, None
        is_weaker = other.matched.status is not VehicleStatus.ON_TRIP or (
            _was_told(hint, verdict.trip) and self._gives_way(other, report)
        )
        if (verdict.status is VehicleStatus.ON_TRIP and is_weaker) or _has_lost_its_claim(other, report):
            lost = _without_its_trip(other, f"trip taken by {report.vehicle_id}")
            self._states[other.vehicle_id] = lost
            return verdict, lost
        return Verdict(VehicleStatus.UNASSIGNED, explanation=f"trip taken by {other.vehicle_id}"), None

    def _leader(self, verdict: Verdict, report: AvlReport, hint: AssignmentHint) -> VehicleState | None:
        """The train that a vehicle is coupled with, where that one has the better claim to a trip.

        It was told the trip that it is on; else it is nearer to its plan. Who is on its own told trip follows nobody.
        """
        assert verdict.trip is not None
        if _was_told(hint, verdict.trip):
            return None
        t = report.reported_at.timestamp()
        partners = self._coupled.partners(report.vehicle_id, t, CLAIM_S)
        if not partners:
            return None
        own = self._claim_of(verdict.trip, verdict.along_m, t, is_told=False)
        for partner in partners:
            other = self._states.get(partner)
            if other is None or other.matched.trip is None or _has_lost_its_claim(other, report):
                continue
            seen_at, along_m = other.report.reported_at.timestamp(), other.matched.shape_dist_traveled_m
            theirs = self._claim_of(other.matched.trip, along_m, seen_at, is_told=self._obeys(other))
            if (theirs, partner) > (own, report.vehicle_id):
                return other
        return None

    def _claim_of(self, trip: TripInstance, along_m: float | None, t: float, *, is_told: bool) -> tuple[bool, float]:
        """How good a claim to a trip is: told, and minus the seconds off its plan, to a minute."""
        pattern = self.matcher.patterns.find(trip.trip_id)
        late_s = None if pattern is None else self.matcher.table.lateness(pattern, trip, along_m or 0.0, t)
        if pattern is None or late_s is None:
            return is_told, 0.0
        late_s -= self._deviations.late_s((pattern.route_id, pattern.direction_id), t)
        return is_told, -float(round(abs(late_s) / 60.0))

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

    def _claim(self, state: VehicleState) -> None:
        before = self._states.get(state.vehicle_id)
        old = None if before is None else before.matched.trip
        trip = state.matched.trip
        if old is not None and old != trip and self._holders.get(old) == state.vehicle_id:
            del self._holders[old]
        self._states[state.vehicle_id] = state
        if trip is not None:
            self._holders[trip] = state.vehicle_id


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
        if not fix.is_tremor and has_stood(place, fix.t) and published.status == VehicleStatus.ON_TRIP:
            memory.excursion = Excursion(since=place.since, began=fix.t, x=place.x, y=place.y, belief=deepcopy(belief))
    elif fix.is_tremor and hypot(fix.x - excursion.x, fix.y - excursion.y) <= place.tremor_m:
        memory.belief, memory.excursion = msgspec.structs.replace(excursion.belief, seen=belief.seen), None


def _with_fix(trail: list[FixPlace], fix: Observation) -> list[FixPlace]:
    if trail and fix.t - trail[-1][0] < RHYTHM_S:
        return trail
    return [*trail, (fix.t, fix.x, fix.y)][-TRAIL:]


def _has_lost_its_claim(state: VehicleState, report: AvlReport) -> bool:
    """Whether a vehicle was silent for CLAIM_S at the time of another one's report."""
    return (report.reported_at - state.report.reported_at).total_seconds() > CLAIM_S


def _doubts(memory: Memory) -> tuple[str, ...]:
    """All doubts about a tracker, for VehicleState.doubts."""
    fields = () if memory.trust is None else memory.trust.distrusted
    accuracy = () if memory.accuracy is None else memory.accuracy.doubts
    return (*fields, *accuracy, *(() if memory.suspects is None else memory.suspects.troubles))


def _memory(state: VehicleState | None) -> Memory:
    return Memory() if state is None else unpack(state.memory)


def _was_told(hint: AssignmentHint, trip: TripInstance) -> bool:
    return hint.trip_id == trip.trip_id


def _without_its_trip(state: VehicleState, explanation: str) -> VehicleState:
    """The state of a vehicle that lost its trip to another; it keeps its hypotheses."""
    memory = _memory(state)
    memory.published = None
    memory.progress = None
    matched = MatchedPosition(state.report.reported_at, VehicleStatus.UNASSIGNED, explanation=explanation)
    return replace(state, matched=matched, trip_started_at=None, next_stop_sequence=None, recent=(), memory=pack(memory))
