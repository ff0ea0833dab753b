"""A tracker's bearing and speed are believed as far as they agree with where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from tests.builders import SEVEN, a_report
from transit.tracking.field_trust import FieldTrust, observe_fields


def drive(bearings: Sequence[float | None], speeds: Sequence[float | None] | None = None, step_m: float = 60.0) -> FieldTrust:
    """A bus that drives east, 60 m each 10 s, and says these bearings and speeds."""
    trust, before = None, None
    for n, bearing in enumerate(bearings):
        speed = None if speeds is None else speeds[n]
        report = a_report((step_m * n, 0.0), SEVEN + timedelta(seconds=10 * n), bearing=bearing, speed_mps=speed)
        trust = observe_fields(trust, before, report, 0.0 if before is None else step_m, 0.0)
        before = report
    assert trust is not None
    return trust


@pytest.mark.parametrize("wrong", [0.0, 180.0, 270.0, 359.0])
def test_two_wrong_bearings_take_the_weight_away(wrong: float) -> None:
    assert drive([wrong]).bearing.weight == 1.0
    assert drive([wrong] * 3).bearing.weight == 0.0


def test_a_right_bearing_keeps_its_full_weight() -> None:
    assert drive([90.0 + (n % 5) * 8.0 for n in range(30)]).bearing.weight == 1.0


def test_one_wrong_bearing_in_a_bend_costs_little_and_is_won_back() -> None:
    assert 0.1 < drive([90.0] * 12 + [200.0]).bearing.weight < 1.0
    assert drive([90.0] * 12 + [200.0] + [90.0] * 12).bearing.weight > 0.95


def test_who_turns_round_with_a_bearing_that_never_changes_loses_trust_at_the_second_fix() -> None:
    assert drive([90.0] * 20 + [270.0] * 2).bearing.weight == 0.0


def test_the_operator_is_told_after_a_dozen_wrong_ones_and_not_after_a_bend() -> None:
    assert drive([0.0] * 8).distrusted == ()
    assert drive([0.0] * 14).distrusted == ("bearing",)
    assert drive([90.0] * 20 + [0.0] * 3).distrusted == ()


def test_a_standing_bus_says_nothing_of_its_bearing() -> None:
    assert drive([0.0] * 30, step_m=5.0).distrusted == ()


@pytest.mark.parametrize(("speed", "told"), [(0.0, ()), (1.4, ()), (1.6, ("bearing",))])
def test_a_bearing_of_one_that_says_it_stands_is_no_false_one(speed: float, told: tuple[str, ...]) -> None:
    """A fix each thirty seconds: two of three are taken at a stop, where the box sends north."""
    trust, before = None, None
    for n in range(40):
        stands = n % 3 > 0
        report = a_report(
            (100.0 * n, 0.0),
            SEVEN + timedelta(seconds=30 * n),
            bearing=0.0 if stands else 90.0,
            speed_mps=speed if stands else 7.0,
        )
        trust = observe_fields(trust, before, report, 0.0 if before is None else 100.0, 0.0)
        before = report
    assert trust is not None
    assert trust.distrusted == told


def test_a_speed_of_zero_while_driving_is_not_believed() -> None:
    assert drive([None] * 15, [0.0] * 15).distrusted == ("speed",)
    assert drive([None] * 15, [6.0] * 15).distrusted == ()


@pytest.mark.parametrize(("speed", "doubts"), [(19.0, ()), (21.6, ("speed",)), (25.0, ("speed",))])
def test_a_speed_far_above_the_pace_is_not_believed_as_of_a_box_that_sends_kilometres_an_hour(speed, doubts) -> None:
    assert drive([None] * 15, [speed] * 15).distrusted == doubts


def test_a_point_that_repeats_itself_says_nothing_of_the_speed() -> None:
    assert drive([None] * 30, [8.0] * 30, step_m=0.0).distrusted == ()


def test_another_tracker_begins_anew() -> None:
    trust = drive([0.0] * 14)
    other = replace(a_report((0.0, 0.0), SEVEN), tracker_id="another")
    assert observe_fields(trust, None, other, 0.0, 0.0).bearing.weight == 1.0


@pytest.mark.parametrize("bearing", [355.0, 5.0, 0.0])
def test_a_bearing_just_beside_north_agrees_with_a_way_to_the_north(bearing: float) -> None:
    trust, before = None, None
    for n in range(6):
        report = a_report((0.0, 60.0 * n), SEVEN + timedelta(seconds=10 * n), bearing=bearing)
        trust = observe_fields(trust, before, report, -4.0, 0.0 if before is None else 60.0)
        before = report
    assert trust is not None
    assert trust.bearing.weight == 1.0
    assert trust.bearing.good == 7.0  # two that it began with, and all five


def often(every_s: float, mps: float, *, bearing: float, speed_mps: float, sigma_m: float = 0.0) -> FieldTrust:
    """A bus that goes east, or stands where mps is 0, for ten minutes."""
    noise = Random(5)
    trust, before, place = None, None, (0.0, 0.0)
    for n in range(int(600 / every_s)):
        last, place = place, (mps * every_s * n + noise.gauss(0, sigma_m), noise.gauss(0, sigma_m))
        report = a_report(place, SEVEN + timedelta(seconds=every_s * n), bearing=bearing, speed_mps=speed_mps)
        trust = observe_fields(trust, before, report, place[0] - last[0], place[1] - last[1])
        before = report
    assert trust is not None
    return trust


@pytest.mark.parametrize("every_s", [1.0, 2.0, 5.0, 10.0])
def test_who_sends_each_second_is_judged_by_ten_of_them(every_s: float) -> None:
    """Between two fixes a second apart no course can be seen, and noise of 5 m is faster than a bus."""
    assert often(every_s, 6.0, bearing=0.0, speed_mps=6.0).bearing.weight == 0.0
    assert often(every_s, 6.0, bearing=90.0, speed_mps=6.0, sigma_m=5.0).bearing.weight == 1.0
    assert often(every_s, 6.0, bearing=90.0, speed_mps=0.0).distrusted == ("speed",)
    assert often(every_s, 0.0, bearing=0.0, speed_mps=0.0, sigma_m=5.0).speed.weight == 1.0
