"""Every pair of what can be named in the sample, asked by message: 160 characters, and never a "none" that is not true."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import NamedTuple

import pytest

from gtfs.reader import read_network
from tests.builders import at
from web.answers import the_network
from web.endpoints import Endpoint, endpoints_of, is_same, walk_between
from web.guide import guide_of
from web.planner import CLOSE_BY_S
from web.world import world

BINJAI = Path(__file__).resolve().parents[3] / "data" / "binjai"


class Pair(NamedTuple):
    start: Endpoint
    end: Endpoint

    def __hash__(self) -> int:
        return hash((self.start.key, self.end.key))


TUESDAY, SUNDAY = date(2026, 11, 24), date(2026, 11, 29)
THERE, SAME, FAR, ON_FOOT = "sampai ", "Satu halte untuk keduanya", "Tidak ada halte yang diketahui", "Jalan kaki sekitar"
AT_ONCE_S = 100.0  # no bus of the sample is there sooner
ALL = ("halte", "tempat", "kelurahan", "koridor")
NETWORK = read_network(BINJAI)
GSM = re.compile(r"[@$_ !\"#%&'()*+,\-./0-9:;<=>?A-Za-z\n]*")


def answers_of(town, now, kinds: tuple[str, ...]) -> dict[tuple[Endpoint, Endpoint], str]:
    """The answer to "A ke B" for each pair of names of these kinds."""
    town.load(read_network(BINJAI)).step(now)
    app = town.app(live_fresh_s=1e6, sample_guide=BINJAI)
    with app.test_request_context("/"):
        app.preprocess_request()
        every = [row for row in endpoints_of(the_network(), guide_of(world())) if row.kind in kinds]
    client = app.test_client()
    pairs = [Pair(start, end) for start in every for end in every if start.key != end.key]
    return {pair: client.get("/t", query_string={"q": f"{pair.start.name} ke {pair.end.name}"}).text for pair in pairs}


def expected(start: Endpoint, end: Endpoint) -> tuple[str, ...]:
    """What a true answer says on a working morning, on which every stop can be reached from every other."""
    if not start.stops or not end.stops:
        return (FAR,)
    walk_s = walk_between(NETWORK, start, end)
    if is_same(start, end):
        return (SAME,) if walk_s is None or walk_s < AT_ONCE_S else (SAME, THERE)
    if walk_s is None:
        return (THERE,)
    return (ON_FOOT,) if walk_s < AT_ONCE_S else (ON_FOOT, THERE)


def wrong_ones(answers: dict[Pair, str], expect: Callable[[Endpoint, Endpoint], tuple[str, ...]]) -> list[tuple[str, str, str]]:
    return [
        (pair.start.name, pair.end.name, text)
        for pair, text in answers.items()
        if not any(word in text for word in expect(pair.start, pair.end)) or len(text) > 160 or not GSM.fullmatch(text)
    ]


def test_between_any_two_stops_a_message_names_the_bus_and_when_one_is_there(town):
    answers = answers_of(town, at(9, 10, day=TUESDAY), ("halte",))
    assert len(answers) == 21 * 20
    assert wrong_ones(answers, expected) == []


def test_on_a_sunday_a_message_names_the_next_day_for_any_two_stops(town):
    answers = answers_of(town, at(9, 10, day=SUNDAY), ("halte",))
    close_by = [text for (start, end), text in answers.items() if (walk_between(NETWORK, start, end) or 1e9) <= CLOSE_BY_S]
    assert len(close_by) == 6
    assert all(ON_FOOT in text for text in close_by), "who is there in three minutes on foot waits for no Monday"
    others = {pair: text for pair, text in answers.items() if text not in close_by}
    assert wrong_ones(others, lambda start, end: ("hari ini tidak ada bus lagi, berikutnya Sen 06.",)) == []


@pytest.mark.slow
def test_between_any_two_names_a_message_is_true(town):
    """Places without a stop near them, places that one stop serves both, quarters and routes, too."""
    answers = answers_of(town, at(9, 10, day=TUESDAY), ALL)
    assert len(answers) == 82 * 81
    assert wrong_ones(answers, expected) == []
    assert sum(is_same(*pair) and THERE in text for pair, text in answers.items()) == 1, "a bus sooner than a long walk"
    served = [text for pair, text in answers.items() if expected(pair.start, pair.end) == (THERE,)]
    assert len(served) > 1700
    assert all("terakhir" in text for text in served), "and the last one is named in each"
