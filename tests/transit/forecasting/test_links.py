"""What the plan says of a link: its rounding evened out, and no faster than a vehicle can be."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import a_network
from transit.forecasting.links import links_of
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
