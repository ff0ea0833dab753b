"""Advice in the loop: simulated drivers who hear what the console says, and mostly do it, serve riders more evenly."""

from __future__ import annotations

import pytest

from benchmarks.headways import RULES, SAMPLE, Run, evenness, only_route
from gtfs.reader import read_network


@pytest.mark.slow
def test_buses_that_are_held_as_advised_at_least_halve_the_excess_wait():
    network = only_route(read_network(SAMPLE), "lingkar")
    as_liked, advised = (Run(network, "lingkar", vehicles=3, seed=1, rule=RULES[rule][1]) for rule in ("liked", "advised"))
    before, after = as_liked.drive(hours=2.0), advised.drive(hours=2.0)
    assert after.excess_wait_min <= before.excess_wait_min / 2
    assert 0.5 < advised.followed / advised.given < 1.0


def test_excess_wait_by_hand():
    even = evenness([[0.0, 600.0, 1200.0, 1800.0]], since_s=0.0)
    assert (even.excess_wait_min, even.variation, even.wait_min) == (0.0, 0.0, 5.0)
    uneven = evenness([[0.0, 300.0, 1200.0]], since_s=0.0)
    assert uneven.excess_wait_min == pytest.approx((300**2 + 900**2) / (2 * 1200) / 60 - 5.0)
    assert evenness([[0.0, 300.0, 1200.0, 2100.0]], since_s=300.0).excess_wait_min == 0.0, (
        "headways that began before do not count"
    )
