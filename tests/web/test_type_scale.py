"""One type scale: five sizes, and one weight per role, in the styles of every page."""

from __future__ import annotations

import re
from pathlib import Path

CSS = Path(__file__).resolve().parent.parent.parent / "web" / "templates" / "critical.css"
SIZES = {"0.8125rem", ".8125rem", "1rem", "1.125rem", "1.5rem", "min(1.5rem,1rem + 4vw)", "2.25rem"}
PAPER = {"11pt"}


def test_the_common_styles_have_five_sizes_and_three_weights():
    css = CSS.read_text(encoding="utf-8")
    assert set(re.findall(r"font-size:([^;}]+)", css)) <= SIZES | PAPER
    assert set(re.findall(r"font-weight:([^;}]+)", css)) == {"400", "600", "700"}
