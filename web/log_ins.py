"""Who is logged in for a request: Flask's signed cookie carries a token, the database knows whose it is and until when."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import datetime
from ipaddress import ip_address, ip_network
from pathlib import Path

from flask import Flask, Request, Response, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_wtf.csrf import CSRFError, CSRFProtect
from itsdangerous import BadSignature, URLSafeSerializer

from transit.loopback import is_loopback
from transit.store.database import writing
from transit.store.log_ins import (
    ADMIN_IDLE,
    COUNTED_EVERY,
    LASTS,
    Attempt,
    LogIn,
    begin_log_in,
    end_log_in,
    mark_active,
)
from transit.store.people import Person, Role, find_logged_in
from web.world import world

TOKEN = "log_in"  # in Flask's session
DEVICE_COOKIE = "armada_device"
DEVICE_AGE_S = 180 * 24 * 3600  # a browser that logged in within half a year is known
KEY_FILE = "web.key"  # below DATA_DIR, 0600: with it cookies are signed
NETWORK_BITS = {4: 24, 6: 48}  # addresses that belong together: a household, an office, a part of a mobile network
csrf = CSRFProtect()


class SessionCookie(SecureCookieSessionInterface):
    """Secure wherever the browser came by HTTPS; a demonstration without it must be able to log in, too."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return is_https(request)


def is_https(asked: Request) -> bool:
    """A proxy's word suffices: who makes it up only gets a stricter cookie."""
    return asked.is_secure or asked.headers.get("X-Forwarded-Proto", "").lower() == "https"


def init_log_ins(app: Flask, data_dir: Path) -> None:
    app.config.update(
        SECRET_KEY=session_key(data_dir),
        SESSION_COOKIE_NAME="armada",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        PERMANENT_SESSION_LIFETIME=LASTS,
        SESSION_REFRESH_EACH_REQUEST=False,
        WTF_CSRF_CHECK_DEFAULT=False,  # riders' forms carry no authority: web.access asks for the token where one does
        WTF_CSRF_SSL_STRICT=False,  # web.access looks at Origin, which proxies leave alone, not at Referer
        WTF_CSRF_TIME_LIMIT=None,  # as long as the log-in
    )
    app.session_interface = SessionCookie()
    csrf.init_app(app)


def session_key(data_dir: Path) -> bytes:
    """Made at the first call; two workers that make it at once agree on one. Raises OSError."""
    path = data_dir / KEY_FILE
    if not path.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        half = data_dir / f".{KEY_FILE}.{secrets.token_hex(4)}.{os.getpid()}"
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(secrets.token_bytes(32))
            out.flush()
            os.fsync(out.fileno())
        with suppress(FileExistsError):
            os.link(half, path)
        half.unlink()
    return path.read_bytes()


def has_csrf_token() -> bool:
    """Whether the form carries the token that its page was given."""
    try:
        csrf.protect()
    except CSRFError:
        return False
    return True


def who_is_logged_in(now: datetime) -> tuple[Person, LogIn] | None:
    """The person of this request's cookie. A page that asks by itself (?part=) is no activity."""
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    engine = world().engine
    with engine.connect() as connection:
        entry = find_logged_in(connection, token)
    if entry is None:
        return None
    person, log_in = entry
    if person.disabled_at is not None:
        return None
    if not log_in.is_valid(now, idle_at_most=ADMIN_IDLE if person.role is Role.ADMIN else None):
        return None
    if "part" not in request.args and now - log_in.active_at >= COUNTED_EVERY:
        with writing(engine) as connection:
            mark_active(connection, log_in, now=now)
    return entry


def log_in_as(person: Person, now: datetime) -> None:
    """A new token, and a new session around it: what was before the log-in means nothing after."""
    with writing(world().engine) as connection:
        token = begin_log_in(connection, person.person_id, network_of_client(), now=now)
    session.clear()
    session.permanent = True
    session[TOKEN] = token


def log_out(log_in: LogIn, now: datetime) -> None:
    with writing(world().engine) as connection:
        end_log_in(connection, log_in.token_hash, now=now)
    session.clear()


def network_of_client() -> str:
    """The network from which somebody asks, as the nearest proxy says it; one address is shared or changes too easily."""
    try:
        address = ip_address(address_of_client())
    except ValueError:
        return "unknown"
    return str(ip_network(f"{address}/{NETWORK_BITS[address.version]}", strict=False))


def address_of_client() -> str:
    """As the nearest proxy says it."""
    text = request.remote_addr or ""
    if is_loopback(text):
        text = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip() or text
    return text


def attempt_of(name: str, app: Flask) -> Attempt:
    """An attempt at an account, with the device where this browser has logged in to it before."""
    try:
        known, device = _serializer(app).loads(request.cookies.get(DEVICE_COOKIE, ""))
    except (BadSignature, ValueError, TypeError):
        known, device = "", ""
    return Attempt(name, network_of_client(), device if known == name.strip().lower() else "")


def remember_device(response: Response, person: Person, attempt: Attempt, app: Flask) -> None:
    """So that strangers who guess at this account never make this browser wait."""
    value = _serializer(app).dumps([person.name, attempt.device or secrets.token_hex(8)])
    response.set_cookie(
        DEVICE_COOKIE,
        str(value),
        max_age=DEVICE_AGE_S,
        secure=is_https(request),
        httponly=True,
        samesite="Lax",
        path="/masuk",
    )


def _serializer(app: Flask) -> URLSafeSerializer:
    return URLSafeSerializer(app.config["SECRET_KEY"], salt=DEVICE_COOKIE)
