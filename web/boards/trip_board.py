"""What the pages show of a trip: each call as it was, is predicted, or is planned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import cancels, closes_stop
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.plan.directions import directions_of
from transit.plan.network import Network, Route, Stop, Trip, TripInstance
from transit.plan.planned_times import planned_at
from transit.tracking.ages import TOLD_AGE
from transit.tracking.state import VehicleState, is_fresh
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
    pickup_type: int | None  # 1: nobody gets on here
    drop_off_type: int | None
    closed_by: Alert | None  # the notice by which the bus does not stop here


@dataclass(frozen=True)
class TripBoard:
    trip: Trip
    instance: TripInstance
    route: Route
    rows: list[TripRow]
    vehicle: VehicleState | None
    standing: StandingVehicle | None  # set while it has no predictions because it stands
    cancelled_by: Alert | None


def trip_board(world: World, instance: TripInstance) -> TripBoard:
    """Raises UnknownTrip."""
    network, now = world.network, world.now()
    assert network is not None
    trip = network.trip(instance.trip_id)
    on_it = [state for state in world.states.values() if state.matched.trip == instance]
    fresh = [state for state in on_it if is_fresh(state.report.reported_at, now, TOLD_AGE)]
    vehicle = max(fresh or on_it, key=lambda state: state.report.reported_at, default=None)
    ahead = _ahead_of(vehicle, fresh)
    rows, direction = [], directions_of(network).of_trip[trip.trip_id]
    begins = planned_at(network, instance, 0, departure=True) or now
    for index, call in enumerate(trip.stop_times):
        here = (instance, call.stop_sequence)
        predictions = [p for p in world.view.predictions_at(call.stop_id) if (p.trip, p.stop_sequence) == here]
        predictions = [p for p in predictions if is_fresh(p.reported_at, now, TOLD_AGE)]
        passed = [e for e in world.view.passed_at(call.stop_id) if (e.trip, e.stop_sequence) == here]
        gone = passed[0].departed_at or passed[0].arrived_at if passed else None
        is_passed = gone is not None or (ahead is not None and call.stop_sequence < ahead)
        planned = planned_at(network, instance, index, departure=index == 0)
        rows.append(
            TripRow(
                stop=network.stops[call.stop_id],
                stop_sequence=call.stop_sequence,
                prediction=predictions[0] if predictions else None,
                planned_at=planned,
                passed_at=gone,
                is_passed=is_passed,
                is_next=call.stop_sequence == ahead,
                pickup_type=call.pickup_type,
                drop_off_type=call.drop_off_type,
                closed_by=closes_stop(world.view.alerts, network, now, stop_id=call.stop_id, direction=direction),
            )
        )
    cancelled = cancels(world.view.alerts, network, instance, begins, now)
    return TripBoard(
        trip=trip,
        instance=instance,
        route=network.routes[trip.route_id],
        rows=rows,
        vehicle=vehicle,
        cancelled_by=cancelled,
        standing=world.view.standing.get(vehicle.vehicle_id) if vehicle is not None and vehicle in fresh else None,
    )


def _ahead_of(vehicle: VehicleState | None, fresh: list[VehicleState]) -> int | None:
    return vehicle.next_stop_sequence if vehicle is not None and vehicle in fresh else None


def planned_moment(network: Network, row: Prediction) -> datetime | None:
    """When the timetable has the vehicle at a predicted stop; None for headway-based trips."""
    index = network.trips[row.trip.trip_id].find_index(row.stop_sequence)
    return None if index is None else planned_at(network, row.trip, index, departure=row.is_departure)
