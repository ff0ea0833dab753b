"""The receiver as an ASGI application: 200 only when the broker has the message, so that a phone keeps all else."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, Protocol
from urllib.parse import parse_qsl

from werkzeug.datastructures import Authorization, Headers
from werkzeug.sansio.request import Request

from gps_ingest.decoder import MAX_PAYLOAD, fixes_in
from gps_ingest.ingest.allowance import Allowance
from gps_ingest.receive.doorkeeper import Admission, Doorkeeper
from gps_ingest.receive.forms import KEY_PATH, BadRequest, Form, osmand, owntracks, traccar_client
from gps_ingest.receive.outbox import NotKept
from transit.loopback import is_loopback_host

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
BODY_WITHIN_S = 10.0  # a phone on a bad line needs seconds for the few hundred bytes of a fix
TRY_AGAIN_S = 30  # what a phone is asked to wait after a refusal that is not its fault
OWNTRACKS_PATH = "/pub"
POSITION_FIELDS = frozenset(("lat", "lon", "location", "id", "deviceid"))  # of the OsmAnd protocol
HEALTH_PATH = "/healthz"
log = logging.getLogger(__name__)


class Publishes(Protocol):
    """Where messages go: gps_ingest.receive.outbox.Outbox."""

    is_connected: bool

    async def publish(self, topic: str, payload: bytes) -> None: ...


@dataclass(frozen=True, slots=True)
class Reply:
    """What a request is answered: OwnTracks gets JSON, others plain words."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class RefusedRequest(Exception):
    """Ends a request with this reply."""

    def __init__(self, status: int, sentence: str, *headers: tuple[str, str]) -> None:
        super().__init__(sentence)
        self.reply = Reply(status, f"{sentence}\n".encode(), headers)


class Application:
    """Called for each request by the server."""

    def __init__(
        self,
        outbox: Publishes,
        doorkeeper: Doorkeeper,
        clock: Callable[[], datetime],
        count: Callable[[int], None],
        background: Iterable[Callable[[], Awaitable[None]]] = (),
    ) -> None:
        """count: is called with the status of each reply; background: runs while the application is served."""
        self._outbox, self._doorkeeper, self._clock, self._count = outbox, doorkeeper, clock, count
        self._allowance = Allowance(is_known=lambda _: True)
        self._background = tuple(background)
        self._tasks: list[asyncio.Task[None]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._tasks = [asyncio.ensure_future(work()) for work in self._background]
                await send({"type": "lifespan.startup.complete"})
            else:
                for task in self._tasks:
                    task.cancel()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = _request_of(scope)
        try:
            reply = await self._reply(request, receive)
        except BadRequest as error:
            reply = Reply(400, f"{error}\n".encode())
        except RefusedRequest as error:
            reply = error.reply
        except NotKept:
            sentence = b"the broker did not take it; keep it and send it again\n"
            reply = Reply(503, sentence, (("Retry-After", str(TRY_AGAIN_S)),))
        self._count(reply.status)
        kind = "application/json" if reply.body == b"[]" else "text/plain; charset=utf-8"
        rows = [("Content-Type", kind), ("Content-Length", str(len(reply.body))), ("Cache-Control", "no-store"), *reply.headers]
        headers = [(name.lower().encode(), value.encode()) for name, value in rows]
        await send({"type": "http.response.start", "status": reply.status, "headers": headers})
        await send({"type": "http.response.body", "body": b"" if request.method == "HEAD" else reply.body})

    async def _reply(self, request: Request, receive: Receive) -> Reply:
        if request.path == HEALTH_PATH:
            return self._health()
        is_owntracks = request.path == OWNTRACKS_PATH
        if not (is_owntracks or request.path == "/" or request.path.startswith(KEY_PATH)):
            raise RefusedRequest(404, "positions come to /, those of OwnTracks to /pub")
        if request.method not in ("GET", "POST"):
            raise RefusedRequest(405, "send GET or POST", ("Allow", "GET, POST"))
        body = await _body(request, receive)
        fields = _fields_of(request, body)
        try:
            form = self._form(request, fields, body, is_owntracks=is_owntracks)
        except BadRequest as error:
            if is_owntracks or POSITION_FIELDS & fields.keys() or body.lstrip()[:1] == b"{":  # others only look what is here
                self._doorkeeper.note_unusable(_address_of(request), str(error))
            raise
        user = await self._admit(request, fields, form)
        if not self._allowance.admits(user, fixes_in(form.topic, form.payload), len(form.payload), monotonic()):
            raise RefusedRequest(429, "more than a tracker may send", ("Retry-After", str(TRY_AGAIN_S)))
        await self._outbox.publish(form.topic, form.payload)
        return Reply(200, b"[]" if is_owntracks else b"")

    def _health(self) -> Reply:
        if not self._outbox.is_connected:
            return Reply(503, b"the broker is not reached\n")
        return Reply(200, b"ok\n") if self._doorkeeper.is_ready else Reply(503, b"the passwords are not read yet\n")

    def _form(self, request: Request, fields: dict[str, str], body: bytes, *, is_owntracks: bool) -> Form:
        if is_owntracks:
            user = fields.get("u") or request.headers.get("X-Limit-U", "")
            return owntracks(user, fields.get("d") or request.headers.get("X-Limit-D", ""), body)
        if body.lstrip()[:1] == b"{":
            return traccar_client(body, self._clock())
        return osmand(fields, self._clock())

    async def _admit(self, request: Request, fields: dict[str, str], form: Form) -> str:
        """The user whose password came with the request. OwnTracks may name its device as it likes. Raises RefusedRequest."""
        basic = _authorization_of(request)
        is_basic = basic is not None and basic.type == "basic"
        user = (basic.username if basic is not None and is_basic else None) or form.tracker_id.partition("/")[0]
        password = (basic.password if basic is not None and is_basic else None) or fields.get("key") or ""
        if request.path.startswith(KEY_PATH) and not password:
            password = request.path.removeprefix(KEY_PATH).strip("/")
        answer = await self._doorkeeper.ask(user, password, form.tracker_id, form.topic, _address_of(request))
        if answer is Admission.NOT_YET:
            sentence = "the passwords are not read yet; keep it and send it again"
            raise RefusedRequest(503, sentence, ("Retry-After", str(TRY_AGAIN_S)))
        if answer is Admission.TOO_OFTEN:
            raise RefusedRequest(429, "too many wrong passwords", ("Retry-After", str(TRY_AGAIN_S)))
        if answer is Admission.WRONG:
            sentence = (
                f"{form.tracker_id} is not known with this password (?key=PASSWORD, or Basic). It gets one with: "
                f"python app.py trackers add {form.tracker_id}"
            )
            raise RefusedRequest(401, sentence, ("WWW-Authenticate", 'Basic realm="trackers"'))
        return user


def _request_of(scope: Scope) -> Request:
    return Request(
        method=scope["method"],
        scheme=scope["scheme"],
        server=None,
        root_path="",
        path=scope["path"],
        query_string=scope["query_string"],
        headers=Headers([(name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]]),
        remote_addr=scope["client"][0] if scope.get("client") else None,
    )


def _authorization_of(request: Request) -> Authorization | None:
    """None where it cannot be read."""
    try:
        return request.authorization
    except ValueError:  # of letters that Base64 does not have
        return None


def _fields_of(request: Request, body: bytes) -> dict[str, str]:
    """The fields of a request: of its address and, if its body is a form, of that. Those of the address win."""
    is_form = request.mimetype == "application/x-www-form-urlencoded" and body.lstrip()[:1] != b"{"
    text = body.decode("utf-8", "replace") if is_form else ""
    asked = request.query_string.decode("utf-8", "replace")  # devices write what they like, unescaped
    return {**_first_of_each(text), **_first_of_each(asked)}


def _first_of_each(query: str) -> dict[str, str]:
    return dict(reversed(parse_qsl(query, keep_blank_values=True, errors="replace")))


async def _body(request: Request, receive: Receive) -> bytes:
    """Raises RefusedRequest where it is too long, or comes too slowly."""
    too_large = RefusedRequest(413, f"at most {MAX_PAYLOAD} bytes in one request")
    if (request.content_length or 0) > MAX_PAYLOAD:
        raise too_large
    parts: list[bytes] = []
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise RefusedRequest(400, "the request broke off")
                parts.append(message.get("body", b""))
                if sum(map(len, parts)) > MAX_PAYLOAD:
                    raise too_large
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise RefusedRequest(408, f"the body did not come within {BODY_WITHIN_S:.0f} s") from None


def _address_of(request: Request) -> str:
    """The network address of the phone; behind a proxy on this machine the one that the proxy names."""
    peer = request.remote_addr or ""
    forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
    return forwarded if forwarded and is_loopback_host(peer) else peer
