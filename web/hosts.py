"""By which names we may be called, and over what: what a page of a stranger made a browser send is not taken.

DNS rebinding: a stranger's name may be made to point at this machine, and then the browser takes us for the stranger. An
address in numbers cannot be made to; names count only where they are ours. Riders' pages answer to all names.
"""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Flask, Response, request
from flask_babel import gettext
from werkzeug.exceptions import MisdirectedRequest

from transit.loopback import is_loopback
from web.world import world

LOCAL_NAME = "localhost"
STAFF = ("/armada", "/masuk", "/keluar")
READS = ("GET", "HEAD", "OPTIONS")


def init_hosts(app: Flask) -> None:
    @app.before_request
    def ask_by_which_name() -> None:
        if (request.method not in READS or request.path.startswith(STAFF)) and not is_our_name(host_of(request.host)):
            raise MisdirectedRequest(
                gettext("This system is not called %(host)s. Its names are set with ALLOWED_HOSTS.", host=request.host[:80])
            )

    @app.after_request
    def ask_for_https(response: Response) -> Response:
        days = world().settings.hsts_days
        if days and is_https_of_a_proxy():
            response.headers.setdefault("Strict-Transport-Security", f"max-age={days * 86_400}")
        return response


def host_of(netloc: str) -> str:
    """Without its port, in small letters; empty where it is none."""
    try:
        return urlsplit(f"//{netloc}").hostname or ""
    except ValueError:
        return ""


def is_our_name(host: str) -> bool:
    """An address in numbers, this machine's own name for itself, or one that the settings name."""
    if host == LOCAL_NAME or host in world().settings.hosts:
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_our_origin(origin: str) -> bool:
    """Whether a form came from a page of ours: of the name that was asked for, or of one that the settings name.

    The latter is for a proxy that asks us by another name than it was asked.
    """
    try:
        netloc = urlsplit(origin).netloc
    except ValueError:  # "http://[::1" is no address
        return False
    return netloc == request.host or host_of(netloc) in world().settings.hosts


def is_https_of_a_proxy() -> bool:
    """A proxy on this machine says that the client came by HTTPS; nobody else is believed."""
    return request.is_secure or (
        is_loopback(request.remote_addr or "") and request.headers.get("X-Forwarded-Proto", "").lower() == "https"
    )
