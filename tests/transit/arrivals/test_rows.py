"""Predictions laid over the schedule: each row with one honest status."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import LOOP, WORKING_DAYS, a_network, a_report, a_trip_instance, at, every
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.arrivals.rows import SEEN, Arrival, arrivals_at, recent_calls
from transit.arrivals.rows import ArrivalStatus as S
from transit.forecasting.prediction import Prediction, Tier
from transit.plan.network import UnknownStop
from transit.tracking.state import MatchedPosition, StopEvent, VehicleState, VehicleStatus

NOW = at(7, 5)
NETWORKS = {False: a_network(), True: a_network(headway=every(10))}


def a_prediction(stop=5, minutes=3.0, *, trip=None, age_s=5.0, tier=Tier.LIVE, vehicle_id="BUS1", now=NOW):
    reported, when, half = now - timedelta(seconds=age_s), now + timedelta(minutes=minutes), timedelta(seconds=40)
    trip = trip or a_trip_instance()
    return Prediction(vehicle_id, trip, f"S{stop}", stop + 1, now, reported, when, when - half, when + half, tier, stop == 0)


def a_state(*, trip=None, next_sequence=5, age_s=5.0, vehicle_id="BUS1", now=NOW):
    report = a_report(when=now - timedelta(seconds=age_s), vehicle_id=vehicle_id)
    matched = MatchedPosition(report.reported_at, VehicleStatus.ON_TRIP, trip or a_trip_instance(), 1800.0, 0.0)
    return {vehicle_id: VehicleState(vehicle_id, report, matched, None, next_sequence)}


def an_alert(entity, effect=Effect.NO_SERVICE):
    return Alert("a", {"id": "x"}, (entity,), at(6), effect=effect)


def statuses(rows: list[Arrival]) -> list[S]:
    return [row.status for row in rows]


def test_a_bus_that_is_seen_stands_before_the_planned_one_and_replaces_its_own_plan():
    rows = arrivals_at(a_network(), "S5", [a_prediction()], a_state(), NOW)
    assert [(row.status, row.trip.trip_id) for row in rows] == [(S.LIVE, "T1"), (S.SCHEDULED, "T2")]
    assert rows[0].planned_at == at(7, 6, 57)
    assert rows[0].stops_away == 1


@pytest.mark.parametrize(
    ("age_s", "expected"), [(0, S.LIVE), (90, S.LIVE), (91, S.LIVE_OLD), (300, S.LIVE_OLD), (301, S.SCHEDULED)]
)
def test_the_age_of_the_fix_decides_what_it_is_called(age_s, expected):
    rows = arrivals_at(a_network(), "S5", [a_prediction(age_s=age_s)], a_state(age_s=age_s), NOW)
    assert rows[0].status is expected


def test_a_fix_from_the_future_is_no_fresher_than_one_from_the_past():
    assert S.LIVE not in statuses(arrivals_at(a_network(), "S5", [a_prediction(age_s=-400)], {}, NOW))


def test_a_bus_at_the_terminal_and_one_on_the_trip_before_are_called_so():
    network = a_network()
    waits = arrivals_at(network, "S5", [a_prediction(tier=Tier.AT_TERMINAL)], {}, NOW)
    before = arrivals_at(network, "S5", [a_prediction(tier=Tier.NEXT_TRIP, trip=a_trip_instance("T2"))], {}, NOW)
    assert S.AT_TERMINAL in statuses(waits)
    assert S.NEXT_TRIP in statuses(before)
    assert waits[0].stops_away is None


def test_a_departure_that_nobody_saw_stays_five_minutes_and_goes():
    network = a_network()
    assert [row.at for row in arrivals_at(network, "S0", [], {}, at(7, 4)) if row.trip] == [at(7), at(8)]
    assert [row.at for row in arrivals_at(network, "S0", [], {}, at(7, 6)) if row.trip] == [at(8)]


def test_a_planned_call_that_its_bus_has_left_behind_is_not_promised():
    rows = arrivals_at(a_network(), "S2", [], a_state(next_sequence=5, now=at(7, 2)), at(7, 2))
    assert [row.trip.trip_id for row in rows if row.trip] == ["T2"]


def test_a_call_that_was_observed_is_not_promised_again():
    event = StopEvent("BUS1", a_trip_instance(), "S5", 6, at(7, 4), at(7, 4, 10), 10.0)
    rows = arrivals_at(a_network(), "S5", [a_prediction()], {}, NOW, passed=[event])
    assert [row.trip.trip_id for row in rows if row.trip] == ["T2"]


def test_silence_of_all_trackers_in_service_hours_is_no_data():
    (row,) = arrivals_at(a_network(headway=every(10)), "S3", [], {}, at(9))
    assert (row.status, row.headway_s, row.at) == (S.NO_DATA, 600, None)


@pytest.mark.parametrize("stop", ["S0", "S3"])
@pytest.mark.parametrize(
    ("minute", "is_missed"),
    [(6, True), (10, True), (15, True), (17, False), (59, False)],  # the first trip ends at 7.11
)
def test_buses_should_be_seen_only_while_one_is_planned_to_be_under_way(stop, minute, is_missed):
    found = statuses(arrivals_at(a_network(), stop, [], {}, at(7, minute)))
    assert S.SCHEDULED in found
    assert (S.NO_DATA in found) == is_missed


def test_where_buses_of_the_route_are_seen_but_none_is_near_there_is_a_headway():
    trip = a_trip_instance(start_s=9 * 3600)
    state = a_state(trip=trip, next_sequence=7, now=at(9))
    (row,) = arrivals_at(a_network(headway=every(10)), "S3", [], state, at(9))
    assert row.status is S.HEADWAY


def test_not_running_comes_from_the_calendar_with_the_next_first_bus():
    network = a_network(weekdays=WORKING_DAYS)
    (row,) = arrivals_at(network, "S0", [], {}, at(20))
    assert (row.status, row.at, row.why) == (S.NOT_RUNNING, at(7, day=date(2026, 11, 24)), None)
    (row,) = arrivals_at(network, "S0", [], {}, at(9, day=date(2026, 11, 21)))
    assert (row.status, row.at, row.why) == (S.NOT_RUNNING, at(7), "day_of_week")


def test_a_bus_that_is_seen_outside_the_hours_is_shown_all_the_same():
    now = at(20)
    assert statuses(arrivals_at(a_network(), "S5", [a_prediction(now=now)], a_state(now=now), now)) == [S.LIVE]


def test_between_two_departures_far_apart_the_next_is_named():
    (row,) = arrivals_at(a_network(first_departures=(7 * 3600, 15 * 3600)), "S0", [], {}, at(10))
    assert (row.status, row.at) == (S.SCHEDULED, at(15))


def test_a_route_without_service_is_disrupted_but_a_bus_seen_on_it_stays():
    told = [an_alert(InformedEntity(route_id="R1"))]
    assert statuses(arrivals_at(a_network(), "S5", [a_prediction()], a_state(), NOW, alerts=told)) == [S.LIVE, S.DISRUPTED]


def test_one_trip_without_service_is_cancelled_and_no_other():
    told = [an_alert(InformedEntity(trip=a_trip_instance("T2")))]
    assert statuses(arrivals_at(a_network(), "S5", [a_prediction()], a_state(), NOW, alerts=told)) == [S.LIVE, S.CANCELLED]


@pytest.mark.parametrize(
    "told",
    [
        an_alert(InformedEntity(route_id="R1"), Effect.DETOUR),
        an_alert(InformedEntity(route_id="R2")),
        an_alert(InformedEntity(route_id="R1", direction_id=1)),
        an_alert(InformedEntity(stop_id="S1")),
        an_alert(InformedEntity()),
        replace(an_alert(InformedEntity(route_id="R1")), ends_at=at(7)),
        replace(an_alert(InformedEntity(route_id="R1")), starts_at=at(8)),
    ],
)
def test_other_alerts_disrupt_nothing(told):
    assert S.DISRUPTED not in statuses(arrivals_at(a_network(), "S5", [], {}, NOW, alerts=[told]))


def test_a_loop_has_its_first_and_second_visit():
    network = a_network(LOOP)
    last = len(network.trips["T1"].stop_times)
    second = replace(a_prediction(0, 9.0), stop_sequence=last, is_departure=False)
    rows = arrivals_at(network, "S0", [second, a_prediction(0, 1.0)], {}, NOW)
    seen = [row for row in rows if row.status is S.LIVE]
    assert [(row.visit, row.is_last) for row in seen] == [(1, False), (2, True)]


def test_nobody_waits_for_a_plan_where_the_way_ends():
    assert arrivals_at(a_network(), "S8", [], {}, at(7, 1)) == []
    assert statuses(arrivals_at(a_network(), "S8", [a_prediction(8)], {}, NOW)) == [S.LIVE]


def test_an_unknown_stop_is_refused():
    with pytest.raises(UnknownStop):
        arrivals_at(a_network(), "nowhere", [], {}, NOW)


def test_a_prediction_of_another_network_is_left_out():
    rows = arrivals_at(a_network(), "S5", [a_prediction(trip=a_trip_instance("T99"))], {}, NOW)
    assert not SEEN & set(statuses(rows))


@given(
    stop=st.integers(0, 8),
    minute=st.integers(0, 24 * 60),
    told=st.lists(st.tuples(st.floats(0, 40), st.floats(0, 400), st.sampled_from(list(Tier))), max_size=6),
    headway=st.booleans(),
)
def test_at_any_moment_a_way_that_can_be_boarded_has_a_row_and_at_most_three_with_a_time(stop, minute, told, headway):
    now = at(0) + timedelta(minutes=minute)
    trip = a_trip_instance(start_s=7 * 3600 if headway else None)
    predictions = [
        a_prediction(stop, minutes, age_s=age, tier=tier, vehicle_id=f"B{n}", now=now, trip=trip)
        for n, (minutes, age, tier) in enumerate(told)
    ]
    rows = arrivals_at(NETWORKS[headway], f"S{stop}", predictions, {}, now)
    timed = [row for row in rows if row.trip is not None]
    assert len(timed) <= 3
    assert timed == sorted(timed, key=lambda row: row.at)
    assert rows or stop == 8
    for row in rows:
        assert (row.vehicle_id is not None) == (row.status in SEEN)


def test_passed_lately_is_the_last_fifteen_minutes_newest_first():
    def passed(minute):
        return StopEvent("BUS1", a_trip_instance(), "S5", 6, at(7, minute), at(7, minute, 10), 10.0)

    found = recent_calls([passed(0), passed(10), passed(4), passed(30)], at(7, 16))
    assert [event.arrived_at for event in found] == [at(7, 10), at(7, 4)]


@pytest.mark.parametrize(("next_sequence", "away"), [(6, 0), (5, 1), (4, 2)])
def test_the_stop_that_a_bus_comes_to_next_is_no_stop_away(next_sequence, away):
    rows = arrivals_at(a_network(), "S5", [a_prediction()], a_state(next_sequence=next_sequence), NOW)
    assert rows[0].stops_away == away


@pytest.mark.parametrize(("exact_times", "planned"), [(0, None), (1, at(7, 6, 57))])
def test_a_bus_on_a_trip_with_a_headway_only_has_no_planned_time(exact_times, planned):
    network = a_network(headway=replace(every(10), exact_times=exact_times))
    trip = a_trip_instance(start_s=7 * 3600)
    row = arrivals_at(network, "S5", [a_prediction(trip=trip)], a_state(trip=trip), NOW)[0]
    assert (row.status, row.planned_at) == (S.LIVE, planned)


def test_the_planned_time_of_a_run_is_that_of_its_own_start():
    network = a_network(headway=replace(every(10), exact_times=1))
    trip = a_trip_instance(start_s=7 * 3600 + 600)
    rows = arrivals_at(network, "S5", [a_prediction(trip=trip, minutes=12)], a_state(trip=trip), NOW)
    planned = [(row.status, row.planned_at) for row in rows]
    assert (S.LIVE, at(7, 16, 57)) in planned
    assert (S.SCHEDULED, at(7, 6, 57)) in planned
    assert (S.SCHEDULED, at(7, 16, 57)) not in planned, "the run that is seen is not promised once more"


def test_a_prediction_for_a_stop_that_the_trip_no_longer_calls_at_is_left_out():
    gone = replace(a_prediction(), stop_sequence=99)
    assert S.LIVE not in statuses(arrivals_at(a_network(), "S5", [gone], a_state(), NOW))
    assert S.LIVE in statuses(arrivals_at(a_network(), "S5", [a_prediction()], a_state(), NOW))


def test_the_planned_calls_of_a_loop_are_told_apart_by_their_visit():
    network = a_network([*LOOP, *LOOP[1:]])
    rows = [
        row for row in arrivals_at(network, "S1", [], {}, at(6, 59)) if row.status is S.SCHEDULED and row.trip.trip_id == "T1"
    ]
    assert [(row.visit, row.stop_sequence) for row in rows] == [(1, 2), (2, 10)]
    assert [row.visit for row in arrivals_at(a_network(), "S1", [], {}, at(6, 59)) if row.trip] == [None, None]
