"""Which language a page is in: the address, the cookie, the browser, the feed; and what of it a cache must know."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network, at

ENGLISH = {"Accept-Language": "en-GB,en;q=0.9"}


def language_of(answer) -> str:
    return "en" if '<html lang="en"' in answer.text else "id"


@pytest.fixture
def city_in(city):
    def loaded(lang: str):
        network = a_network()
        city.load(replace(network, agencies=(replace(network.agencies[0], lang=lang),))).step(at(7))
        return city

    return loaded


@pytest.mark.parametrize(
    ("address", "cookie", "browser", "feed", "language"),
    [
        ("/?lang=id", "en", "en", "en", "id"),
        ("/", "id", "en", "en", "id"),
        ("/", "", "en", "id", "en"),
        ("/", "", "id-ID,en;q=0.5", "en", "id"),
        ("/", "", "fr", "en", "en"),
        ("/", "", "fr", "fr", "id"),
        ("/?lang=xx", "", "en", "id", "en"),
    ],
)
def test_the_address_wins_then_the_cookie_the_browser_the_feed(city_in, address, cookie, browser, feed, language):
    client = city_in(feed).client()
    if cookie:
        client.set_cookie("lang", cookie)
    assert language_of(client.get(address, headers={"Accept-Language": browser})) == language


@pytest.mark.parametrize("path", ["/t?q=S3", "/embed/halte/S3", "/layar/S3", "/api/v1/stops"])
def test_what_is_shown_to_many_or_read_by_programs_does_not_follow_one_browser(city_in, path):
    client = city_in("id").client()
    answer = client.get(path, headers=ENGLISH)
    assert answer.data == client.get(path).data
    assert "Accept-Language" not in answer.headers.get("Vary", "")


def test_a_cache_is_told_what_a_page_depends_on(city_in):
    client = city_in("id").client()
    assert "Accept-Language" in client.get("/halte/S3").headers["Vary"]
    assert "Accept-Language" not in client.get("/halte/S3?lang=en").headers["Vary"]


def test_the_part_of_a_page_in_another_language_has_another_etag(city_in):
    client = city_in("id").client()
    tags = {client.get("/halte/S3?part=arrivals", headers=headers).headers["ETag"] for headers in ({}, ENGLISH)}
    assert len(tags) == 2
