"""The opening screen: the network's state in a sentence, the next two buses of what a phone keeps, names while typing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import brotli
import pytest

from gtfs.reader import read_network
from tests.builders import a_drive, a_guide, a_network, at
from transit.plan.network import CalendarDate

BINJAI = Path(__file__).resolve().parent.parent.parent.parent / "data" / "binjai"


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (at(6, 30), "Bus pertama hari ini 07.00"),
        (at(7, 5), "Beroperasi s.d. 08.00"),
        (at(9), "Hari ini sudah selesai; lagi Selasa 07.00"),
    ],
)
def test_the_state_of_the_network_is_one_sentence(town, now, sentence):
    town.step(now)
    assert sentence in town.client().get("/").text


def test_a_holiday_is_called_by_its_name(city):
    off = CalendarDate("DAILY", at(9).date(), False, extra={"holiday_name": "Hari Guru"})
    city.load(replace(a_network(), calendar_dates=(off,))).step(at(9))
    assert "Hari ini libur, Hari Guru; lagi Selasa 07.00" in city.client().get("/").text


def test_a_kept_stop_has_its_next_two_buses_live_in_minutes_and_planned_on_the_clock(town):
    town.hear(a_drive(to_m=1800)).step()
    part = town.client().get("/?part=now&s=S5").text
    assert "<h2>Halte S5</h2>" in part
    assert re.search(r'<b class="is-live" data-t="\d+"[^>]*>1 mnt</b><i>08.06</i>', part), part


def test_a_kept_way_has_its_next_two_journeys(town):
    town.step(at(6, 50))
    part = town.client().get("/?part=now&w=halte:S0%3Ehalte:S4").text
    assert "Halte S0 › Halte S4" in part
    assert [time for time in ("07.00–07.05", "08.00–08.05") if time not in part] == []


def test_stops_and_ways_that_are_no_more_are_left_out_and_nothing_breaks(town):
    town.step(at(6, 50))
    part = town.client().get("/?part=now&s=gone&s=S1&w=halte:gone%3Ehalte:S1&w=nonsense&w=").text
    assert part.count("data-stop=") == 1
    assert "›" not in part


def test_after_the_last_bus_a_kept_stop_says_when_the_first_comes(town):
    town.step(at(12))
    assert "Tidak beroperasi sekarang · Selasa 07.0" in town.client().get("/?part=now&s=S1").text


def test_the_request_of_four_kept_stops_and_a_way_is_at_most_a_kilobyte(city):
    city.load(read_network(BINJAI)).step(at(9))
    asked = "&s=tugu-45&s=rsud-djoelham&s=stasiun-binjai&s=balai-kota&w=halte:rsud-djoelham%3Ehalte:stasiun-binjai"
    answer = city.client().get(f"/?part=now{asked}", headers={"Accept-Encoding": "br"})
    assert brotli.decompress(answer.data).decode().count("data-stop=") == 4
    assert len(answer.data) <= 1024


@pytest.mark.parametrize("is_demo", [False, True])
def test_the_buses_of_the_demonstration_are_called_simulated(city, is_demo):
    """Once the opening screen said "no service today" and counted the minutes of buses that nobody drives."""
    network = a_network()
    trips = {trip_id: replace(trip, extra={"demo": str(int(is_demo))}) for trip_id, trip in network.trips.items()}
    city.load(replace(network, trips=trips)).hear(a_drive(to_m=900)).step(at(7, 5))
    for kept in ("s=S5", "w=halte:S5%3Ehalte:S6"):
        assert ("Bus simulasi" in city.client(live_fresh_s=1e6).get(f"/?part=now&{kept}").text) is is_demo


def test_a_small_city_suggests_all_its_names_in_three_kilobytes(city):
    city.load(read_network(BINJAI)).step(at(9))
    answer = city.client(sample_guide=BINJAI).get("/saran.json", headers={"Accept-Encoding": "br"})
    assert len(answer.data) <= 3 * 1024
    rows = dict(city.client(sample_guide=BINJAI).get("/saran.json").get_json()["names"])
    assert rows["RSUD Dr. R.M. Djoelham"] == "halte · Lingkar Hijau · rumah sakit"
    assert rows["Kartini"] == "kelurahan"


def test_typed_words_suggest_what_they_may_mean(city):
    city.load(read_network(BINJAI)).step(at(9))
    names = [row[0] for row in city.client(sample_guide=BINJAI).get("/saran.json?q=kereta").get_json()["names"]]
    assert names[0] == "Stasiun Binjai"


@pytest.mark.parametrize(("words", "count"), [("rumah sakit", 10), ("hospital", 10), ("makan", 3)])
def test_a_word_for_a_kind_finds_all_of_the_kind(city, words, count):
    city.load(read_network(BINJAI)).step(at(9))
    page = city.client(sample_guide=BINJAI).get("/", query_string={"q": words}).text
    assert page.count("<small>halte") + page.count("<small>tempat") >= count


def test_to_swap_needs_no_javascript(town):
    town.step(at(6, 50))
    page = town.client().get("/rute?dari=Halte+S4&ke=Halte+S0&tukar=1").text
    assert "07.00–07.05" in page


def test_the_stops_that_a_phone_named_hold_when_it_asks_again(town):
    town.step(at(6, 50))
    page = town.client().get("/rute?dari=tempat+Anda&dari_id=saya:S0,S1&ke=Halte+S4").text
    assert re.search(r'data-board="S[01]"', page)
    page = town.client().get("/rute?dari=Halte+S2&dari_id=saya:S0,S1&ke=Halte+S4").text
    assert "data-board=" not in page, "another name was typed over it"


def test_a_place_that_is_kept_is_a_way_too(town):
    town.step(at(6, 50))
    part = town.client(sample_guide=a_guide(town.folder)).get("/?part=now&w=halte:S0%3Etempat:pasar").text
    assert "Halte S0 › " in part


def test_a_bus_of_which_nothing_was_heard_for_a_while_is_told_as_old(town):
    town.hear(a_drive(to_m=1800)).step(town.now + timedelta(seconds=95))
    assert 'class="is-live_old"' in town.client().get("/?part=now&s=S5").text
