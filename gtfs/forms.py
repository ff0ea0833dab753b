"""How a text file is written: its encoding, what separates its columns, and blanks that stand around quotation marks."""

from __future__ import annotations

import re
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE, BOM_UTF32_BE, BOM_UTF32_LE
from collections.abc import Iterable, Iterator

OLD_ENCODING = "cp1252"  # what feeds that are no UTF-8 are written in: Windows, western Europe and the Americas
MARKS = (  # of byte order; the longer ones first, since one begins like another
    (BOM_UTF32_LE, "utf-32"),
    (BOM_UTF32_BE, "utf-32"),
    (BOM_UTF8, "utf-8-sig"),
    (BOM_UTF16_LE, "utf-16"),
    (BOM_UTF16_BE, "utf-16"),
)
NUL_SHARE = 0.4  # of every second byte: text in Latin letters as UTF-16 has nearly all of them zero, no other text has one
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}  # commas are GTFS
SEPARATOR_LINE = re.compile(r"sep=(.)\s*", re.IGNORECASE)  # what Excel writes above the header
BLANKS = " \t\u00a0\u200b\u2060\ufeff"  # of no meaning at the ends of a cell, seen or unseen
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def encoding_by_mark(start: bytes) -> str | None:
    """The encoding that the first bytes of a file tell; None for one that is known by its text alone."""
    for mark, encoding in MARKS:
        if start.startswith(mark):
            return encoding
    pairs = len(start) // 2
    if pairs and start[1::2].count(0) > NUL_SHARE * pairs:
        return "utf-16-le"
    if pairs and start[::2].count(0) > NUL_SHARE * pairs:
        return "utf-16-be"
    return None


def separator_of(header: str) -> str:
    """What splits a header into the most column names; a comma where nothing does it better."""

    def names(separator: str) -> int:
        return sum(bool(_NAME.fullmatch(cell.strip(BLANKS + '"\r\n'))) for cell in header.split(separator))

    return max(SEPARATORS, key=names)  # the first of the best


class Padding:
    """Blanks between a separator and the quotation mark beside it, which csv would take for text."""

    def __init__(self, separator: str) -> None:
        self.separator = separator
        self.blanks = BLANKS.replace(separator, "")
        edge, blank = re.escape(separator), f"[{self.blanks}]+"
        self._quote = re.compile(f'(?:^|{edge}){blank}"|"{blank}(?:{edge}|[\r\n]|$)')

    def is_in(self, line: str) -> bool:
        return '"' in line and self._quote.search(line) is not None

    def removed(self, lines: Iterable[str]) -> Iterator[str]:
        """The lines without it. What stands inside quotation marks stays as it is, over several lines too."""
        inside = False
        for line in lines:
            parts = line.split('"')
            if len(parts) > 1:
                line = '"'.join(
                    part if (n % 2 == 1) != inside else self._outside(part, n, len(parts) - 1) for n, part in enumerate(parts)
                )
            inside ^= len(parts) % 2 == 0
            yield line

    def _outside(self, part: str, n: int, last: int) -> str:
        left, right = part.lstrip(self.blanks), part.rstrip(self.blanks)
        if n > 0 and (not left or left[0] in (self.separator, "\r", "\n")):
            part, right = left, left.rstrip(self.blanks)
        if n < last and (not right or right[-1] == self.separator):
            part = right
        return part
