"""The map's ground over the web: as imported, part by part, and honest where nothing was imported."""

from __future__ import annotations

import json

from maps.ground_import import area_of, import_ground
from tests.builders import a_drive, a_guide, a_network, place


def import_streets(town) -> None:
    (lat0, lon0), (lat1, lon1) = place(0.0, 50.0), place(3000.0, 50.0)
    line = {"type": "LineString", "coordinates": [[lon0, lat0], [lon1, lat1]]}
    feature = {"type": "Feature", "properties": {"highway": "primary", "name": "Jl. Besar"}, "geometry": line}
    source = town.folder / "streets.geojson"
    source.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    import_ground(source, town.folder, area_of(a_network()), "Dinas")


def test_without_an_extract_the_map_names_quarters_and_invents_no_street(town):
    town.step()
    ground = town.client(sample_guide=a_guide(town.folder)).get("/peta/dasar.json").get_json()
    assert (ground["layers"], ground["credit"], ground["parts"]) == ([], "", [])
    assert [label[2] for label in ground["labels"]] == ["Kota", "Pekan"]


def test_an_imported_ground_is_there_at_once_under_a_new_address(town):
    town.step()
    client = town.client()
    before = client.get("/peta").text.split('data-ground="')[1].split('"')[0]
    import_streets(town)
    after = client.get("/peta").text.split('data-ground="')[1].split('"')[0]
    assert before != after
    answer = client.get(after)
    assert [layer["kind"] for layer in answer.get_json()["layers"]] == ["major"]
    assert "immutable" in answer.headers["Cache-Control"]
    assert client.get("/peta/dasar/99-99.json").status_code == 404


def test_without_javascript_the_map_is_a_picture_with_the_buses_now(town):
    import_streets(town)
    town.hear(a_drive(to_m=1800)).step()
    client = town.client()
    assert '<noscript><a href="/peta.svg"><img' in client.get("/peta").text
    answer = client.get("/peta.svg")
    assert answer.mimetype == "image/svg+xml"
    assert answer.text.count('class="bus"') == 1
    assert 'class="major l"' in answer.text
    assert "Dinas" in answer.text
    assert answer.headers["Content-Security-Policy"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_the_street_map_to_print_is_drawn_once_and_linked_from_the_map_and_the_places(town):
    town.step()
    client = town.client(live_fresh_s=1e6, sample_guide=a_guide(town.folder))
    content = client.get("/peta.pdf").data
    assert content.startswith(b"%PDF")
    [path] = (town.folder / "live").glob("streets-id-*.pdf")
    path.write_bytes(content + b"% from the file")
    assert client.get("/peta.pdf").data.endswith(b"% from the file")
    for page in ("/peta", "/wisata"):
        assert 'href="/peta.pdf"' in client.get(page).text


def test_whoever_asks_for_the_street_map_under_ever_new_names_waits(town):
    town.step()
    client = town.client(live_fresh_s=1e6)
    answers = [client.get("/peta.pdf", headers={"Host": f"10.0.0.{n}"}).status_code for n in range(8)]
    assert answers == [200] * 6 + [503] * 2
    assert len(list((town.folder / "live").glob("streets-id-*.pdf"))) == 4
