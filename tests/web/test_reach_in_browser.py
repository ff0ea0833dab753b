"""How far one comes, and a tour, as a map that can be moved: beside the list, on a phone when its picture is tapped."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

pytestmark = pytest.mark.slow
PAGE = "/jangkauan?dari=halte:rsud-djoelham"
OTHER_STOPS = 20
LONG_MS = 30_000


@pytest.mark.parametrize("width", [360, 1366])
def test_the_picture_becomes_a_map_with_the_minutes_that_can_be_moved(chromium, sample, width):
    context = chromium.new_context(viewport={"width": width, "height": 740})
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(sample + PAGE, wait_until="networkidle")
    if width == 360:
        assert not [url for url in asked if "leaflet" in url], "a phone pays for the map when it is asked for"
        page.locator("#still").click()
    minutes = page.locator("#map_city .number b")
    expect(minutes).to_have_count(OTHER_STOPS, timeout=LONG_MS)
    expect(page.locator("#still")).to_be_hidden()
    listed = sorted(int(text.split()[0]) for text in page.locator(".reach small.num").all_inner_texts())
    assert sorted(map(int, minutes.all_inner_texts())) == listed
    page.locator("#map_city").scroll_into_view_if_needed()
    before, box = minutes.first.bounding_box(), page.locator("#map_city").bounding_box()
    page.mouse.move(box["x"] + 120, box["y"] + 300)
    page.mouse.down()
    page.mouse.move(box["x"] + 220, box["y"] + 300, steps=5)
    page.mouse.up()
    assert minutes.first.bounding_box()["x"] > before["x"] + 50
    context.close()


def test_the_picture_of_a_tour_becomes_a_map_with_its_numbers_on_a_phone(chromium, sample):
    context = chromium.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(sample + "/wisata/rute/cagar-budaya", wait_until="networkidle")
    page.locator("#still").click()
    numbers = page.locator("#map_city .number b")
    expect(numbers).to_have_count(4, timeout=LONG_MS)
    assert numbers.all_inner_texts() == ["1", "2·3", "4", "5"]
    page.locator("#map_city").scroll_into_view_if_needed()
    frame = page.locator("#map_city").bounding_box()
    assert frame["height"] >= 300
    for n in range(4):
        seen = numbers.nth(n).bounding_box()
        assert frame["y"] <= seen["y"] <= frame["y"] + frame["height"]
    context.close()


def test_without_scripts_the_picture_stays(chromium, sample):
    context = chromium.new_context(viewport={"width": 1366, "height": 740}, java_script_enabled=False)
    page = context.new_page()
    page.goto(sample + PAGE)
    expect(page.locator("#still img")).to_be_visible()
    expect(page.locator("#map_city")).to_be_hidden()
    context.close()
