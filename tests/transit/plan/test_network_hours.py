"""From when until when a network runs, and when again: what the opening screen says in one sentence."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders import WORKING_DAYS, a_network, at, every
from transit.plan.network import CalendarDate
from transit.plan.network_hours import NetworkState, Running, network_hours_of

MONDAY, SATURDAY = date(2026, 11, 23), timedelta(days=5)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (at(6, 59), NetworkState(Running.NOT_YET, at(7))),
        (at(7), NetworkState(Running.RUNS, at(8))),
        (at(8), NetworkState(Running.RUNS, at(8))),
        (at(8, 1), NetworkState(Running.OVER, at(7) + timedelta(days=1))),
    ],
)
def test_a_day_has_a_before_a_while_and_an_after(now, expected):
    assert network_hours_of(a_network()).state(now) == expected


def test_a_headway_runs_until_its_end():
    state = network_hours_of(a_network(headway=every(20))).state(at(7))
    assert state == NetworkState(Running.RUNS, at(18)), state


def test_on_a_weekend_the_next_working_day_is_named():
    state = network_hours_of(a_network(weekdays=WORKING_DAYS)).state(at(9) + SATURDAY)
    assert state == NetworkState(Running.NO_DAY, at(7) + timedelta(days=7))


def test_a_holiday_has_the_name_that_the_feed_gives_it():
    off = CalendarDate("DAILY", MONDAY, False, extra={"holiday_name": "Hari Guru"})
    state = network_hours_of(replace(a_network(), calendar_dates=(off,))).state(at(9))
    assert state == NetworkState(Running.HOLIDAY, at(7) + timedelta(days=1), "Hari Guru")


def test_past_midnight_the_day_before_is_still_under_way():
    network = a_network(first_departures=(7 * 3600, 25 * 3600))
    assert network_hours_of(network).state(at(0, 30)) == NetworkState(Running.RUNS, at(1))


def test_after_the_last_day_of_the_calendar_nobody_knows_when_again():
    assert network_hours_of(a_network()).state(at(9) + timedelta(days=60)).at is None
