"""Stops around a place: those that are served, the nearest first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network, place
from transit.plan.nearest_stops import nearest_stops
from transit.plan.network import Stop


def test_the_served_stops_within_a_distance_come_the_nearest_first():
    metres = nearest_stops(a_network(), *place(1100.0, 0.0), 650.0)
    assert list(metres) == ["S2", "S3", "S1"]
    assert list(metres.values()) == pytest.approx([100.0, 400.0, 600.0], rel=0.002)


def test_the_reach_is_a_bound():
    assert list(nearest_stops(a_network(), *place(1100.0, 0.0), 95.0)) == []
    assert list(nearest_stops(a_network(), *place(1100.0, 0.0), 105.0)) == ["S2"]


def test_a_stop_at_which_nothing_calls_is_none_to_walk_to():
    plain = a_network()
    idle = Stop("X", "Idle", *place(1100.0, 0.0))
    assert "X" not in nearest_stops(replace(plain, stops={**plain.stops, "X": idle}), *place(1100.0, 0.0), 650.0)


def test_from_the_other_end_of_the_world_nothing_is_near():
    assert nearest_stops(a_network(), -90.0, 0.0, 650.0) == {}
