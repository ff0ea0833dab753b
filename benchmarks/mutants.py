"""make mutants: a seeded sample of small faults planted in the core, and which of them the tests notice.

Each fault is planted alone in a copy of the tree. The tests of its module run first, then those of its room, then the rest
of tests/transit. A fault that makes the tests hang is noticed. Prints the share that survived by module, and each survivor with
its change.
    python -m benchmarks.mutants [--count 200] [--seed 1] [--minutes 60] [--only transit/arrivals]
"""

from __future__ import annotations

import argparse
import ast
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HOUSE = Path(__file__).resolve().parent.parent
CORE = ("plan", "tracking", "forecasting", "arrivals", "quality")
COPIED = ("transit", "gtfs", "gps_ingest", "maps", "web", "commands", "tests", "data", "benchmarks", "app.py", "pyproject.toml")
LONGEST_S = 180.0  # of one run of tests: a fault may make them hang

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
    for node in _code_of(ast.parse(text)):
        for old, new in faults_of(node):
            line, column, last, end = _place(old)
            written = ast.unparse(new)
            written = written if isinstance(new, ast.Pass | ast.Constant | ast.Name) else f"({written})"
            head = lines[line - 1].encode()[:column].decode()
            tail = lines[last - 1].encode()[end:].decode()
            changed = [*lines[: line - 1], f"{head}{written}{tail}", *lines[last:]]
            yield Mutant(path, line, lines[line - 1].strip(), f"{head}{written}{tail}".strip(), "\n".join(changed) + "\n")


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


def notices(mutant: Mutant, tree: Path) -> bool:
    """Whether any test of the room, or of the core, fails or hangs."""
    target = tree / mutant.path
    original = target.read_text(encoding="utf-8")
    target.write_text(mutant.text, encoding="utf-8")
    try:
        return any(_fails(tree, *words) for words in stages(mutant.path, tree))
    finally:
        target.write_text(original, encoding="utf-8")


def stages(path: str, tree: Path) -> list[tuple[str, ...]]:
    """What is run of the tests, one after the other: those of the module itself, of its room, of the whole core."""
    module = Path(path)
    room = f"tests/{module.parent}"
    own = f"{room}/test_{module.name}"
    first = [(own,)] if (tree / own).exists() else []
    return [*first, (room,), ("tests/transit", f"--ignore={room}")]


def _fails(tree: Path, *words: str) -> bool:
    command = [sys.executable, "-B", "-m", "pytest", "-x", "-q", "-m", "not slow", "-p", "no:cacheprovider", *words]
    try:
        return subprocess.run(command, cwd=tree, capture_output=True, timeout=LONGEST_S, check=False).returncode != 0
    except subprocess.TimeoutExpired:
        return True


def copy_of_the_house(folder: Path) -> Path:
    for name in COPIED:
        source = HOUSE / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, folder / name)
    return folder


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
    wanted = parser.parse_args()
    started = time.monotonic()
    chosen = sample(wanted.count, wanted.seed, wanted.only)
    done: list[tuple[Mutant, bool]] = []
    with tempfile.TemporaryDirectory() as folder:
        tree = copy_of_the_house(Path(folder))
        if _fails(tree, f"tests/{wanted.only}" if (tree / "tests" / wanted.only).is_dir() else "tests/transit"):
            sys.exit("The tests fail without any fault: nothing can be said.")
        for mutant in chosen:
            if time.monotonic() - started > 60 * wanted.minutes:
                break
            done.append((mutant, notices(mutant, tree)))
            print(
                f"{len(done)} {mutant.path}:{mutant.line} {'seen' if done[-1][1] else 'SURVIVED'}", file=sys.stderr, flush=True
            )
    print("\n".join(report(done, len(chosen), time.monotonic() - started)))


if __name__ == "__main__":
    main()
