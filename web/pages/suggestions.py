"""Suggestions for the search fields, /saran.json: all names of a small network at once, else those that match."""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Blueprint, Response, request

from transit.plan.network import Network
from web.answers import the_network
from web.endpoints import Endpoint, best_named, endpoints_of
from web.guide import guide_of
from web.name_search import routes_of
from web.words import names
from web.words.phrasing import kind_word
from web.world import world

pages = Blueprint("suggestions", __name__)
ALL_AT_ONCE = 300  # names: above that a phone asks for those that begin to fit
SUGGESTED = 8
KEPT_S = 3600  # how long a phone keeps the names of a city
ROUTES_NAMED = 3


@pages.get("/saran.json")
def suggestions() -> Response:
    """{"names": [[name, kind and routes], ...], "ask": whether to ask again with q}."""
    network = the_network()
    every = endpoints_of(network, guide_of(world()))
    text = request.args.get("q", "").strip()[:80]
    is_small = len(every) <= ALL_AT_ONCE
    if text:
        chosen = [endpoint for _, endpoint in best_named(every, text)[:SUGGESTED]]
    else:
        chosen = list(every) if is_small else []
    content: dict[str, Any] = {"names": [[row.name, _about(network, row)] for row in chosen], "ask": not is_small}
    response = Response(msgspec.json.encode(content), mimetype="application/json")
    response.cache_control.max_age = KEPT_S
    response.vary.update(("Cookie", "Accept-Language"))
    return response


def _about(network: Network, endpoint: Endpoint) -> str:
    """Its kind, the routes that serve it, and what people call its kind: browsers look for typed words in here, too."""
    routes = list(routes_of(network, endpoint)) if endpoint.kind in ("halte", "tempat") else []
    called = " ".join(names.route_name(network.routes[route_id]) for route_id in routes[:ROUTES_NAMED])
    return " · ".join(filter(None, [kind_word(endpoint.kind), called, *endpoint.kinds[:1]]))
