"""Routes that share a street lie side by side on it, and each street is drawn once."""

from __future__ import annotations

import pytest

from maps.ground import Ground
from maps.shared_streets import stretches_of
from maps.svg import DrawnBus, shifted, svg_map
from tests.builders import STRAIGHT, Way, a_city, a_network, place

BRANCH = [(0.0, 0.0), (2000.0, 0.0), (2000.0, 2000.0)]
EMPTY = Ground(credit="", box=(0.0, 0.0, 0.0, 0.0), layers=[], labels=[])


def kinds(network) -> list[tuple[str, ...]]:
    return [stretch.route_ids for stretch in stretches_of(network)]


def test_a_route_alone_is_one_stretch_and_its_way_back_none():
    back = list(reversed(STRAIGHT))
    assert kinds(a_city(Way("R1", STRAIGHT, (25200,)), Way("R1", back, (25200,), direction_id=1))) == [("R1",)]


def test_two_routes_share_a_street_until_they_part():
    network = a_city(Way("R1", STRAIGHT, (25200,)), Way("R2", BRANCH, (25200,)))
    assert kinds(network) == [("R1", "R2"), ("R1",), ("R2",)]
    shared = stretches_of(network)[0]
    east = max(lon for _, lon in shared.points)
    assert abs(east - place(2000.0, 0.0)[1]) < 0.0005, "to the corner, within 50 m"


def test_routes_that_only_cross_share_nothing():
    assert kinds(a_city(Way("R1", STRAIGHT, (25200,)), Way("R2", [(2000.0, -900.0), (2000.0, 900.0)], (25200,)))) == [
        ("R1",),
        ("R2",),
    ]


def test_a_line_moved_aside_keeps_its_distance():
    assert shifted([(0.0, 0.0), (10.0, 0.0)], 3.0) == [(0.0, 3.0), (10.0, 3.0)]


def test_the_picture_has_routes_stops_names_and_buses_and_nothing_that_breaks_it():
    network = a_network(stops_every_m=2000.0)
    lat, lon = place(1000.0, 0.0)
    picture = svg_map(network, EMPTY, lambda stop_id: f"<{stop_id}>", [DrawnBus("1", "#0057B8", lat, lon)])
    assert picture.count('class="s"') == 3
    assert picture.count("&lt;S1&gt;") == 2, "its title, and its name"
    assert "<S1>" not in picture
    assert 'stroke="#0057B8"' in picture
    assert 'class="bus"' in picture


@pytest.mark.parametrize("with_shape", [True, False])
def test_a_network_without_shapes_is_drawn_all_the_same(with_shape):
    assert 'class="l"' in svg_map(a_network(with_shape=with_shape), EMPTY, str)
