"""What recent calls say of a circuit."""

from __future__ import annotations

from datetime import timedelta

from tests.control_cast import NOW, Control, a_call
from transit.control.calls import RecentCalls


def minutes_ago(count: float):
    return NOW - timedelta(minutes=count)


def test_the_last_departure_is_the_newest_whoever_is_heard_last():
    cast = Control().left("BUS2", "R1a1", minutes_ago(4)).left("BUS1", "R1a1", minutes_ago(14))
    last = cast.calls.last_departure(cast.circuit.rails[0].direction)
    assert (last.vehicle_id, last.at) == ("BUS2", minutes_ago(4))
    assert cast.calls.last_departure(cast.circuit.rails[1].direction) is None


def test_a_departure_that_is_heard_twice_counts_once():
    cast = Control().left("BUS1", "R1a1", minutes_ago(4)).left("BUS1", "R1a1", minutes_ago(4))
    assert len(cast.calls.departures[cast.circuit.rails[0].direction]) == 1


def test_a_run_counts_from_departure_to_arrival_once_two_were_seen():
    cast = Control().ran("BUS1", "R1a1", minutes_ago(60), 900.0)
    direction = cast.circuit.rails[0].direction
    assert cast.calls.run_s(direction, NOW) is None
    cast.ran("BUS2", "R1a1", minutes_ago(50), 1100.0)
    assert cast.calls.run_s(direction, NOW) == 1000.0


def test_runs_of_two_hours_ago_say_nothing_of_now():
    cast = Control().ran("BUS1", "R1a1", minutes_ago(130), 900.0).ran("BUS2", "R1a1", minutes_ago(120), 900.0)
    assert cast.calls.run_s(cast.circuit.rails[0].direction, NOW) is None


def test_calls_older_than_three_hours_are_forgotten():
    cast = Control().left("BUS1", "R1a1", minutes_ago(170))
    later = NOW + timedelta(minutes=20)
    cast.calls.hear([a_call(cast.network, "BUS2", "R1a1", 0, later)], later)
    assert [row.vehicle_id for row in cast.calls.departures[cast.circuit.rails[0].direction]] == ["BUS2"]


def test_a_call_of_a_trip_that_the_network_does_not_have_is_left_out():
    cast = Control()
    calls = RecentCalls(cast.network)
    foreign = a_call(cast.network, "BUS1", "R1a1", 0, NOW)
    calls.hear([type(foreign)("BUS1", type(foreign.trip)("GONE", foreign.trip.start_date, 0), "P0_0", 1, NOW, NOW, 5.0)], NOW)
    assert calls.departures == {}
