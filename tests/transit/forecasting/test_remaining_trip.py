"""What lies ahead of one vehicle, and how long it has stood where it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import SEVEN, a_network, a_trip_instance
from tests.driving import a_state
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.remaining_trip import part_of_link, remaining_of, seconds_at_place, usual_gap_s
from transit.tracking.state import VehicleStatus

NETWORK = a_network(speed_mps=5.0)  # 8 links of 500 m, 100 s each by the plan


def fixes(*rows: tuple[float, float]):
    return tuple((SEVEN + timedelta(seconds=seconds), metres) for seconds, metres in rows)


def test_who_came_to_this_place_ten_seconds_ago_has_stood_ten_seconds() -> None:
    assert seconds_at_place(fixes((0, 0.0), (10, 100.0), (20, 101.0)), 101.0) == 10.0
    assert seconds_at_place(fixes((0, 90.0), (10, 100.0), (20, 101.0)), 101.0) == 20.0
    assert seconds_at_place(fixes((0, 80.0), (10, 120.0), (20, 101.0)), 101.0) == 0.0
    assert seconds_at_place(fixes((0, 80.0)), 80.0) == 0.0


def test_the_usual_gap_is_the_median_and_twenty_seconds_while_nothing_shows_it() -> None:
    assert usual_gap_s(fixes((0, 0.0), (10, 0.0))) == 20.0
    assert usual_gap_s(fixes((0, 0.0), (10, 0.0), (40, 0.0), (70, 0.0))) == 30.0


def test_half_of_a_link_is_half_of_its_time_and_a_stop_in_progress_is_added() -> None:
    linked = Forecaster(NETWORK).links.of_trip("T1")
    assert linked is not None
    middle = float(linked.dist_m[2] + linked.dist_m[3]) / 2
    assert part_of_link(linked, 2, middle, 100.0, 0.0, 0.0) == pytest.approx((50.0, 0.0))
    at_stop = float(linked.dist_m[2])
    assert part_of_link(linked, 2, at_stop, 100.0, 30.0, 10.0) == pytest.approx((70.0 + 20.0, 20.0))
    assert part_of_link(linked, 2, at_stop, 100.0, 30.0, 200.0) == pytest.approx((70.0 + 9.0, 9.0))
    assert part_of_link(linked, 0, 0.0, 100.0, 30.0, 0.0) == pytest.approx((100.0, 0.0))  # nobody stops out of a first stop


def test_the_usual_seconds_ahead_add_up_from_the_fix() -> None:
    forecaster = Forecaster(NETWORK)
    state = a_state(NETWORK, SEVEN, a_trip_instance(), 730.0, 3)
    ahead = remaining_of(state, forecaster.links, forecaster.times, forecaster.departures, SEVEN.timestamp())
    assert ahead is not None
    assert (ahead.first, ahead.start, ahead.waits) == (2, 1, False)
    assert list(ahead.base_s[1:] - ahead.base_s[:-1]) == pytest.approx([100.0] * 6)
    assert ahead.base_s[0] == pytest.approx((980.0 - 730.0) / 460.0 * 100.0, rel=1e-3)


@pytest.mark.parametrize("status", [VehicleStatus.DEADHEAD, VehicleStatus.UNASSIGNED, VehicleStatus.OFF_ROUTE])
def test_nothing_lies_ahead_of_who_is_not_on_its_trip(status: VehicleStatus) -> None:
    forecaster = Forecaster(NETWORK)
    state = a_state(NETWORK, SEVEN, a_trip_instance(), 730.0, 3, status=status)
    assert remaining_of(state, forecaster.links, forecaster.times, forecaster.departures, SEVEN.timestamp()) is None
