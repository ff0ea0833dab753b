"""The map: a list first, then Leaflet from our own origin with routes, stops and the buses that move."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template, request
from xstatic.pkg import leaflet

from transit.arrivals.alerts import Alert, Effect
from transit.store.files import write_atomically
from web.answers import fragment, the_network
from web.boards.running import in_service, next_index, route_of
from web.guide import guide_of
from web.map_files import LEAFLET, drawn_key, script_address
from web.world import World, world

pages = Blueprint("map", __name__)
FOREVER_S = 365 * 24 * 3600


@pages.get("/peta")
def map_page() -> Response:
    network = the_network()
    if request.args.get("part") == "buses":
        return fragment(render_template("map_buses.html", **bus_list(world())))
    routes = sorted(network.routes.values(), key=lambda r: (r.sort_order or 0, r.name, r.route_id))
    return make_response(render_template("map.html", routes=routes, script=script_address("city"), **bus_list(world())))


def bus_list(of_world: World) -> dict[str, Any]:
    """What the list of buses shows."""
    return {"buses": buses_in_service(of_world), "notices": notices(of_world), "next_index": next_index}


def notices(of_world: World) -> list[Alert]:
    """Those by which something is not served now: a stop, a route, a trip."""
    now = of_world.now()
    return [alert for alert in of_world.view.alerts if alert.effect is Effect.NO_SERVICE and alert.is_active(now)]


def buses_in_service(of_world: World):  # type: ignore[no-untyped-def]
    """The buses in service, by route."""
    network = of_world.network
    assert network is not None
    return sorted(in_service(of_world), key=lambda state: (route_of(network, state), state.vehicle_id))


@pages.get("/peta/<any(city, places):name>.js")
def script(name: str) -> Response:
    """Drawn by folium once per network version; the workers share it through a file."""
    network = the_network()
    of_world = world()
    path = of_world.settings.data_dir / "live" / f"map-{name}-{drawn_key(of_world)}.js"
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        from maps.page import draw_city  # folium and geopandas take a second: only the first who asks waits for them

        guide, tile_url = guide_of(of_world), of_world.settings.tile_url
        content = draw_city(network, guide, tile_url=tile_url, with_places=name == "places").encode()
        write_atomically(path, content)
        for old in path.parent.glob(f"map-{name}-*.js"):
            if old != path:
                old.unlink(missing_ok=True)
    return _immutable(content, "text/javascript")


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
