"""What every answer of the application has: a content encoding, and conditions that it is sent under."""

from __future__ import annotations

import gzip
from datetime import timedelta

import brotli
import pytest
import zstandard
from werkzeug.http import http_date

from tests.builders import a_drive

DECODERS = {
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompressobj().decompress(body),
    "gzip": gzip.decompress,
}
ADDRESSES = ("/halte/S5", "/gtfs-rt/trip_updates.json", "/api/v1/vehicles.geojson", "/static/live.js")


@pytest.fixture
def client(town):
    town.hear(a_drive(to_m=1800)).step()
    return town.client()


@pytest.mark.parametrize("encoding", DECODERS)
@pytest.mark.parametrize("address", ADDRESSES)
def test_an_answer_is_the_same_in_each_encoding(client, address, encoding):
    plain = client.get(address)
    packed = client.get(address, headers={"Accept-Encoding": encoding})
    assert packed.headers["Content-Encoding"] == encoding
    assert DECODERS[encoding](packed.data) == plain.data
    assert len(packed.data) < len(plain.data)
    assert "Content-Encoding" not in plain.headers
    for answer in (plain, packed):
        assert "Accept-Encoding" in answer.headers["Vary"], "a cache must not give one phone's encoding to another"


def test_a_phone_that_takes_all_gets_the_smallest(client):
    answer = client.get("/halte/S5", headers={"Accept-Encoding": "gzip, deflate, br, zstd"})
    assert answer.headers["Content-Encoding"] == "br"


def test_an_answer_of_a_few_bytes_is_sent_as_it_is(client):
    answer = client.get("/t/S5", headers={"Accept-Encoding": "br"})
    assert 0 < len(answer.data) <= 160
    assert "Content-Encoding" not in answer.headers


def test_what_is_packed_already_is_not_packed_again(client):
    assert "Content-Encoding" not in client.get("/gtfs.zip", headers={"Accept-Encoding": "br"}).headers


@pytest.mark.parametrize("encoding", ["identity", "gzip", "br"])
@pytest.mark.parametrize("address", [*ADDRESSES[1:], "/gtfs-rt/trip_updates.pb", "/halte/S5?part=arrivals"])
def test_what_a_client_has_is_not_sent_again_in_any_encoding(client, address, encoding):
    headers = {"Accept-Encoding": encoding}
    first = client.get(address, headers=headers)
    again = client.get(address, headers={**headers, "If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_an_answer_without_a_known_age_names_none(client):
    assert "Last-Modified" not in client.get("/api/v1/vehicles").headers


@pytest.mark.parametrize("address", ["/api/v1/vehicles", "/gtfs-rt/trip_updates.pb", "/gtfs-rt/trip_updates.json"])
def test_a_date_that_has_not_come_yet_keeps_no_live_data_back(town, client, address):
    ahead = http_date(town.now + timedelta(days=3650))
    assert client.get(address, headers={"If-Modified-Since": ahead}).status_code == 200


def test_a_feed_that_was_not_made_anew_since_is_not_sent_again(town, client):
    since = client.get("/gtfs-rt/trip_updates.pb").headers["Last-Modified"]
    assert since == http_date(town.now)
    assert client.get("/gtfs-rt/trip_updates.pb", headers={"If-Modified-Since": since}).status_code == 304
    earlier = http_date(town.now - timedelta(seconds=1))
    assert client.get("/gtfs-rt/trip_updates.pb", headers={"If-Modified-Since": earlier}).status_code == 200
