"""The drawn map: ours alone, the same bytes each time, with everything that has a position."""

from __future__ import annotations

import io
import re

from pypdf import PdfReader

from maps.guide import Guide
from maps.guide_files import load_guide
from maps.layers import ground_layer, places_layer, routes_layer, stops_layer
from maps.page import draw_city
from maps.sheet import SheetWords, visitor_map
from tests.builders import LOOP, SEVEN, a_guide, a_network, every


def test_layers_hold_each_way_and_each_stop_once():
    network = a_network()
    assert list(routes_layer(network).route_id) == ["R1"]
    assert sorted(stops_layer(network).stop_id) == sorted(network.stops)


def test_a_place_without_a_position_is_on_no_layer(tmp_path):
    guide = load_guide(a_guide(tmp_path))
    assert set(places_layer(guide.published).place_id) == {"tugu", "pasar", "rs"}


def test_the_ground_covers_everything_with_a_margin_in_metres():
    network = a_network(LOOP)
    ground = ground_layer(routes_layer(network))
    metric = ground.to_crs(ground.estimate_utm_crs())
    assert 2700.0 < metric.total_bounds[2] - metric.total_bounds[0] < 2900.0


def test_the_script_names_no_other_origin_and_is_repeatable(tmp_path):
    guide = load_guide(a_guide(tmp_path))
    network = a_network(headway=every(10))
    script = draw_city(network, guide, with_places=True)
    assert script == draw_city(network, guide, with_places=True)
    assert not re.search(r"https?://", script.replace("https://example.org", ""))
    assert '"place_id": "tugu"' in script
    assert '"stop_id": "S3"' in script


def test_tiles_come_from_where_the_operator_says_and_then_no_ground_hides_them():
    script = draw_city(a_network(), Guide(), tile_url="https://tiles.example.org/{z}/{x}/{y}.png")
    assert "https://tiles.example.org/{z}/{x}/{y}.png" in script
    assert '"kind": "ground"' not in script


def test_a_network_without_shapes_or_routes_draws_all_the_same():
    assert "map_city" in draw_city(a_network(with_shape=False), Guide())


def test_the_printed_map_is_one_page_in_the_words_that_it_is_given(tmp_path):
    guide = load_guide(a_guide(tmp_path))
    words = SheetWords("Wisata naik bus", "Contoh", "letak perkiraan", "letak belum diketahui", "Langsung")
    for title in ("Wisata naik bus", "Με λεωφορείο"):
        content = visitor_map(a_network(), guide, "https://bus.example.org/wisata", SEVEN, words._replace(title=title))
        assert title in PdfReader(io.BytesIO(content)).pages[0].extract_text()
        assert content.startswith(b"%PDF")
        assert content.count(b"/Type /Page\n") == 1
