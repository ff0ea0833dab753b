"""Eight tasks of riders on the sample, with their taps counted: at most three each from home, typing apart, and none stuck."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gtfs.reader import read_network
from tests.builders import a_drive, a_network, at

pytestmark = pytest.mark.slow
BINJAI = Path(__file__).resolve().parent.parent.parent / "data" / "binjai"
PHONE = {"width": 360, "height": 740}
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


def test_from_the_hospital_to_the_station_before_noon(chromium, sample):
    rider = Rider(chromium, sample).types(dari="rsud", ke="stasiun").taps_on(".plan-form button:not([type])")
    text = rider.reads()
    assert "RSUD Dr. R.M. Djoelham ke Stasiun Binjai" in text
    assert "sampai sekitar 09." in text or "sampai sekitar 10." in text
    assert rider.taps == 1


def test_from_school_home(chromium, sample):
    rider = Rider(chromium, sample).types(dari="sekolah", ke="Berngam").taps_on(".plan-form button:not([type])")
    assert "SMA Negeri 1 Binjai ke Berngam" in rider.reads() or "SMA Negeri 1" in rider.reads()
    assert rider.taps == 1


def test_the_heritage_and_back_to_the_station(chromium, sample):
    rider = Rider(chromium, sample).taps_on(".tabs a[href='/wisata']").taps_on("a[href='/wisata/rute/cagar-budaya']")
    text = rider.reads()
    assert "Kembali ke Stasiun Binjai" in text
    assert "masih sebelum bus terakhir" in text
    assert rider.taps == 2


def test_is_this_my_bus_and_when_is_the_last(chromium, sample):
    rider = Rider(chromium, sample, keeps=True).taps_on("[data-stop] a")
    assert "terakhir ±" in rider.reads()
    assert "Lingkar" in rider.reads()
    assert rider.taps == 1


def test_on_a_sunday_the_opening_screen_says_so(chromium, city, serve):
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 29)))
    rider = Rider(chromium, serve(city.app(live_fresh_s=1e6, sample_guide=BINJAI)))
    assert rider.reads().startswith("Kapan bus datang? Hari ini libur; lagi Senin 06.30")


def test_who_comes_each_day_taps_nothing(chromium, sample):
    text = Rider(chromium, sample, keeps=True).reads()
    assert "RSUD Dr. R.M. Djoelham › Stasiun Binjai" in text
    assert "Balai Kota Binjai" in text


def test_a_complaint_from_a_stop_page(chromium, sample):
    rider = Rider(chromium, sample, keeps=True).taps_on("[data-stop] a").taps_on("a[href^='/lapor']").taps_on(".taps button")
    assert "tiket" in rider.reads().casefold()
    assert rider.taps == 3


def test_a_visitor_asks_how_far_the_bus_goes_and_back(chromium, sample):
    rider = Rider(chromium, sample).taps_on(".tabs a[href='/peta']").taps_on("a[href='/jangkauan']")
    text = rider.types(dari="stasiun").taps_on(".plan-form button:not([type])").reads()
    assert "Dari Stasiun Binjai, pulang pergi" in text
    assert "pulang paling lambat" in text
    assert rider.taps == 3


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
