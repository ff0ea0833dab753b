"""Which alerts concern a rider at a stop, on a route or on a trip."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.plan.network import Network, TripInstance
from transit.plan.timetable import RouteDirection


def covers(
    entity: InformedEntity,
    network: Network,
    *,
    way: RouteDirection | None = None,
    stop_id: str | None = None,
    trip: TripInstance | None = None,
) -> bool:
    """Whether what an alert names covers this. All that it names must agree; what is not asked about cannot contradict."""
    if entity == InformedEntity():
        return False
    if entity.trip is not None and (trip is None or entity.trip != trip):
        return False
    if entity.stop_id is not None and entity.stop_id != stop_id and not _is_parent(network, entity.stop_id, stop_id):
        return False
    if entity.route_id is not None and (way is None or entity.route_id != way.route_id):
        return False
    if entity.direction_id is not None and way is not None and way.direction_id not in (None, entity.direction_id):
        return False
    if entity.agency_id is not None:
        agency = network.routes[way.route_id].agency_id if way is not None and way.route_id in network.routes else None
        return agency in (None, "", entity.agency_id)
    return True


def _is_parent(network: Network, parent: str, stop_id: str | None) -> bool:
    return stop_id in network.stops and network.stops[stop_id].parent_station == parent if stop_id else False


def relevant_alerts(
    alerts: Iterable[Alert],
    network: Network,
    now: datetime,
    *,
    ways: Iterable[RouteDirection] = (),
    stop_id: str | None = None,
    trip: TripInstance | None = None,
) -> list[Alert]:
    """The alerts in force that a rider here should read, the gravest first."""
    or_none: list[RouteDirection | None] = [None, *ways]
    relevant = [
        alert
        for alert in alerts
        if alert.is_active(now)
        and any(covers(entity, network, way=way, stop_id=stop_id, trip=trip) for entity in alert.informed for way in or_none)
    ]
    return sorted(relevant, key=lambda alert: (alert.effect is not Effect.NO_SERVICE, alert.starts_at, alert.alert_id))


def stops_service(
    alerts: Iterable[Alert],
    network: Network,
    now: datetime,
    *,
    way: RouteDirection,
    stop_id: str,
    trip: TripInstance | None = None,
) -> Alert | None:
    """The alert by which nothing is served: of this way at this stop, or, with a trip, of this one trip (a cancellation)."""
    for alert in alerts:
        if alert.effect is not Effect.NO_SERVICE or not alert.is_active(now):
            continue
        for entity in alert.informed:
            about_trips = entity.trip is not None
            if about_trips == (trip is not None) and covers(entity, network, way=way, stop_id=stop_id, trip=trip):
                return alert
    return None
