"""Which vehicles the public may see: those that carry riders, so that a driver's phone does not show where he lives."""

from __future__ import annotations

from collections.abc import Collection

from transit.tracking.state import VehicleState


def is_public(state: VehicleState, parked: Collection[str] = (), standing: Collection[str] = ()) -> bool:
    """Whether a vehicle is in service and not parked, or stands where it was in service.

    parked, standing: vehicle_ids, see StandingVehicle.is_parked; the standing ones are on riders' boards until they are parked.
    """
    return state.vehicle_id not in parked and (state.matched.is_in_service or state.vehicle_id in standing)
