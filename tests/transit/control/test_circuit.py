"""Circuits: the directions of a route, one after the other."""

from __future__ import annotations

from tests.builders import LOOP, MONDAY, a_network, every
from tests.control_cast import RUN_S, Control, there_and_back
from transit.control.circuit import at_on_rail, circuits_of


def test_a_line_there_and_back_is_two_rails_of_planned_seconds():
    circuit = circuits_of(there_and_back(), MONDAY)["R1"]
    assert [(rail.trip_id, rail.run_s) for rail in circuit.rails] == [("R1a1", RUN_S), ("R1b1", RUN_S)]
    assert not circuit.is_loop
    assert circuit.rail_after(0) == 1
    assert circuit.rail_after(1) == 0


def test_a_loop_is_one_rail_that_follows_itself():
    circuit = circuits_of(a_network(LOOP, headway=every(10)), MONDAY)["R1"]
    assert len(circuit.rails) == 1
    assert circuit.is_loop
    assert circuit.rail_after(0) == 0


def test_the_way_from_the_end_to_the_beginning_leads_across_the_terminal():
    circuit = circuits_of(there_and_back(), MONDAY)["R1"]
    assert circuit.ahead_s(1500.0, 100.0) == 200.0
    assert circuit.ahead_s(100.0, 1500.0) == 1400.0


def test_a_bus_between_two_stops_stands_between_them_on_the_rail():
    cast = Control().drives("BUS1", "R1a1", 1250.0)
    assert round(at_on_rail(cast.network, cast.circuit.rails[0], cast.states["BUS1"])) == 250


def test_on_a_day_without_service_the_rails_are_drawn_all_the_same():
    assert "R1" in circuits_of(a_network(headway=every(10), weekdays=(True,) * 5 + (False,) * 2), MONDAY.replace(day=29))
