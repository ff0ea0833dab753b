"""The plan as it concerns one stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from tests.builders import LOOP, MONDAY, WORKING_DAYS, a_network, at, every
from transit.plan.network import CalendarDate, Frequency
from transit.plan.timetable import NoServiceReason, RouteDirection, last_start_s, timetable_of

R1 = RouteDirection("R1", 0)
CHRISTMAS = date(2026, 12, 25)


def without(network, day, name=""):
    return replace(network, calendar_dates=(CalendarDate("DAILY", day, False, {"holiday_name": name} if name else {}),))


def test_calls_between_two_moments_come_in_order_of_time():
    table = timetable_of(a_network())
    found = table.planned("S2", R1, at(6), at(9))
    assert [(row.trip.trip_id, row.at) for row in found] == [("T1", at(7, 2, 47)), ("T2", at(8, 2, 47))]
    assert table.planned("S2", R1, at(7, 3), at(8)) == []


def test_a_trip_after_midnight_belongs_to_the_day_before():
    table = timetable_of(a_network(first_departures=(25 * 3600,)))
    night = at(1, 0, day=MONDAY + timedelta(days=1))
    (row,) = table.planned("S0", R1, night - timedelta(minutes=1), night + timedelta(minutes=1))
    assert (row.trip.start_date, row.at) == (MONDAY, night)


def test_the_first_and_last_bus_of_a_headway_are_counted_from_its_departures():
    hours = timetable_of(a_network(headway=every(10))).hours("S2", R1, MONDAY)
    assert (hours.first_at, hours.last_at, hours.about) == (at(6, 2, 47), at(17, 52, 47), True)


def test_the_last_departure_of_a_window_lies_before_its_end():
    assert last_start_s(Frequency("T1", 0, 600, 600)) == 0
    assert last_start_s(Frequency("T1", 0, 601, 600)) == 600
    assert last_start_s(Frequency("T1", 0, 3600, 600)) == 3000


def test_exact_frequencies_are_a_timetable():
    table = timetable_of(a_network(headway=replace(every(30), exact_times=1)))
    found = table.planned("S0", R1, at(7), at(8))
    assert [row.at for row in found] == [at(7), at(7, 30), at(8)]
    assert [row.trip.start_s for row in found] == [7 * 3600, 7 * 3600 + 1800, 8 * 3600]
    assert table.windows("S0", R1, at(7), at(8)) == []


def test_why_there_is_none():
    daily = a_network()
    assert timetable_of(daily).why_none("S1", R1, MONDAY) is None
    assert timetable_of(without(daily, CHRISTMAS, "Natal")).why_none("S1", R1, CHRISTMAS) == (NoServiceReason.HOLIDAY, "Natal")
    working = a_network(weekdays=WORKING_DAYS)
    assert timetable_of(working).why_none("S1", R1, date(2026, 11, 22)) == (NoServiceReason.DAY_OF_WEEK, "")
    assert timetable_of(daily).why_none("S1", R1, date(2027, 3, 1)) == (NoServiceReason.NOT_IN_FORCE, "")


def test_the_next_first_bus_comes_after_the_holidays():
    table = timetable_of(without(a_network(weekdays=WORKING_DAYS), date(2026, 11, 23)))
    assert table.next_first("S0", R1, at(12, day=date(2026, 11, 21))) == at(7, day=date(2026, 11, 24))
    assert table.next_first("S0", R1, at(6)) == at(7, day=date(2026, 11, 24))


def test_no_next_first_bus_where_the_feed_ends():
    assert timetable_of(a_network()).next_first("S0", R1, at(12, day=date(2026, 12, 31))) is None


def test_a_way_ends_where_nobody_can_board():
    table = timetable_of(a_network())
    assert table.ends_at("S8", R1)
    assert not table.ends_at("S7", R1)
    assert not timetable_of(a_network(LOOP)).ends_at("S0", R1), "on a loop the next trip can be boarded"


def test_trips_of_a_demonstration_promise_nothing():
    plain = a_network()
    demo = replace(plain, trips={key: replace(trip, extra={"demo": "1"}) for key, trip in plain.trips.items()})
    table = timetable_of(demo)
    assert table.directions_at("S1") == []
    assert table.planned("S1", R1, at(6), at(9)) == []


def test_the_index_of_a_network_is_made_once():
    network = a_network()
    assert timetable_of(network) is timetable_of(network)


def dwelling(network):
    """T1 and T2 stand for a minute at every stop."""
    trips = {
        trip_id: replace(trip, stop_times=tuple(replace(call, departure_s=call.arrival_s + 60) for call in trip.stop_times))
        for trip_id, trip in network.trips.items()
    }
    return replace(network, trips=trips)


def test_a_bus_is_planned_at_its_departure_and_at_its_last_stop_at_its_arrival():
    plain, table = timetable_of(a_network()), timetable_of(dwelling(a_network()))
    day = (at(6), at(9))
    assert [row.at - timedelta(minutes=1) for row in table.planned("S2", R1, *day)] == [
        row.at for row in plain.planned("S2", R1, *day)
    ]
    end = RouteDirection("R1", 0)
    assert [row.at for row in table.planned("S8", end, *day)] == [row.at for row in plain.planned("S8", end, *day)]


def test_the_next_first_bus_is_looked_for_in_whichever_season_comes_next():
    """Two calendars with a summer between them: on a day of neither the next one's first bus is meant."""
    network = a_network()
    spring = replace(network.calendars["DAILY"], start_date=date(2026, 11, 1), end_date=date(2026, 11, 30))
    winter = replace(spring, service_id="WINTER", start_date=date(2027, 1, 10), end_date=date(2027, 2, 1))
    trips = {"T1": network.trips["T1"], "T2": replace(network.trips["T2"], service_id="WINTER")}
    table = timetable_of(replace(network, calendars={"DAILY": spring, "WINTER": winter}, trips=trips))
    assert table.next_first("S0", R1, at(12, day=date(2026, 11, 30))) == at(8, day=date(2027, 1, 10))
    assert table.next_first("S0", R1, at(12, day=date(2026, 11, 20))) == at(7, day=date(2026, 11, 21))
    assert table.next_first("S0", R1, at(12, day=date(2026, 12, 20))) == at(8, day=date(2027, 1, 10))
    assert table.next_first("S0", R1, at(12, day=date(2027, 2, 1))) is None
