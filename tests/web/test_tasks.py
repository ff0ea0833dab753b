"""Eight tasks of riders on the sample, with their taps counted: at most three each from home, typing apart, and none stuck."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from gtfs.reader import read_network
from tests.builders import a_drive, a_network, at

pytestmark = pytest.mark.slow
BINJAI = Path(__file__).resolve().parent.parent.parent / "data" / "binjai"
PHONE = {"width": 360, "height": 740}
WEB_DOC = Path(__file__).resolve().parent.parent.parent / "docs" / "WEB.md"
TAPS = {  # of each task of docs/WEB.md, as the tests below walk them
    "From the hospital to the station, there before 12.00": 3,
    "From school home, now": 1,
    "The heritage tour and back to the station": 2,
    "Is this my bus?": 1,
    "When is the last bus, and is it still to come?": 1,
    "Is there a bus on a Sunday?": 0,
    "The way of every day": 0,
    "A complaint, from a stop page": 2,
}
MOST_TAPS = 3
KEPT = """localStorage.setItem("stops", JSON.stringify([["rsud-djoelham", "RSUD"]]));
localStorage.setItem("pairs", JSON.stringify([["halte:rsud-djoelham", "halte:stasiun-binjai", "RSUD", "Stasiun"]]))"""


class Rider:
    """Somebody with a phone who begins on the opening screen."""

    def __init__(self, chromium, address: str, *, keeps: bool = False) -> None:
        self.context = chromium.new_context(viewport=PHONE)
        if keeps:
            self.context.add_init_script(KEPT)
        self.page = self.context.new_page()
        self.page.goto(address + "/", wait_until="networkidle")
        self.taps = 0

    def types(self, **fields: str) -> Rider:
        for name, text in fields.items():
            self.page.fill(f"#{name}", text)
        return self

    def taps_on(self, selector: str) -> Rider:
        self.page.locator(selector).first.click()
        self.taps += 1
        self.page.wait_for_load_state("networkidle")
        return self

    def reads(self) -> str:
        return " ".join(self.page.inner_text("main").split())


def test_the_table_of_the_document_has_the_taps_that_are_walked_here_and_none_has_more_than_three():
    rows = re.findall(r"^\| (.+?) \| (\d) \|", WEB_DOC.read_text(encoding="utf-8"), re.MULTILINE)
    assert {task: int(taps) for task, taps in rows} == TAPS
    assert max(TAPS.values()) <= MOST_TAPS


def test_from_the_hospital_to_the_station_before_noon(chromium, sample):
    """Choosing "be there by" counts as a tap."""
    rider = Rider(chromium, sample).taps_on(".tabs a[href='/rute']").types(dari="rsud", ke="stasiun", jam="12.00")
    rider.page.select_option("#tiba", "1")
    rider.taps += 1
    text = rider.taps_on(".plan-form button:not([type])").reads()
    assert "RSUD Dr. R.M. Djoelham ke Stasiun Binjai" in text
    assert "Berada di RSUD Dr. R.M. Djoelham pukul 11." in text
    assert "Anda sampai antara 11.49 dan 11.59." in text
    assert rider.taps == TAPS["From the hospital to the station, there before 12.00"]


def test_from_school_home(chromium, sample):
    rider = Rider(chromium, sample).types(dari="sekolah", ke="Berngam").taps_on(".plan-form button:not([type])")
    text = rider.reads()
    assert "SMA Negeri 1 Binjai ke Berngam" in text
    assert "turun di Berngam" in text
    assert rider.taps == TAPS["From school home, now"]


def test_the_heritage_and_back_to_the_station(chromium, sample):
    rider = Rider(chromium, sample).taps_on(".tabs a[href='/wisata']").taps_on("a[href='/wisata/rute/cagar-budaya']")
    text = rider.reads()
    assert "Kembali ke Stasiun Binjai" in text
    assert "masih sebelum bus terakhir" in text
    assert rider.taps == TAPS["The heritage tour and back to the station"]


def test_is_this_my_bus(chromium, city, serve):
    """Its number, where it goes and when it is here stand on the page of the stop."""
    city.load(a_network()).hear(a_drive(to_m=1500)).step()
    rider = Rider(chromium, serve(city.app(live_fresh_s=1e6))).taps_on("a[href='/halte/S4']")
    text = rider.reads()
    assert "BUS1" in text
    assert "arah Ujung" in text
    assert "Langsung" in text
    assert rider.taps == TAPS["Is this my bus?"]


def test_when_is_the_last_bus(chromium, sample):
    rider = Rider(chromium, sample, keeps=True).taps_on("[data-stop] a")
    text = rider.reads()
    assert "Lingkar" in text
    assert "terakhir ±15.4" in text or "terakhir ±15.5" in text
    assert rider.taps == TAPS["When is the last bus, and is it still to come?"]


def test_on_a_sunday_the_opening_screen_says_so(chromium, city, serve):
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 29)))
    rider = Rider(chromium, serve(city.app(live_fresh_s=1e6, sample_guide=BINJAI)))
    assert rider.reads().startswith("Kapan bus datang? Hari ini libur; lagi Senin 06.30")
    assert rider.taps == TAPS["Is there a bus on a Sunday?"]


def test_who_comes_each_day_taps_nothing(chromium, sample):
    rider = Rider(chromium, sample, keeps=True)
    text = rider.reads()
    assert "RSUD Dr. R.M. Djoelham › Stasiun Binjai" in text
    assert "Balai Kota Binjai" in text
    assert rider.taps == TAPS["The way of every day"]


def test_a_complaint_from_a_stop_page(chromium, sample):
    """Counted from the page of the stop, as somebody is there who waits in vain."""
    rider = Rider(chromium, sample)
    rider.page.goto(sample + "/halte/rsud-djoelham", wait_until="networkidle")
    text = rider.taps_on("a[href^='/lapor']").taps_on(".taps button").reads()
    assert "tiket" in text.casefold()
    assert rider.taps == TAPS["A complaint, from a stop page"]


def test_a_visitor_asks_how_far_the_bus_goes_and_back(chromium, sample):
    rider = Rider(chromium, sample).taps_on(".tabs a[href='/peta']").taps_on("a[href='/jangkauan']")
    text = rider.types(dari="stasiun").taps_on(".plan-form button:not([type])").reads()
    assert "Dari Stasiun Binjai, pulang pergi" in text
    assert "pulang paling lambat" in text
    assert rider.taps == 3


def test_who_has_eight_minutes_to_walk_to_the_stop_is_shown_the_buses_after_the_walk(chromium, sample):
    """Once the phone put away all buses that leave sooner, and nothing was left; the walk itself stays on the phone."""
    context = chromium.new_context(
        viewport=PHONE, geolocation={"latitude": 3.6030, "longitude": 98.4790}, permissions=["geolocation"]
    )
    page, asked = context.new_page(), []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(sample + "/", wait_until="networkidle")
    page.fill("#ke", "stasiun")
    page.locator("#mine-start").click()
    page.wait_for_url("**/rute?**")
    cards = page.locator(".journey:visible")
    assert 1 <= cards.count() <= 4
    assert "Jalan sekitar 8 mnt ke halte pertama." in cards.first.inner_text()
    assert "turun di" in cards.first.inner_text(), "the first that is shown is open"
    assert not page.locator("#too-far").is_visible()
    mine = parse_qs(urlsplit(page.url).query)["dari_id"][0]
    page.goto(f"{sample}/rute?dari=stasiun&ke={mine}", wait_until="networkidle")
    assert re.search(r"Jalan sekitar \d+ mnt dari halte terakhir\.", cards.first.inner_text()), "and on the way back home"
    assert not any("3.60" in url or "98.47" in url for url in asked)


def test_whoever_sits_in_a_full_bus_says_so_in_one_tap_from_the_stop(chromium, city, serve):
    """And a second phone makes it stand there."""
    city.load(a_network()).hear(a_drive(to_m=1500)).step()
    address = serve(city.app(live_fresh_s=1e6))
    for language in ("id-ID", "en-GB"):  # two phones
        context = chromium.new_context(viewport=PHONE, locale=language)
        page = context.new_page()
        page.goto(address + "/halte/S4", wait_until="networkidle")
        page.locator(".isi button").first.click()
        page.wait_for_load_state("networkidle")
        assert page.locator("[role=status].flag").is_visible()
        context.close()
    city.step()
    rider = Rider(chromium, address)
    rider.page.goto(address + "/halte/S4", wait_until="networkidle")
    assert "penuh, kata penumpang" in rider.reads()
