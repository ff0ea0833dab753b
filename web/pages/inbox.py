"""The dispatchers' inbox: its live part, one matter with all that was done about it, and what is done about it now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext

from transit.operations.matters import DeedKind, Handling, Matter, MatterDeed, matter_state
from transit.store.database import writing
from transit.store.matters import UnknownMatter, add_deed, load_matter, newest_ids
from web.access import WHY_LETTERS, audit, current_person
from web.answers import fragment
from web.boards.inbox import SNOOZES_MIN, inbox_values, one_row
from web.shared_parts import part_moment, shared_fragment
from web.words import matters
from web.world import world

pages = Blueprint("inbox", __name__)
FOUND_EVERY_S = 5  # how often the live process looks for troubles; deeds are seen at once
UNPROCESSABLE, CONFLICT = 422, 409


@dataclass(frozen=True)
class WrongDeed:
    """Why a deed was not accepted, the typed values, and the field with the error."""

    matter_id: int
    sentence: str
    why: str = ""
    status: int = UNPROCESSABLE


@pages.get("/armada/kotak")
def inbox_part() -> Response:
    """Only the live part, for the page's script."""
    with world().engine.connect() as connection:
        newest = newest_ids(connection)
    state = world().version, newest, part_moment(world(), FOUND_EVERY_S)
    return shared_fragment("inbox", state, lambda: _part(None))


def _part(wrong: WrongDeed | None) -> str:
    return render_template("inbox_part.html", **{**inbox_values(world()), "wrong": wrong})


@pages.get("/armada/kotak/<int:matter_id>")
def matter_page(matter_id: int) -> Response:
    return _matter_page(_matter(matter_id), None)


def _matter(matter_id: int) -> Matter:
    try:
        with world().engine.connect() as connection:
            return load_matter(connection, matter_id)
    except UnknownMatter:
        abort(404)


def _matter_page(matter: Matter, wrong: WrongDeed | None) -> Response:
    row = one_row(world(), matter)
    html = render_template("matter.html", row=row, wrong=wrong, snoozes=SNOOZES_MIN, matters=matters)
    return make_response(html, wrong.status if wrong else 200)


@pages.post("/armada/kotak/<int:matter_id>")
def handle(matter_id: int) -> Response:
    matter, wrong = _matter(matter_id), None
    deed = _asked()
    with writing(world().engine) as connection:
        matter = load_matter(connection, matter_id)  # again, now that nobody else can write
        wrong = _objection(matter, deed)
        if wrong is None:
            add_deed(connection, matter_id, deed)
            until = deed.until.isoformat() if deed.until is not None else ""
            audit(connection, f"matter_{deed.kind}", f"{matter_id} {matter.trouble.key}", after=until, why=deed.why)
    if "part" in request.args:
        return fragment(_part(wrong))
    if wrong is not None:
        return _matter_page(matter, wrong)
    return redirect("/armada#kotak", 303)  # type: ignore[return-value]


def _asked() -> MatterDeed:
    """The deed that the form asks for; aborts with 400 for a request that no button of the page makes."""
    name, minutes = request.form.get("deed", ""), request.form.get("minutes", "")
    if name not in set(DeedKind):
        abort(400)
    kind, now, until = DeedKind(name), world().now(), None
    if kind is DeedKind.SNOOZE:
        if minutes not in {str(choice) for choice in SNOOZES_MIN}:
            abort(400)
        until = now + timedelta(minutes=int(minutes))
    why = request.form.get("why", "").strip()[:WHY_LETTERS] if kind is DeedKind.CLOSE else ""
    person = current_person()
    return MatterDeed(kind=kind, at=now, person=person.name if person else "", until=until, why=why)


def _objection(matter: Matter, deed: MatterDeed) -> WrongDeed | None:
    """Why a deed is not possible for a matter; None where it is."""
    stand = matter_state(matter, deed.at)
    if stand.handling is Handling.OVER:
        return WrongDeed(matter.matter_id, gettext("This matter is over by itself already."), status=CONFLICT)
    if deed.kind is DeedKind.UNDO and not stand.can_undo:
        return WrongDeed(matter.matter_id, gettext("There is nothing to take back any more."), status=CONFLICT)
    if deed.kind is not DeedKind.UNDO and stand.handling is Handling.CLOSED:
        return WrongDeed(matter.matter_id, gettext("Somebody has closed it meanwhile; undo that first."), status=CONFLICT)
    if deed.kind is DeedKind.TAKE and stand.handling is Handling.TAKEN and stand.deed is not None:
        taken = gettext("%(person)s has taken it already; undo that first.", person=stand.deed.person)
        return WrongDeed(matter.matter_id, taken, status=CONFLICT)
    if deed.kind is DeedKind.CLOSE and not deed.why:
        return WrongDeed(matter.matter_id, gettext("Write why it is closed: the next shift reads it."))
    return None
