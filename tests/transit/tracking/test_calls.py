"""Calls at stops, seen from fixes along a trip: each told once, with the times between the fixes."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import OUT_AND_BACK, a_network, a_trip_instance
from transit.plan.patterns import Pattern, patterns_of
from transit.tracking.calls import AT_STOP_M, Progress, advance, begin, forget_since
from transit.tracking.state import StopEvent

T1 = a_trip_instance()


def driven(pattern: Pattern, fixes: list[tuple[float, float]], before: Progress | None = None) -> list[StopEvent]:
    """Events of fixes (Unix seconds, metres along)."""
    (t, along), *rest = fixes
    progress = begin(T1, pattern, along, t, before)
    return [event for at, m in rest for event in advance(progress, pattern, "BUS1", m, at)]


@pytest.fixture
def pattern() -> Pattern:
    return patterns_of(a_network()).of_trip("T1")


def seconds(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def test_a_call_begins_twenty_metres_before_the_stop_and_ends_twenty_behind(pattern: Pattern) -> None:
    (event,) = driven(pattern, [(0, 400.0), (20, 600.0)])
    assert event.stop_id == "S1"
    assert seconds(event.arrived_at) == pytest.approx(8.0, abs=0.1)
    assert seconds(event.departed_at) == pytest.approx(12.0, abs=0.1)
    assert event.gap_s == 20


def test_a_bus_that_stands_at_a_stop_is_told_when_it_leaves(pattern: Pattern) -> None:
    fixes = [(0.0, 400.0), (10.0, 490.0), (20.0, 500.0), (30.0, 505.0), (40.0, 620.0)]
    (event,) = driven(pattern, fixes)
    assert seconds(event.arrived_at) == pytest.approx(80 / 9, abs=0.1)
    assert seconds(event.departed_at) == pytest.approx(30 + 10 * 15 / 115, abs=0.1)


def test_stops_passed_while_the_receiver_was_frozen_have_their_calls_in_that_time_and_as_wide_a_gap(pattern: Pattern) -> None:
    """It repeats one point from 100 s to 400 s, and goes on 1200 m farther 20 s later."""
    progress = begin(T1, pattern, 200.0, 0.0, None)
    for at in (100.0, 200.0, 300.0, 400.0):
        assert advance(progress, pattern, "BUS1", 400.0, at) == []
    forget_since(progress, 100.0)
    assert progress.recent == [(0.0, 200.0), (100.0, 400.0)]
    events = advance(progress, pattern, "BUS1", 1600.0, 420.0)
    assert [seconds(event.arrived_at) for event in events] == pytest.approx([121.3, 254.7, 388.0], abs=0.1)
    assert {event.gap_s for event in events} == {320.0}


def test_noise_backwards_neither_undoes_nor_repeats_a_call(pattern: Pattern) -> None:
    fixes = [(0.0, 400.0), (10.0, 530.0), (20.0, 470.0), (30.0, 525.0), (40.0, 480.0), (50.0, 700.0)]
    assert [event.stop_id for event in driven(pattern, fixes)] == ["S1"]


def test_stops_passed_in_silence_all_have_their_call_in_order(pattern: Pattern) -> None:
    events = driven(pattern, [(0.0, 100.0), (300.0, 1900.0)])
    assert [event.stop_id for event in events] == ["S1", "S2", "S3"]
    assert {event.gap_s for event in events} == {300.0}
    for before, after in pairwise(events):
        assert before.departed_at is not None
        assert before.arrived_at < before.departed_at < after.arrived_at


def test_a_bus_first_seen_on_its_way_has_no_call_at_the_stops_behind_it(pattern: Pattern) -> None:
    assert [event.stop_id for event in driven(pattern, [(0.0, 1100.0), (100.0, 2100.0)])] == ["S3", "S4"]


def test_a_bus_first_seen_at_a_stop_arrived_no_later_than_that(pattern: Pattern) -> None:
    (event,) = driven(pattern, [(0.0, 1000.0), (10.0, 1100.0)])
    assert seconds(event.arrived_at) == 0.0
    assert seconds(event.departed_at) == pytest.approx(2.0, abs=0.1)


def test_the_last_stop_has_an_arrival_and_no_departure(pattern: Pattern) -> None:
    events = driven(pattern, [(0.0, 3600.0), (100.0, 3990.0), (110.0, 4000.0), (200.0, 4000.0)])
    assert [(event.stop_id, event.departed_at) for event in events] == [("S8", None)]
    assert seconds(events[0].arrived_at) == pytest.approx(100 * 380 / 390, abs=1.0)


def test_the_departure_from_the_first_stop_is_the_start_of_the_trip(pattern: Pattern) -> None:
    progress = begin(T1, pattern, 0.0, 0.0, None)
    events = [event for t, m in [(60.0, 5.0), (120.0, 8.0), (130.0, 128.0)] for event in advance(progress, pattern, "B", m, t)]
    assert [event.stop_id for event in events] == ["S0"]
    assert progress.started_at == pytest.approx(121.0, abs=0.1)


def test_a_stop_visited_twice_has_two_calls() -> None:
    pattern = patterns_of(a_network(OUT_AND_BACK)).of_trip("T1")
    events = driven(pattern, [(10.0 * n, 100.0 * n) for n in range(41)])
    visits = [event for event in events if event.stop_id == "S1"]
    assert [event.stop_sequence for event in visits] == [2, 8]
    assert len({(event.stop_id, event.stop_sequence) for event in events}) == len(events) == 9


def test_a_trip_taken_up_again_repeats_none_of_its_calls(pattern: Pattern) -> None:
    progress = begin(T1, pattern, 400.0, 0.0, None)
    advance(progress, pattern, "B", 1100.0, 100.0)
    elsewhere = begin(a_trip_instance("T2"), pattern, 1120.0, 110.0, progress)
    again = begin(T1, pattern, 900.0, 120.0, elsewhere)  # thrown back behind what was told
    assert [event.stop_id for event in advance(again, pattern, "B", 1600.0, 200.0)] == ["S3"]


def test_the_recent_way_is_remembered_but_not_for_ever(pattern: Pattern) -> None:
    progress = begin(T1, pattern, 0.0, 0.0, None)
    for n in range(1, 40):
        advance(progress, pattern, "B", 10.0 * n, 10.0 * n)
    assert len(progress.recent) == 16
    assert progress.recent[-1] == (390.0, 390.0)


steps = st.lists(st.tuples(st.floats(0.5, 200.0), st.floats(-100.0, 900.0)), min_size=1, max_size=40)


@given(st.floats(0.0, 4000.0), steps)
def test_however_a_bus_moves_each_call_is_told_once_in_order_and_between_its_fixes(
    start: float, steps: list[tuple[float, float]]
) -> None:
    pattern = patterns_of(NETWORK).of_trip("T1")
    t, along, fixes = 1000.0, start, [(1000.0, start)]
    for dt, way in steps:
        t, along = t + dt, min(max(along + way, 0.0), pattern.end_m)
        fixes.append((t, along))
    events = driven(pattern, fixes)
    numbers = [event.stop_sequence for event in events]
    assert numbers == sorted(set(numbers))
    for event in events:
        assert 1000.0 <= event.arrived_at.timestamp() <= t
        assert event.departed_at is None or event.departed_at >= event.arrived_at
        assert event.arrived_at.tzinfo is UTC
        place = pattern.stop_dist_m[pattern.stop_sequences.index(event.stop_sequence)]
        assert max(m for _, m in fixes) >= place - AT_STOP_M
    for before, after in pairwise(events):
        assert before.departed_at is not None
        assert before.departed_at <= after.arrived_at


NETWORK = a_network()
