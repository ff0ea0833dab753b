"""The drawn map as an answer, for phones and for browsers without JavaScript: with the names in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flask import Response

from maps.svg import DrawnBus, Mark, Number, svg_map
from web.answers import the_network
from web.ground import ground_of
from web.words import names
from web.world import world

OWN_POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # of a picture opened by itself: its styles stand in it


def drawn_map(
    kept_s: int,
    buses: Iterable[DrawnBus] = (),
    marks: Mapping[str, Mark] | None = None,
    numbers: Sequence[Number] = (),
) -> Response:
    """kept_s: how long a phone keeps the picture; the others as in svg_map()."""
    network = the_network()
    content = svg_map(
        network,
        ground_of(world()).ground,
        lambda stop_id: names.stop_name(network.stops[stop_id]),
        buses,
        marks=marks,
        numbers=numbers,
    )
    response = Response(content, mimetype="image/svg+xml")
    response.headers["Content-Security-Policy"] = OWN_POLICY
    if kept_s:
        response.cache_control.max_age = kept_s
    return response
