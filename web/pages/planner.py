"""From A to B by bus: /rute, a form that works without JavaScript, with up to four journeys as cards."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, make_response, render_template, request

from maps.guide import Guide
from transit.plan.network import Network
from transit.plan.network_hours import network_hours_of
from transit.plan.service_day import local_date
from web.answers import the_network
from web.endpoints import LONGEST_NAME, Endpoint, Understood, is_own, understand
from web.guide import guide_of
from web.planner import Way, last_day_of, way
from web.when import DAYS, when_asked
from web.words import journey_words, phrasing
from web.world import world

pages = Blueprint("planner", __name__)
SAME_MOMENT = timedelta(minutes=1)  # a typed time this near to now means now


@pages.get("/rute")
def planner_page() -> Response:
    network, guide = the_network(), guide_of(world())
    now = world().now()
    sides = ("ke", "dari") if request.args.get("tukar") == "1" else ("dari", "ke")
    (asked_start, start), (asked_end, end) = (end_asked(network, guide, side) for side in sides)
    asked_time = request.args.get("jam", "")[:LONGEST_NAME]
    arrive = request.args.get("tiba") == "1" and bool(asked_time.strip())  # nobody is there by now
    when, time_error = when_asked(network, now, asked_time, request.args.get("hari", ""))
    is_past = not time_error and when < now - SAME_MOMENT
    if is_past and not arrive:  # journeys that have left are not shown
        when = now
    day, today = local_date(when, network.timezone), local_date(now, network.timezone)
    answer: Way | None = None
    if start.endpoint is not None and end.endpoint is not None and not time_error and not (is_past and arrive):
        answer = way(world(), start.endpoint, end.endpoint, when, arrive=arrive)
    known_until = last_day_of(network)
    return make_response(
        render_template(
            "planner.html",
            start=start,
            end=end,
            asked_start=asked_start,
            asked_end=asked_end,
            answer=answer,
            plan=answer.plan if answer else None,
            is_past=is_past,
            tomorrow=today + timedelta(days=1),
            beyond=known_until if known_until is not None and day > known_until else None,
            is_another_day=day != today,
            runs=network_hours_of(network).of_day(day) is not None,
            when=when,
            arrive=arrive,
            time_error=time_error,
            asked_time=asked_time[:8],
            asked_day=request.args.get("hari", "")[:8],
            days=[today + timedelta(days=n) for n in range(DAYS)],
            today=today,
            words=journey_words,
            name_of=name_of,
            is_own=is_own,
        ),
        422 if time_error else 200,
    )


def end_asked(network: Network, guide: Guide, side: str) -> tuple[str, Understood]:
    """(what was asked, what is meant). The form carries the key of what it shows by name: it holds while the name stands."""
    text = request.args.get(side, "").strip()[:LONGEST_NAME]
    key = request.args.get(f"{side}_id", "")[:LONGEST_NAME]
    if key and text:
        meant = understand(network, guide, key)
        if meant.endpoint is not None and name_of(meant.endpoint) == text:
            return key, meant
    return text, understand(network, guide, text) if text else Understood()


def name_of(endpoint: Endpoint) -> str:
    return endpoint.name or phrasing.kind_word("saya")
