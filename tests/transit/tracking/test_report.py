"""Which reports may move a vehicle, and the name of the reason where one may not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import SEVEN, a_report
from transit.plan.geometry import Area
from transit.tracking.report import AvlReport, Rejection, screen

AREA = Area(3.4, 98.3, 3.8, 98.7)
NOW = SEVEN + timedelta(seconds=2)


def screened(report: AvlReport, previous: AvlReport | None = None) -> Rejection | None:
    return screen(report, previous, max(NOW, report.received_at), area=AREA)


def later(seconds: float, east: float = 0.0) -> AvlReport:
    return a_report((east, 0.0), SEVEN + timedelta(seconds=seconds))


def test_a_first_report_inside_the_area_is_taken() -> None:
    assert screened(a_report()) is None


@pytest.mark.parametrize(
    ("lat", "lon", "reason"),
    [
        (0.0, 0.0, Rejection.NULL_ISLAND),
        (0.0009, -0.0009, Rejection.NULL_ISLAND),
        (0.0, 98.5, Rejection.OUT_OF_AREA),
        (3.39, 98.5, Rejection.OUT_OF_AREA),
        (3.6, 98.71, Rejection.OUT_OF_AREA),
        (float("nan"), 98.5, Rejection.OUT_OF_RANGE),
        (3.6, float("nan"), Rejection.OUT_OF_RANGE),
        (float("inf"), 98.5, Rejection.OUT_OF_RANGE),
        (90.1, 98.5, Rejection.OUT_OF_RANGE),
        (3.6, -180.1, Rejection.OUT_OF_RANGE),
    ],
)
def test_a_place_that_cannot_be_is_refused_by_name(lat: float, lon: float, reason: Rejection) -> None:
    assert screened(replace(a_report(), lat=lat, lon=lon)) is reason


def test_the_border_of_the_area_belongs_to_it() -> None:
    assert screened(replace(a_report(), lat=AREA[0], lon=AREA[3])) is None


@pytest.mark.parametrize(
    ("accuracy_m", "reason"),
    [(100.0, None), (100.1, Rejection.INACCURATE), (float("nan"), Rejection.INACCURATE)],
)
def test_a_fix_that_says_it_is_vague_is_refused(accuracy_m: float, reason: Rejection | None) -> None:
    assert screened(replace(a_report(), accuracy_m=accuracy_m)) is reason


@pytest.mark.parametrize(("ahead_s", "reason"), [(60.0, None), (61.0, Rejection.FUTURE), (86400.0, Rejection.FUTURE)])
def test_a_fix_more_than_a_minute_ahead_of_us_is_from_the_future(ahead_s: float, reason: Rejection | None) -> None:
    report = a_report(when=SEVEN + timedelta(seconds=ahead_s), delay_s=-ahead_s)
    assert screen(report, None, SEVEN, area=AREA) is reason


def test_hours_late_is_history_and_a_wrong_week_is_too_old() -> None:
    assert screen(a_report(), None, SEVEN + timedelta(hours=30), area=AREA) is None
    assert screen(a_report(), None, SEVEN + timedelta(days=7, seconds=1), area=AREA) is Rejection.TOO_OLD


def test_the_same_time_twice_is_a_duplicate_and_an_earlier_one_is_out_of_order() -> None:
    assert screened(later(0), later(0)) is Rejection.DUPLICATE
    assert screened(later(-10), later(0)) is Rejection.OUT_OF_ORDER
    assert screened(later(0.001), later(0)) is None


def test_what_another_tracker_of_the_bus_has_said_already_is_no_fault_of_the_one_that_says_it_again() -> None:
    assert screened(replace(later(0), tracker_id="T2"), later(0)) is Rejection.OTHER_TRACKER
    assert screened(replace(later(-10), tracker_id="T2"), later(0)) is Rejection.OUT_OF_ORDER


@given(st.floats(), st.floats(), st.one_of(st.none(), st.floats()))
def test_no_number_can_do_worse_than_be_refused(lat: float, lon: float, accuracy_m: float | None) -> None:
    report = replace(a_report(), lat=lat, lon=lon, accuracy_m=accuracy_m)
    if screened(report, a_report(when=SEVEN - timedelta(seconds=30))) is None:
        assert AREA[0] <= lat <= AREA[2]
        assert AREA[1] <= lon <= AREA[3]
