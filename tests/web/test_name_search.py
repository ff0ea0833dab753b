"""One search over stops, places and routes: what riders of the sample type finds what they mean."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from gtfs.reader import read_network
from maps.guide_reader import GuideReader
from tests.builders import a_guide, at
from web.name_score import name_points
from web.name_search import hits

HOUSE = Path(__file__).resolve().parent.parent.parent
BINJAI = HOUSE / "data" / "binjai"
QUERIES = list(csv.DictReader((HOUSE / "tests" / "cases" / "search" / "queries.csv").open(encoding="utf-8")))


@pytest.fixture
def find(city):
    """The search over the sample, as a page asks it."""
    network, guide = read_network(BINJAI), GuideReader(BINJAI).read()
    with city.load(network).app().test_request_context("/"):
        yield lambda text: hits(network, guide, text)


@pytest.mark.parametrize("row", QUERIES, ids=lambda row: row["query"])
def test_the_first_hit_is_what_was_meant(find, row):
    found = find(row["query"])
    assert found[0].endpoint.name == row["first"], [hit.endpoint.name for hit in found]


@pytest.mark.parametrize("text", ["", "zzz", "xqjv", "  "])
def test_what_is_nothing_finds_nothing(find, text):
    assert find(text) == []


def test_a_hit_says_its_kind_and_routes(find):
    first = find("tugu")[0]
    assert (first.endpoint.kind, set(first.route_ids)) == ("halte", {"lingkar", "biru"})
    first = find("kuil")[0]
    assert first.endpoint.kind == "tempat"


def test_a_name_with_words_nobody_asked_for_comes_after_the_bare_one():
    assert (
        name_points(["berngam"], "Berngam")
        > name_points(["berngam"], "Berngam Timur Dua")
        > name_points(["berngam"], "Bergam Tiga")
        > 0
    )


def test_home_finds_a_place_with_its_page_and_a_single_route_at_once(town):
    town.step(at(7))
    client = town.client(sample_guide=a_guide(town.folder))
    assert client.get("/?q=tugu").headers["Location"] == "/wisata/tugu"
    assert 'href="/halte/S3"' in client.get("/?q=halte").text
