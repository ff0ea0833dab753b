"""Where the pictures of places lie."""

from __future__ import annotations

from pathlib import Path

FOLDER = "photos"  # in the guide's
FORMATS = ("avif", "webp")  # the first that a browser knows


def photo_path(folder: Path, place_id: str, suffix: str) -> Path:
    return folder / FOLDER / f"{place_id}.{suffix}"
