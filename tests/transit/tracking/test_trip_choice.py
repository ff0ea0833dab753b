"""Which trip a vehicle at a place and a time runs: the plan, what somebody said, what it ran before, who has it already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders import MONDAY, STRAIGHT, WORKING_DAYS, Way, a_city, a_network, a_trip_instance, at, every
from transit.plan.network import Frequency, Network, TripInstance
from transit.plan.patterns import patterns_of
from transit.tracking.trip_choice import (
    AssignmentHint,
    ChoiceContext,
    OtherVehicles,
    TripTable,
    beyond_score,
    choose_trip,
    follows,
    headway_day,
    lateness_score,
    wait_score,
)

HOUR = 3600


def a_table(network: Network) -> TripTable:
    return TripTable(network, patterns_of(network))


def chosen(
    table: TripTable, along_m: float, t: float, *, waiting: bool = False, trip_id: str = "T1", **known: object
) -> TripInstance | None:
    found = choose_trip(table, table.patterns.of_trip(trip_id), along_m, t, waiting, ChoiceContext(**known))  # type: ignore[arg-type]
    return None if found is None else found.trip


def test_the_trip_whose_plan_fits_best_is_chosen() -> None:
    table = a_table(a_network())
    assert chosen(table, 3600.0, at(7, 10).timestamp()) == a_trip_instance("T1")
    assert chosen(table, 3600.0, at(8, 10).timestamp()) == a_trip_instance("T2")


def test_the_same_moment_means_another_trip_further_along() -> None:
    table = a_table(a_network(first_departures=(7 * HOUR, 7 * HOUR + 600)))
    assert chosen(table, 3900.0, at(7, 11).timestamp()) == a_trip_instance("T1")
    assert chosen(table, 200.0, at(7, 11).timestamp()) == a_trip_instance("T2")


def test_a_bus_far_off_every_plan_runs_none() -> None:
    assert chosen(a_table(a_network()), 3600.0, at(14).timestamp()) is None


def test_a_trip_that_does_not_run_today_is_not_chosen() -> None:
    table = a_table(a_network(weekdays=WORKING_DAYS))
    sunday = MONDAY - timedelta(days=1)
    assert chosen(table, 0.0, at(7, day=sunday).timestamp()) is None


def test_after_midnight_a_late_trip_still_belongs_to_the_day_it_began_on() -> None:
    table = a_table(a_network(first_departures=(23 * HOUR + 55 * 60, 25 * HOUR)))
    tuesday = MONDAY + timedelta(days=1)
    assert chosen(table, 3600.0, at(0, 5, day=tuesday).timestamp()) == TripInstance("T1", MONDAY)
    assert chosen(table, 0.0, at(1, 0, day=tuesday).timestamp()) == TripInstance("T2", MONDAY)


@pytest.mark.parametrize("day", [date(2026, 3, 8), date(2026, 11, 1)])
def test_on_the_day_clocks_change_a_morning_trip_is_found(day: date) -> None:
    network = a_network(timezone="America/New_York")
    zero = a_table(network).days(at(18, day=day).timestamp())[0].zero_s
    assert chosen(a_table(network), 0.0, zero + 7 * HOUR) == TripInstance("T1", day)


def test_before_its_departure_a_waiting_bus_waits_for_the_next_trip() -> None:
    table = a_table(a_network())
    assert chosen(table, 0.0, at(6, 40).timestamp(), waiting=True) == a_trip_instance("T1")
    assert chosen(table, 0.0, at(7, 40).timestamp(), waiting=True) == a_trip_instance("T2")
    assert chosen(table, 0.0, at(4).timestamp(), waiting=True) is None


def test_early_is_less_likely_than_late_by_as_much() -> None:
    assert lateness_score(0.0) == 0.0
    early, late = lateness_score(-300.0), lateness_score(300.0)
    assert early is not None
    assert late is not None
    assert early < late < 0.0


def test_waiting_before_the_departure_is_nothing_unusual() -> None:
    waits, rides = wait_score(-600.0), lateness_score(-600.0)
    assert waits is not None
    assert rides is not None
    assert waits > rides + 1.0


def test_a_bus_keeps_its_trip_while_another_fits_only_a_little_better() -> None:
    table = a_table(a_network(first_departures=(7 * HOUR, 7 * HOUR + 600)))
    late = at(7, 16).timestamp()  # at 2400 m: 9 min late on T1, 1 min early on T2
    assert chosen(table, 2400.0, late) == a_trip_instance("T2")
    assert chosen(table, 2400.0, late, current=a_trip_instance("T1")) == a_trip_instance("T1")


def test_a_bus_hours_behind_its_trip_is_given_another() -> None:
    table = a_table(a_network())
    late = at(8, 11).timestamp()
    assert chosen(table, 3600.0, late, current=a_trip_instance("T1")) == a_trip_instance("T2")


def test_a_trip_that_ended_is_not_run_again() -> None:
    table = a_table(a_network(first_departures=(7 * HOUR, 7 * HOUR + 600)))
    assert chosen(table, 0.0, at(7).timestamp(), ended=a_trip_instance("T1")) == a_trip_instance("T2")


def test_the_trip_that_somebody_named_is_run_though_another_fits_better() -> None:
    table = a_table(a_network(first_departures=(7 * HOUR, 7 * HOUR + 1200)))
    said = AssignmentHint(trip_id="T1")
    assert chosen(table, 2400.0, at(7, 25).timestamp(), hint=said) == a_trip_instance("T1")
    assert chosen(table, 2400.0, at(7, 25).timestamp()) == a_trip_instance("T2")


def test_a_label_of_yesterdays_trip_is_read_as_todays() -> None:
    table = a_table(a_network())
    said = AssignmentHint(trip_id="T1")
    assert chosen(table, 0.0, at(7).timestamp(), hint=said) == a_trip_instance("T1", day=MONDAY)


def test_a_label_of_this_morning_does_not_hold_a_bus_in_the_evening() -> None:
    table = a_table(a_network(first_departures=(7 * HOUR, 18 * HOUR)))
    said = AssignmentHint(trip_id="T1")
    assert chosen(table, 1200.0, at(18, 3).timestamp(), hint=said) == a_trip_instance("T2")


def test_a_pattern_of_another_route_than_somebody_said_pays_for_it() -> None:
    city = a_city(Way("R1", STRAIGHT, (7 * HOUR,)), Way("R2", STRAIGHT, (7 * HOUR,)))
    table, t = a_table(city), at(7, 5).timestamp()

    def score(trip_id: str, hint: AssignmentHint) -> float:
        found = choose_trip(table, table.patterns.of_trip(trip_id), 1800.0, t, False, ChoiceContext(hint=hint))
        assert found is not None
        return found.score

    assert score("R1a1", AssignmentHint("R1")) > score("R2a1", AssignmentHint("R1")) + 5.0
    assert score("R1a1", AssignmentHint("R1", "R1a1")) > score("R2a1", AssignmentHint("R1", "R1a1")) + 5.0
    assert score("R1a1", AssignmentHint()) == score("R2a1", AssignmentHint())


def test_a_route_or_trip_that_nobody_knows_says_nothing() -> None:
    table = a_table(a_network())
    assert chosen(table, 0.0, at(7).timestamp(), hint=AssignmentHint(trip_id="gone")) == a_trip_instance("T1")


def test_a_trip_that_another_bus_runs_is_left_to_it() -> None:
    table = a_table(a_network(first_departures=(7 * HOUR, 7 * HOUR + 300)))
    taken = a_trip_instance("T1")
    assert chosen(table, 0.0, at(7).timestamp(), others=OtherVehicles(taken=lambda trip: trip == taken)) == a_trip_instance(
        "T2"
    )


def blocks(*ids: str) -> Network:
    departures = tuple(7 * HOUR + 1200 * n for n in range(len(ids)))
    return a_city(Way("R1", STRAIGHT, departures, 0, ids))


def test_a_block_says_which_trip_comes_next() -> None:
    table = a_table(blocks("B1", "B2", "B1"))
    assert table.next_in_block == {"R1a1": "R1a3"}
    first, third = a_trip_instance("R1a1"), a_trip_instance("R1a3")
    assert follows(table, first, third)
    assert not follows(table, None, third)
    assert not follows(table, first, replace(third, start_date=MONDAY + timedelta(days=1)))


def test_between_two_trips_that_fit_alike_the_block_decides() -> None:
    city = a_city(
        Way("R1", STRAIGHT, (6 * HOUR + 1800, 7 * HOUR), 0, ("B1", "B2")),
        Way("R2", STRAIGHT, (7 * HOUR,), 0, ("B1",)),
    )
    table, t, ended = a_table(city), at(6, 58).timestamp(), a_trip_instance("R1a1")
    scores = {}
    for trip_id in ("R1a2", "R2a1"):
        found = choose_trip(table, table.patterns.of_trip(trip_id), 0.0, t, True, ChoiceContext(ended=ended))
        unled = choose_trip(table, table.patterns.of_trip(trip_id), 0.0, t, True, ChoiceContext())
        assert found is not None
        assert unled is not None
        scores[trip_id] = found.score - unled.score
    assert scores["R2a1"] > scores["R1a2"]


def test_without_a_block_a_bus_goes_on_with_its_route() -> None:
    city = a_city(Way("R1", STRAIGHT, (6 * HOUR + 1800, 7 * HOUR)), Way("R2", STRAIGHT, (7 * HOUR,)))
    table, t, known = a_table(city), at(6, 58).timestamp(), ChoiceContext(ended=a_trip_instance("R1a1"))
    same, other = (choose_trip(table, table.patterns.of_trip(name), 0.0, t, True, known) for name in ("R1a2", "R2a1"))
    assert same is not None
    assert other is not None
    assert same.trip == a_trip_instance("R1a2")
    assert same.score > other.score


def test_without_blocks_nothing_follows() -> None:
    assert a_table(blocks("", "", "")).next_in_block == {}


HEADWAY = every(10)


def test_a_headway_based_trip_is_named_after_the_minute_it_began() -> None:
    table = a_table(a_network(headway=HEADWAY))
    assert chosen(table, 0.0, at(7, 3, 20).timestamp(), waiting=True) == a_trip_instance("T1", 7 * HOUR + 180)
    riding = chosen(table, 3600.0, at(7, 13, 20).timestamp())  # 600 s along
    assert riding == a_trip_instance("T1", 7 * HOUR + 180)


def test_a_headway_based_trip_keeps_its_name_however_slow_it_is() -> None:
    table = a_table(a_network(headway=HEADWAY))
    current = a_trip_instance("T1", 7 * HOUR)
    assert chosen(table, 3000.0, at(8).timestamp(), current=current) == current


def test_two_buses_that_leave_in_the_same_minute_are_two_instances() -> None:
    table = a_table(a_network(headway=HEADWAY))
    first = a_trip_instance("T1", 7 * HOUR)
    second = chosen(table, 0.0, at(7).timestamp(), waiting=True, others=OtherVehicles(taken=lambda trip: trip == first))
    assert second == a_trip_instance("T1", 7 * HOUR + 60)


def test_a_bus_that_leaves_its_terminal_much_later_than_it_was_to_gets_a_new_name() -> None:
    table = a_table(a_network(headway=HEADWAY))
    planned = a_trip_instance("T1", 7 * HOUR)
    assert chosen(table, 100.0, at(7, 20).timestamp(), current=planned) == a_trip_instance("T1", 7 * HOUR + 20 * 60)


def test_after_midnight_a_headway_window_past_twenty_four_belongs_to_the_day_before() -> None:
    table = a_table(a_network(headway=every(10, 20 * HOUR, 26 * HOUR)))
    tuesday = MONDAY + timedelta(days=1)
    assert chosen(table, 0.0, at(0, 30, day=tuesday).timestamp(), waiting=True) == a_trip_instance("T1", 24 * HOUR + 1800)


def test_outside_its_hours_a_headway_based_trip_is_less_likely() -> None:
    table = a_table(a_network(headway=HEADWAY))
    pattern = table.patterns.of_trip("T1")
    inside = choose_trip(table, pattern, 0.0, at(7).timestamp(), True, ChoiceContext())
    outside = choose_trip(table, pattern, 0.0, at(22).timestamp(), True, ChoiceContext())
    assert inside is not None
    assert outside is not None
    assert outside.score < inside.score


def test_exact_times_are_planned_departures_with_a_start_time_of_their_own() -> None:
    exact = Frequency("T1", 6 * HOUR, 9 * HOUR, 1800, 1)
    table = a_table(a_network(headway=exact))
    assert chosen(table, 3600.0, at(7, 40).timestamp()) == a_trip_instance("T1", 7 * HOUR + 1800)
    assert chosen(table, 0.0, at(9, 30).timestamp()) == a_trip_instance("T1", 8 * HOUR + 1800)


@pytest.mark.parametrize("line_late_s", [0.0, 3600.0, -3600.0], ids=["on plan", "all an hour late", "all an hour early"])
@pytest.mark.parametrize(("early_s", "trip_id"), [(225.0, "T2"), (-15.0, "T5")], ids=["each a headway early", "on time"])
def test_where_all_since_left_a_headway_early_the_next_to_leave_takes_the_departure_that_was_skipped(
    early_s: float, trip_id: str, line_late_s: float
) -> None:
    table = a_table(a_network(first_departures=tuple(7 * 3600 + 240 * n for n in range(6))))
    others = {a_trip_instance("T3"), a_trip_instance("T4")}
    known = OtherVehicles(
        taken=others.__contains__,
        driven=others.__contains__,
        runs_late=lambda trip: line_late_s - early_s if trip in others else None,
        line_late_s=lambda route_id, direction_id, t: line_late_s,
    )
    t = at(7, 12, 15).timestamp() if trip_id == "T2" else at(7, 15, 50).timestamp()
    assert chosen(table, 0.0, t + line_late_s, leaves=True, others=known) == a_trip_instance(trip_id)


def test_a_vehicle_that_is_on_its_way_does_not_ask_in_which_order_the_others_left() -> None:
    table = a_table(a_network(first_departures=tuple(7 * 3600 + 240 * n for n in range(6))))
    others = {a_trip_instance("T3"), a_trip_instance("T4")}
    known = OtherVehicles(taken=others.__contains__, driven=others.__contains__, runs_late=lambda trip: -225.0)
    assert chosen(table, 0.0, at(7, 12, 15).timestamp(), others=known) == a_trip_instance("T5")


@pytest.mark.parametrize(
    ("late_s", "score"),
    [(0.0, 0.0), (300.0, -0.575), (-150.0, -0.575), (3000.0, -7.073), (4500.0, -8.661), (4501.0, None), (-1500.0, -7.073),
     (-1501.0, None)],
)  # fmt: skip
def test_how_well_a_lateness_fits(late_s: float, score: float | None) -> None:
    """Late by five minutes counts as early by two and a half; beyond 75 minutes late or 25 early it is another trip."""
    assert lateness_score(late_s) == (None if score is None else pytest.approx(score, abs=0.001))


@pytest.mark.parametrize(
    ("late_s", "score"), [(-900.0, -0.575), (-5400.0, -5.129), (-5401.0, None), (300.0, -0.575), (4501.0, None)]
)
def test_how_well_a_wait_fits(late_s: float, score: float | None) -> None:
    """A quarter of an hour before the departure counts as five minutes late; who stands for more than 90 min is parked."""
    assert wait_score(late_s) == (None if score is None else pytest.approx(score, abs=0.001))


@pytest.mark.parametrize(("late_s", "score"), [(0.0, -8.0), (4500.0, -8.0), (6300.0, -9.0), (-5400.0, -8.0), (-7200.0, -9.0)])
def test_a_trip_that_somebody_named_loses_one_for_each_half_hour_beyond(late_s: float, score: float) -> None:
    assert beyond_score(late_s) == pytest.approx(score)


def test_a_label_of_a_trip_of_working_days_means_the_day_on_which_it_runs() -> None:
    """On Saturday before four a trip planned for 25:00 that runs from Monday to Friday is Friday's."""
    table = a_table(a_network(first_departures=(25 * HOUR,), weekdays=WORKING_DAYS))
    saturday = MONDAY + timedelta(days=5)
    night = at(3, 45, day=saturday).timestamp()  # so late that only the label speaks for it
    assert chosen(table, 1500.0, night, hint=AssignmentHint(trip_id="T1")) == a_trip_instance(
        "T1", day=MONDAY + timedelta(days=4)
    )


@pytest.mark.parametrize(
    ("hours", "minutes", "outside"), [(5, 51, False), (5, 49, True), (12, 0, False), (18, 9, False), (18, 11, True)]
)
def test_a_headway_runs_from_one_headway_before_its_window_until_one_after(hours: int, minutes: int, outside: bool) -> None:
    table = a_table(a_network(headway=every(10)))
    day, score = headway_day(table, table.network.trips["T1"], at(hours, minutes).timestamp())
    assert day.date == MONDAY
    assert (score < 0.0) is outside


TWO_SERVICES = a_network(first_departures=(7 * HOUR, 7 * HOUR + 420), weekdays=WORKING_DAYS)


def of_the_weekend(network: Network, trip_id: str) -> Network:
    weekend = replace(
        network.calendars["DAILY"], service_id="WEEKEND", weekdays=(False, False, False, False, False, True, True)
    )
    trips = {**network.trips, trip_id: replace(network.trips[trip_id], service_id="WEEKEND")}
    return replace(network, trips=trips, calendars={**network.calendars, "WEEKEND": weekend})


@pytest.mark.parametrize("days_after_monday", [0, 2, 4, 5], ids=["Monday", "Wednesday", "Friday", "Saturday"])
def test_a_told_trip_of_the_other_service_is_of_today_where_place_and_time_agree(days_after_monday: int) -> None:
    table = a_table(of_the_weekend(TWO_SERVICES, "T2"))
    day = MONDAY + timedelta(days=days_after_monday)
    hint = AssignmentHint("R1", "T2")
    t = at(7, 10, day=day).timestamp()
    assert table.still_told(hint, t) == hint
    assert chosen(table, 0.0, t, hint=hint) == TripInstance("T2", day)


def test_a_told_trip_of_the_other_service_hours_off_names_its_route_alone() -> None:
    table = a_table(of_the_weekend(TWO_SERVICES, "T2"))
    assert table.still_told(AssignmentHint("R1", "T2"), at(15).timestamp()) == AssignmentHint("R1")


def test_a_late_trip_of_yesterday_is_not_taken_for_todays() -> None:
    """T2 of Sunday leaves at 25:00 and is told on Monday at 01:20, on which day it does not run."""
    network = of_the_weekend(a_network(first_departures=(7 * HOUR, 25 * HOUR)), "T2")
    sunday = MONDAY - timedelta(days=1)
    assert chosen(a_table(network), 3000.0, at(1, 20).timestamp(), hint=AssignmentHint("R1", "T2")) == TripInstance(
        "T2", sunday
    )


def test_a_trip_that_was_taken_for_ended_and_goes_on_may_be_chosen_again() -> None:
    table, t = a_table(a_network(first_departures=(6 * HOUR, 7 * HOUR))), at(7, 9).timestamp()
    first, second = a_trip_instance("T1"), a_trip_instance("T2")
    assert chosen(table, 3300.0, t, current=second, ended=second, goes_on=True) == second
    assert chosen(table, 3300.0, t, current=second, ended=second) == first
    assert chosen(table, 3300.0, t, current=first, ended=second, goes_on=True) == first


@pytest.mark.parametrize(("off_s", "trip_id"), [(0.0, "T1"), (-3600.0, "T2"), (3600.0, None)])
def test_where_a_whole_line_runs_an_hour_off_its_plan_so_does_the_next_trip(off_s: float, trip_id: str | None) -> None:
    """At 07:00, where T1 is planned at 07:00, T2 at 08:00: what all run an hour before their plan is T2."""
    others = OtherVehicles(line_late_s=lambda route_id, direction_id, t: off_s)
    expected = None if trip_id is None else a_trip_instance(trip_id)
    assert chosen(a_table(a_network()), 0.0, at(7).timestamp(), others=others) == expected
