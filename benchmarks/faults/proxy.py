"""A small TCP proxy whose cable can be pulled: between a tracker and the broker, or ingest and the database."""

from __future__ import annotations

import contextlib
import selectors
import socket
import struct
import threading

AT_ONCE = 65_536  # bytes
LOOK_EVERY_S = 0.1
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends RST, as a middlebox does that forgot a connection


class Proxy:
    """Listens on port; passes everything to target_port of this machine. cut(): nothing more comes through, and nobody in."""

    def __init__(self, target_port: int) -> None:
        self.target_port = target_port
        self.is_cut = False
        self.is_open = True
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(LOOK_EVERY_S)
        self.port = int(self._listener.getsockname()[1])
        self._pairs: set[tuple[socket.socket, socket.socket]] = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self, *, silently: bool) -> None:
        """silently: nobody is told; otherwise every connection is reset."""
        self.is_cut = True
        if not silently:
            self._reset_all()

    def mend(self) -> None:
        """What stood while it was cut is gone, as after a change of the mobile network's address."""
        self._reset_all()
        self.is_cut = False

    def close(self) -> None:
        self.is_open = False
        self._reset_all()
        self._listener.close()

    def _reset_all(self) -> None:
        with self._lock:
            pairs, self._pairs = self._pairs, set()
        for pair in pairs:
            for side in pair:
                with contextlib.suppress(OSError):
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                    side.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while self.is_open:
            try:
                near, _ = self._listener.accept()
            except OSError:  # nobody came, or it was closed
                continue
            if self.is_cut:
                near.close()
                continue
            try:
                far = socket.create_connection(("127.0.0.1", self.target_port), 5.0)
            except OSError:
                near.close()
                continue
            with self._lock:
                self._pairs.add((near, far))
            threading.Thread(target=self._pass_on, args=(near, far), daemon=True).start()

    def _pass_on(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as selector, near, far:
            near.settimeout(5.0)
            far.settimeout(5.0)
            selector.register(near, selectors.EVENT_READ, far)
            selector.register(far, selectors.EVENT_READ, near)
            with contextlib.suppress(OSError):
                while self.is_open:
                    for key, _ in selector.select(LOOK_EVERY_S):
                        while self.is_cut and self.is_open and (near, far) in self._pairs:
                            threading.Event().wait(LOOK_EVERY_S)  # bytes wait in the kernel: nobody hears of it
                        source = key.fileobj
                        assert isinstance(source, socket.socket)
                        content = source.recv(AT_ONCE)
                        if not content:
                            return
                        key.data.sendall(content)
        with self._lock:
            self._pairs.discard((near, far))
