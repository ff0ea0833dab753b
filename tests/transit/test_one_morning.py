"""A morning of a small fleet gives what it gave before: each status, each call, each prediction with its interval."""

from __future__ import annotations

from tests.one_morning import NAME, lines
from tests.pinned import changes


def test_a_morning_goes_as_it_went_before() -> None:
    """After a change that is meant: python -m tests.one_morning, and look at the difference that git shows."""
    assert changes(lines(), NAME)[:12] == []
