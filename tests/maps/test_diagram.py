"""The network diagram: every link level, upright or at 45 degrees, no two stops in one place, the shape of the city kept."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gtfs.reader import read_network
from maps.diagram import SlidingBus, lines_of, names_of, place_of, svg_diagram
from maps.diagram_layout import MOST_STOPS, Diagram, diagram_of
from tests.builders import LOOP, STRAIGHT, Way, a_city, a_network, every
from transit.plan.network import Network

BINJAI = Path(__file__).resolve().parents[2] / "data" / "binjai"
CROSS = a_city(
    Way("R1", STRAIGHT, (25200,)), Way("R2", [(2000.0, -2000.0), (2000.0, 2000.0)], (25200,)), Way("R3", STRAIGHT, (26000,))
)


def drawn(network: Network) -> Diagram:
    diagram = diagram_of(network)
    assert diagram is not None
    return diagram


def is_octilinear(a: tuple[int, int], b: tuple[int, int]) -> bool:
    dx, dy = abs(a[0] - b[0]), abs(a[1] - b[1])
    return dx == 0 or dy == 0 or dx == dy


@pytest.mark.parametrize(
    "network",
    [a_network(), a_network(LOOP, headway=every(10)), CROSS, read_network(BINJAI)],
    ids=["line", "loop", "cross", "binjai"],
)
def test_every_link_lies_at_one_of_eight_angles_and_no_two_stops_meet(network: Network) -> None:
    diagram = drawn(network)
    assert set(diagram.places) == set(network.routes_of_stop)
    assert [link for link in diagram.links if not is_octilinear(*(diagram.places[stop_id] for stop_id in link))] == []
    assert len(set(diagram.places.values())) == len(diagram.places)


def test_the_shape_of_the_city_is_kept() -> None:
    places = drawn(read_network(BINJAI)).places
    assert places["jati-utomo"][1] < places["tugu-45"][1] < places["taman-edukasi"][1], "north is up"
    assert places["berngam"][0] < places["tugu-45"][0] < places["rsu-latersia"][0], "west is left"


def test_a_straight_line_is_drawn_straight() -> None:
    places = drawn(a_network()).places
    assert [places[f"S{n}"] for n in range(9)] == [(2 * n, 0) for n in range(9)]


def test_routes_on_one_link_lie_beside_each_other() -> None:
    diagram = drawn(CROSS)
    shared = diagram.links[("P1000_0", "P1500_0")]
    assert shared == ("R1", "R3")
    ys = {route_id: points[0][1] for route_id, points in lines_of(diagram) if points[0][0] == place_of(diagram, "P1000_0")[0]}
    assert abs(ys["R1"] - ys["R3"]) == pytest.approx(5.0)


def test_every_stop_has_its_name_where_it_hits_nothing() -> None:
    network = read_network(BINJAI)
    diagram = drawn(network)
    names = names_of(diagram, lambda stop_id: network.stops[stop_id].name)
    assert len(names) == len(diagram.places)
    assert len({name.stop_id for name in names}) == len(names)


def test_a_name_that_stands_far_from_its_stop_has_a_line_to_it() -> None:
    network = read_network(BINJAI)
    svg = svg_diagram(network, drawn(network), lambda stop_id: network.stops[stop_id].name)
    assert svg.count('class="p"') == 2, "two stops in the middle of the city"
    assert 'class="p"' not in svg_diagram(a_network(), drawn(a_network()), lambda stop_id: stop_id)


def test_a_network_that_nobody_could_read_has_none() -> None:
    many = a_network([(0.0, 0.0), (40_000.0, 0.0)], stops_every_m=500.0)
    assert len(many.stops) > MOST_STOPS
    assert diagram_of(many) is None


def test_a_network_near_the_limit_has_a_diagram() -> None:
    lines = [Way(f"R{n}", [(0.0, 900.0 * n), (7000.0, 900.0 * n + 350.0 * (n % 3))], (25200,)) for n in range(3)]
    across = [Way("X", [(3500.0, -500.0), (3600.0, 2500.0)], (25200,))]
    network = a_city(*lines, *across)
    assert diagram_of(network) is not None
    assert 50 <= len(network.stops) <= MOST_STOPS


def test_a_bus_slides_from_where_it_is_to_where_it_is_expected() -> None:
    network = a_network()
    bus = SlidingBus(letter="1", colour="#0057B8", ink="#FFFFFF", first="S1", second="S2", share=0.5, later=1.0, slide_s=30.0)
    still = SlidingBus(letter="1", colour="#0057B8", ink="#FFFFFF", first="S3", second="S4", share=0.0, later=0.0, slide_s=0.0)
    svg = svg_diagram(network, drawn(network), lambda stop_id: stop_id, [bus, still], here="S5")
    assert "#b0{animation:k0 30s linear forwards}@keyframes k0{to{transform:translate(22px,0px)}}" in svg
    assert "k1" not in svg, "nothing is promised of it: it stands"
    assert re.search(r'class="s here"[^>]*><title>S5</title>', svg)
    assert len(svg) < 4_000
