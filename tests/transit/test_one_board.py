"""What is shown of a small city's day is what was shown before: rows, notices, displays, figures, verdicts."""

from __future__ import annotations

from tests.one_board import NAME, lines
from tests.pinned import changes


def test_boards_show_what_they_showed_before() -> None:
    """After a change that is meant: python -m tests.one_board, and look at the difference that git shows."""
    assert changes(lines(), NAME)[:12] == []
