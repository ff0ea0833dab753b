"""Which vehicles the public may see: those that carry riders, so that a driver's phone does not show where he lives."""

from __future__ import annotations

from collections.abc import Collection

from transit.tracking.state import VehicleState, VehicleStatus

IN_SERVICE = {VehicleStatus.ON_TRIP, VehicleStatus.LAYOVER}


def is_public(state: VehicleState, parked: Collection[str] = ()) -> bool:
    """Whether a vehicle is on a trip, at a terminal, or on a detour from which it is expected back.

    parked: vehicle_ids, see StandingVehicle.is_parked; these are never public.
    """
    if state.vehicle_id in parked:
        return False
    matched = state.matched
    return matched.status in IN_SERVICE or (matched.status is VehicleStatus.OFF_ROUTE and matched.is_expected_back)
