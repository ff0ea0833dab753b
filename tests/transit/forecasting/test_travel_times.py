"""What is learnt of links: how they go today, in the stream lately and for a while, and a vehicle's own headway."""

from __future__ import annotations

from datetime import timedelta
from math import log

import pytest

from tests.builders import SEVEN, a_network, a_trip_instance
from transit.forecasting.links import LinkedPattern, links_of
from transit.forecasting.travel_times import TravelTimes
from transit.tracking.state import StopEvent

NETWORK = a_network()
TRIP = a_trip_instance()
LINK_S = 500.0 / 6.0  # by the plan


@pytest.fixture
def times() -> TravelTimes:
    return TravelTimes(links_of(NETWORK))


def way_of(times: TravelTimes) -> LinkedPattern:
    linked = times.links.of_trip(TRIP.trip_id)
    assert linked is not None
    return linked


def travel(times: TravelTimes, vehicle_id: str, started_s: float, *, pace: float, links: int = 7) -> float:
    """A vehicle that needs so many times the plan from each stop to the next; when it was last seen, Unix seconds."""
    linked = way_of(times)
    for index in range(links + 1):
        at = SEVEN + timedelta(seconds=started_s + index * LINK_S * pace)
        times.learn(StopEvent(vehicle_id, TRIP, f"S{index}", index + 1, at, at, 10.0), linked, index)
    return (SEVEN + timedelta(seconds=started_s + links * LINK_S * pace)).timestamp()


@pytest.mark.parametrize(("pace", "sign"), [(1.6, 1), (0.6, -1)])
def test_a_stream_that_goes_slower_lately_is_told_slower_and_a_faster_one_faster(
    times: TravelTimes, pace: float, sign: int
) -> None:
    at = travel(times, "A", 0.0, pace=pace)
    network, lately, longer = times.today(way_of(times), at)
    assert sign * lately > 0.1
    assert sign * longer > 0.0
    assert sign * network > 0.0


def test_what_went_slow_lately_is_forgotten_sooner_than_what_went_slow_for_a_while(times: TravelTimes) -> None:
    at = travel(times, "A", 0.0, pace=1.6)
    linked = way_of(times)
    _, lately, longer = times.today(linked, at)
    _, later, longer_later = times.today(linked, at + 3600.0)
    assert later / lately < longer_later / longer < 1.0


@pytest.mark.parametrize(("behind_s", "sign"), [(120.0, -1), (1200.0, 1)])
def test_a_vehicle_close_behind_has_a_negative_headway_and_one_far_behind_a_positive(
    times: TravelTimes, behind_s: float, sign: int
) -> None:
    """log of the time since the vehicle before, against the usual: the two before it came 600 s apart."""
    for n in range(3):
        travel(times, f"B{n}", 600.0 * n, pace=1.0)
    travel(times, "ME", 1200.0 + behind_s, pace=1.0)
    headway = times.pace("ME", TRIP)[2]
    assert headway == pytest.approx(log(behind_s / 600.0), abs=0.35)
    assert sign * headway > 0.0
