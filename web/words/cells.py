"""Text in cells of tables that people open in a spreadsheet."""

from __future__ import annotations

from typing import TypeVar

WIDE = "\uff1d\uff0b\uff0d\uff20"  # the same signs as East Asian keyboards write them; some spreadsheets take them alike
FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r", "\n", *WIDE)
Value = TypeVar("Value")


def plain(value: Value) -> Value | str:
    """A value safe for a spreadsheet: text that would be read as a formula is escaped (OWASP: CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_BEGINS) else value
