"""The network as the public gets it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gtfs.expanded import expanded
from gtfs.published import Publication, licence_of, published
from gtfs.reader import read_network
from gtfs.validate import Severity, validate_feed
from gtfs.writer import write_network
from tests.builders import MONDAY, a_network
from tests.conftest import HOUSE
from transit.plan.network import FeedInfo, Network

SAMPLE = read_network(HOUSE / "data" / "binjai")
TOLD = Publication("data@example.org", "https://example.org/ask", "https://creativecommons.org/licenses/by/4.0/")


def as_a_real_feed(network: Network) -> Network:
    assert network.feed_info is not None
    return replace(network, feed_info=replace(network.feed_info, extra={}))


def test_a_real_feed_has_no_trip_of_a_demonstration_and_nothing_that_only_they_need() -> None:
    network = published(as_a_real_feed(SAMPLE), Publication())
    assert {trip.is_demo for trip in network.trips.values()} == {False}
    assert len(network.trips) == len(SAMPLE.trips) / 2
    assert set(network.calendars) == {"KERJA"}
    assert {row.trip_id for row in network.frequencies} == set(network.trips)
    assert read_network(write_network(network)) == network


def test_the_sample_keeps_its_demonstration_because_its_live_feed_tells_of_it() -> None:
    assert published(SAMPLE, Publication()) == SAMPLE


def test_whom_to_ask_and_the_licence_are_told_where_the_feed_says_nothing() -> None:
    info = published(SAMPLE, TOLD).feed_info
    assert info is not None
    assert (info.contact_email, info.contact_url) == ("data@example.org", "https://example.org/ask")
    assert info.extra == {"feed_license": TOLD.licence, "feed_status": "sample"}
    own = replace(SAMPLE, feed_info=replace(info, contact_email="own@example.org", extra={"feed_license": "own"}))
    again = published(own, TOLD).feed_info
    assert again is not None
    assert (again.contact_email, again.extra["feed_license"]) == ("own@example.org", "own")
    assert (licence_of(own, TOLD), licence_of(SAMPLE, TOLD), licence_of(SAMPLE, Publication())) == ("own", TOLD.licence, "")


def test_a_feed_without_feed_info_gets_one_only_where_there_is_something_to_say() -> None:
    assert published(a_network(), Publication()).feed_info is None
    info = published(a_network(), TOLD).feed_info
    assert info is not None
    assert replace(info, extra={}) == FeedInfo(
        "Bus Kota", "https://example.org", "id", contact_email="data@example.org", contact_url="https://example.org/ask"
    )


@pytest.mark.parametrize("is_real", [False, True])
@pytest.mark.parametrize("unrolled", [False, True])
def test_with_a_contact_the_validator_has_neither_error_nor_warning(is_real: bool, unrolled: bool) -> None:
    network = published(as_a_real_feed(SAMPLE) if is_real else SAMPLE, TOLD)
    packed = write_network(expanded(network).network if unrolled else network)
    found = validate_feed(packed, on=MONDAY, country_code="ID")
    assert [str(finding) for finding in found if finding.severity is not Severity.INFO] == []
