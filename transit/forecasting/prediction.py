"""When a vehicle reaches each stop ahead, with an interval."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from transit.plan.network import TripInstance


class Tier(StrEnum):
    """What a prediction rests on; intervals are calibrated by it."""

    LIVE = "live"  # the vehicle is on this trip
    AT_TERMINAL = "at_terminal"  # the vehicle waits at the trip's first stop
    NEXT_TRIP = "next_trip"  # the vehicle is still on the trip before


@dataclass(frozen=True, slots=True)
class Prediction:
    """One stop ahead of one vehicle. predicted_at, as shown to riders, is the arrival; at a first stop the departure."""

    vehicle_id: str
    trip: TripInstance
    stop_id: str
    stop_sequence: int
    made_at: datetime
    reported_at: datetime  # the fix it rests on
    predicted_at: datetime
    low_at: datetime  # low_at..high_at: 80 % interval
    high_at: datetime
    tier: Tier
    is_departure: bool = False


@dataclass(frozen=True, slots=True)
class StandingVehicle:
    """A vehicle that reports and has stood for longer than is usual at its place: its trip gets no predictions."""

    vehicle_id: str
    trip: TripInstance
    since: datetime
    stop_id: str  # the stop nearest to where it stands; its first stop while it waits there
    next_stop_sequence: int  # the first stop ahead
    reported_at: datetime
    ended_at: datetime  # since when there are no predictions
    waits: bool  # at the first stop of its trip
    in_jam: bool = False  # others stand on the same stretch
    is_parked: bool = False  # it has stood so long that riders' pages leave it out
