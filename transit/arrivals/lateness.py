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
    pattern = None if trip is None else patterns_of(network).find(trip.trip_id)
    if trip is None or pattern is None or along_m is None or not has_planned_times(network, trip):
        return None
    dists, planned = pattern.stop_dist_m, patterns_of(network).planned(trip.trip_id)
    after = next((n for n, metres in enumerate(dists) if metres >= along_m), len(dists) - 1)
    before = max(after - 1, 0)
    length = dists[after] - dists[before]
    share = min(max((along_m - dists[before]) / length, 0.0), 1.0) if length > 0 else 0.0
    leaves, comes = planned[before][1], planned[after][0]
    at = moment(trip.start_date, leaves + share * (comes - leaves) + shift_s(network, trip), network.timezone)
    return round((state.report.reported_at - at).total_seconds())
