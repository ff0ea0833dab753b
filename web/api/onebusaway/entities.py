"""Records of the plan and notices as OneBusAway writes them: agencies, routes, stops, trips, shapes, situations."""

from __future__ import annotations

from typing import Any

import polyline

from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.plan.network import BUS, Agency, Network, Route, Stop, Trip, TripInstance
from transit.plan.patterns import Pattern, patterns_of, stop_place
from transit.plan.stop_codes import code_of
from web.api.onebusaway.ids import ids_of
from web.words import names, phrasing
from web.words.colours import colours

Entity = dict[str, Any]
BASIC_TYPES = {0, 1, 2, 3, 4, 5, 6, 7, 11, 12}  # route_type of GTFS itself; extended ones are unknown to the apps
EXTENDED = {
    1: 2,
    2: 3,
    4: 1,
    7: 3,
    8: 3,
    9: 0,
    10: 4,
    12: 4,
    13: 6,
    14: 7,
}  # hundreds of an extended route_type -> the plain one
SEVERITY = {Effect.NO_SERVICE: "severe", Effect.SIGNIFICANT_DELAYS: "normal", Effect.DETOUR: "normal"}


def an_agency(network: Network, agency: Agency) -> Entity:
    return {
        "id": ids_of(network).agency(agency.agency_id),
        "name": agency.name,
        "url": agency.url or "https://example.org",
        "timezone": agency.timezone,
        "lang": agency.lang,
        "phone": agency.phone,
        "email": agency.email,
        "fareUrl": agency.fare_url,
        "disclaimer": "",
        "privateService": False,
    }


def a_route(network: Network, route: Route) -> Entity:
    kind = route.route_type if route.route_type in BASIC_TYPES else EXTENDED.get(route.route_type // 100, BUS)
    ground, ink = colours(route)
    return {
        "id": ids_of(network).route(route.route_id),
        "agencyId": ids_of(network).agency(route.agency_id),
        "shortName": names.route_name(route),
        "nullSafeShortName": names.route_name(route),
        "longName": names.route_long_name(route),
        "description": route.desc,
        "type": kind,
        "url": route.url,
        "color": ground,
        "textColor": ink,
    }


def a_stop(network: Network, stop: Stop) -> Entity:
    ids, place = ids_of(network), stop_place(network, stop.stop_id)
    routes = [ids.route(route_id) for route_id in network.routes_of_stop.get(stop.stop_id, ())]
    accessible = {1: "ACCESSIBLE", 2: "NOT_ACCESSIBLE"}.get(stop.wheelchair_boarding or 0, "UNKNOWN")
    return {
        "id": ids.other(stop.stop_id),
        "code": code_of(stop),
        "name": names.stop_name(stop),
        "lat": place[0] if place else 0.0,
        "lon": place[1] if place else 0.0,
        "direction": "",
        "locationType": stop.location_type,
        "parent": ids.other(stop.parent_station),
        "routeIds": routes,
        "staticRouteIds": routes,
        "wheelchairBoarding": accessible,
    }


def a_trip(network: Network, trip: Trip, instance: TripInstance) -> Entity:
    ids = ids_of(network)
    return {
        "id": ids.trip(instance),
        "routeId": ids.route(trip.route_id),
        "serviceId": ids.other(trip.service_id),
        "blockId": ids.other(trip.block_id),
        "directionId": "" if trip.direction_id is None else str(trip.direction_id),
        "shapeId": ids.other(trip.shape_id),
        "tripHeadsign": names.headsign(trip.headsign, trip.trip_id),
        "tripShortName": trip.short_name,
        "routeShortName": names.route_name(network.routes[trip.route_id]),
        "timeZone": network.timezone,
        "peakOffpeak": 0,
    }


def a_line(network: Network, pattern: Pattern) -> Entity:
    """The line of a pattern as an encoded polyline (Google's algorithm, five decimals)."""
    plane, line = patterns_of(network).plane, pattern.line
    return encoded([plane.lat_lon(x, y) for x, y in zip(line.xs, line.ys, strict=True)])


def encoded(points: list[tuple[float, float]]) -> Entity:
    return {"points": polyline.encode(points), "length": len(points), "levels": ""}


def a_situation(network: Network, alert: Alert) -> Entity:
    ids = ids_of(network)
    starts, ends = (
        milliseconds(alert.starts_at.timestamp()),
        0 if alert.ends_at is None else milliseconds(alert.ends_at.timestamp()),
    )
    window = {"from": starts, "to": ends}
    return {
        "id": ids.other(alert.alert_id),
        "creationTime": starts,
        "activeWindows": [window],
        "publicationWindows": [window],
        "allAffects": [_affects(network, entity) for entity in alert.informed],
        "consequences": [{"condition": alert.effect.value.lower(), "conditionDetails": None}],
        "consequenceMessage": "",
        "reason": alert.cause.value,
        "severity": SEVERITY.get(alert.effect, "slight"),
        "summary": {"value": phrasing.text_of(alert.header), "lang": ""},
        "description": {"value": phrasing.text_of(alert.description), "lang": ""},
        "url": {"value": phrasing.text_of(alert.url), "lang": ""},
    }


def _affects(network: Network, entity: InformedEntity) -> dict[str, str]:
    """Each with all six strings, empty where nothing is named."""
    ids = ids_of(network)
    known_trip = entity.trip is not None and entity.trip.trip_id in network.trips
    return {
        "agencyId": ids.agency(entity.agency_id) if entity.agency_id is not None else "",
        "applicationId": "",
        "directionId": "" if entity.direction_id is None else str(entity.direction_id),
        "routeId": ids.route(entity.route_id) if entity.route_id in network.routes else "",
        "stopId": ids.other(entity.stop_id or ""),
        "tripId": ids.trip(entity.trip) if known_trip and entity.trip is not None else "",
    }


def milliseconds(unix_s: float) -> int:
    return round(unix_s * 1000)
