"""The ground: from tags to kinds, clipped to the network, as light as was promised, and never half there."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from random import Random

import polyline
import pytest

from maps.ground import load_ground, load_part
from maps.ground_import import OSM_CREDIT, OVERVIEW_BYTES, BrokenGround, import_ground, kind_of
from tests.builders import place

AREA = (*place(0.0, 0.0), *place(4000.0, 4000.0))
FAR = 60_000.0


def osm(folder: Path, *ways: tuple[list[tuple[float, float]], dict[str, str]]) -> Path:
    """An .osm file of ways given in metres east and north."""
    nodes, lines = [], []
    for points, tags in ways:
        first = len(nodes) + 1
        nodes += [place(*point) for point in points]
        ids = [first + n for n in range(len(points))]
        if points[0] == points[-1]:
            ids[-1] = first
        refs = "".join(f'<nd ref="{n}"/>' for n in ids)
        words = "".join(f'<tag k="{key}" v="{value}"/>' for key, value in tags.items())
        lines.append(f'<way id="{len(lines) + 1}">{refs}{words}</way>')
    places = "".join(f'<node id="{n}" lat="{lat:.7f}" lon="{lon:.7f}"/>' for n, (lat, lon) in enumerate(nodes, 1))
    path = folder / "city.osm"
    path.write_text(f'<?xml version="1.0"?><osm version="0.6">{places}{"".join(lines)}</osm>', encoding="utf-8")
    return path


SQUARE = [(1000.0, 1000.0), (1000.0, 1300.0), (1300.0, 1300.0), (1300.0, 1000.0), (1000.0, 1000.0)]


@pytest.mark.parametrize(
    ("tags", "is_area", "kind"),
    [
        ({"highway": "primary"}, False, "major"),
        ({"highway": "primary_link"}, False, "major"),
        ({"highway": "tertiary"}, False, "middle"),
        ({"highway": "residential"}, False, "minor"),
        ({"highway": "steps"}, False, "path"),
        ({"highway": "proposed"}, False, ""),
        ({"railway": "rail"}, False, "rail"),
        ({"railway": "rail", "other_tags": '"service"=>"yard"'}, False, ""),
        ({"waterway": "stream"}, False, "river"),
        ({"natural": "water"}, True, "water"),
        ({"leisure": "park"}, True, "green"),
        ({"building": "yes", "name": "Balai Kota"}, True, "building"),
        ({"building": "yes", "name": None}, True, ""),
        ({"highway": None, "name": float("nan")}, False, ""),
    ],
)
def test_tags_say_what_is_drawn(tags, is_area, kind):
    assert kind_of(tags, is_area=is_area) == kind


def test_an_extract_becomes_layers_with_names_and_its_credit(tmp_path):
    source = osm(
        tmp_path,
        ([(0.0, 500.0), (4000.0, 500.0)], {"highway": "primary", "name": "Jl. Sudirman"}),
        (SQUARE, {"leisure": "park", "name": "Taman"}),
    )
    import_ground(source, tmp_path, AREA)
    ground = load_ground(tmp_path).ground
    assert [(layer.kind, layer.is_area, len(layer.shapes)) for layer in ground.layers] == [
        ("green", True, 1),
        ("major", False, 1),
    ]
    assert [(label.text, label.rank) for label in ground.labels] == [*3 * [("Jl. Sudirman", 0)], ("Taman", 3)]  # each 1.5 km
    assert ground.credit == OSM_CREDIT


def test_what_lies_outside_the_network_is_cut_off(tmp_path):
    import_ground(osm(tmp_path, ([(0.0, 0.0), (FAR, 0.0)], {"highway": "primary"})), tmp_path, AREA)
    (layer,) = load_ground(tmp_path).ground.layers
    east = max(lon for lat, lon in polyline.decode(layer.shapes[0]))
    assert place(4000.0, 0.0)[1] < east < place(6000.0, 0.0)[1]


def test_what_the_overview_leaves_out_is_in_the_part_where_it_lies(tmp_path):
    source = osm(
        tmp_path,
        ([(0.0, 0.0), (4000.0, 0.0)], {"highway": "primary"}),
        ([(200.0, 200.0), (400.0, 200.0)], {"highway": "footway"}),
    )
    import_ground(source, tmp_path, AREA)
    ground = load_ground(tmp_path).ground
    assert [layer.kind for layer in ground.layers] == ["major"]
    kinds = {name: [layer["kind"] for layer in json.loads(load_part(tmp_path, name))["layers"]] for name in ground.parts}
    assert list(kinds.values()) == [["path"]]


def test_a_dense_city_of_ninety_square_kilometres_keeps_its_overview_within_its_bytes(tmp_path):
    """A street every 60 m each way, each crooked in its own manner, on 9.5 km each way: denser than any real city."""
    ways, chance = [], Random(7)
    for n in range(158):
        wiggle = [(60.0 * n + chance.randrange(41), 48.0 * k) for k in range(198)]
        kind = "primary" if n % 25 == 0 else "residential"
        ways += [(wiggle, {"highway": kind}), ([(y, x) for x, y in wiggle], {"highway": kind})]
    made = import_ground(osm(tmp_path, *ways), tmp_path, (*place(0.0, 0.0), *place(9500.0, 9500.0)))
    assert made.km2 > 90
    content = load_ground(tmp_path).content
    assert len(gzip.compress(content)) <= OVERVIEW_BYTES * 1.05
    assert [layer.kind for layer in load_ground(tmp_path).ground.layers] == ["major"]
    assert made.parts >= 16


def test_an_operators_geojson_needs_no_osm(tmp_path):
    (lat0, lon0), (lat1, lon1) = place(0.0, 0.0), place(3000.0, 0.0)
    line = {"type": "LineString", "coordinates": [[lon0, lat0], [lon1, lat1]]}
    feature = {"type": "Feature", "properties": {"highway": "secondary", "name": "Jl. Baru"}, "geometry": line}
    source = tmp_path / "own.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    import_ground(source, tmp_path, AREA, "Dinas Perhubungan")
    assert load_ground(tmp_path).ground.credit == "Dinas Perhubungan"


@pytest.mark.parametrize("content", ["", "no map at all", '{"type": "FeatureCollection", "features": []}'])
def test_a_file_that_is_no_map_is_refused_and_the_ground_that_was_there_stays(tmp_path, content):
    import_ground(osm(tmp_path, ([(0.0, 0.0), (4000.0, 0.0)], {"highway": "primary"})), tmp_path, AREA)
    before = load_ground(tmp_path).key
    (tmp_path / "bad.geojson").write_text(content, encoding="utf-8")
    with pytest.raises(BrokenGround, match=r"bad\.geojson"):
        import_ground(tmp_path / "bad.geojson", tmp_path, AREA)
    assert load_ground(tmp_path).key == before


@pytest.mark.parametrize("name", ["../overview", "0", "a-b", "0-0/../../secret", ""])
def test_only_parts_are_read_by_name(tmp_path, name):
    import_ground(osm(tmp_path, ([(0.0, 0.0), (4000.0, 0.0)], {"highway": "primary"})), tmp_path, AREA)
    assert load_part(tmp_path, name) is None
