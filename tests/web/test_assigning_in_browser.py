"""Fourteen buses are assigned from the keyboard within twenty seconds, at the pace of somebody who types."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import expect

from tests.builders import STRAIGHT, Way, a_city
from tests.control_cast import BACK
from transit.store.assignments import load_assignments
from transit.store.database import writing
from transit.store.trackers import map_tracker

pytestmark = pytest.mark.slow
BUSES = [f"BUS{n:02d}" for n in range(1, 15)]
KEY_S = 0.28  # a keystroke of an average typist who is no secretary (Card, Moran and Newell 1983)
WITHIN_S = 20.0


def test_fourteen_buses_are_assigned_from_the_keyboard_within_twenty_seconds(city, serve, chromium):
    routes = [Way("Alfa", STRAIGHT, (25200,)), Way("Beta", BACK, (25200,))]
    city.load(a_city(*routes))
    with writing(city.engine) as connection:
        for bus in BUSES:
            map_tracker(connection, f"t-{bus}", bus, now=city.now)
    city.step()
    page = chromium.new_page(viewport={"width": 1366, "height": 768})
    page.goto(f"{serve(city.app())}/armada/penugasan")
    wanted = {bus: ("Alfa", "Beta", "off")[n % 3] for n, bus in enumerate(BUSES)}
    page.locator("select[name='what-BUS01']").focus()
    began = time.monotonic()
    for bus in BUSES:
        press(page, {"Alfa": "a", "Beta": "b", "off": "l"}[wanted[bus]])
        press(page, "Tab")
        press(page, "Tab")
    press(page, "Enter")  # in the first field behind the buses, From: a form is sent from any field
    expect(page.get_by_text("Akhiri sebelum waktunya")).to_be_visible(timeout=WITHIN_S * 1000)
    took_s = time.monotonic() - began
    print(f"14 buses assigned from the keyboard in {took_s:.1f} s at {KEY_S} s a key")
    with city.engine.connect() as connection:
        hints = load_assignments(connection, city.now)
    assert {bus: hint.route_id for bus, hint in hints.items()} == {bus: way for bus, way in wanted.items() if way != "off"}
    assert took_s <= WITHIN_S
    page.close()


def press(page, key):
    page.keyboard.press(key)
    time.sleep(KEY_S)
