"""Walking: so many metres of straight line, the street being longer."""

from __future__ import annotations

import pytest

from transit.plan.walking import walk_s


def test_a_hundred_metres_of_straight_line_are_less_than_two_minutes() -> None:
    assert walk_s(100.0) == pytest.approx(108.3, abs=0.1)
    assert walk_s(0.0) == 0.0
