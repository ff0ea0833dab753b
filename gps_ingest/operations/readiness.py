"""Whether the web of a system that is starting answers."""

from __future__ import annotations

from time import monotonic
from urllib.error import HTTPError, URLError
from urllib.request import urlopen

ASK_EVERY_S = 0.3


class Readiness:
    """Looked at by Supervisor.watch(): True once the web at this address answers, whatever it says."""

    def __init__(self, address: str) -> None:
        self.url = address + "/healthz"
        self.next_at = 0.0

    def __call__(self) -> bool:
        if monotonic() < self.next_at:
            return False
        self.next_at = monotonic() + ASK_EVERY_S
        try:
            with urlopen(self.url, timeout=1.0):
                return True
        except HTTPError:  # it answers, and says that something is not well yet
            return True
        except (URLError, OSError):
            return False
