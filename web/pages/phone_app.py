"""What makes the site an app on a phone: manifest, service worker and the page for when there is no connection."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, make_response, render_template
from flask_babel import force_locale

from transit.plan.service_day import local_date
from transit.plan.timetable import timetable_of
from web.answers import the_network
from web.map_files import LEAFLET_ADDRESSES, script_address
from web.templating import STATIC, static_url, timetable_url
from web.words.languages import LANGUAGES, language
from web.world import world

pages = Blueprint("app_pages", __name__)
ROUTES_AT_MOST = 12  # whose timetables are kept
STOPS_AT_MOST = 400  # of the offline page: a large city's would be too much to keep on a phone


@pages.get("/manifest.webmanifest")
def manifest() -> Response:
    network = world().network
    name = network.agencies[0].name if network else "Bus"
    response = jsonify(
        {
            "name": name,
            "short_name": name[:12],
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "lang": language(),
            "background_color": "#f5f4ee",
            "theme_color": "#0b5a43",
            "icons": [{"src": static_url("icon.svg"), "sizes": "any", "type": "image/svg+xml", "purpose": "any"}],
        }
    )
    response.mimetype = "application/manifest+json"
    return response


@pages.get("/sw.js")
def worker() -> Response:
    """From the root, so that it may answer for every page; a new network or script makes it a new worker."""
    shell = [static_url(name) for name in ("live.js", "home.js", "nearest.js", "ends.js", "icon.svg", "map.js", "map.css")]
    network = world().network
    if network is not None:  # the map with its shapes, and the timetables
        shell += ["/peta", *LEAFLET_ADDRESSES, script_address("city")]
        shell += [timetable_url(route_id) for route_id in sorted(network.routes)[:ROUTES_AT_MOST]]
    shell += [f"/offline/{tag}" for tag in LANGUAGES]
    head = f"// {world().version}\nvar SHELL = {shell!r}, SPOKEN = {language()!r};\n"
    response = Response(head + (STATIC / "sw.js").read_text(encoding="utf-8"), mimetype="text/javascript")
    response.cache_control.no_cache = True
    return response


@pages.get("/offline/<any(id, en):tag>")
def offline_in(tag: str) -> Response:
    """The offline page in one language; phones keep it in every language."""
    with force_locale(tag):
        response = make_response(offline())
    response.content_language.add(tag)
    return response


@pages.get("/offline")
def offline() -> str:
    """The page shown without a connection: stops with their headways and hours, no times of buses."""
    network = the_network()
    table, today = timetable_of(network), local_date(world().now(), network.timezone)
    stops = []
    for stop_id in sorted(network.routes_of_stop, key=lambda served_id: network.stops[served_id].name)[:STOPS_AT_MOST]:
        directions = [direction for direction in table.directions_at(stop_id) if not table.ends_at(stop_id, direction)]
        rows = []
        for direction in directions:
            calls = table.calls_at(stop_id, direction)
            gaps = [row.headway_s for call in calls for row in network.frequencies_of.get(call.trip.trip_id, ())]
            hours = table.hours(stop_id, direction, today)
            rows.append((network.routes[direction.route_id], calls[0].headsign, min(gaps, default=None), hours))
        stops.append((network.stops[stop_id], rows))
    return render_template("offline.html", stops=stops, today=today)
