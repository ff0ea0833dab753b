"""A value is made once by key, and never more of them are held than was said."""

from __future__ import annotations

from web.cache import Cache


def test_a_value_is_made_once_even_when_it_is_none():
    cache: Cache[str, None] = Cache(2)
    calls: list[str] = []
    for _ in range(2):
        cache.get("a", lambda: calls.append("made"))
    assert calls == ["made"]


def test_what_fits_stays_and_one_more_drops_all_that_was_there():
    cache: Cache[str, str] = Cache(2)
    made: list[str] = []

    def value(key: str) -> str:
        return cache.get(key, lambda: made.append(key) or key)

    for key in ("a", "b", "a", "b"):
        value(key)
    assert made == ["a", "b"]
    value("c")
    value("a")
    assert made == ["a", "b", "c", "a"]
