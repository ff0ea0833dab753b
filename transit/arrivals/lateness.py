"""How late a vehicle is against the plan, by how far it is along its trip."""

from __future__ import annotations

from transit.plan.network import Network
from transit.plan.patterns import patterns_of
from transit.plan.planned_times import has_planned_times, shift_s
from transit.plan.service_day import moment
from transit.tracking.state import VehicleState


def late_s(network: Network, state: VehicleState) -> int | None:
    """Seconds late at the last fix, negative if early; None off a trip and on headway-based trips."""
    trip, along_m = state.matched.trip, state.matched.shape_dist_traveled_m
    patterns = patterns_of(network)
    if trip is None or patterns.find(trip.trip_id) is None or along_m is None or not has_planned_times(network, trip):
        return None
    seconds = patterns.planned_along(trip.trip_id, along_m) + shift_s(network, trip)
    at = moment(trip.start_date, seconds, network.timezone)
    return round((state.report.reported_at - at).total_seconds())
