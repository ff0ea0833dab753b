"""Minutes and stops in a rider's words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import at
from web.words import phrasing

NOW = at(7)


@pytest.fixture(autouse=True)
def english(town):
    with town.app().test_request_context("/?lang=en"):
        yield


def in_minutes(minutes: float):
    return NOW + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("low", "high", "said"),
    [
        (4.0, 7.0, "5 min"),  # three minutes wide: one number says it
        (4.0, 7.02, "4–8 min"),  # wider: the lower end rounded down, the upper up
        (4.9, 8.1, "4–9 min"),
        (0.2, 6.0, "1–6 min"),  # never "0"
    ],
)
def test_a_wide_interval_is_a_range_that_covers_it_and_a_narrow_one_a_number(low, high, said):
    assert phrasing.minutes(in_minutes(5.5), NOW, in_minutes(low), in_minutes(high)) == said


def test_a_bus_that_is_here_is_no_range():
    assert phrasing.minutes(in_minutes(0.4), NOW, NOW, in_minutes(5)) == "now"


@pytest.mark.parametrize(("count", "said"), [(0, "next stop"), (1, "1 stop away"), (2, "2 stops away")])
def test_how_many_stops_away(count, said):
    assert phrasing.stops_away(count) == said


@pytest.mark.parametrize(("seconds", "clock"), [(6.5 * 3600, "06:30"), (25 * 3600 + 10 * 60 + 59, "01:10"), (0, "00:00")])
def test_seconds_of_a_service_day_are_a_time_of_day(seconds, clock):
    assert phrasing.clock_of_day(seconds) == clock


def test_three_minutes_are_no_range_yet():
    assert not phrasing.is_wide(in_minutes(4), in_minutes(7))
    assert phrasing.is_wide(in_minutes(4), in_minutes(7.02))
    assert not phrasing.is_wide(None, None)
