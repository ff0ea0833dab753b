"""A street map to walk with: streets of the imported ground, stops with names and numbers, a legend, a scale that is true."""

from __future__ import annotations

import io
from dataclasses import replace
from itertools import pairwise

import pytest
from pypdf import PdfReader

from maps.ground import Ground, load_ground
from maps.ground_import import OSM_CREDIT, area_of, import_ground
from maps.guide_files import load_guide
from maps.paper import Box, Frame, Room, draw_scale_bar
from maps.street_map import PART, PART_SCALE, StreetMapWords, street_map
from tests.builders import SEVEN, a_guide, a_network, place
from tests.maps.test_ground import osm
from transit.plan.geometry import METRES_PER_DEGREE, Area

WORDS = StreetMapWords(
    title="Street map", sample="sample", live="Live", stop="Stop (number)", place="Place",
    approximate="about", no_streets="no streets yet", sheet="Sheet #",
)  # fmt: skip
NOTHING = Ground(credit="", box=(0.0, 0.0, 0.0, 0.0), layers=[], labels=[])


def pages(network, guide, grounds) -> list[str]:
    names = {stop_id: stop.name for stop_id, stop in network.stops.items()}
    content = street_map(network, guide, grounds, "https://bus.example.org/peta", SEVEN, WORDS, names.__getitem__)
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]


@pytest.fixture
def guide(tmp_path):
    return load_guide(a_guide(tmp_path))


def test_streets_stops_routes_and_places_are_named_on_the_sheets(tmp_path, guide):
    network = a_network()
    stops = {**network.stops, "S1": replace(network.stops["S1"], code="12")}
    network = replace(network, stops=stops)
    source = osm(tmp_path, ([(0.0, 300.0), (1500.0, 900.0)], {"highway": "primary", "name": "Jl. Sudirman"}))
    import_ground(source, tmp_path, area_of(network))
    whole, *parts = pages(network, guide, [load_ground(tmp_path).ground])
    assert "Bus Kota: Street map" in whole
    assert "1 Pangkal - Ujung" in whole, "the legend"
    assert OSM_CREDIT.replace("©", "").strip() in whole
    assert "no streets yet" not in whole
    for name in ("Jl. Sudirman", "Halte S1 (12)", "Tugu"):
        assert [page for page in parts if name in page], (name, parts)
    assert all("Sheet" in page and " m" in page for page in parts)


def test_a_streets_name_is_not_repeated_at_each_piece_but_stands_on_each_sheet(tmp_path, guide):
    """A street of ten pieces of two kinds, 5 km long."""
    pieces = [
        (
            [(500.0 * n, 300.0), (500.0 * n + 500.0, 300.0)],
            {"highway": "primary" if n % 2 else "residential", "name": "Jl. Sudirman"},
        )
        for n in range(10)
    ]
    import_ground(osm(tmp_path, *pieces), tmp_path, area_of(a_network()))
    grounds = [load_ground(tmp_path).ground]
    places = sorted(label.lon for label in grounds[0].labels)
    metres = [(east - west) * METRES_PER_DEGREE for west, east in pairwise(places)]
    assert 2 <= len(places) <= 4, "every 1.5 km and more of 4.5 km within the network's margin"
    assert min(metres) >= 1490.0
    whole, *parts = pages(a_network(), guide, grounds)
    assert whole.count("Jl. Sudirman") == 1, "on the sheet of the whole network they would stand too near"
    assert [page.count("Jl. Sudirman") for page in parts] == [1] * len(parts)


def test_without_an_extract_it_says_so_and_has_one_sheet(guide):
    (whole,) = pages(a_network(), guide, [NOTHING])
    assert "no streets yet" in whole
    assert "Halte S8" in whole


def test_the_scale_is_that_of_the_ground():
    """On a sheet of a part a minute on foot, 80 m, is as long as its scale says."""
    (south, west), (north, east) = place(0.0, 0.0), place(PART.width * PART_SCALE / 1000.0, PART.height * PART_SCALE / 1000.0)
    frame = Frame(Area(south, west, north, east), PART, 1.0)
    (x0, y0), (x1, y1) = frame.xy(*place(0.0, 100.0)), frame.xy(*place(80.0, 100.0))
    assert x1 - x0 == pytest.approx(80.0 / PART_SCALE * 1000.0, rel=0.01)
    assert y0 == pytest.approx(y1, abs=0.01)
    assert frame.mm_per_m == pytest.approx(1000.0 / PART_SCALE, rel=0.01)


def test_the_bar_has_a_round_length_that_fits():
    drawn = []

    class Pdf:
        def __getattr__(self, name):
            return lambda *args, **more: drawn.append((name, args))

    (south, west), (north, east) = place(0.0, 0.0), place(7000.0, 7000.0)
    frame = Frame(Area(south, west, north, east), Box(0.0, 0.0, 190.0, 205.0))
    metres = draw_scale_bar(Pdf(), frame, 10.0, 10.0)
    line = next(args[0] for name, args in drawn if name == "polyline")
    assert metres == 1000
    assert line[-1][0] - line[0][0] == pytest.approx(metres * frame.mm_per_m)


def test_names_take_the_place_that_is_left():
    room = Room()
    assert room.take(0, 0, 10, 2)
    assert not room.take(9, 1, 12, 3)
    assert room.take(10.1, 0, 12, 2)
    assert room.take(0, 0, 1, 1, always=True)
