"""The stops within reach by bus with a bus back: /jangkauan, a list and a picture, without JavaScript."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, Response, make_response, render_template, request

from maps.svg import Mark
from transit.plan.service_day import local_date
from web.answers import the_network
from web.boards.notices import notices_at
from web.boards.reach import CLASSES_MIN, ReachBoard, reach_board
from web.drawn_maps import drawn_map
from web.endpoints import LONGEST_NAME, Understood, understand
from web.guide import guide_of
from web.when import DAYS, when_asked
from web.words import phrasing
from web.world import world

pages = Blueprint("reach", __name__)
REACH_PICTURE_S = 60  # how long a phone keeps the picture: it has no buses
START_COLOUR = "#b3122a"
COLOURS = ("#0b5a43", "#4a9a63", "#e0a526", "#b5541f")  # of the classes of minutes; the minutes stand beside each stop


def asked() -> tuple[str, Understood, datetime, str]:
    """(what was typed, what is meant, when, what is wrong with the time)."""
    text = request.args.get("dari", "").strip()[:LONGEST_NAME]
    network = the_network()
    start = understand(network, guide_of(world()), text) if text else Understood()
    when, error = when_asked(network, world().now(), request.args.get("jam", ""), request.args.get("hari", ""))
    return text, start, when, error


@pages.get("/jangkauan")
def reach_page() -> Response:
    network = the_network()
    text, start, when, error = asked()
    is_known = start.endpoint is not None and not error
    board = reach_board(world(), guide_of(world()), start.endpoint, when) if is_known and start.endpoint else None
    today = local_date(world().now(), network.timezone)
    html = render_template(
        "reach.html",
        start=start,
        asked=text,
        name=start.endpoint.name or phrasing.kind_word("saya") if start.endpoint else "",
        when=when,
        board=board,
        notices=notices_at(world(), start.endpoint.stops, when) if board and start.endpoint else [],
        is_another_day=local_date(when, network.timezone) != today,
        time_error=error,
        asked_time=request.args.get("jam", "")[:8],
        asked_day=request.args.get("hari", "")[:8],
        days=[today + timedelta(days=n) for n in range(DAYS)],
        classes=CLASSES_MIN,
        marks=marks_of(board, start),
        query=request.query_string.decode("ascii", "ignore"),
    )
    return make_response(html, 422 if error else 200)


def marks_of(board: ReachBoard | None, start: Understood) -> list[tuple[str, int, str]]:
    """(stop, minutes to it, colour) of what the map marks: what is reached, and where one begins."""
    if board is None or start.endpoint is None:
        return []
    own = [(stop_id, 0, START_COLOUR) for stop_id in start.endpoint.stops]
    return [*((row.stop.stop_id, row.minutes, COLOURS[row.level]) for row in board.rows), *own]


@pages.get("/jangkauan.svg")
def reach_picture() -> Response:
    """The stops of the list on the drawn map, coloured and labelled by the minutes to them."""
    _, start, when, error = asked()
    marks: dict[str, Mark] = {}
    if start.endpoint is not None and not error:
        board = reach_board(world(), guide_of(world()), start.endpoint, when)
        marks = {stop_id: Mark(ink, f"{minutes}'" if minutes else "") for stop_id, minutes, ink in marks_of(board, start)}
    return drawn_map(REACH_PICTURE_S, marks=marks)
