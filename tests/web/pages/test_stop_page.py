"""The stop page without JavaScript: complete, small and honest."""

from __future__ import annotations

import gzip
import re
from datetime import date, timedelta

import pytest

from tests.builders import LOOP, WORKING_DAYS, a_drive, a_network, at, every
from transit.arrivals.alerts import Alert, Effect, InformedEntity

TAG = re.compile(r"<[^>]+>")


def words(answer) -> str:
    """What a reader without styles sees of the page's main part."""
    html = answer.text
    html = html[html.index("<main") : html.index("</main>")]
    return " ".join(TAG.sub(" ", html).split())


def test_the_first_arrival_is_there_without_javascript(town):
    town.hear(a_drive(to_m=1800)).step()
    answer = town.client().get("/halte/S5")
    assert answer.status_code == 200
    said = words(answer)
    assert "arah Ujung" in said
    assert "1 mnt 07.06" in said
    assert "Langsung 0 dtk lalu · 1 halte lagi" in said
    assert 'href="/perjalanan/T1/20261123?halte=S5"' in answer.text


def test_live_and_timetable_are_told_apart(town):
    town.hear(a_drive(to_m=1800)).step()
    said = words(town.client().get("/halte/S5"))
    assert said.index("Langsung") < said.index("08.06") < said.index("Jadwal, bus belum terlihat")


def test_an_old_fix_is_called_old_and_a_silent_bus_promises_nothing(town):
    town.hear(a_drive(to_m=1800))
    town.step(at(7, 8))
    assert "Langsung, data lama 3 mnt lalu" in words(town.client().get("/halte/S7"))
    town.step(at(7, 11))
    assert "Langsung" not in words(town.client().get("/halte/S7"))


def test_a_bus_that_passed_is_in_its_own_list(town):
    town.hear(a_drive(to_m=1800)).step()
    said = words(town.client().get("/halte/S2"))
    assert "Baru lewat" in said
    assert re.search(r"lewat 2 mnt lalu", said)
    assert "Langsung" not in said


def test_the_first_and_last_bus_of_today_are_always_told(town):
    town.step(at(3))
    assert "pertama 07.04, terakhir 08.04" in words(town.client().get("/halte/S3"))


def test_before_the_first_bus_it_says_when_and_not_that_data_is_missing(city):
    city.load(a_network(headway=every(10)))
    city.step(at(4))
    said = words(city.client().get("/halte/S3"))
    assert "Tidak beroperasi sekarang" in said
    assert "Bus pertama: 06.04" in said
    assert "Tidak ada data bus" not in said


def test_missing_gps_is_never_called_not_running(city):
    city.load(a_network(headway=every(10)))
    city.step(at(9))
    said = words(city.client().get("/halte/S3"))
    assert "Tidak ada data bus" in said
    assert "Bus yang tidak terlihat mungkin tetap berjalan." in said
    assert "Tidak beroperasi" not in said
    assert "Nomor telepon pengelola: belum diketahui" in said


def test_a_sunday_without_buses_says_so_and_names_the_next_first_bus(city):
    city.load(a_network(weekdays=WORKING_DAYS))
    sunday = date(2026, 11, 22)
    city.step(at(12, day=sunday))
    said = words(city.client().get("/halte/S3"))
    assert "Tidak ada bus pada hari ini. Bus pertama: Senin 07.04" in said


def test_a_headway_is_no_time(city):
    city.load(a_network(headway=every(10)))
    city.hear(a_drive(start=at(7), to_m=1800)).step(at(7, 5))
    said = words(city.client().get("/halte/S2"))
    assert "Hanya jarak antarbus Bus datang kira-kira tiap 10 menit." in said
    ahead = words(city.client().get("/halte/S5"))
    assert "mnt" in ahead, "a bus that is seen has its minutes"
    assert "tiap ±10 mnt · pertama ±06.0" in ahead, "and what follows it its headway"


def test_a_loop_tells_its_end_apart_from_its_start(city):
    city.load(a_network(LOOP, headway=every(10)))
    city.hear(a_drive(LOOP, start=at(7), to_m=2000)).step(at(7, 5, 30))
    assert "singgah ke-2 · berakhir di sini" in words(city.client().get("/halte/S0"))


def test_one_alert_line_stands_above_and_opens(town):
    told = Alert(
        "a1",
        {"id": "Jalan ditutup", "en": "Road closed"},
        (InformedEntity(route_id="R1"),),
        at(6),
        description={"id": "Bus memutar."},
        effect=Effect.DETOUR,
    )
    town.tell(told).step()
    text = town.client().get("/halte/S3").text
    assert text.count('<details class="alert">') == 1
    assert "<summary>Jalan ditutup</summary>" in text


def test_no_service_by_an_alert_is_disrupted_not_scheduled(town):
    told = Alert("a1", {"id": "Berhenti"}, (InformedEntity(route_id="R1"),), at(6), effect=Effect.NO_SERVICE)
    town.tell(told).step()
    said = words(town.client().get("/halte/S8"))
    assert "Terganggu" not in said, "nobody boards at the last stop"
    said = words(town.client().get("/halte/S3"))
    assert "Terganggu" in said
    assert "Jadwal" not in said


def test_when_the_live_process_is_dead_the_page_says_since_when(town):
    town.hear(a_drive(to_m=1800)).step()
    town.now = at(7, 6, 40)
    assert "Data langsung berhenti masuk 1 mnt lalu" in words(town.client().get("/halte/S5"))
    town.step()
    assert "Data langsung berhenti" not in words(town.client().get("/halte/S5"))


def test_the_page_is_small(town):
    town.hear(a_drive(to_m=1800)).step()
    answer = town.client().get("/halte/S5", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.data) <= 14 * 1024
    assert b"halte" in gzip.decompress(answer.data)


def test_the_part_that_is_swapped_is_small_and_conditional(town):
    town.hear(a_drive(to_m=1800)).step()
    client = town.client()
    first = client.get("/halte/S5?part=arrivals", headers={"Accept-Encoding": "gzip"})
    assert len(first.data) <= 1024
    assert first.headers["X-Now"] == str(int(town.now.timestamp() * 1000))
    again = client.get("/halte/S5?part=arrivals", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    town.now += timedelta(seconds=5)
    aged = client.get("/halte/S5?part=arrivals", headers={"If-None-Match": first.headers["ETag"]})
    assert aged.status_code == 304, "ages are counted by the phone"


def test_our_scripts_cost_a_rider_at_most_four_and_a_half_kilobytes(town):
    town.step()
    client = town.client()
    scripts = re.findall(r'<script src="([^"]+)"', client.get("/halte/S5").text)
    assert [url.partition("?")[0] for url in scripts] == ["/static/live.js", "/static/alarm.js", "/static/side.js"]
    assert sum(len(gzip.compress(client.get(url).data)) for url in scripts) <= 4608


def test_the_last_bus_of_the_day_is_marked_and_the_first_of_tomorrow_follows(town):
    town.hear(a_drive(start=at(8), to_m=1800)).step(at(8, 5))
    page = town.client().get("/halte/S5")
    assert re.search(r"BUS1 · bus terakhir hari ini .*Berikutnya Selasa 07.06, bus pertama\.", words(page))
    assert 'class="is-live first soon"' in page.text, "less than half an hour before it"
    town.step(at(7, 20))
    page = town.client().get("/halte/S5")
    assert "bus terakhir hari ini" in words(page)
    assert "soon" not in page.text.split("<main")[1], "46 minutes before it it is no alarm"


def test_a_row_carries_its_early_bound_for_the_alarm(town):
    town.hear(a_drive(to_m=1800)).step()
    low, at_s = re.search(r'data-early="(\d+)".*?data-t="(\d+)"', town.client().get("/halte/S5").text, re.DOTALL).groups()
    assert 0 < int(at_s) - int(low) < 60


def test_the_policy_lets_nothing_in_from_elsewhere(town):
    town.step()
    policy = town.client().get("/halte/S5").headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http" not in policy


@pytest.mark.parametrize(("path", "status"), [("/halte/nowhere", 404), ("/h/nowhere", 404), ("/nothing", 404)])
def test_what_is_not_there_is_a_page_with_a_way_on(town, path, status):
    town.step()
    answer = town.client().get(path)
    assert answer.status_code == status
    assert 'href="/"' in answer.text


def test_the_short_address_leads_to_the_stop(town):
    town.step()
    answer = town.client().get("/h/S5")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/halte/S5")


def test_without_a_live_process_no_silence_of_the_trackers_is_claimed(city):
    city.load(a_network(headway=every(20)))
    page = city.client().get("/halte/S4").text
    assert "Sistem baru mulai; belum ada data langsung." in page
    assert "Bus yang tidak terlihat" not in page
    city.step(at(7, 5))
    assert "Bus yang tidak terlihat mungkin tetap berjalan." in city.client(live_fresh_s=1e6).get("/halte/S4").text


def test_without_a_live_process_the_map_does_not_say_that_no_bus_reports(city):
    page = city.load(a_network()).client().get("/peta").text
    assert "tidak ada bus terlihat sekarang" in page
    assert "Saat ini tidak ada bus yang mengirim posisinya." not in page
    city.step(at(7, 5))
    assert city.client(live_fresh_s=1e6).get("/peta").text.count("Saat ini tidak ada bus yang mengirim posisinya.") == 1
