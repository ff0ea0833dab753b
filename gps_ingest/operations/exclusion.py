"""One system on one DATA_DIR and its ports: a second one is refused before it can do harm."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class DataDirInUse(RuntimeError):
    """Another system runs on this DATA_DIR; the message names it and the way out."""


class PortTaken(RuntimeError):
    """A port cannot be listened at; the message says why and names another one."""


@contextmanager
def exclusive(data_dir: Path) -> Iterator[None]:
    """Holds DATA_DIR for this process. Two systems on one would overwrite each other: raises DataDirInUse."""
    with (data_dir / "run.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.seek(0)
            other = f"app.py run (process {lock.read().strip()})"
            raise DataDirInUse(f"{data_dir} is in use by another {other}; end it, or give another DATA_DIR") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def refuse_taken_port(name: str, host: str, port: int) -> None:
    """name: the setting that the port comes from. Raises PortTaken."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            why = "is taken by another program" if taken else f"cannot be used: {error.strerror}"
            way_out = f"Give another one, for instance: {name}={port + 1} make run"
            raise PortTaken(f"Port {port} on {host} {why}. {way_out}") from None
