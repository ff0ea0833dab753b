"""Where buses stand on the strip of a route."""

from __future__ import annotations

from tests.builders import LOOP, STRAIGHT, Way, a_city, a_drive, a_network, at, every
from web.boards.strips import strips_of


def test_on_the_strip_of_a_loop_a_bus_near_the_end_is_not_at_the_start(city):
    city.load(a_network(LOOP, headway=every(10)))
    city.hear(a_drive(LOOP, start=at(7), to_m=3700)).step(at(7, 10, 20))
    (strip,) = strips_of(_world(city), city.network.routes["R1"])
    assert strip.stops[0] == strip.stops[-1]
    assert list(strip.buses) == [len(strip.stops) - 1]


def test_a_bus_of_the_other_direction_is_not_on_the_strip(city):
    there = Way("R1", STRAIGHT, (7 * 3600,), 0)
    city.load(a_city(there, Way("R1", STRAIGHT[::-1], (7 * 3600,), 1)))
    city.hear(a_drive(STRAIGHT, start=at(7), to_m=1700)).step(at(7, 5))
    buses = {strip.direction.direction_id: strip.buses for strip in strips_of(_world(city), city.network.routes["R1"])}
    assert [state.vehicle_id for some in buses[0].values() for state in some] == ["BUS1"]
    assert buses[1] == {}


def _world(city):
    world = city.app().extensions["world"]
    world.refresh()
    return world
