"""The operating day: its zero, times past midnight, the two days of the year when clocks change."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from tests.builders import MONDAY, WORKING_DAYS, a_network
from transit.plan.network import CalendarDate
from transit.plan.service_day import format_time, local_date, moment, seconds_of_day, service_day_start, services_on


def test_a_day_without_a_change_of_clocks_counts_from_midnight() -> None:
    assert service_day_start(MONDAY, "Asia/Jakarta") == datetime(2026, 11, 22, 17, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "zero"),
    [
        (date(2026, 3, 8), datetime(2026, 3, 8, 4, tzinfo=UTC)),  # New York springs forward: 23:00 of the day before
        (date(2026, 11, 1), datetime(2026, 11, 1, 5, tzinfo=UTC)),  # and falls back: 01:00 summer time
    ],
)
def test_where_clocks_change_a_day_counts_from_noon_minus_twelve_hours(day: date, zero: datetime) -> None:
    assert service_day_start(day, "America/New_York") == zero
    assert moment(day, 12 * 3600, "America/New_York") == zero + timedelta(hours=12)


def test_a_time_past_midnight_belongs_to_the_day_on_which_it_began() -> None:
    at = moment(MONDAY, 25 * 3600 + 600, "Asia/Jakarta")
    assert at == datetime(2026, 11, 23, 18, 10, tzinfo=UTC)
    assert local_date(at, "Asia/Jakarta") == MONDAY + timedelta(days=1)
    assert seconds_of_day(at, MONDAY, "Asia/Jakarta") == 25 * 3600 + 600


def test_before_its_zero_a_moment_is_negative() -> None:
    assert seconds_of_day(datetime(2026, 11, 22, 16, tzinfo=UTC), MONDAY, "Asia/Jakarta") == -3600


@pytest.mark.parametrize(("seconds", "text"), [(0, "00:00:00"), (25 * 3600 + 610, "25:10:10"), (86399, "23:59:59")])
def test_times_are_written_past_twenty_four(seconds: int, text: str) -> None:
    assert format_time(seconds) == text


def test_a_calendar_runs_on_its_weekdays_within_its_dates() -> None:
    network = a_network(weekdays=WORKING_DAYS)
    assert services_on(network, MONDAY) == {"DAILY"}
    assert services_on(network, MONDAY - timedelta(days=1)) == frozenset()
    assert services_on(network, date(2026, 12, 31)) == {"DAILY"}
    assert services_on(network, date(2027, 1, 4)) == frozenset()


def test_exceptions_add_and_take_away() -> None:
    sunday = MONDAY - timedelta(days=1)
    dates = (CalendarDate("DAILY", MONDAY, False), CalendarDate("DAILY", sunday, True), CalendarDate("EXTRA", MONDAY, True))
    network = replace(a_network(weekdays=WORKING_DAYS), calendar_dates=dates)
    assert services_on(network, MONDAY) == {"EXTRA"}
    assert services_on(network, sunday) == {"DAILY"}
