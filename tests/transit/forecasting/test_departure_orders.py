"""Which departure a dispatcher meant."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import SEVEN, a_network, a_trip_instance, at
from transit.forecasting.departure_orders import DepartureOrder, moment_of
from transit.tracking.state import StopEvent

NETWORK = a_network()
ORDER = DepartureOrder("BUS1", at(7, 15), SEVEN)
LEFT = StopEvent("BUS1", a_trip_instance(), "S0", 1, at(6, 50), at(7, 14), 10.0)


@pytest.mark.parametrize("minute", [1, 14, 15, 40])
def test_an_order_is_followed_by_the_next_departure_however_early_or_late(minute: int) -> None:
    assert ORDER.is_followed_by(replace(LEFT, departed_at=at(7, minute)), NETWORK)


@pytest.mark.parametrize(
    "event",
    [
        replace(LEFT, vehicle_id="BUS2"),
        replace(LEFT, departed_at=None),
        replace(LEFT, stop_id="S1", stop_sequence=2),
        replace(LEFT, trip=a_trip_instance("of another network")),
    ],
    ids=["another vehicle", "it has not left", "not its first stop", "an unknown trip"],
)
def test_other_calls_do_not_follow_it(event: StopEvent) -> None:
    assert not ORDER.is_followed_by(event, NETWORK)


def test_a_departure_before_the_word_that_becomes_known_after_it_is_not_the_one_that_was_meant() -> None:
    assert not ORDER.is_followed_by(replace(LEFT, departed_at=SEVEN - timedelta(seconds=1)), NETWORK)


def test_an_order_for_a_moment_just_past_is_followed_by_a_departure_since_then() -> None:
    late = replace(ORDER, departs_at=SEVEN - timedelta(minutes=4))
    assert late.is_followed_by(replace(LEFT, departed_at=SEVEN - timedelta(minutes=2)), NETWORK)


def test_a_departure_more_than_an_hour_before_is_of_an_earlier_trip() -> None:
    later = replace(ORDER, departs_at=at(9, 30))
    assert not later.is_followed_by(LEFT, NETWORK)
    assert later.is_followed_by(replace(LEFT, departed_at=at(8, 31)), NETWORK)


@pytest.mark.parametrize(
    ("text", "now", "meant"),
    [
        ("07:15", SEVEN, at(7, 15)),
        ("6:58", SEVEN, at(6, 58)),
        ("00:10", at(23, 50), at(24, 10)),
        ("23:58", at(24, 1), at(23, 58)),
    ],
)
def test_a_time_of_day_means_the_moment_nearest_to_now(text, now, meant) -> None:
    assert moment_of(text, now, "Asia/Jakarta") == meant


@pytest.mark.parametrize("text", ["06:54", "10:01", "19:00", "7.15", "24:00", "07:60", "", "noon"])
def test_a_time_that_cannot_be_meant_is_refused_with_the_way_out(text) -> None:
    with pytest.raises(ValueError, match=r"like 07:15|to 3 hours ahead"):
        moment_of(text, SEVEN, "Asia/Jakarta")
