"""The plan of a small city answers what it answered before: patterns, timetables, hours, journeys, the choice of a trip."""

from __future__ import annotations

from tests.one_plan import NAME, lines
from tests.pinned import changes


def test_a_plan_answers_as_it_answered_before() -> None:
    """After a change that is meant: python -m tests.one_plan, and look at the difference that git shows."""
    assert changes(lines(), NAME)[:12] == []
