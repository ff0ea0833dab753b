"""The opposite halte, and those within a short walk."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import a_network, at, place
from transit.plan.network import Stop
from transit.plan.timetable import RouteDirection
from web.boards.neighbours import nearby, opposite


def two_sides(metres: float):
    """The plain cast, with the way back along stops on the other side of the street, so many metres off."""
    plain = a_network()
    there = plain.trips["T1"]
    other = {
        f"{stop_id}B": Stop(f"{stop_id}B", f"{stop.name} B", *place(500.0 * n, metres))
        for n, (stop_id, stop) in enumerate(plain.stops.items())
    }
    back_ids = [f"{call.stop_id}B" for call in reversed(there.stop_times)]
    calls = tuple(replace(call, stop_id=stop_id) for call, stop_id in zip(there.stop_times, back_ids, strict=True))
    back = replace(there, trip_id="B1", direction_id=1, stop_times=calls, shape_id="", headsign="Pangkal")
    return replace(plain, stops={**plain.stops, **other}, trips={**plain.trips, "B1": back})


def test_the_opposite_halte_is_the_nearest_where_the_route_runs_back():
    network = two_sides(30.0)
    found = opposite(network, network.stops["S2"], [RouteDirection("R1", 0)])
    assert found is not None
    assert (found[0].stop_id, round(found[1])) == ("S2B", 30)


def test_what_is_far_off_or_of_the_same_direction_is_not_opposite():
    far = two_sides(260.0)
    assert opposite(far, far.stops["S2"], [RouteDirection("R1", 0)]) is None
    both = two_sides(30.0)
    assert opposite(both, both.stops["S2"], [RouteDirection("R1", 0), RouteDirection("R1", 1)]) is None
    assert opposite(a_network(), a_network().stops["S2"], [RouteDirection("R1", 0)]) is None


def test_the_opposite_halte_is_one_tap_away_with_its_distance(city):
    city.load(two_sides(30.0)).step(at(7))
    text = city.client().get("/halte/S2").text
    link = text[text.index("Arah sebaliknya") - 100 :]
    assert 'href="/halte/S2B"' in link
    assert "30 m" in link


def test_nearby_is_sorted_and_ends_at_a_short_walk():
    network = a_network()
    assert [stop.stop_id for stop, _ in nearby(network, network.stops["S0"])] == ["S1"]
    assert [round(metres, -1) for _, metres in nearby(network, network.stops["S2"])] == [500, 500]
