"""Arrivals in one short message: at most 160 characters of the alphabet of SMS, for a gateway or a chat bot.

Grammar: a stop's code or name, then, if wanted, a route: "12", "12 biru", "tugu 45". Anything else gets help.
"""

from __future__ import annotations

import unicodedata

from flask import Blueprint, Response, abort, request
from flask_babel import gettext

from transit.arrivals.rows import SEEN, Arrival, ArrivalStatus
from transit.plan.network import Network, Route, Stop
from web.boards.stop_board import StopBoard, WayBoard, stop_board
from web.search import search_stops
from web.words import names, phrasing
from web.world import world

pages = Blueprint("text_answers", __name__)
LONGEST = 160
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
    stop, route = understand(network, asked)
    if stop is None:
        return help_text(network, asked)
    return told(stop, stop_board(world(), stop.stop_id), route)


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
