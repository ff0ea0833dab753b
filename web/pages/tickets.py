"""Feedback in two taps and without a name: joined with what the page had promised, with a ticket that gets an answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request

from transit.store.database import writing
from transit.store.tickets import (
    Ticket,
    UnknownTicket,
    answer_ticket,
    load_ticket,
    load_tickets,
)
from web.access import only_from_our_pages, only_staff
from web.answers import the_network, the_stop
from web.ticket_keeping import PROMISED, TEXT_AT_MOST, TooManyTickets, keep_ticket
from web.world import world

pages = Blueprint("ticket_pages", __name__)
KINDS = ("no_bus", "passed_by", "wrong_stop", "wrong_info", "other")
SHOWN_ROWS = 6
SHOWN_FOR = timedelta(days=60)


@pages.get("/lapor")
def form() -> Response:
    network = the_network()
    asked = request.args.get("halte", "")
    stop = network.stops.get(asked) or the_stop(asked) if asked else None
    return make_response(render_template("ticket_form.html", stop=stop, kinds=KINDS))


@pages.post("/lapor")
def report() -> Response:
    only_from_our_pages()
    kind, text = request.form.get("kind", ""), request.form.get("text", "").strip()[:TEXT_AT_MOST]
    stop_id = request.form.get("stop", "")
    if kind not in KINDS or (stop_id and stop_id not in the_network().stops):
        abort(400)
    if request.form.get("website"):  # a field that people do not see
        abort(400)
    return redirect(f"/lapor/{_kept(kind, stop_id, text)}", 303)  # type: ignore[return-value]


def _kept(kind: str, stop_id: str, text: str) -> str:
    try:
        return keep_ticket(world(), kind, stop_id, text)
    except TooManyTickets:
        abort(429)


@pages.get("/lapor/<ticket_id>")
def ticket(ticket_id: str) -> Response:
    try:
        with world().engine.connect() as connection:
            found = load_ticket(connection, ticket_id.upper())
    except UnknownTicket:
        abort(404)
    response = make_response(render_template("ticket.html", ticket=found, promised=promised(found)))
    response.cache_control.no_store = True
    return response


def promised(found: Ticket) -> list[dict[str, Any]]:
    """What the page showed then: rows as the API gives them, those with a time."""
    rows = PROMISED.decode(found.promised) or []
    return [row for row in rows if row.get("at")][:SHOWN_ROWS]


@pages.get("/armada/laporan")
def desk() -> Response:
    refused = only_staff()
    if refused is not None:
        return refused
    with world().engine.connect() as connection:
        found = load_tickets(connection, since=world().now() - SHOWN_FOR)
    rows = [(one, promised(one)) for one in found]
    response = make_response(render_template("ticket_desk.html", rows=rows))
    response.cache_control.no_store = True
    return response


@pages.post("/armada/laporan/<ticket_id>")
def reply(ticket_id: str) -> Response:
    refused = only_staff()
    if refused is not None:
        return refused
    only_from_our_pages()
    text = request.form.get("answer", "").strip()[:TEXT_AT_MOST]
    if not text:
        abort(400)
    try:
        with writing(world().engine) as connection:
            answer_ticket(connection, ticket_id, text, now=world().now())
    except UnknownTicket:
        abort(404)
    return redirect("/armada/laporan", 303)  # type: ignore[return-value]
