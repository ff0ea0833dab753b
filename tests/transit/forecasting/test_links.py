"""What the plan says of a link: its rounding evened out, and no faster than a vehicle can be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network
from transit.forecasting.links import PLAIN_SPEED_MPS, links_of
from transit.plan.network import StopTime


def planned(route_type: int, length_m: float, seconds: int) -> float:
    """The seconds that are believed of the first of two links, so long, with so many seconds in the plan."""
    network = a_network([(0.0, 0.0), (2 * length_m, 0.0)], length_m, with_shape=False)
    calls = tuple(StopTime(f"S{n}", n + 1, seconds * n, seconds * n) for n in range(3))
    trip = replace(network.trips["T1"], stop_times=calls)
    network = replace(network, trips={"T1": trip}, routes={"R1": replace(network.routes["R1"], route_type=route_type)})
    return float(links_of(network).planned_links("T1")[0])


@pytest.mark.parametrize(
    ("route_type", "length_m", "seconds"),
    [(3, 60_000.0, 2520), (200, 60_000.0, 2520), (2, 12_000.0, 320), (101, 140_000.0, 2000), (4, 20_000.0, 1500)],
    ids=["motorway", "coach", "regional train", "high-speed train", "ferry"],
)
def test_a_fast_plan_over_a_long_way_is_believed(route_type: int, length_m: float, seconds: int) -> None:
    assert planned(route_type, length_m, seconds) == pytest.approx(seconds, rel=0.02)


def test_a_plan_rounded_to_nothing_is_not() -> None:
    assert planned(3, 500.0, 0) == pytest.approx(500.0 / 18.0, rel=0.02)


@pytest.mark.parametrize(
    ("route_type", "fastest_mps"),
    [(0, 16.0), (1, 22.0), (2, 45.0), (3, 18.0), (4, 12.0), (5, 6.0), (6, 8.0), (7, 8.0), (11, 16.0), (12, 22.0)],
)
def test_between_two_stops_nothing_goes_faster_than_its_kind_can(route_type: int, fastest_mps: float) -> None:
    assert planned(route_type, 500.0, 0) == pytest.approx(500.0 / fastest_mps, rel=0.02)


@pytest.mark.parametrize(
    ("kind", "mps"), [(0, 6.0), (1, 10.0), (2, 16.0), (3, 5.5), (4, 5.0), (5, 3.0), (6, 5.0), (7, 4.0), (11, 5.5), (12, 9.0)]
)
def test_how_fast_each_kind_goes_where_nothing_else_is_known(kind: int, mps: float) -> None:
    """Stops included; the number that a rider sees where neither plan nor past say more."""
    assert PLAIN_SPEED_MPS[kind] == mps
