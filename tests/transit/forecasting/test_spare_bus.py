"""A spare bus at its terminal, whose departures others run, is not promised for hours."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import STRAIGHT, a_drive, a_network, a_report, at
from transit.forecasting.forecaster import Forecaster
from transit.plan.network import Network
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport

HEADWAY_S = 900
STARTS_S = [8 * 3600 + HEADWAY_S * n for n in range(12)]  # 08:00, 08:15, ... 10:45
TIMETABLED = a_network(first_departures=tuple(STARTS_S))
TICK_S = 60


def minutes_promised(network: Network, reports: list[AvlReport], vehicle_id: str) -> list[int]:
    """Minutes after 07:50 at which something is said of a vehicle."""
    pipeline, forecaster = Pipeline(network), Forecaster(network)
    minutes, begun = [], at(7, 50)
    tick = begun
    for report in sorted(reports, key=lambda each: (each.reported_at, each.vehicle_id)):
        while report.reported_at > tick:
            tick += timedelta(seconds=TICK_S)
            states = list(pipeline.states.values())
            forecaster.observe(states, tick)
            if any(prediction.vehicle_id == vehicle_id for prediction in forecaster.predict(states, tick)):
                minutes.append(round((tick - begun).total_seconds() / TICK_S))
        forecaster.learn(pipeline.step(report).events)
    return minutes


def standing(vehicle_id: str, since_s: float, until_s: float, east_m: float = 0.0) -> list[AvlReport]:
    """Seconds after midnight by the cast's clock."""
    count = int((until_s - since_s) // 20)
    return [a_report((east_m, 5.0), at(0, 0, since_s + 20.0 * n), vehicle_id=vehicle_id) for n in range(count)]


def others() -> list[AvlReport]:
    """A bus for each departure: it comes three minutes before, and leaves a little early or late."""
    reports = []
    for n, start_s in enumerate(STARTS_S):
        leaves_s = start_s + (-20.0, 30.0, 70.0)[n % 3]
        name = f"BUS{n + 10}"
        reports += standing(name, start_s - 180.0, leaves_s, 3.0)
        reports += a_drive(STRAIGHT, at(0, 0, leaves_s), vehicle_id=name, every_s=20.0)
    return reports


@pytest.mark.parametrize("came_s", [7 * 3600 + 50 * 60, 8 * 3600 + 20 * 60])
def test_a_spare_bus_whose_departures_others_run_is_promised_for_two_of_them_at_the_most(came_s: int) -> None:
    spare = standing("SPARE", came_s, 11 * 3600)
    promised = minutes_promised(TIMETABLED, spare + others(), "SPARE")
    came = (came_s - 7 * 3600) // 60 - 50
    assert promised
    assert promised[-1] - came <= 10 + 2 * HEADWAY_S // 60 + 8  # until two departures were let go, and five minutes and three


def test_a_bus_that_waits_for_a_departure_of_its_own_is_promised_until_it_leaves() -> None:
    early = standing("BUS99", STARTS_S[2] - 1500.0, STARTS_S[2] + 60.0)
    rest = [report for report in others() if report.vehicle_id != "BUS12"]
    promised = minutes_promised(TIMETABLED, early + rest, "BUS99")
    assert set(range(16, 40)) <= set(promised)
