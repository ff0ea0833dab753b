"""/api/v1: the same facts as the pages, for programs. Times are ISO 8601 with the network's offset."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import msgspec
from flask import Blueprint, Response, abort, request

from transit.plan.directions import headsign_of
from transit.plan.journeys import Journey, Leg, Walk
from transit.plan.nearest_stops import nearest_stops
from transit.plan.network import Network, Stop
from transit.plan.runs import Moment
from transit.plan.stop_codes import stop_code
from transit.tracking.ages import LIVE_AGE, TOLD_AGE
from transit.tracking.state import VehicleState, is_fresh
from web.answer_types import (
    AlertAnswer,
    ExplanationsAnswer,
    HoursAnswer,
    JourneyAnswer,
    JourneysAnswer,
    PassedAnswer,
    PointAnswer,
    RideAnswer,
    RouteAnswer,
    RoutesAnswer,
    SpanAnswer,
    StopAnswer,
    StopArrivalsAnswer,
    StopsAnswer,
    VehicleAnswer,
    VehicleFeatureAnswer,
    VehicleFeaturesAnswer,
    VehiclesAnswer,
    WalkAnswer,
)
from web.api.feeds import conditional, loaded_network
from web.api.openapi import document
from web.as_json import a_time, an_arrival, crowding_answer, optional_time, trip_answer
from web.boards.running import buses_now, in_service, next_index
from web.boards.stop_board import stop_board
from web.endpoints import of_stop
from web.live.questions import TooManyQuestions, ask_in_turn
from web.planner import plan
from web.when import YEARS
from web.words import names
from web.words.colours import colours
from web.world import world

RADIUS_M = 1000.0  # around a place, where the program does not say
pages = Blueprint("api", __name__, url_prefix="/api/v1")


def json_answer(content: object, max_age_s: int, mimetype: str = "application/json") -> Response:
    return conditional(msgspec.json.encode(content), mimetype, None, max_age_s)


def bounded_number(name: str, low: float, high: float) -> float | None:
    """A query argument as a number; 400 where it is none or out of bounds."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        abort(400, f"{name} must be a number, not {text[:40]!r}.")
    if not low <= value <= high:
        abort(400, f"{name} must lie between {low:g} and {high:g}.")
    return value


@pages.get("/stops")
def stops() -> Response:
    """All stops that a route serves; with lat and lon those near a place, the nearest first; with route_id those of a route."""
    network = loaded_network()
    served = [network.stops[stop_id] for stop_id in sorted(network.routes_of_stop)]
    route_id = request.args.get("route_id")
    if route_id is not None:
        network.route(route_id)
        served = [stop for stop in served if route_id in network.routes_of_stop[stop.stop_id]]
    lat, lon, radius = bounded_number("lat", -90, 90), bounded_number("lon", -180, 180), bounded_number("radius_m", 1, 20_000)
    if (lat is None) != (lon is None):
        abort(400, "lat and lon come together.")
    if lat is None or lon is None:
        return json_answer(StopsAnswer([stop_answer(network, stop) for stop in served]), 60)
    metres = nearest_stops(network, lat, lon, radius or RADIUS_M)
    near = sorted((round(metres[stop.stop_id]), stop.stop_id) for stop in served if stop.stop_id in metres)
    return json_answer(StopsAnswer([stop_answer(network, network.stops[stop_id], away_m) for away_m, stop_id in near]), 60)


def stop_answer(network: Network, stop: Stop, distance_m: int | msgspec.UnsetType = msgspec.UNSET) -> StopAnswer:
    return StopAnswer(
        stop_id=stop.stop_id,
        stop_code=stop_code(stop) or None,
        stop_name=names.stop_name(stop),
        stop_lat=stop.lat,
        stop_lon=stop.lon,
        route_ids=list(network.routes_of_stop.get(stop.stop_id, ())),
        stop_timezone=network.timezone_of(stop.stop_id),
        parent_station=stop.parent_station or None,
        platform_code=stop.platform_code or None,
        position_confidence=stop.extra.get("position_confidence") or None,
        distance_m=distance_m,
    )


@pages.get("/stops/<path:stop_id>/arrivals")
def arrivals(stop_id: str) -> Response:
    network = loaded_network()
    board = stop_board(world(), stop_id)
    return json_answer(
        StopArrivalsAnswer(
            now=optional_time(world().now()),
            live=world().is_live,
            live_age_s=world().live_age_s,
            silent_since=optional_time(world().view.silent_since),
            stop=stop_answer(network, board.stop),
            arrivals=[an_arrival(row) for row in board.rows],
            passed=[
                PassedAnswer(
                    trip=trip_answer(event.trip),
                    route_id=network.trips[event.trip.trip_id].route_id,
                    vehicle_id=event.vehicle_id,
                    stop_sequence=event.stop_sequence,
                    passed_at=optional_time(event.departed_at or event.arrived_at),
                )
                for event in board.passed
            ],
            hours=[
                HoursAnswer(
                    route_id=direction.direction.route_id,
                    direction_id=direction.direction.direction_id,
                    first_at=optional_time(direction.hours.first_at) if direction.hours else None,
                    last_at=optional_time(direction.hours.last_at) if direction.hours else None,
                    approximate=direction.hours.about if direction.hours else None,
                )
                for direction in board.directions
            ],
            alerts=[AlertAnswer(alert_id=alert.alert_id, header=alert.header, effect=alert.effect) for alert in board.alerts],
        ),
        5,
    )


@pages.get("/journeys")
def journeys() -> Response:
    """From one stop to another, by ids: no coordinates are asked for."""
    network = loaded_network()
    start, end = (network.stop(request.args.get(name, "")) for name in ("from", "to"))
    when = moment_asked("at") or world().now()
    journey_plan = plan(world(), of_stop(start), of_stop(end), when, arrive=request.args.get("arrive") == "1")
    journeys = [a_journey(journey) for journey in journey_plan.journeys]
    return json_answer(JourneysAnswer(now=optional_time(world().now()), journeys=journeys), 1)


def moment_asked(name: str) -> datetime | None:
    """A query argument as a moment; on the network's clock where it names no offset."""
    text = request.args.get(name)
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        abort(400, f"{name} must be a time like 2026-11-24T07:15:00+07:00, not {text[:40]!r}.")
    if instant.year not in YEARS:
        abort(400, f"{name} must be a time of the years {YEARS[0]} to {YEARS[-1]}.")
    return instant if instant.tzinfo else instant.replace(tzinfo=ZoneInfo(loaded_network().timezone))


def a_journey(journey: Journey) -> JourneyAnswer:
    return JourneyAnswer(
        leaves=a_span(journey.leaves),
        comes=a_span(journey.comes),
        changes=journey.changes,
        walk_s=round(journey.walk_s),
        legs=[a_leg(journey, leg) for leg in journey.legs],
    )


def a_leg(journey: Journey, leg: Leg) -> WalkAnswer | RideAnswer:
    if isinstance(leg, Walk):
        return WalkAnswer(from_stop_id=leg.from_stop, to_stop_id=leg.to_stop, seconds=round(leg.seconds))
    index = journey.rides.index(leg)
    return RideAnswer(
        route_id=leg.pattern.route_id,
        direction_id=leg.pattern.direction_id,
        trip=trip_answer(leg.run.trip),
        from_stop_id=leg.board,
        to_stop_id=leg.alight,
        stops=leg.stops,
        leaves=a_span(leg.leaves),
        comes=a_span(leg.comes),
        source=leg.source,
        headway_s=None if leg.run.headway_s is None else round(leg.run.headway_s),
        vehicle_id=leg.run.vehicle_id,
        is_demo=leg.run.is_demo,
        change_chance=None if index == 0 or (chance := journey.change_chance(index)) is None else round(chance, 2),
    )


def a_span(moment: Moment) -> SpanAnswer:
    at, low, high = (datetime.fromtimestamp(unix_s, UTC) for unix_s in (moment.at, moment.low, moment.high))
    return SpanAnswer(at=a_time(at), low_at=a_time(low), high_at=a_time(high))


@pages.get("/routes")
def routes() -> Response:
    network = loaded_network()
    running = buses_now(world())
    return json_answer(
        RoutesAnswer(
            [
                RouteAnswer(
                    route_id=route.route_id,
                    route_short_name=route.short_name,
                    route_long_name=names.route_long_name(route),
                    route_type=route.route_type,
                    route_color=colours(route)[0],
                    route_text_color=colours(route)[1],
                    vehicles_now=running[route.route_id],
                )
                for route in network.routes.values()
            ]
        ),
        5,
    )


def vehicles_in_service() -> list[VehicleState]:
    """The vehicles in service seen within 300 s, by id."""
    loaded_network()
    return sorted(in_service(world()), key=lambda state: state.vehicle_id)


def vehicle_answer(state: VehicleState) -> VehicleAnswer:
    network, report = loaded_network(), state.report
    trip = network.trips[state.matched.trip.trip_id] if state.matched.trip else None
    index = next_index(network, state)
    call = trip.stop_times[index] if trip and index is not None else None
    standing = world().view.standing.get(state.vehicle_id)
    return VehicleAnswer(
        vehicle_id=state.vehicle_id,
        status=state.matched.status,
        route_id=trip.route_id if trip else None,
        direction_id=trip.direction_id if trip else None,
        trip=trip_answer(state.matched.trip) if state.matched.trip else None,
        headsign=headsign_of(network, trip) if trip else None,
        next_stop_id=call.stop_id if call else None,
        bearing=report.bearing,
        speed_mps=report.speed_mps,
        reported_at=optional_time(report.reported_at),
        age_s=round(max(0.0, (world().now() - report.reported_at).total_seconds())),
        old=not is_fresh(report.reported_at, world().now(), LIVE_AGE),
        standing_since=optional_time(standing.since) if standing else None,
        is_demo=trip.is_demo if trip else False,
        crowding=crowding_answer(state.vehicle_id, state.matched.trip),
    )


@pages.get("/vehicles")
def vehicles() -> Response:
    rows = [
        msgspec.structs.replace(vehicle_answer(state), lat=state.report.lat, lon=state.report.lon)
        for state in vehicles_in_service()
    ]
    answer = VehiclesAnswer(
        now=optional_time(world().now()),
        live=world().is_live,
        silent_since=optional_time(world().view.silent_since),
        told_for_s=TOLD_AGE.seconds,
        vehicles=rows,
    )
    return json_answer(answer, 2)


@pages.get("/vehicles.geojson")
def vehicles_geojson() -> Response:
    features = [
        VehicleFeatureAnswer(
            type="Feature",
            id=state.vehicle_id,
            geometry=PointAnswer(type="Point", coordinates=(round(state.report.lon, 6), round(state.report.lat, 6))),
            properties=vehicle_answer(state),
        )
        for state in vehicles_in_service()
    ]
    return json_answer(VehicleFeaturesAnswer(type="FeatureCollection", features=features), 2, "application/geo+json")


@pages.get("/explain")
def explain() -> Response:
    """Why a vehicle is said to reach a stop when it is: links, history, today's factors, the age of the fix."""
    network = loaded_network()
    vehicle_id, stop_id = request.args.get("vehicle", ""), request.args.get("stop", "")
    if vehicle_id not in world().states:
        abort(404, f"vehicle: there is no vehicle {vehicle_id[:80]!r} now; give vehicle and stop.")
    if stop_id not in network.stops:
        abort(404, f"stop: there is no stop {stop_id[:80]!r}; give vehicle and stop.")
    try:
        explanations = ask_in_turn(world().settings.data_dir, vehicle_id, stop_id)
    except TooManyQuestions:
        abort(429, "Another question is being answered. Ask again in a second.")
    if explanations is None:
        abort(503, "The live process does not answer; nothing can be explained without it.")
    return json_answer(ExplanationsAnswer(explanations), 0)


@pages.get("/openapi.json")
def openapi() -> Response:
    return json_answer(document(), 3600)
