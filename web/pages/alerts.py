"""The dispatchers' form for notices, which appear on riders' pages and in the feed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext
from werkzeug.datastructures import MultiDict

from transit.arrivals.alerts import Alert, Cause, Effect, InformedEntity
from transit.plan.network import Network, TripInstance
from transit.plan.service_day import local_date
from transit.plan.stop_codes import stop_code, stops_of_code
from transit.store.alerts import UnknownAlert, end_alert, find_alert, load_alerts, load_past_alerts, save_alert
from transit.store.database import writing
from web.access import audit
from web.answers import the_network
from web.words.languages import LANGUAGES
from web.words.notice_templates import TEMPLATES, texts_of
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
HISTORY = timedelta(days=92)  # as long as reports are kept
FORM_TIME = "%Y-%m-%dT%H:%M"  # of a datetime-local field


@dataclass(frozen=True)
class Draft:
    """The content of the form: the typed values, an error by field, and a preview of what riders would see."""

    values: MultiDict[str, str] = field(default_factory=MultiDict)
    errors: Mapping[str, str] = field(default_factory=dict)
    preview: Alert | None = None
    alert_id: str = ""  # of a notice that is changed


@pages.get("/armada/pengumuman")
def form() -> Response:
    values: MultiDict[str, str] = MultiDict()
    if request.args.get("contoh") in TEMPLATES:
        values = MultiDict(texts_of(request.args["contoh"]))
    return _page(Draft(values))


@pages.get("/armada/pengumuman/<alert_id>")
def edit_form(alert_id: str) -> Response:
    return _page(Draft(values_of(the_network(), _stored(alert_id)), alert_id=alert_id))


def _stored(alert_id: str) -> Alert:
    try:
        with world().engine.connect() as connection:
            return find_alert(connection, alert_id)
    except UnknownAlert:
        abort(404)


def _page(draft: Draft) -> Response:
    """The page with the active notices and the form."""
    network, now = the_network(), world().now()
    with world().engine.connect() as connection:
        current, past = load_alerts(connection, now), load_past_alerts(connection, now - HISTORY, now)
    html = render_template(
        "alert_form.html",
        current=current,
        past=past,
        effects=EFFECTS,
        causes=list(Cause),
        routes=network.routes.values(),
        templates=TEMPLATES,
        draft=draft,
        values=draft.values,
        errors=draft.errors,
    )
    return make_response(html, 422 if draft.errors else 200)


@pages.post("/armada/pengumuman")
def tell() -> Response:
    return _take(None)


@pages.post("/armada/pengumuman/<alert_id>")
def change(alert_id: str) -> Response:
    return _take(_stored(alert_id))


def _take(before: Alert | None) -> Response:
    alert_id = before.alert_id if before is not None else ""
    try:
        alert = alert_of(the_network(), request.form, world().now(), before)
    except FormErrors as error:
        return _page(Draft(MultiDict(request.form), error.by_field, alert_id=alert_id))
    if request.form.get("preview"):
        return _page(Draft(MultiDict(request.form), preview=alert, alert_id=alert_id))
    with writing(world().engine) as connection:
        save_alert(connection, alert)
        deed = "notice_begun" if before is None else "notice_changed"
        audit(connection, deed, alert.alert_id, before=_summary(before) if before else "", after=_summary(alert))
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
    """The errors of a form: name of the field -> a sentence that says what to do."""

    def __init__(self, by_field: Mapping[str, str]) -> None:
        super().__init__("; ".join(by_field.values()))
        self.by_field = by_field


def values_of(network: Network, alert: Alert) -> MultiDict[str, str]:
    """A stored notice as its form would have been filled in."""
    zone = ZoneInfo(network.timezone)
    values: MultiDict[str, str] = MultiDict({"effect": str(alert.effect), "cause": str(alert.cause)})
    for name, text in (("header", alert.header), ("description", alert.description)):
        for tag, words in text.items():
            values[f"{name}_{tag}"] = words
    values["starts_at"] = alert.starts_at.astimezone(zone).strftime(FORM_TIME)
    values["ends_at"] = alert.ends_at.astimezone(zone).strftime(FORM_TIME) if alert.ends_at else ""
    routes = dict.fromkeys(entity.route_id for entity in alert.informed if entity.route_id and entity.trip is None)
    if set(routes) != set(network.routes):
        values.setlist("route", [route_id for route_id in routes if route_id])
    stops = dict.fromkeys(entity.stop_id for entity in alert.informed if entity.stop_id in network.stops)
    values["stop"] = ", ".join(_own_code(network, stop_id) for stop_id in stops if stop_id)
    trips = [entity.trip.trip_id for entity in alert.informed if entity.trip is not None]
    values["trip"] = trips[0] if trips else ""
    return values


def _own_code(network: Network, stop_id: str) -> str:
    code = stop_code(network.stops[stop_id])
    return code if len(stops_of_code(network, code)) == 1 else stop_id


def alert_of(network: Network, form: MultiDict[str, str], now: datetime, before: Alert | None = None) -> Alert:
    """The alert that the form describes. before: the notice that it changes. Raises FormErrors with all errors at once."""
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
    cause = form.get("cause") or str(Cause.UNKNOWN_CAUSE)
    if cause not in list(Cause):
        errors["cause"] = gettext("Choose one of the list.")
    starts_at = _starts_at(form.get("starts_at", ""), network.timezone, now, before, errors)
    ends_at = _ends_at(form.get("ends_at", ""), network.timezone, now, errors)
    if ends_at is not None and ends_at <= starts_at and "ends_at" not in errors:
        errors["ends_at"] = gettext("The end is before the beginning.")
    entities = informed(network, form, now, errors)
    if errors:
        raise FormErrors(errors)
    return Alert(
        alert_id=before.alert_id if before is not None else f"{now:%Y%m%d%H%M%S}-{secrets.token_hex(3)}",
        header=header,
        informed=entities,
        starts_at=starts_at,
        ends_at=ends_at,
        description=description,
        cause=Cause(cause),
        effect=Effect(form["effect"]),
    )


def _texts(form: Mapping[str, str], name: str) -> dict[str, str]:
    return {tag: text for tag in LANGUAGES if (text := form.get(f"{name}_{tag}", "").strip())}


def informed(network: Network, form: MultiDict[str, str], now: datetime, errors: dict[str, str]) -> tuple[InformedEntity, ...]:
    """What a notice is about. Adds to `errors`."""
    route_ids = [text.strip() for text in form.getlist("route") if text.strip()]
    codes = [text.strip() for text in form.get("stop", "").split(",") if text.strip()]
    trip_id = form.get("trip", "").strip()
    for route_id in route_ids:
        if route_id not in network.routes:
            errors["route"] = gettext("There is no route “%(id)s” any more; choose one of the list.", id=route_id[:40])
    stop_ids = [stop_id for code in codes if (stop_id := _stop_id(network, code, errors)) is not None]
    if trip_id:  # with "no service": the cancellation of today's run
        return _of_trip(network, trip_id, now, errors)
    return _entities(route_ids, stop_ids) or tuple(InformedEntity(route_id=each_id) for each_id in network.routes)


def _entities(route_ids: Sequence[str], stop_ids: Sequence[str]) -> tuple[InformedEntity, ...]:
    """With routes and stops: an entity for each pair; else one for each route or stop."""
    if route_ids and stop_ids:
        return tuple(InformedEntity(route_id=route_id, stop_id=stop_id) for route_id in route_ids for stop_id in stop_ids)
    return (
        *(InformedEntity(route_id=route_id) for route_id in route_ids),
        *(InformedEntity(stop_id=stop_id) for stop_id in stop_ids),
    )


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


def _moment(text: str, timezone: str, field_name: str, errors: dict[str, str]) -> datetime | None:
    """The value of a datetime-local field, in the network's time zone; None where empty or, with an error added, wrong."""
    if not text:
        return None
    try:
        return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        errors[field_name] = gettext("“%(text)s” is no time; choose day and time, or leave it empty.", text=text[:40])
        return None


def _starts_at(text: str, timezone: str, now: datetime, before: Alert | None, errors: dict[str, str]) -> datetime:
    """Empty: now. A notice that has begun keeps its beginning, to the second."""
    at = _moment(text, timezone, "starts_at", errors)
    if before is not None and before.starts_at <= now and (at is None or at <= now):
        return before.starts_at
    if at is None:
        return now
    if at < now - timedelta(minutes=1):
        errors["starts_at"] = gettext("This time has passed already; choose a later one, or leave it empty.")
    return max(at, now)


def _ends_at(text: str, timezone: str, now: datetime, errors: dict[str, str]) -> datetime | None:
    ends_at = _moment(text, timezone, "ends_at", errors)
    if ends_at is not None and ends_at <= now:
        errors["ends_at"] = gettext("This end has passed already; choose a later one, or leave it empty.")
    return ends_at
