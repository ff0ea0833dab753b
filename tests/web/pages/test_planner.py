"""From A to B on the page, in the API and by message: the times, the words and what is said where no bus goes."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gtfs.reader import read_network
from maps.guide_files import load_guide
from tests.builders import STRAIGHT, Way, a_city, a_network, at, every
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.plan.network import Network
from web.endpoints import understand

BINJAI = Path(__file__).resolve().parents[3] / "data" / "binjai"
CROSS = [(2000.0, -2000.0), (2000.0, 2000.0)]


@pytest.fixture
def network() -> Network:
    """R1 east along STRAIGHT at 7:00 and 7:30; R2 north across it at 7:10 and 7:40."""
    return a_city(Way("R1", STRAIGHT, (7 * 3600, 7 * 3600 + 1800)), Way("R2", CROSS, (7 * 3600 + 600, 7 * 3600 + 2400)))


@pytest.fixture
def a_town(city):
    def loaded(network: Network, now):
        city.load(network).step(now)
        return city

    return loaded


def text_of(town, path: str) -> str:
    return town.client().get(path).text


def test_one_bus_that_goes_through_is_one_card_with_its_times(a_town, network):
    town = a_town(network, at(6, 50))
    page = text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0")
    assert "07.00–07.08 · 8 mnt · tanpa pindah" in page
    assert "Jadwal, bus belum terlihat" in page
    assert "Perjalanan terakhir hari itu: berangkat sekitar 07.30." in page


def test_a_change_is_named_with_what_happens_if_it_is_missed(a_town, network):
    town = a_town(network, at(6, 50))
    page = text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P2000_2000")
    assert "1 kali pindah" in page
    assert "Kalau ketinggalan: berikutnya 07.45." in page


def test_a_walk_says_when_to_set_out_or_when_one_is_there(city):
    """The bus goes to the monument, from there one walks to the station."""
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    page = city.client(sample_guide=BINJAI).get("/rute?dari=halte:rsud-djoelham&ke=halte:stasiun-binjai").text
    after = page[page.index("ke halte lain") :]
    assert re.match(r"ke halte lain, <a [^>]+>Stasiun Binjai</a> <small>09\.\d\d–09\.\d\d</small>", after)


def test_by_headway_it_is_said_that_the_next_one_comes_a_headway_later(city):
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    page = city.client(sample_guide=BINJAI).get("/rute?dari=halte:rsud-djoelham&ke=halte:nangka").text
    assert "Kalau ketinggalan: berikutnya sekitar 15 mnt kemudian." in page


@pytest.mark.parametrize("quarter", ["Limau Mungkur", "mencirim", "Dataran Tinggi"])
def test_a_quarter_in_which_the_guide_knows_no_place_is_an_end_all_the_same(city, quarter):
    """22 of the city's 37 once were "nothing here is called so"."""
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    page = city.client(sample_guide=BINJAI).get("/rute", query_string={"dari": quarter, "ke": "halte:jati-utomo"}).text
    assert "Untuk kelurahan kami sebut haltenya; jalan sampai ke rumah tidak kami ketahui." in page
    assert 'class="card journey"' in page


def test_every_quarter_of_the_sample_is_known_and_one_far_from_all_stops_says_so(city):
    network, guide = read_network(BINJAI), load_guide(BINJAI)
    city.load(network).step(at(9, 10, day=date(2026, 11, 24)))
    client = city.client(sample_guide=BINJAI)
    assert len(guide.quarters) == 37
    with client.application.test_request_context("/"):
        client.application.preprocess_request()
        meant = [understand(network, guide, quarter.name).endpoint for quarter in guide.quarters]
    assert [one.name for one in meant if one] == [quarter.name for quarter in guide.quarters]
    assert "Tidak ada halte yang diketahui" in client.get("/rute?dari=Tanah+Merah&ke=rsud").text


@pytest.mark.parametrize("word", ["saya", "Tempat saya", "my location"])
def test_who_writes_that_it_is_where_they_are_is_not_sent_to_a_place_called_alike(city, word):
    """ "saya" once meant Masjid Raya."""
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    page = city.client(sample_guide=BINJAI).get("/rute", query_string={"dari": word, "ke": "rsud"}).text
    assert "Dari: tempat Anda hanya diketahui ponsel Anda." in page


def test_no_bus_that_way_is_said_with_what_was_searched_and_never_a_blank(a_town, network):
    town = a_town(network, at(6, 50))
    page = text_of(town, "/rute?dari=Halte+P3000_0&ke=Halte+P0_0")
    assert "Hari itu sudah tidak ada bus dari Halte P3000_0 ke Halte P0_0." in page
    assert "tujuh hari ke depan" in page


def test_after_the_last_bus_the_first_of_the_next_day_is_named_with_its_day(a_town, network):
    town = a_town(network, at(9))
    page = text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0")
    assert "Berikutnya: Selasa 24 November, 07.00." in page


def test_a_time_that_is_none_stands_at_its_field_and_nothing_typed_is_lost(a_town, network):
    town = a_town(network, at(6, 50))
    answer = town.client().get("/rute?dari=Halte+P0_0&ke=Halte+P3000_0&jam=sore")
    page = answer.text
    assert answer.status_code == 422
    assert "“sore” bukan jam" in page
    assert 'value="Halte P3000_0"' in page
    assert 'value="sore"' in page


@pytest.mark.parametrize(
    ("time", "first"),
    [
        ("07.15", "07.30"),
        ("7:15", "07.30"),
        ("7,15", "07.30"),
        ("0715", "07.30"),
        ("715", "07.30"),
        ("7", "07.00"),
        ("06:00", "07.00"),
    ],
)
def test_a_time_is_read_as_people_write_it(a_town, network, time, first):
    town = a_town(network, at(6, 50))
    assert f"{first}–" in text_of(town, f"/rute?dari=Halte+P0_0&ke=Halte+P3000_0&jam={time}")


@pytest.mark.parametrize("time", ["25:99", "24", "7.60", "7.5", "99", "-1", "07.15.30"])
def test_what_is_no_time_is_refused(a_town, network, time):
    assert (
        a_town(network, at(6, 50))
        .client()
        .get("/rute", query_string={"dari": "P0_0", "ke": "P3000_0", "jam": time})
        .status_code
        == 422
    )


def test_to_be_there_by_a_time_leaves_as_late_as_one_may(a_town, network):
    town = a_town(network, at(6, 50))
    page = text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0&jam=07.20&tiba=1")
    assert "07.00–07.08" in page
    assert "07.30–" not in page


def test_start_and_goal_at_the_same_stop_need_no_bus(a_town, network):
    town = a_town(network, at(6, 50))
    assert "Anda sudah sampai" in text_of(town, "/rute?dari=Halte+P0_0&ke=halte:P0_0")


def test_a_name_that_nothing_has_is_told_at_its_end(a_town, network):
    town = a_town(network, at(6, 50))
    page = text_of(town, "/rute?dari=zzzzqqq&ke=Halte+P0_0")
    assert "Dari: tidak ada yang bernama “zzzzqqq”" in page


def test_by_headway_the_band_is_told_and_no_minute_is_promised(a_town):
    town = a_town(a_network(headway=every(20)), at(7))
    page = text_of(town, "/rute?dari=Halte+S0&ke=Halte+S4")
    assert "sampai sekitar" in page
    assert "tiap ±20 mnt" in page


def test_the_stops_that_a_phone_names_are_a_start(a_town, network):
    town = a_town(network, at(6, 50))
    page = text_of(town, "/rute?dari=saya:P0_0,P500_0,nowhere&ke=Halte+P3000_0")
    assert "tempat Anda" in page
    assert "07.01–" in page


def test_a_place_without_a_stop_and_one_at_the_same_stop_are_told_apart(city):
    """Once both were "you are there"."""
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    client = city.client(live_fresh_s=1e6, sample_guide=BINJAI)

    def flag(start: str, end: str) -> str:
        html = client.get("/rute", query_string={"dari": start, "ke": end}).text
        return " ".join(re.findall(r'<p class="flag">([^<]*)<', html))

    assert "dalam jarak jalan kaki dari Kuburan Panjang" in flag("Balai Kota Binjai", "Kuburan Panjang")
    assert "Anda sudah sampai" in flag("halte:nangka", "halte:nangka")
    assert "Satu halte untuk keduanya: tidak perlu naik bus. Jalan kaki sekitar" in flag(
        "tempat:og-hospital", "halte:stasiun-binjai"
    )
    assert "Jalan kaki sekitar 1 mnt." in client.get("/rute?dari=halte:stasiun-binjai&ke=tempat:og-hospital").text


def test_a_message_from_here_to_there_fits_160_characters(a_town, network):
    town = a_town(network, at(6, 50))
    said = text_of(town, "/t?q=Halte+P0_0+ke+Halte+P3000_0")
    assert said == "Halte P0_0>Halte P3000_0: R1 07.00 dari Halte P0_0, sampai 07.08. terakhir 07.30"
    assert len(text_of(town, "/t?q=Halte+P0_0+ke+Halte+P2000_2000")) <= 160


def test_the_api_gives_ids_intervals_and_the_source(a_town, network):
    town = a_town(network, at(6, 50))
    found = town.client().get("/api/v1/journeys?from=P0_0&to=P3000_0").get_json()["journeys"][0]
    (leg,) = found["legs"]
    assert (leg["route_id"], leg["from_stop_id"], leg["to_stop_id"], leg["source"]) == ("R1", "P0_0", "P3000_0", "timetable")
    assert leg["leaves"]["at"] == "2026-11-23T07:00:00+07:00"
    assert town.client().get("/api/v1/journeys?from=P0_0&to=nowhere").status_code == 404
    assert town.client().get("/api/v1/journeys?from=P0_0&to=P3000_0&at=soon").status_code == 400


@pytest.mark.parametrize("informed", [InformedEntity(route_id="R1"), InformedEntity(route_id="R1", direction_id=0)])
def test_a_route_that_a_notice_takes_out_of_service_is_no_way_to_go(a_town, network, informed):
    town = a_town(network, at(6, 50))
    way = "/rute?dari=Halte+P0_0&ke=Halte+P3000_0"
    assert "07.00–07.08" in text_of(town, way)
    informed_of_both = (informed, InformedEntity(route_id="R2", direction_id=0))
    town.tell(Alert("a1", {"id": "Koridor 1 berhenti"}, informed_of_both, at(6), effect=Effect.NO_SERVICE)).step(at(6, 51))
    assert "07.00–07.08" not in text_of(town, way)


def test_a_notice_for_the_other_direction_leaves_the_way_alone(a_town, network):
    town = a_town(network, at(6, 50))
    informed = (InformedEntity(route_id="R1", direction_id=1),)
    town.tell(Alert("a1", {"id": "Arah balik berhenti"}, informed, at(6), effect=Effect.NO_SERVICE)).step(at(6, 51))
    assert "07.00–07.08" in text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0")


def test_a_name_that_means_several_stops_is_asked_back_with_their_kinds(a_town, network):
    town = a_town(network, at(6, 50))
    answer = town.client().get("/rute?dari=Halte&ke=Halte+P3000_0")
    assert answer.status_code == 200
    question = answer.text.split("yang mana")[1].split("</section>")[0]
    assert "Halte P0_0" in question
    assert "<small>halte</small>" in question


def test_the_card_of_another_day_names_its_day_and_of_today_none(a_town, network):
    town = a_town(network, at(9))
    page = text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0&hari=20261124")
    assert '<h2 id="j1">Selasa 07.00–07.08 · 8 mnt' in page
    assert "Perjalanan terakhir hari itu: berangkat sekitar Selasa 07.30." in page
    assert page.count("Selasa 07.00") == 1, "the steps stand under the day of their card"


def test_a_ride_past_midnight_names_the_day_on_which_it_ends(a_town):
    town = a_town(a_city(Way("R1", STRAIGHT, (24 * 3600 - 240,))), at(23, 40))
    assert "23.56–Selasa 00.04" in text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0")


def test_each_end_of_a_ride_is_on_its_own_clock(a_town, network):
    stops = {**network.stops, "P3000_0": replace(network.stops["P3000_0"], timezone="Asia/Makassar")}
    town = a_town(replace(network, stops=stops), at(6, 50))
    assert "07.00–08.08" in text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0")


def test_shortly_before_service_ends_a_journey_without_waiting_is_named_and_not_promised(a_town):
    """A bus each 20 minutes until 18:00 and a change at 17:50: with the usual wait the second one has gone."""
    lines = [Way("R1", STRAIGHT, headway=every(20)), Way("R2", [(2000.0, -2000.0), (2000.0, 2000.0)], headway=every(20))]
    network = a_city(*lines)
    path = "/rute?dari=halte:P0_0&ke=halte:P2000_2000"
    late = text_of(a_town(network, at(17, 30)), path)
    assert "Jangan diandalkan. Berikutnya: " in late
    assert "Perjalanan terakhir" not in late
    assert "Jangan diandalkan" not in text_of(a_town(network, at(12)), path)


def test_what_has_left_is_not_offered_and_the_same_time_tomorrow_is_one_tap_away(a_town, network):
    town = a_town(network, at(7, 20))
    page = text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0&jam=07.00")
    assert "Jam itu sudah lewat: ini yang berangkat mulai sekarang." in page
    assert "07.00–" not in page
    assert "07.30–07.38" in page
    assert "&jam=07.00&hari=20261124" in page.replace("&amp;", "&")


def test_to_be_there_by_a_time_that_is_past_is_not_called_a_lack_of_buses(a_town, network):
    page = text_of(a_town(network, at(7, 20)), "/rute?dari=Halte+P0_0&ke=Halte+P3000_0&jam=07.10&tiba=1")
    assert "Jam itu sudah lewat." in page
    assert "Tidak ada bus" not in page


def test_who_types_the_minute_that_it_is_means_now(a_town, network):
    assert "sudah lewat" not in text_of(a_town(network, at(7, 0)), "/rute?dari=Halte+P0_0&ke=Halte+P3000_0&jam=07.00")


def test_beyond_the_timetable_it_is_the_timetable_that_ends_not_the_buses(a_town, network):
    page = text_of(a_town(network, at(6, 50)), "/rute?dari=Halte+P0_0&ke=Halte+P3000_0&hari=20400101")
    assert "Jadwal yang kami punya berakhir pada " in page
    assert "tujuh hari ke depan" not in page


def test_where_somebody_is_no_page_without_a_script_can_know(a_town, network):
    page = text_of(a_town(network, at(6, 50)), "/rute?dari=tempat+saya&ke=Halte+P3000_0")
    assert "hanya diketahui ponsel Anda" in page
    assert "tidak ada yang bernama" not in page


def test_of_a_live_process_that_has_stopped_the_plan_is_told_and_its_age(a_town, network):
    town = a_town(network, at(6, 50))
    town.now = at(7, 0)
    page = text_of(town, "/rute?dari=Halte+P0_0&ke=Halte+P3000_0")
    assert "Data langsung berhenti masuk 10 mnt lalu. Yang tampil adalah rencana, bukan posisi bus." in page
    assert "Waktu di bawah ini berasal dari saat itu" not in page


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00", "9999-12-31T23:59:59", "1969-12-31T00:00:00Z"])
def test_moments_at_the_ends_of_the_calendar_are_no_fault_of_ours(a_town, network, moment):
    client = a_town(network, at(6, 50)).client()
    for more in ("", "&arrive=1"):
        assert client.get(f"/api/v1/journeys?from=P0_0&to=P3000_0&at={moment}{more}").status_code in (200, 400)
    assert client.get(f"/rute?dari=halte:P0_0&ke=halte:P3000_0&hari={moment[:10].replace('-', '')}").status_code == 200


A_TO_B = "dari=halte:P0_0&ke=halte:P3000_0"


def suspended(network: Network, now, ends_at, entity: InformedEntity | None = None) -> Alert:
    informed = (entity or InformedEntity(route_id="R1"),)
    return Alert("A1", {"id": "Jalan ditutup"}, informed, at(6), ends_at, effect=Effect.NO_SERVICE)


def test_while_a_notice_stops_the_buses_the_first_one_after_it_is_named_and_the_notice_is_read(city, network):
    """Once that day was said to have no bus any more, and the next day was named."""
    city.load(network).tell(suspended(network, at(6, 50), at(7, 20))).step(at(6, 50))
    page = text_of(city, f"/rute?{A_TO_B}")
    assert "Jalan ditutup" in page
    assert "Karena gangguan saat itu tidak ada bus dari Halte P0_0 ke Halte P3000_0" in page
    assert "Berikutnya: Senin 23 November, 07.30." in page
    assert "sudah tidak ada bus" not in page
    assert text_of(city, "/t?q=P0_0+ke+P3000_0").endswith("karena gangguan bus tidak jalan sekarang, berikutnya 07.30")
    assert "07.30–07.38" in text_of(city, f"/rute?{A_TO_B}&jam=07.25"), "after its end it stops nothing"


def test_a_notice_without_an_end_promises_no_next_bus(city, network):
    city.load(network).tell(suspended(network, at(6, 50), None)).step(at(6, 50))
    page = text_of(city, f"/rute?{A_TO_B}")
    assert "Jalan ditutup" in page
    assert "Berikutnya" not in page
    assert text_of(city, "/t?q=P0_0+ke+P3000_0").endswith("karena gangguan bus tidak jalan sekarang")


def test_a_notice_until_tomorrow_noon_names_the_first_bus_after_it(city, network):
    ends = at(7, 20, day=date(2026, 11, 24))
    city.load(network).tell(suspended(network, at(6, 50), ends)).step(at(6, 50))
    assert "Berikutnya: Selasa 24 November, 07.30." in text_of(city, f"/rute?{A_TO_B}")


def test_a_notice_of_a_detour_is_read_with_the_journeys_that_it_concerns_and_no_others(city, network):
    detour = replace(suspended(network, at(6), None), effect=Effect.DETOUR)
    city.load(network).tell(detour).step(at(6, 50))
    assert "Jalan ditutup" in text_of(city, f"/rute?{A_TO_B}")
    assert "Jalan ditutup" not in text_of(city, "/rute?dari=halte:P2000_0&ke=halte:P2000_2000")


def test_a_stop_id_of_the_feed_is_understood_and_a_part_of_none_is_not(a_town):
    stops = a_city(Way("R1", STRAIGHT, (7 * 3600,)))
    named = replace(stops, stops={key: replace(stop, name=f"Simpang {n}") for n, (key, stop) in enumerate(stops.stops.items())})
    town = a_town(named, at(6, 50))
    assert "Simpang 0 ke Simpang 6" in text_of(town, "/rute?dari=P0_0&ke=P3000_0")
    assert text_of(town, "/t?q=P0_0+ke+P3000_0").startswith("Simpang 0>Simpang 6: R1 07.00")
    assert "tidak ada yang bernama “P3000”" in text_of(town, "/rute?dari=P0_0&ke=P3000")


def test_to_the_other_side_of_the_road_one_walks_and_no_bus_is_missed(a_town):
    back = Way("R2", [(4000.0, 20.0), (0.0, 20.0)], (7 * 3600,))
    page = text_of(
        a_town(a_city(Way("R1", STRAIGHT, (7 * 3600,)), back), at(6, 50)), "/rute?dari=halte:P500_0&ke=halte:P500_20"
    )
    assert "Jalan kaki sekitar 1 mnt." in page
    assert 'class="card journey' not in page
    assert "tidak ada bus" not in page


def test_a_day_without_a_time_is_named_by_its_day_and_one_without_buses_is_not_called_over(city):
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    wednesday = text_of(city, "/rute?dari=12&ke=20&hari=20261125")
    sunday = text_of(city, "/rute?dari=12&ke=20&hari=20261129")
    assert "Rabu 25 November · ubah" in " ".join(wednesday.split())
    assert "04.00" not in wednesday
    assert "Pada Minggu 29 November tidak ada bus. Berikutnya: Senin 30 November" in sunday
    assert "sudah tidak ada bus" not in sunday


def test_to_be_there_by_no_time_means_to_go_at_once(a_town, network):
    page = text_of(a_town(network, at(6, 50)), f"/rute?{A_TO_B}&tiba=1")
    assert "07.00–07.08" in page
    assert "tidak ada bus" not in page.casefold()


def test_who_cannot_be_there_by_then_is_told_the_first_bus_of_that_day_and_not_of_the_next(a_town, network):
    page = text_of(a_town(network, at(6, 50)), f"/rute?{A_TO_B}&jam=06.40&tiba=1&hari=20261124")
    assert "Tidak ada bus yang sampai sebelum jam itu. Berikutnya: Selasa 24 November, 07.00." in page


def test_to_be_there_by_a_time_by_headway_says_when_to_be_at_the_stop(a_town):
    town = a_town(a_network(headway=every(20)), at(7))
    page = text_of(town, "/rute?dari=Halte+S0&ke=Halte+S4&jam=08.00&tiba=1")
    at_stop = re.search(r"Berada di Halte S0 pukul (07\.\d\d)\.", page)
    between = re.search(r"Anda sampai antara (07\.\d\d) dan (0[78]\.\d\d)\.", page)
    assert at_stop
    assert between
    assert at_stop[1] < between[1] < between[2] <= "08.00"
    assert "Berada di" not in text_of(town, "/rute?dari=Halte+S0&ke=Halte+S4&jam=08.00")
