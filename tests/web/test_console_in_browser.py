"""The console in a real browser: who is chosen in one of map, ladder and list is chosen in all of them."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.builders import STRAIGHT, a_drive, at
from tests.control_cast import there_and_back
from transit.store.database import writing
from transit.store.trackers import save_tracker_health

pytestmark = pytest.mark.slow
DESKTOP = {"width": 1366, "height": 768}
MAP_MS = 60_000  # the map is drawn by folium when the first asks for it
CHOSEN = re.compile(r"\bchosen\b")


@pytest.fixture
def line(city):
    """At 07:12: BUS1 drives east since 07:00, BUS2 since 07:06; no bus has a speed of its own to fall silent with yet."""
    city.now = at(7, 12)
    city.load(there_and_back())
    first = a_drive(STRAIGHT, at(7), speed_mps=5.0, to_m=3600.0, vehicle_id="BUS1")
    second = a_drive(STRAIGHT, at(7, 6), speed_mps=5.0, to_m=1800.0, vehicle_id="BUS2")
    city.hear(sorted([*first, *second], key=lambda row: row.received_at))
    city.step(at(7, 12))
    return city


def marker(page, name):
    return page.locator(f"#map_city .busicon[title^='{name},']")


def test_a_bus_that_is_chosen_in_one_is_chosen_in_all(line, serve, chromium):
    page = chromium.new_page(viewport=DESKTOP, locale="en-GB")
    page.goto(f"{serve(line.app())}/armada", wait_until="load")
    expect(page.locator("#map_city .busicon")).to_have_count(2, timeout=MAP_MS)
    expect(marker(page, "BUS1").locator(".busid")).to_have_text("BUS1")
    page.locator("tr#bus-BUS1").hover()
    expect(marker(page, "BUS1")).to_have_class(CHOSEN)
    expect(page.locator(".ladder a.chosen .id")).to_have_text("BUS1")
    expect(page.locator("#live tr.chosen th")).to_have_text("BUS1")
    marker(page, "BUS2").focus()
    expect(page.locator("tr#bus-BUS2")).to_have_class("chosen")
    expect(page.locator("tr#bus-BUS1")).not_to_have_class("chosen")
    expect(marker(page, "BUS1")).not_to_have_class(CHOSEN)
    page.locator("#live tr[data-bus=BUS1]").hover()
    expect(marker(page, "BUS1")).to_have_class(CHOSEN)
    page.close()


def test_a_bus_that_falls_silent_is_hatched_and_the_focus_stays_on_it(line, serve, chromium):
    page = chromium.new_page(viewport=DESKTOP, locale="en-GB")
    page.goto(f"{serve(line.app())}/armada", wait_until="load")
    expect(page.locator("#map_city .busicon")).to_have_count(2, timeout=MAP_MS)
    marker(page, "BUS1").focus()
    expect(page.locator("#map_city .busicon.silent")).to_have_count(0)
    line.step(at(7, 15))
    expect(page.locator("#map_city .busicon.silent pattern")).to_have_count(2, timeout=10_000)
    expect(marker(page, "BUS1")).to_be_focused()
    assert "silent" in marker(page, "BUS1").get_attribute("title")
    page.close()


def test_without_javascript_the_map_is_the_drawn_picture(line, serve, chromium):
    context = chromium.new_context(viewport=DESKTOP, java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{serve(line.app())}/armada")
    expect(page.locator("img[src='/armada/peta.svg']")).to_be_visible()
    expect(page.locator("#map_city")).to_be_hidden()
    context.close()


@pytest.mark.parametrize("width", [1366, 360])
def test_no_table_of_a_route_must_be_scrolled(line, serve, chromium, width):
    page = chromium.new_page(viewport={"width": width, "height": 768})
    page.goto(f"{serve(line.app())}/armada", wait_until="load")
    over = page.evaluate("[...document.querySelectorAll('.corridor .scroll')].map(el => el.scrollWidth - el.clientWidth)")
    assert over == [0]
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.close()


def test_a_phone_that_was_just_set_up_turns_green_by_itself(line, serve, chromium):
    """Its password, which is shown once, stays on the page meanwhile."""
    page = chromium.new_page(viewport={"width": 360, "height": 740}, locale="en-GB")
    page.goto(f"{serve(line.app())}/armada/pelacak")
    page.get_by_label("Its id (a phone: user/device)").fill("driver7/phone")
    page.get_by_label("Bus (may stay empty)").fill("BUS7")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator("#new")).to_contain_text("Waits for its first position.")
    heard = {"tracker_id": "driver7/phone", "first_received_at": line.now, "last_received_at": line.now, "accepted": 1}
    with writing(line.engine) as connection:
        save_tracker_health(connection, [heard])
    expect(page.locator("#new .st.live")).to_have_text("Set up: its first position came within five minutes.", timeout=20_000)
    expect(page.get_by_role("heading", name="Type this into driver7/phone; it is shown once")).to_be_visible()
    page.close()


def test_a_supervisor_sets_how_long_a_bus_is_held_on_a_phone(line, serve, chromium):
    page = chromium.new_page(viewport={"width": 360, "height": 740}, locale="en-GB")
    page.goto(f"{serve(line.app())}/armada/setelan")
    page.get_by_label("A bus is held no longer than").fill("4000")
    page.get_by_label("Why", exact=True).fill("drivers complain")
    page.get_by_role("button", name="Keep").click()
    expect(page.locator("#longest_hold_s-wrong")).to_have_text("Between 0 and 1800 seconds.")
    expect(page.get_by_label("Why", exact=True)).to_have_value("drivers complain")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    page.get_by_label("A bus is held no longer than").fill("120")
    page.get_by_role("button", name="Keep").click()
    expect(page.get_by_role("status")).to_have_text("Kept. It counts from now on.")
    line.step(at(7, 12, 1))
    assert line.live.control.settings.longest_hold_s == 120.0, "a second later, without a restart"
    expect(page.get_by_role("table")).to_contain_text("drivers complain")
    page.close()
