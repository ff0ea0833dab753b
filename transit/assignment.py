"""Which trip instance a vehicle is running: what is known beforehand, and what the filter holds for true."""

from __future__ import annotations

from dataclasses import dataclass

from transit.network import TripInstance


@dataclass(frozen=True, slots=True)
class AssignmentHint:
    """What somebody says of a vehicle: nothing, its route, or its trip. The evidence may overrule it."""

    route_id: str | None = None
    trip_id: str | None = None


NO_HINT = AssignmentHint()


@dataclass(frozen=True, slots=True)
class TripAssignment:
    """A vehicle's trip as the engine sees it; reason says in a word why (told, matched, next_trip, overruled)."""

    trip: TripInstance
    confidence: float  # 0..1
    reason: str
