"""The signs that processes live: a file each, whose time is the last one and whose words say how far the canary came."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import msgspec

from transit.store.files import write_atomically

INGEST_SIGN = Path("broker") / "ingest.alive"  # below DATA_DIR
RECEIVE_SIGN = Path("broker") / "receive.alive"
LIVE_SIGN = Path("live") / "live.alive"
WORKERS = Path("live") / "workers"  # of the web, a sign each


def worker_sign(pid: int) -> Path:
    return WORKERS / f"{pid}.alive"


def workers_with_signs(data_dir: Path) -> list[int]:
    """The process ids of all web workers that ever gave one, and whose file is still there."""
    return [int(path.stem) for path in (data_dir / WORKERS).glob("*.alive") if path.stem.isdigit()]


class ProcessProgress(msgspec.Struct, frozen=True):
    """How far a process is. received, stored: the newest canary that it has; messages: all that came in since it started."""

    received: int = 0
    stored: int = 0
    messages: int = 0
    database: bool = True  # False while the database refuses what it has


NO_PROGRESS = ProcessProgress()


class Sign:
    """give() is called at every round of a process; words are written only when they changed."""

    def __init__(self, data_dir: Path, name: Path) -> None:
        self._path = data_dir / name
        self._written: ProcessProgress | None = None

    def give(self, progress: ProcessProgress = NO_PROGRESS) -> None:
        """It lives and went once around; a full disk or a read-only folder is no reason to end."""
        with suppress(OSError):
            if progress == self._written:
                os.utime(self._path)
                return
            write_atomically(self._path, msgspec.json.encode(progress))
            self._written = progress


def read_progress(data_dir: Path, name: Path) -> ProcessProgress:
    """What a process last said; nothing where it said nothing that can be read."""
    try:
        return msgspec.json.decode((data_dir / name).read_bytes(), type=ProcessProgress)
    except (OSError, msgspec.MsgspecError):
        return NO_PROGRESS


def sign_at(data_dir: Path, name: Path) -> float:
    """Unix seconds of the last sign of life; 0 where there was none."""
    try:
        return (data_dir / name).stat().st_mtime
    except OSError:
        return 0.0
