"""How long a vehicle that stands is promised: what is usual on its link or at its terminal, and a little more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders import SEVEN, a_network, a_trip_instance
from tests.driving import a_state
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.remaining_trip import RemainingTrip, remaining_of
from transit.forecasting.standing import LinkSpread, promise_end
from transit.tracking.state import StandingFacts, VehicleStatus

NETWORK = a_network(speed_mps=5.0)  # 8 links of 500 m, 100 s each by the plan
LATE_LIMIT_S, BEYOND_S = 300.0, 180.0  # as decided in docs/decisions/0052


def remaining(forecaster: Forecaster, since: datetime, now: datetime, status: VehicleStatus) -> RemainingTrip:
    waits = status is VehicleStatus.LAYOVER
    state = a_state(NETWORK, now, a_trip_instance(), 0.0 if waits else 730.0, 1 if waits else 3, status=status)
    state = replace(state, standing=StandingFacts(since))
    ahead = remaining_of(state, forecaster.links, forecaster.times, forecaster.departures, now.timestamp())
    assert ahead is not None
    return ahead


def end_s(forecaster: Forecaster, since: datetime, now: datetime, status: VehicleStatus) -> float:
    """Seconds after seven at which nothing is promised any more."""
    ahead = remaining(forecaster, since, now, status)
    return promise_end(ahead, forecaster.departures, forecaster.spread, forecaster.links) - SEVEN.timestamp()


def test_on_a_link_of_which_nothing_is_stored_a_vehicle_is_promised_for_a_share_of_the_plan_and_three_minutes() -> None:
    since = SEVEN + timedelta(minutes=3)  # between two stops, where no departure is planned
    ended = end_s(Forecaster(NETWORK), since, since + timedelta(seconds=60), VehicleStatus.ON_TRIP)
    assert ended == pytest.approx(180.0 + 1.4 * 100.0 + 40.0 + BEYOND_S)


def test_at_a_first_stop_the_promise_counts_from_the_planned_departure() -> None:
    early = SEVEN - timedelta(minutes=10)
    assert end_s(Forecaster(NETWORK), early, SEVEN, VehicleStatus.LAYOVER) == pytest.approx(LATE_LIMIT_S + BEYOND_S)
    late = SEVEN + timedelta(minutes=2)
    assert end_s(Forecaster(NETWORK), late, late, VehicleStatus.LAYOVER) == pytest.approx(120.0 + LATE_LIMIT_S + BEYOND_S)


def test_a_dispatchers_order_is_promised_until_it_is_overdue() -> None:
    forecaster = Forecaster(NETWORK)
    forecaster.departures.ordered["BUS1"] = SEVEN.timestamp() + 1200.0
    assert end_s(forecaster, SEVEN, SEVEN, VehicleStatus.LAYOVER) == pytest.approx(1200.0 + 300.0)


@pytest.mark.parametrize(("times", "usual_s"), [(1.0, 100.0), (1.5, 150.0), (3.0, 300.0)])
def test_the_usual_time_of_a_link_is_what_most_of_its_times_stay_below(times: float, usual_s: float) -> None:
    spread = LinkSpread(Forecaster(NETWORK).links)
    for _ in range(30):
        spread.learn(2, 0, times * 100.0, 100.0)
    assert usual_s <= spread.usual_s(2, 0, 100.0) < 1.12 * usual_s + 4.0  # to the next edge of the histogram


def test_a_link_with_few_times_goes_by_its_stream_and_without_both_by_the_plan() -> None:
    spread = LinkSpread(Forecaster(NETWORK).links)
    for link in (3, 4, 5):
        for _ in range(10):
            spread.learn(link, 0, 200.0, 100.0)
    assert 200.0 <= spread.usual_s(3, 0, 100.0) < 230.0
    assert LinkSpread(spread.links).usual_s(3, 0, 100.0) == pytest.approx(1.4 * 100.0 + 40.0)
