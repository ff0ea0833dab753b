"""When a trip is planned to call, answered in one place."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network, a_trip_instance, at, every
from transit.plan.network import Network, StopTime
from transit.plan.planned_times import exact_starts, has_planned_times, longest_trip_s, planned_at

H = 3600
PLAIN = a_network()  # T1 leaves at 7:00, 83 s from stop to stop
EXACT = a_network(headway=replace(every(10), exact_times=1))


def with_call(network: Network, index: int, **changes: object) -> Network:
    trip = network.trip("T1")
    calls = list(trip.stop_times)
    calls[index] = replace(calls[index], **changes)  # type: ignore[arg-type]
    return replace(network, trips={**network.trips, "T1": replace(trip, stop_times=tuple(calls))})


def test_a_timetabled_trip_calls_when_its_times_say():
    assert planned_at(PLAIN, a_trip_instance(), 0, departure=True) == at(7)
    assert planned_at(PLAIN, a_trip_instance("T2"), 0, departure=True) == at(8)
    assert planned_at(PLAIN, a_trip_instance(), 3) == at(7, 0, 250)


def test_arrival_and_departure_are_told_apart():
    call = PLAIN.trip("T1").stop_times[3]
    waits = with_call(PLAIN, 3, departure_s=(call.arrival_s or 0) + 60)
    assert planned_at(waits, a_trip_instance(), 3) == at(7, 0, 250)
    assert planned_at(waits, a_trip_instance(), 3, departure=True) == at(7, 0, 310)


def test_a_middle_stop_without_times_lies_between_its_neighbours():
    silent = with_call(PLAIN, 3, arrival_s=None, departure_s=None)
    when = planned_at(silent, a_trip_instance(), 3)
    assert when is not None
    assert abs((when - at(7, 0, 250)).total_seconds()) < 2


def test_an_exact_run_keeps_its_distance_from_its_start_even_where_only_the_first_arrival_is_given():
    run = a_trip_instance("T1", 7 * H + 600)
    for network in (EXACT, with_call(EXACT, 0, arrival_s=0, departure_s=None)):
        assert planned_at(network, run, 0, departure=True) == at(7, 10)
        assert planned_at(network, run, 3) == at(7, 10, 250)


def test_starts_of_exact_windows_end_before_the_window_does():
    window = replace(every(30, 7 * H, 8 * H), exact_times=1)
    assert list(exact_starts(a_network(headway=window), EXACT.trip("T1"))) == [7 * H, 7 * H + 1800]
    assert list(exact_starts(PLAIN, PLAIN.trip("T1"))) == [None]
    assert list(exact_starts(a_network(headway=every(30)), EXACT.trip("T1"))) == []


@pytest.mark.parametrize(("start_s", "planned"), [(7 * H + 600, True), (7 * H + 601, False), (10 * H, False), (None, False)])
def test_of_mixed_windows_only_the_steps_of_the_exact_ones_have_a_time(start_s: int | None, planned: bool):
    exact, rough = replace(every(10, 7 * H, 9 * H), exact_times=1), every(10, 9 * H, 12 * H)
    mixed = replace(EXACT, frequencies=(exact, rough))
    run = a_trip_instance("T1", start_s)
    assert has_planned_times(mixed, run) is planned
    assert (planned_at(mixed, run, 0) is not None) is planned


def test_by_headway_and_of_another_network_nothing_is_planned():
    assert planned_at(a_network(headway=every(10)), a_trip_instance("T1", 7 * H), 0) is None
    assert planned_at(PLAIN, a_trip_instance("T9"), 0) is None


def test_the_longest_trip_ends_last_with_its_repetitions():
    assert longest_trip_s(PLAIN) == 8 * H + 667
    assert longest_trip_s(EXACT) == 18 * H + 667


@pytest.mark.parametrize(("stop_sequence", "index"), [(1, 0), (3, 2), (9, 8), (10, None), (0, None), (None, None)])
def test_a_call_is_found_by_its_stop_sequence(stop_sequence: int | None, index: int | None):
    assert PLAIN.trip("T1").find_index(stop_sequence) == index


def test_stop_sequences_may_have_gaps():
    calls = tuple(StopTime(f"S{n}", sequence, 0, 0) for n, sequence in enumerate((5, 10, 40)))
    trip = replace(PLAIN.trip("T1"), stop_times=calls)
    assert [trip.find_index(sequence) for sequence in (5, 10, 40, 7)] == [0, 1, 2, None]
