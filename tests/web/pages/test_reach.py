"""How far by bus and back: each stop with when one is there and until when, as a list and a picture, never a false none."""

from __future__ import annotations

import gzip
import re
from datetime import date
from pathlib import Path

import pytest

from gtfs.reader import read_network
from tests.builders import STRAIGHT, Way, a_city, a_guide, at
from transit.arrivals.alerts import Alert, Effect, InformedEntity

BINJAI = Path(__file__).resolve().parents[3] / "data" / "binjai"
OUT_AND_BACK = (
    Way("R1", STRAIGHT, (7 * 3600, 8 * 3600)),
    Way("R1", STRAIGHT[::-1], (9 * 3600, 17 * 3600), direction_id=1),
    Way("R2", [(2000.0, -2000.0), (2000.0, 2000.0)], (7 * 3600 + 600,)),
)


@pytest.fixture
def client(city):
    city.load(a_city(*OUT_AND_BACK)).step(at(6, 55))
    return city.client(live_fresh_s=1e6, sample_guide=a_guide(city.folder))


def row_of(html: str, name: str) -> str:
    return next(part for part in html.split("<li>") if f"<b>{name}</b>" in part)


def test_each_stop_says_when_one_is_there_and_when_the_last_way_back_leaves(client):
    html = client.get("/jangkauan?dari=halte:P0_0").text
    row = row_of(html, "Halte P3000_0")
    assert "sampai 07.08" in row
    assert "pulang paling lambat 17.02" in row
    assert "Sampai 15 mnt" in html.split(row)[0]
    assert "Pasar" not in row, "a place known by its quarter only"
    assert "Tugu" in row_of(html, "Halte P1000_0")


def test_a_stop_without_a_way_back_stands_apart_and_says_so(client):
    html = client.get("/jangkauan?dari=halte:P0_0").text
    assert html.index("Hanya sekali jalan") < html.index("<b>Halte P2000_2000</b>")
    assert "tidak ada bus pulang hari itu" in row_of(html, "Halte P2000_2000")


def test_after_the_last_bus_it_says_so_and_offers_the_planner(client, city):
    city.step(at(20))
    html = client.get("/jangkauan?dari=halte:P0_0").text
    assert "Dari sini hari ini tidak ada bus lagi." in html
    assert 'href="/rute?dari=halte%3AP0_0"' in html or 'href="/rute?dari=halte:P0_0"' in html


def test_another_day_and_time_can_be_asked_and_no_time_is_refused(client):
    html = client.get("/jangkauan?dari=halte:P0_0&jam=07.30&hari=20261124").text
    assert "sampai Selasa 08.08" in row_of(html, "Halte P3000_0")
    assert client.get("/jangkauan?dari=halte:P0_0&jam=soon").status_code == 422


def test_a_name_that_several_have_is_a_choice_and_one_that_nobody_has_is_said(client):
    assert "/jangkauan?dari=" in client.get("/jangkauan?dari=Halte").text.split("yang mana")[-1]
    assert "tidak ada" in client.get("/jangkauan?dari=zzzz").text.casefold()


def test_the_picture_marks_the_same_stops_with_their_minutes(client):
    svg = client.get("/jangkauan.svg?dari=halte:P0_0").text
    assert "<title>8&#x27; Halte P3000_0</title>" in svg
    assert "<title>Halte P2000_2000</title>" in svg, "no way back: not marked"
    assert '/jangkauan.svg?dari=halte:P0_0"' in client.get("/jangkauan?dari=halte:P0_0").text


def test_on_the_sample_every_stop_but_the_own_is_there_and_back_in_the_morning_and_it_is_light(city):
    network = read_network(BINJAI)
    city.load(network).step(at(9, 10, day=date(2026, 11, 24)))
    client = city.client(live_fresh_s=1e6, sample_guide=BINJAI)
    answer = client.get("/jangkauan?dari=halte:stasiun-binjai", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) <= 14_000
    html = gzip.decompress(answer.data).decode()
    assert html.count("pulang paling lambat") == len(network.routes_of_stop) - 1
    assert "Hanya sekali jalan" not in html


def test_a_stop_and_the_place_of_its_name_are_called_alike_in_each_language_and_only_once(city):
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    client = city.client(sample_guide=BINJAI)
    rows = text_of_rows(client.get("/jangkauan?dari=Stasiun+Binjai&lang=en").text)
    assert "<h1>From Binjai Railway Station and back</h1>" in client.get("/jangkauan?dari=Stasiun+Binjai&lang=en").text
    assert any(row.startswith("Grand Fatimah Hospital") for row in rows)
    assert not any("RSIA Grand Fatimah" in row for row in rows)
    for row in text_of_rows(client.get("/jangkauan?dari=Stasiun+Binjai&lang=id").text):
        name, *others = row.split("  ")
        assert name not in others


def text_of_rows(html: str) -> list[str]:
    """Each row of the list; its parts two spaces apart."""
    rows = re.findall(r'<li><a class="more" href="/rute.*?</li>', html, re.DOTALL)
    return ["  ".join(part.strip() for part in re.sub(r"<[^>]+>", "\n", row).split("\n") if part.strip()) for row in rows]


def test_a_notice_is_read_and_nobody_is_told_that_the_day_is_over(city, client):
    informed = (InformedEntity(agency_id="A"),)
    city.tell(Alert("A1", {"id": "Mogok"}, informed, at(6), at(12), effect=Effect.NO_SERVICE)).step(at(7))
    html = client.get("/jangkauan?dari=halte:P0_0").text
    assert "Mogok" in html
    assert "Saat itu tidak ada bus dari sini: baca pengumuman." in html
    assert "hari ini tidak ada bus lagi" not in html
    assert "Mogok" not in client.get("/jangkauan?dari=halte:P0_0&jam=12.30").text


def test_a_day_without_a_time_is_named_by_its_day(client):
    html = client.get("/jangkauan?dari=halte:P0_0&hari=20261124").text
    assert "Selasa 24 November · ubah" in " ".join(html.split())
    assert "04.00" not in html
