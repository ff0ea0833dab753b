"""Which vehicle has which trip: what the others have when one is matched, and who keeps a trip that two are on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from transit.plan.limits import basic_route_type
from transit.plan.network import TripInstance
from transit.tracking.coupled import KINDS, CoupledTrains
from transit.tracking.hypotheses import Belief, Observation
from transit.tracking.matcher import Matcher
from transit.tracking.memory import pack, unpack
from transit.tracking.off_plan import LineDeviations
from transit.tracking.report import AvlReport
from transit.tracking.state import COUPLED_WITH, TAKEN_BY, WITH_TRIP, MatchedPosition, VehicleState, VehicleStatus
from transit.tracking.status import Verdict
from transit.tracking.suspects import can_have_driven
from transit.tracking.trip_choice import AssignmentHint, OtherVehicles

CLAIM_S = 600.0  # the trip of a vehicle silent for longer is free for others
DRIVEN = timedelta(days=1)  # that a trip has been driven is known for so long: a named one is planned hours off at most


class Claims:
    """The states of all vehicles, and which of them has a trip. Only this class changes who has one."""

    def __init__(self, matcher: Matcher, states: Iterable[VehicleState] = ()) -> None:
        self.deviations = LineDeviations()
        self._matcher = matcher
        self._states = {state.vehicle_id: state for state in states}
        self._holders: dict[TripInstance, str] = {}
        self._told: dict[str, str] = {}  # vehicle_id -> trip_id told at its last report
        self._driven: dict[TripInstance, tuple[str, datetime]] = {}  # those driven as told: by whom, and when last
        self._coupled = CoupledTrains()
        by_id = matcher.patterns.by_id
        self._of_trains = {key for key, pattern in by_id.items() if basic_route_type(pattern.route_type) in KINDS}
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
        self._driven = {trip: known for trip, known in self._driven.items() if known[0] != vehicle_id}
        if state is not None and state.matched.trip is not None and self._holders.get(state.matched.trip) == vehicle_id:
            del self._holders[state.matched.trip]
        return state

    def put(self, state: VehicleState) -> None:
        """The state of a vehicle after its report, with the trip that it was given."""
        before = self._states.get(state.vehicle_id)
        old = None if before is None else before.matched.trip
        trip = state.matched.trip
        if old is not None and old != trip and self._holders.get(old) == state.vehicle_id:
            del self._holders[old]
        self._states[state.vehicle_id] = state
        if trip is not None:
            self._holders[trip] = state.vehicle_id
            self._note_driven(state, trip)

    def tell(self, vehicle_id: str, hint: AssignmentHint) -> None:
        """Notes which trip a vehicle is told with its report."""
        if hint.trip_id is None:
            self._told.pop(vehicle_id, None)
        else:
            self._told[vehicle_id] = hint.trip_id

    def note_train(self, vehicle_id: str, belief: Belief, fix: Observation) -> None:
        """Notes where a vehicle is that may be a train, so that coupled ones are known."""
        if any(hypothesis.pattern_id in self._of_trains for hypothesis in belief.hypotheses):
            self._coupled.note(vehicle_id, fix.t, fix.x, fix.y)

    def still_told(self, hint: AssignmentHint, report: AvlReport) -> AssignmentHint:
        """The hint; its route alone where another vehicle that was told this trip has driven it, or drives it elsewhere.

        And where the trip is planned hours off.
        """
        t = report.reported_at.timestamp()
        return self._matcher.table.still_told(hint, t, lambda trip: self._is_anothers(trip, report))

    def _note_driven(self, state: VehicleState, trip: TripInstance) -> None:
        """Notes a trip that a vehicle was told and is on the last part of: nobody else drives it."""
        pattern, at = self._matcher.patterns.find(trip.trip_id), state.report.reported_at
        along_m = state.matched.shape_dist_traveled_m
        if pattern is None or along_m is None or along_m < pattern.stop_dist_m[-2] or not self._obeys(state):
            return
        if trip not in self._driven:
            self._driven = {other: known for other, known in self._driven.items() if at - known[1] <= DRIVEN}
        self._driven[trip] = state.vehicle_id, at

    def _is_anothers(self, trip: TripInstance, report: AvlReport) -> bool:
        """Whether a vehicle that is not beside this one has driven a trip as it was told, or drives it."""
        driver = self._states.get(self._driven[trip][0]) if trip in self._driven else None
        if driver is not None and driver.vehicle_id != report.vehicle_id and not self._is_beside(driver, report):
            return True
        other = self._holder(trip, report)
        if other is None or other.matched.status is not VehicleStatus.ON_TRIP or not self._obeys(other):
            return False
        return not self._is_beside(other, report)

    def _is_beside(self, other: VehicleState, report: AvlReport) -> bool:
        """Whether another vehicle, heard lately, may be where this one is, as two trackers of one bus are."""
        return not _has_lost_its_claim(other, report) and can_have_driven(
            other.report, report, self._matcher.limits.max_speed_mps
        )

    def others(self, report: AvlReport, hint: AssignmentHint) -> OtherVehicles:
        """What the others have to do with a trip that this vehicle may be on.

        hint: what this one is told, as far as believed.
        """

        def has(trip: TripInstance) -> VehicleState | None:
            holder = self._holder(trip, report)
            is_ours = holder is not None and was_told(hint, trip) and self._gives_way(holder, report)
            return None if is_ours else holder

        def driver(trip: TripInstance) -> VehicleState | None:
            holder = has(trip)
            return holder if holder is not None and holder.matched.status is VehicleStatus.ON_TRIP else None

        def runs_late(trip: TripInstance) -> float | None:
            state, pattern = driver(trip), self._matcher.patterns.find(trip.trip_id)
            if state is None or pattern is None:
                return None
            along_m = state.matched.shape_dist_traveled_m or 0.0
            return self._matcher.table.lateness(pattern, trip, along_m, state.report.reported_at.timestamp())

        def is_theirs(trip: TripInstance) -> bool:
            if was_told(hint, trip) or self._matcher.patterns.find(hint.trip_id or "") is None:
                return False
            holder = driver(trip)
            return holder is not None and self._obeys(holder)

        return OtherVehicles(
            taken=lambda trip: has(trip) is not None,
            driven=lambda trip: driver(trip) is not None,
            runs_late=runs_late,
            is_theirs=is_theirs,
            line_late_s=lambda route_id, direction_id, t: self.deviations.late_s((route_id, direction_id), t),
        )

    def give(self, verdict: Verdict, report: AvlReport, hint: AssignmentHint) -> tuple[Verdict, VehicleState | None]:
        """Gives a trip to one vehicle: to the one that drives it before one that waits for it or left it, else to the first.

        Of two that drive it, to the one that was told this trip before one that gives way. Of coupled trains one has a trip.
        """
        if verdict.trip is None:
            return verdict, None
        leader = self._leader(verdict, report, hint)
        if leader is not None:
            return Verdict(VehicleStatus.UNASSIGNED, explanation=f"{COUPLED_WITH}{leader.vehicle_id}"), None
        other = self._last_on(verdict.trip, report.vehicle_id)
        if other is None:
            return verdict, None
        is_weaker = other.matched.status is not VehicleStatus.ON_TRIP or (
            was_told(hint, verdict.trip) and self._gives_way(other, report)
        )
        if (verdict.status is VehicleStatus.ON_TRIP and is_weaker) or _has_lost_its_claim(other, report):
            lost = _without_its_trip(other, f"{TAKEN_BY}{report.vehicle_id}")
            self._states[other.vehicle_id] = lost
            return verdict, lost
        return Verdict(VehicleStatus.UNASSIGNED, explanation=f"{TAKEN_BY}{other.vehicle_id}"), None

    def _obeys(self, state: VehicleState) -> bool:
        """Whether a vehicle is on the trip that it was told."""
        trip = state.matched.trip
        return trip is not None and self._told.get(state.vehicle_id) == trip.trip_id

    def _gives_way(self, holder: VehicleState, report: AvlReport) -> bool:
        """Whether a vehicle has no right to its trip against one that was told it: it was told another one.

        Or nothing, and it is where the other one is: a second unit of the same train, or a second tracker in the same bus.
        """
        if holder.matched.is_overruled:
            return True
        return holder.vehicle_id not in self._told and self._is_beside(holder, report)

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

    def _leader(self, verdict: Verdict, report: AvlReport, hint: AssignmentHint) -> VehicleState | None:
        """The train that a vehicle is coupled with, where that one has the better claim to a trip.

        It was told the trip that it is on; else it is nearer to its plan. Who is on its own told trip follows nobody.
        """
        assert verdict.trip is not None
        if was_told(hint, verdict.trip):
            return None
        t = report.reported_at.timestamp()
        partners = self._coupled.partners(report.vehicle_id, t, CLAIM_S)
        if not partners:
            return None
        own_off_min = self._off_plan_min(verdict.trip, verdict.along_m, t)
        for partner in partners:
            other = self._states.get(partner)
            if other is None or other.matched.trip is None or _has_lost_its_claim(other, report):
                continue
            seen_at, along_m = other.report.reported_at.timestamp(), other.matched.shape_dist_traveled_m
            off_min = self._off_plan_min(other.matched.trip, along_m, seen_at)
            if self._obeys(other) or (-off_min, partner) > (-own_off_min, report.vehicle_id):
                return other
        return None

    def _off_plan_min(self, trip: TripInstance, along_m: float | None, t: float) -> int:
        """How many minutes a vehicle on this trip is off its plan, either way; 0 where that is not known."""
        pattern = self._matcher.patterns.find(trip.trip_id)
        late_s = None if pattern is None else self._matcher.table.lateness(pattern, trip, along_m or 0.0, t)
        if pattern is None or late_s is None:
            return 0
        return round(abs(late_s - self.deviations.late_s((pattern.route_id, pattern.direction_id), t)) / 60.0)


def _has_lost_its_claim(state: VehicleState, report: AvlReport) -> bool:
    """Whether a vehicle was silent for CLAIM_S at the time of another one's report."""
    return (report.reported_at - state.report.reported_at).total_seconds() > CLAIM_S


def was_told(hint: AssignmentHint, trip: TripInstance) -> bool:
    return hint.trip_id == trip.trip_id


def _without_its_trip(state: VehicleState, explanation: str) -> VehicleState:
    """The state of a vehicle that lost its trip to another; it keeps its hypotheses."""
    memory = unpack(state.memory)
    memory.published = None
    memory.progress = None
    matched = MatchedPosition(state.report.reported_at, VehicleStatus.UNASSIGNED, explanation=explanation)
    return replace(state, matched=matched, trip_started_at=None, next_stop_sequence=None, recent=(), memory=pack(memory))
