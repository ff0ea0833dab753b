"""What the service manager (systemd) is told of the parent: that it is ready, and every few seconds that it still works.

The protocol is sd_notify(3): a datagram to the socket that NOTIFY_SOCKET names.
"""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping

TELL_EVERY_S = 5.0  # deploy/systemd gives it a minute
VARIABLES = ("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID")  # are the parent's alone


class ServiceManager:
    """Says nothing where no service manager asked."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        address = environment.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address  # @: of the abstract kind
        self._next_s = 0.0

    def is_ready(self) -> None:
        self._say("READY=1")

    def works(self) -> bool:
        """Called at every round of the watch; False, so that it goes on."""
        now_s = time.monotonic()
        if now_s >= self._next_s:
            self._next_s = now_s + TELL_EVERY_S
            self._say("WATCHDOG=1")
        return False

    def _say(self, words: str) -> None:
        if not self._address:
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            try:
                out.sendto(words.encode(), self._address)
            except OSError:  # it is gone; it will know that we are here when it comes back
                return
