"""Which vehicles and predictions the live feeds carry, and in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import cos, radians

from transit.arrivals.public_positions import is_public
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.plan.network import Network, Trip, TripInstance
from transit.plan.planned_times import has_planned_times
from transit.plan.service_day import format_time
from transit.tracking.ages import LIVE_AGE, TOLD_AGE
from transit.tracking.state import ON_LINE, VehicleState, VehicleStatus, is_fresh

NEAR_SHAPE_M = 200.0  # best practices: farther off, a position must not claim its trip (validators: times cos of the latitude)


def trip_of(network: Network, state: VehicleState) -> Trip | None:
    """The trip that a position may claim: one of this network, served now, not at its end yet, and near its shape."""
    matched = state.matched
    if matched.status is VehicleStatus.ON_TRIP and state.next_stop_sequence is None:
        return None
    near_m = NEAR_SHAPE_M * cos(radians(state.report.lat))
    if matched.trip is None or matched.status not in ON_LINE or (matched.offset_m or 0.0) > near_m:
        return None
    return network.trips.get(matched.trip.trip_id)


def is_shown(state: VehicleState, now: datetime, parked: Collection[str] = (), standing: Collection[str] = ()) -> bool:
    """Whether the feed has its position: it is in service or stands (ids), is not parked (ids), and was heard lately."""
    return is_public(state, parked, standing) and is_fresh(state.report.reported_at, now, LIVE_AGE)


def is_ending(network: Network, state: VehicleState) -> bool:
    """True for a vehicle with at most the last stop of its trip ahead: it may have no update any more."""
    trip = trip_of(network, state)
    if trip is None or state.matched.status is VehicleStatus.LAYOVER:
        return False
    return (state.next_stop_sequence or 0) >= trip.stop_times[-1].stop_sequence


def instance_key(instance: TripInstance) -> str:
    start = f":{format_time(instance.start_s)}" if instance.start_s is not None else ""
    return f"{instance.trip_id}:{instance.start_date:%Y%m%d}{start}"


@dataclass(frozen=True, slots=True)
class FeedTrip:
    """What a trip update tells of one trip of one vehicle."""

    vehicle_id: str
    trip: TripInstance
    reported_at: datetime
    tier: Tier
    predictions: Sequence[Prediction]  # by stop_sequence; none of a vehicle that stands
    silent_from: int | None = None  # the first stop_sequence of which nothing can be said, up to the end


def selected_trips(
    network: Network,
    predictions: Iterable[Prediction],
    standing: Iterable[StandingVehicle],
    states: Mapping[str, VehicleState],
    now: datetime,
) -> list[FeedTrip]:
    """Predictions by vehicle and trip, and the vehicles that stand, in the order of the feed; one per trip instance."""
    groups: dict[tuple[str, TripInstance], list[Prediction]] = {}
    group: list[Prediction] = []
    latest: Prediction | None = None
    for row in predictions:
        if latest is None or row.trip is not latest.trip or row.vehicle_id != latest.vehicle_id:  # they mostly come in runs
            group = groups.setdefault((row.vehicle_id, row.trip), []) if _may_be_published(network, row, now) else []
        group.append(row)
        latest = row
    trips = [_of_predictions(network, group) for group in groups.values() if group]
    trips += [_of_standing(vehicle) for vehicle in standing if _is_published(network, vehicle, now)]
    best: dict[TripInstance, FeedTrip] = {}
    for trip in sorted((trip for trip in trips if _is_ahead(trip, now)), key=lambda trip: _rank(network, trip, states, now)):
        best.pop(trip.trip, None)  # two claim one trip: the one that is on it, or is fresh, has it
        best[trip.trip] = trip
    return list(best.values())


def _of_predictions(network: Network, group: Sequence[Prediction]) -> FeedTrip:
    first = group[0]
    sequences = {call.stop_sequence for call in network.trips[first.trip.trip_id].stop_times}
    rows = sorted((row for row in group if row.stop_sequence in sequences), key=lambda row: row.stop_sequence)
    return FeedTrip(
        vehicle_id=first.vehicle_id, trip=first.trip, reported_at=first.reported_at, tier=first.tier, predictions=rows
    )


def _of_standing(vehicle: StandingVehicle) -> FeedTrip:
    return FeedTrip(
        vehicle_id=vehicle.vehicle_id,
        trip=vehicle.trip,
        reported_at=vehicle.reported_at,
        tier=Tier.AT_TERMINAL if vehicle.waits else Tier.LIVE,
        predictions=(),
        silent_from=vehicle.next_stop_sequence,
    )


def _is_ahead(trip: FeedTrip, now: datetime) -> bool:
    return trip.silent_from is not None or (bool(trip.predictions) and trip.predictions[-1].predicted_at >= now)


def _is_published(network: Network, vehicle: StandingVehicle, now: datetime) -> bool:
    trip = network.trips.get(vehicle.trip.trip_id)
    ahead = trip is not None and any(call.stop_sequence >= vehicle.next_stop_sequence for call in trip.stop_times)
    return ahead and not vehicle.is_parked and now - vehicle.reported_at <= TOLD_AGE


def _may_be_published(network: Network, row: Prediction, now: datetime) -> bool:
    if row.trip.trip_id not in network.trips or not is_fresh(row.reported_at, now, TOLD_AGE):
        return False
    return row.tier is not Tier.NEXT_TRIP or has_planned_times(network, row.trip)


def _rank(
    network: Network, row: FeedTrip, states: Mapping[str, VehicleState], now: datetime
) -> tuple[bool, bool, bool, bool, str, str]:
    state = states.get(row.vehicle_id)
    fresh = now - row.reported_at <= LIVE_AGE
    claimed = state is not None and is_shown(state, now) and state.matched.trip == row.trip
    claimed = claimed and state is not None and trip_of(network, state) is not None
    goes_on = state is None or not is_ending(network, state)
    return row.tier is not Tier.NEXT_TRIP, fresh, claimed, goes_on, row.vehicle_id, instance_key(row.trip)
