"""The rules of the house: who may import whom, and which library has which one home."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent

# room -> the rooms that it may import (besides itself); the longest matching room of a module decides
MAY_IMPORT = {
    "transit": set(),
    "transit.store": {"transit"},
    "gtfs": {"transit"},
    "maps": {"transit"},
    "gps_ingest": {"transit", "transit.store"},
    "web": {"transit", "transit.store", "gtfs", "maps"},
    "benchmarks": {"transit", "transit.store", "gtfs", "maps", "gps_ingest", "web", "app"},
    "app": {"transit", "transit.store", "gtfs", "maps", "gps_ingest", "web", "benchmarks"},
}

# library -> its homes: rooms or modules. Below transit/ everything else than these is refused outright.
HOMES = {
    "sqlalchemy": {"transit.store"},
    "alembic": {"transit.store"},
    "paho": {"gps_ingest", "benchmarks"},
    "google": {"gtfs.realtime"},
    "gtfs_guru": {"gtfs.validate"},
    "geopandas": {"maps"},
    "folium": {"maps"},
    "flask": {"web"},
    "flask_babel": {"web"},
    "granian": {"web", "app"},
    "pyproj": {"transit.geometry"},
}
PURE_LIBRARIES = {"numpy", "shapely", "pyproj", "msgspec"}

# the simulator is the world: what it drives must not know how we look at it
NEVER = {
    module: {"transit.assignment", "transit.matching", "transit.prediction", "transit.tracking", "transit.store"}
    for module in ("gps_ingest.simulator", "gps_ingest.drivers")
}


def room_of(module: str, rooms: set[str]) -> str | None:
    parts = module.split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((name for name in names if name in rooms), None)


def imports_of(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_under(name: str, homes: set[str]) -> bool:
    return any(name == home or name.startswith(home + ".") for home in homes)


def violations(module: str, source: str) -> list[str]:
    """Sentences, one per broken rule; empty where the module keeps them all."""
    room = room_of(module, set(MAY_IMPORT))
    assert room is not None, f"{module} lies in no room"
    found = []
    for name in imports_of(source):
        top = name.split(".")[0]
        target = room_of(name, set(MAY_IMPORT))
        if target is not None and target != room and target not in MAY_IMPORT[room]:
            found.append(f"{module} ({room}) imports {name} ({target})")
        if top in HOMES and not is_under(module, HOMES[top]):
            found.append(f"{module} imports {top}, whose home is {', '.join(sorted(HOMES[top]))}")
        known = target is not None or top in sys.stdlib_module_names or top in PURE_LIBRARIES
        if room == "transit" and not known:
            found.append(f"{module} imports {top}; the domain has the standard library and {sorted(PURE_LIBRARIES)}")
        if any(is_under(module, {place}) and is_under(name, never) for place, never in NEVER.items()):
            found.append(f"{module} must never know {name}")
    return found


def modules() -> list[tuple[str, Path]]:
    """Every module of our rooms by its dotted name."""
    rooms = sorted({room.split(".")[0] for room in MAY_IMPORT})
    files = [path for room in rooms for path in (HOUSE / room).rglob("*.py")] + [HOUSE / "app.py"]
    return [(".".join(path.relative_to(HOUSE).with_suffix("").parts), path) for path in files if path.exists()]


def test_every_module_imports_only_what_its_room_may() -> None:
    found = [line for module, path in modules() for line in violations(module, path.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("transit.matching", "from transit.store import vehicles"),
        ("transit.matching", "import pandas"),
        ("transit.prediction", "from pyproj import Geod"),
        ("gtfs.reader", "from transit.store.networks import load_network"),
        ("gps_ingest.pipeline", "import web.live"),
        ("gps_ingest.pipeline", "from gtfs.reader import read_network"),
        ("web.api", "from gps_ingest.decoder import decode"),
        ("web.api", "import sqlalchemy"),
        ("maps.layers", "from gtfs.reader import read_network"),
        ("gps_ingest.simulator", "from transit.matching import match"),
        ("gps_ingest.simulator", "from transit import matching"),
    ],
)
def test_a_planted_violation_is_seen(module: str, source: str) -> None:
    assert violations(module, source)


def test_our_packages_are_those_of_this_tree() -> None:
    for room in ("transit", "gps_ingest", "gtfs", "maps", "web"):
        __import__(room)
        assert Path(sys.modules[room].__file__ or "").is_relative_to(HOUSE)


def test_no_module_is_named_like_the_standard_library() -> None:
    taken = [module for module, _ in modules() if module.split(".")[0] in sys.stdlib_module_names]
    assert not taken
