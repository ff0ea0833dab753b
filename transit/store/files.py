"""Small files in DATA_DIR that one process writes and others read."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

HALF = re.compile(r"^\..+\.(\d+)$")  # the name of a file that is not whole yet, with the process that writes it


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
    """Removes what processes that were killed left half written, below a folder; returns it."""
    gone = []
    for path in folder.rglob(".*"):
        match = HALF.match(path.name)
        if match is None or path.is_dir() or _runs(int(match[1])):
            continue
        with suppress(OSError):
            path.unlink()
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
