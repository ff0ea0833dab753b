"""The signs that processes live: a file each, whose time is the last one."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

SIGN = Path("broker") / "ingest.alive"  # below DATA_DIR; its time is the last sign of life
RECEIVE_SIGN = Path("broker") / "receive.alive"


def give_sign(data_dir: Path, sign: Path = SIGN) -> None:
    """It lives and went once around; a full disk or a read-only folder is no reason to end."""
    with suppress(OSError):
        (data_dir / sign).touch(mode=0o600)
