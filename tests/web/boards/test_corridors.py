"""Ladders: where the console draws a bus."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from gtfs.reader import read_network
from tests.builders import LOOP, MONDAY, a_network, at, every
from tests.control_cast import Control, there_and_back
from transit.control.calls import RecentCalls
from transit.control.circuit import circuits_of
from transit.control.corridor import corridor_of
from transit.control.facts import ControlFacts
from web.boards.corridors import (
    BOTTOM_Y,
    LABEL_APART,
    LEFT_X,
    NAME_APART,
    RIGHT_X,
    TOP_Y,
    circuit_point,
    ladder_of,
    place_point,
    shortened,
    spread_heights,
)

SAMPLE = Path(__file__).parents[3] / "data" / "binjai"


def a_ladder(cast: Control):
    return ladder_of(cast.network, cast.circuit, corridor_of(cast.facts(), cast.circuit))


def test_the_way_out_goes_down_on_the_left_and_the_way_back_up_on_the_right():
    ladder = a_ladder(Control().drives("BUS1", "R1a1", 1000.0).drives("BUS2", "R1b1", 1000.0))
    out, back = ladder.buses
    assert (out.at.x, back.at.x) == (LEFT_X, RIGHT_X)
    assert out.at.y == TOP_Y + (BOTTOM_Y - TOP_Y) / 4
    assert back.at.y == BOTTOM_Y - (BOTTOM_Y - TOP_Y) / 4
    assert ladder.width == 400.0


def test_a_loop_is_closed_its_second_half_comes_up_on_the_right():
    circuit = circuits_of(a_network(LOOP, headway=every(10)), MONDAY)["R1"]
    run = circuit.rails[0].run_s
    begin, quarter, middle, end = (place_point(circuit, 0, run * share) for share in (0.0, 0.25, 0.5, 1.0))
    assert (begin.x, begin.y) == (LEFT_X, TOP_Y)
    assert (quarter.x, quarter.y) == (LEFT_X, (TOP_Y + BOTTOM_Y) / 2)
    assert middle.y == BOTTOM_Y
    assert (end.x, end.y) == (RIGHT_X, TOP_Y)


def test_a_place_on_the_circuit_beyond_the_first_rail_lies_on_the_second():
    circuit = circuits_of(there_and_back(), MONDAY)["R1"]
    assert circuit_point(circuit, 1000.0) == place_point(circuit, 1, 200.0)


def test_labels_of_two_bunched_buses_do_not_cover_each_other():
    ladder = a_ladder(Control().drives("BUS1", "R1a1", 1000.0).drives("BUS2", "R1a1", 1050.0))
    first, second = ladder.buses
    assert second.at.y - first.at.y < 6
    assert second.label_y - first.label_y == LABEL_APART


def test_a_silent_bus_is_drawn_with_how_far_it_may_be():
    (bus,) = a_ladder(Control().drives("BUS1", "R1a1", 1000.0, heard_s_ago=200.0)).buses
    assert bus.reach.y > bus.at.y
    assert bus.even is None


def test_a_long_name_is_cut_where_it_no_longer_fits():
    assert shortened("Halte Balai Kota", 16) == "Halte Balai Kota"
    assert shortened("Halte Balai Kota B", 16) == "Halte Balai Kot…"
    assert shortened("Halte Balai Kota", 0) == ""


def test_a_stop_that_both_directions_have_at_one_height_is_named_once():
    ladder = a_ladder(Control())
    left = {stop.stop.stop_id: stop.letters for stop in ladder.rungs.stops if stop.at.is_left}
    right = {stop.stop.stop_id: stop.letters for stop in ladder.rungs.stops if not stop.at.is_left}
    assert set(left.values()) == {24}
    assert set(right.values()) == {0}


def test_heights_are_moved_as_little_as_makes_them_lie_apart():
    assert spread_heights([100.0, 200.0], 12.0, 0.0, 400.0) == [100.0, 200.0]
    assert spread_heights([100.0, 102.0], 12.0, 0.0, 400.0) == [95.0, 107.0]
    assert spread_heights([100.0, 102.0, 110.0], 12.0, 0.0, 400.0) == [92.0, 104.0, 116.0]
    assert spread_heights([399.0, 400.0], 12.0, 0.0, 400.0) == [388.0, 400.0]
    assert spread_heights([], 12.0, 0.0, 400.0) == []


def test_no_two_names_of_the_sample_cover_each_other():
    """Hijau has three stops within a minute of each other."""
    network = read_network(SAMPLE)
    for circuit in circuits_of(network, MONDAY).values():
        facts = ControlFacts(now=at(9), network=network, circuits={}, calls=RecentCalls(network), states={})
        ladder = ladder_of(network, circuit, corridor_of(facts, circuit))
        named = [stop for stop in ladder.rungs.stops if stop.letters]
        for x in {stop.at.x for stop in named}:
            ys = sorted(stop.label_y for stop in named if stop.at.x == x)
            assert all(round(below - above, 1) >= NAME_APART - 0.1 for above, below in pairwise(ys))
