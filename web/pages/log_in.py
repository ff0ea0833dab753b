"""Log in, log out, choose a password."""

from __future__ import annotations

import logging

from flask import Blueprint, Response, abort, current_app, g, make_response, redirect, render_template, request, session
from flask_babel import gettext

from transit.store.database import writing
from transit.store.identities import person_of_identity
from transit.store.log_ins import Attempt, count_failure, forget_old_failures, forgive, wait_s
from transit.store.password_hashes import Busy, is_password
from transit.store.people import Person, PersonRefused, find_person, has_people, reset_password
from web.access import PLACE, audit, is_let_in_locally, only_from_our_pages
from web.log_ins import attempt_of, has_csrf_token, log_in_as, log_out, remember_device, who_is_logged_in
from web.world import world

pages = Blueprint("log_in_pages", __name__)
log = logging.getLogger(__name__)
GO_ON = "go_on"  # in Flask's session: the page to return to after a log-in at the identity provider
ELSEWHERE = "id_token"  # in Flask's session: the token that ends a log-in at the identity provider; may be empty
LONGEST_HINT = 2000  # longest token that fits into the cookie, characters
NAME_AT_MOST = 60  # characters of a typed name that are read; names have at most 40


@pages.get("/masuk")
def form() -> Response:
    if is_let_in_locally() or who_is_logged_in(world().now()) is not None:
        return _go_on()
    return _form("", "", 200)


def _form(name: str, error: str, status: int) -> Response:
    with world().engine.connect() as connection:
        somebody = has_people(connection)
    html = render_template(
        "log_in.html", name=name, error=error, next=_next(), has_people=somebody, elsewhere=world().settings.single_sign_on
    )
    return make_response(html, status)


def _next() -> str:
    """The address to continue at; only addresses below /armada are accepted."""
    wanted = request.values.get("lanjut", "")
    return wanted if wanted.startswith(PLACE) and not wanted.startswith("//") and "\\" not in wanted else PLACE


def _go_on() -> Response:
    return redirect(_next(), 303)  # type: ignore[return-value]


@pages.post("/masuk")
def log_in() -> Response:
    only_from_our_pages()
    name, password = request.form.get("name", "")[:NAME_AT_MOST], request.form.get("password", "")
    if not has_csrf_token():
        return _form(name, gettext("This page was open for too long, or the browser keeps no cookies. Please try again."), 403)
    now, attempt = world().now(), attempt_of(name, current_app)
    with world().engine.connect() as connection:
        wait, person = wait_s(connection, attempt, now), find_person(connection, name)
    if wait:
        return _wait(name, wait)
    try:
        is_right = is_password(password, person.password_hash if person and person.disabled_at is None else None)
    except Busy:
        return _wait(name, 3.0)
    if person is None or not is_right:
        return _refuse(name, attempt)
    return _let_in(person, attempt)


@pages.get("/masuk/akun")
def begin_elsewhere() -> Response:
    """Redirects to the identity provider, if one is set up."""
    from web.single_sign_on import NotReached, send_there  # with Authlib: 20 MB that other systems do not need

    settings = world().settings.single_sign_on
    if settings is None:
        abort(404)
    session[GO_ON] = _next()
    try:
        return send_there()
    except NotReached as error:
        log.warning("the log-in at %s is not reached: %s", settings.issuer, error)
        return _form("", _not_reached(), 502)


@pages.get("/masuk/akun/kembali")
def vouched() -> Response:
    """The address to which the identity provider redirects back."""
    from web.single_sign_on import NotReached, NotVouched, who_comes_back

    settings = world().settings.single_sign_on
    if settings is None:
        abort(404)
    go_on = session.get(GO_ON, PLACE)
    try:
        somebody = who_comes_back()
    except NotReached as error:
        log.warning("the log-in at %s is not reached: %s", settings.issuer, error)
        return _form("", _not_reached(), 502)
    except NotVouched as error:
        log.warning("a log-in from %s is not believed: %s", settings.issuer, error)
        return _form("", gettext("The log-in was not confirmed. Please begin again."), 401)
    if somebody.role is None:
        return _form("", gettext("This account has no role here. Ask for one where the account is kept."), 403)
    now = world().now()
    with writing(world().engine) as connection:
        person = person_of_identity(connection, somebody.identity, somebody.name, somebody.role, now=now)
    if person.disabled_at is not None:
        return _form("", gettext("This account was closed here."), 403)
    log_in_as(person, now)
    session[ELSEWHERE] = somebody.id_token if len(somebody.id_token) <= LONGEST_HINT else ""
    g.person = person
    with writing(world().engine) as connection:
        audit(connection, "log_in", person.name, why=settings.issuer)
    return redirect(go_on, 303)  # type: ignore[return-value]


def _not_reached() -> str:
    return gettext(
        "The house that keeps the accounts does not answer. With a name and a password of this system you get in below."
    )


def _wait(name: str, seconds: float) -> Response:
    whole = max(1, round(seconds + 0.5))
    response = _form(name, gettext("Too many wrong passwords. Wait %(count)s seconds, then try again.", count=whole), 429)
    response.headers["Retry-After"] = str(whole)
    return response


def _refuse(name: str, attempt: Attempt) -> Response:
    now = world().now()
    with writing(world().engine) as connection:
        count_failure(connection, attempt, now=now)
        forget_old_failures(connection, now=now)
    return _form(name, gettext("Name and password do not belong together."), 401)


def _let_in(person: Person, attempt: Attempt) -> Response:
    log_in_as(person, world().now())
    g.person = person
    with writing(world().engine) as connection:
        forgive(connection, attempt)
        audit(connection, "log_in", person.name)
    response = _go_on()
    remember_device(response, person, attempt, current_app)
    return response


@pages.post("/keluar")
def leave() -> Response:
    """Ends a log-in, also at the identity provider if it came from there.

    That is reached by a page with a link, since our security policy allows no form to lead to another site.
    """
    only_from_our_pages()
    now = world().now()
    entry = who_is_logged_in(now)
    there = None
    if entry is not None:
        if not has_csrf_token():
            abort(403)
        g.person = entry[0]
        there = _log_out_there()
        log_out(entry[1], now)
        with writing(world().engine) as connection:
            audit(connection, "log_out", entry[0].name)
    if there is None:
        return redirect("/masuk", 303)  # type: ignore[return-value]
    g.person = None
    return make_response(render_template("logged_out.html", there=there, house=world().settings.single_sign_on))


def _log_out_there() -> str | None:
    """The address that ends the log-in at the identity provider; None for a log-in of our own, and where it has none."""
    id_token = session.get(ELSEWHERE)
    if not isinstance(id_token, str) or world().settings.single_sign_on is None:
        return None
    from web.single_sign_on import NotReached, log_out_there

    try:
        return log_out_there(id_token)
    except NotReached as error:
        log.warning("the log-out at the other house is not reached: %s", error)
        return None


@pages.get("/armada/sandi")
def password_form() -> Response:
    return _password_form("", 200)


def _password_form(error: str, status: int) -> Response:
    return make_response(render_template("password.html", error=error), status)


@pages.post("/armada/sandi")
def choose_password() -> Response:
    old, new = request.form.get("old", ""), request.form.get("new", "")
    if g.log_in is None:
        return _password_form(gettext("Nobody is logged in here: this machine is let in by ARMADA_LOCAL."), 422)
    try:
        if not is_password(old, g.person.password_hash):
            return _password_form(gettext("The present password is another one."), 422)
    except Busy:
        return _password_form(gettext("The machine is busy; please try again."), 429)
    if new != request.form.get("again", ""):
        return _password_form(gettext("The two new passwords differ."), 422)
    if new == old:
        return _password_form(gettext("The new password is the old one."), 422)
    now = world().now()
    try:
        with writing(world().engine) as connection:
            reset_password(connection, g.person.name, new, now=now)
            audit(connection, "password", g.person.name)
    except PersonRefused:
        return _password_form(
            gettext("This password is too easy to guess, or shorter than 10 characters, or longer than 200."), 422
        )
    log_in_as(g.person, now)
    return redirect(PLACE, 303)  # type: ignore[return-value]
