"""What the pages show of a trip: each call as it was, is predicted, or is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from transit.arrivals.rows import TOLD_AGE
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.plan.network import Network, Route, Stop, Trip, TripInstance
from transit.plan.patterns import patterns_of
from transit.plan.service_day import moment
from transit.tracking.state import VehicleState
from web.world import World


@dataclass(frozen=True)
class TripRow:
    stop: Stop
    stop_sequence: int
    prediction: Prediction | None
    planned_at: datetime | None
    passed_at: datetime | None
    is_passed: bool
    is_next: bool


@dataclass(frozen=True)
class TripBoard:
    trip: Trip
    instance: TripInstance
    route: Route
    rows: list[TripRow]
    vehicle: VehicleState | None
    standing: StandingVehicle | None  # nothing is promised of it: it does not come on


def trip_board(world: World, instance: TripInstance) -> TripBoard:
    """Raises UnknownTrip."""
    network, now = world.network, world.now()
    assert network is not None
    trip = network.trip(instance.trip_id)
    on_it = [state for state in world.states.values() if state.matched.trip == instance]
    fresh = [state for state in on_it if abs(now - state.report.reported_at) <= TOLD_AGE]
    vehicle = max(fresh or on_it, key=lambda state: state.report.reported_at, default=None)
    ahead = _ahead_of(vehicle, fresh)
    rows = []
    for index, call in enumerate(trip.stop_times):
        here = (instance, call.stop_sequence)
        told = [p for p in world.view.predictions_at(call.stop_id) if (p.trip, p.stop_sequence) == here]
        told = [p for p in told if now - p.reported_at <= TOLD_AGE]
        passed = [e for e in world.view.passed_at(call.stop_id) if (e.trip, e.stop_sequence) == here]
        gone = passed[0].departed_at or passed[0].arrived_at if passed else None
        is_passed = gone is not None or (ahead is not None and call.stop_sequence < ahead)
        planned = None if network.is_headway_based(trip.trip_id) else _planned(network, instance, index)
        rows.append(
            TripRow(
                network.stops[call.stop_id],
                call.stop_sequence,
                told[0] if told else None,
                planned,
                gone,
                is_passed,
                call.stop_sequence == ahead,
            )
        )
    return TripBoard(
        trip=trip,
        instance=instance,
        route=network.routes[trip.route_id],
        rows=rows,
        vehicle=vehicle,
        standing=world.view.standing.get(vehicle.vehicle_id) if vehicle is not None and vehicle in fresh else None,
    )


def _ahead_of(vehicle: VehicleState | None, fresh: list[VehicleState]) -> int | None:
    return vehicle.next_stop_sequence if vehicle is not None and vehicle in fresh else None


def _planned(network: Network, instance: TripInstance, index: int) -> datetime | None:
    offsets = patterns_of(network).offsets.get(instance.trip_id)
    if offsets is None:
        return None
    shift = instance.start_s - offsets[0][1] if instance.start_s is not None else 0.0
    return moment(instance.start_date, offsets[index][0 if index else 1] + shift, network.timezone)


def planned_moment(network: Network, row: Prediction) -> datetime | None:
    """When the timetable has the vehicle at a predicted stop; None for headway-based trips."""
    trip = network.trips[row.trip.trip_id]
    if network.is_headway_based(trip.trip_id):
        return None
    index = next((n for n, call in enumerate(trip.stop_times) if call.stop_sequence == row.stop_sequence), None)
    return None if index is None else _planned(network, row.trip, index)
