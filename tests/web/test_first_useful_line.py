"""On a phone the first line that a rider came for stands near the top of every page: what it is, page by page."""

from __future__ import annotations

from typing import NamedTuple

import pytest

pytestmark = pytest.mark.slow
PHONE = {"width": 360, "height": 740}
NEAR_THE_TOP_PX = 300
KEPT = """localStorage.setItem("stops", JSON.stringify([["rsud-djoelham", "RSUD"]]));
localStorage.setItem("pairs", JSON.stringify([["halte:rsud-djoelham", "halte:stasiun-binjai", "RSUD", "Stasiun"]]))"""


class Useful(NamedTuple):
    """path: of a page of riders; line: what somebody came for, as a selector; keeps: with a stop and a way on the phone."""

    path: str
    line: str
    keeps: bool = False


PAGES = [
    Useful("/", "p.state"),
    Useful("/", "#dari"),
    Useful("/", ".now .go", keeps=True),
    Useful("/?q=rumah+sakit", "ul.card a.more", keeps=True),
    Useful("/halte/rsud-djoelham", "#part .when, #part .note p"),
    Useful("/koridor/lingkar", ".strip .stop"),
    Useful("/jadwal/lingkar", "main li.num"),
    Useful("/perjalanan/biru-ke-timur/20261124/09:30:00", ".strip .stop"),
    Useful("/rute", "#dari"),
    Useful("/rute?dari=sekolah&ke=Berngam", ".journey h2"),
    Useful("/rute?dari=halte:rsud-djoelham&ke=halte:jati-utomo&jam=07.15&tiba=1", ".journey h2, .flag"),
    Useful("/rute?dari=rsud&ke=zzzz", ".flag.bad"),
    Useful("/rute?dari=sekolah&ke=taman", "section.card a.more"),
    Useful("/rute?dari=halte:rsud-djoelham&ke=tempat:kuburan-panjang", ".flag"),
    Useful("/rute?dari=halte:nangka&ke=halte:nangka", ".flag"),
    Useful("/jangkauan", "#dari"),
    Useful("/jangkauan?dari=halte:rsud-djoelham", ".reach .more"),
    Useful("/peta", "p.sub"),
    Useful("/peta", ".map"),
    Useful("/wisata", "a[href^='/wisata/rute/']"),
    Useful("/wisata/gedung-kerapatan", "main .flag, main a[href^='/halte/'], .headed + p"),
    Useful("/wisata/kuburan-panjang", "main .flag"),
    Useful("/wisata/rute/cagar-budaya", "main .flag"),
    Useful("/layanan", ".chips a[href*='perlu=']"),
    Useful("/lapor?halte=rsud-djoelham", "input[name=day]"),
    Useful("/kinerja", "main .card p, main .card td, main .flag"),
    Useful("/privasi", "main p"),
    Useful("/api", "main code, main pre"),
    Useful("/embed?halte=rsud-djoelham", "main textarea, main pre"),
    Useful("/embed/halte/rsud-djoelham", ".when, .note p"),
    Useful("/embed/koridor/lingkar", ".strip .stop"),
    Useful("/offline", "main a, main button"),
    Useful("/halte/nowhere", "main a"),
]
TOPS = """selector => [...document.querySelectorAll(selector)].map(one => one.getBoundingClientRect())
  .filter(box => box.height > 0).map(box => box.top + scrollY)"""


def test_what_a_rider_came_for_stands_near_the_top_of_every_page(chromium, sample):
    far = []
    for keeps in (False, True):
        context = chromium.new_context(viewport=PHONE, locale="id-ID")
        if keeps:
            context.add_init_script(KEPT)
        page = context.new_page()
        for useful in PAGES:
            if useful.keeps == keeps:
                page.goto(sample + useful.path, wait_until="networkidle")
                tops = page.evaluate(TOPS, useful.line)
                if not tops or min(tops) > NEAR_THE_TOP_PX:
                    far.append((useful.path, useful.line, tops[:1]))
        context.close()
    assert far == []
