"""Where buses stop and nobody can get on, that is said: neither a blank nor "no route serves this stop"."""

from __future__ import annotations

import pytest

from tests.web.pages.test_kinds_of_feeds import case, shown, text

SENTENCE = "Di sini tidak ada yang naik: bus hanya menurunkan penumpang."
NO_ROUTE = "Tidak ada rute yang melayani halte ini dalam jadwal sekarang."


@pytest.mark.parametrize(
    ("stop_id", "code", "heading"), [("S3", "103", "arah Danau · hanya untuk turun"), ("S4", "104", "berakhir di sini")]
)
def test_a_stop_where_buses_only_let_people_off_says_so(city, stop_id, code, heading):
    client = shown(city, case("pickup_none"))
    page = text(client.get(f"/halte/{stop_id}").text)
    assert heading in page
    assert "Tidak ada bus yang sedang menuju ke sini." in page
    assert NO_ROUTE not in page
    assert SENTENCE in text(client.get(f"/layar/{code}").text)
    assert client.get(f"/t/{code}").text.endswith(SENTENCE)


def test_a_stop_that_nothing_serves_says_that(city):
    client = shown(city, case("pickup_none"))
    assert NO_ROUTE in text(client.get("/halte/S1").text)
    assert NO_ROUTE in text(client.get("/layar/101").text)
    assert client.get("/t/101").text == "Alun 07.00: tidak ada bus"


def test_the_end_of_a_line_that_goes_back_keeps_to_what_one_can_board(city):
    page = text(shown(city, case("two_agencies")).get("/halte/S4").text)
    assert "berakhir di sini" not in page
