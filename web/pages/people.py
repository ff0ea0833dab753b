"""Who may open the dispatchers' pages, who is logged in, and what was done: a page for admins, one for supervisors."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request
from flask_babel import gettext

from transit.store.audit import heads, load_entries
from transit.store.database import writing
from transit.store.log_ins import end_log_ins_of, load_log_ins
from transit.store.password_hashes import one_time_password
from transit.store.people import (
    PersonRefused,
    Role,
    add_person,
    change_role,
    disable_person,
    find_person,
    get_person,
    load_people,
    reset_password,
)
from web.access import audit, current_person
from web.words.cells import plain
from web.world import world

pages = Blueprint("people_pages", __name__)
COLUMNS = ("segment", "number", "at", "person", "action", "subject", "before", "after", "why", "network", "digest")
SHOWN, EXPORTED = 200, 100_000  # entries


@pages.get("/armada/orang")
def people() -> Response:
    return _page({}, "", "", 200)


def _page(values: Mapping[str, str], error: str, one_time: str, status: int) -> Response:
    now = world().now()
    with world().engine.connect() as connection:
        everybody, log_ins = load_people(connection), load_log_ins(connection, now=now)
    rows = [(person, [log_in for log_in in log_ins if log_in.person_id == person.person_id]) for person in everybody]
    html = render_template("people.html", rows=rows, roles=list(Role), values=values, error=error, one_time=one_time)
    return make_response(html, status)


@pages.post("/armada/orang")
def add() -> Response:
    """Adds a person. The password is generated and shown once; its owner must choose another."""
    name, role = request.form.get("name", "").strip().lower(), request.form.get("role", "")
    if role not in list(Role):
        return _page(request.form, gettext("Choose a role."), "", 422)
    password, now = one_time_password(), world().now()
    try:
        with writing(world().engine) as connection:
            if find_person(connection, name) is not None:
                return _page(request.form, gettext("There is a person “%(name)s” already.", name=name), "", 422)
            add_person(connection, name, Role(role), password, must_change=True, now=now)
            audit(connection, "person_added", name, after=role)
    except PersonRefused:
        return _page(request.form, gettext("A name has small letters, digits, . - and _, at most 40."), "", 422)
    return _page({}, "", f"{name}  {password}", 200)


@pages.post("/armada/orang/<name>/<deed>")
def change(name: str, deed: str) -> Response:
    person, now = current_person(), world().now()
    if person is not None and person.name == name and deed in ("tutup", "peran"):
        return _page({}, gettext("You cannot do this to yourself; another admin can, or app.py people."), "", 422)
    shown = ""
    with writing(world().engine) as connection:
        try:
            before = get_person(connection, name)
        except PersonRefused:
            abort(404)
        if deed == "tutup":
            disable_person(connection, name, now=now)
            audit(connection, "person_disabled", name)
        elif deed == "sandi":
            password = one_time_password()
            reset_password(connection, name, password, must_change=True, now=now)
            audit(connection, "password_reset", name)
            shown = f"{name}  {password}"
        elif deed == "keluarkan":
            end_log_ins_of(connection, before.person_id, now=now)
            audit(connection, "log_ins_ended", name)
        elif deed == "peran" and request.form.get("role", "") in list(Role):
            change_role(connection, name, Role(request.form["role"]))
            audit(connection, "role", name, before=before.role, after=request.form["role"])
        else:
            abort(404)
    return _page({}, "", shown, 200) if shown else redirect("/armada/orang", 303)  # type: ignore[return-value]


@pages.get("/armada/catatan")
def audit_page() -> Response:
    segment = request.args.get("bulan", "")
    with world().engine.connect() as connection:
        entries, of_months = load_entries(connection, segment=segment, limit=SHOWN), heads(connection)
    return make_response(render_template("audit.html", entries=entries, heads=of_months, segment=segment, shown=SHOWN))


@pages.get("/armada/catatan.csv")
def audit_csv() -> Response:
    with world().engine.connect() as connection:
        entries = load_entries(connection, segment=request.args.get("bulan", ""), limit=EXPORTED)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for entry in entries:
        values = [getattr(entry, name) for name in COLUMNS]
        writer.writerow(
            [value.isoformat() if name == "at" else plain(value) for name, value in zip(COLUMNS, values, strict=True)]
        )
    response = make_response(out.getvalue())
    response.mimetype = "text/csv"
    response.headers["Content-Disposition"] = "attachment; filename=catatan.csv"
    return response
