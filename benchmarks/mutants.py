"""make mutants: a seeded sample of small faults planted in the core, and which of them the tests notice.

    python -m benchmarks.mutants [--count 200] [--seed 1] [--minutes 60] [--only transit/arrivals]

1. The five pinned days (docs/decisions/0079) run once; which lines of the core each runs is written down (coverage.py).
2. Each fault is planted alone, in a process of its own that imports the core with it. The days that run its line are played,
   the shortest first, until one line is not as it was written down. The days of a constant are those that run a line which
   names it. A fault that makes them fail, or go on for DAYS_S of CPU time, is noticed.
3. Those that no day notices meet the unit tests, without the slow ones: of the files that import the faulty module, the one
   named after it first, until a test fails or TESTS_S of CPU time is used up.
4. Prints the share that survived by module, and each survivor with its change.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import islice
from pathlib import Path
from types import CodeType
from typing import Any

import coverage
import hypothesis  # noqa: F401  (loaded once, before the processes part, as are numpy, shapely and msgspec)
import msgspec  # noqa: F401
import numpy as np  # noqa: F401
import pytest
import shapely  # noqa: F401

HOUSE = Path(__file__).resolve().parent.parent
CORE = ("plan", "tracking", "forecasting", "arrivals", "quality")
DAYS = ("one_plan", "one_tracker", "one_morning", "one_week", "one_board")  # tests/<day>.py, beside tests/cases/<day>.csv
TESTS = ("tests/transit", "tests/gtfs", "tests/gps_ingest", "tests/web")  # the core's own tests first
DAYS_S = 90.0  # of CPU time: all five need less than ten
TESTS_S = 60.0  # the same of unit tests
HANGS_S = 3600.0  # by the clock: a process that waits for ever; on a busy machine 90 s of CPU time may take half an hour
PROCESSES = os.cpu_count() or 1

OTHER_OPERATOR: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip
OTHER_NAME = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True)
class Mutant:
    """One fault: the module's text with it, and the line before and after."""

    path: str
    line: int
    before: str
    after: str
    text: str
    lines: frozenset[int]  # of the statement that it is in, where that stands in a function;
    names: frozenset[str]  # else what is defined there


class Notice(Enum):
    """Who noticed a fault."""

    DAY = "a day"
    TEST = "a test"
    NOBODY = "nobody"


@dataclass(frozen=True)
class DayMap:
    """Which days run which line, and how much CPU time each takes."""

    days_of: dict[str, dict[int, list[str]]]  # path -> line -> days
    seconds: dict[str, float]

    def of(self, mutant: Mutant) -> list[str]:
        """The days that can notice a fault, the shortest first."""
        if mutant.lines:
            places = [(mutant.path, line) for line in mutant.lines]
        else:
            places = [place for path in self.days_of for place in _uses(path, mutant.names)]
        chosen = {day for path, line in places for day in self.days_of.get(path, {}).get(line, ())}
        return sorted(chosen, key=lambda day: (self.seconds[day], day))


def _uses(path: str, names: Iterable[str]) -> Iterator[tuple[str, int]]:
    words = re.compile(r"\b(" + "|".join(map(re.escape, sorted(names))) + r")\b")
    for number, line in enumerate((HOUSE / path).read_text(encoding="utf-8").splitlines(), 1):
        if words.search(line):
            yield path, number


def faults_of(node: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """(parent's child as it is, the child that replaces it) for each fault that can be planted at this node."""
    match node:
        case ast.Compare(left=left, ops=[operator], comparators=right):
            yield node, ast.Compare(left, [OTHER_OPERATOR[type(operator)]()], right)  # type: ignore[list-item]
        case ast.BinOp(left=left, op=operator, right=other) if type(operator) in OTHER_OPERATOR:
            yield node, ast.BinOp(left, OTHER_OPERATOR[type(operator)](), other)  # type: ignore[arg-type]
        case ast.BoolOp(op=operator, values=values):
            yield node, ast.BoolOp(OTHER_OPERATOR[type(operator)](), values)  # type: ignore[arg-type]
        case ast.UnaryOp(op=ast.Not() | ast.USub(), operand=operand):
            yield node, operand
        case ast.Constant(value=bool(value)):
            yield node, ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield node, ast.Constant(value * 2 if value else 1)
        case ast.Name(id=name) if name in OTHER_NAME:
            yield node, ast.Name(OTHER_NAME[name], node.ctx)
        case ast.Expr(value=ast.Call()):
            yield node, ast.Pass()
        case ast.If(test=test):
            yield test, ast.Constant(True)
            yield test, ast.Constant(False)


def mutants_of(path: str, text: str) -> Iterator[Mutant]:
    """Every fault of one module. Types, names in docstrings and log messages are left alone."""
    lines = text.splitlines()
    tree = ast.parse(text)
    places = dict(_places_of(tree))
    for node in _code_of(tree):
        for old, new in faults_of(node):
            line, column, last, end = _place(old)
            written = ast.unparse(new)
            written = written if isinstance(new, ast.Pass | ast.Constant | ast.Name) else f"({written})"
            head = lines[line - 1].encode()[:column].decode()
            tail = lines[last - 1].encode()[end:].decode()
            changed = [*lines[: line - 1], f"{head}{written}{tail}", *lines[last:]]
            run_with, names = places.get(line, (frozenset(), frozenset()))
            yield Mutant(
                path=path,
                line=line,
                before=lines[line - 1].strip(),
                after=f"{head}{written}{tail}".strip(),
                text="\n".join(changed) + "\n",
                lines=run_with,
                names=names,
            )


def _places_of(tree: ast.Module) -> Iterator[tuple[int, tuple[frozenset[int], frozenset[str]]]]:
    """line -> lines of its statement, if in a function; else the names that are defined there. Inner statements come later."""

    def visit(statement: ast.stmt, is_in_function: bool, owner: str) -> Iterator[Any]:
        own = frozenset(_own_lines(statement))
        if is_in_function:
            yield from ((line, (own, frozenset[str]())) for line in own)
        else:
            names = frozenset(_defined(statement)) or frozenset({owner})
            yield from ((line, (frozenset[int](), names)) for line in own)
        inside = is_in_function or isinstance(statement, ast.FunctionDef)
        owner = getattr(statement, "name", owner)
        for child in ast.walk(statement):
            for _, value in ast.iter_fields(child) if child is statement or not isinstance(child, ast.stmt) else ():
                for inner in value if isinstance(value, list) else ():
                    if isinstance(inner, ast.stmt):
                        yield from visit(inner, inside, owner)

    for statement in tree.body:
        yield from visit(statement, is_in_function=False, owner="")


def _own_lines(statement: ast.stmt) -> range:
    """The lines of a statement without those of the statements in it."""
    inner = [child.lineno for child in ast.walk(statement) if isinstance(child, ast.stmt) and child is not statement]
    end = min((line for line in inner if line > statement.lineno), default=(statement.end_lineno or statement.lineno) + 1)
    return range(statement.lineno, end)


def _defined(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _place(node: ast.AST) -> tuple[int, int, int, int]:
    """Line and column where it begins and ends; columns count bytes."""
    assert isinstance(node, ast.expr | ast.stmt)
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0


def _code_of(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes that do something when the program runs."""
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases"):
            continue
        for child in value if isinstance(value, list) else [value]:
            is_quiet = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            is_log = isinstance(child, ast.Expr) and ast.unparse(child).startswith("log.")
            is_type = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            is_text = isinstance(child, ast.JoinedStr | ast.Raise)
            if isinstance(child, ast.AST) and not (is_quiet or is_log or is_type or is_text):
                yield from _code_of(child)


def sample(count: int, seed: int, only: str) -> list[Mutant]:
    """The same seed on the same tree is the same sample."""
    files = sorted(path for room in CORE for path in (HOUSE / "transit" / room).glob("*.py"))
    names = [str(path.relative_to(HOUSE)) for path in files]
    every = [
        mutant
        for name in names
        if name.startswith(only)
        for mutant in mutants_of(name, (HOUSE / name).read_text(encoding="utf-8"))
    ]
    return random.Random(seed).sample(every, min(count, len(every)))


def measure_days(target: Path) -> int:
    """Plays each day once and writes down what it runs; returns 1 where one fails. To be called in a process of its own."""
    measured = coverage.Coverage(data_file=None, source=[str(HOUSE / "transit")], config_file=False)
    seconds = {}
    measured.start()
    for day in DAYS:
        measured.switch_context(day)
        started = time.process_time()
        if _differences(day):
            return 1
        seconds[day] = time.process_time() - started
    measured.stop()
    data, days_of = measured.get_data(), {}
    for path in data.measured_files():
        contexts = data.contexts_by_lineno(path)
        days_of[str(Path(path).relative_to(HOUSE))] = {line: [day for day in days if day] for line, days in contexts.items()}
    target.write_text(json.dumps({"days_of": days_of, "seconds": seconds}), encoding="utf-8")
    return 0


def read_map(path: Path) -> DayMap:
    plain = json.loads(path.read_text(encoding="utf-8"))
    days_of = {name: {int(line): days for line, days in lines.items()} for name, lines in plain["days_of"].items()}
    return DayMap(days_of, plain["seconds"])


def _differences(day: str) -> list[str]:
    """The first line of a day that is not as it was written down, or none."""
    pinned, lines = importlib.import_module("tests.pinned"), importlib.import_module(f"tests.{day}")
    return list(islice(pinned.differences(lines.lines(), lines.NAME), 1))


class FaultyLoader(importlib.machinery.SourceFileLoader):
    """Loads a module with another text than the file's."""

    text = ""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.text, self.path, "exec", dont_inherit=True)


class FaultyFinder(importlib.abc.MetaPathFinder):
    """Finds one module with its fault planted."""

    def __init__(self, mutant: Mutant) -> None:
        self.path, self.text = HOUSE / mutant.path, mutant.text
        self.name = ".".join(Path(mutant.path).with_suffix("").parts)

    def find_spec(self, fullname: str, path: object, target: object = None) -> importlib.machinery.ModuleSpec | None:
        if fullname != self.name:
            return None
        loader = FaultyLoader(fullname, str(self.path))
        loader.text = self.text
        return importlib.util.spec_from_file_location(fullname, self.path, loader=loader)


def in_a_process(work: Callable[[], int], cpu_s: float) -> int:
    """Begins work in a process of its own, which ends with what it returns. Says nothing. Returns its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (int(cpu_s), int(cpu_s)))
        signal.alarm(int(HANGS_S))
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = int(work())
    finally:
        os._exit(code)


def days_with(mutant: Mutant, days: list[str]) -> int:
    """1 where a day is not as it was written down (70 where it raises), else 0."""
    sys.meta_path.insert(0, FaultyFinder(mutant))
    return int(any(_differences(day) for day in days))


class FirstFailure:
    """A plugin of pytest: writes down the first test that fails."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed and not self.target.exists():
            self.target.write_text(report.nodeid, encoding="utf-8")


WORDS = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:xdist"]


def tests_with(mutant: Mutant, files: list[str]) -> int:
    """1 where a test fails that passes without the fault, or the tests cannot be loaded, else 0."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "failed"

        def planted() -> int:
            sys.meta_path.insert(0, FaultyFinder(mutant))
            return int(pytest.main([*WORDS, *files], plugins=[FirstFailure(target)]))

        code = os.waitstatus_to_exitcode(os.waitpid(in_a_process(planted, TESTS_S), 0)[1])
        if not target.exists():
            return int(code == pytest.ExitCode.INTERRUPTED)
        failed = target.read_text(encoding="utf-8")
        pid = in_a_process(lambda: int(pytest.main([*WORDS, failed])), TESTS_S)
        return int(os.waitpid(pid, 0)[1] == 0)


def files_of(mutant: Mutant) -> list[str]:
    """The files of tests that import the faulty module: the one named after it first, then the core's own, then others."""
    path = Path(mutant.path)
    module = ".".join(path.with_suffix("").parts)
    own = f"tests/{path.parent}/test_{path.stem}.py"
    imports = re.compile(rf"\b{re.escape(module)}\b|from {re.escape(module.rpartition('.')[0])} import .*\b{path.stem}\b")
    files = [file for folder in TESTS for file in sorted((HOUSE / folder).rglob("test_*.py"))]
    names = [str(file.relative_to(HOUSE)) for file in files if imports.search(file.read_text(encoding="utf-8"))]
    return sorted(names, key=lambda name: name != own)


def planted(mutants: list[Mutant], known: DayMap, until: float) -> Iterator[tuple[Mutant, Notice]]:
    """Each mutant with who noticed it, as they are done; those that meet no day before `until` are left out.

    All of them meet the days before one meets the tests: so a short hour says something of every fault. One that meets no
    tests before `until` has survived.
    """
    left: list[Mutant] = []
    for mutant, is_noticed in _tried([(mutant, known.of(mutant)) for mutant in mutants], days_with, DAYS_S, until):
        if is_noticed:
            yield mutant, Notice.DAY
        else:
            left.append(mutant)
    met = set()
    for mutant, is_noticed in _tried([(mutant, files_of(mutant)) for mutant in left], tests_with, DAYS_S, until):
        met.add(id(mutant))
        yield mutant, Notice.TEST if is_noticed else Notice.NOBODY
    yield from ((mutant, Notice.NOBODY) for mutant in left if id(mutant) not in met)


def _tried(
    trials: list[tuple[Mutant, list[str]]], work: Callable[[Mutant, list[str]], int], cpu_s: float, until: float
) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant, after `work` in a process of its own, with whether it was noticed."""
    waiting, running = list(reversed(trials)), dict[int, Mutant]()
    while waiting or running:
        while waiting and len(running) < PROCESSES and time.monotonic() < until:
            mutant, names = waiting.pop()
            if not names:
                yield mutant, False
                continue
            running[in_a_process(lambda mutant=mutant, names=names: work(mutant, names), cpu_s)] = mutant  # type: ignore[misc]
        if not running:
            return
        pid, status = os.waitpid(-1, 0)
        yield running.pop(pid), status != 0


def report(done: list[tuple[Mutant, Notice]], planned: int, seconds: float) -> Iterator[str]:
    """Lines to print: by module, in all, then the survivors."""
    by = {notice: Counter(mutant.path for mutant, who in done if who is notice) for notice in Notice}
    yield f"{'module':46}{'planted':>8}{'a day':>7}{'a test':>8}{'survived':>9}"
    for path in sorted({mutant.path for mutant, _ in done}):
        counts = [by[notice][path] for notice in Notice]
        yield f"{path:46}{sum(counts):8}{counts[0]:7}{counts[1]:8}{counts[2]:9}"
    counts = [by[notice].total() for notice in Notice]
    share = counts[2] / max(len(done), 1)
    words = f"{share:.0%} survived; {planned} planned, {seconds / 60:.0f} min"
    yield f"{'all':46}{len(done):8}{counts[0]:7}{counts[1]:8}{counts[2]:9}   {words}"
    for mutant, who in done:
        if who is Notice.NOBODY:
            yield f"{mutant.path}:{mutant.line}\n    - {mutant.before}\n    + {mutant.after}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--only", default="transit/")
    wanted = parser.parse_args()
    os.chdir(HOUSE)
    sys.path.insert(0, str(HOUSE))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "map.json"
        _, status = os.waitpid(in_a_process(lambda: measure_days(path), DAYS_S), 0)
        if status:
            sys.exit("A pinned day is not as it was written down, without a fault: nothing can be said.")
        known = read_map(path)
    print(f"which day runs which line: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    chosen = sample(wanted.count, wanted.seed, wanted.only)
    done: list[tuple[Mutant, Notice]] = []
    for mutant, by in planted(chosen, known, started + 60 * wanted.minutes):
        done.append((mutant, by))
        print(f"{len(done)} {mutant.path}:{mutant.line} noticed by {by.value}: {mutant.after}", file=sys.stderr, flush=True)
    print("\n".join(report(done, len(chosen), time.monotonic() - started)))


if __name__ == "__main__":
    main()
