"""A week teaches the forecaster what it taught before, and every method predicts from it what it predicted before."""

from __future__ import annotations

from tests.one_week import NAME, lines
from tests.pinned import changes


def test_a_week_teaches_what_it_taught_before() -> None:
    """After a change that is meant: python -m tests.one_week, and look at the difference that git shows."""
    assert changes(lines(), NAME)[:12] == []
