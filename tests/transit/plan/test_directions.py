"""The two ways of a route are told apart, whatever direction_id says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import LOOP, STRAIGHT, Way, a_city, a_network, place
from transit.plan.directions import RouteDirection, directions_of, headsign_of, usual_trip
from transit.plan.network import Network, Stop
from transit.plan.timetable import timetable_of

BACK = STRAIGHT[::-1]
ACROSS = [(4000.0, 40.0), (0.0, 40.0)]  # back on the other side of the street: other stops
SEVEN_S, EIGHT_S = 7 * 3600, 8 * 3600


def city(back: list[tuple[float, float]] = BACK) -> Network:
    return a_city(Way("R1", STRAIGHT, (SEVEN_S, EIGHT_S)), Way("R1", back, (SEVEN_S,), direction_id=1))


def said(network: Network, **directions: int | None) -> Network:
    trips = {name: replace(trip, direction_id=directions.get(name, trip.direction_id)) for name, trip in network.trips.items()}
    return replace(network, trips=trips)


def test_an_honest_direction_id_is_taken_as_it_is():
    directions = directions_of(city())
    assert directions.of_trip == {
        "R1a1": RouteDirection("R1", 0),
        "R1a2": RouteDirection("R1", 0),
        "R1b1": RouteDirection("R1", 1),
    }
    assert directions.of_route == {"R1": (RouteDirection("R1", 0), RouteDirection("R1", 1))}


@pytest.mark.parametrize("back", [BACK, ACROSS])
@pytest.mark.parametrize("lie", [{"R1a1": None, "R1a2": None, "R1b1": None}, {"R1b1": 0}, {"R1a2": 1}, {"R1a1": None}], ids=str)
def test_where_direction_id_lacks_or_lies_the_stops_tell(back: list[tuple[float, float]], lie: dict[str, int | None]):
    of_trip = directions_of(said(city(back), **lie)).of_trip
    assert of_trip["R1a1"] == of_trip["R1a2"] != of_trip["R1b1"]


def test_two_stops_in_the_other_order_are_the_way_back():
    ways = Way("R1", STRAIGHT, (SEVEN_S, EIGHT_S)), Way("R1", BACK, (SEVEN_S,), direction_id=1)
    of_trip = directions_of(said(a_city(*ways, stops_every_m=4000.0), R1b1=0)).of_trip
    assert of_trip["R1a1"] == of_trip["R1a2"] != of_trip["R1b1"]


def test_platforms_of_one_station_are_one_place_however_far_apart():
    network = said(city([(4000.0, 240.0), (0.0, 240.0)]), R1b1=0)
    of_trip = directions_of(network).of_trip
    assert of_trip["R1a1"] == of_trip["R1b1"], "by their places alone: two streets, of which nothing is known"
    stops = dict(network.stops)
    for east in range(0, 4001, 500):
        station = Stop(f"STATION{east}", f"Stasiun {east}", *place(east, 120.0), location_type=1)
        stops[station.stop_id] = station
        for north in (0, 240):
            stops[f"P{east}_{north}"] = replace(stops[f"P{east}_{north}"], parent_station=station.stop_id)
    of_trip = directions_of(replace(network, stops=stops)).of_trip
    assert of_trip["R1a1"] == of_trip["R1a2"] != of_trip["R1b1"]


def test_a_way_has_a_direction_id_only_where_all_of_its_trips_say_the_same():
    of_trip = directions_of(said(city(), R1b1=0)).of_trip
    assert (of_trip["R1a1"], of_trip["R1b1"]) == (RouteDirection("R1", 0, 0), RouteDirection("R1", 0, 1))
    of_trip = directions_of(said(city(), R1a2=1)).of_trip
    assert (of_trip["R1a1"], of_trip["R1b1"]) == (RouteDirection("R1", None, 0), RouteDirection("R1", 1, 1))


def test_a_short_run_and_a_branch_go_the_way_that_they_point():
    directions = (
        Way("R1", STRAIGHT, (SEVEN_S, EIGHT_S)),
        Way("R1", [(0.0, 0.0), (2000.0, 0.0)], (9 * 3600,), direction_id=1),
    )
    short = said(a_city(*directions), R1a1=None, R1a2=None, R1b1=None)
    assert len(set(directions_of(short).of_trip.values())) == 1
    branch = a_city(Way("R1", STRAIGHT, (SEVEN_S,)), Way("R1", [(6000.0, 900.0), (9000.0, 900.0)], (EIGHT_S,), direction_id=1))
    assert len(set(directions_of(said(branch, R1a1=None, R1b1=None)).of_trip.values())) == 1


def test_a_loop_without_direction_id_is_one_way_and_round_the_other_way_another():
    trips = a_network(LOOP).trips
    alone = replace(a_network(LOOP), trips={name: replace(trip, direction_id=None) for name, trip in trips.items()})
    assert directions_of(alone).of_route == {"R1": (RouteDirection("R1", None),)}
    both = said(a_city(Way("R1", LOOP, (SEVEN_S,)), Way("R1", LOOP[::-1], (SEVEN_S,), direction_id=1)), R1a1=None, R1b1=None)
    assert len(directions_of(both).of_route["R1"]) == 2


def test_a_stop_has_each_way_under_its_own_sign_or_last_stop():
    network = said(city(), R1a1=None, R1a2=None, R1b1=None)
    network = replace(network, trips={name: replace(trip, headsign="") for name, trip in network.trips.items()})
    table = timetable_of(network)
    signs = [table.calls_at("P2000_0", direction)[0].headsign for direction in table.directions_at("P2000_0")]
    assert signs == ["Halte P4000_0", "Halte P0_0"]
    assert headsign_of(network, replace(network.trip("R1a1"), headsign="Pasar")) == "Pasar"


def test_the_usual_trip_of_a_way_is_of_the_stops_that_most_have():
    network = a_city(Way("R1", STRAIGHT, (SEVEN_S, EIGHT_S)), Way("R1", BACK, (SEVEN_S,), direction_id=1))
    trips = list(network.trips.values())
    assert [usual_trip(network, direction, trips) for direction in directions_of(network).of_route["R1"]] == [
        trips[0],
        trips[2],
    ]
    assert usual_trip(network, RouteDirection("R1", 0), [trips[2]]) is None
