"""Small files in DATA_DIR that one process writes and others read."""

from __future__ import annotations

import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

HALF = re.compile(r"^\..+\.(\d+)$")  # the name of what is not whole yet ends with the process that writes it


def write_atomically(path: Path, content: bytes) -> None:
    """Readers see the old content or the new, never a part of it. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        half.write_bytes(content)
        os.replace(half, path)
    except OSError:
        with suppress(OSError):  # on a full disk it would stand in the way of the next
            half.unlink()
        raise


def forget_halves(folder: Path) -> list[Path]:
    """Removes the files and folders that processes that were killed left half written, below a folder; returns them."""
    return _forgotten(list(folder.rglob(".*")))


def working_folder(parent: Path, purpose: str) -> TemporaryDirectory[str]:
    """A folder for work that ends with it. Those for the same purpose of processes that were killed go now. Raises OSError."""
    _forgotten(list(parent.glob(f".{purpose}-*")))
    return TemporaryDirectory(prefix=f".{purpose}-", suffix=f".{os.getpid()}", dir=parent)


def _forgotten(paths: list[Path]) -> list[Path]:
    gone = []
    for path in paths:
        match = HALF.match(path.name)
        if match is None or _runs(int(match[1])):
            continue
        with suppress(OSError):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            gone.append(path)
    return gone


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)  # signal 0: is it there?
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:  # it is, and another user's
        return True
    return True
