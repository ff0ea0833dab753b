"""What apps other than the SDKs need: types that Android decodes, fields that iOS unwraps, the fourteen calls of wayfinder."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from benchmarks.wayfinder import CALLS, missing
from tests.builders import a_drive, a_network, at, every
from transit.arrivals.alerts import Alert, Effect, InformedEntity

NUMBER = (int, float)
TEXT_OR_NONE = (str, type(None))
# kotlinx.serialization gives up the whole answer where one value is of another type; whole numbers must have no point
ANDROID: dict[str, dict[str, Any]] = {
    "arrival": {
        "routeId": str,
        "tripId": str,
        "stopId": str,
        "tripHeadsign": TEXT_OR_NONE,
        "routeShortName": TEXT_OR_NONE,
        "stopSequence": int,
        "serviceDate": int,
        "vehicleId": TEXT_OR_NONE,
        "predicted": bool,
        "scheduledArrivalTime": int,
        "predictedArrivalTime": int,
        "scheduledDepartureTime": int,
        "predictedDepartureTime": int,
        "situationIds": list,
        "occupancyStatus": TEXT_OR_NONE,
        "historicalOccupancy": TEXT_OR_NONE,
    },
    "status": {
        "activeTripId": str,
        "predicted": bool,
        "scheduleDeviation": int,
        "serviceDate": int,
        "status": str,
        "phase": TEXT_OR_NONE,
        "vehicleId": TEXT_OR_NONE,
        "closestStop": TEXT_OR_NONE,
        "closestStopTimeOffset": int,
        "nextStop": TEXT_OR_NONE,
        "nextStopTimeOffset": int,
        "position": dict,
        "orientation": NUMBER,
        "distanceAlongTrip": NUMBER,
        "scheduledDistanceAlongTrip": NUMBER,
        "totalDistanceAlongTrip": NUMBER,
        "lastUpdateTime": int,
        "lastLocationUpdateTime": int,
        "lastKnownLocation": dict,
        "lastKnownDistanceAlongTrip": NUMBER,
        "blockTripSequence": int,
    },
    "stopTime": {
        "stopId": str,
        "arrivalTime": int,
        "departureTime": int,
        "distanceAlongTrip": NUMBER,
        "stopHeadsign": TEXT_OR_NONE,
    },
    "stop": {
        "id": str,
        "name": str,
        "code": str,
        "direction": str,
        "lat": float,
        "lon": float,
        "locationType": int,
        "routeIds": list,
    },
    "route": {"id": str, "shortName": str, "longName": str, "type": int, "agencyId": str, "color": str, "textColor": str},
    "agency": {
        "id": str,
        "name": str,
        "url": str,
        "timezone": str,
        "lang": str,
        "phone": str,
        "email": str,
        "fareUrl": str,
        "disclaimer": str,
        "privateService": bool,
    },
    "trip": {
        "id": str,
        "routeId": str,
        "tripHeadsign": str,
        "tripShortName": str,
        "blockId": str,
        "directionId": str,
        "serviceId": str,
        "shapeId": str,
        "timeZone": str,
        "routeShortName": str,
    },
    "situation": {
        "id": str,
        "summary": dict,
        "description": dict,
        "url": dict,
        "severity": str,
        "activeWindows": list,
        "allAffects": list,
        "creationTime": int,
        "publicationWindows": list,
        "consequences": list,
        "reason": str,
    },
}
AFFECTS = {"agencyId", "applicationId", "directionId", "routeId", "stopId", "tripId"}  # iOS wants all six, as texts


def wrong_types(record: dict[str, Any], kind: str) -> list[str]:
    """A bool is an int to Python and to nobody else."""
    rows = []
    for name, types in ANDROID[kind].items():
        value = record.get(name, KeyError)
        if not isinstance(value, types) or (isinstance(value, bool) and types is not bool):
            rows.append(f"{kind}.{name}: {value!r}")
    return rows


@pytest.fixture
def driving(city):
    """BUS1 on a headway trip and a notice in force; everything that an answer can hold is in it."""
    network = a_network(headway=every(10))
    city.load(replace(network, agencies=(replace(network.agencies[0], phone="123"),)))
    alert = Alert("a1", {"id": "Jalan ditutup"}, (InformedEntity(stop_id="S5"),), at(6), effect=Effect.DETOUR)
    return city.tell(alert).hear(a_drive(to_m=1800)).step(at(7, 5)) and city


def get(town, path: str, **arguments: Any) -> Any:
    answer = town.client().get(f"/api/where/{path}.json", query_string={"key": "any", **arguments})
    assert answer.status_code == 200, answer.text
    return answer.get_json()["data"]


def test_every_record_has_the_types_that_android_decodes(driving):
    board = get(driving, "arrivals-and-departures-for-stop/A_S5", minutesAfter=90)
    trip_id = board["entry"]["arrivalsAndDepartures"][0]["tripId"]
    details = get(driving, f"trip-details/{trip_id}")
    references = board["references"]
    wrong = [line for row in board["entry"]["arrivalsAndDepartures"] for line in wrong_types(row, "arrival")]
    wrong += wrong_types(details["entry"]["status"], "status")
    wrong += [line for row in details["entry"]["schedule"]["stopTimes"] for line in wrong_types(row, "stopTime")]
    for kind, plural in (
        ("stop", "stops"),
        ("route", "routes"),
        ("agency", "agencies"),
        ("trip", "trips"),
        ("situation", "situations"),
    ):
        assert references[plural], f"no {kind} to look at"
        wrong += [line for row in references[plural] for line in wrong_types(row, kind)]
    assert wrong == []


def test_a_planted_wrong_type_is_seen():
    assert wrong_types({"id": "A_S5", "lat": 3, "lon": 98.5}, "stop")[-1].startswith("stop.routeIds")
    assert "stop.locationType: True" in wrong_types({"locationType": True}, "stop")
    assert "status.scheduleDeviation: 12.5" in wrong_types({"scheduleDeviation": 12.5}, "status")


def test_ios_finds_six_texts_in_every_affect_and_windows_in_milliseconds(driving):
    (situation,) = get(driving, "arrivals-and-departures-for-stop/A_S5", minutesAfter=90)["references"]["situations"]
    assert all(set(row) == AFFECTS and all(isinstance(text, str) for text in row.values()) for row in situation["allAffects"])
    assert situation["activeWindows"] == [{"from": round(at(6).timestamp() * 1000), "to": 0}]


def test_a_trips_details_always_have_a_schedule_with_a_zone(driving):
    schedule = get(driving, "trip-details/A_T1", includeSchedule="false")["entry"]["schedule"]
    assert (schedule["timeZone"], len(schedule["stopTimes"])) == ("Asia/Jakarta", 9)


def test_wayfinders_fourteen_calls_answer_with_what_its_pages_read(town):
    """T1 has a bus and an S5 of which wayfinder's pages show arrivals, schedule and the line."""
    town.hear(a_drive(to_m=1800)).step()
    names = {
        "agency": "A",
        "lat": "3.6",
        "lon": "98.51",
        "stop": "A_S5",
        "code": "S5",
        "route": "A_R1",
        "route_name": "1",
        "trip": "A_T1",
        "shape": "A_shape",
        "day": "2026-11-23",
    }
    client = town.client()
    lacking = {}
    for call in CALLS:
        if call.ours.startswith("/"):
            assert pb.FeedMessage.FromString(client.get(call.ours).data).header.gtfs_realtime_version == "2.0"
            continue
        path, _, query = call.ours.format(**names).partition("?")
        answer = client.get(f"/api/where/{path}.json?key=test&{query}")
        fields = [field for field in call.fields if missing(json.loads(answer.data), field)]
        if answer.status_code != 200 or fields:
            lacking[call.ours] = (answer.status_code, fields)
    assert lacking == {}
    assert len(CALLS) == 14


def test_a_field_that_a_page_reads_and_no_answer_has_is_seen():
    assert missing({"data": {"list": []}}, "data.list.id")
    assert missing({"data": {"list": [{"id": 1}, {}]}}, "data.list.id")
    assert not missing({"data": {"list": [{"id": 1}]}}, "data.list.id")


def test_a_grave_notice_is_severe_so_that_apps_show_it_by_itself(town):
    town.tell(Alert("a1", {"id": "Tutup"}, (InformedEntity(route_id="R1"),), at(6), effect=Effect.NO_SERVICE)).step(at(7))
    (entity,) = pb.FeedMessage.FromString(town.client().get("/api/v1/regions/7/alerts.pb").data).entity
    assert entity.alert.severity_level == pb.Alert.SEVERE
    assert entity.alert.informed_entity[0].route_id == "R1"


@pytest.mark.parametrize("path", ["stops-for-location", "trips-for-location", "routes-for-location"])
def test_where_a_rider_is_stands_in_no_log(driving, caplog, path):
    caplog.set_level(logging.DEBUG)
    get(driving, path, lat=3.612345, lon=98.512345)
    assert "612345" not in caplog.text
    failed = driving.client().get(f"/api/where/{path}.json?key=any&lat=3.612345&lon=x98.512345")
    assert failed.status_code == 400
    assert "612345" not in caplog.text
    stored = [table for table in driving.folder.rglob("*") if table.is_file() and b"612345" in table.read_bytes()]
    assert stored == []


def test_the_privacy_page_says_what_other_apps_send(town):
    page = town.step(at(7)) and town.client().get("/privasi?lang=en").text
    assert "apps that use our API send a position with their question. We use it for the answer" in page
