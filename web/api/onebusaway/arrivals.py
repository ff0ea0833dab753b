"""A rider's rows at a stop as OneBusAway's arrivalsAndDepartures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from transit.arrivals.notices import relevant_alerts
from transit.arrivals.public_positions import is_public
from transit.arrivals.rows import SEEN, Arrival, ArrivalStatus
from transit.plan.directions import directions_of
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import patterns_of
from transit.plan.service_day import local_date, moment
from transit.tracking.state import StopEvent, VehicleState
from web.api.onebusaway.entities import Entity, milliseconds
from web.api.onebusaway.ids import ids_of
from web.api.onebusaway.references import References
from web.api.onebusaway.vehicles import along_of, planned_s, service_date, trip_status
from web.boards.running import in_service
from web.boards.stop_board import rows_of
from web.words import names
from web.world import World

ROWS = 60  # of each direction: the window bounds them, not their number


@dataclass(frozen=True)
class Window:
    """Which arrivals are asked for: from so long before a moment until so long after it."""

    now: datetime
    before: timedelta = timedelta(minutes=5)
    after: timedelta = timedelta(minutes=35)

    def holds(self, at: datetime) -> bool:
        return self.now - self.before <= at <= self.now + self.after


def rows_at(world: World, stop_id: str, window: Window) -> list[Arrival]:
    """The rows that have a trip and a time within the window."""
    rows = rows_of(world, stop_id, now=window.now, per_direction=ROWS)
    return [row for row in rows if row.trip is not None and row.at is not None and window.holds(row.at)]


def arrivals_of(world: World, references: References, stop_id: str, window: Window) -> list[Entity]:
    """What has just passed, then what comes, by time."""
    network = references.network
    coming = [_of_row(world, references, row) for row in rows_at(world, stop_id, window)]
    gone = [_of_event(world, references, event) for event in _passed(world, stop_id, window)]
    answers = [answer for answer in (*gone, *coming) if answer is not None]
    for alert in relevant_alerts(world.view.alerts, network, window.now, stop_id=stop_id):
        situation = references.situation(alert) if answers else ""
        for answer in answers:
            answer["situationIds"].append(situation)
    return sorted(answers, key=lambda answer: answer["predictedArrivalTime"] or answer["scheduledArrivalTime"])


def _passed(world: World, stop_id: str, window: Window) -> Iterator[StopEvent]:
    network = world.network
    assert network is not None
    for event in (event for place in network.within(stop_id) for event in world.view.passed_at(place)):
        at = event.departed_at or event.arrived_at
        if window.now - window.before <= at <= window.now and event.trip.trip_id in network.trips:
            yield event


def _public_state(world: World, vehicle_id: str) -> VehicleState | None:
    """The vehicle of a row, where the public may see it; None for one that has ended its trip or is parked."""
    state = world.states.get(vehicle_id)
    return state if state is not None and is_public(state, world.view.parked, world.view.standing) else None


def _of_row(world: World, references: References, row: Arrival) -> Entity | None:
    assert row.trip is not None
    assert row.at is not None
    state = _public_state(world, row.vehicle_id or "")
    predicted = row.status in SEEN
    cancelled = row.status is ArrivalStatus.CANCELLED
    at = milliseconds(row.at.timestamp()) if predicted else 0
    return _arrival(references, row.trip, row.stop_id, row.stop_sequence, at, at, state if predicted else None, row, cancelled)


def _of_event(world: World, references: References, event: StopEvent) -> Entity | None:
    state = _public_state(world, event.vehicle_id)
    comes, leaves = event.arrived_at, event.departed_at or event.arrived_at
    times = milliseconds(comes.timestamp()), milliseconds(leaves.timestamp())
    return _arrival(references, event.trip, event.stop_id, event.stop_sequence, *times, state, None, False)


def _arrival(
    references: References,
    trip: TripInstance,
    stop_id: str,
    sequence: int,
    predicted_arrival: int,
    predicted_departure: int,
    state: VehicleState | None,
    row: Arrival | None,
    cancelled: bool,
) -> Entity | None:
    network = references.network
    pattern, plan = patterns_of(network).find(trip.trip_id), network.trips[trip.trip_id]
    if pattern is None or sequence not in pattern.stop_sequences:
        return None
    index = pattern.stop_sequences.index(sequence)
    arrival_s, departure_s = planned_s(network, trip, index)
    scheduled = [moment(trip.start_date, at_s, network.timezone).timestamp() for at_s in (arrival_s, departure_s)]
    route, ids, call = network.routes[plan.route_id], ids_of(network), plan.stop_times[index]
    status = None if state is None else trip_status(references, state, cancelled)
    on_this_trip = state is not None and state.matched.trip == trip
    return {
        "actualTrack": "",
        "arrivalEnabled": index > 0 and call.drop_off_type != 1,
        "blockTripSequence": 0,
        "departureEnabled": index < len(pattern.stop_ids) - 1 and call.pickup_type != 1,
        "distanceFromStop": round(pattern.stop_dist_m[index] - along_of(state), 1) if on_this_trip and state else 0.0,
        "frequency": None,
        "historicalOccupancy": "",
        "lastUpdateTime": 0 if state is None else milliseconds(state.report.reported_at.timestamp()),
        "numberOfStopsAway": -1 if row is None or row.stops_away is None else row.stops_away,
        "occupancyStatus": "",
        "predicted": predicted_arrival > 0,
        "predictedArrivalInterval": None,
        "predictedArrivalTime": predicted_arrival,
        "predictedDepartureInterval": None,
        "predictedDepartureTime": predicted_departure,
        "predictedOccupancy": "",
        "routeId": references.route(plan.route_id),
        "routeLongName": names.route_long_name(route),
        "routeShortName": names.route_name(route),
        "scheduledArrivalInterval": None,
        "scheduledArrivalTime": milliseconds(scheduled[0]),
        "scheduledDepartureInterval": None,
        "scheduledDepartureTime": milliseconds(scheduled[1]),
        "scheduledTrack": "",
        "serviceDate": service_date(network, trip),
        "situationIds": [],
        "status": "CANCELED" if cancelled else "default",
        "stopId": references.stop(stop_id),
        "stopSequence": index,
        "totalStopsInTrip": len(pattern.stop_ids),
        "tripHeadsign": names.headsign(call.stop_headsign or plan.headsign, plan.trip_id),
        "tripId": references.trip(trip),
        "tripStatus": status,
        "vehicleId": "" if state is None else ids.other(state.vehicle_id),
    }


def headways_of(world: World, references: References, stop_id: str, now: datetime) -> list[Entity]:
    """Where only a headway is known: rows without a prediction that carry a frequency."""
    network, arrivals = references.network, rows_of(world, stop_id, now=now, per_direction=ROWS)
    rows = []
    for row in arrivals:
        if (
            row.status is ArrivalStatus.HEADWAY
            and row.headway_s
            and not any(o.vehicle_id and o.direction == row.direction for o in arrivals)
        ):
            made = _headway(network, references, row, now)
            rows += [made] if made else []
    return rows


def _headway(network: Network, references: References, row: Arrival, now: datetime) -> Entity | None:
    calls = [
        (trip, n)
        for trip in network.trips_of_route[row.route_id]
        if not trip.is_demo and network.is_headway_based(trip.trip_id)
        if directions_of(network).of_trip[trip.trip_id] == row.direction
        for n, call in enumerate(trip.stop_times)
        if call.stop_id in network.within(row.stop_id)
    ]
    if not calls:
        return None
    trip, index = calls[0]
    instance = TripInstance(trip.trip_id, local_date(now, network.timezone))
    call = trip.stop_times[index]
    made = _arrival(references, instance, call.stop_id, call.stop_sequence, 0, 0, None, None, False)
    if made is None:
        return None
    soon = milliseconds(now.timestamp() + (row.headway_s or 0) / 2)
    made["scheduledArrivalTime"] = made["scheduledDepartureTime"] = soon
    made["frequency"] = {"startTime": soon, "endTime": soon, "headway": row.headway_s}
    return made


def running_states(world: World) -> list[VehicleState]:
    """The vehicles that riders are shown: those that are parked are not among them."""
    return sorted(in_service(world), key=lambda state: state.vehicle_id)
