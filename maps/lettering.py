"""The letters of printed sheets: embedded where a reader's own fonts for western Europe do not have them (Greek, Cyrillic)."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from unicodedata import normalize

from anyascii import anyascii
from fontTools import subset
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer
from fpdf import FPDF

A4_MM = (210.0, 297.0)  # ISO 216, standing
FONT = "NotoSans[wdth,wght].ttf"  # SIL Open Font License 1.1, out of the package fontpkg-noto-sans
WEIGHTS = {"": 400, "B": 700}
TYPOGRAPHIC = str.maketrans({"–": "-", "—": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "„": '"', "…": "...", "\u00ad": ""})
LATIN_1 = frozenset(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0x100)]))  # what the fonts that every PDF reader has can write
FONTS_KEPT = 8  # of as many sets of letters: a second and a half to make


class LetteredPdf(FPDF):
    """A PDF that can write some texts. texts: all that will be drawn, apart from what is written in LATIN_1."""

    def __init__(self, page: tuple[float, float], texts: Iterable[str], now: datetime) -> None:
        super().__init__(unit="mm", format=page)
        self.set_auto_page_break(False)
        self.set_creation_date(now)
        needed = frozenset(normalize("NFC", "".join(texts).translate(TYPOGRAPHIC))) - LATIN_1
        self._writable = LATIN_1 | (needed & font_letters() if needed else needed)
        self._family = "Helvetica"
        if self._writable - LATIN_1:
            self._family = "Noto"
            folder = Path(_fonts(self._writable).name)
            for style in WEIGHTS:
                self.add_font("Noto", style, folder / f"{style or 'R'}.ttf")

    def letters(self, style: str, size: float) -> None:
        """style: "" or "B"."""
        self.set_font(self._family, style, size)

    def plain(self, text: str) -> str:
        """One line of what can be written; what cannot, as it sounds in Latin letters, never blank."""
        text = normalize("NFC", " ".join(text.translate(TYPOGRAPHIC).split()))
        return "".join(letter if letter in self._writable else anyascii(letter) or "?" for letter in text)


@lru_cache(maxsize=1)
def font_letters() -> frozenset[str]:
    """The letters of the embedded font: Latin, Greek and Cyrillic with their marks."""
    with TTFont(_font_file(), lazy=True) as font:
        return frozenset(map(chr, font.getBestCmap()))


def _font_file() -> str:
    return str(files("fontpkg_noto_sans") / "files" / FONT)


@lru_cache(maxsize=FONTS_KEPT)
def _fonts(letters: frozenset[str]) -> TemporaryDirectory[str]:
    """A regular and a bold font of these letters alone, as files; the whole variable font would take eight seconds."""
    options = subset.Options()
    options.layout_features = []
    with TTFont(_font_file()) as font:
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=sorted(map(ord, letters)))
        chosen.subset(font)
        small = io.BytesIO()
        font.save(small)
    folder: TemporaryDirectory[str] = TemporaryDirectory(prefix="letters-")
    for style, weight in WEIGHTS.items():
        small.seek(0)
        with TTFont(small) as font:
            made = instancer.instantiateVariableFont(font, {"wght": weight, "wdth": 100})
            made.save(Path(folder.name) / f"{style or 'R'}.ttf")
    return folder
