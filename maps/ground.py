"""The ground under a map as it is kept: an overview of the whole city, finer parts by area, and the names on it."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

FOLDER = "ground"  # in DATA_DIR
OVERVIEW = "overview.json"
PART_NAME = re.compile(r"^\d{1,3}-\d{1,3}$")
KINDS = ("green", "water", "building", "path", "river", "minor", "rail", "middle", "major")  # as they lie on one another


class Layer(msgspec.Struct, frozen=True):
    """All shapes of one kind, each an encoded polyline of five digits; closed ones are areas."""

    kind: str
    is_area: bool
    shapes: list[str]


class Label(msgspec.Struct, frozen=True, array_like=True):
    """Where a name stands, and how soon: 0 is shown first."""

    lat: float
    lon: float
    text: str
    rank: int


class Ground(msgspec.Struct, frozen=True):
    """box: south, west, north, east. grid: rows, columns of the parts; those in `parts` hold anything."""

    credit: str
    box: tuple[float, float, float, float]
    layers: list[Layer]
    labels: list[Label]
    grid: tuple[int, int] = (0, 0)
    parts: list[str] = []


@dataclass(frozen=True)
class StoredGround:
    """key changes with what is stored."""

    ground: Ground
    content: bytes
    key: str


def folder_of(data_dir: Path) -> Path:
    return data_dir / FOLDER


def load_ground(data_dir: Path) -> StoredGround | None:
    """None where no extract was imported."""
    try:
        content = (folder_of(data_dir) / OVERVIEW).read_bytes()
    except FileNotFoundError:
        return None
    return StoredGround(msgspec.json.decode(content, type=Ground), content, hashlib.sha256(content).hexdigest()[:12])


def load_part(data_dir: Path, name: str) -> bytes | None:
    """A finer part by its name, "row-column"."""
    if not PART_NAME.match(name):
        return None
    try:
        return (folder_of(data_dir) / f"{name}.json").read_bytes()
    except FileNotFoundError:
        return None
