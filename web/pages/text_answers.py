"""Arrivals in one short message: at most 160 characters of the alphabet of SMS, for a gateway or a chat bot.

Grammar: a stop's code or name, then, if wanted, a route: "12", "12 biru", "tugu 45"; or from where to where:
"rsud ke stasiun". Anything else gets help.
"""

from __future__ import annotations

import re
import unicodedata

from flask import Blueprint, Response, abort, request
from flask_babel import gettext

from transit.arrivals.rows import SEEN, Arrival, ArrivalStatus
from transit.plan.network import Network, Route, Stop
from web import endpoints
from web.boards.stop_board import StopBoard, WayBoard, stop_board
from web.guide import guide_of
from web.planner import plan
from web.search import search_stops
from web.words import journey_words, names, phrasing
from web.world import world

pages = Blueprint("text_answers", __name__)
LONGEST = 160
FROM_TO = re.compile(r"^(?:dari |from )?(?P<start>.+?) (?:ke|to|>) (?P<end>.+)$", re.IGNORECASE)  # "rsud ke stasiun"
GSM = frozenset(
    "@$_ !\"#%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz\n"
)  # the part of GSM 03.38 that needs no escape and is the same everywhere


@pages.get("/t")
@pages.get("/t/<path:asked>")
def text(asked: str = "") -> Response:
    network = world().network
    if network is None:
        abort(503)
    asked = (asked.replace("/", " ") or request.args.get("q", ""))[:80]
    response = Response(sms(answer(network, asked)), content_type="text/plain; charset=utf-8")
    response.cache_control.no_cache = True
    return response


def answer(network: Network, asked: str) -> str:
    ends = FROM_TO.match(asked)
    if ends is not None:
        return journey_text(network, ends["start"], ends["end"])
    stop, route = understand(network, asked)
    if stop is None:
        return help_text(network, asked)
    return told(stop, stop_board(world(), stop.stop_id), route)


def journey_text(network: Network, start_text: str, end_text: str) -> str:
    """The first journey in one message: which bus, from where, when, where to change, when one is there, the last one."""
    guide = guide_of(world())
    ends = []
    for text in (start_text, end_text):
        found = endpoints.understand(network, guide, text)
        endpoint = found.endpoint or next(iter(found.choices), None)
        if endpoint is None or not endpoint.stops:
            return gettext("“%(asked)s” is not known here.", asked=text[:40])
        ends.append(endpoint)
    now = world().now()
    made = plan(world(), *ends, now)
    head = f"{ends[0].name}>{ends[1].name}:"
    if not made.journeys:
        if made.next_day is None:
            return f"{head} {gettext('no bus found, not in the next seven days')}"
        at = journey_words.at(made.next_day.leaves)
        said = gettext("no bus any more today, next %(day)s %(time)s", day=phrasing.short_day(at), time=phrasing.clock(at))
        return f"{head} {said}"
    journey = made.journeys[0]
    parts = [
        gettext(
            "%(route)s %(time)s from %(stop)s",
            route=names.route_name(network.routes[ride.pattern.route_id]),
            time=journey_words.leaving(ride),
            stop=names.stop_name(network.stops[ride.board]),
        )
        for ride in journey.rides
    ]
    there = gettext("there %(time)s", time=journey_words.clock(journey.comes))
    last = "" if made.last is None else gettext("last %(time)s", time=phrasing.clock(journey_words.at(made.last.leaves)))
    for said in ([head, "; ".join(parts) + ",", there + ".", last], ["; ".join(parts) + ",", there + ".", last]):
        if len(text := " ".join(filter(None, said))) <= LONGEST:
            return text
    return " ".join(filter(None, ["; ".join(parts)[: LONGEST - len(there) - 3] + ",", there]))


def understand(network: Network, asked: str) -> tuple[Stop | None, Route | None]:
    """The stop and the route that a message means; (None, None) where it cannot be told."""
    words = asked.split()
    if words and words[0].lower() in ("halte", "stop"):
        words = words[1:]
    if not words:
        return None, None
    for cut in (len(words), len(words) - 1):
        stop = _stop(network, " ".join(words[:cut])) if cut else None
        if stop is not None:
            return stop, _route(network, " ".join(words[cut:]))
    route = _route(network, words[-1])
    found = search_stops(network, " ".join(words[:-1] if route else words)) if len(words) > bool(route) else []
    return (found[0], route) if found else (None, None)


def _stop(network: Network, text: str) -> Stop | None:
    wanted = text.casefold()
    return next((s for s in network.stops.values() if wanted in (s.code.casefold(), s.stop_id.casefold())), None)


def _route(network: Network, text: str) -> Route | None:
    wanted = text.casefold()
    known = network.routes.values()
    return next((r for r in known if wanted and wanted in (r.short_name.casefold(), r.route_id.casefold())), None)


def told(stop: Stop, board: StopBoard, route: Route | None) -> str:
    head = f"{names.stop_name(stop)} {phrasing.clock(board.now)}:"
    ways = [way for way in board.ways if not way.ends_here and (route is None or way.route.route_id == route.route_id)]
    parts = [_way(way, board) for way in ways]
    if not parts:
        return f"{head} {gettext('no bus on this route here')}" if route else f"{head} {gettext('no bus planned')}"
    text = f"{head} {'; '.join(parts)}"
    if len(text) <= LONGEST:
        return text
    more = gettext("More: %(code)s ROUTE", code=stop.code or stop.stop_id)
    while len(parts) > 1 and len(f"{head} {'; '.join(parts)}. {more}") > LONGEST:
        parts.pop()
    return f"{head} {'; '.join(parts)}. {more}"


def _way(way: WayBoard, board: StopBoard) -> str:
    to = names.headsign(way.headsign).split(" (")[0]
    said = [_short(row, board) for row in (*way.rows[:2], *([] if way.rows else way.notes[:1]))]
    return f"{names.route_name(way.route)}>{to[:18].strip()} {', '.join(said)}"


def _short(row: Arrival, board: StopBoard) -> str:
    if row.status in SEEN and row.at is not None:
        minutes = phrasing.minutes(row.at, board.now, row.low_at, row.high_at)
        return f"{minutes} ({gettext('old')})" if row.status is ArrivalStatus.LIVE_OLD else minutes
    if row.status is ArrivalStatus.STANDING and row.standing_since is not None:
        return gettext("bus standing since %(time)s", time=phrasing.clock(row.standing_since))
    if row.status is ArrivalStatus.SCHEDULED and row.at is not None:
        return gettext("timetable %(time)s", time=phrasing.clock(row.at))
    if row.status is ArrivalStatus.HEADWAY:
        return phrasing.every(row.headway_s or 0)
    if row.status is ArrivalStatus.NOT_RUNNING and row.at is not None:
        return gettext("not running, first %(day)s %(time)s", day=phrasing.short_day(row.at), time=phrasing.clock(row.at))
    return phrasing.status_word(row.status).lower()


def help_text(network: Network, asked: str) -> str:
    served = (stop for stop in network.stops.values() if stop.stop_id in network.routes_of_stop)
    example = next((stop.code or stop.stop_id for stop in served), "12")
    route = next((names.route_name(route) for route in network.routes.values()), "")
    said = gettext("Stop “%(asked)s” is not known.", asked=asked[:30]) + " " if asked.strip() else ""
    how = gettext(
        "Send the number or name of a stop, then a route if you like. Example: %(code)s %(route)s", code=example, route=route
    )
    return said + how


def sms(text: str) -> str:
    """At most 160 characters, each in GSM 03.38."""
    for ours, theirs in {"–": "-", "—": "-", "±": "+-", "“": '"', "”": '"', "’": "'", "·": ",", "…": "..."}.items():
        text = text.replace(ours, theirs)
    plain = unicodedata.normalize("NFKD", text)
    return "".join(letter for letter in plain if letter in GSM)[:LONGEST]
