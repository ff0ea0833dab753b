"""What counts as the same where lines are compared with those written down."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.pinned import differs, line


def test_a_number_is_the_same_to_its_last_digit() -> None:
    assert not differs("call,A,10.0", "call,A,10.1")
    assert differs("call,A,10.0", "call,A,10.2")
    assert not differs("why,A 0.501,x", "why,A 0.502,x")
    assert differs("why,A 0.501,x", "why,A 0.503,x")
    assert differs("call,A,10", "call,A,11")


def test_another_word_and_a_line_too_many_are_seen() -> None:
    assert differs("call,A,10.0", "call,B,10.0")
    assert differs("call,A", "call,A,10.0")
    assert differs("call,A", None)
    assert differs(None, "call,A")


def test_a_line_says_moments_and_numbers_shortly_and_sets_in_their_order() -> None:
    moment = datetime(2026, 11, 23, 7, 0, 5, 150_000, tzinfo=UTC)
    assert line("call", None, 1.25, moment, {"b", "a"}, (True, 3)) == "call,,1.2,23T07:00:05.1,a b,True 3"
