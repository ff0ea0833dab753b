"""The note that a shift hands over to the next: drafted, edited, kept, printed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext

from transit.plan.network import Network
from transit.store.database import writing
from transit.store.hand_overs import HandOver, UnknownHandOver, keep_hand_over, load_hand_over, load_hand_overs
from web.access import audit, current_person
from web.answers import the_network
from web.boards.hand_over import LONGEST_SHIFT, SECTIONS, draft
from web.words.matters import section_word
from web.world import world

pages = Blueprint("hand_over", __name__)
LETTERS = 8000  # of a section
USUAL_SHIFT = timedelta(hours=8)  # where nobody handed over before


@pages.get("/armada/serah-terima")
def form() -> Response:
    network, now = the_network(), world().now()
    earlier = _earlier()
    since, wrong = _since(network, now, earlier, request.args.get("dari", ""))
    sections = draft(world(), network, since, now)
    return _page(since, now, sections, earlier, {"since": wrong} if wrong else {})


def _earlier() -> list[HandOver]:
    with world().engine.connect() as connection:
        return load_hand_overs(connection)


def _since(network: Network, now: datetime, earlier: list[HandOver], text: str) -> tuple[datetime, str]:
    """When the shift began (as typed, else the end of the last note, else USUAL_SHIFT ago), and an error of the typed text."""
    usual = now - USUAL_SHIFT
    if earlier and timedelta(0) < now - earlier[0].until <= LONGEST_SHIFT:
        usual = earlier[0].until
    if not text:
        return usual, ""
    try:
        since = datetime.fromisoformat(text)
    except ValueError:
        return usual, gettext("“%(text)s” is no time; choose day and time.", text=text[:40])
    since = (since if since.tzinfo else since.replace(tzinfo=ZoneInfo(network.timezone))).astimezone(UTC)
    if not timedelta(0) < now - since <= LONGEST_SHIFT:
        most = int(LONGEST_SHIFT.total_seconds() // 3600)
        return usual, gettext("A shift began before now, and at most %(count)s hours ago.", count=most)
    return since, ""


def _page(
    since: datetime, until: datetime, sections: dict[str, str], earlier: list[HandOver], errors: dict[str, str]
) -> Response:
    html = render_template(
        "hand_over_form.html",
        since=since,
        until=until,
        sections=sections,
        earlier=earlier,
        errors=errors,
        letters=LETTERS,
        section_word=section_word,
    )
    return make_response(html, 422 if errors else 200)


@pages.post("/armada/serah-terima")
def keep() -> Response:
    network, now = the_network(), world().now()
    sections = {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in SECTIONS}
    since, wrong = _since(network, now, [], request.form.get("since", ""))
    errors = {"since": wrong} if wrong else {}
    for name, text in sections.items():
        if len(text) > LETTERS:
            errors[name] = gettext("%(count)s characters; at most %(most)s fit. Shorten it.", count=len(text), most=LETTERS)
    if errors:
        return _page(since, now, sections, _earlier(), errors)
    person = current_person()
    name = person.name if person else ""
    with writing(world().engine) as connection:
        number = keep_hand_over(connection, since=since, until=now, person=name, sections=sections, now=now)
        audit(connection, "hand_over_kept", str(number), after=f"{since.isoformat()} – {now.isoformat()}")
    return redirect(f"/armada/serah-terima/{number}", 303)  # type: ignore[return-value]


@pages.get("/armada/serah-terima/<int:hand_over_id>")
def note(hand_over_id: int) -> Response:
    try:
        with world().engine.connect() as connection:
            kept = load_hand_over(connection, hand_over_id)
    except UnknownHandOver:
        abort(404)
    return make_response(render_template("hand_over.html", note=kept, section_word=section_word))
