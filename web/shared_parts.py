"""Parts of the console that all who look see alike: made once for each state of the world, for all workers (decision 0109)."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Lock
from time import perf_counter

from flask import Flask, Request, Response, current_app, g, make_response, request

from transit.store.files import write_atomically
from web.access import current_person
from web.answers import FORM_TOKEN, NO_TOKEN, etag_of, mark_with_time
from web.live.snapshot import folder
from web.words.languages import language
from web.world import World

PACKED_KEPT = 32  # of parts, each in the encodings that browsers of today ask for
HEAD = 32 + 16  # bytes before a part in its file: of which state it is, and its ETag
_numbers = count(1)


@dataclass(frozen=True)
class SharedPart:
    """number: of no other part, whatever it shows. made_at_s: on the process's own clock."""

    number: int
    state: Hashable
    body: bytes
    etag: str
    made_at_s: float
    took_s: float


class SharedParts:
    """The newest part of each name. Threads and, through files, the other workers share it: while one makes a part anew, the
    others serve the one before, so that nobody else's page waits; and what takes long to make is made the more rarely."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parts: dict[Hashable, SharedPart] = {}
        self._locks: dict[Hashable, Lock] = {}

    def get(self, name: Hashable, state: Hashable, make: Callable[[], str], *, rests: float = 0.0) -> SharedPart:
        """make() is called where no worker has made the part of this state, and no sooner than rests times as long as it took.

        name, state: values whose repr() says all of them, since workers compare those.
        """
        part = self._parts.get(name)
        if part is not None and (part.state == state or perf_counter() < part.made_at_s + rests * part.took_s):
            return part
        lock = self._locks.setdefault(name, Lock())
        if not lock.acquire(blocking=part is None):
            assert part is not None
            return part
        try:
            part = self._parts.get(name)
            if part is None or part.state != state:
                part = self._parts[name] = self._newest(name, state, make, part)
            return part
        finally:
            lock.release()

    def _newest(self, name: Hashable, state: Hashable, make: Callable[[], str], before: SharedPart | None) -> SharedPart:
        """As another worker made it, else made; `before` while another worker makes it."""
        path, mark = self._folder / _digest(name), _digest(state)
        other = _read(path, mark, state)
        if other is not None:
            return other
        with _alone(path) as is_alone:
            if not is_alone and before is not None:
                return before
            other = _read(path, mark, state)
            if other is not None:
                return other
            made = _made(state, make)
            with suppress(OSError):  # a full disk: each worker makes its own
                write_atomically(path, mark.encode() + made.etag.encode() + made.body)
            return made


def _digest(value: Hashable) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()[:32]


def _read(path: Path, mark: str, state: Hashable) -> SharedPart | None:
    """What is in a file, if it is of this state."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD).decode("ascii", "replace")
            if head[:32] != mark:
                return None
            body = file.read()
    except OSError:
        return None
    return SharedPart(number=next(_numbers), state=state, body=body, etag=head[32:], made_at_s=perf_counter(), took_s=0.0)


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Whether no other worker makes this part now; True where files cannot tell."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError:
        yield True
        return
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


def _made(state: Hashable, make: Callable[[], str]) -> SharedPart:
    started = perf_counter()
    html = FORM_TOKEN.sub(NO_TOKEN, make())
    ended = perf_counter()
    return SharedPart(
        number=next(_numbers), state=state, body=html.encode(), etag=etag_of(html), made_at_s=ended, took_s=ended - started
    )


class PackedParts:
    """Flask-Compress keeps here what it has packed of shared parts, and nothing of anything else."""

    def __init__(self) -> None:
        self._packed: dict[str, bytes] = {}

    def get(self, key: str) -> bytes | None:
        return self._packed.get(key)

    def set(self, key: str, packed: bytes) -> None:
        if key.endswith(";") or key in self._packed:
            return
        if len(self._packed) >= PACKED_KEPT:
            self._packed.clear()
        self._packed[key] = packed


def key_of_packed(asked: Request) -> str:
    """Empty where the answer is of nobody but who asked."""
    part: SharedPart | None = g.get("shared_part")
    return "" if part is None else str(part.number)


def init_shared_parts(app: Flask, data_dir: Path) -> None:
    """Before Flask-Compress is set up."""
    app.extensions["shared_parts"] = SharedParts(folder(data_dir) / "parts")
    app.config.update(COMPRESS_CACHE_BACKEND=PackedParts, COMPRESS_CACHE_KEY=key_of_packed)


def part_moment(world: World, every_s: int) -> Hashable:
    """Another one so many seconds later, by what is shown: while the live process writes, by the times of what it writes."""
    made = world.view.snapshot
    if made is None or not world.is_live:
        return False, int(world.now().timestamp()) // every_s
    return True, int(made.made_at.timestamp()) // every_s


def shared_fragment(name: str, state: Hashable, make: Callable[[], str], *, rests: float = 0.0) -> Response:
    """A part of a page for all of one role and language. state: of all else that it shows; make: renders it; rests: see above.

    The forms in it have no token: the script of the page fills in that of its own log-in.
    """
    parts: SharedParts = current_app.extensions["shared_parts"]
    person = current_person()
    whose = (name, language(), person.role if person else None, bool(person and person.person_id))
    part = g.shared_part = parts.get(whose, state, make, rests=rests)
    response = make_response(part.body)
    response.set_etag(part.etag, weak=True)
    mark_with_time(response)
    response.make_conditional(request)
    return response
