"""How well a day was served: each formula on a case by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import MONDAY, a_network, a_trip_instance, at, every
from transit.plan.directions import directions_of
from transit.quality.performance import coverage_of, day_figures, first_and_last, hour_figures, together
from transit.tracking.state import StopEvent

ALL = {("R1", hour): 1.0 for hour in range(30)}


def by_headway():
    return a_network(headway=every(10), stops_every_m=2000.0)  # S0, S1, S2; 333 s from stop to stop


def timetabled():
    return a_network(stops_every_m=2000.0)  # T1 at 7:00, T2 at 8:00


def a_call(network, when, index=0, vehicle_id="BUS1", trip_id="T1", start_s=0):
    call = network.trips[trip_id].stop_times[index]
    instance = a_trip_instance(trip_id, start_s)
    return StopEvent(vehicle_id, instance, call.stop_id, call.stop_sequence, when, when, 10.0)


def departures(network, *minutes):
    """Each by a bus of its own, from the first stop, so many minutes after seven."""
    return [a_call(network, at(7) + timedelta(minutes=m), vehicle_id=f"BUS{n}", start_s=n) for n, m in enumerate(minutes)]


def figures(network, events, coverage=ALL):
    return together(hour_figures(network, MONDAY, events, coverage))


def test_even_headways_have_no_excess_wait():
    result = figures(by_headway(), departures(by_headway(), 0, 10, 20, 30))
    assert (result.headways, result.wait_s, result.excess_wait_s, result.over_promise_s) == (3, 300.0, 0.0, 0.0)
    assert (result.variation, result.kept, result.bunched, result.gaps) == (0.0, 1.0, 0.0, 0.0)


def test_the_example_of_ontrakinfo_has_an_effective_headway_of_eighteen_minutes():
    network = by_headway()
    result = figures(network, departures(network, 0, 10, 20, 30, 58, 59, 60))  # headways 10, 10, 10, 28, 1, 1
    assert result.wait_s * 2 / 60 == pytest.approx(18.1, abs=0.05)
    assert result.excess_wait_s == pytest.approx(result.wait_s - 300.0)
    assert result.variation == pytest.approx(0.9, abs=0.01)


def test_the_wait_over_the_promise_says_that_too_few_buses_run_even_where_they_run_evenly():
    network = by_headway()
    result = figures(network, departures(network, 0, 20, 40))
    assert (result.excess_wait_s, result.over_promise_s) == (0.0, 300.0)


@pytest.mark.parametrize(
    ("headway_min", "kept", "bunched", "gaps"), [(13, 1, 0, 0), (13.1, 0, 0, 0), (15, 0, 0, 1), (2.5, 1, 1, 0), (2.6, 1, 0, 0)]
)
def test_where_a_headway_is_kept_bunched_or_a_gap(headway_min, kept, bunched, gaps):
    network = by_headway()
    result = figures(network, departures(network, 0, headway_min))
    assert (result.kept, result.bunched, result.gaps) == (kept, bunched, gaps)


def test_an_hour_with_too_little_coverage_is_left_out_and_counted():
    network = by_headway()
    rows = hour_figures(network, MONDAY, departures(network, 0, 10, 65), {("R1", 7): 0.79, ("R1", 8): 0.8})
    result = together(row for row in rows if row.hour in (7, 8))
    assert (result.headways, result.hours, result.hours_left_out) == (1, 1, 1)
    assert result.wait_s == 55 * 60 / 2


def test_an_hour_of_which_nothing_was_recorded_is_left_out():
    network = by_headway()
    assert figures(network, departures(network, 0, 10), {}).headways == 0


def test_trips_and_kilometres_count_what_was_driven():
    network = by_headway()
    begin = at(7)
    whole = [a_call(network, begin + timedelta(minutes=6 * n), n) for n in range(3)]
    broken = [a_call(network, begin + timedelta(minutes=20 + 6 * n), n, "BUS2", start_s=1) for n in range(2)]
    result = figures(network, [*whole, *broken])
    assert (result.trips, round(result.km, 1)) == (2, 6.0)
    assert (result.run_p50_min, result.run_p90_min) == (12, 12), "of the whole run only"
    assert result.planned_trips == 72.0, "from 6 to 18 every 10 minutes"


@pytest.mark.parametrize(
    ("index", "late_s", "on_time"),
    [
        (0, 0, 1),
        (0, 180, 1),
        (0, 181, 0),
        (0, -1, 0),
        (1, -60, 1),
        (1, -61, 0),
        (1, 360, 1),
        (1, 361, 0),
        (2, -600, 1),
        (2, 300, 1),
        (2, 301, 0),
    ],
)
def test_on_time_is_by_where_in_its_trip_a_bus_is(index, late_s, on_time):
    network = timetabled()
    planned = at(7) + timedelta(seconds=(0, 333, 667)[index])
    event = a_call(network, planned + timedelta(seconds=late_s), index, start_s=None)
    assert figures(network, [event]).on_time == on_time


def test_the_first_and_the_last_bus_are_kept_within_a_headway():
    network = by_headway()
    (direction,) = directions_of(network).of_route["R1"]
    good = [a_call(network, at(6, 9)), a_call(network, at(17, 55), start_s=1)]
    assert first_and_last(network, MONDAY, direction, good) == (True, True)
    bad = [a_call(network, at(6, 11)), a_call(network, at(17, 30), start_s=1)]
    assert first_and_last(network, MONDAY, direction, bad) == (False, False)
    sunday = a_network(headway=every(10), weekdays=(True,) * 6 + (False,))
    assert first_and_last(sunday, MONDAY + timedelta(days=6), directions_of(sunday).of_route["R1"][0], []) == (None, None)


def test_coverage_is_the_share_of_looks_at_which_a_bus_was_heard():
    looks = [(at(7, n), "R1", n >= 15) for n in range(60)] + [(at(8), "R1", True)]
    assert coverage_of(looks, MONDAY, "Asia/Jakarta") == {("R1", 7): 0.75, ("R1", 8): 1.0}


def test_calls_of_another_day_are_not_counted():
    network = by_headway()
    assert figures(network, [a_call(network, at(7))]).trips == 0
    rows = hour_figures(network, MONDAY + timedelta(days=1), departures(network, 0, 10), ALL)
    assert sum(row.headways for row in rows) == 0


def test_the_buses_of_an_hour_are_counted_once_whichever_direction_they_ran():
    network = by_headway()
    result = figures(network, [*departures(network, 0, 10, 20), a_call(network, at(7, 59), vehicle_id="BUS0", start_s=9)])
    assert result.buses == 3.0


def test_a_day_has_its_hours_and_its_ends():
    network = by_headway()
    day = day_figures(network, MONDAY, [a_call(network, at(6, 1))], ALL)
    assert [(row.first_kept, row.last_kept) for row in day.ends] == [(True, False)]
    assert {row.hour for row in day.hours} == set(range(6, 18))


def rounds(network, *minutes, vehicle_id="BUS1"):
    """One bus that leaves the first stop so many minutes after seven, and is seen at each stop."""
    events = []
    for n, m in enumerate(minutes):
        begin = at(7) + timedelta(minutes=m)
        events.append(a_call(network, begin, vehicle_id=vehicle_id, start_s=n))
        events.append(a_call(network, begin + timedelta(minutes=5), index=1, vehicle_id=vehicle_id, start_s=n))
        events.append(a_call(network, begin + timedelta(minutes=11), index=2, vehicle_id=vehicle_id, start_s=n))
    return events


def test_a_cycle_is_from_departure_to_departure_of_one_bus():
    network = by_headway()
    events = rounds(network, 0, 30, 62, 90) + rounds(network, 10, 55, vehicle_id="BUS2")
    row = figures(network, events)  # 30, 32, 28 and 45 minutes
    assert (row.cycle_p50_min, row.cycle_p90_min) == (30, 45)


def test_a_round_with_a_rest_of_hours_or_without_its_first_stop_is_no_cycle():
    network = by_headway()
    assert figures(network, rounds(network, 0, 181)).cycle_p50_min is None
    assert figures(network, rounds(network, 0, 180)).cycle_p50_min == 180
    unseen = [event for event in rounds(network, 0, 30, 60) if (event.stop_sequence, event.trip.start_s) != (1, 1)]
    assert figures(network, unseen).cycle_p50_min is None, "the second run began somewhere: neither it nor the next is a round"


def test_the_longest_and_the_shortest_headway_are_where_one_looks():
    network = by_headway()
    row = figures(network, departures(network, 0, 10, 12, 30))
    assert (row.worst.at, row.worst.stop_id, row.worst.headway_s) == (at(7, 30), "S0", 1080.0)
    assert (row.closest.at, row.closest.headway_s) == (at(7, 12), 120.0)
    even = figures(network, departures(network, 0, 10, 20))
    assert even.closest is None
    assert figures(network, []).worst is None


def test_the_first_bus_is_kept_by_when_it_leaves_not_by_when_it_comes_to_wait():
    network = timetabled()
    (direction,) = directions_of(network).of_route["R1"]
    first = a_call(network, at(6, 50), start_s=None)
    leaves_late = StopEvent("BUS1", first.trip, first.stop_id, first.stop_sequence, at(6, 50), at(7), 10.0)
    assert first_and_last(network, MONDAY, direction, [first])[0] is False
    assert first_and_last(network, MONDAY, direction, [leaves_late])[0] is True


def test_a_planned_departure_counts_in_the_hour_in_which_it_leaves_the_first_stop():
    network = a_network(stops_every_m=2000.0, first_departures=(6 * 3600 + 58 * 60,))  # at S1 at 7:03:33
    assert {row.hour: row.planned_trips for row in hour_figures(network, MONDAY, [], ALL)} == {6: 1.0}
