"""One type scale: five sizes, and one weight per role, in the styles of every page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.web.test_first_useful_line import PAGES, PHONE

CSS = Path(__file__).resolve().parent.parent.parent / "web" / "templates" / "critical.css"
SIZES = {"0.8125rem", ".8125rem", "1rem", "1.125rem", "1.5rem", "min(1.5rem,1rem + 4vw)", "2.25rem"}
PAPER = {"11pt"}


def test_the_common_styles_have_five_sizes_and_three_weights():
    css = CSS.read_text(encoding="utf-8")
    assert set(re.findall(r"font-size:([^;}]+)", css)) <= SIZES | PAPER
    assert set(re.findall(r"font-weight:([^;}]+)", css)) == {"400", "600", "700"}


SHOWN = """() => [...new Set([...document.body.querySelectorAll('*')]
  .filter(one => one.offsetParent && !one.closest('svg,option'))
  .filter(one => [...one.childNodes].some(part => part.nodeType === 3 && part.data.trim()))
  .map(one => getComputedStyle(one).fontSize + ' ' + one.tagName + ' ' + one.className))]"""
PIXELS = {"13px", "16px", "18px", "24px", "36px"}


@pytest.mark.slow
def test_every_page_of_riders_shows_these_five_sizes_and_no_other(chromium, sample):
    """Leaflet's own, a browser's own for <small>, and those of single pages once made nine of them."""
    page, others = chromium.new_context(viewport=PHONE).new_page(), []
    for path in dict.fromkeys(useful.path for useful in PAGES):
        page.goto(sample + path, wait_until="networkidle")
        others += [(path, row) for row in page.evaluate(SHOWN) if row.split()[0] not in PIXELS]
    assert others == []
