"""From stops to stops by bus: the right direction, the shortest walk, one change only where it must be."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import LOOP, a_network
from transit.plan.direct import CHANGE_S, journeys, walk_s
from transit.plan.network import Route, StopTime, Trip


def test_a_ride_has_its_stops_and_its_planned_seconds():
    [journey] = journeys(a_network(), {"S1": 0.0}, {"S4": 0.0})
    [ride] = journey.rides
    assert (ride.board, ride.alight, ride.stops) == ("S1", "S4", 3)
    assert abs(ride.ride_s - 1500 / 6) < 2


def test_nobody_is_sent_against_the_direction_of_a_route():
    assert journeys(a_network(), {"S4": 0.0}, {"S1": 0.0}) == []


def test_on_a_loop_the_way_over_the_end_is_not_a_ride():
    [journey] = journeys(a_network(LOOP), {"S2": 0.0}, {"S0": 0.0})
    assert journey.rides[0].stops == 6  # S0 is the loop's last stop, too


def test_a_longer_walk_loses_against_a_stop_further_on():
    [journey] = journeys(a_network(), {"S0": 0.0}, {"S3": 800.0, "S4": 20.0})
    assert journey.rides[0].alight == "S4"
    assert journey.walk_after_s == walk_s(20.0)


def two_routes():
    """R1 from S0 to S8; R2 from S4 up to X."""
    network = a_network()
    x = replace(network.stops["S8"], stop_id="X", lat=network.stops["S8"].lat + 0.02)
    calls = (StopTime("S4", 1, 25200, 25200), StopTime("X", 2, 25500, 25500))
    trip = Trip("U1", "R2", "DAILY", calls, 0, "", "X")
    return replace(
        network,
        stops={**network.stops, "X": x},
        routes={**network.routes, "R2": Route("R2", "A", "2", "Naik", 3)},
        trips={**network.trips, "U1": trip},
    )


def test_with_one_change_where_nothing_goes_through():
    [journey] = journeys(two_routes(), {"S1": 0.0}, {"X": 0.0})
    assert [(ride.board, ride.alight) for ride in journey.rides] == [("S1", "S4"), ("S4", "X")]
    assert journey.seconds == CHANGE_S + sum(ride.ride_s for ride in journey.rides)


def test_no_change_is_offered_where_a_bus_goes_through():
    [journey] = journeys(two_routes(), {"S1": 0.0}, {"S6": 0.0})
    assert len(journey.rides) == 1


def test_where_nothing_goes_nothing_is_said():
    assert journeys(two_routes(), {"X": 0.0}, {"S0": 0.0}) == []
