"""The rules of the house: who may import whom, which library has which one home, what each process may load."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import HOUSE

# room -> the rooms that it may import (besides itself); the longest matching room of a module decides
DOMAIN = {
    "transit.plan",
    "transit.tracking",
    "transit.forecasting",
    "transit.arrivals",
    "transit.control",
    "transit.quality",
    "transit.operations",
    "transit",
}
MAY_IMPORT: dict[str, set[str]] = {
    "transit": set(),  # the clock, addresses of this machine
    "transit.plan": set(),
    "transit.tracking": {"transit.plan"},
    "transit.forecasting": {"transit.plan", "transit.tracking"},
    "transit.arrivals": {"transit.plan", "transit.tracking.ages", "transit.tracking.state", "transit.forecasting.prediction"},
    "transit.control": {
        "transit.plan", "transit.tracking.ages", "transit.tracking.state", "transit.arrivals", "transit.forecasting.prediction",
    },
    "transit.quality": {"transit.plan", "transit.tracking", "transit.forecasting", "transit.arrivals.headways"},
    "transit.operations": {
        "transit.plan", "transit.tracking", "transit.arrivals", "transit.forecasting.departure_orders",
        "transit.forecasting.prediction", "transit.control",
    },
    "transit.store": DOMAIN,
    "gtfs": DOMAIN,
    "maps": DOMAIN,
    "gps_ingest": {*DOMAIN, "transit.store"},
    "web": {*DOMAIN, "transit.store", "gtfs", "maps"},
    "web.live": {*DOMAIN, "transit.store", "gtfs"},
    "web.words": {*DOMAIN, "web"},
    "web.print": {*DOMAIN, "web", "web.words", "web.live", "maps"},
    "web.pages": {*DOMAIN, "transit.store", "gtfs", "maps", "web", "web.live", "web.words", "web.print"},
    "web.api": {*DOMAIN, "transit.store", "gtfs", "web", "web.live", "web.words"},
    "commands": {*DOMAIN, "transit.store", "gtfs", "maps", "gps_ingest", "web", "web.live", "web.words", "web.print"},
    "app": {"commands", "transit"},
    "benchmarks": {
        *DOMAIN, "transit.store", "gtfs", "maps", "gps_ingest", "web", "web.live", "web.words", "web.print", "commands", "app",
    },
}  # fmt: skip
MAY_IMPORT["web"] |= {"web.live", "web.words"}

# library -> its homes: rooms or modules. Below transit/ everything else than these is refused outright.
HOMES = {
    "sqlalchemy": {"transit.store"},
    "alembic": {"transit.store"},
    "paho": {"gps_ingest.mqtt", "gps_ingest.receive.outbox", "gps_ingest.simulation.publisher", "benchmarks"},
    "google": {"gtfs.realtime", "gtfs.positions"},
    "gtfs_guru": {"gtfs.validate"},
    "geopandas": {"maps"},
    "PIL": {"maps"},
    "pyarrow": {"gps_ingest.operations.open_archive"},
    "folium": {"maps"},
    "flask": {"web"},
    "flask_babel": {"web"},
    "flask_compress": {"web.factory"},
    "flask_wtf": {"web.log_ins"},
    "itsdangerous": {"web.log_ins", "web.crowding_token"},
    "argon2": {"transit.store.password_hashes"},
    "prometheus_client": {"web.metrics", "gps_ingest.ingest.figures", "gps_ingest.receive.figures"},
    "granian": {"web", "gps_ingest.receive.process"},
    "xlsxwriter": {"web.pages.performance"},
    "click": {"app", "commands"},
    "pyproj": {"transit.plan.geometry"},
    "pyrage": {"gps_ingest.operations.backup"},
}
PURE_LIBRARIES = {"numpy", "shapely", "pyproj", "msgspec"}

# room or module -> what must never be known there, however indirectly the table above would allow it
NEVER: dict[str, set[str]] = {
    # the simulator is the world: what it drives must not know how we look at it
    "gps_ingest.simulation.simulator": {"transit.tracking", "transit.forecasting", "transit.arrivals", "transit.store"},
    "gps_ingest.simulation.drivers": {"transit.tracking", "transit.forecasting", "transit.arrivals", "transit.store"},
    # MQTT knows no transit
    "gps_ingest.mqtt": {"transit", "gtfs"},
    # forecasts are asked for nowhere but in the live process, replay and the commands for it
    "web.pages": {"transit.forecasting.forecaster"},
    "web.api": {"transit.forecasting.forecaster"},
    "transit.store": {"transit.forecasting.forecaster"},
}

# modules that a process must not have loaded -> how the process begins
PROCESS_MUST_NOT_LOAD = {
    "a web worker": (
        "import web.factory\nfor name in web.factory.BLUEPRINTS: __import__(name)",
        {"transit.forecasting.forecaster", "transit.tracking.matcher", "web.live.process", "geopandas", "folium", "paho"},
    ),
    "ingest": ("import gps_ingest.ingest.process", {"web", "gtfs", "flask", "transit.forecasting.forecaster"}),
    "the receiver": (
        "import gps_ingest.receive.process",
        {"web", "flask", "gtfs", "numpy", "transit.tracking.matcher", "transit.forecasting.forecaster"},
    ),
    "the live process": ("import web.live.process", {"flask", "maps", "gps_ingest", "paho", "transit.tracking.matcher"}),
    "the parent": ("import app, gps_ingest.operations.supervisor", {"sqlalchemy", "numpy", "flask", "paho"}),
}


def room_of(module: str, rooms: set[str]) -> str | None:
    parts = module.split(".")
    names = (".".join(parts[:n]) for n in range(len(parts), 0, -1))
    return next((name for name in names if name in rooms), None)


def imports_of(source: str) -> Iterator[str]:
    """Every imported name in full, those below `if TYPE_CHECKING` and inside functions included."""
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
    rooms = set(MAY_IMPORT)
    room = room_of(module, rooms)
    assert room is not None, f"{module} lies in no room"
    found = []
    for name in imports_of(source):
        top, target = name.split(".")[0], room_of(name, rooms)
        allowed = target is None or target == room or target in MAY_IMPORT[room] or is_under(name, MAY_IMPORT[room] - rooms)
        if not allowed:
            found.append(f"{module} ({room}) imports {name} ({target})")
        if top in HOMES and not is_under(module, HOMES[top]):
            found.append(f"{module} imports {top}, whose home is {', '.join(sorted(HOMES[top]))}")
        known = target is not None or top in sys.stdlib_module_names or top in PURE_LIBRARIES
        if room in DOMAIN and not known:
            found.append(f"{module} imports {top}; the domain has the standard library and {sorted(PURE_LIBRARIES)}")
        if any(is_under(module, {place}) and is_under(name, never) for place, never in NEVER.items()):
            found.append(f"{module} must never know {name}")
        if room == "web.pages" and is_under(name, {"web.pages"}) and module != "web.pages":
            found.append(f"{module} imports {name}: no page imports another")
    return found


def modules() -> dict[str, Path]:
    """Every module of our rooms by its dotted name."""
    rooms = sorted({room.split(".")[0] for room in MAY_IMPORT})
    files = [path for room in rooms for path in (HOUSE / room).rglob("*.py")] + [HOUSE / "app.py"]
    names = {".".join(path.relative_to(HOUSE).with_suffix("").parts): path for path in files if path.exists()}
    return {name.removesuffix(".__init__"): path for name, path in names.items()}


def circles(sources: Mapping[str, str]) -> list[list[str]]:
    """Modules that import each other, directly or through others (imports inside functions count)."""
    arrows: dict[str, set[str]] = {}
    for module, source in sources.items():
        named = set(imports_of(source))
        targets = {name if name in sources else name.rpartition(".")[0] for name in named}
        arrows[module] = {target for target in targets if target in sources and target != module}
    found: list[list[str]] = []
    state: dict[str, int] = {}
    path: list[str] = []

    def visit(module: str) -> None:
        state[module] = 1
        path.append(module)
        for target in sorted(arrows[module]):
            if state.get(target) == 1:
                found.append([*path[path.index(target) :], target])
            elif target not in state:
                visit(target)
        path.pop()
        state[module] = 2

    for module in sorted(arrows):
        if module not in state:
            visit(module)
    return found


def test_every_module_imports_only_what_its_room_may() -> None:
    found = [line for module, path in modules().items() for line in violations(module, path.read_text(encoding="utf-8"))]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("transit.plan.patterns", "from transit.tracking.state import VehicleState"),
        ("transit.tracking.matcher", "from transit.store import vehicles"),
        ("transit.tracking.matcher", "from transit.forecasting.links import links_of"),
        ("transit.tracking.matcher", "import pandas"),
        ("transit.forecasting.prediction", "from pyproj import Geod"),
        ("transit.forecasting.links", "from transit.arrivals.rows import Arrival"),
        ("transit.arrivals.rows", "from transit.forecasting.forecaster import Forecaster"),
        ("transit.arrivals.rows", "from transit.tracking.matcher import Matcher"),
        ("transit.control.holding", "from transit.forecasting.forecaster import Forecaster"),
        ("transit.store.vehicles", "from transit.forecasting.forecaster import Forecaster"),
        ("gtfs.reader", "from transit.store.networks import load_network"),
        ("gps_ingest.ingest.process", "import web.live.process"),
        ("gps_ingest.ingest.process", "from gtfs.reader import read_network"),
        ("gps_ingest.mqtt", "from transit.plan.network import Network"),
        ("gps_ingest.ingest.process", "import paho.mqtt.client"),
        ("web.api.v1", "from gps_ingest.decoder import decode"),
        ("web.api.v1", "from web.pages.riders import home"),
        ("web.api.v1", "import sqlalchemy"),
        ("web.pages.riders", "from web.pages.map import map_page"),
        ("web.pages.riders", "from transit.forecasting.forecaster import Forecaster"),
        ("web.live.process", "from web.pages.riders import home"),
        ("web.words.phrasing", "from transit.store.alerts import load_alerts"),
        ("maps.layers", "from gtfs.reader import read_network"),
        ("gps_ingest.simulation.simulator", "from transit.tracking.matcher import match"),
        ("gps_ingest.simulation.simulator", "from transit.tracking import matcher"),
        ("gps_ingest.doctor", "import click"),
        ("app", "from gps_ingest.ingest.facts import Ingest"),
    ],
)
def test_a_planted_violation_is_seen(module: str, source: str) -> None:
    assert violations(module, source)


def test_no_modules_import_each_other_in_a_circle() -> None:
    found = circles({module: path.read_text(encoding="utf-8") for module, path in modules().items()})
    assert not found, "\n".join(" -> ".join(circle) for circle in found)


def test_a_planted_circle_is_seen() -> None:
    assert circles({"a": "import b", "b": "def f():\n    from c import g", "c": "from a import h"}) == [["a", "b", "c", "a"]]
    assert circles({"a": "import b", "b": ""}) == []


def test_every_module_that_a_table_names_exists() -> None:
    named = {*MAY_IMPORT, *NEVER, *(name for never in NEVER.values() for name in never)}
    named |= {name for names in MAY_IMPORT.values() for name in names}
    named |= {home for homes in HOMES.values() for home in homes}
    ours = {room.split(".")[0] for room in MAY_IMPORT}
    named |= {name for _, names in PROCESS_MUST_NOT_LOAD.values() for name in names if name.split(".")[0] in ours}
    assert sorted(named - set(modules())) == []


@pytest.mark.parametrize("process", PROCESS_MUST_NOT_LOAD)
def test_a_process_loads_nothing_that_it_does_not_need(process: str) -> None:
    begins, forbidden = PROCESS_MUST_NOT_LOAD[process]
    assert loaded_by(begins) & forbidden == set()


def test_a_process_that_loads_too_much_is_seen() -> None:
    begins, forbidden = PROCESS_MUST_NOT_LOAD["a web worker"]
    assert "web.live.process" in loaded_by(f"{begins}\nimport web.live.process") & forbidden


def loaded_by(begins: str) -> set[str]:
    """The modules of a fresh interpreter after these lines."""
    code = f"{begins}\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


def test_our_packages_are_those_of_this_tree() -> None:
    for room in ("transit", "gps_ingest", "gtfs", "maps", "web", "commands"):
        __import__(room)
        assert Path(sys.modules[room].__file__ or "").is_relative_to(HOUSE)


def test_no_module_is_named_like_the_standard_library() -> None:
    taken = [module for module in modules() if module.split(".")[0] in sys.stdlib_module_names]
    assert not taken


PAGE = HOUSE / "docs" / "ARCHITECTURE.md"
SIGNATURE = re.compile(r"`((?:[a-z_]+\.)+(?:[A-Z]\w+\.)?[a-z]\w*)\(([^)`]*)\) -> ([^`]+)`")


def named_signatures() -> list[tuple[str, list[str], str]]:
    """Dotted name, parameters and result of each signature that the page on architecture names."""
    rows = SIGNATURE.findall(PAGE.read_text(encoding="utf-8"))
    return [(name, [word.strip() for word in words.split(",") if word.strip()], kind) for name, words, kind in rows]


def signature_of(name: str) -> tuple[list[str], str]:
    """Parameters (without self) and result, the latter without the module in front of a type."""
    parts = name.split(".")
    depth = next(n for n in range(len(parts), 0, -1) if ".".join(parts[:n]) in modules())
    thing: Any = importlib.import_module(".".join(parts[:depth]))
    for part in parts[depth:]:
        thing = getattr(thing, part)
    signature = inspect.signature(thing)
    result = re.sub(r"\b[a-z_]+\.(?=[A-Z])", "", str(signature.return_annotation))
    return [word for word in signature.parameters if word != "self"], result


@pytest.mark.parametrize(("name", "parameters", "result"), named_signatures())
def test_the_page_on_architecture_names_signatures_as_they_are(name: str, parameters: list[str], result: str) -> None:
    assert signature_of(name) == (parameters, result.replace("\\|", "|"))


def test_a_signature_that_the_page_has_wrong_is_seen() -> None:
    assert len(named_signatures()) > 12
    assert signature_of("gtfs.writer.write_network") == (["network"], "bytes")
    assert signature_of("gtfs.writer.write_network") != (["network", "path"], "bytes")


def test_every_module_that_a_document_names_exists() -> None:
    named = {
        (page.name, name)
        for page in (PAGE, *(HOUSE / "docs" / "decisions").glob("*.md"), HOUSE / "docs" / "GLOSSARY.md")
        for name in re.findall(r"`((?:[a-z_]+/)+[a-z_]+\.py)`", page.read_text(encoding="utf-8"))
    }
    assert sorted((page, name) for page, name in named if not (HOUSE / name).exists()) == []


# names that say nothing of what they hold
EMPTY_WORDS = {"found", "one", "said", "told"}


def empty_words(source: str) -> list[tuple[int, str]]:
    """Line and name of every function, argument and variable that is called by an empty word; fields of classes are not."""
    names: list[tuple[int, str]] = []
    tree = ast.parse(source)
    rows = [row for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for row in node.body]
    fields = {id(row.target) for row in rows if isinstance(row, ast.AnnAssign)}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            names.append((node.lineno, node.name))
        elif isinstance(node, ast.arg):
            names.append((node.lineno, node.arg))
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and id(node) not in fields:
            names.append((node.lineno, node.id))
    return [(line, name) for line, name in names if name.strip("_") in EMPTY_WORDS]


def test_names_say_what_they_hold() -> None:
    sources = {module: path.read_text(encoding="utf-8") for module, path in modules().items() if ".migrations" not in module}
    assert {module: words for module, source in sources.items() if (words := empty_words(source))} == {}


def test_an_empty_word_is_seen() -> None:
    planted = "def told(one):\n    said = [found for found in one]"
    assert sorted(empty_words(planted)) == [(1, "one"), (1, "told"), (2, "found"), (2, "said")]
    assert empty_words("def rows(stop):\n    return [row for row in stop.said if row.told]") == []


# Whoever reads a number in a function must know what it is: these say so by themselves (units, halves, percentages, places).
CLEAR_NUMBERS = {0, 0.5, 1, 2, 3, 4, 10, 24, 60, 90, 100, 180, 360, 1000, 3600}
NUMBERED_ROOMS = tuple(
    f"transit.{room}" for room in ("plan", "tracking", "forecasting", "arrivals", "control", "quality", "operations")
)
LETTERED_ROOMS = ("transit.tracking", "transit.forecasting")
CLEAR_LETTERS = set("ijknxyt_")  # indices, places and Unix seconds


def bare_numbers(source: str) -> list[tuple[int, float]]:
    """Line and value of every number in a function that no constant names."""
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    constants = [node for function in functions for node in ast.walk(function) if isinstance(node, ast.Constant)]
    numbers = [(node.lineno, node.value) for node in constants if type(node.value) in (int, float)]
    return sorted({(line, value) for line, value in numbers if value not in CLEAR_NUMBERS})  # type: ignore[misc]


def letters(source: str) -> list[tuple[int, str]]:
    """Line and name of every argument and variable of one letter that is no index, place or time."""
    nodes = list(ast.walk(ast.parse(source)))
    names = [(node.lineno, node.id) for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)]
    names += [(node.lineno, node.arg) for node in nodes if isinstance(node, ast.arg)]
    return sorted((line, name) for line, name in names if len(name) == 1 and name not in CLEAR_LETTERS)


def _of_rooms(rooms: tuple[str, ...]) -> dict[str, str]:
    return {module: path.read_text(encoding="utf-8") for module, path in modules().items() if module.startswith(rooms)}


def test_numbers_of_the_core_have_names() -> None:
    assert {module: rows for module, source in _of_rooms(NUMBERED_ROOMS).items() if (rows := bare_numbers(source))} == {}


def test_matching_and_forecasting_have_no_names_of_one_letter() -> None:
    assert {module: rows for module, source in _of_rooms(LETTERED_ROOMS).items() if (rows := letters(source))} == {}


def test_a_bare_number_and_a_letter_are_seen() -> None:
    assert bare_numbers("FAR_M = 70.0\ndef f(x):\n    return x * 70.0 + 60") == [(3, 70.0)]
    assert letters("def f(x, s):\n    q = [n for n in s]") == [(1, "s"), (2, "q")]


MANY = 5  # a value of so many fields is built by keyword


def fields_of(sources: Iterable[str]) -> dict[str, int]:
    """Class -> its fields, of every dataclass, named tuple and struct of ours that has many."""
    counts: dict[str, int] = {}
    for source in sources:
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef) and is_value(node):
                count = sum(isinstance(row, ast.AnnAssign) for row in node.body)
                if count >= MANY:
                    counts[node.name] = count
    return counts


def is_value(node: ast.ClassDef) -> bool:
    """Whether a class is made of its fields: a named tuple, a struct or a dataclass."""
    words = {ast.unparse(word).partition("(")[0].rpartition(".")[2] for word in (*node.bases, *node.decorator_list)}
    return bool(words & {"NamedTuple", "Struct", "dataclass"})


def built_by_place(source: str, many: Iterable[str]) -> list[tuple[int, str]]:
    """Line and class of each value of many fields that is built by place: five or more of them, or a starred row."""
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    names = [(call, getattr(call.func, "id", getattr(call.func, "attr", ""))) for call in calls]
    by_place = [(call, name) for call, name in names if name in many and len(call.args) >= MANY]
    starred = [(call, name) for call, name in names if name in many and any(isinstance(arg, ast.Starred) for arg in call.args)]
    return sorted({(call.lineno, name) for call, name in (*by_place, *starred)})


def test_a_value_of_many_fields_is_built_by_keyword() -> None:
    sources = {module: path.read_text(encoding="utf-8") for module, path in modules().items()}
    many = fields_of(sources.values())
    assert {module: places for module, source in sources.items() if (places := built_by_place(source, many))} == {}


def test_a_value_that_is_built_by_place_is_seen() -> None:
    many = fields_of(["class Row(NamedTuple):\n    a: int\n    b: int\n    c: int\n    d: int\n    e: int"])
    assert many == {"Row": 5}
    assert built_by_place("Row(1, 2, 3, 4, 5)\nx.Row(*row)\nRow(1, 2, c=3, d=4, e=5)\nOther(1, 2, 3, 4, 5)", many) == [
        (1, "Row"), (2, "Row"),
    ]  # fmt: skip


def shared_class_names(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Class -> the modules that define one of that name, where there are several."""
    homes: dict[str, list[str]] = {}
    for module, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ClassDef):
                homes.setdefault(node.name, []).append(module)
    return {name: places for name, places in homes.items() if len(places) > 1}


# Public functions that have one name in several modules: of a kind of thing that is asked of each (the troubles of one look),
# and what a web server or Alembic calls by name.
SAME_BY_KIND = {"load", "serve", "troubles", "upgrade"}
# Constants that each module has for itself, of whatever value: its format, its pace, its patience, what was fitted to it.
OF_EACH = {
    "ANSWERS_WITHIN_S", "FORMAT", "HALF_LIFE_S", "KEPT_S", "LEAST", "LEVEL", "LOOK_EVERY_S", "STEP_S", "TURN_S", "WAIT_S",
    "WHY_LETTERS",
}  # fmt: skip
# Templates and messages call these by the name of their module: say.clock, words.minutes.
SPOKEN_ROOM = "web.words"


def shared_function_names(sources: Mapping[str, str]) -> dict[str, list[str]]:
    """Public function -> the modules that define one of that name, where several do; pages and commands are not asked."""
    homes: dict[str, list[str]] = {}
    for module, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_") and not is_addressed(node):
                homes.setdefault(node.name, []).append(module)
    return {name: places for name, places in homes.items() if len(places) > 1 and name not in SAME_BY_KIND}


def is_addressed(node: ast.FunctionDef) -> bool:
    """Whether a function is called by its address or on the command line, and not by its name."""
    words = {
        word.func.attr for word in node.decorator_list if isinstance(word, ast.Call) and isinstance(word.func, ast.Attribute)
    }
    return bool(words & {"get", "post", "route", "command", "group"})


def shared_constants(sources: Mapping[str, str]) -> dict[tuple[str, str], list[str]]:
    """(constant, value) -> the modules that write it down, where there are several; of numbers and of values made of them."""
    homes: dict[tuple[str, str], list[str]] = {}
    for module, source in sources.items():
        for node in ast.parse(source).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
                value = ast.unparse(node.value)
                if any(letter.isdigit() for letter in value):
                    homes.setdefault((node.targets[0].id, value), []).append(module)
    return {constant: places for constant, places in homes.items() if len(places) > 1}


def words_with_two_rows(glossary: str) -> list[str]:
    """The bold words at the head of more than one row."""
    heads = [line.split("|")[1] for line in glossary.splitlines() if line.startswith("| **")]
    words = [word for head in heads for word in re.findall(r"\*\*([^*]+)\*\*", head)]
    return sorted({word for word in words if words.count(word) > 1})


def test_a_word_is_one_thing() -> None:
    ours = {
        module: path.read_text(encoding="utf-8") for module, path in modules().items() if not module.startswith("benchmarks")
    }
    assert shared_class_names(ours) == {}
    assert words_with_two_rows((HOUSE / "docs" / "GLOSSARY.md").read_text(encoding="utf-8")) == []


def test_a_function_and_a_number_have_one_home() -> None:
    sources = {module: path.read_text(encoding="utf-8") for module, path in modules().items()}
    ours = {module: source for module, source in sources.items() if not module.startswith("benchmarks")}
    assert shared_function_names({module: ours[module] for module in ours if not module.startswith(SPOKEN_ROOM)}) == {}
    assert {constant: places for constant, places in shared_constants(ours).items() if constant[0] not in OF_EACH} == {}


def test_a_function_or_a_number_with_two_homes_is_seen() -> None:
    page = '@pages.get("/x")\ndef form(): ...'
    assert shared_function_names({"a": "def score(): ...", "b": "def score(): ...\ndef _own(): ..."}) == {"score": ["a", "b"]}
    assert shared_function_names({"a": page, "b": page}) == {}
    assert shared_constants({"a": "FAR_M = 70.0", "b": "FAR_M = 70.0", "c": "FAR_M = 80.0"}) == {("FAR_M", "70.0"): ["a", "b"]}


def test_a_word_that_is_two_things_is_seen() -> None:
    assert shared_class_names({"a": "class Row: ...", "b": "class Row: ...\nclass Line: ..."}) == {"Row": ["a", "b"]}
    assert words_with_two_rows("| **way** | a |\n| **a**, **b** | c |\n| **way** (`Way`) | d |") == ["way"]


# where a test stands that is named after no module but those of another folder: the command line and the benchmarks as a whole
WHOLE = {"", "commands", "benchmarks"}


def misplaced_tests(tests: Iterable[str], names: Iterable[str]) -> list[str]:
    """Tests (paths below tests/) whose folder is no room of ours, or that are named after a module of another room only."""
    homes: dict[str, set[str]] = {}
    for module in names:
        room, _, name = module.rpartition(".")
        homes.setdefault(name, set()).add(room)
    rooms = {room for of_name in homes.values() for room in of_name}
    rooms |= {".".join(room.split(".")[:n]) for room in rooms for n in range(1, room.count(".") + 2)}
    misplaced = []
    for test in tests:
        room, _, file = test.rpartition("/")
        room, name = room.replace("/", "."), file.removeprefix("test_").removesuffix(".py")
        named = homes.get(name, set())
        is_at_home = not named or room in named or room.rpartition(".")[2] == name or (room == "" and bool(named & WHOLE))
        if (room and room not in rooms) or not is_at_home:
            misplaced.append(test)
    return misplaced


def test_tests_stand_where_what_they_test_stands() -> None:
    folder = HOUSE / "tests"
    tests = [str(path.relative_to(folder)) for path in sorted(folder.rglob("test_*.py"))]
    assert misplaced_tests(tests, modules()) == []


def test_a_test_that_stands_elsewhere_is_seen() -> None:
    names = ["transit.plan.geometry", "web.pages.map", "commands.run", "app"]
    tests = ["transit/plan/test_geometry.py", "transit/plan/test_two_loops.py", "test_run.py", "test_app.py", "web/test_map.py"]
    assert misplaced_tests([*tests, "maps/test_svg.py", "test_geometry.py"], names) == [
        "web/test_map.py", "maps/test_svg.py", "test_geometry.py",
    ]  # fmt: skip
