"""A page carries the styles that it needs: every rule of critical.css for something that stands in it, and few others."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from gtfs.reader import read_network
from tests.builders import at
from web.critical_styles import critical_rules, sections
from web.security import STYLE

BINJAI = Path(__file__).resolve().parent.parent.parent / "data" / "binjai"
RULE = re.compile(r"([^{}@]+)\{[^{}]*\}")
STOP = "/halte/rsud-djoelham"
PAGES = (
    *(
        "/",
        "/?q=rsud",
        "/rute",
        "/rute?dari=halte:rsud-djoelham&ke=halte:stasiun-binjai",
        STOP,
        "/koridor/biru",
        "/jadwal/biru",
    ),
    *(
        "/peta",
        "/wisata",
        "/wisata/rute/cagar-budaya",
        "/layanan",
        "/jangkauan?dari=halte:rsud-djoelham",
        "/kinerja",
        "/privasi",
    ),
    *(
        "/lapor?halte=rsud-djoelham",
        "/api",
        "/offline",
        "/embed/halte/rsud-djoelham",
        "/embed/koridor/biru",
        "/layar/rsud-djoelham",
    ),
    *("/wisata/rsud-djoelham", "/halte/none"),
)


@pytest.fixture
def client(city):
    city.load(read_network(BINJAI)).step(at(9, 10, day=date(2026, 11, 24)))
    return city.client(live_fresh_s=1e6, sample_guide=BINJAI)


def missing(html: str) -> list[str]:
    """The selectors of critical.css whose last element, class or id stands in a page that does not have their rule."""
    inline = STYLE.findall(html)[0]
    body = html[html.index("<body") :]
    stand = set(" ".join(re.findall(r'(?:class|id)="([^"]*)"', body)).split())
    gone = []
    for selector in {part for section in sections() for rule in RULE.findall(section.rules) for part in rule.split(",")}:
        classes = set(re.findall(r"[.#]([a-zA-Z][\w-]*)", selector))
        if classes and classes <= stand and selector.strip() not in inline:
            gone.append(selector.strip())
    return gone


def test_every_rule_for_what_stands_in_a_page_is_in_it(client):
    for path in PAGES:
        html = client.get(path).text
        assert (path, missing(html)) == (path, [])
        assert "/*critical*/" not in html


def test_a_stop_page_leaves_out_what_only_others_need(client):
    style = STYLE.findall(client.get(STOP).text)[0]
    assert ".is-cancelled .when b" in style, "a part that comes later may need it"
    assert "details.alert" in style
    assert ".strip li" not in style
    assert ".plan-form" not in style
    assert "@media print" not in style


def test_the_console_has_all_styles_since_its_parts_change(client):
    everything = critical_rules("", whole=True)
    assert everything in client.get("/armada").text
    assert critical_rules("") != everything
