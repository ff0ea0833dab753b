"""Riders' feedback without a name, stored with what the page showed, as a ticket that gets an answer."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, current_app, make_response, redirect, render_template, request
from flask_babel import gettext

from transit.arrivals.notices import relevant_alerts
from transit.plan.network import Network
from transit.plan.timetable import timetable_of
from transit.store.database import writing
from transit.store.tickets import (
    Ticket,
    UnknownTicket,
    answer_ticket,
    load_ticket,
    load_tickets,
)
from web.access import audit, only_from_our_pages
from web.answers import the_network, the_stop
from web.boards.playback import stop_verdict
from web.log_ins import network_of_client
from web.ticket_keeping import PROMISED, TEXT_AT_MOST, TooManyTickets, keep_ticket
from web.words.ticket_answers import ABOUT_BUSES, drafted
from web.world import world

pages = Blueprint("ticket_pages", __name__)
KINDS = ("no_bus", "passed_by", "wrong_stop", "wrong_info", "other")
SHOWN_ROWS = 6
SHOWN_FOR = timedelta(days=60)
DRAFTED_AT_ONCE = 4  # answers drafted per page: each reads an hour of the record


@pages.get("/lapor")
def form() -> Response:
    network = the_network()
    number = request.args.get("nomor", "").strip()
    if number:
        return redirect(f"/lapor/{quote(number[:20], safe='')}", 303)  # type: ignore[return-value]
    code = request.args.get("halte", "")
    stop = network.stops.get(code) or the_stop(code) if code else None
    return _form(stop.stop_id if stop else "", "", "", 200)


def _form(stop_id: str, text: str, error: str, status: int) -> Response:
    """The form with what was typed, and what is wrong with it."""
    stop = the_network().stops.get(stop_id)
    values = request.form
    html = render_template("ticket_form.html", stop=stop, kinds=KINDS, text=text, error=error, values=values)
    return make_response(html, status)


@pages.post("/lapor")
def report() -> Response:
    only_from_our_pages()
    kind, text = request.form.get("kind", ""), request.form.get("text", "").strip()
    stop_id = request.form.get("stop", "")
    if request.form.get("website"):  # a hidden field that only robots fill in
        abort(400)
    if stop_id and stop_id not in the_network().stops:
        return _form("", text, gettext("The stop is not in the network any more; name it in your words."), 422)
    if kind not in KINDS:
        return _form(stop_id, text, gettext("Choose what happened: one of the buttons below."), 422)
    if len(text) > TEXT_AT_MOST:
        error = gettext("%(count)s characters; at most %(most)s fit. Shorten it.", count=len(text), most=TEXT_AT_MOST)
        return _form(stop_id, text, error, 422)
    try:
        about_at = about_of(request.form.get("day", "now"), request.form.get("time", ""), the_network().timezone, world().now())
    except ValueError as wrong:
        return _form(stop_id, text, str(wrong), 422)
    try:
        if not current_app.extensions["feedback"].allows(network_of_client(), world().now()):
            raise TooManyTickets
        ticket_id = keep_ticket(world(), kind, stop_id, text, about_at)
    except TooManyTickets:
        return _form(stop_id, text, gettext("Many reports are coming in; please send it again in a minute."), 429)
    return redirect(f"/lapor/{ticket_id}", 303)  # type: ignore[return-value]


def about_of(day: str, time_text: str, timezone: str, now: datetime) -> datetime | None:
    """When it happened; None: now. Raises ValueError with a sentence for the rider."""
    if day not in ("today", "yesterday"):
        return None
    match = re.fullmatch(r"([01]?\d|2[0-3])[:.]([0-5]\d)", time_text.strip())
    if match is None:
        raise ValueError(gettext("Write about what time it was, like 07.15."))
    local = now.astimezone(ZoneInfo(timezone)) - timedelta(days=day == "yesterday")
    at = local.replace(hour=int(match[1]), minute=int(match[2]), second=0, microsecond=0).astimezone(UTC)
    if at > now:
        raise ValueError(gettext("That time is still to come; choose yesterday, or another time."))
    return at


@pages.get("/lapor/<ticket_id>")
def ticket(ticket_id: str) -> Response:
    try:
        with world().engine.connect() as connection:
            its_ticket = load_ticket(connection, ticket_id.upper())
    except UnknownTicket:
        abort(404)
    response = make_response(render_template("ticket.html", ticket=its_ticket, promised=promised_rows(its_ticket)))
    response.cache_control.no_store = True
    return response


def promised_rows(of_ticket: Ticket) -> list[dict[str, Any]]:
    """The rows with a time that the page showed then, as the API gives them, in its order."""
    rows = PROMISED.decode(of_ticket.promised) or []
    timed = [{**row, "moment": datetime.fromisoformat(row["at"])} for row in rows if row.get("at")]
    return sorted(timed, key=lambda row: row["moment"])[:SHOWN_ROWS]


@pages.get("/armada/laporan")
def desk() -> Response:
    return _desk("", "", "", 200)


def _desk(ticket_id: str, text: str, error: str, status: int) -> Response:
    """All tickets; at one of them the answer that was typed, and what is wrong with it."""
    with world().engine.connect() as connection:
        tickets = load_tickets(connection, since=world().now() - SHOWN_FOR)
    rows = [(row, promised_rows(row)) for row in tickets]
    drafts = _drafts(tickets, request.args.get("susun", ""))
    html = render_template("ticket_desk.html", rows=rows, wrong_id=ticket_id, typed=text, error=error, drafts=drafts)
    response = make_response(html, status)
    response.cache_control.no_store = True
    return response


def _drafts(tickets: list[Ticket], asked_id: str) -> dict[str, str]:
    """ticket_id -> a drafted answer for asked_id and the longest-waiting tickets; "" for others, drafted on request."""
    network = the_network()
    waiting = [
        row
        for row in tickets
        if row.answered_at is None and row.kind in ABOUT_BUSES and row.about_at is not None and row.stop_id in network.stops
    ]
    first = sorted(waiting, key=lambda row: (row.ticket_id != asked_id, row.created_at))[:DRAFTED_AT_ONCE]
    return {row.ticket_id: _draft(network, row) if row in first else "" for row in waiting}


def _draft(network: Network, ticket: Ticket) -> str:
    assert ticket.about_at is not None
    seen = stop_verdict(world(), network.stops[ticket.stop_id], ticket.about_at)
    directions = timetable_of(network).directions_at(ticket.stop_id)
    mine = relevant_alerts(seen.alerts, network, ticket.about_at, directions=directions, stop_id=ticket.stop_id)
    return drafted(seen.stop, seen.verdict, mine, TEXT_AT_MOST)


@pages.post("/armada/laporan/<ticket_id>")
def reply(ticket_id: str) -> Response:
    text = request.form.get("answer", "").strip()
    if not text:
        return _desk(ticket_id, text, gettext("Write an answer: the rider reads it."), 422)
    if len(text) > TEXT_AT_MOST:
        too_long = gettext("%(count)s characters; at most %(most)s fit. Shorten it.", count=len(text), most=TEXT_AT_MOST)
        return _desk(ticket_id, text, too_long, 422)
    try:
        with writing(world().engine) as connection:
            answer_ticket(connection, ticket_id, text, now=world().now())
            audit(connection, "ticket_answered", ticket_id)
    except UnknownTicket:
        abort(404)
    return redirect("/armada/laporan", 303)  # type: ignore[return-value]
