"""Where dispatchers tell riders what is wrong: alerts on pages and in the feed, from one form."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext

from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.plan.network import Network, TripInstance
from transit.plan.service_day import local_date
from transit.plan.stop_codes import stops_of_code
from transit.store.alerts import UnknownAlert, end_alert, load_alerts, save_alert
from transit.store.database import writing
from web.access import audit
from web.answers import the_network
from web.words.languages import LANGUAGES
from web.world import world

pages = Blueprint("alert_pages", __name__)
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
    return _page({}, {})


def _page(values: Mapping[str, str], errors: Mapping[str, str]) -> Response:
    """The notices in force and the form: with what was typed, and what is wrong with it at its field."""
    network = the_network()
    with world().engine.connect() as connection:
        alerts = load_alerts(connection, world().now())
    response = make_response(
        render_template(
            "alert_form.html", told=alerts, effects=EFFECTS, routes=network.routes.values(), values=values, errors=errors
        ),
        422 if errors else 200,
    )
    response.cache_control.no_store = True
    return response


@pages.post("/armada/pengumuman")
def tell() -> Response:
    try:
        alert = alert_of(the_network(), request.form, world().now())
    except FormErrors as error:
        return _page(request.form, error.by_field)
    with writing(world().engine) as connection:
        save_alert(connection, alert)
        audit(connection, "notice_begun", alert.alert_id, after=_summary(alert))
    return redirect("/armada/pengumuman", 303)  # type: ignore[return-value]


@pages.post("/armada/pengumuman/<alert_id>/akhiri")
def end(alert_id: str) -> Response:
    try:
        with writing(world().engine) as connection:
            end_alert(connection, alert_id, now=world().now())
            audit(connection, "notice_ended", alert_id)
    except UnknownAlert:
        abort(404)
    return redirect("/armada/pengumuman", 303)  # type: ignore[return-value]


def _summary(alert: Alert) -> str:
    return f"{alert.effect}: {next(iter(alert.header.values()), '')}"


class FormErrors(ValueError):
    """What is wrong with a form: name of the field -> a sentence with the way out."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__("; ".join(by_field.values()))
        self.by_field = by_field


def alert_of(network: Network, form: Mapping[str, str], now: datetime) -> Alert:
    """What the form says. Raises FormErrors, with everything that is wrong."""
    errors: dict[str, str] = {}
    header, description = _texts(form, "header"), _texts(form, "description")
    if not header:
        errors["header_id"] = gettext("Write a headline: it is what riders read first.")
    for name in ("header", "description"):
        for tag in LANGUAGES:
            text, most = form.get(f"{name}_{tag}", "").strip(), LONGEST[name]
            if len(text) > most:
                errors[f"{name}_{tag}"] = gettext(
                    "%(count)s characters; at most %(most)s fit. Shorten it.", count=len(text), most=most
                )
    if form.get("effect") not in [str(effect) for effect in EFFECTS]:
        errors["effect"] = gettext("Choose one of the list.")
    ends_at = _ends_at(form.get("ends_at", ""), network.timezone, now, errors)
    entities = informed(network, form, now, errors)
    if errors:
        raise FormErrors(errors)
    return Alert(
        alert_id=f"{now:%Y%m%d%H%M%S}-{secrets.token_hex(3)}",
        header=header,
        informed=entities,
        starts_at=now,
        ends_at=ends_at,
        description=description,
        effect=Effect(form["effect"]),
    )


def _texts(form: Mapping[str, str], name: str) -> dict[str, str]:
    return {tag: text for tag in LANGUAGES if (text := form.get(f"{name}_{tag}", "").strip())}


def informed(network: Network, form: Mapping[str, str], now: datetime, errors: dict[str, str]) -> tuple[InformedEntity, ...]:
    """What a notice is about; what is wrong with it goes into errors."""
    stop_text, route_id, trip_id = (form.get(name, "").strip() for name in ("stop", "route", "trip"))
    if route_id and route_id not in network.routes:
        errors["route"] = gettext("There is no route “%(id)s” any more; choose one of the list.", id=route_id[:40])
    stop_id = _stop_id(network, stop_text, errors) if stop_text else None
    if trip_id:  # with "no service": the cancellation of today's run
        return _of_trip(network, trip_id, now, errors)
    if route_id or stop_id:
        return (InformedEntity(route_id=route_id or None, stop_id=stop_id),)
    return tuple(InformedEntity(route_id=each_id) for each_id in network.routes)


def _stop_id(network: Network, text: str, errors: dict[str, str]) -> str | None:
    stops = (network.stops[text],) if text in network.stops else stops_of_code(network, text)
    if len(stops) == 1:
        return stops[0].stop_id
    if stops:
        names = ", ".join(f"{stop.name} ({stop.stop_id})" for stop in stops[:3])
        errors["stop"] = gettext("“%(text)s” is the number of several stops: %(names)s. Give the id.", text=text, names=names)
    else:
        errors["stop"] = gettext("There is no stop “%(text)s”. Its number stands on its page and on its sign.", text=text[:40])
    return None


def _of_trip(network: Network, trip_id: str, now: datetime, errors: dict[str, str]) -> tuple[InformedEntity, ...]:
    if trip_id not in network.trips:
        errors["trip"] = gettext("There is no trip “%(id)s”; its id stands in the address of its page.", id=trip_id[:40])
        return ()
    if network.is_headway_based(trip_id):
        errors["trip"] = gettext(
            "Trip “%(id)s” runs by headway and has no departure of its own; say it of the route instead.", id=trip_id[:40]
        )
        return ()
    trip = TripInstance(trip_id, local_date(now, network.timezone))
    return (InformedEntity(route_id=network.trips[trip_id].route_id, trip=trip),)


def _ends_at(text: str, timezone: str, now: datetime, errors: dict[str, str]) -> datetime | None:
    """A datetime-local field, on the network's clock."""
    if not text:
        return None
    try:
        ends_at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        errors["ends_at"] = gettext("“%(text)s” is no time; choose day and time, or leave it empty.", text=text[:40])
        return None
    if ends_at <= now:
        errors["ends_at"] = gettext("This end has passed already; choose a later one, or leave it empty.")
    return ends_at
