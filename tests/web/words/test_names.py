"""Names in the reader's language: a translation of one record, of one call of a trip, or of a text wherever it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network, at
from tests.web.conftest import City
from transit.plan.network import Network, Translation
from web.words import names

ROWS = (
    Translation("stops", "stop_name", "en", "First", record_id="S0"),
    Translation("stops", "stop_name", "en", "Second", field_value="Halte S1"),
    Translation("stops", "stop_name", "en", "not this one", field_value="Halte S0"),
    Translation("agency", "agency_name", "en", "City Bus", record_id="A"),
    Translation("routes", "route_desc", "en", "Every day", field_value="Setiap hari"),
    Translation("trips", "trip_headsign", "en", "End of T1", record_id="T1"),
    Translation("trips", "trip_headsign", "en", "End", field_value="Ujung"),
    Translation("stop_times", "stop_headsign", "en", "via Market", record_id="T1", record_sub_id="3"),
    Translation("stop_times", "stop_headsign", "en", "via Harbour", field_value="lewat Pelabuhan"),
    Translation("stop_times", "stop_headsign", "en", "no number", record_id="T1", record_sub_id="x"),
)


def a_town() -> Network:
    network = a_network()
    signs = {3: "lewat Pasar", 4: "lewat Pelabuhan"}
    trips = {
        name: replace(
            trip,
            stop_times=tuple(replace(call, stop_headsign=signs.get(call.stop_sequence, "")) for call in trip.stop_times),
        )
        for name, trip in network.trips.items()
    }
    routes = {"R1": replace(network.routes["R1"], desc="Setiap hari", short_name="")}
    return replace(network, trips=trips, routes=routes, translations=ROWS)


@pytest.mark.parametrize(
    ("text", "trip_id", "english"),
    [
        ("Ujung", "T1", "End of T1"),  # the trip's own row goes before the one of the text
        ("Ujung", "T2", "End"),
        ("Ujung", "", "End"),  # a heading is of no trip
        ("lewat Pasar", "T1", "via Market"),  # by trip_id and stop_sequence
        ("lewat Pasar", "", "via Market"),
        ("lewat Pelabuhan", "T2", "via Harbour"),
        ("Halte S1", "", "Second"),
        ("Balai Kota", "T1", "Balai Kota"),
    ],
)
def test_what_stands_on_the_bus_is_translated_by_trip_by_call_and_by_text(
    city: City, text: str, trip_id: str, english: str
) -> None:
    app = city.load(a_town()).app()
    for tag, word in (("en", english), ("id", text)):
        with app.test_request_context(f"/?lang={tag}"):
            app.preprocess_request()
            assert names.headsign(text, trip_id) == word


def test_a_row_of_a_record_goes_before_one_of_its_text(city: City) -> None:
    app = city.load(a_town()).app()
    with app.test_request_context("/?lang=en"):
        app.preprocess_request()
        stops = [a_town().stops[stop_id] for stop_id in ("S0", "S1", "S2")]
        assert [names.stop_name(stop) for stop in stops] == ["First", "Second", "Halte S2"]


def test_pages_call_agency_route_and_signs_by_their_translated_names(city: City) -> None:
    city.load(a_town()).step(at(6, 55))
    client = city.client()
    page = client.get("/halte/S2?lang=en").text
    assert "towards via Market" in page
    assert ">City Bus</a>" in page
    assert "Every day" in client.get("/koridor/R1?lang=en").text
    page = client.get("/halte/S2?lang=id").text
    assert "arah lewat Pasar" in page
    assert ">Bus Kota</a>" in page


def test_a_route_without_a_short_name_goes_by_its_translated_long_name(city: City) -> None:
    rows = (*ROWS, Translation("routes", "route_long_name", "en-GB", "Start - End", record_id="R1"))
    app = city.load(replace(a_town(), translations=rows)).app()
    with app.test_request_context("/?lang=en"):
        app.preprocess_request()
        assert names.route_name(a_town().routes["R1"]) == "Start - End"
