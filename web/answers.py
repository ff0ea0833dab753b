"""What several kinds of page answer with: the loaded network or 503, and parts of pages that a phone asks for again."""

from __future__ import annotations

import hashlib
import re

from flask import Response, abort, make_response, request

from transit.plan.network import Network
from web.world import world

VARIES = re.compile(r'data-now="[^"]*"|<i data-age="[^"]*">[^<]*</i>')  # what changes each second, and the phone counts itself


def the_network() -> Network:
    network = world().network
    if network is None:
        abort(503)
    return network


def fragment(html: str) -> Response:
    """A part of a page, whose ETag leaves out the ages that the phone counts by itself."""
    response = make_response(html)
    response.set_etag(hashlib.sha256(VARIES.sub("", html).encode()).hexdigest()[:16], weak=True)
    response.headers["X-Now"] = str(int(world().now().timestamp() * 1000))
    response.cache_control.no_cache = True
    return response.make_conditional(request)
