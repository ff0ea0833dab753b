"""Who may see the dispatchers' pages, and which forms are taken: only those of our own pages."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from flask import Response, abort, make_response, render_template, request
from flask_babel import gettext

from web.hosts import is_our_origin
from web.world import world

FORWARDED = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")  # somebody else stands before us


def only_staff() -> Response | None:
    """With a password: whoever has it. Without: only from this very machine, and not through a proxy on it."""
    password = world().settings.admin_password
    if not password:
        if is_this_machine():
            return None
        abort(403, gettext("Set ADMIN_PASSWORD and start again, or open this page on the machine itself."))
    given = request.authorization.password if request.authorization and request.authorization.type == "basic" else None
    if given is not None and hmac.compare_digest(given.encode(), password.encode()):
        return None
    response = make_response(render_template("error.html", status=401, kind="", name=""), 401)
    response.headers["WWW-Authenticate"] = 'Basic realm="armada", charset="UTF-8"'
    return response


def is_this_machine() -> bool:
    if any(request.headers.get(name) for name in FORWARDED):
        return False
    try:
        return ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False


def only_from_our_pages() -> None:
    """A browser sends the password along with any form: one on another site must not use it."""
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    if site is not None and site != "same-origin":
        abort(403)
    if origin is not None and not is_our_origin(origin):
        abort(403)
    if site is None and origin is None:
        abort(403)
