"""Two trackers in one train: one train for riders."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from tests.builders import SEVEN, a_drive, a_network
from transit.plan.network import Network
from transit.tracking.coupled import COUPLED_M, FORGOTTEN_S, CoupledTrains
from transit.tracking.pipeline import Pipeline
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

HOUR = 3600
TRACK = [(0.0, 0.0), (40000.0, 0.0)]
MPS = 20.0
RAIL, BUS = 2, 3


def a_railway(route_type: int = RAIL) -> Network:
    """A train each twenty minutes."""
    network = a_network(TRACK, 4000.0, first_departures=tuple(7 * HOUR + 1200 * n for n in range(-3, 4)), speed_mps=MPS)
    return replace(network, routes={"R1": replace(network.routes["R1"], route_type=route_type)})


def driven(network: Network, later_s: float, told: dict[str, str]) -> dict[str, list[str | None]]:
    """The trips of two units fix by fix, a minute apart, of which the second is later_s behind."""
    first = a_drive(TRACK, SEVEN, speed_mps=MPS, every_s=60.0, vehicle_id="FIRST")
    second = [
        replace(one, vehicle_id="SECOND", tracker_id="SECOND", reported_at=one.reported_at + timedelta(seconds=25.0 + later_s))
        for one in a_drive(TRACK, SEVEN, speed_mps=MPS, every_s=60.0, from_m=25.0 * MPS)
    ]
    pipeline = Pipeline(network)
    trips: dict[str, list[str | None]] = {"FIRST": [], "SECOND": []}
    for report in sorted(first + second, key=lambda one: one.reported_at):
        report = replace(report, received_at=report.reported_at)
        hint = AssignmentHint("R1", told[report.vehicle_id]) if report.vehicle_id in told else NO_HINT
        state = pipeline.step(report, hint).state
        assert state is not None
        trips[report.vehicle_id].append(None if state.matched.trip is None else state.matched.trip.trip_id)
    return trips


@pytest.mark.parametrize("told", [{}, {"FIRST": "T4"}, {"SECOND": "T4"}], ids=["nobody", "the first", "the second"])
def test_of_two_coupled_units_one_has_the_trip_and_the_other_none(told: dict[str, str]) -> None:
    trips = driven(a_railway(), 0.0, told)
    after = int(COUPLED_M / MPS / 60.0) + 3
    both = list(zip(trips["FIRST"][after:-3], trips["SECOND"][after:-2], strict=True))
    assert set(both) in ({("T4", None)}, {(None, "T4")})
    for vehicle_id in told:
        assert set(trips[vehicle_id][after:-2]) == {"T4"}


def test_two_trains_that_follow_each_other_are_both_on_trips() -> None:
    trips = driven(a_railway(), 240.0, {})
    assert set(trips["FIRST"][3:-2]) == {"T4"}
    assert None not in trips["SECOND"][3:-2]


def test_two_trains_side_by_side_on_two_tracks_are_each_on_the_trip_that_they_were_told() -> None:
    trips = driven(a_railway(), 0.0, {"FIRST": "T4", "SECOND": "T5"})
    assert set(trips["FIRST"][3:-2]) == {"T4"}
    assert set(trips["SECOND"][3:-2]) == {"T5"}


def test_buses_are_bunched_and_not_coupled() -> None:
    trips = driven(a_railway(BUS), 0.0, {})
    assert None not in [*trips["FIRST"][3:-2], *trips["SECOND"][3:-2]]


def test_trains_that_meet_or_part_are_not_coupled() -> None:
    trains = CoupledTrains()
    for minute in range(10):
        trains.note("UP", 60.0 * minute, 1200.0 * minute, 0.0)
        trains.note("DOWN", 60.0 * minute + 20.0, 12000.0 - 1200.0 * minute, 5.0)
    assert trains.partners("DOWN", 600.0, 600.0) == []


def test_coupled_is_who_was_beside_another_for_five_kilometres_until_they_part() -> None:
    trains = CoupledTrains()
    found = []
    for minute in range(12):
        trains.note("A", 60.0 * minute, 1200.0 * minute, 0.0)
        parted_m = 3000.0 if minute >= 9 else 0.0
        trains.note("B", 60.0 * minute + 30.0, 1200.0 * minute + 600.0, 50.0 + parted_m)
        found.append(trains.partners("B", 60.0 * minute + 30.0, 600.0))
    assert found == [[]] * 5 + [["A"]] * 4 + [[]] * 3


@pytest.mark.parametrize("vehicle_id", ["A", "B"])
def test_a_vehicle_that_is_released_is_coupled_with_nobody(vehicle_id: str) -> None:
    trains = CoupledTrains()
    for minute in range(8):
        trains.note("A", 60.0 * minute, 1200.0 * minute, 0.0)
        trains.note("B", 60.0 * minute + 30.0, 1200.0 * minute + 600.0, 50.0)
    assert (trains.partners("A", 450.0, 600.0), trains.partners("B", 450.0, 600.0)) == (["B"], ["A"])
    trains.forget(vehicle_id)
    assert trains.partners("A", 450.0, 600.0) == trains.partners("B", 450.0, 600.0) == []


@pytest.mark.parametrize("sigma_m", [5.0, 30.0])
@pytest.mark.parametrize("every_s", [10.0, 60.0])
def test_trains_that_stand_side_by_side_all_night_are_not_coupled(every_s: float, sigma_m: float) -> None:
    noise, trains = Random(7), CoupledTrains()
    for n in range(int(8 * HOUR / every_s)):
        trains.note("A", every_s * n, noise.gauss(0.0, sigma_m), noise.gauss(0.0, sigma_m))
        trains.note("B", every_s * (n + 0.5), noise.gauss(0.0, sigma_m), 20.0 + noise.gauss(0.0, sigma_m))
    assert trains.partners("A", 8.0 * HOUR, 600.0) == trains.partners("B", 8.0 * HOUR, 600.0) == []


@pytest.mark.parametrize(("silent_s", "partners"), [(0.5 * FORGOTTEN_S, ["A"]), (1.5 * FORGOTTEN_S, [])])
def test_a_train_that_was_not_heard_for_long_begins_anew(silent_s: float, partners: list[str]) -> None:
    trains = CoupledTrains()
    for minute in range(10):
        trains.note("A", 60.0 * minute, 1200.0 * minute, 0.0)
        trains.note("B", 60.0 * minute + 30.0, 1200.0 * minute + 600.0, 50.0)
    t = 600.0
    while t < 600.0 + silent_s:
        trains.note("B", t, 11400.0, 50.0)
        t += 60.0
    trains.note("A", t - 30.0, 11400.0, 0.0)
    trains.note("B", t, 11400.0, 50.0)
    assert trains.partners("B", t, 600.0) == partners
