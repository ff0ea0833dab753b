"""Whether our own broker and ingest still work: a message through the broker every few seconds, a sign of life of ingest."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from gps_ingest.broker_access import CANARY, SYSTEM
from gps_ingest.operations.supervisor import Child, Supervisor
from gps_ingest.own_secret import own_secret

EVERY_S = 5.0
ANSWERS_WITHIN_S = 8.0  # nats-server itself gives up after five
DEAF_S = 25.0  # a broker that starts on a full cache needs ten
SILENT_S = 60.0  # ingest gives a sign each second; a migration or a slow disk may hold it
STREAM = Path("broker") / "jetstream" / "$G" / "streams" / "$MQTT_msgs"  # below DATA_DIR: where the broker holds messages


def is_heard(host: str, port: int, data_dir: Path, within_s: float = ANSWERS_WITHIN_S) -> bool:
    """Whether a message to the broker is acknowledged: one whose store is gone lets us in, and acknowledges nothing.

    Speaks MQTT 3.1.1 by itself, because the parent of all processes must not load a library for it.
    """
    client_id = "transit-canary-" + own_secret(data_dir, "canary session")  # nobody else can push us out
    user, password = _text(SYSTEM), _text(own_secret(data_dir, "password"))
    connect = b"\x00\x04MQTT\x04\xc2\x00\x0a" + _text(client_id) + user + password
    publish = _text(CANARY) + b"\x00\x01" + b"1"
    try:
        with socket.create_connection((host, port), within_s) as connection:
            connection.settimeout(within_s)
            connection.sendall(_packet(0x10, connect))
            if _read(connection, 4) != b"\x20\x02\x00\x00":
                return False
            connection.sendall(_packet(0x32, publish))
            heard = _read(connection, 4) == b"\x40\x02\x00\x01"
            connection.sendall(b"\xe0\x00")
            return heard
    except OSError:
        return False


class Canary:
    """Looked at by Supervisor.watch(): kills what hangs, so that it is started again; never ends the watch."""

    def __init__(
        self,
        supervisor: Supervisor,
        data_dir: Path,
        ask: Callable[[], bool] | None,
        signs: Mapping[str, Path],
        *,
        every_s: float = EVERY_S,
        deaf_s: float = DEAF_S,
        silent_s: float = SILENT_S,
    ) -> None:
        """ask: whether our own broker is heard; None where it is another's, which is only reported (by doctor).

        signs: process -> the file whose time is its last sign of life.
        """
        self.supervisor, self.data_dir, self.ask = supervisor, data_dir, ask
        self.every_s, self.deaf_s, self.silent_s = every_s, deaf_s, silent_s
        self.heard_at = time.monotonic()
        self.signs = signs
        self._stopped_since: dict[int, float] = {}  # by process id
        self._since = dict.fromkeys(signs, time.time())
        if ask is not None:
            threading.Thread(target=self._listen, args=(ask,), daemon=True).start()

    def __call__(self) -> bool:
        if self.ask is not None and time.monotonic() - self.heard_at > self.deaf_s:
            self._restart_broker()
        for name, sign in self.signs.items():
            if time.time() - max(_time_of(sign), self._since[name]) > self.silent_s:
                self._kill(name, f"gave no sign of life for {self.silent_s:.0f} s")
                self._since[name] = time.time()
        for child in self.supervisor.children:
            self._look_at(child)
        return False

    def _look_at(self, child: Child) -> None:
        """A process that somebody stopped (SIGSTOP, a debugger) does nothing, and nobody else would notice."""
        if child.process.poll() is not None or not _is_stopped(child.process.pid):
            self._stopped_since.pop(child.process.pid, None)
        elif time.monotonic() - self._stopped_since.setdefault(child.process.pid, time.monotonic()) > self.silent_s:
            self._kill(child.name, f"stood still for {self.silent_s:.0f} s")

    def _listen(self, ask: Callable[[], bool]) -> None:
        while not self.supervisor.stopping:
            if ask():
                self.heard_at = time.monotonic()
            time.sleep(self.every_s)

    def _restart_broker(self) -> None:
        """A store that is gone leaves sessions that wait for it for ever: then all of it begins anew."""
        self._kill("broker", f"acknowledged nothing for {self.deaf_s:.0f} s")
        if not is_store_there(self.data_dir):
            shutil.rmtree(self.data_dir / "broker" / "jetstream", ignore_errors=True)
            self.supervisor.say("the broker's store was gone and is built anew: what waited in it is lost")
        self.heard_at = time.monotonic()

    def _kill(self, name: str, why: str) -> None:
        for child in self.supervisor.children:
            if child.name == name and child.process.poll() is None:
                self.supervisor.say(f"{name} {why}; it is started again")
                os.kill(child.process.pid, signal.SIGKILL)
                child.process.wait()


def is_store_there(data_dir: Path) -> bool:
    return (data_dir / STREAM).is_dir()


def _is_stopped(pid: int) -> bool:
    """Linux: the state behind the name, which may hold anything, even brackets."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in ("T", "t")
    except (OSError, IndexError):
        return False


def _time_of(sign: Path) -> float:
    try:
        return sign.stat().st_mtime
    except OSError:
        return 0.0


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()


def _packet(kind: int, body: bytes) -> bytes:
    """MQTT's fixed header; the length in seven bits a byte."""
    length, octets = len(body), bytearray()
    while True:
        length, low = divmod(length, 128)
        octets.append(low | (0x80 if length else 0))
        if not length:
            return bytes([kind]) + bytes(octets) + body


def _read(connection: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count and (part := connection.recv(count - len(octets))):
        octets += part
    return octets
