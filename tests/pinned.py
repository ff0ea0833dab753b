"""What is written down line by line, and compared: numbers to their last digit, which may round the other way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import zip_longest
from pathlib import Path

CASES = Path(__file__).parent / "cases"
UNITS = 1.1  # of the last digit that is written: so much may another processor's arithmetic differ


def differs(now: str | None, before: str | None) -> bool:
    if now is None or before is None:
        return True
    cells = zip_longest(_cells(now), _cells(before))
    return any(mine != old and not _is_near(mine, old) for mine, old in cells)


def _cells(row: str) -> list[str]:
    return row.replace(",", " , ").split(" ")


def _is_near(mine: str | None, old: str | None) -> bool:
    if mine is None or old is None:
        return False
    decimals = len(old.partition(".")[2])
    try:
        return decimals > 0 and abs(float(mine) - float(old)) <= UNITS * 10.0**-decimals
    except ValueError:
        return False


def changes(lines: Iterable[str], name: str) -> list[str]:
    """The lines that are not as they were written down, both ways of each."""
    return list(differences(lines, name))


def differences(lines: Iterable[str], name: str) -> Iterator[str]:
    """The same, one by one as the lines come."""
    before = (CASES / name).read_text(encoding="utf-8").splitlines()
    return (f"{old}  ->  {mine}" for mine, old in zip_longest(lines, before) if differs(mine, old))


def write(lines: Iterable[str], name: str) -> Path:
    target = CASES / name
    target.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return target


def line(*cells: object) -> str:
    """One line; a number to a tenth, a moment as 23T07:00:05.0 (UTC)."""
    return ",".join(map(_cell, cells))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value)
        case float():
            return f"{value:.1f}"
        case datetime():
            return f"{value:%dT%H:%M:%S}.{value.microsecond // 100_000}"
        case tuple() | list() | set() | frozenset():
            return " ".join(map(_cell, sorted(value, key=str) if isinstance(value, set | frozenset) else value))
    return str(value).replace(",", ";")
