"""/api/where: the methods of OneBusAway's REST API. Where a rider is (lat, lon) is used for the answer and kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from math import cos, radians
from typing import Any

import msgspec
from flask import Blueprint, Response, current_app, request
from rapidfuzz import fuzz, process, utils

from transit.plan.geometry import METRES_PER_DEGREE
from transit.plan.nearest_stops import nearest_stops
from transit.plan.network import Network, TripInstance, UnknownRoute, UnknownStop, UnknownTrip
from transit.plan.patterns import patterns_of, stop_place
from transit.plan.service_day import local_date
from transit.plan.stop_codes import stop_code
from transit.tracking.state import VehicleState
from web.api.onebusaway import arrivals, entities, schedules, vehicles
from web.api.onebusaway.arrivals import Window, running_states
from web.api.onebusaway.entities import Entity, milliseconds
from web.api.onebusaway.ids import UnknownId, ids_of
from web.api.onebusaway.references import References
from web.boards.running import route_of
from web.name_search import search_stops
from web.ticket_keeping import TEXT_AT_MOST, TooManyTickets, keep_ticket
from web.words import names
from web.world import world

pages = Blueprint("onebusaway", __name__, url_prefix="/api/where")
APP_RADIUS_M = 600.0  # where nothing else is said
WIDEST_M = 50_000.0
STOPS, ROUTES, MOST = 100, 10, 250
ACROSS_M = 100.0  # of nearbyStopIds: stops across the street or around the corner
GOOD_ENOUGH = 62.0  # of 100: how alike a name and what was typed must be


class Refused(Exception):
    """An answer without data: its HTTP status equals its code."""

    def __init__(self, code: int, text: str) -> None:
        self.code, self.text = code, text


# ---- the envelope


def envelope(data: Entity | None, code: int = 200, text: str = "OK") -> Response:
    content = {"version": 2, "code": code, "currentTime": milliseconds(world().now().timestamp()), "text": text}
    if data is not None:
        content["data"] = data
    response = Response(msgspec.json.encode(content), status=code, mimetype="application/json")
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.cache_control.no_store = True
    return response


def entry(references: References, value: Any) -> Response:
    return envelope({"entry": value, "references": references.content()})


def listed(references: References, rows: Iterable[Any], *, most: int | None = None, out_of_range: bool = False) -> Response:
    every = list(rows)
    kept = every if most is None else every[:most]
    data = {"list": kept, "limitExceeded": len(kept) < len(every), "outOfRange": out_of_range}
    return envelope({**data, "references": references.content()})


def refusal(error: Exception) -> Response:
    if isinstance(error, Refused):
        return envelope(None, error.code, error.text)
    if isinstance(error, UnknownId | UnknownStop | UnknownRoute | UnknownTrip):
        return envelope(None, 404, "resource not found")
    current_app.logger.exception("a OneBusAway method failed")
    return envelope(None, 500, "internal error")


pages.register_error_handler(Exception, refusal)


@pages.before_request
def needs_a_key() -> Response | None:
    """Any key will do; none at all is refused as OneBusAway does."""
    if world().network is None:
        return envelope(None, 503, "no network is loaded yet")
    return None if request.args.get("key") else envelope(None, 401, "permission denied")


def network_and_references() -> tuple[Network, References]:
    network = world().network
    assert network is not None
    return network, References(network)


# ---- arguments


def argument_number(name: str) -> float | None:
    """An argument as a number; None where it is not given, or 0, which the apps send for "not set"."""
    text = request.args.get(name, "")
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise Refused(400, f"{name} is no number") from None
    return value or None


def whole(name: str, default: int, most: int) -> int:
    value = argument_number(name)
    return default if value is None else max(0, min(int(value), most))


def when() -> datetime:
    """`time` in milliseconds, else now."""
    at = argument_number("time")
    try:
        return world().now() if at is None else datetime.fromtimestamp(at / 1000, UTC)
    except (OverflowError, OSError, ValueError):
        raise Refused(400, "time is no moment") from None


def day_asked(network: Network) -> date:
    """`date` as YYYY-MM-DD or in milliseconds, else today."""
    text = request.args.get("date", "")
    try:
        if text.isdigit():
            return local_date(datetime.fromtimestamp(int(text) / 1000, UTC), network.timezone)
        return date.fromisoformat(text) if text else local_date(world().now(), network.timezone)
    except (ValueError, OverflowError, OSError):
        raise Refused(400, "date is no day") from None


def flag(name: str, default: bool) -> bool:
    text = request.args.get(name, "").casefold()
    return default if not text else text in ("true", "1", "yes")


def box() -> tuple[float, float, float, float] | None:
    """lat, lon and the half spans in degrees; None where no place is given."""
    lat, lon = request.args.get("lat"), request.args.get("lon")
    if lat is None or lon is None:
        return None
    middle = argument_number("lat") or 0.0, argument_number("lon") or 0.0
    lat_span, lon_span = argument_number("latSpan"), argument_number("lonSpan") or argument_number("lngSpan")
    if lat_span and lon_span:
        return *middle, abs(lat_span) / 2, abs(lon_span) / 2
    radius = min(abs(argument_number("radius") or APP_RADIUS_M), WIDEST_M)
    height = radius / METRES_PER_DEGREE
    return *middle, height, height / max(cos(radians(middle[0])), 0.01)


def stops_in(network: Network, area: tuple[float, float, float, float]) -> list[str]:
    """Served stops in a box, nearest to its middle first."""
    lat, lon, height, width = area
    rows = []
    for stop_id in network.routes_of_stop:
        place = stop_place(network, stop_id)
        if place is not None and abs(place[0] - lat) <= height and abs(place[1] - lon) <= width:
            rows.append(((place[0] - lat) ** 2 + (place[1] - lon) ** 2, stop_id))
    return [stop_id for _, stop_id in sorted(rows)]


def is_out_of_range(network: Network, area: tuple[float, float, float, float]) -> bool:
    """Whether a box lies wholly beside the stops of the network."""
    places = [place for stop_id in network.routes_of_stop if (place := stop_place(network, stop_id)) is not None]
    if not places:
        return True
    lats, lons = [place[0] for place in places], [place[1] for place in places]
    lat, lon, height, width = area
    return not (
        min(lats) - height <= lat <= max(lats) + height and min(lons) - width <= lon <= max(lons) + width
    )  # fmt: skip


# ---- agencies


@pages.get("/current-time.json")
def current_time() -> Response:
    _, references = network_and_references()
    now = world().now()
    return entry(references, {"time": milliseconds(now.timestamp()), "readableTime": now.isoformat(timespec="seconds")})


@pages.get("/config.json")
def config() -> Response:
    _, references = network_and_references()
    made = {"id": world().version, "name": "", "serviceDateFrom": "", "serviceDateTo": "", "gitProperties": {}}
    return entry(references, made)


@pages.get("/agencies-with-coverage.json")
def agencies_with_coverage() -> Response:
    network, references = network_and_references()
    places = [place for stop_id in network.routes_of_stop if (place := stop_place(network, stop_id)) is not None] or [
        (0.0, 0.0)
    ]
    lats, lons = [place[0] for place in places], [place[1] for place in places]
    coverage = {
        "lat": (min(lats) + max(lats)) / 2,
        "lon": (min(lons) + max(lons)) / 2,
        "latSpan": max(lats) - min(lats),
        "lonSpan": max(lons) - min(lons),
    }
    return listed(references, [{"agencyId": references.agency(agency.agency_id), **coverage} for agency in network.agencies])


@pages.get("/agency/<agency_id>.json")
def agency(agency_id: str) -> Response:
    network, references = network_and_references()
    return entry(references, entities.an_agency(network, _agency(network, agency_id)))


def _agency(network: Network, theirs: str) -> Any:
    match = next((agency for agency in network.agencies if ids_of(network).agency(agency.agency_id) == theirs), None)
    if match is None:
        raise UnknownId(theirs)
    return match


def _routes_of_agency(network: Network, theirs: str) -> list[str]:
    _agency(network, theirs)
    return [route.route_id for route in network.routes.values() if ids_of(network).agency(route.agency_id) == theirs]


@pages.get("/routes-for-agency/<agency_id>.json")
def routes_for_agency(agency_id: str) -> Response:
    network, references = network_and_references()
    routes = _routes_of_agency(network, agency_id)
    for route_id in routes:
        references.route(route_id)
    return listed(references, [entities.a_route(network, network.routes[route_id]) for route_id in routes])


@pages.get("/route-ids-for-agency/<agency_id>.json")
def route_ids_for_agency(agency_id: str) -> Response:
    network, references = network_and_references()
    return listed(references, [ids_of(network).route(route_id) for route_id in _routes_of_agency(network, agency_id)])


@pages.get("/stops-for-agency/<agency_id>.json")
def stops_for_agency(agency_id: str) -> Response:
    network, references = network_and_references()
    _agency(network, agency_id)
    for stop_id in network.routes_of_stop:
        references.stop(stop_id)
    return listed(references, [entities.a_stop(network, network.stops[stop_id]) for stop_id in network.routes_of_stop])


@pages.get("/stop-ids-for-agency/<agency_id>.json")
def stop_ids_for_agency(agency_id: str) -> Response:
    network, references = network_and_references()
    _agency(network, agency_id)
    return listed(references, [ids_of(network).other(stop_id) for stop_id in network.routes_of_stop])


@pages.get("/vehicles-for-agency/<agency_id>.json")
def vehicles_for_agency(agency_id: str) -> Response:
    network, references = network_and_references()
    _agency(network, agency_id)
    return listed(references, [vehicles.a_vehicle(references, state) for state in running_states(world())])


# ---- stops and routes


@pages.get("/stop/<stop_id>.json")
def stop(stop_id: str) -> Response:
    network, references = network_and_references()
    its_stop = network.stop(ids_of(network).own(stop_id))
    references.stop(its_stop.stop_id)
    return entry(references, entities.a_stop(network, its_stop))


@pages.get("/route/<route_id>.json")
def route(route_id: str) -> Response:
    network, references = network_and_references()
    its_route = network.route(ids_of(network).own(route_id))
    references.route(its_route.route_id)
    return entry(references, entities.a_route(network, its_route))


@pages.get("/stops-for-location.json")
def stops_for_location() -> Response:
    """Stops near a place; with `query` those of that code."""
    network, references = network_and_references()
    area, query = box(), request.args.get("query", "").strip()
    if area is None and not query:
        raise Refused(400, "lat and lon are needed")
    stops = list(network.routes_of_stop) if area is None else stops_in(network, area)
    if query:
        stops = [candidate for candidate in network.routes_of_stop if query in (stop_code(network.stops[candidate]), candidate)]
    for stop_id in stops[:MOST]:
        references.stop(stop_id)
    rows = [entities.a_stop(network, network.stops[stop_id]) for stop_id in stops]
    outside = area is not None and is_out_of_range(network, area)
    return listed(references, rows, most=whole("maxCount", STOPS, MOST), out_of_range=outside)


@pages.get("/routes-for-location.json")
def routes_for_location() -> Response:
    network, references = network_and_references()
    area, query = box(), request.args.get("query", "").strip().casefold()
    if area is None and not query:
        raise Refused(400, "lat and lon are needed")
    stops = list(network.routes_of_stop) if area is None else stops_in(network, area)
    routes = dict.fromkeys(route_id for stop_id in stops for route_id in network.routes_of_stop[stop_id])
    if query:
        routes = {
            candidate: None for candidate in network.routes if query == names.route_name(network.routes[candidate]).casefold()
        }
    for route_id in routes:
        references.route(route_id)
    rows = [entities.a_route(network, network.routes[route_id]) for route_id in routes]
    outside = area is not None and is_out_of_range(network, area)
    return listed(references, rows, most=whole("maxCount", ROUTES, 50), out_of_range=outside)


@pages.get("/search/stop.json")
def search_stop() -> Response:
    network, references = network_and_references()
    stops = search_stops(network, request.args.get("input", "")[:80])
    for stop in stops:
        references.stop(stop.stop_id)
    return listed(references, [entities.a_stop(network, stop) for stop in stops], most=whole("maxCount", 20, MOST))


@pages.get("/search/route.json")
def search_route() -> Response:
    network, references = network_and_references()
    choices = {route.route_id: f"{names.route_name(route)} {names.route_long_name(route)}" for route in network.routes.values()}
    hits = process.extract(
        request.args.get("input", "")[:80], choices, scorer=fuzz.WRatio, processor=utils.default_process,
        limit=20, score_cutoff=GOOD_ENOUGH,
    )  # fmt: skip
    for _, _, route_id in hits:
        references.route(route_id)
    rows = [entities.a_route(network, network.routes[route_id]) for _, _, route_id in hits]
    return listed(references, rows, most=whole("maxCount", 20, MOST))


@pages.get("/stops-for-route/<route_id>.json")
def stops_for_route(route_id: str) -> Response:
    network, references = network_and_references()
    own_id = network.route(ids_of(network).own(route_id)).route_id
    return entry(references, schedules.stops_of_route(references, network, own_id, flag("includePolylines", True)))


@pages.get("/shape/<shape_id>.json")
def shape(shape_id: str) -> Response:
    network, references = network_and_references()
    its_shape = network.shapes.get(ids_of(network).own(shape_id))
    if its_shape is None:
        raise UnknownId(shape_id)
    return entry(references, entities.encoded([(point.lat, point.lon) for point in its_shape.points]))


@pages.get("/schedule-for-stop/<stop_id>.json")
def schedule_for_stop(stop_id: str) -> Response:
    network, references = network_and_references()
    own_id = network.stop(ids_of(network).own(stop_id)).stop_id
    return entry(references, schedules.stop_schedule(references, own_id, day_asked(network)))


@pages.get("/schedule-for-route/<route_id>.json")
def schedule_for_route(route_id: str) -> Response:
    network, references = network_and_references()
    own_id = network.route(ids_of(network).own(route_id)).route_id
    return entry(references, schedules.route_schedule(references, own_id, day_asked(network)))


# ---- arrivals


def window() -> Window:
    before, after = whole("minutesBefore", 5, 120), whole("minutesAfter", 35, 24 * 60)
    return Window(when(), timedelta(minutes=before), timedelta(minutes=after))


@pages.get("/arrivals-and-departures-for-stop/<stop_id>.json")
def arrivals_and_departures_for_stop(stop_id: str) -> Response:
    network, references = network_and_references()
    own_id = network.stop(ids_of(network).own(stop_id)).stop_id
    return entry(references, _board(references, own_id, window()))


def _board(references: References, stop_id: str, window: Window) -> Entity:
    network = references.network
    rows = arrivals.arrivals_of(world(), references, stop_id, window)
    rows += arrivals.headways_of(world(), references, stop_id, window.now)
    place = stop_place(network, stop_id)
    around = {} if place is None else nearest_stops(network, *place, ACROSS_M)
    return {
        "stopId": references.stop(stop_id),
        "arrivalsAndDepartures": rows,
        "nearbyStopIds": [references.stop(other_id) for other_id in around if other_id != stop_id],
        "situationIds": sorted({other_id for row in rows for other_id in row["situationIds"]}),
    }


@pages.get("/arrival-and-departure-for-stop/<stop_id>.json")
def arrival_and_departure_for_stop(stop_id: str) -> Response:
    network, references = network_and_references()
    ids = ids_of(network)
    own_id = network.stop(ids.own(stop_id)).stop_id
    trip, vehicle = request.args.get("tripId", ""), request.args.get("vehicleId", "")
    if not trip:
        raise Refused(400, "tripId is needed")
    window = Window(when(), timedelta(hours=2), timedelta(hours=24))
    sequence = argument_number("stopSequence")
    for row in arrivals.arrivals_of(world(), references, own_id, window):
        same_call = sequence is None or row["stopSequence"] == int(sequence)
        if row["tripId"] == trip and same_call and vehicle in ("", row["vehicleId"]):
            return entry(references, row)
    raise UnknownId(trip)


@pages.get("/arrivals-and-departures-for-location.json")
def arrivals_and_departures_for_location() -> Response:
    """Where no stop lies in the box there is no entry: the apps end on an entry without a stop."""
    network, references = network_and_references()
    area = box()
    if area is None:
        raise Refused(400, "lat and lon are needed")
    stops = stops_in(network, area)[: whole("maxCount", 20, STOPS)]
    if not stops:
        return envelope(
            {"references": references.content(), "limitExceeded": False, "outOfRange": is_out_of_range(network, area)}
        )
    rows = [row for stop_id in stops for row in arrivals.arrivals_of(world(), references, stop_id, window())]
    made = {
        "stopIds": [references.stop(stop_id) for stop_id in stops],
        "arrivalsAndDepartures": rows,
        "nearbyStopIds": [],
        "situationIds": sorted({situation for row in rows for situation in row["situationIds"]}),
        "limitExceeded": False,
    }
    return entry(references, made)


# ---- trips and vehicles


def state_of(network: Network, instance: TripInstance, vehicle: str) -> VehicleState | None:
    """The vehicle on a trip; of a trip by headway without a departure time any that runs it."""
    for state in running_states(world()):
        on = state.matched.trip
        same = on == instance or (on is not None and instance.start_s is None and on.trip_id == instance.trip_id)
        if same and vehicle in ("", ids_of(network).other(state.vehicle_id)):
            return state
    return None


def details(references: References, instance: TripInstance, state: VehicleState | None) -> Entity:
    network = references.network
    if state is not None and state.matched.trip is not None:
        instance = state.matched.trip
    status = vehicles.trip_status(references, state) if state is not None and flag("includeStatus", True) else None
    return {
        "tripId": references.trip(instance),
        "serviceDate": vehicles.service_date(network, instance),
        "frequency": None,
        "schedule": schedules.trip_schedule(references, instance),
        "situationIds": [],
        "status": status,
    }


@pages.get("/trip/<trip_id>.json")
def trip(trip_id: str) -> Response:
    network, references = network_and_references()
    instance = ids_of(network).trip_of(trip_id, local_date(world().now(), network.timezone))
    references.trip(instance)
    return entry(references, entities.a_trip(network, network.trips[instance.trip_id], instance))


@pages.get("/trip-details/<trip_id>.json")
def trip_details(trip_id: str) -> Response:
    network, references = network_and_references()
    day = local_date(world().now(), network.timezone)
    service_ms = argument_number("serviceDate")
    if service_ms is not None:
        try:
            day = local_date(datetime.fromtimestamp(service_ms / 1000 + 12 * 3600, UTC), network.timezone)
        except (OverflowError, OSError, ValueError):
            raise Refused(400, "serviceDate is no day") from None
    instance = ids_of(network).trip_of(trip_id, day)
    return entry(references, details(references, instance, state_of(network, instance, request.args.get("vehicleId", ""))))


@pages.get("/trip-for-vehicle/<vehicle_id>.json")
def trip_for_vehicle(vehicle_id: str) -> Response:
    network, references = network_and_references()
    own_id = ids_of(network).own(vehicle_id)
    state = next((candidate for candidate in running_states(world()) if candidate.vehicle_id == own_id), None)
    if state is None or state.matched.trip is None or patterns_of(network).find(state.matched.trip.trip_id) is None:
        raise UnknownId(vehicle_id)
    return entry(references, details(references, state.matched.trip, state))


@pages.get("/vehicle/<vehicle_id>.json")
def vehicle(vehicle_id: str) -> Response:
    network, references = network_and_references()
    own_id = ids_of(network).own(vehicle_id)
    state = next((candidate for candidate in running_states(world()) if candidate.vehicle_id == own_id), None)
    if state is None:
        raise UnknownId(vehicle_id)
    return entry(references, vehicles.a_vehicle(references, state))


@pages.get("/trips-for-route/<route_id>.json")
def trips_for_route(route_id: str) -> Response:
    network, references = network_and_references()
    own_id = network.route(ids_of(network).own(route_id)).route_id
    return listed(references, _running_details(references, lambda state: route_of(network, state) == own_id))


@pages.get("/trips-for-location.json")
def trips_for_location() -> Response:
    network, references = network_and_references()
    area = box()
    if area is None:
        raise Refused(400, "lat and lon are needed")
    lat, lon, height, width = area
    rows = _running_details(
        references, lambda state: abs(state.report.lat - lat) <= height and abs(state.report.lon - lon) <= width
    )
    return listed(references, rows, most=MOST, out_of_range=is_out_of_range(network, area))


def _running_details(references: References, wanted: Callable[[VehicleState], bool]) -> list[Entity]:
    every = []
    for state in running_states(world()):
        on = state.matched.trip
        if on is not None and patterns_of(references.network).find(on.trip_id) is not None and wanted(state):
            every.append(details(references, on, state))
    return every


@pages.get("/block/<block_id>.json")
def block(block_id: str) -> Response:
    network, references = network_and_references()
    own_id = ids_of(network).own(block_id)
    trips = [trip for trip in network.trips.values() if trip.block_id == own_id and patterns_of(network).find(trip.trip_id)]
    if not own_id or not trips:
        raise UnknownId(block_id)
    day = local_date(world().now(), network.timezone)
    rows = [
        {
            "accumulatedSlackTime": 0.0,
            "blockStopTimes": [
                {
                    "accumulatedSlackTime": 0.0,
                    "blockSequence": n,
                    "distanceAlongBlock": row["distanceAlongTrip"],
                    "stopTime": {**row, "pickupType": 0, "dropOffType": 0},
                }
                for n, row in enumerate(schedules.trip_schedule(references, TripInstance(trip.trip_id, day))["stopTimes"])
            ],
            "distanceAlongBlock": 0.0,
            "tripId": references.trip(TripInstance(trip.trip_id, day)),
        }
        for trip in sorted(trips, key=lambda trip: patterns_of(network).planned(trip.trip_id)[0][1])
    ]
    services = sorted({ids_of(network).other(trip.service_id) for trip in trips})
    made = {"id": block_id, "configurations": [{"activeServiceIds": services, "inactiveServiceIds": [], "trips": rows}]}
    return entry(references, made)


# ---- what riders report


@pages.get("/report-problem-with-stop.json")
@pages.get("/report-problem-with-stop/<stop_id>.json")
def report_problem_with_stop(stop_id: str = "") -> Response:
    network, references = network_and_references()
    its_stop = network.stop(ids_of(network).own(stop_id or request.args.get("stopId", "")))
    return _ticket(references, its_stop.stop_id, "")


@pages.get("/report-problem-with-trip.json")
@pages.get("/report-problem-with-trip/<trip_id>.json")
def report_problem_with_trip(trip_id: str = "") -> Response:
    network, references = network_and_references()
    instance = ids_of(network).trip_of(trip_id or request.args.get("tripId", ""), local_date(world().now(), network.timezone))
    stop_theirs = request.args.get("stopId", "")
    stop_id = network.stop(ids_of(network).own(stop_theirs)).stop_id if stop_theirs else ""
    return _ticket(references, stop_id, f"{instance.trip_id}: ")


def _ticket(references: References, stop_id: str, about: str) -> Response:
    """One of our tickets; where the rider stood (userLat, userLon) is not part of it."""
    comment = " ".join(filter(None, [request.args.get("code", "")[:60], request.args.get("userComment", "")]))
    try:
        keep_ticket(world(), "other", stop_id, (about + comment)[:TEXT_AT_MOST])
    except TooManyTickets:
        raise Refused(429, "rate limit exceeded") from None
    return envelope({"references": references.content()})
