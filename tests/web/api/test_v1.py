"""/api/v1 for programs."""

from __future__ import annotations

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from tests.builders import a_drive, at, place


@pytest.fixture
def client(town):
    town.hear(a_drive(to_m=1800)).step()
    return town.client()


def test_the_description_is_valid_openapi(client):
    validate(client.get("/api/v1/openapi.json").json)


@pytest.mark.parametrize(
    ("path", "described"),
    [
        ("/stops", "/stops"),
        ("/stops?lat=3.6&lon=98.5", "/stops"),
        ("/routes", "/routes"),
        ("/vehicles", "/vehicles"),
        ("/vehicles.geojson", "/vehicles.geojson"),
        ("/stops/S5/arrivals", "/stops/{stop_id}/arrivals"),
        ("/stops/S2/arrivals", "/stops/{stop_id}/arrivals"),
    ],
)
def test_every_answer_is_as_described(client, path, described):
    description = client.get("/api/v1/openapi.json").json
    (content,) = description["paths"][described]["get"]["responses"]["200"]["content"].values()
    answer = client.get(f"/api/v1{path}")
    assert answer.status_code == 200
    schema = {**content["schema"], "components": description["components"]}
    Draft202012Validator(schema).validate(answer.json)


def test_arrivals_tell_the_live_bus_and_the_planned_one(client):
    rows = client.get("/api/v1/stops/S5/arrivals").json["arrivals"]
    assert [(row["status"], row["trip"]["trip_id"]) for row in rows] == [("live", "T1"), ("scheduled", "T2")]
    assert rows[0]["vehicle_id"] == "BUS1"
    assert rows[0]["stops_away"] == 1
    assert rows[1]["at"] == "2026-11-23T08:06:57+07:00", "in the network's own time"


def test_a_bus_that_passed_is_told_as_passed_and_not_as_coming(client):
    answer = client.get("/api/v1/stops/S2/arrivals").json
    assert [row["vehicle_id"] for row in answer["passed"]] == ["BUS1"]
    assert all(row["vehicle_id"] is None for row in answer["arrivals"])


def test_stops_near_a_place_come_nearest_first(client):
    lat, lon = place(1000.0, 50.0)
    rows = client.get(f"/api/v1/stops?lat={lat}&lon={lon}&radius_m=600").json["stops"]
    assert [row["stop_id"] for row in rows] == ["S2", "S1", "S3"]
    assert rows[0]["distance_m"] == pytest.approx(50, abs=2)


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/api/v1/stops/nowhere/arrivals", 404, "unknown_stop"),
        ("/api/v1/stops?route_id=nope", 404, "unknown_route"),
        ("/api/v1/stops?lat=north&lon=1", 400, "bad_request"),
        ("/api/v1/stops?lat=3.6", 400, "bad_request"),
        ("/api/v1/stops?lat=91&lon=1", 400, "bad_request"),
        ("/api/v1/stops?lat=nan&lon=1", 400, "bad_request"),
        ("/api/v1/nonsense", 404, "not_found"),
    ],
)
def test_mistakes_are_answered_in_json(client, path, status, code):
    answer = client.get(path)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)
    assert answer.json["error"]["message"]


def test_vehicles_go_when_they_were_not_seen_for_five_minutes(town, client):
    features = client.get("/api/v1/vehicles.geojson").json["features"]
    assert [feature["id"] for feature in features] == ["BUS1"]
    assert features[0]["properties"]["old"] is False
    town.step(at(7, 8))
    assert client.get("/api/v1/vehicles").json["vehicles"][0]["old"] is True
    town.step(at(7, 11))
    assert client.get("/api/v1/vehicles").json["vehicles"] == []


def test_an_answer_that_did_not_change_is_not_sent_again(client):
    first = client.get("/api/v1/stops/S5/arrivals")
    assert client.get("/api/v1/stops/S5/arrivals", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
