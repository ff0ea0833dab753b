"""What was learnt live is learnt again from nothing but the stored calls."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from tests.builders import SEVEN, a_network, a_trip_instance
from tests.driving import a_day, a_state, play
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.intervals import Calibration
from transit.forecasting.prediction import Tier
from transit.forecasting.relearning import relearn
from transit.tracking.state import StopEvent

NETWORK = a_network()


def slow(link: int) -> float:
    return 1.5 if link > 3 else 1.0


def a_fortnight() -> list[StopEvent]:
    drives = [drive for day in range(14) for drive in a_day(NETWORK, day, hours=range(6, 20), pace=slow)]
    items = sorted((item for drive in drives for item in drive.items), key=lambda one: one[0])
    return [item for _, item in items if isinstance(item, StopEvent)]


@pytest.fixture(scope="module")
def relearnt() -> Forecaster:
    forecaster, events = Forecaster(NETWORK), a_fortnight()
    for begin in range(0, len(events), 500):
        relearn(forecaster, events[begin : begin + 500])
    return forecaster


def test_the_links_the_weights_and_the_quantiles_are_all_learnt(relearnt):
    assert relearnt.times.link_weight.sum() > 100
    assert np.abs(relearnt.corrections[Tier.LIVE].weights - relearnt.corrections[Tier.LIVE].prior).max() > 1e-3
    before = Calibration(Tier.LIVE).table
    assert relearnt.calibration[Tier.LIVE].count.sum() > 1000
    seen = relearnt.calibration[Tier.LIVE].count > 20
    assert seen.any()
    assert (relearnt.calibration[Tier.LIVE].table[2] < before[2])[seen].all()


def test_it_predicts_as_the_one_that_saw_every_fix(relearnt):
    live, now = Forecaster(NETWORK), SEVEN + timedelta(days=14)
    for day in range(14):
        play(live, a_day(NETWORK, day, hours=range(6, 20), pace=slow))
    state = a_state(NETWORK, now, a_trip_instance(day=now.date()), 600.0, 3, "BUSX")
    for one, other in zip(live.predict([state], now), relearnt.predict([state], now), strict=True):
        ahead_s = (one.predicted_at - now).total_seconds()
        assert (other.predicted_at - now).total_seconds() == pytest.approx(ahead_s, rel=0.1, abs=10)


def test_waits_are_seen_again():
    network = a_network()
    forecaster = Forecaster(network)
    first = next(event for event in a_fortnight() if event.stop_sequence == 1 and event.vehicle_id == "BUS7")
    waited = replace(first, arrived_at=first.arrived_at - timedelta(minutes=5))
    relearn(forecaster, [waited])
    linked = forecaster.links.of_trip(first.trip.trip_id)
    assert linked is not None
    assert len(forecaster.departures.waits[linked.stream].rows) == 1
    assert forecaster.calibration[Tier.AT_TERMINAL].count.sum() == 5


def test_calls_of_a_trip_that_the_plan_no_longer_has_are_left_out():
    forecaster = Forecaster(NETWORK)
    events = a_fortnight()[:20]
    gone = [replace(event, trip=a_trip_instance("gone")) for event in events]
    assert relearn(Forecaster(NETWORK), events) == 20
    assert relearn(forecaster, gone) == 0
    assert forecaster.times.link_weight.sum() == 0
