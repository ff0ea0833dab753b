"""The network diagram with its buses as they are now: /diagram.svg, the picture of the opening screen."""

from __future__ import annotations

from flask import Blueprint, Response, abort, request

from maps.diagram import svg_diagram
from maps.diagram_layout import diagram_of
from web.answers import PICTURE_S, the_network
from web.boards.sliding import sliding_buses
from web.drawn_maps import OWN_POLICY
from web.words import names
from web.world import world

pages = Blueprint("diagram", __name__)


@pages.get("/diagram.svg")
def diagram_picture() -> Response:
    """404 where a network is too large for a diagram."""
    network = the_network()
    diagram = diagram_of(network)
    if diagram is None:
        abort(404)
    here = request.args.get("halte", "")
    content = svg_diagram(
        network, diagram, lambda stop_id: names.stop_name(network.stops[stop_id]), sliding_buses(world(), diagram), here=here
    )
    response = Response(content, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = OWN_POLICY
    response.cache_control.max_age = PICTURE_S
    return response
