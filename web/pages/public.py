"""Pages that others show: parts for other sites, a wall display, and what we keep of whom."""

from __future__ import annotations

import re

from flask import Blueprint, Response, g, make_response, render_template, request

from transit.plan.stop_codes import stop_code
from web.answers import fragment, on_the_clock_of, the_network, the_stop
from web.boards.stop_board import stop_board
from web.boards.strips import strips_of
from web.print.signs import PAPERS, sign_pdf
from web.world import world

pages = Blueprint("public", __name__)
WALL_ROWS = 7
UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@pages.get("/embed")
def embed_help() -> str:
    code = request.args.get("halte", "")
    network = the_network()
    stop = the_stop(code) if code else next(iter(network.stops.values()))
    return render_template("embed_help.html", stop=stop)


@pages.get("/embed/halte/<path:code>")
def embed_stop(code: str) -> Response:
    g.embeddable = True  # the choice between stops of one code, too
    board = stop_board(world(), the_stop(code).stop_id)
    on_the_clock_of(board.stop.stop_id)
    if request.args.get("part") == "arrivals":
        return fragment(render_template("arrivals.html", board=board))
    return make_response(render_template("embed_stop.html", board=board))


@pages.get("/embed/koridor/<path:route_id>")
def embed_route(route_id: str) -> Response:
    route = the_network().route(route_id)
    strips = strips_of(world(), route)
    g.embeddable = True
    if request.args.get("part") == "strips":
        return fragment(render_template("strips.html", route=route, strips=strips))
    return make_response(render_template("embed_route.html", route=route, strips=strips))


@pages.get("/layar/<path:code>")
def wall(code: str) -> Response:
    """For a screen that nobody touches: large, few rows, soonest first."""
    board = stop_board(world(), the_stop(code).stop_id)
    on_the_clock_of(board.stop.stop_id)
    rows = board.departures
    directions = {row.direction for row in rows[:WALL_ROWS]}
    notes = [row for direction in board.directions for row in direction.notes if row.direction not in directions]
    template = "wall_rows.html" if request.args.get("part") == "wall" else "wall.html"
    html = render_template(template, board=board, rows=rows[:WALL_ROWS], notes=notes[: max(0, WALL_ROWS - len(rows))])
    return fragment(html) if template == "wall_rows.html" else make_response(html)


@pages.get("/tanda/<path:code>.pdf")
def sign(code: str) -> Response:
    """A sign to print and hang at a stop."""
    network = the_network()
    stop = the_stop(code)
    paper = request.args.get("kertas", "a5").lower()
    content = sign_pdf(network, [stop], request.url_root.rstrip("/"), world().now(), paper=paper if paper in PAPERS else "a5")
    response = Response(content, mimetype="application/pdf")
    response.headers.set("Content-Disposition", "inline", filename=f"halte-{file_name(stop_code(stop))}.pdf")
    return response


def file_name(code: str) -> str:
    """A stop's code as part of a file's name: whatever a header or a disk may not carry becomes a hyphen."""
    return UNSAFE.sub("-", code).strip("-") or "tanda"


@pages.get("/privasi")
def privacy() -> str:
    return render_template("privacy.html")
