"""Single trackers are believed as they were believed before: refusals, clocks, fields, places, and each line's weight."""

from __future__ import annotations

from tests.one_tracker import NAME, lines
from tests.pinned import changes


def test_trackers_are_believed_as_they_were_before() -> None:
    """After a change that is meant: python -m tests.one_tracker, and look at the difference that git shows."""
    assert changes(lines(), NAME)[:12] == []
