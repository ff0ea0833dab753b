"""Minutes on a display: they count down, they may jump, they never go up by one."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import SEVEN, a_trip_instance
from transit.arrivals.steadiness import Steadiness, minutes
from transit.forecasting.prediction import Prediction, Tier


def said(now, *ahead_s):
    trip = a_trip_instance()
    return [
        Prediction("BUS1", trip, f"S{n}", n, now, now, at, at - timedelta(seconds=30), at + timedelta(seconds=60), Tier.LIVE)
        for n, at in enumerate((now + timedelta(seconds=seconds) for seconds in ahead_s), 1)
    ]


def shown(*moments):
    """(seconds after seven, seconds ahead) of one stop, as they would be shown."""
    steady, found = Steadiness(), []
    for after_s, ahead_s in moments:
        now = SEVEN + timedelta(seconds=after_s)
        (one,) = steady.hold(said(now, ahead_s), now)
        found.append(round((one.predicted_at - now).total_seconds()))
    return found


def test_a_small_slip_is_not_shown_and_the_minutes_go_on_counting_down():
    assert shown((0, 290), (20, 310), (40, 310)) == [290, 270, 250]


def test_a_slip_of_more_than_a_minute_is_shown():
    assert shown((0, 290), (20, 380)) == [290, 380]


def test_what_slips_little_by_little_is_shown_once_it_has_slipped_far():
    assert shown((0, 290), (30, 300), (60, 340), (90, 350), (110, 350)) == [290, 260, 230, 200, 350]


def test_an_earlier_bus_is_shown_at_once():
    assert shown((0, 290), (20, 200)) == [290, 200]


def test_a_bus_that_was_due_and_is_held_up_is_due_until_it_is_two_minutes_away():
    assert shown((0, 20), (30, 70), (60, 130)) == [20, 0, 130]


def test_a_moment_that_was_held_is_inside_its_interval():
    steady = Steadiness()
    steady.hold(said(SEVEN, 290), SEVEN)
    (one,) = steady.hold(said(SEVEN, 340), SEVEN)
    assert one.low_at <= one.predicted_at <= one.high_at


STEPS = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 900), st.integers(0, 300)), min_size=2, max_size=30)


@given(STEPS)
def test_whoever_looks_within_half_a_minute_never_sees_a_minute_more_and_stops_stay_in_order(steps):
    steady, now, rows = Steadiness(), SEVEN, []
    for passed, ahead, further in steps:
        now += timedelta(seconds=passed)
        first, second = steady.hold(said(now, ahead, ahead + further), now)
        assert now <= first.predicted_at <= second.predicted_at
        assert all(one.low_at <= one.predicted_at <= one.high_at for one in (first, second))
        rows.append((now, minutes(first.predicted_at, now), minutes(second.predicted_at, now)))
    for n, (after, *later) in enumerate(rows):
        for before, *earlier in (row for row in rows[:n] if after - row[0] <= timedelta(seconds=30)):
            assert all(new - old != 1 for old, new in zip(earlier, later, strict=True)), (before, after)


def test_the_ends_of_a_range_do_not_go_up_by_one_either():
    steady = Steadiness()
    before = steady.hold(said(SEVEN, 290), SEVEN)[0]
    after = steady.hold(said(SEVEN, 340), SEVEN)[0]
    assert (before.low_at, before.high_at) == (after.low_at, after.high_at)


def test_a_vehicle_that_was_away_begins_anew():
    steady = Steadiness()
    steady.hold(said(SEVEN, 290), SEVEN)
    steady.hold([], SEVEN)
    assert steady.hold(said(SEVEN, 310), SEVEN)[0].predicted_at == SEVEN + timedelta(seconds=310)


def test_what_is_on_display_can_be_asked_for():
    steady = Steadiness()
    (first,) = steady.hold(said(SEVEN, 290), SEVEN)
    (slipped,) = said(SEVEN, 340)
    assert steady.shown_at(slipped) == slipped.predicted_at - timedelta(seconds=50) == first.predicted_at
    assert Steadiness().shown_at(slipped) == slipped.predicted_at
