"""Arrivals in one short message: at most 160 characters of the alphabet of SMS, for a gateway or a chat bot.

Grammar: a stop's code or name, then, if wanted, a route: "12", "12 biru", "tugu 45"; or from where to where:
"rsud ke stasiun". Anything else gets help.
"""

from __future__ import annotations

import re
from datetime import datetime

from anyascii import anyascii
from flask import Blueprint, Response, abort, request
from flask_babel import gettext

from transit.arrivals.rows import SEEN, Arrival, ArrivalStatus
from transit.plan.journeys import Ride
from transit.plan.network import Network, Route, Stop
from transit.plan.stop_codes import code_of, stops_of_code
from web import endpoints
from web.answers import on_the_clock_of
from web.boards.stop_board import DirectionBoard, StopBoard, stop_board
from web.endpoints import Endpoint
from web.guide import guide_of
from web.name_search import search_stops
from web.planner import way as way_between
from web.words import journey_words, names, phrasing
from web.world import world

pages = Blueprint("text_answers", __name__)
LONGEST = 160
SHORTENED = (
    (True, 80),
    (False, 80),
    (False, 20),
    (False, 12),
    (False, 8),
)  # a long journey goes without its head, then letters
FROM_TO = re.compile(r"^(?:dari |from )?(?P<start>.+?) (?:ke|to|>) (?P<end>.+)$", re.IGNORECASE)  # "rsud ke stasiun"
GSM = frozenset(
    "@$_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n"
)  # the part of GSM 03.38 that needs no escape and is the same everywhere


@pages.get("/t")
@pages.get("/t/<path:message>")
def text(message: str = "") -> Response:
    network = world().network
    if network is None:
        abort(503)
    if not stops_of_code(network, message):  # a code may hold a slash
        message = message.replace("/", " ")
    message = (message or request.args.get("q", ""))[:80]
    response = Response(sms(answer(network, message)), content_type="text/plain; charset=utf-8")
    response.cache_control.no_cache = True
    return response


def answer(network: Network, message: str) -> str:
    ends = FROM_TO.match(message)
    if ends is not None:
        return journey_text(network, ends["start"], ends["end"])
    stops, route = understand_message(network, message)
    wanted = request.args.get("id", "")
    stops = [stop for stop in stops if stop.stop_id == wanted] or stops
    if not stops:
        return help_text(network, message)
    if len(stops) > 1:
        return choice_text(network, stops)
    on_the_clock_of(stops[0].stop_id)
    return stop_text(stops[0], stop_board(world(), stops[0].stop_id), route)


def choice_text(network: Network, stops: list[Stop]) -> str:
    """Each stop with what has to be sent for it alone: its id, or, where that is another one's code, its name."""
    own = [stop.stop_id if stops_of_code(network, stop.stop_id) == (stop,) else names.stop_name(stop) for stop in stops]
    head = gettext("Which stop? Send")
    own = [sms_letters(word) for word in own]
    choices = [
        word if word == names.stop_name(stop) else f"{word} ({names.stop_name(stop)})"
        for word, stop in zip(own, stops, strict=True)
    ]
    while len(choices) > 1 and len(f"{head} {', '.join(choices)}") > LONGEST:
        choices.pop()
    return f"{head} {', '.join(choices)}"


def journey_text(network: Network, start_text: str, end_text: str) -> str:
    """The first journey in one message: which bus, from where, when, where to change, when one is there, the last one."""
    guide = guide_of(world())
    ends = []
    for text in (start_text, end_text):
        understood = endpoints.understand(network, guide, text)
        endpoint = understood.endpoint or next(iter(understood.choices), None)
        if endpoint is None:
            return gettext("“%(asked)s” is not known here.", asked=text[:40])
        ends.append(endpoint)
    for endpoint in ends:
        if not endpoint.stops:
            return gettext("No stop is known within walking distance of %(place)s.", place=endpoint.name)
    return way_text(network, *ends)


def way_text(network: Network, start: Endpoint, end: Endpoint) -> str:
    """The way from one endpoint to another now: by bus, or on foot where that is not slower."""
    now, head, way = world().now(), f"{start.name}>{end.name}:", way_between(world(), start, end, world().now())
    made, on_foot = way.plan, journey_words.on_foot(way.walk_s)
    if made is None:
        return f"{head} {gettext('One stop serves both: no bus is needed.')} {on_foot}" if way.same else f"{head} {on_foot}"
    if not made.journeys and made.next_day is None:
        why = gettext("because of a notice no bus goes now") if made.is_hindered else ""
        return f"{head} {why or gettext('no bus found, not in the next seven days')}"
    if not made.journeys and made.next_day is not None:
        at = journey_words.at(made.next_day.leaves)
        if made.is_hindered:
            sentence = gettext("because of a notice no bus goes now, next %(time)s", time=_time(at, now))
        else:
            sentence = gettext(
                "no bus any more today, next %(day)s %(time)s", day=phrasing.short_day(at), time=phrasing.clock(at)
            )
        return f"{head} {sentence}"
    journey = made.journeys[0]
    if way.walk_s is not None and now.timestamp() + way.walk_s <= journey.comes.at:
        return f"{head} {on_foot}"
    there = gettext("there %(time)s", time=journey_words.clock(journey.comes, now))
    last = "" if made.last is None else gettext("last %(time)s", time=_time(journey_words.at(made.last.leaves), now))
    for has_head, letters in SHORTENED:
        rides = "; ".join(_ride(network, ride, now, letters) for ride in journey.rides)
        line = [head if has_head else "", f"{rides},", f"{there}.", last]
        if len(sms_letters(text := " ".join(filter(None, line)))) <= LONGEST:
            return text
    return f"{rides[: LONGEST - len(there) - 3]}, {there}"


def _ride(network: Network, ride: Ride, now: datetime, letters: int) -> str:
    """A ride in words. letters: most letters of the stop's name."""
    return gettext(
        "%(route)s %(time)s from %(stop)s",
        route=names.route_name(network.routes[ride.pattern.route_id]),
        time=journey_words.leaving(ride, now),
        stop=names.stop_name(network.stops[ride.board])[:letters].strip(),
    )


def understand_message(network: Network, message: str) -> tuple[list[Stop], Route | None]:
    """The stops and the route that a message names: several stops if they share a code, none if it is not understood."""
    words = message.split()
    if words and words[0].lower() in ("halte", "stop"):
        words = words[1:]
    for cut in (len(words), len(words) - 1):
        stops = stops_of_code(network, " ".join(words[:cut])) if cut > 0 else ()
        if stops:
            route = _route(network, " ".join(words[cut:]))
            served = [
                candidate
                for candidate in stops
                if route and route.route_id in network.routes_of_stop.get(candidate.stop_id, ())
            ]
            return served or list(stops), route
    if not words:
        return [], None
    route = _route(network, words[-1])
    matches = search_stops(network, " ".join(words[:-1] if route else words)) if len(words) > bool(route) else []
    return matches[:1], route


def _route(network: Network, text: str) -> Route | None:
    wanted = text.casefold()
    routes = network.routes.values()
    exact = (r for r in routes if text and text in (r.short_name, r.route_id))
    return next(exact, next((r for r in routes if wanted and wanted in (r.short_name.casefold(), r.route_id.casefold())), None))


def stop_text(stop: Stop, board: StopBoard, route: Route | None) -> str:
    head = sms_letters(f"{names.stop_name(stop)} {phrasing.clock(board.now)}:")
    directions = [
        direction
        for direction in board.directions
        if not direction.ends_here and (route is None or direction.route.route_id == route.route_id)
    ]
    parts = [sms_letters(_direction(direction, board)) for direction in directions]
    if not parts and route is None and board.is_only_to_alight:
        return f"{head} {sms_letters(gettext('Nobody gets on here: buses only let people off.'))}"
    if not parts:
        return f"{head} {gettext('no bus on this route here')}" if route else f"{head} {gettext('no bus planned')}"
    text = f"{head} {'; '.join(parts)}"
    if len(text) <= LONGEST:
        return text
    more = gettext("More: %(code)s ROUTE", code=code_of(stop))
    while len(parts) > 1 and len(f"{head} {'; '.join(parts)}. {more}") > LONGEST:
        parts.pop()
    return f"{head} {'; '.join(parts)}. {more}"


def _direction(direction: DirectionBoard, board: StopBoard) -> str:
    to = names.headsign(direction.headsign).split(" (")[0]
    rows = [row for row in direction.rows if row.can_board]
    parts = [_short(row, board) for row in (*rows[:2], *([] if rows else direction.notes[:1]))]
    return f"{names.route_name(direction.route)}>{to[:18].strip()} {', '.join(parts)}"


def _short(row: Arrival, board: StopBoard) -> str:
    if row.status in SEEN and row.at is not None:
        minutes = phrasing.minutes(row.at, board.now, row.low_at, row.high_at)
        return f"{minutes} ({gettext('old')})" if row.status is ArrivalStatus.LIVE_OLD else minutes
    if row.status is ArrivalStatus.STANDING and row.standing_since is not None:
        return gettext("bus standing since %(time)s", time=_time(row.standing_since, board.now))
    if row.status is ArrivalStatus.SCHEDULED and row.at is not None:
        return gettext("timetable %(time)s", time=_time(row.at, board.now))
    if row.status is ArrivalStatus.HEADWAY:
        return phrasing.every(row.headway_s or 0)
    if row.status is ArrivalStatus.NOT_RUNNING and row.at is not None:
        return gettext("not running, first %(day)s %(time)s", day=phrasing.short_day(row.at), time=phrasing.clock(row.at))
    if row.status is ArrivalStatus.DISRUPTED:
        return gettext("does not stop here now")
    return phrasing.status_word(row.status).lower()


def _time(at: datetime, now: datetime) -> str:
    """A time of day; of another day with its name, short."""
    clock = phrasing.clock(at)
    return clock if phrasing.moment(at, now) == clock else f"{phrasing.short_day(at)} {clock}"


def help_text(network: Network, message: str) -> str:
    served = (stop for stop in network.stops.values() if stop.stop_id in network.routes_of_stop)
    example = next((code_of(stop) for stop in served), "12")
    route = next((names.route_name(route) for route in network.routes.values()), "")
    sorry = gettext("Stop “%(asked)s” is not known.", asked=message[:30]) + " " if message.strip() else ""
    how = gettext(
        "Send the number or name of a stop, then a route if you like. Example: %(code)s %(route)s", code=example, route=route
    )
    return sorry + how


def sms(text: str) -> str:
    """At most 160 characters, each in GSM 03.38."""
    return sms_letters(text).strip()[:LONGEST]


def sms_letters(text: str) -> str:
    """Text in letters that every phone shows; other alphabets are transliterated."""
    return "".join(letter for letter in anyascii(text.replace("·", ",")) if letter in GSM)
