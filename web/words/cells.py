"""Text in cells of tables that people open in a spreadsheet."""

from __future__ import annotations

from typing import TypeVar

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
Value = TypeVar("Value")


def plain(value: Value) -> Value | str:
    """A value safe for a spreadsheet: text that would be read as a formula is escaped (OWASP: CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_BEGINS) else value
