"""Home, route, trip and fleet, and the language of all pages."""

from __future__ import annotations

import gzip
import re
from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import web
from tests.builders import WORKING_DAYS, a_drive, a_network, at, every
from transit.plan.network import Agency, FeedInfo, Translation
from web.words.languages import catalogue

WEB = Path(web.__file__).parent
METHODS = [("**/templates/**.html", "jinja2.ext.babel_extract"), ("**.py", "python")]
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


@pytest.fixture
def client(town):
    town.hear(a_drive(to_m=1800)).step()
    return town.client()


def test_home_shows_the_routes_with_their_buses(client):
    answer = client.get("/", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) <= 20 * 1024
    text = gzip.decompress(answer.data).decode()
    assert "1 bus beroperasi sekarang" in text
    assert 'href="/koridor/R1"' in text


@pytest.mark.parametrize("asked", ["Halte S3", "halte s3", "halt s3"])
def test_the_search_forgives_spelling(client, asked):
    answer = client.get("/", query_string={"q": asked})
    assert answer.headers.get("Location") == "/halte/S3" or answer.text.index("/halte/S3") < answer.text.index("Koridor</h2>")


def test_a_search_that_finds_nothing_says_so(client):
    assert "Tidak ada yang bernama “zzzz”" in client.get("/?q=zzzz").text


def test_a_search_cannot_write_into_the_page(client):
    assert "<script>alert" not in client.get("/", query_string={"q": "<script>alert(1)</script>"}).text


def test_the_route_page_has_the_bus_before_its_next_stop(client):
    answer = client.get("/koridor/R1", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) <= 25 * 1024
    text = gzip.decompress(answer.data).decode()
    assert text.index("/halte/S3") < text.index("Bus BUS1") < text.index("/halte/S4")
    assert "Dari Halte S0: bus pertama 07.00, terakhir 08.00" in text


def test_a_timetable_to_print_has_stops_down_and_departures_across(client):
    text = client.get("/jadwal/R1").text
    row = text[text.index("Halte S2</th>") :].split("</tr>")[0]
    assert [cell.split("<")[0] for cell in row.split('class="num">')[1:]] == ["07.02", "08.02"]
    assert client.get("/jadwal/R9").status_code == 404
    assert client.get("/jadwal/R1?hari=20269999").status_code == 404


def test_where_no_times_are_promised_the_timetable_has_headways(city):
    city.load(a_network(headway=every(10), weekdays=WORKING_DAYS)).step()
    text = city.client().get("/jadwal/R1").text
    assert "06.00–18.00: tiap ±10 mnt" in text
    assert "Tidak ada bus pada hari ini." in city.client().get("/jadwal/R1?hari=20261122").text


def test_departures_with_exact_frequencies_stand_in_the_timetable(city):
    city.load(a_network(headway=replace(every(240), exact_times=1))).step()
    text = city.client().get("/jadwal/R1").text
    row = text[text.index("Halte S0</th>") :].split("</tr>")[0]
    assert [cell.split("<")[0] for cell in row.split('class="num">')[1:]] == ["06.00", "10.00", "14.00"]


def test_the_trip_page_has_what_passed_and_what_comes(client):
    text = client.get("/perjalanan/T1/20261123?halte=S6").text
    assert text.index("lewat 07.02") < text.index("Bus di sini") < text.index("halte saya")
    assert 'property="og:title"' in text
    assert "wa.me" in text


def test_a_trip_nobody_sees_has_its_plan(client):
    text = client.get("/perjalanan/T2/20261123").text
    assert "Tidak ada bus yang terlihat" in text
    assert "jadwal 08.00" in text


@pytest.mark.parametrize("path", ["/perjalanan/T1/20269999", "/perjalanan/T9/20261123", "/perjalanan/T1/20261123/0700"])
def test_a_trip_that_is_not_there_is_404(client, path):
    assert client.get(path).status_code == 404


def test_a_sample_network_and_simulated_buses_are_called_so(city):
    plain = a_network()
    info = FeedInfo("Contoh", "https://example.org", "id", extra={"feed_status": "sample"})
    trips = {key: replace(trip, extra={"demo": "1"}) for key, trip in plain.trips.items()}
    city.load(replace(plain, feed_info=info, trips=trips))
    city.hear(a_drive(to_m=1800)).step()
    for path in ("/halte/S5", "/koridor/R1", "/perjalanan/T1/20261123"):
        text = city.client().get(path).text
        assert "Contoh jaringan, belum diverifikasi" in text
        assert "Bus simulasi" in text
    assert "Contoh jaringan" in city.client().get("/").text


def test_a_real_network_carries_no_such_banner(client):
    text = client.get("/halte/S5").text
    assert "Contoh jaringan" not in text
    assert "Bus simulasi" not in text


def test_without_a_network_every_page_says_what_to_do(city):
    city.step()
    assert "gtfs import" in city.client().get("/").text
    assert city.client().get("/halte/S1").status_code == 503


def test_the_language_is_asked_once_and_remembered(town):
    town.step()
    client = town.client()
    assert '<html lang="id">' in client.get("/halte/S5").text
    english = client.get("/halte/S5?lang=en")
    assert '<html lang="en">' in english.text
    assert "towards Ujung" in english.text
    assert "towards Ujung" in client.get("/halte/S5").text, "the cookie remembers"
    assert "arah Ujung" in client.get("/halte/S5?lang=id").text


def test_names_of_the_feed_are_translated_where_the_feed_does(city):
    row = Translation("stops", "stop_name", "en", "Stop Five", record_id="S5")
    city.load(replace(a_network(), translations=(row,))).step()
    assert "<h1>Halte S5</h1>" in city.client().get("/halte/S5").text
    assert "<h1>Stop Five</h1>" in city.client().get("/halte/S5?lang=en").text


def test_the_operators_number_stands_on_the_page_when_it_is_known(city):
    agency = Agency("A", "Bus Kota", "https://example.org", "Asia/Jakarta", "id", phone="061-123")
    city.load(replace(a_network(), agencies=(agency,))).step()
    assert "Bantuan: 061-123" in city.client().get("/halte/S5").text


def test_every_string_is_translated():
    indonesian = catalogue("id")
    missing = []
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    for file, line, message, _, _ in extract_from_dir(WEB, METHODS, keywords=keywords):
        key = message[0] if isinstance(message, tuple) else message
        found = indonesian.ungettext(*message, 2) if isinstance(message, tuple) else indonesian.ugettext(message)
        if found == (message[1] if isinstance(message, tuple) else message) and key not in SAME_IN_BOTH:
            missing.append(f"{file}:{line}: {message!r}")
    assert not missing, "\n".join(missing)


def test_every_string_has_one_catalogue():
    """Where it stands twice, one of the two is forgotten when the words change."""
    homes: dict[str, list[str]] = {}
    for path in sorted((WEB / "translations" / "id" / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale="id"):
                if message.id:
                    homes.setdefault(str(message.id), []).append(path.name)
    assert {text: names for text, names in homes.items() if len(names) > 1} == {}


SAME_IN_BOTH = {"Bus %(name)s", "Bus", "km", "%(stop)s, %(time)s", "GTFS", "API"}


def test_dispatchers_see_the_fleet_on_the_machine_itself(client):
    answer = client.get("/armada", environ_base=LOCAL)
    assert answer.status_code == 200
    assert "BUS1" in answer.text
    assert "Halte S4" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(("to_m", "next_stop"), [(0, "S1"), (20, "S1"), (200, "S1"), (600, "S2")])
def test_a_bus_at_its_first_stop_is_on_its_way_to_the_second(town, to_m, next_stop):
    town.hear(a_drive(to_m=to_m, every_s=1)).step(at(7, 2))
    client = town.client()
    fleet = client.get("/armada", environ_base=LOCAL).text
    assert re.findall(r'data-h="Halte berikutnya"><a href="/halte/(\w+)"', fleet) == [next_stop]
    assert [row["next_stop_id"] for row in client.get("/api/v1/vehicles").json["vehicles"]] == [next_stop]


def test_the_fleet_says_how_late_a_timetabled_bus_is(town):
    town.hear(a_drive(start=at(7, 4), to_m=1200)).step(at(7, 7, 20))
    assert "+4 mnt" in town.client().get("/armada", environ_base=LOCAL).text


def test_a_phone_that_takes_the_home_page_for_a_tracking_server_keeps_its_fix(client):
    assert client.get("/?id=driver7&lat=3.6&lon=98.5&timestamp=1764000000").status_code == 404
    assert client.get("/?deviceid=driver7&location=3.6,98.5").status_code == 404
    assert client.get("/?q=S1").status_code != 404
