"""Who may do what on the dispatchers' pages, address by address; and which forms are taken: only those of our own pages."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from urllib.parse import urlencode

from flask import Flask, Response, abort, g, make_response, redirect, render_template, request
from flask_babel import gettext

from transit.loopback import is_loopback
from transit.store.audit import Deed, record
from transit.store.database import Connection
from transit.store.people import Person, Role
from web.hosts import is_our_origin
from web.log_ins import has_csrf_token, init_log_ins, network_of_client, who_is_logged_in
from web.words import console
from web.words.notice_templates import name_of
from web.world import world

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")  # somebody else stands before us
PLACE = "/armada"  # of all pages that are not for everybody
MAY: dict[str, dict[str, Role]] = {  # address -> method -> the least role; docs/PEOPLE.md says the same, and a test compares
    "/armada": {"GET": Role.VIEWER},
    "/armada/kendali": {"GET": Role.VIEWER},
    "/armada/peta.svg": {"GET": Role.VIEWER},
    "/armada/saran": {"POST": Role.DISPATCHER},
    "/armada/kotak": {"GET": Role.VIEWER},
    "/armada/kotak/<int:matter_id>": {"GET": Role.VIEWER, "POST": Role.DISPATCHER},
    "/armada/serah-terima": {"GET": Role.VIEWER, "POST": Role.DISPATCHER},
    "/armada/serah-terima/<int:hand_over_id>": {"GET": Role.VIEWER},
    "/armada/bus/<vehicle_id>": {"GET": Role.VIEWER},
    "/armada/putar": {"GET": Role.VIEWER},
    "/armada/putar.csv": {"GET": Role.VIEWER},
    "/armada/putar.geojson": {"GET": Role.VIEWER},
    "/armada/kinerja": {"GET": Role.SUPERVISOR},
    "/armada/kinerja.csv": {"GET": Role.SUPERVISOR},
    "/armada/kinerja.xlsx": {"GET": Role.SUPERVISOR},
    "/armada/kinerja.pdf": {"GET": Role.SUPERVISOR},
    "/armada/pengumuman": {"GET": Role.VIEWER, "POST": Role.DISPATCHER},
    "/armada/pengumuman/<alert_id>/akhiri": {"POST": Role.DISPATCHER},
    "/armada/pengumuman/<alert_id>": {"GET": Role.DISPATCHER, "POST": Role.DISPATCHER},
    "/armada/penugasan": {"GET": Role.VIEWER, "POST": Role.DISPATCHER},
    "/armada/penugasan/<int:assignment_id>/akhiri": {"POST": Role.DISPATCHER},
    "/armada/penugasan/ganti": {"POST": Role.DISPATCHER},
    "/armada/gangguan": {"GET": Role.VIEWER, "POST": Role.DISPATCHER},
    "/armada/gangguan/<change_id>/akhiri": {"POST": Role.DISPATCHER},
    "/armada/pelacak": {"GET": Role.VIEWER, "POST": Role.ADMIN},
    "/armada/laporan": {"GET": Role.VIEWER},
    "/armada/laporan/<ticket_id>": {"POST": Role.DISPATCHER},
    "/armada/sandi": {"GET": Role.VIEWER, "POST": Role.VIEWER},
    "/armada/setelan": {"GET": Role.SUPERVISOR, "POST": Role.SUPERVISOR},
    "/armada/catatan": {"GET": Role.SUPERVISOR},
    "/armada/catatan.csv": {"GET": Role.SUPERVISOR},
    "/armada/orang": {"GET": Role.ADMIN, "POST": Role.ADMIN},
    "/armada/orang/<name>/<deed>": {"POST": Role.ADMIN},
}
PASSWORD_PAGE = "/armada/sandi"  # the only one open to whoever must choose a password first
NOBODY_YET = datetime(1970, 1, 1).astimezone()  # when the person of the local flag was made


def init_access(app: Flask, data_dir: Path) -> None:
    init_log_ins(app, data_dir)
    app.jinja_env.globals.update(person=current_person, may=may, deed_word=console.deed_word)
    app.jinja_env.globals.update(reason_word=console.reason_word, cause_word=console.cause_word, template_word=name_of)

    @app.before_request
    def ask_who() -> Response | None:
        if request.path == PLACE or request.path.startswith(PLACE + "/"):
            return _gate()
        return None

    @app.after_request
    def keep_nothing(response: Response) -> Response:
        if request.path.startswith((PLACE, "/masuk", "/keluar")):
            response.cache_control.no_store = True
        return response


def _gate() -> Response | None:
    """None where the request may go on."""
    g.person, g.log_in = None, None
    if request.url_rule is None:
        return None  # there is no such page, and everybody may know that
    if is_let_in_locally():
        g.person = Person(0, "local", Role.ADMIN, "", must_change=False, created_at=NOBODY_YET)
    else:
        entry = who_is_logged_in(world().now())
        if entry is None:
            return _ask_to_log_in()
        g.person, g.log_in = entry
        if request.method == "POST" and not has_csrf_token():
            abort(403, gettext("This form is not of this log-in. Open its page again and send it once more."))
    if request.method == "POST":
        only_from_our_pages()
    if g.person.must_change and request.path != PASSWORD_PAGE:
        return redirect(PASSWORD_PAGE, 303)  # type: ignore[return-value]
    needed = role_for(request.url_rule.rule, request.method)
    if needed is None or not g.person.role.includes(needed):
        abort(403, gettext("This needs the role %(needed)s; yours is %(role)s.", needed=needed, role=g.person.role))
    return None


def role_for(rule: str, method: str) -> Role | None:
    """The least role; None: nobody, the address is not in the table."""
    return MAY.get(rule, {}).get({"HEAD": "GET", "OPTIONS": "GET"}.get(method, method))


def may(rule: str, method: str = "GET") -> bool:
    """For templates: whether a link or a form is shown to this person."""
    person, needed = current_person(), role_for(rule, method)
    return person is not None and needed is not None and person.role.includes(needed)


def current_person() -> Person | None:
    """Who this request is of; None on pages for everybody."""
    person: Person | None = g.get("person")
    return person


def _ask_to_log_in() -> Response:
    if request.method == "GET" and "part" not in request.args:
        return redirect(f"/masuk?{urlencode({'lanjut': request.full_path.rstrip('?')})}", 303)  # type: ignore[return-value]
    page = render_template("error.html", status=401, kind="", name="", description=gettext("Your log-in has ended."))
    return make_response(page, 401)


def is_let_in_locally() -> bool:
    """The explicit flag, for the machine itself only, and never through a proxy that says so."""
    return bool(world().settings.armada_is_local) and is_this_machine()


def is_this_machine() -> bool:
    if any(request.headers.get(name) for name in FORWARDED):
        return False
    return is_loopback(request.remote_addr or "")


def only_from_our_pages() -> None:
    """Refuses forms of other sites: a browser sends our cookies along with any form (cross-site request forgery)."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site != "same-origin":
        abort(403)
    if origin is not None and not is_our_origin(origin):
        abort(403)
    if site is None and origin is None:
        abort(403)


def audit(connection: Connection, action: str, subject: str = "", *, before: str = "", after: str = "", why: str = "") -> None:
    """Writes down, in the transaction of the deed, what the person of this request did."""
    person = current_person()
    deed = Deed(
        person=person.name if person else "",
        action=action,
        subject=subject,
        before=before,
        after=after,
        why=why,
        network=network_of_client(),
    )
    record(connection, deed, now=world().now())
