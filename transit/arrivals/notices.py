"""Which alerts concern a rider at a stop, on a route or on a trip."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.plan.directions import directions_of
from transit.plan.network import Network, TripInstance
from transit.plan.service_day import moment
from transit.plan.timetable import RouteDirection
from transit.tracking.ages import TOLD_AGE
from transit.tracking.state import VehicleState, VehicleStatus


def covers(
    entity: InformedEntity,
    network: Network,
    *,
    direction: RouteDirection | None = None,
    stop_id: str | None = None,
    trip: TripInstance | None = None,
) -> bool:
    """Whether an alert's entity covers this direction, stop or trip.

    Every field that the entity names must match; fields about which the caller gives nothing are not compared.
    """
    if entity == InformedEntity():
        return False
    if entity.trip is not None and (trip is None or entity.trip != trip):
        return False
    if entity.stop_id is not None and entity.stop_id != stop_id and not _is_parent(network, entity.stop_id, stop_id):
        return False
    if entity.route_id is not None and (direction is None or entity.route_id != direction.route_id):
        return False
    if entity.direction_id is not None and direction is not None and direction.direction_id not in (None, entity.direction_id):
        return False
    if entity.agency_id is not None:
        agency = (
            network.routes[direction.route_id].agency_id
            if direction is not None and direction.route_id in network.routes
            else None
        )
        return agency in (None, "", entity.agency_id)
    return True


def _is_parent(network: Network, parent: str, stop_id: str | None) -> bool:
    return stop_id is not None and parent in network.parents_of(stop_id)


def relevant_alerts(
    alerts: Iterable[Alert],
    network: Network,
    now: datetime,
    *,
    directions: Iterable[RouteDirection] = (),
    stop_id: str | None = None,
    trip: TripInstance | None = None,
) -> list[Alert]:
    """The active alerts that concern these directions, this stop or this trip, the gravest first."""
    or_none: list[RouteDirection | None] = [None, *directions]
    relevant = [
        alert
        for alert in alerts
        if alert.is_active(now)
        and any(
            covers(entity, network, direction=direction, stop_id=stop_id, trip=trip)
            for entity in alert.informed
            for direction in or_none
        )
    ]
    return sorted(relevant, key=lambda alert: (alert.effect is not Effect.NO_SERVICE, alert.starts_at, alert.alert_id))


def stops_service(
    alerts: Iterable[Alert],
    network: Network,
    now: datetime,
    *,
    direction: RouteDirection,
    stop_id: str,
    trip: TripInstance | None = None,
) -> Alert | None:
    """The active NO_SERVICE alert for this direction at this stop or, with a trip, for this trip; None without one."""
    for alert in alerts:
        if alert.effect is not Effect.NO_SERVICE or not alert.is_active(now):
            continue
        for entity in alert.informed:
            about_trips = entity.trip is not None
            if about_trips == (trip is not None) and covers(entity, network, direction=direction, stop_id=stop_id, trip=trip):
                return alert
    return None


def closes_stop(
    alerts: Iterable[Alert],
    network: Network,
    at: datetime,
    *,
    stop_id: str,
    direction: RouteDirection | None = None,
    trip: TripInstance | None = None,
) -> Alert | None:
    """The alert that closes a stop at a moment: for all trips, for a direction, or for one trip; None without one."""
    for alert in alerts:
        if alert.effect is Effect.NO_SERVICE and alert.is_active(at):
            named = [informed for informed in alert.informed if informed.stop_id is not None and informed.trip in (None, trip)]
            if any(covers(entity, network, direction=direction, stop_id=stop_id, trip=trip) for entity in named):
                return alert
    return None


def cancels(alerts: Iterable[Alert], network: Network, trip: TripInstance, begins_at: datetime, now: datetime) -> Alert | None:
    """The alert that cancels a whole run: one that names it, or one on its route at its begin; None without one."""
    row = network.trips.get(trip.trip_id)
    direction = directions_of(network).of_trip.get(trip.trip_id)
    if row is None or direction is None:
        return None
    for alert in alerts:
        if alert.effect is not Effect.NO_SERVICE or alert.is_over(now):
            continue
        for entity in alert.informed:
            if entity.stop_id is not None or not covers(entity, network, direction=direction, trip=trip):
                continue
            if alert.is_active(now if entity.trip is not None else begins_at):
                return alert
    return None


def cancels_start(
    alerts: Sequence[Alert], network: Network, trip: TripInstance, begins_at: datetime, now: datetime
) -> Alert | None:
    """The alert that cancels a run that has not begun; None without one.

    A headway-based departure has no name: an alert that names a start_time cancels the departure within half a headway of it.
    """
    alert = cancels(alerts, network, trip, begins_at, now)
    if alert is not None or not network.is_headway_based(trip.trip_id):
        return alert
    headways = [window.headway_s for window in network.frequencies_of.get(trip.trip_id, ())]
    within = timedelta(seconds=max(headways, default=0) / 2)
    for alert in alerts:
        if alert.effect is not Effect.NO_SERVICE or alert.is_over(now):
            continue
        for entity in alert.informed:
            named = entity.trip
            if named is None or named.start_s is None or entity.stop_id is not None:
                continue
            is_same = (named.trip_id, named.start_date) == (trip.trip_id, trip.start_date)
            if is_same and abs(moment(named.start_date, named.start_s, network.timezone) - begins_at) <= within:
                return alert
    return None


@dataclass(frozen=True, slots=True)
class RunningVehicle:
    """A vehicle that drives a cancelled run: the notice is wrong, or the driver does not know of it."""

    vehicle_id: str
    trip: TripInstance
    alert: Alert


def running_in_spite(
    alerts: Sequence[Alert], network: Network, states: Iterable[VehicleState], now: datetime
) -> list[RunningVehicle]:
    """The vehicles with a recent fix on a cancelled trip, sorted by vehicle_id."""
    vehicles = []
    for state in states:
        trip = state.matched.trip
        if trip is None or state.matched.status is not VehicleStatus.ON_TRIP or abs(now - state.report.reported_at) > TOLD_AGE:
            continue
        alert = cancels(alerts, network, trip, now, now)
        if alert is not None:
            vehicles.append(RunningVehicle(state.vehicle_id, trip, alert))
    return sorted(vehicles, key=lambda vehicle: vehicle.vehicle_id)
