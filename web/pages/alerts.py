"""Where dispatchers tell riders what is wrong: alerts on pages and in the feed, from one form."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request

from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.plan.network import Network, TripInstance
from transit.plan.service_day import local_date
from transit.store.alerts import UnknownAlert, end_alert, load_alerts, save_alert
from transit.store.database import writing
from web.access import only_from_our_pages, only_staff
from web.answers import the_network
from web.world import world

pages = Blueprint("alert_pages", __name__)
pages.before_request(only_staff)
EFFECTS = (
    Effect.NO_SERVICE,
    Effect.DETOUR,
    Effect.SIGNIFICANT_DELAYS,
    Effect.REDUCED_SERVICE,
    Effect.STOP_MOVED,
    Effect.OTHER_EFFECT,
)
LONGEST = {"header": 120, "description": 1000}


@pages.get("/armada/pengumuman")
def form() -> Response:
    network = the_network()
    with world().engine.connect() as connection:
        told = load_alerts(connection, world().now())
    response = make_response(render_template("alert_form.html", told=told, effects=EFFECTS, routes=network.routes.values()))
    response.cache_control.no_store = True
    return response


@pages.post("/armada/pengumuman")
def tell() -> Response:
    only_from_our_pages()
    alert = alert_of(the_network(), request.form, world().now())
    with writing(world().engine) as connection:
        save_alert(connection, alert)
    return redirect("/armada/pengumuman", 303)  # type: ignore[return-value]


@pages.post("/armada/pengumuman/<alert_id>/akhiri")
def end(alert_id: str) -> Response:
    only_from_our_pages()
    try:
        with writing(world().engine) as connection:
            end_alert(connection, alert_id, now=world().now())
    except UnknownAlert:
        abort(404)
    return redirect("/armada/pengumuman", 303)  # type: ignore[return-value]


def alert_of(network: Network, form, now: datetime) -> Alert:  # type: ignore[no-untyped-def]
    """What the form says; 400 with a sentence where it does not say enough."""
    header = {tag: text for tag in ("id", "en") if (text := form.get(f"header_{tag}", "").strip()[: LONGEST["header"]])}
    description = {
        tag: text for tag in ("id", "en") if (text := form.get(f"description_{tag}", "").strip()[: LONGEST["description"]])
    }
    if not header:
        abort(400, "The alert needs a headline.")
    if form.get("effect") not in [str(one) for one in EFFECTS]:
        abort(400, "The effect is not one of the list.")
    ends_at = moment_of(form.get("ends_at", ""), network.timezone)
    if ends_at is not None and ends_at <= now:
        abort(400, "The end lies in the past.")
    alert_id = f"{now:%Y%m%d%H%M%S}-{secrets.token_hex(3)}"
    return Alert(
        alert_id=alert_id,
        header=header,
        informed=informed(network, form, now),
        starts_at=now,
        ends_at=ends_at,
        description=description,
        effect=Effect(form["effect"]),
    )


def informed(network: Network, form, now: datetime) -> tuple[InformedEntity, ...]:  # type: ignore[no-untyped-def]
    stop_id, route_id = form.get("stop", "").strip(), form.get("route", "")
    trip_id = form.get("trip", "").strip()
    if trip_id:  # with "no service": the cancellation of today's run
        if trip_id not in network.trips or network.is_headway_based(trip_id):
            abort(400, "There is no such trip with a timetable.")
        trip = TripInstance(trip_id, local_date(now, network.timezone))
        return (InformedEntity(route_id=network.trips[trip_id].route_id, trip=trip),)
    if stop_id:
        known = next((s.stop_id for s in network.stops.values() if stop_id in (s.code, s.stop_id)), None)
        if known is None:
            abort(400, "There is no such stop.")
        stop_id = known
    if route_id and route_id not in network.routes:
        abort(400, "There is no such route.")
    if route_id or stop_id:
        return (InformedEntity(route_id=route_id or None, stop_id=stop_id or None),)
    return tuple(InformedEntity(route_id=one) for one in network.routes)


def moment_of(text: str, timezone: str) -> datetime | None:
    """A datetime-local field, on the network's clock."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except ValueError:
        abort(400, "The end is not a time.")
