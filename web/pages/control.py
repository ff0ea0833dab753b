"""The console's live part: corridors with ladders and advice, what dispatchers answer to it, and one bus."""

from __future__ import annotations

from datetime import UTC, datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext

from maps.svg import DrawnBus
from transit.forecasting.departure_orders import EARLIEST, LATEST, DepartureOrder
from transit.store import advice_answers, departure_orders
from transit.store.advice_answers import AdviceAnswer, Answer
from transit.store.database import writing
from web.access import WHY_LETTERS, audit
from web.answers import the_network
from web.boards.bus_board import bus_board
from web.boards.control_map import map_buses
from web.boards.corridors import RECORD_EVERY_S, control_values, is_stale
from web.boards.trouble_lines import trouble_lines
from web.drawn_maps import drawn_map
from web.live.control import control_stamp
from web.shared_parts import part_moment, shared_fragment
from web.words import control
from web.world import world

pages = Blueprint("control", __name__)
RESTS = 3.0  # pause after rendering, in render times: at most a quarter of a worker's time; a second is longer than 4 x 0.07 s


@pages.get("/armada/kendali")
def control_part() -> Response:
    """Only the live part, for the page's script."""
    state = control_stamp(world().settings.data_dir), is_stale(world()), part_moment(world(), RECORD_EVERY_S)
    make = lambda: render_template("control_part.html", **control_values(world()))  # noqa: E731
    return shared_fragment("control", state, make, rests=RESTS)


@pages.get("/armada/peta.svg")
def picture() -> Response:
    """The map of the console as a picture: the buses with their names, silent ones hatched."""
    the_network()  # 503 without one
    buses = [
        DrawnBus(letter=bus.letter, colour=f"#{bus.ground}", lat=bus.lat, lon=bus.lon, label=bus.id, is_silent=bus.is_silent)
        for bus in map_buses(world(), world().states.values(), [])
    ]
    return drawn_map(0, buses)


@pages.post("/armada/saran")
def answer_advice() -> Response:
    """Applies an advice, which becomes a departure order, or declines it."""
    vehicle_id, stop_id = request.form.get("bus", ""), request.form.get("stop", "")
    answer, why = request.form.get("answer", ""), request.form.get("why", "").strip()[:WHY_LETTERS]
    network, now = world().network, world().now()
    if network is None or stop_id not in network.stops or vehicle_id not in world().states:
        abort(404)
    leave_at = _moment(request.form.get("at", ""), now)
    if answer not in set(Answer) or leave_at is None:
        abort(400, gettext("This advice is no longer of now. Look at the page again."))
    given = AdviceAnswer(
        answered_at=now, vehicle_id=vehicle_id, stop_id=stop_id, leave_at=leave_at, answer=Answer(answer), why=why
    )
    with writing(world().engine) as connection:
        advice_answers.save_answer(connection, given)
        if given.answer is Answer.APPLY:
            departure_orders.say(connection, DepartureOrder(vehicle_id, leave_at, now))
        audit(connection, f"advice_{given.answer}", vehicle_id, after=leave_at.isoformat(), why=why)
    return redirect(f"/armada#bus-{vehicle_id}", 303)  # type: ignore[return-value]


def _moment(text: str, now: datetime) -> datetime | None:
    """A moment from Unix seconds; None where it is not a number or too far from now for a departure."""
    if not text.isdecimal() or len(text) > 11:
        return None
    at = datetime.fromtimestamp(int(text), UTC)
    return at if EARLIEST <= at - now <= LATEST else None


@pages.get("/armada/bus/<vehicle_id>")
def bus(vehicle_id: str) -> Response:
    """Everything of one bus."""
    board = bus_board(world(), vehicle_id)
    if board is None:
        abort(404, gettext("There is no vehicle %(bus)s.", bus=vehicle_id[:60]))
    lines = trouble_lines(world(), board.troubles)
    return make_response(render_template("bus.html", board=board, factor_word=control.factor_word, troubles=lines))
