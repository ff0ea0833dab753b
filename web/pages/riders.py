"""The riders' pages: home, stop, route, trip."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request

from maps.diagram_layout import diagram_of
from transit.arrivals.headways import planned_bands
from transit.arrivals.notices import relevant_alerts
from transit.plan.network import Network, TripInstance, UnknownTrip
from transit.plan.network_hours import network_hours_of
from transit.plan.service_day import local_date
from transit.plan.timetable import timetable_of
from web import timetables
from web.answers import fragment, on_the_clock_of, the_network, the_stop
from web.boards.neighbours import nearby_of
from web.boards.now_board import now_stops, now_ways
from web.boards.running import buses_now
from web.boards.stop_board import stop_board
from web.boards.strips import strips_of
from web.boards.trip_board import trip_board
from web.endpoints import Endpoint
from web.guide import guide_of
from web.name_search import hits
from web.templating import route_url, stop_url
from web.words import journey_words, names
from web.world import world

pages = Blueprint("riders", __name__)
MOST_ASKED = 20  # stops and ways of one request; a board shows fewer


@pages.get("/")
def home() -> Response | str:
    if request.args.keys() & {"id", "deviceid"} and request.args.keys() & {"lat", "location"}:
        abort(404)  # a phone that takes this page for a tracking server: after a 200 it would forget its fix
    network = world().network
    if network is None:
        return make_response(render_template("empty.html"), 200)
    if request.args.get("part") == "now":
        return fragment(render_template("now.html", **now_parts(network)))
    text = request.args.get("q", "").strip()[:80]
    results = hits(network, guide_of(world()), text) if text else []
    if text and len(results) == 1:
        return redirect(address_of(results[0].endpoint))  # type: ignore[return-value]
    routes = sorted(network.routes.values(), key=lambda r: (r.sort_order is None, r.sort_order or 0, r.name, r.route_id))
    stops = sorted((s for s in network.stops.values() if s.stop_id in network.routes_of_stop), key=names.stop_name)
    alerts = [alert for alert in world().view.alerts if alert.is_active(world().now())]
    return render_template(
        "home.html",
        **now_parts(network),
        routes=routes,
        running=buses_now(world()),
        asked=text,
        found=results,
        address_of=address_of,
        alerts=alerts,
        stops=stops if len(stops) <= 60 else [],
        has_diagram=diagram_of(network) is not None,
    )


def now_parts(network: Network) -> dict[str, object]:
    """What the opening screen's live part shows: the network's state, and the ways and stops that the phone asks for."""
    stops, ways = (request.args.getlist(name)[:MOST_ASKED] for name in ("s", "w"))
    return {
        "state": network_hours_of(network).state(world().now()),
        "now_stops": now_stops(world(), stops),
        "now_ways": now_ways(world(), guide_of(world()), ways),
        "words": journey_words,
    }


def address_of(endpoint: Endpoint) -> str:
    """The address of an endpoint's page."""
    kind, _, name = endpoint.key.partition(":")
    return {"halte": stop_url, "koridor": route_url}[kind](name) if kind != "tempat" else f"/wisata/{name}"


@pages.get("/halte/<path:stop_id>")
def stop_page(stop_id: str) -> Response:
    board = stop_board(world(), stop_id) if the_network() else None
    assert board is not None
    on_the_clock_of(stop_id)
    if request.args.get("part") == "arrivals":
        return fragment(render_template("arrivals.html", board=board))
    near = nearby_of(world(), board.stop)
    return make_response(render_template("stop.html", board=board, near=near))


@pages.get("/h/<path:code>")
def short(code: str) -> Response:
    return redirect(stop_url(the_stop(code).stop_id))  # type: ignore[return-value]


@pages.get("/koridor/<path:route_id>")
def route_page(route_id: str) -> Response:
    network = the_network()
    route = network.route(route_id)
    strips = strips_of(world(), route)
    if request.args.get("part") == "strips":
        return fragment(render_template("strips.html", route=route, strips=strips))
    today = local_date(world().now(), network.timezone)
    bands = {strip.direction: planned_bands(network, strip.direction, strip.stops[0].stop_id, today) for strip in strips}
    alerts = relevant_alerts(world().view.alerts, network, world().now(), directions=[strip.direction for strip in strips])
    why = None
    if strips and all(strip.hours is None for strip in strips):
        why = timetable_of(network).why_none(strips[0].stops[0].stop_id, strips[0].direction, today)
    return make_response(
        render_template("route.html", route=route, strips=strips, bands=bands, alerts=alerts, today=today, why=why)
    )


@pages.get("/jadwal/<path:route_id>")
def timetable_page(route_id: str) -> str:
    """The timetable to print: a day's departures, or the headways of headway-based service."""
    network = the_network()
    route = network.route(route_id)
    wanted = request.args.get("hari", "")
    today = local_date(world().now(), network.timezone)
    day = a_date(int(wanted), route_id) if re.fullmatch(r"[0-9]{8}", wanted) else today
    tables = timetables.tables_of(network, route_id, day)
    days = [today + timedelta(days=n) for n in range(7)]
    return render_template("timetable.html", route=route, tables=tables, day=day, days=days)


@pages.get("/perjalanan/<path:trip_id>/<int(fixed_digits=8):start_date>")
@pages.get("/perjalanan/<path:trip_id>/<int(fixed_digits=8):start_date>/<start_time>")
def trip_page(trip_id: str, start_date: int, start_time: str = "") -> Response:
    the_network()
    instance = TripInstance(trip_id, a_date(start_date, trip_id), seconds_of(start_time, trip_id))
    board = trip_board(world(), instance)
    if request.args.get("part") == "calls":
        return fragment(render_template("calls.html", board=board, mine=request.args.get("halte", "")))
    return make_response(render_template("trip.html", board=board, mine=request.args.get("halte", "")))


def a_date(digits: int, trip_id: str) -> date:
    try:
        return datetime.strptime(f"{digits:08d}", "%Y%m%d").date()  # noqa: DTZ007
    except ValueError:
        raise UnknownTrip(trip_id) from None


def seconds_of(start_time: str, trip_id: str) -> int | None:
    if not start_time:
        return None
    if not re.fullmatch(r"\d{2}:[0-5]\d:[0-5]\d", start_time):
        raise UnknownTrip(trip_id)
    hours, minutes, seconds = map(int, start_time.split(":"))
    return hours * 3600 + minutes * 60 + seconds
