"""The plan of a day as OneBusAway writes it: of a trip, of a stop, of a route."""

from __future__ import annotations

from datetime import date

from transit.plan.network import Network, Trip, TripInstance
from transit.plan.patterns import patterns_of
from transit.plan.service_day import moment, service_day_start
from transit.plan.timetable import RouteDirection, StopCall, timetable_of
from web.api.onebusaway.entities import Entity, a_line, milliseconds
from web.api.onebusaway.ids import ids_of
from web.api.onebusaway.references import References
from web.api.onebusaway.vehicles import planned_s
from web.words import names


def trip_schedule(references: References, trip: TripInstance) -> Entity:
    """stopTimes in seconds of the service day, unlike every other time of this API."""
    network = references.network
    pattern, plan = patterns_of(network).find(trip.trip_id), network.trips[trip.trip_id]
    rows = []
    for n, call in enumerate(plan.stop_times if pattern is not None else ()):
        assert pattern is not None
        arrival, departure = planned_s(network, trip, n)
        rows.append(
            {
                "arrivalTime": round(arrival),
                "departureTime": round(departure),
                "distanceAlongTrip": round(pattern.stop_dist_m[n] - pattern.start_m, 1),
                "historicalOccupancy": "",
                "stopHeadsign": call.stop_headsign,
                "stopId": references.stop(call.stop_id),
            }
        )
    return {"frequency": None, "nextTripId": "", "previousTripId": "", "stopTimes": rows, "timeZone": network.timezone}


def stop_schedule(references: References, stop_id: str, day: date) -> Entity:
    network, table = references.network, timetable_of(references.network)
    by_route: dict[str, list[Entity]] = {}
    for direction in table.directions_at(stop_id):
        made = _of_direction(references, stop_id, direction, day)
        if made["scheduleStopTimes"] or made["scheduleFrequencies"]:
            by_route.setdefault(direction.route_id, []).append(made)
    return {
        "date": milliseconds(service_day_start(day, network.timezone).timestamp()),
        "stopId": references.stop(stop_id),
        "stopRouteSchedules": [
            {"routeId": references.route(route_id), "stopRouteDirectionSchedules": rows} for route_id, rows in by_route.items()
        ],
    }


def _of_direction(references: References, stop_id: str, direction: RouteDirection, day: date) -> Entity:
    network, table = references.network, timetable_of(references.network)
    since = service_day_start(day, network.timezone)
    times = [
        _stop_time(references, row.call, row.trip)
        for row in table.planned(stop_id, direction, since, moment(day, 48 * 3600, network.timezone))
        if row.trip.start_date == day
    ]
    calls = [call for call in table.calls_at(stop_id, direction) if call.trip.service_id in table.services(day)]
    return {
        "scheduleStopTimes": times,
        "scheduleFrequencies": [row for call in calls for row in _frequencies(references, call, day)],
        "tripHeadsign": names.headsign(calls[0].headsign, calls[0].trip.trip_id) if calls else "",
    }


def _stop_time(references: References, call: StopCall, trip: TripInstance) -> Entity:
    network = references.network
    arrival, departure = planned_s(network, trip, call.index)
    row = call.trip.stop_times[call.index]
    return {
        "arrivalEnabled": call.index > 0 and row.drop_off_type != 1,
        "arrivalTime": milliseconds(moment(trip.start_date, arrival, network.timezone).timestamp()),
        "departureEnabled": not call.is_last and row.pickup_type != 1,
        "departureTime": milliseconds(moment(trip.start_date, departure, network.timezone).timestamp()),
        "serviceId": ids_of(network).other(call.trip.service_id),
        "stopHeadsign": row.stop_headsign,
        "tripId": references.trip(trip),
    }


def _frequencies(references: References, call: StopCall, day: date) -> list[Entity]:
    network = references.network
    return [
        {
            "arrivalEnabled": call.index > 0,
            "departureEnabled": not call.is_last,
            "startTime": milliseconds(moment(day, row.start_s + call.since_start_s, network.timezone).timestamp()),
            "endTime": milliseconds(moment(day, row.end_s + call.since_start_s, network.timezone).timestamp()),
            "headway": row.headway_s,
            "serviceDate": milliseconds(service_day_start(day, network.timezone).timestamp()),
            "serviceId": ids_of(network).other(call.trip.service_id),
            "stopHeadsign": "",
            "tripId": references.trip(TripInstance(call.trip.trip_id, day)),
        }
        for row in network.frequencies_of.get(call.trip.trip_id, ())
        if not row.is_exact
    ]


def route_schedule(references: References, route_id: str, day: date) -> Entity:
    network, ids = references.network, ids_of(references.network)
    services = timetable_of(network).services(day)
    trips = [trip for trip in network.trips_of_route[route_id] if trip.service_id in services and not trip.is_demo]
    directions = sorted({trip.direction_id for trip in trips}, key=lambda direction_id: direction_id or 0)
    return {
        "routeId": references.route(route_id),
        "scheduleDate": milliseconds(service_day_start(day, network.timezone).timestamp()),
        "serviceIds": sorted({ids.other(trip.service_id) for trip in trips}),
        "stopTripGroupings": [
            _grouping(references, [trip for trip in trips if trip.direction_id == direction], day) for direction in directions
        ],
    }


def _grouping(references: References, trips: list[Trip], day: date) -> Entity:
    network = references.network
    rows = []
    for trip in trips:
        instance = TripInstance(trip.trip_id, day)
        if patterns_of(network).find(trip.trip_id) is not None:
            rows.append({"tripId": references.trip(instance), "stopTimes": _calls(references, trip, instance)})
    stops = dict.fromkeys(call.stop_id for trip in trips for call in trip.stop_times)
    return {
        "directionId": "" if trips[0].direction_id is None else str(trips[0].direction_id),
        "stopIds": [references.stop(stop_id) for stop_id in stops],
        "tripHeadsigns": list(dict.fromkeys(names.headsign(trip.headsign, trip.trip_id) for trip in trips)),
        "tripIds": [row["tripId"] for row in rows],
        "tripsWithStopTimes": rows,
    }


def _calls(references: References, trip: Trip, instance: TripInstance) -> list[Entity]:
    network, ids = references.network, ids_of(references.network)
    last = len(trip.stop_times) - 1
    return [
        {
            "arrivalEnabled": n > 0 and call.drop_off_type != 1,
            "arrivalTime": round(planned_s(network, instance, n)[0]),
            "departureEnabled": n < last and call.pickup_type != 1,
            "departureTime": round(planned_s(network, instance, n)[1]),
            "serviceId": ids.other(trip.service_id),
            "stopHeadsign": call.stop_headsign,
            "stopId": references.stop(call.stop_id),
            "tripId": references.trip(instance),
        }
        for n, call in enumerate(trip.stop_times)
    ]


def stops_of_route(references: References, network: Network, route_id: str, with_lines: bool) -> Entity:
    """The stops of a route, and by direction in their order, with the lines where they are asked for."""
    patterns = [pattern for pattern in patterns_of(network).by_id.values() if pattern.route_id == route_id]
    groups: list[Entity] = []
    for direction in sorted({pattern.direction_id for pattern in patterns}, key=lambda pattern: pattern or 0):
        mine = sorted(
            (pattern for pattern in patterns if pattern.direction_id == direction), key=lambda pattern: -len(pattern.stop_ids)
        )
        sign = names.headsign(network.trips[mine[0].trip_ids[0]].headsign)
        sign = sign or names.stop_name(network.stops[mine[0].stop_ids[-1]])
        groups.append(
            {
                "id": str(len(groups) if direction is None else direction),
                "name": {"name": sign, "names": [sign], "type": "destination"},
                "stopIds": [references.stop(stop_id) for stop_id in dict.fromkeys(mine[0].stop_ids)],
                "polylines": [a_line(network, mine[0])] if with_lines else [],
            }
        )
    every = dict.fromkeys(stop_id for pattern in patterns for stop_id in pattern.stop_ids)
    return {
        "routeId": references.route(route_id),
        "stopIds": [references.stop(stop_id) for stop_id in every],
        "polylines": [a_line(network, pattern) for pattern in patterns] if with_lines else [],
        "stopGroupings": [{"type": "direction", "ordered": True, "stopGroups": groups}],
    }
