"""The secret of one DATA_DIR: what our own processes show the broker so that nobody else passes for them."""

from __future__ import annotations

import hmac
import os
from contextlib import suppress
from pathlib import Path

FILE = Path("broker") / "secret"  # below DATA_DIR, readable by its owner only
BYTES = 32


def own_secret(data_dir: Path, purpose: str) -> str:
    """32 hex digits that only a reader of DATA_DIR can know; another one for each purpose. Raises OSError."""
    return hmac.new(_root(data_dir / FILE), purpose.encode(), "sha256").hexdigest()[:32]


def _root(path: Path) -> bytes:
    """The content of the file, which is made at the first call; two processes that make it at once agree on one."""
    if not path.exists():
        make_private_folder(path.parent)
        half = path.with_name(f".{path.name}.{os.getpid()}")
        write_private(half, os.urandom(BYTES).hex())
        with suppress(FileExistsError):
            os.link(half, path)
        half.unlink()
    return path.read_bytes()


def make_private_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)


def write_private(path: Path, text: str) -> None:
    """Readable by its owner only, and never half: readers see the old content or the new."""
    half = path.with_name(f".{path.name}.half.{os.getpid()}")
    with suppress(FileNotFoundError):
        half.unlink()
    with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(half, path)
