"""Which vehicles the public may see: those that carry riders. A driver's phone must not show where he lives."""

from __future__ import annotations

from collections.abc import Collection

from transit.tracking.state import VehicleState, VehicleStatus

IN_SERVICE = {VehicleStatus.ON_TRIP, VehicleStatus.LAYOVER}


def is_public(state: VehicleState, parked: Collection[str] = ()) -> bool:
    """On a trip, at a terminal, or round an obstacle on a trip that it comes back to.

    Off its line for any other reason, on its way to or from work, or parked, a vehicle is nobody's business.
    parked: vehicle_ids, see StandingVehicle.is_parked.
    """
    if state.vehicle_id in parked:
        return False
    matched = state.matched
    return matched.status in IN_SERVICE or (matched.status is VehicleStatus.OFF_ROUTE and matched.is_expected_back)
