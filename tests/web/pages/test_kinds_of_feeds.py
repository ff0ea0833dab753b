"""Each field of a feed is used on pages, in messages, signs and feeds: real kinds of feeds, small (tests/cases/feeds)."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pypdf import PdfReader

from gtfs.reader import read_network
from tests.builders import at
from tests.web.conftest import City
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.forecasting.prediction import Prediction, Tier
from transit.plan.network import Network, TripInstance
from web.live import snapshot as snapshots
from web.print.signs import sign_pdf

CASES = Path(__file__).resolve().parents[2] / "cases" / "feeds"
DAY = date(2026, 11, 24)
TUESDAY = at(7, day=DAY)


def case(name: str) -> Network:
    return read_network(CASES / f"{name}.zip")


def shown(city: City, network: Network, *told: Alert, live: tuple[tuple[str, int], ...] = (), now: datetime = TUESDAY):
    """A client of this network; live: (trip_id, stop_sequence) that a bus comes to in four minutes."""
    city.now = now
    city.load(network)
    for alert in told:
        city.tell(alert)
    made = city.step()
    rows = [predicted(network, trip_id, sequence, now) for trip_id, sequence in live]
    snapshots.write_snapshot(city.folder, replace_predictions(made, rows))
    return city.client()


def predicted(network: Network, trip_id: str, sequence: int, now: datetime) -> Prediction:
    call = next(call for call in network.trip(trip_id).stop_times if call.stop_sequence == sequence)
    when, trip = now + timedelta(minutes=4), TripInstance(trip_id, DAY)
    return Prediction(
        vehicle_id="BUS1",
        trip=trip,
        stop_id=call.stop_id,
        stop_sequence=sequence,
        made_at=now,
        reported_at=now,
        predicted_at=when,
        low_at=when - timedelta(seconds=30),
        high_at=when + timedelta(seconds=30),
        tier=Tier.LIVE,
    )


def replace_predictions(made: snapshots.Snapshot, rows: list[Prediction]) -> snapshots.Snapshot:
    return msgspec.structs.replace(made, predictions=snapshots.by_stop(rows))


def notice(*informed: InformedEntity) -> Alert:
    return Alert("n1", {"id": "Ada pekerjaan jalan"}, informed, TUESDAY - timedelta(hours=1), effect=Effect.NO_SERVICE)


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


# --- getting on and off --------------------------------------------------------------------------------------------------


def test_where_nobody_gets_on_no_departure_is_announced(city: City):
    client = shown(city, case("pickup_none"), live=(("T1", 3),))
    page = text(client.get("/halte/S3").text)
    assert "hanya untuk turun" in page
    assert "jadwal" not in client.get("/t/103").text
    assert '<li class="is-' not in client.get("/layar/103").text
    rows = client.get("/api/v1/stops/S3/arrivals").json["arrivals"]
    assert [(row["status"], row["pickup_type"]) for row in rows] == [("live", 1)]
    assert "07.05" in client.get("/t/102").text  # at S2 one gets on


def test_a_garage_where_nobody_gets_on_or_off_is_no_stop_for_riders(city: City):
    client = shown(city, case("pickup_none"), live=(("T1", 1),))
    assert client.get("/api/v1/stops/S1/arrivals").json["arrivals"] == []
    assert "S1" not in [stop["stop_id"] for stop in client.get("/api/v1/stops").json["stops"]]


def changed_calls(network: Network, **changes: Any) -> Network:
    trips = {
        name: replace(trip, stop_times=tuple(replace(call, **changes) for call in trip.stop_times))
        for name, trip in network.trips.items()
    }
    return replace(network, trips=trips)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"pickup_type": 2}, "untuk naik, telepon dulu 222"),
        ({"pickup_type": 3}, "untuk naik, lambaikan tangan ke sopir"),
        ({"drop_off_type": 1}, "hanya untuk naik"),
        ({"drop_off_type": 3}, "untuk turun, beri tahu sopir"),
    ],
)
def test_what_one_has_to_do_to_get_on_or_off_is_said(city: City, changes: dict[str, int], words: str):
    client = shown(city, changed_calls(case("two_agencies"), **changes))
    assert words in text(client.get("/halte/S2").text)
    assert words in text(client.get("/perjalanan/T1/20261124").text)


# --- clocks and words ----------------------------------------------------------------------------------------------------


def test_a_stop_shows_its_own_clock_and_the_trip_each_stops(city: City):
    client = shown(city, case("stop_timezone"))
    assert "08.10" in text(client.get("/halte/S3").text)  # 07.10 in Jakarta, where stop_times count
    assert "Asia/Makassar" in client.get("/halte/S3").text
    assert "08.10" in client.get("/t/103").text
    assert "07.05" in text(client.get("/halte/S2").text)
    trip = text(client.get("/perjalanan/T1/20261124").text)
    assert "07.05" in trip
    assert "08.10" in trip
    assert "08.10" in text(client.get("/jadwal/R1").text)
    rows = client.get("/api/v1/stops/S3/arrivals").json
    assert rows["stop"]["stop_timezone"] == "Asia/Makassar"
    assert rows["arrivals"][0]["at"].endswith("07:10:00+07:00")


def test_a_platform_goes_by_the_clock_of_its_station():
    network = case("station_live")
    stops = {**network.stops, "ST": replace(network.stops["ST"], timezone="Asia/Makassar")}
    assert replace(network, stops=stops).timezone_of("S2") == "Asia/Makassar"
    assert replace(network, stops=stops).timezone_of("S1") == "Asia/Jakarta"


def test_names_are_translated_whatever_the_region_and_case_of_the_language(city: City):
    client = shown(city, case("translations_en_US"))
    for stop_id, name in (("S1", "Square"), ("S2", "Hill"), ("S3", "Temple")):
        assert f"<h1>{name}</h1>" in client.get(f"/halte/{stop_id}?lang=en").text
    assert "<h1>Alun</h1>" in client.get("/halte/S1?lang=id").text


def test_each_route_has_the_name_and_phone_of_its_agency(city: City):
    client = shown(city, case("two_agencies"))
    for page in ("/koridor/R1", "/halte/S1", "/jadwal/R1", "/perjalanan/T1/20261124"):
        footer = text(client.get(page).text.partition("<footer>\n")[2])
        assert "Beta" in footer
        assert "222" in footer
        assert "111" not in footer
    assert "111" in client.get("/").text


# --- stations and codes --------------------------------------------------------------------------------------------------


def test_a_station_shows_the_live_buses_of_its_platforms_with_the_platform(city: City):
    client = shown(city, case("station_live"), live=(("T1", 2),))
    rows = client.get("/api/v1/stops/ST/arrivals").json["arrivals"]
    assert [(row["status"], row["stop_id"]) for row in rows if row["trip"]["trip_id"] == "T1"] == [("live", "S2")]
    assert "peron Terminal B" in text(client.get("/halte/ST").text)
    assert "4 mnt" in client.get("/t/900").text
    assert "peron" not in text(client.get("/halte/S2").text)


@pytest.mark.parametrize(("name", "code", "stops"), [("code_shared", "900", ("S2", "S3")), ("code_clash", "S3", ("S3", "S4"))])
@pytest.mark.parametrize("address", ["/h/{}", "/layar/{}", "/tanda/{}.pdf", "/embed/halte/{}", "/embed?halte={}"])
def test_where_a_code_means_several_stops_there_is_a_choice(
    city: City, name: str, code: str, stops: tuple[str, str], address: str
):
    client = shown(city, case(name))
    answer = client.get(address.format(code))
    assert answer.status_code == 300
    links = re.findall(r'class="more" href="([^"]+)"', answer.text)
    assert len(links) == 2
    for link, stop_id in zip(links, stops, strict=True):
        assert f"id={stop_id}" in link
        assert client.get(link.replace("&amp;", "&")).status_code in (200, 302)
    assert client.get(f"/h/{code}?id={stops[1]}").headers["Location"] == f"/halte/{stops[1]}"


def test_halte_is_by_id_and_messages_say_what_to_send(city: City):
    client = shown(city, case("code_clash"))
    assert "<h1>Candi</h1>" in client.get("/halte/S3").text
    assert "<h1>Danau</h1>" in client.get("/halte/S4").text
    assert client.get("/t/S3").text == "Halte yang mana? Kirim Candi, S4 (Danau)"
    assert client.get("/t/candi").text.startswith("Candi 07.00")
    assert client.get("/h/103", follow_redirects=False).status_code == 404


def test_shared_codes_are_all_found_and_a_route_may_settle_it(city: City):
    client = shown(city, case("code_shared"))
    assert client.get("/t/900").text == "Halte yang mana? Kirim S2 (Terminal A), S3 (Terminal B)"
    assert client.get("/t/s2").text.startswith("Terminal A 07.00")
    found = client.get("/?q=900").text
    assert "/halte/S2" in found
    assert "/halte/S3" in found


@pytest.mark.parametrize(("stop_id", "path"), [("S1", "/h/101"), ("S3", "/halte/S3"), ("S4", "/halte/S4")])
def test_a_sign_leads_to_its_own_stop(stop_id: str, path: str):
    network = case("code_clash")
    content = sign_pdf(network, [network.stop(stop_id)], "https://bus.example.org", TUESDAY)
    assert f"https://bus.example.org{path}" in PdfReader(io.BytesIO(content)).pages[0].extract_text()


# --- directions ----------------------------------------------------------------------------------------------------------


def test_two_ways_without_direction_id_stand_under_two_headings(city: City):
    client = shown(city, case("no_direction"))
    assert re.findall(r"arah ([A-Z]\w+)", text(client.get("/halte/S2").text))[:2] == ["Danau", "Alun"]
    assert client.get("/t/102").text == "Bukit 07.00: 1>Danau jadwal 07.05; 1>Alun jadwal 08.10"
    assert text(client.get("/koridor/R1?part=strips").text).count("arah") == 2
    assert re.findall(r"<h2>(.*?)</h2>", client.get("/jadwal/R1").text) == ["arah Danau", "arah Alun"]


# --- notices -------------------------------------------------------------------------------------------------------------


def test_a_closed_stop_says_so_everywhere(city: City):
    client = shown(city, case("cancelled"), notice(InformedEntity(stop_id="S2")), live=(("T1", 2), ("T1", 3)))
    rows = client.get("/api/v1/stops/S2/arrivals").json["arrivals"]
    assert {row["status"] for row in rows} == {"disrupted"}
    assert "tidak berhenti di sini sekarang" in client.get("/t/102").text
    assert "tidak berhenti di sini sekarang" in text(client.get("/perjalanan/T1/20261124").text)
    assert "Ada pekerjaan jalan" in client.get("/peta").text
    rows = client.get("/api/v1/stops/S3/arrivals").json["arrivals"]
    assert "live" in {row["status"] for row in rows}


def test_a_bus_that_drives_in_spite_of_a_cancellation_stays_and_is_marked(city: City):
    cancelled = notice(InformedEntity(trip=TripInstance("T1", DAY)))
    client = shown(city, case("cancelled"), cancelled, live=(("T1", 2),))
    rows = {row["trip"]["trip_id"]: row for row in client.get("/api/v1/stops/S2/arrivals").json["arrivals"]}
    assert (rows["T1"]["status"], rows["T1"]["in_spite_of"]) == ("live", "n1")
    assert rows["T2"]["in_spite_of"] is None
    assert "meskipun ada pengumuman" in text(client.get("/halte/S2").text)
    rows = {row["trip"]["trip_id"]: row for row in client.get("/api/v1/stops/S3/arrivals").json["arrivals"]}
    assert rows["T1"]["status"] == "cancelled"


# --- far ahead and long under way ----------------------------------------------------------------------------------------


def test_service_that_begins_in_weeks_is_told_with_its_day(city: City):
    client = shown(city, case("future_service"))
    assert "Senin 4 Januari" in text(client.get("/halte/S1").text)
    rows = client.get("/api/v1/stops/S1/arrivals").json["arrivals"]
    assert rows[0]["at"] == "2027-01-04T07:00:00+07:00"


def test_a_trip_of_days_is_announced_where_it_comes_by(city: City):
    """103:45 of the 24th is 07:45 of the 28th: at 07:00 of that day it is due."""
    client = shown(city, case("long_trip"), now=TUESDAY)
    rows = client.get("/api/v1/stops/S3/arrivals").json
    assert [(row["trip"]["start_date"], row["at"]) for row in rows["arrivals"]] == [("20261120", "2026-11-24T07:50:00+07:00")]
    assert rows["hours"][0]["first_at"] == "2026-11-24T07:50:00+07:00"


# --- alphabets -----------------------------------------------------------------------------------------------------------


def test_cyrillic_is_printed_as_it_is_and_sent_in_latin_letters(city: City):
    client = shown(city, case("cyrillic"))
    said = client.get("/t/101").text
    assert said.startswith("Ploshchad' Lenina 07.00: 1>Vokzal")
    assert len(said) <= 160
    page = PdfReader(io.BytesIO(client.get("/tanda/101.pdf").data)).pages[0]
    assert "Площадь Ленина" in page.extract_text()
    assert "Вокзал" in page.extract_text()


def test_other_scripts_are_printed_as_they_sound_and_never_blank():
    network = case("cyrillic")
    stop = replace(network.stop("S1"), name="東京 駅")
    content = sign_pdf(replace(network, stops={**network.stops, "S1": stop}), [stop], "https://bus.example.org", TUESDAY)
    assert "DongJing Yi" in PdfReader(io.BytesIO(content)).pages[0].extract_text()


# --- codes that are no plain word ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "path"), [("A/1 #2?", "A%2F1%20%232%3F"), ("10\n1", "10%201"), ("<b>", "%3Cb%3E")])
def test_every_address_of_a_stop_works_whatever_its_code_holds(city: City, code: str, path: str):
    network = case("cyrillic")
    network = replace(network, stops={**network.stops, "S2": replace(network.stops["S2"], code=code)})
    client = shown(city, network)
    assert f'href="/tanda/{path.replace("%2F", "/")}.pdf"' in client.get("/halte/S2").text
    assert client.get(f"/tanda/{path}.pdf").data.startswith(b"%PDF")
    assert client.get(f"/h/{path}").headers["Location"] == "/halte/S2"
    assert client.get(f"/t/{path}").text.startswith("Bukit 07.00")
    assert client.get(f"/layar/{path}").status_code == client.get(f"/embed/halte/{path}").status_code == 200
