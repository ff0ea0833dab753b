"""What does not run as planned today: each change is one form, and riders' pages and the feeds follow within seconds."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import force_locale, gettext

from transit.arrivals.alerts import Alert, Cause, Effect, InformedEntity
from transit.arrivals.interruptions import AHEAD
from transit.arrivals.notices import cancels_start
from transit.forecasting.departure_orders import DepartureOrder, moment_of
from transit.forecasting.prediction import Tier
from transit.plan.directions import directions_of
from transit.plan.network import Network, TripInstance
from transit.plan.planned_times import planned_at
from transit.plan.service_day import local_date, seconds_of_day, service_day_start
from transit.plan.stop_codes import stop_code
from transit.plan.timetable import RouteDirection, timetable_of
from transit.store.alerts import UnknownAlert, end_alert, load_alerts, save_alert
from transit.store.database import Connection, writing
from transit.store.departure_orders import load_departure_orders, say, withdraw
from transit.store.vehicles import load_vehicle_ids
from web.access import audit
from web.answers import the_network
from web.words import names, phrasing
from web.words.languages import LANGUAGES
from web.world import world

pages = Blueprint("adjustment_pages", __name__)
KINDS = ("trip", "departure", "suspend", "day", "stop", "short", "detour")  # each alert_id of this page begins with one
RUNS_SHOWN = 120  # most runs in the list
ENDS_SOON = timedelta(minutes=30)
LONGEST_WORDS = 400  # most characters of a dispatcher's own text


class WrongField(ValueError):
    """A field with a wrong value: its name, and a sentence that says what to do."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field_name, self.sentence = field_name, sentence


@dataclass(frozen=True)
class Change:
    """The change that a form asks for. header: gives the text in the current language; called once per language."""

    informed: tuple[InformedEntity, ...]
    header: Callable[[], str]
    starts_at: datetime
    ends_at: datetime | None
    effect: Effect = Effect.NO_SERVICE
    cause: Cause = Cause.UNKNOWN_CAUSE
    closed: tuple[InformedEntity, ...] = ()  # stops not served on a detour; they get a second notice
    subject: str = ""


@dataclass(frozen=True)
class Choices:
    """The choices offered on the page."""

    runs: list[tuple[str, str]]  # timetabled runs ahead: value, words
    departures: list[tuple[str, str]]  # by headway: of buses that wait or will begin
    running: list[tuple[str, str]]  # buses under way, for a short turn
    directions: list[tuple[str, str]]
    vehicles: list[str]
    stops: list[tuple[str, str]] = field(default_factory=list)


@pages.get("/armada/gangguan")
def form() -> Response:
    """The page. The parameter jenis opens a form; other parameters fill it in."""
    return _page(request.args.get("jenis", ""), request.args, "", "", 200)


def _page(kind: str, values: Mapping[str, str], wrong_field: str, sentence: str, status: int) -> Response:
    network, now = the_network(), world().now()
    with world().engine.connect() as connection:
        current = [alert for alert in load_alerts(connection, now) if alert.alert_id.startswith(KINDS)]
        orders, vehicles = load_departure_orders(connection, now), load_vehicle_ids(connection)
    detour = values.get("route") if kind == "detour" else request.args.get("rute")
    html = render_template(
        "adjustments.html",
        current=current,
        orders=[order for order in orders if order.departs_at >= now],
        choices=choices_of(network, now, sorted(vehicles), detour or ""),
        detour_route=network.routes.get(detour or ""),
        routes=network.routes.values(),
        kind=kind,
        values=values,
        wrong_field=wrong_field,
        sentence=sentence,
        soon=now + ENDS_SOON,
        tomorrow=local_date(now, network.timezone) + timedelta(days=1),
    )
    return make_response(html, status)


def choices_of(network: Network, now: datetime, vehicles: list[str], detour_route: str) -> Choices:
    stops = {call.stop_id for trip in network.trips_of_route.get(detour_route, ()) for call in trip.stop_times}
    return Choices(
        runs=_runs(network, now),
        departures=_departures(network, now),
        running=_running(network, now),
        directions=[(_key(direction), direction_words(network, direction)) for direction in all_directions(network)],
        vehicles=vehicles,
        stops=[(stop_id, _stop_words(network, stop_id)) for stop_id in sorted(stops)],
    )


def all_directions(network: Network) -> list[RouteDirection]:
    every = set(directions_of(network).of_trip.values())
    return sorted(every, key=lambda direction: (direction.route_id, direction.direction_id or 0, direction.side))


def direction_words(network: Network, direction: RouteDirection) -> str:
    route = names.route_name(network.routes[direction.route_id])
    trips = [trip for trip, its in directions_of(network).of_trip.items() if its == direction]
    heading = names.headsign(network.trips[trips[0]].headsign, trips[0]) if trips else ""
    return f"{route} → {heading}" if heading else route


def _key(direction: RouteDirection) -> str:
    return f"{direction.route_id}|{'' if direction.direction_id is None else direction.direction_id}"


def _stop_words(network: Network, stop_id: str) -> str:
    stop = network.stops[stop_id]
    return f"{stop_code(stop)} {names.stop_name(stop)}"


def trip_key(trip: TripInstance) -> str:
    return f"{trip.trip_id}|{trip.start_date:%Y%m%d}|{'' if trip.start_s is None else trip.start_s}"


def trip_of_key(network: Network, text: str, field_name: str) -> TripInstance:
    """Raises WrongField."""
    try:
        trip_id, day_text, start_text = text.rsplit("|", 2)
        day, start_s = date.fromisoformat(day_text), int(start_text) if start_text else None
    except ValueError:
        raise WrongField(field_name, gettext("Choose one of the list.")) from None
    if trip_id not in network.trips:
        raise WrongField(field_name, gettext("This trip is in the timetable no more; choose another."))
    return TripInstance(trip_id, day, start_s)


def _runs(network: Network, now: datetime) -> list[tuple[str, str]]:
    """The timetabled runs that begin within the hours ahead, by time."""
    table, rows = timetable_of(network), {}
    firsts = {trip.stop_times[0].stop_id for trip in network.trips.values() if not network.is_headway_based(trip.trip_id)}
    for stop_id in firsts:
        for direction in table.directions_at(stop_id):
            for call in table.planned(stop_id, direction, now, now + AHEAD):
                if call.call.index == 0:
                    rows[call.trip] = (call.at, direction_words(network, direction))
    ordered = sorted(rows.items(), key=lambda row: (row[1][0], row[0].trip_id))[:RUNS_SHOWN]
    return [(trip_key(trip), f"{phrasing.clock(at)} {words}") for trip, (at, words) in ordered]


def _departures(network: Network, now: datetime) -> list[tuple[str, str]]:
    """The predicted headway-based departures, of buses that wait at a terminal or begin there next."""
    rows = []
    for row in world().view.every_prediction:
        trip = network.trips.get(row.trip.trip_id)
        first = trip is not None and row.stop_sequence == trip.stop_times[0].stop_sequence
        if trip is None or not first or row.tier is Tier.LIVE or not network.is_headway_based(trip.trip_id):
            continue
        if cancels_start(world().view.alerts, network, row.trip, row.predicted_at, now) is not None:
            continue
        day = row.trip.start_date
        start = TripInstance(row.trip.trip_id, day, round(seconds_of_day(row.predicted_at, day, network.timezone)))
        words = direction_words(network, directions_of(network).of_trip[trip.trip_id])
        rows.append((row.predicted_at, trip_key(start), f"{phrasing.clock(row.predicted_at)} {words} ({row.vehicle_id})"))
    return [(key, words) for _, key, words in sorted(rows)]


def _running(network: Network, now: datetime) -> list[tuple[str, str]]:
    rows = []
    for vehicle_id, state in sorted(world().states.items()):
        trip = state.matched.trip
        if trip is not None and trip.trip_id in network.trips and state.next_stop_sequence is not None:
            words = direction_words(network, directions_of(network).of_trip[trip.trip_id])
            rows.append((trip_key(trip), f"{vehicle_id}: {words}"))
    return rows


@pages.post("/armada/gangguan")
def change() -> Response:
    kind, now, network = request.form.get("kind", ""), world().now(), the_network()
    words = request.form.get("words", "").strip()
    try:
        if len(words) > LONGEST_WORDS:
            raise WrongField(
                "words", gettext("%(count)s characters; at most %(most)s fit. Shorten it.", count=len(words), most=400)
            )
        if kind == "hold":
            _hold(network, now)
        elif kind in READERS:
            _tell(kind, READERS[kind](network, now), words, now)
        else:
            abort(400)
    except WrongField as wrong:
        return _page(kind, request.form, wrong.field_name, wrong.sentence, 422)
    return redirect("/armada/gangguan", 303)  # type: ignore[return-value]


def _tell(kind: str, asked: Change, words: str, now: datetime) -> None:
    """Stores a change as a notice with texts in every language, and the closed stops of a detour as a second one."""
    header: dict[str, str] = {}
    for tag in LANGUAGES:
        with force_locale(tag):
            header[tag] = asked.header()
    stem = f"{now:%Y%m%d%H%M%S}-{secrets.token_hex(3)}"
    made = Alert(
        alert_id=f"{kind}-{stem}",
        header=header,
        informed=asked.informed,
        starts_at=asked.starts_at,
        ends_at=asked.ends_at,
        description={LANGUAGES[0]: words} if words else {},
        cause=asked.cause,
        effect=asked.effect,
    )
    with writing(world().engine) as connection:
        save_alert(connection, made)
        if asked.closed:
            _save_closed(connection, made, asked.closed)
        until = "" if asked.ends_at is None else asked.ends_at.isoformat()
        audit(connection, f"adjusted_{kind}", asked.subject, after=f"{header['en']} {until}".strip(), why=words)


def _save_closed(connection: Connection, detour: Alert, closed: tuple[InformedEntity, ...]) -> None:
    header: dict[str, str] = {}
    for tag in LANGUAGES:
        with force_locale(tag):
            header[tag] = gettext("Not served because of a detour")
    save_alert(
        connection,
        Alert(
            alert_id=f"{detour.alert_id}-halte",
            header=header,
            informed=closed,
            starts_at=detour.starts_at,
            ends_at=detour.ends_at,
            cause=detour.cause,
            effect=Effect.NO_SERVICE,
        ),
    )


def _until(network: Network, now: datetime, *, needed: bool = False) -> datetime | None:
    text = request.form.get("until", "").strip()
    if not text:
        if needed:
            raise WrongField("until", gettext("Say until when: a reminder comes half an hour before."))
        return None
    try:
        at = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(network.timezone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise WrongField(
            "until", gettext("“%(text)s” is no time; choose day and time, or leave it empty.", text=text[:40])
        ) from None
    if at <= now:
        raise WrongField("until", gettext("This end has passed already; choose a later one, or leave it empty."))
    return at


def _trip(network: Network, now: datetime) -> Change:
    trip = trip_of_key(network, request.form.get("trip", ""), "trip")
    if network.is_headway_based(trip.trip_id):
        raise WrongField("trip", gettext("Choose one of the list."))
    begins = planned_at(network, trip, 0, departure=True)
    direction = directions_of(network).of_trip[trip.trip_id]
    return Change(
        informed=(InformedEntity(route_id=network.trips[trip.trip_id].route_id, trip=trip),),
        header=lambda: gettext(
            "%(trip)s at %(time)s does not run", trip=direction_words(network, direction), time=phrasing.clock(begins or now)
        ),
        starts_at=now,
        ends_at=planned_at(network, trip, len(network.trips[trip.trip_id].stop_times) - 1),
        subject=trip_key(trip),
    )


def _departure(network: Network, now: datetime) -> Change:
    trip = trip_of_key(network, request.form.get("departure", ""), "departure")
    if not network.is_headway_based(trip.trip_id) or trip.start_s is None:
        raise WrongField("departure", gettext("Choose one of the list."))
    direction = directions_of(network).of_trip[trip.trip_id]
    at = service_day_start(trip.start_date, network.timezone) + timedelta(seconds=trip.start_s)
    if at < now - timedelta(minutes=5):
        raise WrongField("departure", gettext("This departure has passed already."))
    headways = [window.headway_s for window in network.frequencies_of.get(trip.trip_id, ())]
    return Change(
        informed=(InformedEntity(route_id=direction.route_id, direction_id=direction.direction_id, trip=trip),),
        header=lambda: gettext(
            "The departure of %(trip)s about %(time)s does not run",
            trip=direction_words(network, direction),
            time=phrasing.clock(at),
        ),
        starts_at=now,
        ends_at=at + timedelta(seconds=max(headways) / 2),
        subject=trip_key(trip),
    )


def _suspend(network: Network, now: datetime) -> Change:
    text = request.form.get("direction", "")
    route_id, _, way = text.partition("|")
    if route_id not in network.routes:
        raise WrongField("direction", gettext("Choose one of the list."))
    route = network.routes[route_id]
    directions = [row for row in all_directions(network) if _key(row) == text]
    if way and not directions:
        raise WrongField("direction", gettext("Choose one of the list."))
    return Change(
        informed=(InformedEntity(route_id=route_id, direction_id=int(way) if way else None),),
        header=lambda: gettext(
            "%(route)s does not run", route=direction_words(network, directions[0]) if way else names.route_name(route)
        ),
        starts_at=now,
        ends_at=_until(network, now),
        subject=text,
    )


def _day(network: Network, now: datetime) -> Change:
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        raise WrongField("day", gettext("Choose a day.")) from None
    if day < local_date(now, network.timezone) or (day - local_date(now, network.timezone)).days > 366:
        raise WrongField("day", gettext("Choose a day from today on, within a year."))
    route_id = request.form.get("route", "")
    if route_id and route_id not in network.routes:
        raise WrongField("route", gettext("Choose one of the list."))
    ids = [route_id] if route_id else list(network.routes)
    starts = service_day_start(day, network.timezone) + timedelta(hours=3)
    return Change(
        informed=tuple(InformedEntity(route_id=each_id) for each_id in ids),
        header=lambda: gettext(
            "%(what)s: no service on %(day)s",
            what=names.route_name(network.routes[route_id]) if route_id else gettext("All routes"),
            day=phrasing.day(starts),
        ),
        starts_at=max(now, starts),
        ends_at=starts + timedelta(days=1),
        cause=Cause.HOLIDAY,
        subject=f"{day} {route_id}".strip(),
    )


def _stop(network: Network, now: datetime) -> Change:
    stop_id = request.form.get("stop", "")
    if stop_id not in network.stops:
        raise WrongField("stop", gettext("Choose one of the list."))
    return Change(
        informed=(InformedEntity(stop_id=stop_id),),
        header=lambda: gettext("No bus stops at %(stop)s", stop=names.stop_name(network.stops[stop_id])),
        starts_at=now,
        ends_at=_until(network, now),
        subject=stop_id,
    )


def _short(network: Network, now: datetime) -> Change:
    trip = trip_of_key(network, request.form.get("trip", ""), "trip")
    last_id = request.form.get("stop", "")
    calls = network.trips[trip.trip_id].stop_times
    places = [n for n, call in enumerate(calls) if call.stop_id == last_id]
    if not places or places[-1] == len(calls) - 1:
        raise WrongField("stop", gettext("This trip does not call there, or ends there anyway."))
    beyond = [call for call in calls[places[0] + 1 :] if call.stop_id != last_id]
    route_id = network.trips[trip.trip_id].route_id
    direction = directions_of(network).of_trip[trip.trip_id]
    return Change(
        informed=tuple(
            InformedEntity(route_id=route_id, stop_id=stop_id, trip=trip)
            for stop_id in dict.fromkeys(call.stop_id for call in beyond)
        ),
        header=lambda: gettext(
            "%(trip)s ends at %(stop)s this time",
            trip=direction_words(network, direction),
            stop=names.stop_name(network.stops[last_id]),
        ),
        starts_at=now,
        ends_at=planned_at(network, trip, len(calls) - 1) or now + timedelta(hours=2),
        subject=trip_key(trip),
    )


def _detour(network: Network, now: datetime) -> Change:
    route_id = request.form.get("route", "")
    if route_id not in network.routes:
        raise WrongField("route", gettext("Choose one of the list."))
    missed = [stop_id for stop_id in request.form.getlist("missed") if stop_id in network.stops]
    called_at = {call.stop_id for trip in network.trips_of_route[route_id] for call in trip.stop_times}
    if not missed or not set(missed) <= called_at:
        raise WrongField("missed", gettext("Pick the stops that the route passes by."))
    return Change(
        informed=(InformedEntity(route_id=route_id),),
        header=lambda: gettext("%(route)s takes another way", route=names.route_name(network.routes[route_id])),
        starts_at=now,
        ends_at=_until(network, now, needed=True),
        effect=Effect.DETOUR,
        cause=Cause.CONSTRUCTION,
        closed=tuple(InformedEntity(route_id=route_id, stop_id=stop_id) for stop_id in missed),
        subject=route_id,
    )


READERS: dict[str, Callable[[Network, datetime], Change]] = {
    "trip": _trip,
    "departure": _departure,
    "suspend": _suspend,
    "day": _day,
    "stop": _stop,
    "short": _short,
    "detour": _detour,
}


def _hold(network: Network, now: datetime) -> None:
    vehicle_id = request.form.get("vehicle", "")
    try:
        departs_at = moment_of(request.form.get("at", ""), now, network.timezone)
    except ValueError:
        raise WrongField("at", gettext("Write a time like 07:15, at most three hours ahead.")) from None
    with writing(world().engine) as connection:
        if vehicle_id not in load_vehicle_ids(connection):
            raise WrongField("vehicle", gettext("Choose one of the list."))
        say(connection, DepartureOrder(vehicle_id, departs_at, now))
        audit(connection, "held", vehicle_id, after=departs_at.isoformat())


@pages.post("/armada/gangguan/<change_id>/akhiri")
def end(change_id: str) -> Response:
    now = world().now()
    with writing(world().engine) as connection:
        if change_id.startswith("hold-"):
            withdraw(connection, change_id.removeprefix("hold-"))
        else:
            try:
                end_alert(connection, change_id, now=now)
            except UnknownAlert:
                abort(404)
            if change_id.startswith("detour-") and any(
                alert.alert_id == f"{change_id}-halte" for alert in load_alerts(connection, now)
            ):
                end_alert(connection, f"{change_id}-halte", now=now)
        audit(connection, "adjustment_ended", change_id)
    return redirect("/armada/gangguan", 303)  # type: ignore[return-value]
