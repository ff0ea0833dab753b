"""make mutants: a seeded sample of small faults planted in the core, and which of them the tests notice.

    python -m benchmarks.mutants [--count 200] [--seed 1] [--minutes 60] [--only transit/arrivals] [--map FILE]

1. The tests run once, without the slow ones; which lines of the core each runs is written down (coverage.py; kept in --map).
   One that fails then is named and left out.
2. Each fault is planted alone, in a process of its own that imports the faulty module; only the tests that run its line are
   run, the quickest first, until one fails. The tests of a constant are those that run a line which names it. A fault that
   makes them hang is noticed.
3. Prints the share that survived by module, and each survivor with its change.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import random
import re
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import coverage
import hypothesis  # noqa: F401  (loaded once, before the processes part, as are numpy and shapely)
import numpy as np  # noqa: F401
import pytest
import shapely  # noqa: F401

HOUSE = Path(__file__).resolve().parent.parent
CORE = ("plan", "tracking", "forecasting", "arrivals", "quality")
TESTS = ("tests/transit", "tests/gtfs", "tests/gps_ingest", "tests/web")  # the core's own tests first
MOST_S = 120.0  # of tests are run for one fault, the quickest; what none of them notices has survived
SLOWER = 10.0  # times as long as without a fault, and
LONGEST_S = 300.0  # this much on top: then it hangs (on a busy machine a process needs a minute to begin)
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


@dataclass(frozen=True)
class TestMap:
    """Which tests run which line, and how long each takes."""

    tests_of: dict[str, dict[int, list[str]]]  # path -> line -> tests
    seconds: dict[str, float]

    def of(self, mutant: Mutant) -> list[str]:
        """The tests that can notice a fault: the core's own, then others, the quickest first, MOST_S in all."""
        if mutant.lines:
            places = [(mutant.path, line) for line in mutant.lines]
        else:
            places = [place for path in self.tests_of for place in _uses(path, mutant.names)]
        chosen = {test for path, line in places for test in self.tests_of.get(path, {}).get(line, ())}
        tests, total_s = [], 0.0
        for test in sorted(chosen, key=lambda test: (not test.startswith(TESTS[0]), self.seconds.get(test, 0.0), test)):
            total_s += self.seconds.get(test, 0.0)
            if tests and total_s > MOST_S:
                break
            tests.append(test)
        return tests


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


class Recorder:
    """A plugin of pytest: names the test that runs to coverage.py, and writes down how long it takes and whether it fails."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured, self.seconds, self.failed = measured, dict[str, float](), set[str]()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.add(report.nodeid)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.measured.switch_context(item.nodeid)
        started = time.monotonic()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.monotonic() - started
            self.measured.switch_context("")


def measure_tests(target: Path, folders: Sequence[str] = ()) -> None:
    """Runs the tests of the core once and writes what each of them runs."""
    measured = coverage.Coverage(data_file=None, source=[str(HOUSE / "transit")], config_file=False)
    recorder = Recorder(measured)
    measured.start()
    pytest.main([word for word in [*WORDS, *(folders or TESTS)] if word != "-x"], plugins=[recorder])
    measured.stop()
    data, tests_of = measured.get_data(), {}
    for path in data.measured_files():
        contexts = data.contexts_by_lineno(path)
        tests_of[str(Path(path).relative_to(HOUSE))] = {
            line: [name for name in names if name and name not in recorder.failed] for line, names in contexts.items()
        }
    plain = {"tests_of": tests_of, "seconds": recorder.seconds, "failed": sorted(recorder.failed)}
    target.write_text(json.dumps(plain), encoding="utf-8")


WORDS = ["-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", "-p", "no:xdist"]


def read_map(path: Path) -> TestMap:
    plain = json.loads(path.read_text(encoding="utf-8"))
    tests_of = {name: {int(line): tests for line, tests in lines.items()} for name, lines in plain["tests_of"].items()}
    for test in plain["failed"]:
        print(f"left out, it fails without a fault: {test}", file=sys.stderr)
    return TestMap(tests_of, plain["seconds"])


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


def in_a_process(work: Any) -> int:
    """Begins work in a process of its own, which ends with what it returns. Says nothing. Returns its id."""
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.setsid()
        quiet = os.open(os.devnull, os.O_WRONLY)
        os.dup2(quiet, 1)
        os.dup2(quiet, 2)
        code = int(work())
    finally:
        os._exit(code)


def tests_with(mutant: Mutant, tests: list[str]) -> int:
    sys.meta_path.insert(0, FaultyFinder(mutant))
    return int(pytest.main([*WORDS, *tests]))


def planted(mutants: list[Mutant], known: TestMap, until: float) -> Iterator[tuple[Mutant, bool]]:
    """Each mutant with whether it was noticed, as they are done; those not begun before `until` are left out."""
    waiting, running = list(reversed(mutants)), dict[int, tuple[Mutant, float]]()
    while waiting or running:
        while waiting and len(running) < PROCESSES and time.monotonic() < until:
            mutant = waiting.pop()
            tests = known.of(mutant)
            if not tests:
                yield mutant, False
                continue
            longest_s = SLOWER * sum(known.seconds.get(test, 0.0) for test in tests) + LONGEST_S
            pid = in_a_process(lambda mutant=mutant, tests=tests: tests_with(mutant, tests))
            running[pid] = (mutant, time.monotonic() + longest_s)
        if not running:
            return
        for pid, (mutant, ends) in list(running.items()):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended or time.monotonic() > ends:
                if not ended:
                    os.killpg(pid, signal.SIGKILL)
                    os.waitpid(pid, 0)
                del running[pid]
                yield mutant, not ended or status != 0
        time.sleep(0.05)


def report(done: list[tuple[Mutant, bool]], planned: int, seconds: float) -> Iterator[str]:
    """Lines to print: by module, in all, then the survivors."""
    planted = Counter(mutant.path for mutant, _ in done)
    survived = Counter(mutant.path for mutant, is_seen in done if not is_seen)
    yield f"{'module':46}{'planted':>8}{'survived':>9}"
    for path, count in sorted(planted.items()):
        yield f"{path:46}{count:8}{survived[path]:9}"
    share = sum(survived.values()) / max(len(done), 1)
    yield f"{'all':46}{len(done):8}{sum(survived.values()):9}   {share:.0%} survived; {planned} planned, {seconds / 60:.0f} min"
    for mutant, is_seen in done:
        if not is_seen:
            yield f"{mutant.path}:{mutant.line}\n    - {mutant.before}\n    + {mutant.after}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--only", default="transit/")
    parser.add_argument("--map", type=Path, help="which tests run which line: read from here, or written here")
    wanted = parser.parse_args()
    os.chdir(HOUSE)
    sys.path.insert(0, str(HOUSE))
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        path = wanted.map or Path(folder) / "map.json"
        if not path.exists():
            _, status = os.waitpid(in_a_process(lambda: measure_tests(path.absolute()) or 0), 0)
            if status or not path.exists():
                sys.exit("The tests could not be run: nothing can be said.")
            print(f"which tests run which line: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
        known = read_map(path)
    chosen = sample(wanted.count, wanted.seed, wanted.only)
    done: list[tuple[Mutant, bool]] = []
    for mutant, is_noticed in planted(chosen, known, started + 60 * wanted.minutes):
        done.append((mutant, is_noticed))
        word = "noticed" if is_noticed else "SURVIVED"
        print(f"{len(done)} {mutant.path}:{mutant.line} {word}: {mutant.after}", file=sys.stderr, flush=True)
    print("\n".join(report(done, len(chosen), time.monotonic() - started)))


if __name__ == "__main__":
    main()
