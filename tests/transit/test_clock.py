"""The clock that every command is given."""

from __future__ import annotations

import pickle
import time
from datetime import UTC, datetime, timedelta

import pytest

from transit.clock import Clock, parse_clock


def test_without_a_word_it_is_the_systems():
    assert parse_clock("") == Clock()
    assert abs(Clock()() - datetime.now(UTC)) < timedelta(seconds=5)
    assert str(Clock()) == ""


def test_a_set_clock_starts_where_it_is_set_and_goes_on():
    clock = Clock(datetime(2026, 11, 23, tzinfo=UTC), 60.0, time.time() - 10)
    assert timedelta(seconds=600) <= clock() - datetime(2026, 11, 23, tzinfo=UTC) < timedelta(seconds=900)


@pytest.mark.parametrize("text", ["2026-11-23T00:15:00+00:00", "2026-11-23T07:15:00+07:00", "2026-11-23T00:15:00"])
def test_a_time_without_offset_is_utc(text):
    assert parse_clock(text).set_to == datetime(2026, 11, 23, 0, 15, tzinfo=UTC)


def test_what_it_says_of_itself_makes_the_same_clock_in_another_process():
    clock = parse_clock("2026-11-23T07:15:00+07:00 x60")
    assert parse_clock(str(clock)) == parse_clock(str(clock))
    assert parse_clock(str(clock)).speed == 60.0
    assert pickle.loads(pickle.dumps(clock)) == clock


@pytest.mark.parametrize("text", ["tomorrow", "2026-11-23 x", "2026-11-23T00:00:00Z @soon", "x60"])
def test_what_is_no_time_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match="write for instance"):
        parse_clock(text)
