"""A clock that is steadily wrong is found and corrected; delays and buffers are not taken for one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import SEVEN
from transit.tracking.tracker_clock import ENOUGH, MOST_S, TrackerClock


def listened(offsets_s, delays_s=(0.4, 0.9, 0.2, 1.1, 0.5), every_s=5.0):
    """A clock after live messages; offset: our clock minus the tracker's."""
    clock = TrackerClock()
    for n, offset in enumerate(offsets_s):
        sent = SEVEN + timedelta(seconds=n * every_s)
        clock.hear(sent - timedelta(seconds=offset), sent + timedelta(seconds=delays_s[n % len(delays_s)]))
    return clock


def correction_of(clock):
    """Of a fix that comes an hour late: nothing bounds it."""
    return clock.correction(SEVEN, SEVEN + timedelta(hours=1))


def test_a_right_clock_is_left_alone():
    assert correction_of(listened([0.0] * 30)) == timedelta(0)


@pytest.mark.parametrize("offset_s", [-240.0, -20.0, 90.0, 590.0])
def test_a_steady_offset_is_corrected_to_within_a_second(offset_s):
    found = listened([offset_s] * 20)
    assert found.is_corrected
    assert abs(correction_of(found).total_seconds() - offset_s) < 1.0


def test_nothing_is_said_before_there_are_enough_live_messages():
    assert not listened([90.0] * ENOUGH).is_corrected  # the first has none before it that would show it to be live
    assert listened([90.0] * (ENOUGH + 1)).is_corrected


def test_more_than_ten_minutes_are_not_corrected_but_known():
    found = listened([3600.0] * 20)
    assert not found.is_corrected
    assert correction_of(found) == timedelta(0)
    assert found.offset_s > MOST_S


def test_a_flushed_buffer_says_nothing_of_the_clock():
    clock = listened([0.0] * 10)
    flushed_at = SEVEN + timedelta(minutes=20)
    for n in range(200):  # fixes of the last 17 minutes, all within a second
        clock.hear(SEVEN + timedelta(seconds=50 + 5 * n), flushed_at + timedelta(milliseconds=5 * n))
    assert correction_of(clock) == timedelta(0)


def test_a_buffer_of_a_fix_each_second_says_nothing_either():
    clock = TrackerClock()
    for n in range(100):
        clock.hear(SEVEN + timedelta(seconds=n), SEVEN + timedelta(seconds=300 + n / 100))
    assert correction_of(clock) == timedelta(0)


def test_a_clock_that_was_set_right_is_believed_again():
    clock = listened([120.0] * 20)
    for n in range(30):
        sent = SEVEN + timedelta(minutes=5, seconds=5 * n)
        clock.hear(sent, sent + timedelta(seconds=0.5))
    assert correction_of(clock) == timedelta(0)


def test_what_was_known_before_a_restart_holds_until_there_is_more():
    assert correction_of(TrackerClock(-180.0)) == timedelta(seconds=-180)


def test_a_clock_that_was_not_heard_live_often_enough_is_neither_right_nor_wrong():
    assert listened([0.0] * ENOUGH).offset_s is None
    assert listened([0.0] * (ENOUGH + 1)).offset_s == 0.0


def test_a_clock_that_was_set_is_known_after_six_messages_and_by_how_much():
    clock = listened([120.0] * 20)
    for n in range(ENOUGH + 1):
        sent = SEVEN + timedelta(minutes=5, seconds=5 * n)
        clock.hear(sent, sent + timedelta(seconds=0.5))
        assert correction_of(clock) == timedelta(seconds=120.5 if n < ENOUGH else 0), n
    assert clock.step_s == -120.5
    assert clock.step_at == SEVEN + timedelta(minutes=5, seconds=5 * ENOUGH + 0.5)


def test_a_clock_that_drifts_by_a_second_a_minute_was_not_set():
    assert listened([n / 12 for n in range(240)]).step_s is None


def test_nothing_comes_before_it_was_made():
    clock = TrackerClock(300.0)
    assert clock.correction(SEVEN, SEVEN + timedelta(seconds=2)) == timedelta(seconds=2)
    assert clock.correction(SEVEN, SEVEN + timedelta(seconds=301)) == timedelta(seconds=300)
    assert clock.correction(SEVEN, SEVEN - timedelta(seconds=5)) == timedelta(0)


@given(
    offset=st.floats(-600, 600),
    delays=st.lists(st.floats(0, 2), min_size=5, max_size=60),
)
def test_the_correction_is_never_further_from_the_truth_than_the_delays(offset, delays):
    found = correction_of(listened([offset] * len(delays), delays)).total_seconds()
    assert found == 0.0 or -2.1 <= found - offset <= 2.1


UNSTEADY_S = (0.4, 9.5, 2.1, 7.3, 4.8, 8.8, 0.9)  # a mobile network that holds messages back


@pytest.mark.parametrize("offset_s", [-7 * 3600.0, 8 * 3600.0, 1024 * 7 * 86400.0, -1024 * 7 * 86400.0])
@pytest.mark.parametrize("every_s", [10.0, 60.0])
def test_hours_and_years_are_known_though_no_message_comes_steadily(offset_s, every_s):
    found = listened([offset_s] * 25, UNSTEADY_S, every_s)
    assert not found.is_corrected
    assert abs(found.offset_s - offset_s) < 10.0


def test_hours_are_over_when_the_clock_is_right_though_no_message_comes_steadily():
    clock = listened([-7 * 3600.0] * 25 + [0.0] * 30, UNSTEADY_S, 10.0)
    assert clock.offset_s is None or abs(clock.offset_s) < 10.0


@pytest.mark.parametrize("sent_every_s", [0.1, 2.0, 5.0])
def test_a_buffer_of_hours_ago_that_is_sent_bit_by_bit_is_no_wrong_clock(sent_every_s):
    clock = TrackerClock()
    for n in range(120):  # a fix each 10 s of three hours ago
        clock.hear(SEVEN + timedelta(seconds=10 * n), SEVEN + timedelta(hours=3, seconds=sent_every_s * n + n % 3))
    assert clock.offset_s is None


@pytest.mark.parametrize("every_s", [5.0, 120.0])
def test_a_clock_more_than_a_minute_ahead_is_corrected_from_its_second_message(every_s):
    """Its fixes would be refused as of the future until then, and no delay makes a message come before it was made."""
    assert abs(correction_of(listened([-90.0] * 2, every_s=every_s)).total_seconds() + 90.0) < 2.0
    assert not listened([-90.0], every_s=every_s).is_corrected
    assert not listened([-40.0] * 2, every_s=every_s).is_corrected
    assert not listened([90.0] * 2, every_s=every_s).is_corrected


def test_two_messages_from_the_future_that_do_not_agree_say_nothing_of_the_clock():
    assert not listened([-90.0, -70.0]).is_corrected
