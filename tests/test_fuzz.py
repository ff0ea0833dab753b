"""A small part of `make fuzz` at each run, and that it would see a crash."""

from __future__ import annotations

import pytest

from benchmarks import fuzz


def test_no_payload_crashes_the_decoder_and_many_kinds_of_answers_come():
    crashes = fuzz.Crashes()
    outcomes = fuzz.fuzz_payloads(3000, 7, crashes)
    assert crashes.places == {}
    assert min(outcomes["fixes"], outcomes["refused"]) > 300


def test_no_damaged_feed_crashes_the_reader():
    crashes = fuzz.Crashes()
    outcomes = fuzz.fuzz_feeds(60, 7, crashes)
    assert crashes.places == {}
    assert min(outcomes["read"], outcomes["refused with the place"]) > 5
    assert outcomes["slow"] == 0


def test_a_crash_is_counted_and_its_seed_printed(monkeypatch, capsys):
    def broken(topic, payload):
        raise KeyError("planted")

    monkeypatch.setattr(fuzz, "decode", broken)
    crashes = fuzz.Crashes()
    fuzz.fuzz_payloads(9, 7, crashes)
    assert sum(crashes.places.values()) == 9
    assert capsys.readouterr().out.count("CRASH payload 7") == fuzz.SHOWN


@pytest.mark.parametrize("n", range(3))
def test_the_same_seed_makes_the_same_payload(n):
    make = fuzz.random.Random
    assert fuzz.a_payload(make(f"payload 1 {n}")) == fuzz.a_payload(make(f"payload 1 {n}"))
