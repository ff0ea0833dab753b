"""A route as the dispatcher sees it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import STRAIGHT, Way, a_city, a_trip_instance
from tests.control_cast import BACK, NOW, SPEED_MPS, Control
from transit.control import corridor as rules
from transit.control.corridor import BusState
from transit.forecasting.prediction import StandingVehicle
from transit.tracking import status
from transit.tracking.state import VehicleStatus


def minutes_ago(count: float):
    return NOW - timedelta(minutes=count)


def three_buses() -> Control:
    """BUS1 at 1 km out, BUS2 at 3 km out (400 s ahead), BUS3 2 km on the way back."""
    return Control().drives("BUS1", "R1a1", 1000.0).drives("BUS2", "R1a1", 3000.0).drives("BUS3", "R1b1", 2000.0)


def by_id(cast: Control):
    return {bus.vehicle_id: bus for bus in cast.corridor().buses}


def test_buses_stand_in_the_order_of_the_circuit_and_the_last_follows_the_first():
    buses = by_id(three_buses())
    assert list(buses) == ["BUS1", "BUS2", "BUS3"]
    assert [bus.ahead_id for bus in buses.values()] == ["BUS2", "BUS3", "BUS1"]
    assert [bus.behind_id for bus in buses.values()] == ["BUS3", "BUS1", "BUS2"]


def test_the_headway_is_forecast_at_the_next_stop_that_both_have_ahead():
    buses = by_id(three_buses())
    assert buses["BUS1"].ahead_s == 400.0
    assert buses["BUS1"].ahead_stop_id == "P3000_0"
    assert buses["BUS2"].behind_s == 400.0
    assert buses["BUS3"].ahead_s == 660.0, "the rest of its way back, a minute at the terminal, and 200 s to where BUS1 is"


def test_the_even_place_lies_midway_between_the_neighbours():
    assert round(by_id(three_buses())["BUS2"].even_s) == 700, "between 200 s (BUS1) and 1200 s (BUS3)"


def test_two_buses_of_the_same_headway_are_both_even():
    cast = Control().drives("BUS1", "R1a1", 1000.0).drives("BUS2", "R1b1", 1000.0)
    assert [round(bus.place_s - bus.even_s) for bus in by_id(cast).values()] == [0, 0]


def test_a_bus_alone_has_no_headway():
    bus = by_id(Control().drives("BUS1", "R1a1", 1000.0))["BUS1"]
    assert (bus.ahead_id, bus.ahead_s, bus.even_s) == (None, None, None)


def test_a_silent_bus_stays_where_it_was_with_its_reach_and_what_is_said_beside_it_is_uncertain():
    cast = three_buses().drives("BUS2", "R1a1", 3000.0, heard_s_ago=160.0)
    buses = by_id(cast)
    assert buses["BUS2"].state is BusState.SILENT
    assert (round(buses["BUS2"].place_s), buses["BUS2"].reach_s) == (600, 160.0)
    assert [bus.is_uncertain for bus in buses.values()] == [True, True, True]
    assert cast.corridor().buses_on == 2
    assert cast.corridor().worst is None


@pytest.mark.parametrize(("confidence", "counted"), [(0.69, 2), (0.7, 3)])
def test_a_bus_that_may_be_on_another_route_is_not_counted_and_what_is_said_beside_it_is_uncertain(confidence, counted):
    cast = three_buses()
    state = cast.states["BUS2"]
    cast.states["BUS2"] = replace(state, matched=replace(state.matched, confidence=confidence))
    made, buses = cast.corridor(), by_id(cast)
    assert (made.buses_on, made.buses_unsure) == (counted, 3 - counted)
    assert [bus.is_unsure for bus in buses.values()] == [False, counted == 2, False]
    assert [bus.is_uncertain for bus in buses.values()] == [counted == 2] * 3


def test_a_bus_off_its_line_is_on_its_trip_however_likely_it_is_out_of_service():
    cast = three_buses()
    matched = replace(cast.states["BUS2"].matched, confidence=0.6, status=VehicleStatus.OFF_ROUTE)
    cast.states["BUS2"] = replace(cast.states["BUS2"], matched=matched)
    assert cast.corridor().buses_on == 3


def test_what_is_sure_is_what_the_matcher_calls_sure():
    assert rules.SURE_OF_TRIP == status.SURE


def test_a_bus_heard_149_seconds_ago_is_not_silent():
    assert by_id(three_buses().drives("BUS2", "R1a1", 3000.0, heard_s_ago=149.0))["BUS2"].state is BusState.RUNNING


def test_a_silent_bus_cannot_be_beyond_the_end_of_its_rail():
    bus = by_id(three_buses().drives("BUS2", "R1a1", 3900.0, heard_s_ago=400.0))["BUS2"]
    assert round(bus.reach_s) == 20


def test_a_bus_that_was_not_heard_for_a_quarter_of_an_hour_is_no_longer_on_the_route():
    assert "BUS2" not in by_id(three_buses().drives("BUS2", "R1a1", 3000.0, heard_s_ago=901.0))


def test_how_many_buses_the_promise_needs_follows_from_the_cycle_now():
    corridor = three_buses().corridor()
    assert (corridor.promised_s, corridor.cycle_s, corridor.is_measured) == (600, 1720.0, False)
    assert (corridor.buses_on, corridor.buses_needed, corridor.buses_planned) == (3, 3, 3)
    slow = three_buses()
    for trip_id in ("R1a1", "R1b1"):
        for n in (40, 60):
            slow.ran(f"BUS{n}", trip_id, minutes_ago(n), 1200.0)
    corridor = slow.corridor()
    assert (corridor.cycle_s, corridor.is_measured) == (2520.0, True)
    assert (corridor.buses_needed, corridor.buses_planned) == (5, 3)


def test_without_a_promise_no_number_of_buses_is_needed():
    cast = three_buses()
    cast.now = NOW.replace(hour=15)  # 22:00 at UTC+7; service ended at 18:00
    corridor = cast.corridor()
    assert (corridor.promised_s, corridor.buses_needed) == (None, None)


def test_the_worst_gap_is_the_longest_headway_and_where():
    worst = three_buses().corridor().worst
    assert (worst.seconds, worst.vehicle_id, worst.ahead_id, worst.stop_id) == (660.0, "BUS2", "BUS3", "P2000_0")


@pytest.mark.parametrize(("gap_min", "kept"), [(13.0, 1.0), (13.1, 0.0)])
def test_a_headway_of_three_minutes_more_than_promised_is_still_kept(gap_min, kept):
    cast = three_buses().left("BUS1", "R1a1", minutes_ago(30)).left("BUS2", "R1a1", minutes_ago(30 - gap_min))
    assert cast.corridor().kept_share == kept


def test_a_departure_that_nobody_drives_is_a_ghost_at_the_promised_time():
    cast = Control().drives("BUS1", "R1a1", 3500.0).left("BUS1", "R1a1", minutes_ago(11.7))
    assert cast.corridor().terminals[0].ghost_at == minutes_ago(1.7)


def test_there_is_no_ghost_before_its_time_nor_where_a_bus_will_leave_before_it_is_a_gap():
    early = Control().drives("BUS1", "R1a1", 3500.0).left("BUS1", "R1a1", minutes_ago(9.9))
    assert early.corridor().terminals[0].ghost_at is None
    cast = Control().drives("BUS1", "R1a1", 3500.0).left("BUS1", "R1a1", minutes_ago(11.7))
    cast.waits("BUS2", "R1a1", minutes_ago(1))
    assert cast.corridor().terminals[0].ghost_at is None


def test_a_terminal_names_its_last_and_its_next_departure():
    cast = (
        Control().drives("BUS1", "R1a1", 3500.0).left("BUS1", "R1a1", minutes_ago(11.7)).waits("BUS2", "R1a1", minutes_ago(1))
    )
    terminal = cast.corridor().terminals[0]
    assert (terminal.last_id, terminal.last_at) == ("BUS1", minutes_ago(11.7))
    assert (terminal.next_id, terminal.next_at) == ("BUS2", NOW + timedelta(minutes=1))


def test_a_standing_bus_is_on_the_route_until_it_is_parked():
    def standing(parked: bool) -> StandingVehicle:
        return StandingVehicle(
            vehicle_id="BUS2",
            trip=a_trip_instance("R1a1", 0),
            since=minutes_ago(20),
            stop_id="P3000_0",
            next_stop_sequence=8,
            reported_at=NOW,
            ended_at=minutes_ago(5),
            waits=False,
            is_parked=parked,
        )

    cast = three_buses()
    cast.standing["BUS2"] = standing(parked=False)
    assert by_id(cast)["BUS2"].state is BusState.STANDING
    cast.standing["BUS2"] = standing(parked=True)
    assert "BUS2" not in by_id(cast)


def test_a_route_with_a_timetable_promises_no_headway_however_evenly_its_departures_lie():
    every_ten = tuple(range(6 * 3600, 18 * 3600, 600))
    cast = Control(
        network=a_city(*(Way("R1", line, every_ten, n, speed_mps=SPEED_MPS) for n, line in enumerate((STRAIGHT, BACK))))
    )
    cast.drives("BUS1", "R1a1", 1000.0)
    corridor = cast.corridor()
    assert (corridor.promised_s, corridor.buses_needed) == (None, None)
