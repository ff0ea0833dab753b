"""Text answers, parts for other sites, the wall display and the signs."""

from __future__ import annotations

import gzip
import re
import zlib
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gtfs.reader import read_network
from tests.builders import a_drive, a_network, at
from tests.conftest import HOUSE
from web.pages.text_answers import GSM, LONGEST, sms
from web.print.signs import sign_pdf

BINJAI = HOUSE / "data" / "binjai"


@pytest.fixture
def client(town):
    town.hear(a_drive(to_m=1800)).step()
    return town.client()


def test_a_text_answer_is_one_short_message(client):
    answer = client.get("/t/S5")
    assert answer.mimetype == "text/plain"
    assert answer.text == "Halte S5 07.05: 1>Ujung 1 mnt, jadwal 08.06"


@pytest.mark.parametrize("asked", ["S5", "s5 1", "halte s5", "Halte S5", "halt s5 1"])
def test_what_people_type_is_understood(client, asked):
    assert client.get("/t", query_string={"q": asked}).text.startswith("Halte S5 07.05: 1>Ujung")


def test_the_code_comes_before_the_id(city):
    plain = a_network()
    codes = {"S1": replace(plain.stops["S1"], code="S5", name="Pasar"), "S5": replace(plain.stops["S5"], code="55")}
    city.load(replace(plain, stops={**plain.stops, **codes})).step()
    assert city.client().get("/t/S5").text.startswith("Pasar")
    assert city.client().get("/h/S5").headers["Location"] == "/halte/S1"


def test_nonsense_is_answered_with_how_it_goes(client):
    assert "tidak dikenal" in client.get("/t", query_string={"q": "qqqqq zzzz"}).text
    assert client.get("/t").text.startswith("Kirim nomor atau nama halte")


def test_a_text_answer_speaks_english_when_asked(client):
    assert "timetable 08:06" in client.get("/t/S5?lang=en").text


@given(st.text(max_size=400))
def test_no_text_leaves_the_alphabet_or_the_length_of_a_message(text):
    said = sms(text)
    assert len(said) <= LONGEST
    assert set(said) <= GSM


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=100))
def test_whatever_is_sent_gets_an_answer(client, asked):
    answer = client.get("/t", query_string={"q": asked})
    assert answer.status_code == 200
    assert 0 < len(answer.text) <= LONGEST


def test_at_every_stop_of_the_sample_the_answer_fits(city):
    city.load(read_network(BINJAI)).step(at(9))
    for stop_id in city.network.stops:
        text = city.client().get(f"/t/{stop_id}").text
        assert len(text) <= LONGEST
        assert text.endswith(("data bus", "KORIDOR")), text


@pytest.mark.parametrize("path", ["/embed/halte/S5", "/embed/koridor/R1"])
def test_a_part_for_other_sites_is_small_and_may_be_framed(client, path):
    answer = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) <= 8 * 1024
    assert "frame-ancestors *" in answer.headers["Content-Security-Policy"]
    assert 'target="_top"' in gzip.decompress(answer.data).decode()


@pytest.mark.parametrize("path", ["/", "/halte/S5", "/armada", "/privasi"])
def test_no_other_page_may_be_framed(client, path):
    assert "frame-ancestors 'none'" in client.get(path).headers["Content-Security-Policy"]


def test_the_wall_shows_the_soonest_first(client):
    text = client.get("/layar/S5").text
    assert text.index("Langsung") < text.index("Jadwal, bus belum terlihat")


def test_a_sign_is_a_page_per_stop_and_the_same_each_time():
    network = read_network(BINJAI)
    stops = list(network.stops.values())[:3]
    content = sign_pdf(network, stops, "https://bus.example.org", at(9))
    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") == 6, "the diagram of the network is the second page of each"
    assert content == sign_pdf(network, stops, "https://bus.example.org", at(9))
    said = b"".join(_streams(content))
    assert b"bus.example.org/h/10" in said
    assert b"bus pertama sekitar" in said
    assert b"first bus about" in said


def _streams(content: bytes):
    for part in content.split(b"stream\n")[1:]:
        try:
            yield zlib.decompress(part.split(b"\nendstream")[0])
        except zlib.error:
            continue


def test_a_sign_survives_names_that_its_font_cannot_write(city):
    plain = a_network()
    odd = replace(plain.stops["S1"], name="Пасар 市場 " * 12)
    assert sign_pdf(plain, [odd], "http://x", at(9), paper="a4").startswith(b"%PDF")


def test_a_sign_is_linked_from_the_stop(client):
    answer = client.get("/tanda/S5.pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert client.get("/tanda/nowhere.pdf").status_code == 404


@pytest.mark.parametrize("code", ["12\n34", "a\tb", 'c"d', "é", "../x", "\u2028"])
def test_a_sign_is_printed_whatever_stands_in_the_code(city, code):
    network = a_network()
    stops = {**network.stops, "S3": replace(network.stops["S3"], code=code)}
    city.load(replace(network, stops=stops)).step(at(7))
    answer = city.client().get("/tanda/S3.pdf?id=S3")
    assert answer.status_code == 200
    assert answer.data.startswith(b"%PDF")


def test_a_wall_display_says_no_minute_surer_than_the_page_of_the_stop(town):
    town.hear(a_drive(to_m=400)).step(at(7, 1, 20))
    page, wall = (town.client().get(path).text for path in ("/halte/S7", "/layar/S7"))
    ranges = [re.findall(r'data-r="([0-9,]+)"', text) for text in (page, wall)]
    assert ranges[0] == ranges[1]
