"""The set clock of the system that runs on a DATA_DIR: commands typed beside it go by it, too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from transit.clock import Clock, parse_clock

FILE = "run.clock"  # below DATA_DIR: the process that set it, and the clock with its anchor


@contextmanager
def clock_kept(data_dir: Path, clock: Clock) -> Iterator[None]:
    """Others find the clock while this goes on; the system's own clock need not be kept."""
    file = data_dir / FILE
    if clock.set_to is not None:
        file.write_text(f"{os.getpid()}\n{clock}\n", encoding="utf-8")
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


def clock_in_use(data_dir: Path) -> Clock | None:
    """None where nothing runs there, or what runs goes by the system's clock."""
    try:
        process, text = (data_dir / FILE).read_text(encoding="utf-8").splitlines()
        os.kill(int(process), 0)  # signal 0: is it there?
        return parse_clock(text)
    except PermissionError:  # it is there, and another user's
        return parse_clock(text)
    except (OSError, ValueError):
        return None
