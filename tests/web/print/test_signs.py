"""Which stops get a sign."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network
from transit.plan.network import Stop, UnknownStop
from web.print.signs import stops_to_sign


def ids(stops: list[Stop]) -> list[str]:
    return [stop.stop_id for stop in stops]


def a_city():
    """The plain cast, with a code for S1 and a stop that nothing serves."""
    plain = a_network()
    stops = {**plain.stops, "S1": replace(plain.stops["S1"], code="12"), "X": Stop("X", "Nowhere", 3.6, 98.5)}
    return replace(plain, stops=stops)


def test_every_stop_that_is_served_gets_a_sign():
    assert ids(stops_to_sign(a_city())) == list(a_network().stops)


def test_stops_are_chosen_by_code_or_id():
    assert ids(stops_to_sign(a_city(), ["S3", "12"])) == ["S1", "S3"]


def test_every_code_that_no_served_stop_has_is_named():
    with pytest.raises(UnknownStop, match="X, 99"):
        stops_to_sign(a_city(), ["S1", "X", "99"])
