"""Places, itineraries and services as an operator writes them: read whole, or refused by line and field."""

from __future__ import annotations

import json
from datetime import date

import pytest

from maps.guide import BrokenGuide
from maps.guide_files import import_places, load_guide, own_guide, read_places
from maps.service_check import check_city_services
from tests.builders import a_guide
from tests.conftest import HOUSE

SAMPLE = HOUSE / "data" / "binjai"
HEADER = "place_id,name,category,lat,lon,precision,error_m,published\n"


def test_the_samples_guide_has_what_the_facts_have():
    guide = load_guide(SAMPLE)
    assert len(guide.places) == 41
    assert len(guide.services) == 18
    hidden = {place.category for place in guide.places if not place.published}
    assert {"residence", "depot"} <= hidden
    assert sum(place.lat is None for place in guide.places) == 10
    assert [len(one.visits) for one in guide.itineraries] == [5, 4]


def test_no_service_of_the_sample_is_linked_before_it_was_checked():
    linked = [one for one in load_guide(SAMPLE).services if one.is_reachable]
    assert [one.url for one in linked] == ["/"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Tugu Satu,Tugu,monument,3.6,98.5,exact,30,1", "places.csv line 2, place_id"),
        ("tugu,,monument,3.6,98.5,exact,30,1", "name: is empty"),
        ("tugu,Tugu,monument,north,98.5,exact,30,1", "lat: 'north' is no number"),
        ("tugu,Tugu,monument,98.5,3.6,exact,30,1", "lat: 98.5 lies outside"),
        ("tugu,Tugu,monument,3.6,,exact,30,1", "lat and lon are both given"),
        ("tugu,Tugu,monument,3.6,98.5,rather,30,1", "precision: 'rather' is none of"),
        ("tugu,Tugu,monument,,,exact,30,1", "precision unknown"),
        ("tugu,Tugu,monument,3.6,98.5,exact,30,yes", "published: 'yes'"),
    ],
)
def test_a_bad_row_is_refused_by_line_and_field(tmp_path, row, said):
    (tmp_path / "places.csv").write_text(HEADER + row + "\n")
    with pytest.raises(BrokenGuide) as error:
        read_places(tmp_path / "places.csv")
    assert said in str(error.value)


def test_a_quarter_without_a_middle_is_refused_by_line_and_field(tmp_path):
    (tmp_path / "quarters.csv").write_text("name,lat,lon,error_m\nKartini,3.6,98.5,554\nSatria,,98.5,625\n")
    with pytest.raises(BrokenGuide, match=r"quarters\.csv line 3, name, lat, lon: a quarter has a name and a middle"):
        load_guide(tmp_path)


def test_all_bad_rows_are_told_at_once(tmp_path):
    (tmp_path / "places.csv").write_text(HEADER + ",,,,,,,\na,A,x,,,unknown,,1\na,A,x,,,unknown,,1\n")
    with pytest.raises(BrokenGuide) as error:
        read_places(tmp_path / "places.csv")
    assert len(error.value.problems) == 2
    assert "twice" in error.value.problems[1]


def test_a_broken_import_leaves_what_was_there(tmp_path):
    folder = a_guide(tmp_path)
    before = (folder / "places.csv").read_bytes()
    (tmp_path / "bad.csv").write_text("name\nx\n")
    with pytest.raises(BrokenGuide):
        import_places(tmp_path / "bad.csv", folder)
    assert (folder / "places.csv").read_bytes() == before


def test_geojson_and_csv_say_the_same(tmp_path):
    folder = a_guide(tmp_path)
    features = [
        {
            "type": "Feature",
            "geometry": None if one.lat is None else {"type": "Point", "coordinates": [one.lon, one.lat]},
            "properties": {
                "place_id": one.place_id, "name": one.name, "category": one.category, "precision": one.precision,
                "error_m": one.error_m, "published": int(one.published),
            },
        }
        for one in read_places(folder / "places.csv")
    ]  # fmt: skip
    (tmp_path / "p.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    assert import_places(tmp_path / "p.geojson", tmp_path / "other") == (4, 1)
    there = {one.place_id: (one.lat, one.lon, one.published) for one in read_places(tmp_path / "other" / "places.csv")}
    assert there == {one.place_id: (one.lat, one.lon, one.published) for one in read_places(folder / "places.csv")}


def test_checking_services_notes_the_day_and_what_came_of_it(tmp_path):
    folder = a_guide(tmp_path)
    asked = []

    def answers(url):
        asked.append(url)
        return "ok" if url.endswith("kantor") else "answers with 500"

    results = check_city_services(folder / "services.csv", date(2026, 11, 24), answers)
    assert results == [("b", "ok"), ("c", "answers with 500")]
    services = {one.service_id: one for one in load_guide(folder).services}
    assert (services["a"].checked, services["b"].checked) == (None, date(2026, 11, 24))
    assert [one.service_id for one in services.values() if one.is_reachable] == ["b"]


def test_an_own_guide_begins_as_a_copy_and_what_is_there_stays(tmp_path):
    folder = own_guide(tmp_path, SAMPLE)
    assert load_guide(folder) == load_guide(SAMPLE)
    (folder / "itineraries.csv").write_text("itinerary_id,place_id\n")
    (folder / "services.csv").unlink()
    assert own_guide(tmp_path, SAMPLE) == folder
    again = load_guide(folder)
    assert (again.itineraries, again.services) == ((), load_guide(SAMPLE).services)
