"""A morning of a small fleet gives what it gave before: each status, each call, each prediction with its interval."""

from __future__ import annotations

from itertools import zip_longest

from tests.one_morning import EXPECTED, lines

NEAR = 0.11  # a number is written to a tenth; another processor may round it the other way


def differs(now: str | None, before: str | None) -> bool:
    if now is None or before is None:
        return True
    cells = list(zip_longest(now.split(","), before.split(",")))
    return any(mine != old and not _is_near(mine, old) for mine, old in cells)


def _is_near(mine: str | None, old: str | None) -> bool:
    try:
        return mine is not None and old is not None and abs(float(mine) - float(old)) <= NEAR
    except ValueError:
        return False


def test_a_morning_goes_as_it_went_before() -> None:
    """After a change that is meant: python -m tests.one_morning, and look at the difference that git shows."""
    before = EXPECTED.read_text(encoding="utf-8").splitlines()
    changes = [f"{old}  ->  {mine}" for mine, old in zip_longest(lines(), before) if differs(mine, old)]
    assert changes[:12] == [], f"{len(changes)} of {len(before)} lines differ"


def test_another_word_a_number_elsewhere_and_a_line_too_many_are_seen() -> None:
    assert not differs("call,A,10.0", "call,A,10.1")
    assert differs("call,A,10.0", "call,A,10.3")
    assert differs("call,A,10.0", "call,B,10.0")
    assert differs("call,A", "call,A,10.0")
    assert differs("call,A", None)
