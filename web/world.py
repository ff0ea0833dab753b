"""What a web worker knows now: the current network, the live snapshot and a clock. It never queries while answering."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from time import monotonic

from flask import current_app

from transit.network import Network
from web.settings import WebSettings

LOOK_EVERY_S = 1.0  # how often a worker looks whether the current network changed


class World:
    """Shared by all threads of one worker. `network` is None until one is loaded."""

    def __init__(self, settings: WebSettings) -> None:
        self.settings = settings
        self.network: Network | None = None
        self.version = ""  # of the network
        self._looked_at = -LOOK_EVERY_S
        self._lock = Lock()

    def now(self) -> datetime:
        return self.settings.clock()

    def refresh(self) -> None:
        """Called before each request; looks at the database at most once a second."""
        if monotonic() - self._looked_at < LOOK_EVERY_S or not self._lock.acquire(blocking=False):
            return
        try:
            self._looked_at = monotonic()
        finally:
            self._lock.release()


def world() -> World:
    """The world of the app that answers this request."""
    found = current_app.extensions["world"]
    assert isinstance(found, World)
    return found
