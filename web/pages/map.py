"""The map: a list first, then Leaflet from our own origin with routes, stops and the buses that move."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, current_app, make_response, render_template, request
from flask_babel import gettext
from xstatic.pkg import leaflet

from maps.ground import load_part
from maps.svg import DrawnBus
from transit.arrivals.alerts import Alert, Effect
from transit.store.files import write_atomically
from transit.tracking.ages import TOLD_AGE
from transit.tracking.state import is_fresh
from web.answers import PICTURE_S, fragment, the_network
from web.boards.running import in_service, next_index, route_of
from web.drawn_maps import drawn_map
from web.ground import ground_of, grounds_of
from web.guide import guide_of
from web.map_files import LEAFLET, drawn_key, script_address
from web.words import names
from web.words.colours import colours
from web.words.languages import language
from web.world import World, world

pages = Blueprint("map", __name__)
STREET_MAPS_KEPT = 4  # cached per language: one for each host name of the site
FOREVER_S = 365 * 24 * 3600


@pages.get("/peta")
def map_page() -> Response:
    network = the_network()
    if request.args.get("part") == "buses":
        return fragment(render_template("map_buses.html", **bus_list(world())))
    routes = sorted(network.routes.values(), key=lambda r: (r.sort_order or 0, r.name, r.route_id))
    return make_response(render_template("map.html", routes=routes, script=script_address("city"), **bus_list(world())))


def bus_list(of_world: World) -> dict[str, Any]:
    """The values of the list of buses."""
    return {"buses": buses_in_service(of_world), "notices": notices(of_world), "next_index": next_index}


def notices(of_world: World) -> list[Alert]:
    """The active alerts that take a stop, a route or a trip out of service."""
    now = of_world.now()
    return [alert for alert in of_world.view.alerts if alert.effect is Effect.NO_SERVICE and alert.is_active(now)]


def buses_in_service(of_world: World):  # type: ignore[no-untyped-def]
    """The buses in service, by route."""
    network = of_world.network
    assert network is not None
    return sorted(in_service(of_world), key=lambda state: (route_of(network, state), state.vehicle_id))


@pages.get("/peta/samping")
def beside() -> Response:
    """The script that puts the map beside a list. Asked for where there is room for one: a phone does not pay for it."""
    the_network()
    response = fragment(render_template("map_beside.js"))
    response.mimetype = "text/javascript"
    return response


@pages.get("/peta/<any(city, places):name>.js")
def script(name: str) -> Response:
    """The map's script, drawn by folium once per network version and shared by the workers through a file."""
    network = the_network()
    of_world = world()
    path = of_world.settings.data_dir / "live" / f"map-{name}-{drawn_key(of_world)}.js"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        from maps.page import draw_city  # importing folium and geopandas takes a second

        guide, tile_url = guide_of(of_world), of_world.settings.tile_url
        content = draw_city(network, guide, tile_url=tile_url, with_places=name == "places").encode()
        write_atomically(path, content)
        for old in path.parent.glob(f"map-{name}-*.js"):
            if old != path:
                old.unlink(missing_ok=True)
    return _immutable(content, "text/javascript")


@pages.get("/peta.svg")
def picture() -> Response:
    """The map as a picture, for browsers without JavaScript."""
    network, now = the_network(), world().now()
    buses = [
        DrawnBus(
            letter=names.route_name(route)[:1].upper(),
            colour=f"#{colours(route)[0]}",
            lat=state.report.lat,
            lon=state.report.lon,
        )
        for state in in_service(world())
        if is_fresh(state.report.reported_at, now, TOLD_AGE)
        for route in [network.routes[route_of(network, state)]]
    ]
    return drawn_map(PICTURE_S, buses)


@pages.get("/peta.pdf")
def street_map_to_print() -> Response:
    """Streets, stops and routes on A4; drawn once for each network, ground, language and address, shared by the workers."""
    network = the_network()
    of_world, tag = world(), language()
    address = request.url_root.rstrip("/") + "/peta"
    key = sha256_of(drawn_key(of_world), ground_of(of_world).key, tag, address)
    path = of_world.settings.data_dir / "live" / f"streets-{tag}-{key}.pdf"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        if not current_app.extensions["street_maps"].allows("", of_world.now()):
            abort(503)
        from maps.street_map import StreetMapWords, street_map

        words = StreetMapWords(
            title=gettext("Street map"),
            sample=gettext("Sample network, not verified"),
            live=gettext("Live arrivals"),
            stop=gettext("Stop (number)"),
            place=gettext("Place"),
            approximate=gettext("position approximate"),
            no_streets=gettext("No street map was imported yet: routes and stops only"),
            sheet=gettext("Sheet %(number)s", number="#"),
        )
        content = street_map(
            network,
            guide_of(of_world),
            grounds_of(of_world),
            address,
            of_world.now(),
            words,
            lambda stop_id: names.stop_name(network.stops[stop_id]),
        )
        write_atomically(path, content)
        kept = sorted(path.parent.glob(f"streets-{tag}-*.pdf"), key=lambda old: old.stat().st_mtime)
        for old in kept[:-STREET_MAPS_KEPT]:
            old.unlink(missing_ok=True)
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = 'inline; filename="peta.pdf"'
    return response


def sha256_of(*words: str) -> str:
    return hashlib.sha256(" ".join(words).encode()).hexdigest()[:12]


@pages.get("/peta/dasar.json")
def ground() -> Response:
    """The ground under the map: the imported one, else the names of quarters from the guide."""
    stored = ground_of(world())
    return _immutable(stored.content, "application/json")


@pages.get("/peta/dasar/<name>.json")
def ground_part(name: str) -> Response:
    """A part of the ground in more detail, for a zoomed map."""
    content = load_part(world().settings.data_dir, name)
    if content is None:
        abort(404)
    return _immutable(content, "application/json")


@lru_cache(maxsize=4)
def _vendored(name: str) -> bytes:
    return (Path(leaflet.BASE_DIR) / name).read_bytes()


@pages.get("/vendor/leaflet/<name>")
def vendored(name: str) -> Response:
    """Leaflet as it is in the pinned package."""
    if name not in LEAFLET:
        abort(404)
    return _immutable(_vendored(name), LEAFLET[name])


def _immutable(content: bytes, mimetype: str) -> Response:
    response = Response(content, mimetype=mimetype)
    response.set_etag(hashlib.sha256(content).hexdigest()[:16], weak=True)
    response.cache_control.max_age = FOREVER_S if "v" in request.args else 300
    response.cache_control.public = True
    response.cache_control.immutable = "v" in request.args
    response.make_conditional(request)
    return response
