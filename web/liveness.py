"""The sign of life of each web worker: while it answers what it is asked, the parent sees it; one that hangs gives none."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from transit.store.signs_of_life import Sign, worker_sign

SIGN_EVERY_S = 1.0
HANGS_AFTER_S = 30.0  # the slowest answer that we know, a large network unrolled for the first time, takes 22 s
READS = ("GET", "HEAD")  # of other requests it is the client who may dawdle with what it sends


class InHand:
    """A WSGI application around another one: since when each thread has been answering a request."""

    def __init__(self, application: Callable[..., Iterable[bytes]]) -> None:
        self._application = application
        self._since_s: dict[int, float] = {}  # by thread

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("REQUEST_METHOD") not in READS:
            return self._application(environ, start_response)
        thread = threading.get_ident()
        self._since_s[thread] = monotonic()
        try:
            return self._application(environ, start_response)
        finally:
            self._since_s.pop(thread, None)

    def longest_s(self) -> float:
        """How long the oldest of them has taken so far; 0 where none is in hand."""
        now_s = monotonic()
        return max((now_s - since_s for since_s in list(self._since_s.values())), default=0.0)


def give_signs(data_dir: Path, in_hand: InHand) -> None:
    """In a thread of its own, for as long as the worker lives."""
    sign = Sign(data_dir, worker_sign(os.getpid()))

    def go_on() -> None:
        while True:
            if in_hand.longest_s() < HANGS_AFTER_S:
                sign.give()
            sleep(SIGN_EVERY_S)

    threading.Thread(target=go_on, daemon=True, name="sign of life").start()
