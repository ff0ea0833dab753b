"""Pages that others show: parts for other sites, a wall display, and what we keep of whom."""

from __future__ import annotations

from flask import Blueprint, Response, g, make_response, render_template, request

from web.answers import fragment, the_network
from web.boards.stop_board import find_stop, stop_board
from web.boards.strips import strips_of
from web.print.signs import PAPERS, sign_pdf
from web.world import world

pages = Blueprint("public", __name__)
WALL_ROWS = 7


@pages.get("/embed")
def embed_help() -> str:
    code = request.args.get("halte", "")
    network = the_network()
    stop = find_stop(network, code) if code else next(iter(network.stops.values()))
    return render_template("embed_help.html", stop=stop)


@pages.get("/embed/halte/<path:code>")
def embed_stop(code: str) -> Response:
    board = stop_board(world(), find_stop(the_network(), code).stop_id)
    g.embeddable = True
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
    board = stop_board(world(), find_stop(the_network(), code).stop_id)
    found = [row for way in board.ways if not way.ends_here for row in way.rows]
    rows = sorted((row for row in found if row.at), key=lambda row: row.at) + [row for row in found if not row.at]
    told = {row.way for row in rows[:WALL_ROWS]}
    notes = [row for way in board.ways for row in way.notes if row.way not in told]
    template = "wall_rows.html" if request.args.get("part") == "wall" else "wall.html"
    html = render_template(template, board=board, rows=rows[:WALL_ROWS], notes=notes[: max(0, WALL_ROWS - len(rows))])
    return fragment(html) if template == "wall_rows.html" else make_response(html)


@pages.get("/tanda/<path:code>.pdf")
def sign(code: str) -> Response:
    """A sign to print and hang at a stop."""
    network = the_network()
    stop = find_stop(network, code)
    paper = request.args.get("kertas", "a5").lower()
    content = sign_pdf(network, [stop], request.url_root.rstrip("/"), world().now(), paper=paper if paper in PAPERS else "a5")
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'inline; filename="halte-{stop.code or "tanda"}.pdf"'
    return response


@pages.get("/privasi")
def privacy() -> str:
    return render_template("privacy.html")
