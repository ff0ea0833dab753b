"""A reserve of disk: a file that is given up when the disk is full, so that what was acknowledged can still be stored."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

FILE = "reserve"  # below DATA_DIR
BYTES = 64_000_000  # the log of SQLite, a snapshot, and an hour of 14 buses
GIVEN_UP_BELOW = 16_000_000  # bytes free: a snapshot is written anew each second beside the last
KEPT_ABOVE = 4 * BYTES  # free before it is taken, so that it is not taken and given up in turn


class DiskReserve:
    """look() once a second; say: to whom it is told."""

    def __init__(self, data_dir: Path, say: Callable[[str], None], free: Callable[[Path], int] | None = None) -> None:
        self._folder, self._path, self._say = data_dir, data_dir / FILE, say
        self._free = free or (lambda folder: shutil.disk_usage(folder).free)

    @property
    def is_kept(self) -> bool:
        return self._path.exists()

    def look(self) -> None:
        """Gives it up, or takes it again. A disk that cannot be written, or asked, is somebody else's trouble."""
        with suppress(OSError):
            free = self._free(self._folder)
            if self.is_kept and free < GIVEN_UP_BELOW:
                self._path.unlink()
                self._say(f"the disk of DATA_DIR is full: the reserve of {BYTES // 1_000_000} MB is given up. Make room")
            elif not self.is_kept and free > KEPT_ABOVE:
                self._take()

    def _take(self) -> None:
        half = self._path.with_name(f".{FILE}.{os.getpid()}")
        try:
            with half.open("wb") as file:
                os.posix_fallocate(file.fileno(), 0, BYTES)
            half.rename(self._path)
        finally:
            half.unlink(missing_ok=True)
