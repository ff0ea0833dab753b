"""Bounds follow from the kind of vehicle, the distance of the stops and the extent of the network; none is of one city."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import STRAIGHT, a_network, place
from transit.plan.limits import basic_route_type, limits_of
from transit.plan.network import Network, Stop


def of_kind(route_type: int, **how: object) -> Network:
    network = a_network(**how)  # type: ignore[arg-type]
    return replace(network, routes={"R1": replace(network.routes["R1"], route_type=route_type)})


@pytest.mark.parametrize(
    ("extended", "basic"),
    [(3, 3), (700, 3), (704, 3), (900, 0), (109, 2), (401, 1), (1000, 4), (1234, 4), (9999, 3)],
)
def test_extended_route_types_count_as_their_kind(extended: int, basic: int) -> None:
    assert basic_route_type(extended) == basic


def test_a_train_may_be_faster_than_a_bus_and_a_bus_than_a_funicular() -> None:
    speeds = [limits_of(of_kind(kind)).max_speed_mps for kind in (2, 3, 7)]
    assert speeds == sorted(speeds, reverse=True)
    assert speeds[1] >= 27.0  # a bus on a motorway


def test_without_a_shape_a_road_may_bow_off_the_straight_line_by_a_share_of_the_stops_distance() -> None:
    assert limits_of(a_network(stops_every_m=1000.0)).off_route_m == 60.0
    assert limits_of(a_network(stops_every_m=1000.0, with_shape=False)).off_route_m == pytest.approx(250.0, rel=0.01)
    assert limits_of(a_network(stops_every_m=100.0, with_shape=False)).off_route_m == 60.0


def test_a_short_route_is_not_all_terminal() -> None:
    short = [(0.0, 0.0), (400.0, 0.0)]
    assert limits_of(a_network(short, 100.0)).terminal_radius_m == pytest.approx(80.0, rel=0.01)
    assert limits_of(a_network(STRAIGHT)).terminal_radius_m == 150.0
    assert limits_of(of_kind(4)).terminal_radius_m == 300.0  # quays are longer than bus bays


def test_the_service_area_is_the_networks_own_extent_and_a_margin() -> None:
    area = limits_of(a_network()).service_area
    assert area.contains(*place(-4900.0, 4900.0))
    assert not area.contains(*place(-5200.0, 0.0))
    assert not area.contains(*place(0.0, 5200.0))


def test_a_bigger_network_has_a_wider_margin() -> None:
    wide = a_network([(0.0, 0.0), (60_000.0, 0.0)], 1000.0)
    area = limits_of(wide).service_area
    assert area.contains(*place(-11_500.0, 0.0))
    assert not area.contains(*place(-12_500.0, 0.0))


def test_stops_without_a_place_widen_nothing() -> None:
    network = a_network()
    more = replace(network, stops={**network.stops, "N": Stop("N", "Node", None, None, location_type=3)})
    assert limits_of(more).service_area == limits_of(network).service_area


def test_a_network_of_nothing_has_bounds_all_the_same() -> None:
    empty = replace(a_network(), stops={}, trips={}, shapes={})
    limits = limits_of(empty)
    assert limits.max_speed_mps > 0
    assert limits.service_area.contains(3.6, 98.5)


def test_each_pattern_has_its_own_bounds_and_the_network_the_widest() -> None:
    network = a_network()
    limits = limits_of(network)
    assert len(limits.of_pattern) == 1
    (own,) = limits.of_pattern.values()
    assert (own.max_speed_mps, own.off_route_m) == (limits.max_speed_mps, limits.off_route_m)
