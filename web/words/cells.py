"""Text in cells of tables that people open in a spreadsheet."""

from __future__ import annotations

from typing import TypeVar

FORMULA_BEGINS = ("=", "+", "-", "@", "\t", "\r")
Value = TypeVar("Value")


def plain(value: Value) -> Value | str:
    """A text that a spreadsheet would take for a formula is made none (OWASP: CSV injection); numbers stay numbers."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_BEGINS) else value
