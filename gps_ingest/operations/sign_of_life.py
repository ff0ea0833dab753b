"""The sign that ingest lives: a file whose time is the last one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

SIGN = Path("broker") / "ingest.alive"  # below DATA_DIR; its time is the last sign of life


def give_sign(data_dir: Path) -> None:
    """Ingest lives and went once around; a full disk or a read-only folder is no reason to end."""
    with suppress(OSError):
        (data_dir / SIGN).touch(mode=0o600)
