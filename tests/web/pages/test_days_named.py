"""A moment that is not today names its day, on every page and in messages."""

from __future__ import annotations

from tests.builders import STRAIGHT, Way, a_city, a_drive, at
from tests.web.pages.test_kinds_of_feeds import case, shown, text


def test_a_trip_of_days_names_the_day_of_each_call(city):
    client = shown(city, case("long_trip"), now=at(7, day=at(7).date().replace(day=24)))
    page = text(client.get("/perjalanan/T1/20261120").text)
    assert "jadwal 07.45" in page, "today"
    assert "jadwal Jumat 20 November 07.00" in page, "set out four days ago"


def test_a_message_shortly_before_midnight_names_the_day_of_the_next_bus(city):
    city.load(a_city(Way("R1", STRAIGHT, (24 * 3600 + 600,)))).step(at(23, 50))
    assert "jadwal Sel 00.10" in city.client().get("/t/P0_0").text
    city.step(at(24, 5))
    assert "jadwal 00.10" in city.client().get("/t/P0_0").text


def test_the_list_of_buses_names_the_second_stop_of_a_bus_that_stands_at_its_first(town):
    town.hear(a_drive(to_m=0.0)).step(at(7, 0, 1))
    page = text(town.client().get("/peta").text)
    assert "Halte S0" not in page
    town.hear(a_drive(to_m=120.0)).step(at(7, 0, 21))
    assert "berikutnya: Halte S1" in text(town.client().get("/peta?part=buses").text)


def test_each_page_says_its_language(town):
    client = town.client()
    for tag in ("id", "en"):
        assert client.get(f"/halte/S1?lang={tag}").headers["Content-Language"] == tag
        answer = client.get(f"/offline/{tag}")
        assert (answer.headers["Content-Language"], "Set-Cookie" in answer.headers) == (tag, False)
        assert f'<html lang="{tag}"' in answer.text
