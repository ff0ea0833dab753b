"""What a bus most likely runs: the route of most of its days, with how many of them."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import MONDAY, Way, a_city
from transit.operations.suggestions import FEWEST_CALLS, Suggestion, suggestions

CITY = a_city(Way("R1", [(0, 0), (2000, 0)], (25200,)), Way("R2", [(0, 0), (0, 2000)], (25200,)))
MANY = 20


def days(vehicle_id, trip_id, *numbers, calls=MANY):
    return {(vehicle_id, trip_id, MONDAY + timedelta(days=number)): calls for number in numbers}


def test_the_route_of_most_days_is_likely():
    calls = {**days("BUS1", "R1a1", 0, 1, 2, 3, 4), **days("BUS1", "R2a1", 5, 6)}
    assert suggestions(CITY, calls) == {"BUS1": Suggestion("R1", 5, 7)}
    assert suggestions(CITY, calls)["BUS1"].share == 5 / 7


def test_a_day_with_few_calls_is_a_bus_on_its_way_elsewhere():
    calls = {**days("BUS1", "R1a1", 0), **days("BUS1", "R2a1", 1, 2, calls=FEWEST_CALLS - 1)}
    assert suggestions(CITY, calls) == {"BUS1": Suggestion("R1", 1, 1)}
    calls = {**days("BUS1", "R1a1", 0), **days("BUS1", "R2a1", 1, 2, calls=FEWEST_CALLS)}
    assert suggestions(CITY, calls) == {"BUS1": Suggestion("R2", 2, 3)}


def test_nothing_is_suggested_where_nothing_is_known():
    assert suggestions(CITY, {}) == {}
    assert suggestions(CITY, days("BUS1", "gone", 0)) == {}
    assert suggestions(CITY, days("BUS1", "R1a1", 0, calls=1)) == {}
