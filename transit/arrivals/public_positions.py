"""Which vehicles the public may see: those that carry riders, so that a driver's phone does not show where he lives."""

from __future__ import annotations

from collections.abc import Collection

from transit.tracking.state import VehicleState


def is_public(state: VehicleState, parked: Collection[str] = ()) -> bool:
    """Whether a vehicle is in service and not parked. parked: vehicle_ids, see StandingVehicle.is_parked."""
    return state.vehicle_id not in parked and state.matched.is_in_service
