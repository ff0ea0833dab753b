"""The network diagram as the opening screen's picture: buses where they are, sliding only where something is promised."""

from __future__ import annotations

import re
from datetime import timedelta

from tests.builders import a_drive, a_network


def test_a_bus_under_way_slides_towards_its_next_stop_and_stands_once_it_is_not_promised(town):
    town.hear(a_drive(to_m=1700)).step()
    client = town.client(live_fresh_s=1e6)
    svg = client.get("/diagram.svg").text
    assert re.search(r'<g id="b0"><circle class="b" cx="(\d+)"', svg)
    assert re.search(r"@keyframes k0\{to\{transform:translate\([1-9]\d*px,0px\)", svg)
    stale = town.client(live_fresh_s=0.0)
    town.now += timedelta(seconds=60)
    svg = stale.get("/diagram.svg").text
    assert '<g id="b0">' in svg
    assert "@keyframes" not in svg, "the live process is stuck"
    town.now += timedelta(seconds=60)
    assert "<g id=" not in stale.get("/diagram.svg").text, "older than 90 s: nobody knows where it is"


def test_the_opening_screen_shows_it_and_a_large_network_has_the_map_instead(town):
    town.step()
    client = town.client(live_fresh_s=1e6)
    assert 'src="/diagram.svg"' in client.get("/").text
    town.load(a_network([(0.0, 0.0), (40_000.0, 0.0)])).step()
    client = town.client(live_fresh_s=1e6)
    html = client.get("/").text
    assert "/diagram.svg" not in html
    assert 'id="map_city"' in html
    assert client.get("/diagram.svg").status_code == 404
