"""The accuracy that a tracker sends is believed as far as where its fixes lie bears it out."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from tests.builders import a_drive, a_network, a_report
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport, Rejection
from transit.tracking.state import VehicleStatus

NETWORK = a_network(first_departures=tuple(range(7 * 3600, 9 * 3600, 600)))
NEEDED = 8  # rough fixes on a line


def outcomes(reports: list[AvlReport], pipeline: Pipeline | None = None) -> list[Rejection | None]:
    pipeline = pipeline or Pipeline(NETWORK)
    return [pipeline.step(report).rejection for report in reports]


def rough(reports: list[AvlReport], accuracy_m: float = 500.0) -> list[AvlReport]:
    return [replace(report, accuracy_m=accuracy_m) for report in reports]


@pytest.mark.parametrize("accuracy_m", [101.0, 500.0, 2000.0])
def test_fixes_that_are_called_rough_and_lie_on_the_line_are_taken_after_the_eighth(accuracy_m: float) -> None:
    pipeline = Pipeline(NETWORK)
    drive = rough(a_drive(every_s=15.0), accuracy_m)
    refused = outcomes(drive, pipeline)
    assert refused[: NEEDED - 1] == [Rejection.INACCURATE] * (NEEDED - 1)
    assert set(refused[NEEDED - 1 :]) == {None}
    state = pipeline.states["BUS1"]
    assert state.matched.status is VehicleStatus.ON_TRIP
    assert state.doubts == ("accuracy_poor",)
    assert state.report.accuracy_m is None


def test_fixes_that_are_called_rough_and_lie_about_stay_refused() -> None:
    random = Random(1)
    scattered = [
        a_report(((n * 90.0) % 4000.0, random.gauss(0.0, 300.0)), report.reported_at)
        for n, report in enumerate(a_drive(every_s=15.0))
    ]
    assert set(outcomes(rough(scattered))) == {Rejection.INACCURATE}


def test_a_phone_that_is_placed_on_one_mast_beside_the_line_stays_refused() -> None:
    at_mast = [a_report((1000.0, 5.0), report.reported_at) for report in a_drive()]
    assert set(outcomes(rough(at_mast))) == {Rejection.INACCURATE}


def test_two_masts_on_the_line_between_which_no_bus_drives_are_no_evidence() -> None:
    masts = [a_report((3500.0 * (n % 2), 0.0), report.reported_at) for n, report in enumerate(a_drive())]
    assert set(outcomes(rough(masts))) == {Rejection.INACCURATE}


def mixed(every: int, rough_off_m: float = 0.0, sigma_m: float = 0.0) -> list[AvlReport]:
    """A drive of which one fix in so many is called exact and is, and the others are called rough and lie off the road."""
    random, drive = Random(3), a_drive(every_s=15.0)
    reports = []
    for n, report in enumerate(drive):
        east_m, north_m = random.gauss(0.0, sigma_m), rough_off_m + random.gauss(0.0, sigma_m)
        is_exact = n % every == 0
        place = a_report((90.0 * n, 0.0) if is_exact else (90.0 * n + east_m, north_m), report.reported_at)
        reports.append(replace(place, accuracy_m=10.0 if is_exact else 500.0))
    return reports


@pytest.mark.parametrize("every", [2, 3])
def test_who_sends_exact_fixes_too_between_which_its_rough_ones_lie_is_not_believed_that_they_are(every: int) -> None:
    pipeline = Pipeline(NETWORK)
    refused = outcomes(mixed(every), pipeline)
    assert refused.count(Rejection.INACCURATE) == NEEDED - 1
    assert set(refused[-12:]) == {None}
    assert pipeline.states["BUS1"].doubts == ("accuracy_poor",)


@pytest.mark.parametrize("every", [2, 3])
@pytest.mark.parametrize(("off_m", "sigma_m"), [(0.0, 300.0), (200.0, 0.0)])
def test_who_sends_exact_fixes_too_and_calls_rough_what_is_rough_is_believed(every: int, off_m: float, sigma_m: float) -> None:
    reports = mixed(every, off_m, sigma_m)
    refused = outcomes(reports)
    assert refused.count(Rejection.INACCURATE) == sum(report.accuracy_m == 500.0 for report in reports)


def test_who_has_left_its_line_is_followed_all_the_same() -> None:
    pipeline = Pipeline(NETWORK)
    drive = a_drive(every_s=15.0)
    beside = [a_report((90.0 * n, 0.0 if n < 15 else 600.0), report.reported_at) for n, report in enumerate(drive)]
    assert set(outcomes(rough(beside), pipeline)[NEEDED:]) == {None}


def test_another_tracker_on_the_vehicle_begins_anew() -> None:
    pipeline = Pipeline(NETWORK)
    drive = rough(a_drive(every_s=15.0))
    outcomes(drive[:20], pipeline)
    assert outcomes([replace(drive[20], tracker_id="another")], pipeline) == [Rejection.INACCURATE]


def test_fixes_that_are_called_exact_and_scatter_are_told_and_steady_ones_are_not() -> None:
    random = Random(2)
    pipeline = Pipeline(NETWORK)
    steady = [replace(report, accuracy_m=3.0) for report in a_drive()]
    outcomes(steady, pipeline)
    assert pipeline.states["BUS1"].doubts == ()
    scattered = [
        a_report((60.0 * n + random.gauss(0.0, 60.0), random.gauss(0.0, 60.0)), report.reported_at)
        for n, report in enumerate(steady)
    ]
    pipeline = Pipeline(NETWORK)
    outcomes([replace(report, accuracy_m=3.0) for report in scattered], pipeline)
    assert pipeline.states["BUS1"].doubts == ("accuracy_good",)
    assert pipeline.states["BUS1"].report.accuracy_m == 75.0
