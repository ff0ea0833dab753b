"""How full a bus is, told in one tap by who sees it; the form stands on the pages of stops and trips."""

from __future__ import annotations

from flask import Blueprint, Response, abort, current_app, redirect, request

from transit.arrivals.crowding import Crowding, CrowdingTap
from transit.store.crowding import save_tap
from transit.store.database import writing
from transit.tracking.ages import TOLD_AGE
from transit.tracking.state import is_fresh
from web.access import only_from_our_pages
from web.answers import the_network
from web.crowding_token import BadToken, TapToken, read_token
from web.log_ins import network_of_client
from web.templating import stop_url, trip_url
from web.world import world

pages = Blueprint("crowding_pages", __name__)


@pages.post("/isi")
def tap() -> Response:
    """Takes a tap and returns to the page that it came from, which says whether it counts."""
    only_from_our_pages()
    network, now = the_network(), world().now()
    try:
        token, crowding = read_token(request.form.get("bus", ""), now), Crowding(request.form.get("isi", ""))
    except (BadToken, ValueError):
        abort(400)
    stop_id = request.form.get("halte", "")
    stop_id = stop_id if stop_id in network.stops else ""
    counts = _is_on_its_trip(token) and token.is_good(now)
    if counts and current_app.extensions["crowding"].allows(network_of_client(), now):
        taken = CrowdingTap(vehicle_id=token.vehicle_id, trip=token.trip, crowding=crowding, phone=token.phone, tapped_at=now)
        with writing(world().engine) as connection:
            save_tap(connection, taken)
    else:
        counts = False
    back = stop_url(stop_id) if stop_id and request.form.get("di") == "halte" else trip_url(token.trip, stop_id)
    return redirect(f"{back}{'&' if '?' in back else '?'}isi={'1' if counts else '0'}", 303)  # type: ignore[return-value]


def _is_on_its_trip(token: TapToken) -> bool:
    """Whether the bus is still seen on the trip for which the page was made."""
    state = world().states.get(token.vehicle_id)
    return (
        state is not None and state.matched.trip == token.trip and is_fresh(state.report.reported_at, world().now(), TOLD_AGE)
    )
