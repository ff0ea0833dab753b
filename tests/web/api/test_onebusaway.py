"""OneBusAway's own client (PyPI `onebusaway`) runs unchanged over every method; what the phone apps need is there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from onebusaway import NotFoundError, OnebusawaySDK

from tests.builders import a_drive, a_network, a_report, at, every
from transit.store.tickets import load_tickets
from transit.tracking.state import VehicleStatus

SIX = {"agencies", "routes", "situations", "stopTimes", "stops", "trips"}
# what onebusaway-ios decodes without a default (OBA_API.md, "Fields whose absence breaks iOS")
ARRIVAL = {
    "arrivalEnabled", "departureEnabled", "blockTripSequence", "distanceFromStop", "lastUpdateTime", "numberOfStopsAway",
    "predicted", "routeId", "scheduledArrivalTime", "scheduledDepartureTime", "serviceDate", "situationIds", "status",
    "stopId", "stopSequence", "tripId", "vehicleId",
}  # fmt: skip
STATUS = {
    "activeTripId", "blockTripSequence", "closestStop", "closestStopTimeOffset", "distanceAlongTrip",
    "lastLocationUpdateTime", "lastUpdateTime", "nextStopTimeOffset", "orientation", "phase", "predicted",
    "scheduleDeviation", "scheduledDistanceAlongTrip", "serviceDate", "situationIds", "status", "totalDistanceAlongTrip",
}  # fmt: skip
WHOLE = ("lastKnownDistanceAlongTrip", "closestStopTimeOffset", "nextStopTimeOffset", "scheduleDeviation")


@pytest.fixture
def driving(town):
    """BUS1 is 1,800 m along its trip of seven o'clock."""
    town.hear(a_drive(to_m=1800)).step()
    return town


@pytest.fixture
def sdk(driving):
    transport = httpx.WSGITransport(app=driving.app())
    with OnebusawaySDK(api_key="any", base_url="http://bus", http_client=httpx.Client(transport=transport)) as client:
        yield client


def get(town, path: str, **arguments: Any) -> Any:
    answer = town.client().get(f"/api/where/{path}.json", query_string={"key": "any", **arguments})
    body = answer.get_json()
    assert body["code"] == answer.status_code
    return body


def test_every_method_of_the_sdk_answers(sdk):
    assert sdk.current_time.retrieve().data.entry.time > 0
    assert sdk.config.retrieve().code == 200
    assert [one.agency_id for one in sdk.agencies_with_coverage.list().data.list] == ["A"]
    assert sdk.agency.retrieve("A").data.entry.timezone == "Asia/Jakarta"
    assert [one.id for one in sdk.routes_for_agency.list("A").data.list] == ["A_R1"]
    assert sdk.route_ids_for_agency.list("A").data.list == ["A_R1"]
    assert len(sdk.stops_for_agency.list("A").data.list) == 9
    assert sdk.stop_ids_for_agency.list("A").data.list[0] == "A_S0"
    assert sdk.stop.retrieve("A_S5").data.entry.name == "Halte S5"
    assert sdk.route.retrieve("A_R1").data.entry.short_name == "1"
    assert sdk.stops_for_location.list(lat=3.6, lon=98.5).data.list[0].id == "A_S0"
    assert sdk.routes_for_location.list(lat=3.6, lon=98.5).data.list[0].id == "A_R1"
    assert sdk.search_for_stop.list(input="Halte S5").data.list[0].id == "A_S5"
    assert sdk.search_for_route.list(input="Pangkal").data.list[0].id == "A_R1"
    assert sdk.stops_for_route.list("A_R1").data.entry.stop_groupings[0].id is None
    assert sdk.shape.retrieve("A_shape").data.entry.length == 2
    assert sdk.trip.retrieve("A_T1").data.entry.route_id == "A_R1"
    assert sdk.trip_details.retrieve("A_T1").data.entry.status.vehicle_id == "A_BUS1"
    assert sdk.trip_for_vehicle.retrieve("A_BUS1").data.entry.trip_id == "A_T1"
    assert [one.trip_id for one in sdk.trips_for_route.list("A_R1").data.list] == ["A_T1"]
    nearby = sdk.trips_for_location.list(lat=3.6, lon=98.52, lat_span=0.1, lon_span=0.1)
    assert [one.trip_id for one in nearby.data.list] == ["A_T1"]
    assert [one.vehicle_id for one in sdk.vehicles_for_agency.list("A").data.list] == ["A_BUS1"]
    assert sdk.schedule_for_stop.retrieve("A_S5").data.entry.stop_route_schedules[0].route_id == "A_R1"
    assert sdk.schedule_for_route.retrieve("A_R1").data.entry.stop_trip_groupings[0].trip_ids == ["A_T1", "A_T2"]
    arrivals = sdk.arrival_and_departure.list("A_S5").data.entry.arrivals_and_departures
    assert [(one.trip_id, one.predicted, one.vehicle_id) for one in arrivals] == [("A_T1", True, "A_BUS1")]
    one = sdk.arrival_and_departure.retrieve("A_S5", trip_id="A_T1", service_date=0).data.entry
    assert one.predicted_arrival_time == arrivals[0].predicted_arrival_time
    around = sdk.arrivals_and_departures_for_location.list(lat=3.6, lon=98.5225)
    assert around.code == 200
    assert sdk.report_problem_with_stop.retrieve("A_S5", code="stop_name_wrong").code == 200
    assert sdk.report_problem_with_trip.retrieve("A_T1", code="vehicle_never_came").code == 200


def test_the_sdk_knows_what_is_not_there(sdk):
    with pytest.raises(NotFoundError):
        sdk.stop.retrieve("A_nowhere")
    with pytest.raises(NotFoundError):
        sdk.block.retrieve("A_none")


def test_what_ios_needs_is_in_every_arrival_and_status(driving):
    board = get(driving, "arrivals-and-departures-for-stop/A_S5", minutesAfter=90)["data"]["entry"]
    rows = board["arrivalsAndDepartures"]
    assert len(rows) == 2  # the bus that is seen, and the one planned for eight
    assert all(set(row) >= ARRIVAL for row in rows)
    assert set(rows[0]["tripStatus"]) >= STATUS
    assert all(isinstance(rows[0]["tripStatus"][name], int) for name in WHOLE)
    assert rows[1]["tripStatus"] is None
    assert (rows[1]["predicted"], rows[1]["predictedArrivalTime"], rows[1]["numberOfStopsAway"]) == (False, 0, -1)


def test_times_are_milliseconds_but_a_trips_schedule_counts_seconds_of_its_day(driving):
    seven = round(at(7).timestamp() * 1000)
    row = get(driving, "arrivals-and-departures-for-stop/A_S5")["data"]["entry"]["arrivalsAndDepartures"][0]
    assert row["serviceDate"] == round(at(0).timestamp() * 1000)
    assert row["scheduledArrivalTime"] == seven + 417_000  # 2,500 m at 6 m/s
    calls = get(driving, "trip-details/A_T1")["data"]["entry"]["schedule"]["stopTimes"]
    assert (calls[0]["arrivalTime"], calls[5]["arrivalTime"]) == (7 * 3600, 7 * 3600 + 417)


def test_everything_that_is_named_is_in_the_references(driving):
    data = get(driving, "arrivals-and-departures-for-stop/A_S5", minutesAfter=90)["data"]
    references = data["references"]
    assert set(references) == SIX
    stops, trips = {one["id"] for one in references["stops"]}, {one["id"] for one in references["trips"]}
    for row in data["entry"]["arrivalsAndDepartures"]:
        assert row["stopId"] in stops
        assert row["tripId"] in trips
        status = row["tripStatus"]
        if status:
            assert status["closestStop"] in stops
            assert status["activeTripId"] in trips
    assert {one["routeId"] for one in references["trips"]} <= {one["id"] for one in references["routes"]}
    assert {one["agencyId"] for one in references["routes"]} <= {one["id"] for one in references["agencies"]}


def test_two_buses_on_one_headway_trip_are_two_markers(city):
    city.load(a_network(headway=every(10)))
    city.hear(a_drive(start=at(7), to_m=2600)).hear(a_drive(start=at(7, 4), to_m=1100, vehicle_id="BUS2")).step(at(7, 7, 20))
    rows = get(city, "trips-for-route/A_R1")["data"]["list"]
    assert sorted(one["status"]["activeTripId"] for one in rows) == ["A_T1~20261123070000", "A_T1~20261123070400"]
    again = get(city, "trip-details/A_T1~20261123070400")["data"]["entry"]
    assert again["status"]["vehicleId"] == "A_BUS2"


def test_without_a_key_nothing_is_answered_and_any_key_will_do(driving):
    refused = driving.client().get("/api/where/stop/A_S5.json")
    assert (refused.status_code, refused.get_json()["text"]) == (401, "permission denied")
    assert "data" not in refused.get_json()
    assert get(driving, "stop/A_S5", key="TEST")["code"] == 200


@pytest.mark.parametrize(
    ("path", "arguments", "code"),
    [
        ("stop/A_nowhere", {}, 404),
        ("stop/nounderscore", {}, 404),
        ("stop/B_S5", {}, 404),
        ("trip/A_T1~notatime", {}, 404),
        ("trip/A_T1~20261399070000", {}, 404),
        ("stops-for-location", {}, 400),
        ("stops-for-location", {"lat": "north", "lon": "98.5"}, 400),
        ("arrivals-and-departures-for-stop/A_S5", {"time": "1e99"}, 400),
        ("schedule-for-stop/A_S5", {"date": "tomorrow"}, 400),
        ("vehicle/A_BUS9", {}, 404),
    ],
)
def test_a_refusal_says_its_code_in_the_body_and_is_never_html(driving, path, arguments, code):
    body = get(driving, path, **arguments)
    assert body["code"] == code
    assert "data" not in body


def test_wayfinders_spelling_of_a_span_is_understood_and_zero_means_not_set(driving):
    wide = get(driving, "stops-for-location", lat=3.6, lon=98.5, latSpan=0.1, lngSpan=0.1)["data"]
    assert len(wide["list"]) == 9
    near = get(driving, "stops-for-location", lat=3.6, lon=98.5, latSpan=0, lonSpan=0, radius=0)["data"]
    assert [one["id"] for one in near["list"]] == ["A_S0", "A_S1"]  # 600 m
    far = get(driving, "stops-for-location", lat=10.0, lon=98.5)["data"]
    assert (far["list"], far["outOfRange"]) == ([], True)
    one = get(driving, "stops-for-location", lat=3.6, lon=98.5, latSpan=0.1, lonSpan=0.1, maxCount=1)["data"]
    assert (len(one["list"]), one["limitExceeded"]) == (1, True)


def test_a_bus_that_has_just_passed_is_told_with_the_time_of_its_call(driving):
    rows = get(driving, "arrivals-and-departures-for-stop/A_S3")["data"]["entry"]["arrivalsAndDepartures"]
    assert rows[0]["numberOfStopsAway"] == -1
    assert rows[0]["predictedDepartureTime"] > rows[0]["predictedArrivalTime"]


def test_an_agency_with_an_underscore_keeps_its_ids_apart(city):
    network = a_network()
    agency, route = replace(network.agencies[0], agency_id="dinas_kota"), replace(network.routes["R1"], agency_id="dinas_kota")
    city.load(replace(network, agencies=(agency,), routes={"R1": route})).step(at(7))
    assert get(city, "stop/dinas-kota_S5")["data"]["entry"]["routeIds"] == ["dinas-kota_R1"]


def test_a_report_becomes_a_ticket_without_where_the_rider_stood(driving):
    arguments = {"code": "vehicle_never_came", "userComment": "no bus", "userLat": "3.60123", "userLon": "98.5"}
    assert get(driving, "report-problem-with-trip", tripId="A_T1", stopId="A_S5", **arguments)["code"] == 200
    with driving.engine.connect() as connection:
        (ticket,) = load_tickets(connection, since=driving.now - timedelta(days=1))
    assert (ticket.stop_id, ticket.text) == ("S5", "T1: vehicle_never_came no bus")


def test_where_a_bus_goes_after_its_trip_is_told_by_nobody(driving):
    """It turns off its line for good behind S3 and drives 800 m south; its passage at S3 stays."""
    leaves = driving.now
    driving.hear([a_report((1900.0, -80.0 * n), leaves + timedelta(seconds=10 * n)) for n in range(1, 13)])
    driving.step(leaves + timedelta(seconds=125))
    state = driving.live.states["BUS1"]
    assert (state.matched.status, state.matched.is_expected_back) == (VehicleStatus.OFF_ROUTE, False)
    assert get(driving, "vehicles-for-agency/A")["data"]["list"] == get(driving, "trips-for-route/A_R1")["data"]["list"] == []
    (row,) = get(driving, "arrivals-and-departures-for-stop/A_S3")["data"]["entry"]["arrivalsAndDepartures"]
    assert (row["predicted"], row["tripStatus"], row["vehicleId"]) == (True, None, "")
    client = driving.client()
    assert client.get("/api/v1/vehicles").json["vehicles"] == client.get("/api/v1/vehicles.geojson").json["features"] == []
    assert "entity" not in client.get("/gtfs-rt/vehicle_positions.json").json
