"""Each challenger does what its name says, on numbers that can be worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import MONDAY, SEVEN, a_network, a_trip_instance, at, every
from tests.driving import a_day, a_drive_of, a_state, play
from transit.forecasting.baselines import METHODS, DwellModel, TransitClockKalman
from transit.forecasting.departures import Departures
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.links import links_of
from transit.forecasting.travel_times import LinkObservation
from transit.plan.patterns import patterns_of
from transit.tracking.state import StopEvent, VehicleStatus

NETWORK = a_network(speed_mps=5.0)  # 8 links of 500 m, 100 s each by the plan


def ahead_s(forecaster, now, *, along_m=730.0, recent=(), network=NETWORK, trip=None):
    """Seconds until S2, S3, ... of a bus half way from S1 to S2 (what is left of a link ends 20 m before the stop)."""
    state = a_state(network, now, trip or a_trip_instance(day=now.date()), along_m, 3, "BUSX", recent)
    return [(one.predicted_at - now).total_seconds() for one in forecaster.predict([state], now)]


def test_the_timetable_does_not_care_where_the_bus_is():
    forecaster = Forecaster(NETWORK, method="timetable")
    assert ahead_s(forecaster, SEVEN) == pytest.approx([200.0 + 100.0 * n for n in range(7)])
    assert ahead_s(forecaster, SEVEN, along_m=600.0) == pytest.approx([200.0 + 100.0 * n for n in range(7)])


def test_the_timetable_of_a_headway_based_trip_counts_from_its_beginning():
    network = a_network(headway=every(15), speed_mps=5.0)
    trip = a_trip_instance("T1", 7 * 3600 - 60)
    found = ahead_s(Forecaster(network, method="timetable"), SEVEN, network=network, trip=trip)
    assert found == pytest.approx([140.0 + 100.0 * n for n in range(7)])


def test_a_delay_stays_what_it_is():
    found = ahead_s(Forecaster(NETWORK, method="schedule_delay"), SEVEN)
    assert found[0] == pytest.approx(54.3, abs=1.0)
    assert [after - found[0] for after in found] == pytest.approx([100.0 * n for n in range(7)])


def test_by_a_delay_that_stays_a_bus_waits_for_its_planned_departure_and_leaves_at_once_when_that_is_over():
    waiting = a_state(NETWORK, SEVEN, a_trip_instance(), 0.0, 1, status=VehicleStatus.LAYOVER)
    method = Forecaster(NETWORK, method="schedule_delay")

    def leaves_in(now):
        state = replace(
            waiting, report=replace(waiting.report, reported_at=now), matched=replace(waiting.matched, reported_at=now)
        )
        return (method.predict([state], now)[0].predicted_at - now).total_seconds()

    assert leaves_in(SEVEN - timedelta(seconds=120)) == pytest.approx(120.0, abs=1.0)
    assert leaves_in(SEVEN + timedelta(seconds=120)) == pytest.approx(0.0, abs=1.0)


def test_recent_speed_divides_metres_by_speed():
    recent = tuple((SEVEN + timedelta(seconds=20 * n - 100), 230.0 + 100.0 * n) for n in range(6))  # 5 m/s
    fast = tuple((at_, 730.0 - 2 * (730.0 - metres)) for at_, metres in recent)
    said = ahead_s(Forecaster(NETWORK, method="recent_speed"), SEVEN, recent=recent)
    assert [one - said[0] for one in said] == pytest.approx([100.0 * n for n in range(7)], rel=1e-3)
    assert ahead_s(Forecaster(NETWORK, method="recent_speed"), SEVEN, recent=fast)[-1] < 0.6 * said[-1]


def test_the_last_bus_rules_for_an_hour():
    forecaster = Forecaster(NETWORK, method="last_bus")
    play(forecaster, a_day(NETWORK, 0, hours=(7, 8)))
    play(forecaster, [a_drive_of(NETWORK, at(9), vehicle_id="SLOW", pace=lambda link: 1.5)])
    soon, later = ahead_s(forecaster, at(9, 30)), ahead_s(forecaster, at(11, 30))
    assert soon[-1] - soon[0] == pytest.approx(6 * 150.0, abs=1.0)
    assert later[-1] - later[0] == pytest.approx(6 * 100.0, abs=1.0)  # the median of all hours


def test_history_is_the_median_of_the_hour():
    forecaster = Forecaster(NETWORK, method="history")
    for day, pace in enumerate((1.0, 1.2, 1.4, 1.6, 3.0)):
        play(forecaster, a_day(NETWORK, day, hours=(7,), pace=lambda link, pace=pace: pace))
        play(forecaster, a_day(NETWORK, day, hours=(12,)))
    now = at(7, 30, day=(SEVEN + timedelta(days=6)).date())
    found = ahead_s(forecaster, now)
    assert found[-1] - found[0] == pytest.approx(6 * 140.0, abs=1.0)


def test_the_kalman_filter_as_published():
    network, trip = a_network(speed_mps=5.0), "T1"
    kalman = TransitClockKalman(links_of(network), Departures(network, patterns_of(network)))
    linked = links_of(network).of_trip(trip)
    link = int(linked.links[3])
    for day, seconds in enumerate((90.0, 100.0, 110.0, 160.0)):
        start = at(7, 5).timestamp() + day * 86400.0
        call = StopEvent("B", a_trip_instance(trip), "S4", 5, at(7, 6), None, 20.0)
        kalman.learn(call, linked, LinkObservation(3, start, seconds, None))
    # on day 3 the error became gain * variance of 90, 100, 110: v = 66.67, g = (100 + v) / (100 + 2 v) = 0.7143
    variance = 200.0 / 3.0
    error = (100.0 + variance) / (100.0 + 2.0 * variance) * variance
    assert kalman.error[link] == pytest.approx(error)
    # the next day: the last three days 100, 110, 160, the last vehicle 160
    mean, spread = 370.0 / 3.0, ((100 - 370 / 3) ** 2 + (110 - 370 / 3) ** 2 + (160 - 370 / 3) ** 2) / 3.0
    gain = (error + spread) / (error + 2.0 * spread)
    expected = (1.0 - gain) * 160.0 + gain * mean
    now = at(7, 5).timestamp() + 4 * 86400.0
    found = kalman._link(link, trip, 7 * 3600.0 + 300.0, MONDAY.toordinal() + 4, 100.0, now)
    assert found == pytest.approx(expected)
    assert 0.5 <= gain <= 1.0


def test_without_days_the_last_vehicle_and_without_that_the_plan():
    kalman = TransitClockKalman(links_of(NETWORK), Departures(NETWORK, patterns_of(NETWORK)))
    linked, now = links_of(NETWORK).of_trip("T1"), SEVEN.timestamp()
    assert kalman._link(int(linked.links[3]), "T1", 25200.0, MONDAY.toordinal(), 100.0, now) == 100.0
    kalman.learn(StopEvent("B", a_trip_instance(), "S4", 5, SEVEN, None, 20.0), linked, LinkObservation(3, now, 130.0, None))
    assert kalman._link(int(linked.links[3]), "T1", 25200.0, MONDAY.toordinal(), 100.0, now) == 130.0


def test_dwell_grows_with_the_headway_where_it_did():
    model = DwellModel()
    for n in range(60):
        headway = 300.0 + 60.0 * (n % 20)
        model.learn(5.0 * 10.0 ** (headway / 3600.0), headway)
    assert model.expected_s(1200.0) == pytest.approx(5.0 * 10.0 ** (1.0 / 3.0), rel=0.05)
    assert model.expected_s(300.0) < model.expected_s(1500.0)


@pytest.mark.parametrize("method", list(METHODS))
def test_challengers_give_an_interval_and_are_in_order(method):
    forecaster = Forecaster(NETWORK, method=method)
    for _, _, found in play(forecaster, a_day(NETWORK, 0)):
        assert all(one.made_at <= one.low_at <= one.predicted_at <= one.high_at for one in found)
        assert [one.predicted_at for one in found] == sorted(one.predicted_at for one in found)
    with pytest.raises(ValueError, match="ours"):
        forecaster.explain("BUS7", "S3", [], SEVEN)
