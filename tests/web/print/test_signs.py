"""Which stops get a sign, and what it says of the hours."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from pypdf import PdfReader

from tests.builders import SEVEN, a_network, every
from transit.plan.network import Stop, UnknownStop
from web.print.signs import sign_pdf, stops_to_sign


def ids(stops: list[Stop]) -> list[str]:
    return [stop.stop_id for stop in stops]


def a_city():
    """The plain cast, with a code for S1 and a stop that nothing serves."""
    plain = a_network()
    stops = {**plain.stops, "S1": replace(plain.stops["S1"], code="12"), "X": Stop("X", "Nowhere", 3.6, 98.5)}
    return replace(plain, stops=stops)


def test_every_stop_that_is_served_gets_a_sign():
    assert ids(stops_to_sign(a_city())) == list(a_network().stops)


def test_stops_are_chosen_by_code_or_id():
    assert ids(stops_to_sign(a_city(), ["S3", "12"])) == ["S1", "S3"]


def test_every_code_that_no_served_stop_has_is_named():
    with pytest.raises(UnknownStop, match="X, 99"):
        stops_to_sign(a_city(), ["S1", "X", "99"])


@pytest.mark.parametrize(
    ("headway", "hours"),
    [
        (None, "bus pertama 07.00, terakhir 08.00 / first bus 07:00, last 08:00"),
        (every(10), "bus pertama sekitar 06.00, terakhir sekitar 17.50 / first bus about 06:00, last about 17:50"),
    ],
)
def test_a_sign_has_the_first_and_the_last_bus_in_both_languages_without_a_day(headway, hours):
    network = a_network(headway=headway)
    page = PdfReader(io.BytesIO(sign_pdf(network, [network.stop("S0")], "https://bus.example.org", SEVEN))).pages[0]
    assert hours in page.extract_text()


def test_a_sign_has_the_network_on_its_second_page_and_a_large_network_has_none():
    network = a_network()
    reader = PdfReader(io.BytesIO(sign_pdf(network, [network.stop("S3")], "https://bus.example.org", SEVEN)))
    assert len(reader.pages) == 2
    assert "Halte S3" in reader.pages[1].extract_text()
    assert "Halte S8" in reader.pages[1].extract_text()
    large = a_network([(0.0, 0.0), (40_000.0, 0.0)])
    assert len(PdfReader(io.BytesIO(sign_pdf(large, [large.stop("S3")], "https://bus.example.org", SEVEN))).pages) == 1
