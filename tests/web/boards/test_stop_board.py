"""Which rows of a stop are for eyes: a band that says no more than the headway is left to the headway."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import a_network, at
from transit.arrivals.rows import Arrival, ArrivalStatus
from transit.plan.directions import RouteDirection
from web.boards.stop_board import DirectionBoard

NETWORK = a_network()


def a_row(width_s: float, status: ArrivalStatus = ArrivalStatus.NEXT_TRIP) -> Arrival:
    return Arrival(
        stop_id="S1", stop_sequence=2, trip=None, route_id="R1", direction_id=0, headsign="Ujung", status=status,
        at=at(7, 10), low_at=at(7, 10), high_at=at(7, 10) + timedelta(seconds=width_s),
    )  # fmt: skip


def a_board(row: Arrival, headway_s: int | None) -> DirectionBoard:
    return DirectionBoard(
        direction=RouteDirection("R1", 0), route=NETWORK.routes["R1"], headsign="Ujung", rows=[row], notes=[], hours=None,
        ends_here=False, only_alight=False, headway_s=headway_s,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("width_s", "status", "headway_s", "is_shown"),
    [
        (600, ArrivalStatus.NEXT_TRIP, 600, True),
        (601, ArrivalStatus.NEXT_TRIP, 600, False),
        (3600, ArrivalStatus.NEXT_TRIP, None, True),
        (3600, ArrivalStatus.LIVE, 600, True),
    ],
)
def test_a_bus_on_the_trip_before_is_shown_while_its_band_is_no_wider_than_the_headway(width_s, status, headway_s, is_shown):
    row = a_row(width_s, status)
    assert a_board(row, headway_s).shown == ([row] if is_shown else [])
