"""What a network says of itself."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import a_network
from transit.plan.network import FeedInfo


def test_only_a_feed_that_calls_itself_a_sample_is_one():
    network = a_network()
    publisher = FeedInfo("Dinas Perhubungan", "https://example.org", "id")
    assert not network.is_sample
    assert not replace(network, feed_info=publisher).is_sample
    assert not replace(network, feed_info=replace(publisher, extra={"feed_status": "official"})).is_sample
    assert replace(network, feed_info=replace(publisher, extra={"feed_status": "sample"})).is_sample
