"""The page of a route: no false "none", and the stops that a notice closes."""

from __future__ import annotations

from tests.web.pages.test_kinds_of_feeds import case, notice, shown, text
from transit.arrivals.alerts import InformedEntity


def test_a_direction_with_a_single_bus_a_day_has_service(city):
    page = text(shown(city, case("cancelled")).get("/koridor/R1").text)
    assert page.count("Jam tertentu saja: lihat jadwal") == 2
    assert "Tidak ada layanan hari ini" not in page


def test_a_day_without_service_is_told_as_one(city):
    page = text(shown(city, case("future_service")).get("/koridor/R1").text)
    assert "Tidak ada layanan hari ini" in page
    assert "Jam tertentu" not in page


def test_a_stop_that_a_notice_closes_is_marked_on_the_strip_and_no_other(city):
    page = text(shown(city, case("cancelled"), notice(InformedEntity(stop_id="S2"))).get("/koridor/R1?part=strips").text)
    assert page.count("Bukit tidak berhenti di sini sekarang") == page.count("tidak berhenti di sini sekarang") == 2
