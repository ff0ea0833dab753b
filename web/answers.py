"""What several kinds of page answer with: the loaded network or 503, and parts of pages that a phone asks for again."""

from __future__ import annotations

import hashlib
import re
from http import HTTPStatus
from urllib.parse import quote, urlencode

from flask import Response, abort, g, make_response, render_template, request
from flask_babel import refresh

from transit.plan.network import Network, Stop, UnknownStop
from transit.plan.stop_codes import stops_of_code
from web.world import world

PICTURE_S = 15  # how long a phone keeps a picture with its buses
VARIES = re.compile(  # what changes each second: ages, which the phone counts, and the token of forms
    r'data-now="[^"]*"|<i data-age="[^"]*">[^<]*</i>|name="csrf_token" value="[^"]*"'
)
FORM_TOKEN, NO_TOKEN = re.compile(r'name="csrf_token" value="[^"]+"'), 'name="csrf_token" value=""'


def the_network() -> Network:
    network = world().network
    if network is None:
        abort(503)
    return network


def the_stop(code: str) -> Stop:
    """The stop of a code address. Where several are called so, the answer is a choice; ?id= settles it.

    Raises UnknownStop, and the HTTPException that carries the choice.
    """
    network = the_network()
    stops = stops_of_code(network, code)
    wanted = request.args.get("id", "")
    if wanted:
        return network.stop(wanted)
    if not stops:
        raise UnknownStop(code)
    if len(stops) > 1:
        choice = render_template("choice.html", code=code, stops=stops, address=address_with)
        abort(make_response(choice, HTTPStatus.MULTIPLE_CHOICES))
    return stops[0]


def address_with(stop: Stop) -> str:
    """This very address, settled for one of the stops that it may mean."""
    return f"{quote(request.path)}?{urlencode({**request.args.to_dict(), 'id': stop.stop_id})}"


def on_the_clock_of(stop_id: str) -> None:
    """Times of this answer are those of a stop's own zone."""
    g.timezone = the_network().timezone_of(stop_id)
    refresh()


def fragment(html: str) -> Response:
    """A part of a page, whose ETag leaves out the ages that the phone counts by itself."""
    response = make_response(html)
    response.set_etag(etag_of(html), weak=True)
    mark_with_time(response)
    response.make_conditional(request)
    return response


def etag_of(html: str) -> str:
    return hashlib.sha256(VARIES.sub("", html).encode()).hexdigest()[:16]


def mark_with_time(response: Response) -> None:
    """With our clock, by which the phone counts."""
    response.headers["X-Now"] = str(int(world().now().timestamp() * 1000))
    response.cache_control.no_cache = True
