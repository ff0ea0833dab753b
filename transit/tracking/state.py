"""What is known of a vehicle: where it is on which trip, and which stops it was seen to reach and leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from transit.plan.network import TripInstance
from transit.tracking.ages import SILENT_AGE
from transit.tracking.detours import Detour
from transit.tracking.off_plan import OffPlan
from transit.tracking.report import AvlReport

TO_COME = timedelta(seconds=10)  # a fix further ahead of our clock is not fresh: twice the offset that is left uncorrected


class VehicleStatus(StrEnum):
    ON_TRIP = "on_trip"
    LAYOVER = "layover"  # waits at a terminal for the trip that it is about to begin
    DEADHEAD = "deadhead"
    OFF_ROUTE = "off_route"
    UNASSIGNED = "unassigned"


WITH_TRIP = frozenset({VehicleStatus.ON_TRIP, VehicleStatus.LAYOVER, VehicleStatus.OFF_ROUTE})  # all others have none
ON_LINE = frozenset({VehicleStatus.ON_TRIP, VehicleStatus.LAYOVER})  # and those of a vehicle on the line of its trip
OVERRULED = "label overruled"  # in MatchedPosition.explanation
TAKEN_BY = "trip taken by "  # the same, before a vehicle_id
COUPLED_WITH = "coupled with "  # the same: the other unit of this train has a trip


@dataclass(frozen=True, slots=True)
class MatchedPosition:
    """A fix placed on the plan. LAYOVER carries the trip about to begin, OFF_ROUTE the trip left; others but ON_TRIP none."""

    reported_at: datetime
    status: VehicleStatus
    trip: TripInstance | None = None
    shape_dist_traveled_m: float | None = None  # metres along the trip's shape, ours, from its first point
    offset_m: float | None = None  # metres off the shape
    confidence: float = 1.0
    is_expected_back: bool = False  # OFF_ROUTE: still on its trip, by its place or its label, and on a detour
    explanation: str = ""  # why the most likely match was overruled: OVERRULED, TAKEN_BY, COUPLED_WITH

    @property
    def is_overruled(self) -> bool:
        """Whether the evidence speaks for another trip or route than the one that was told."""
        return self.explanation == OVERRULED

    @property
    def is_in_service(self) -> bool:
        """Whether the vehicle is on a trip, at a terminal, or on a detour from which it is expected back."""
        return self.status in ON_LINE or (self.status is VehicleStatus.OFF_ROUTE and self.is_expected_back)


@dataclass(frozen=True, slots=True)
class StopEvent:
    """An observed call at (or passing of) a stop: arrival at stop - 20 m, departure at stop + 20 m, along the shape."""

    vehicle_id: str
    trip: TripInstance
    stop_id: str
    stop_sequence: int
    arrived_at: datetime
    departed_at: datetime | None  # None until seen
    gap_s: float  # seconds between the two fixes around the stop: how far the time is interpolated


@dataclass(frozen=True, slots=True)
class StandingFacts:
    """Since when a vehicle has stood, apart from noise, drift and rounding."""

    since: datetime  # of the first fix at its place
    due_at: datetime | None = None  # planned departure of the trip that it waits for there, or that it first outstayed there
    off_m: float | None = None  # how far off its trip's line the middle of all fixes there lies
    frozen_since: datetime | None = None  # begin of the last time that its receiver repeated a point while it drove
    frozen_until: datetime | None = None  # end of it


@dataclass(frozen=True, slots=True)
class VehicleState:
    """All that is known of a vehicle now; enough to continue after a restart."""

    vehicle_id: str
    report: AvlReport  # the newest fix by reported_at that was not refused
    matched: MatchedPosition
    trip_started_at: datetime | None = None  # observed departure from the first stop, where seen
    next_stop_sequence: int | None = None  # the first stop ahead on the trip
    recent: tuple[tuple[datetime, float], ...] = ()  # (reported_at, metres along) of the last fixes on this trip, oldest first
    memory: bytes = b""  # the filter's own state between fixes, opaque to everybody else
    detours: tuple[Detour, ...] = ()  # the last times that it left the line of its trip, oldest first
    standing: StandingFacts | None = None  # None in states that an older version stored
    off_plan: OffPlan | None = None  # not None: it runs far from the times of its plan
    doubts: tuple[str, ...] = ()  # what of its tracker is not believed: transit.operations.evidence.KINDS


def is_fresh(reported_at: datetime, now: datetime, within: timedelta) -> bool:
    """Whether a fix is at most `within` old. False for one more than TO_COME ahead of now, as some clock is wrong then."""
    return -TO_COME <= now - reported_at <= within


def is_silent(state: VehicleState, now: datetime) -> bool:
    """Whether a vehicle was not heard for SILENT_AGE. received_at decides: a wrong clock is no silence."""
    return now - state.report.received_at > SILENT_AGE
