"""A Mosquitto and a PostgreSQL of our own in a temporary folder, set up as docs/TRACKERS.md and deploy/ say."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.load import free_port

STARTS_WITHIN_S = 60.0
LOOK_EVERY_S = 0.05


class Missing(RuntimeError):
    """A program that is not installed here."""


def wait_for_port(port: int) -> None:
    """Raises TimeoutError."""
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
            return
        time.sleep(LOOK_EVERY_S)
    raise TimeoutError(f"nothing listens on port {port}")


class Mosquitto:
    """Keeps what it holds in its folder when it is asked to end; what it holds in memory is lost by kill -9."""

    def __init__(self, folder: Path) -> None:
        path = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
        if path is None:
            raise Missing("mosquitto")
        self.port = free_port()
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o777)
        config = folder / "mosquitto.conf"
        lines = (
            f"listener {self.port} 127.0.0.1", "allow_anonymous true", "persistence true", f"persistence_location {folder}/",
            "max_queued_messages 100000", "max_inflight_messages 1000", "user root" if os.geteuid() == 0 else "",
        )  # fmt: skip
        config.write_text("\n".join(lines) + "\n")
        self._command = [path, "-c", str(config)]
        self.start()

    def start(self) -> None:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command, stdin=quiet, stdout=quiet, stderr=quiet)
        wait_for_port(self.port)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait()


class PostgreSql:
    """It refuses root, so as root it runs as nobody."""

    def __init__(self, folder: Path) -> None:
        self._programs = _programs()
        self._folder, self.port = folder, free_port()
        self._user = "nobody" if os.geteuid() == 0 else None
        folder.mkdir(parents=True, exist_ok=True)
        if self._user:
            shutil.chown(folder, self._user)
        self._run("initdb", "-D", "data", "-U", "transit", "--auth=trust", "-E", "UTF8")
        self.start()

    def url(self, port: int) -> str:
        return f"postgresql://transit@127.0.0.1:{port}/postgres"

    def start(self) -> None:
        options = f"-c listen_addresses=127.0.0.1 -c port={self.port} -c unix_socket_directories={self._folder}"
        self._run("pg_ctl", "-D", "data", "-w", "-l", "log", "-o", options, "start")

    def stop(self, mode: str = "fast") -> None:
        """mode: fast, or immediate (as if it had crashed)."""
        self._run("pg_ctl", "-D", "data", "-w", "-m", mode, "stop")

    def _run(self, program: str, *words: str) -> None:
        quiet, environment = subprocess.DEVNULL, {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"}
        subprocess.run(
            [self._programs / program, *words], user=self._user, cwd=self._folder, env=environment, check=True,
            stdin=quiet, stdout=quiet, stderr=quiet,
        )  # fmt: skip


def _programs() -> Path:
    """The folder of initdb and pg_ctl; Debian keeps them out of PATH. Raises Missing."""
    beside = shutil.which("pg_ctl")
    folders = [Path(beside).parent] if beside else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for folder in folders:
        if (folder / "initdb").exists():
            return folder
    raise Missing("postgresql")
