"""What is known of vehicles, predicted of trips and told by alerts, as GTFS-Realtime messages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from math import ceil

from google.protobuf import json_format
from google.transit import gtfs_realtime_pb2 as pb

from gtfs.selection import FeedTrip, instance_key, is_ending, is_shown, selected_trips, trip_of
from transit.arrivals.alerts import Alert, Effect, InformedEntity, Text
from transit.arrivals.crowding import Crowding
from transit.arrivals.interruptions import Interruption, interruptions
from transit.arrivals.notices import cancels_start, closes_stop
from transit.arrivals.promised_hours import begins_at
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.plan.directions import directions_of
from transit.plan.network import Network, Trip, TripInstance
from transit.plan.planned_times import has_planned_times
from transit.plan.service_day import format_time
from transit.tracking.ages import LIVE_AGE
from transit.tracking.state import VehicleState, VehicleStatus

VERSION = "2.0"
FeedMessage = pb.FeedMessage
StopTimeUpdate = pb.TripUpdate.StopTimeUpdate
SEVERITY = {  # rider apps show what is grave by itself; of anything else it is a matter of asking
    Effect.NO_SERVICE: pb.Alert.SEVERE,
    Effect.SIGNIFICANT_DELAYS: pb.Alert.WARNING,
    Effect.REDUCED_SERVICE: pb.Alert.WARNING,
    Effect.DETOUR: pb.Alert.WARNING,
    Effect.STOP_MOVED: pb.Alert.WARNING,
}

OCCUPANCY = {  # "there are seats" is no word about how many: the careful one of the standard's
    Crowding.FULL: pb.VehiclePosition.FULL,
    Crowding.SEATS: pb.VehiclePosition.FEW_SEATS_AVAILABLE,
}


def vehicle_positions(
    network: Network,
    states: Iterable[VehicleState],
    now: datetime,
    *,
    standing: Iterable[StandingVehicle] = (),
    crowding: Mapping[str, Crowding] | None = None,
) -> FeedMessage:
    """One entity per vehicle in service whose fix is at most 90 s from now (either way); a parked one is not in service.

    crowding: vehicle_id -> how full it is, where riders agree; of others there is no occupancy_status.
    Vehicles about to end their trip come first, then by vehicle_id: see trip_updates.
    """
    message = _message(network, now)
    stands = {vehicle.vehicle_id: vehicle.is_parked for vehicle in standing}
    parked = {vehicle_id for vehicle_id, is_parked in stands.items() if is_parked}
    for state in sorted(states, key=lambda state: (not is_ending(network, state), state.vehicle_id)):
        if is_shown(state, now, parked, stands):
            vehicle = message.entity.add(id=f"vehicle:{state.vehicle_id}").vehicle
            _fill_vehicle(vehicle, network, state, now)
            if crowding and state.vehicle_id in crowding:
                vehicle.occupancy_status = OCCUPANCY[crowding[state.vehicle_id]]
    return message


def trip_updates(
    network: Network,
    predictions: Iterable[Prediction],
    states: Iterable[VehicleState],
    now: datetime,
    alerts: Sequence[Alert] = (),
    *,
    standing: Iterable[StandingVehicle] = (),
) -> FeedMessage:
    """One entity per trip instance with a stop still ahead and a fix at most 300 s old, in this order:

    1. Runs that notices concern, for some hours ahead and with or without a vehicle: one that does not take place is CANCELED,
       a stop that is closed SKIPPED. A run that a vehicle is seen on in spite of a notice stays as it is seen.
    2. A vehicle's next trip, of timetabled trips only: before it begins, a headway-based one has no fixed start_time.
    3. Vehicles that are not shown on this trip.
    4. Vehicles that are about to end it.
    5. All others; each group by vehicle_id.

    Of a vehicle that stands for longer than is usual the stops ahead have NO_DATA: consumers then show their plan. A parked one
    has no entity. Several vehicles may be on one headway-based trip_id. Consumers that keep the last entity per vehicle or
    trip_id, as the validators do, find by this order the same pairs here and in the vehicle positions.
    """
    state_of = {state.vehicle_id: state for state in states}
    message = _message(network, now)
    interrupted = {interruption.trip: interruption for interruption in interruptions(network, alerts, now)}
    groups = [
        group
        for group in selected_trips(network, predictions, standing, state_of, now)
        if group.tier is Tier.LIVE or not _stays_away(network, group, alerts, now)
    ]
    predicted = {group.trip for group in groups}
    for interruption in interrupted.values():
        if interruption.trip not in predicted:
            entity = message.entity.add(id=f"trip:{instance_key(interruption.trip)}")
            _fill_interruption(entity.trip_update, network, interruption, now)
    for group in groups:
        entity = message.entity.add(id=f"trip:{instance_key(group.trip)}")
        _fill_update(entity.trip_update, network, group, state_of.get(group.vehicle_id), now, alerts)
    return message


def _stays_away(network: Network, group: FeedTrip, alerts: Sequence[Alert], now: datetime) -> bool:
    """Whether a notice says that a run which has not begun does not begin."""
    starts = begins_at(network, group.predictions[0]) if group.predictions else None
    return starts is not None and cancels_start(alerts, network, group.trip, starts, now) is not None


def alerts(network: Network, current: Iterable[Alert], now: datetime) -> FeedMessage:
    """The alerts that are in force or still to come. One that names nothing of this network is left out."""
    message = _message(network, now)
    for alert in sorted(current, key=lambda alert: alert.alert_id):
        informed = [entity for entity in alert.informed if _is_known(network, entity)]
        if informed and any(alert.header.values()) and (alert.ends_at is None or now < alert.ends_at):
            _fill_alert(message.entity.add(id=f"alert:{alert.alert_id}").alert, network, alert, informed)
    return message


def to_pb(message: FeedMessage) -> bytes:
    """The same message gives the same bytes."""
    return message.SerializeToString(deterministic=True)


def to_json(message: FeedMessage) -> bytes:
    """Protobuf's JSON mapping with the names of the .proto file. 64-bit numbers are strings there, as the mapping has it."""
    text = json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None, ensure_ascii=False)
    return text.encode("utf-8")


def json_of_pb(packed: bytes) -> bytes:
    """The JSON of a message already packed: for those who make it only when somebody asks (a tenth as fast as packing)."""
    return to_json(FeedMessage.FromString(packed))


def _message(network: Network, now: datetime) -> FeedMessage:
    message = FeedMessage()
    message.header.gtfs_realtime_version = VERSION
    message.header.incrementality = pb.FeedHeader.FULL_DATASET
    message.header.timestamp = int(now.timestamp())
    if network.feed_info is not None and network.feed_info.version:
        message.header.feed_version = network.feed_info.version
    return message


def _posix(at: datetime, now: datetime) -> int:
    """Whole seconds, never past the header's: a tracker's clock may run a little ahead of ours."""
    return int(min(at, now).timestamp())


def _fill_trip(
    descriptor: pb.TripDescriptor, network: Network, trip: Trip, instance: TripInstance, *, cancelled: bool = False
) -> None:
    descriptor.trip_id, descriptor.route_id = trip.trip_id, trip.route_id
    descriptor.start_date = f"{instance.start_date:%Y%m%d}"
    if trip.direction_id is not None:
        descriptor.direction_id = trip.direction_id
    if instance.start_s is not None:
        descriptor.start_time = format_time(instance.start_s)
    headway_based = not has_planned_times(network, instance)
    descriptor.schedule_relationship = pb.TripDescriptor.UNSCHEDULED if headway_based else pb.TripDescriptor.SCHEDULED
    if cancelled and has_planned_times(network, instance):
        descriptor.schedule_relationship = pb.TripDescriptor.CANCELED


def _fill_vehicle(vehicle: pb.VehiclePosition, network: Network, state: VehicleState, now: datetime) -> None:
    report = state.report
    vehicle.vehicle.id = vehicle.vehicle.label = state.vehicle_id
    vehicle.timestamp = _posix(report.reported_at, now)
    vehicle.position.latitude, vehicle.position.longitude = report.lat, report.lon
    if report.bearing is not None:
        vehicle.position.bearing = report.bearing
    if report.speed_mps is not None:
        vehicle.position.speed = report.speed_mps
    if report.odometer_m is not None:
        vehicle.position.odometer = report.odometer_m
    trip = trip_of(network, state)
    if trip is not None and state.matched.trip is not None:
        _fill_trip(vehicle.trip, network, trip, state.matched.trip)
        _fill_stop(vehicle, trip, state)


def _fill_stop(vehicle: pb.VehiclePosition, trip: Trip, state: VehicleState) -> None:
    waits = state.matched.status is VehicleStatus.LAYOVER
    sequence = trip.stop_times[0].stop_sequence if waits else state.next_stop_sequence
    index = trip.find_index(sequence)
    if index is not None:
        call = trip.stop_times[index]
        vehicle.current_stop_sequence, vehicle.stop_id = call.stop_sequence, call.stop_id
        vehicle.current_status = pb.VehiclePosition.STOPPED_AT if waits else pb.VehiclePosition.IN_TRANSIT_TO


def _fill_interruption(update: pb.TripUpdate, network: Network, interruption: Interruption, now: datetime) -> None:
    """Of a run without a vehicle. Between the stops that it passes over nothing is known of it."""
    trip = network.trips[interruption.trip.trip_id]
    _fill_trip(update.trip, network, trip, interruption.trip, cancelled=interruption.cancelled)
    update.timestamp = int(now.timestamp())
    before_skipped = False
    for index, call in enumerate(trip.stop_times):
        skipped = call.stop_sequence in interruption.skipped
        if interruption.skipped and (skipped or before_skipped or index == 0):
            stop = update.stop_time_update.add(stop_sequence=call.stop_sequence, stop_id=call.stop_id)
            stop.schedule_relationship = StopTimeUpdate.SKIPPED if skipped else StopTimeUpdate.NO_DATA
        before_skipped = skipped


def _fill_update(
    update: pb.TripUpdate,
    network: Network,
    feed_trip: FeedTrip,
    state: VehicleState | None,
    now: datetime,
    alerts: Sequence[Alert] = (),
) -> None:
    trip = network.trips[feed_trip.trip.trip_id]
    _fill_trip(update.trip, network, trip, feed_trip.trip)
    update.timestamp = _posix(feed_trip.reported_at, now)
    if feed_trip.tier is not Tier.NEXT_TRIP or _same_block(network, trip, state):
        update.vehicle.id = update.vehicle.label = feed_trip.vehicle_id
    if feed_trip.silent_from is not None:
        for call in trip.stop_times:
            if call.stop_sequence >= feed_trip.silent_from:
                update.stop_time_update.add(
                    stop_sequence=call.stop_sequence, stop_id=call.stop_id, schedule_relationship=StopTimeUpdate.NO_DATA
                )
        return
    _fill_times(update, network, trip, feed_trip, now, alerts)


def _fill_times(
    update: pb.TripUpdate, network: Network, trip: Trip, feed_trip: FeedTrip, now: datetime, alerts: Sequence[Alert]
) -> None:
    group = feed_trip.predictions
    calls = {call.stop_sequence: call for call in trip.stop_times}
    scheduled = has_planned_times(network, feed_trip.trip)
    relationship = StopTimeUpdate.SCHEDULED if scheduled else StopTimeUpdate.UNSCHEDULED
    too_old_s = max(0.0, (now - feed_trip.reported_at).total_seconds() - LIVE_AGE.total_seconds())
    times = _increasing([row.predicted_at.timestamp() for row in group])
    last_sequence = trip.stop_times[-1].stop_sequence
    direction = directions_of(network).of_trip[trip.trip_id]
    for index, (row, time) in enumerate(zip(group, times, strict=True)):
        call, uncertainty = calls[row.stop_sequence], _uncertainty_s(row, too_old_s)
        stop = update.stop_time_update.add(
            stop_sequence=row.stop_sequence, stop_id=call.stop_id, schedule_relationship=relationship
        )
        if (
            closes_stop(alerts, network, row.predicted_at, stop_id=call.stop_id, direction=direction, trip=feed_trip.trip)
            is not None
        ):
            stop.schedule_relationship = StopTimeUpdate.SKIPPED
            continue
        event = stop.departure if row.is_departure else stop.arrival
        event.time, event.uncertainty = time, uncertainty
        if scheduled and not row.is_departure and row.stop_sequence != last_sequence and call.departure_s is not None:
            dwell_s = call.departure_s - call.arrival_s if call.arrival_s is not None else 0
            latest = times[index + 1] - 1 if index + 1 < len(times) else time + dwell_s
            stop.departure.time, stop.departure.uncertainty = min(time + dwell_s, latest), uncertainty


def _same_block(network: Network, trip: Trip, state: VehicleState | None) -> bool:
    """True where the plan itself ties the vehicle's trip now to this later one."""
    if state is None or state.matched.trip is None:
        return False
    running = network.trips.get(state.matched.trip.trip_id)
    return running is not None and bool(trip.block_id) and running.block_id == trip.block_id


def _increasing(times_s: Sequence[float]) -> list[int]:
    """Whole seconds, each later than the one before: a bus is never at two stops at once."""
    times: list[int] = []
    for time_s in times_s:
        times.append(max(round(time_s), times[-1] + 1) if times else round(time_s))
    return times


def _uncertainty_s(row: Prediction, too_old_s: float) -> int:
    """Half the 80 % interval, and for an old fix all the time since it should have been renewed; 0 would mean certain."""
    return max(1, ceil((row.high_at - row.low_at).total_seconds() / 2 + too_old_s))


def _is_known(network: Network, entity: InformedEntity) -> bool:
    """True where all that is named exists, and something is."""
    names = (
        (entity.agency_id, {agency.agency_id for agency in network.agencies}),
        (entity.route_id, network.routes),
        (entity.stop_id, network.stops),
        (entity.trip and entity.trip.trip_id, network.trips),
    )
    return any(name for name, _ in names) and all(name in known for name, known in names if name)


def _fill_alert(message: pb.Alert, network: Network, alert: Alert, informed: Sequence[InformedEntity]) -> None:
    # active_period is deprecated but the only one that consumers know today; the other two are its successors
    for periods in (message.active_period, message.communication_period, message.impact_period):
        period = periods.add(start=int(alert.starts_at.timestamp()))
        if alert.ends_at is not None:
            period.end = int(alert.ends_at.timestamp())
    message.MergeFrom(pb.Alert(cause=alert.cause.value, effect=alert.effect.value))
    message.severity_level = SEVERITY.get(alert.effect, pb.Alert.INFO)
    _fill_text(message.header_text, alert.header)
    _fill_text(message.description_text, alert.description)
    _fill_text(message.url, alert.url)
    for entity in informed:
        selector = message.informed_entity.add()
        if entity.agency_id:
            selector.agency_id = entity.agency_id
        trip = network.trips[entity.trip.trip_id] if entity.trip is not None else None
        if entity.route_id and (trip is None or trip.route_id == entity.route_id):
            selector.route_id = entity.route_id
            if entity.direction_id is not None:
                selector.direction_id = entity.direction_id
        if entity.stop_id:
            selector.stop_id = entity.stop_id
        if trip is not None and entity.trip is not None:
            _fill_trip(selector.trip, network, trip, entity.trip, cancelled=alert.effect is Effect.NO_SERVICE)


def _fill_text(message: pb.TranslatedString, text: Text) -> None:
    for language, words in text.items():
        if words:
            translation = message.translation.add(text=words)
            if language:
                translation.language = language
