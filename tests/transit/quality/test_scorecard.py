"""The public scores on cases small enough to count by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transit.quality.scorecard import Passage, Promise, accuracy, examples, score

A = ("BUS1", "T1", "S3", 3)
LAST = ("BUS1", "T1", "S9", 9)


def promise(made_at, predicted_at, key=A, low_at=math.nan, high_at=math.nan):
    return Promise(key, made_at, predicted_at, low_at, high_at)


def passage(actual, key=A, run_id="run"):
    return Passage(key, actual, run_id)


def test_errors_are_counted_by_how_far_away_the_bus_really_was():
    found = score([promise(0, 100), promise(0, 130)], [passage(120)])
    assert found["mae_s"] == {"0-3": 15.0, "3-6": None, "6-10": None, "10-15": None, "15-30": None}
    assert found["bias_s"] == 5.0
    assert found["scored"] == 2


@pytest.mark.parametrize(
    ("away", "early_allowed", "late_allowed"), [(100, 30, 90), (200, 60, 150), (400, 60, 210), (800, 90, 270)]
)
def test_the_eta_benchmark_allows_so_much_and_no_more(away, early_allowed, late_allowed):
    bucket = {100: 0, 200: 1, 400: 2, 800: 3}[away]

    def share(error):
        return score([promise(0, away - error)], [passage(away)])["eta_benchmark"]["buckets"][bucket]

    assert share(-early_allowed) == share(late_allowed) == 100.0
    assert share(-early_allowed - 1) == share(late_allowed + 1) == 0.0


@pytest.mark.parametrize(
    ("said", "bucket", "early", "late"), [(100, 0, 60, 60), (200, 1, 90, 120), (500, 2, 150, 210), (900, 3, 240, 360)]
)
def test_the_mbta_bands_go_by_what_was_said(said, bucket, early, late):
    def share(error):
        return score([promise(0, said)], [passage(said + error)])["mbta_bands_pct"][bucket]

    assert share(-early) == share(late) == 100.0
    assert share(-early - 1) == share(late + 1) == 0.0


def test_a_promise_is_judged_by_the_next_passage_within_the_hour():
    assert score([promise(50, 100)], [passage(40), passage(90), passage(95)])["bias_s"] == -10.0
    assert score([promise(0, 100)], [passage(3700)])["scored"] == 0
    assert score([promise(0, 100)], [passage(1900)])["scored"] == 0  # found, but more than 30 min away
    assert score([promise(0, 100)], [passage(90, ("BUS2", *A[1:]))])["scored"] == 0


def test_for_each_figure_the_promise_stands_that_was_most_wrong():
    made = [
        promise(0, 90),
        promise(20, 200, low_at=190, high_at=210),
        promise(1, 40, low_at=30, high_at=119),
        promise(150, 160),
    ]
    shown = examples(made, [passage(120)])
    assert {name: row["made_at"] for name, row in shown.items()} == {"all": 20, "0-3": 20, "interval80": 20}
    assert shown["all"]["stop_id"] == "S3"
    assert examples([promise(0, 250)], [passage(200)]) == {key: {"made_at": 0, "stop_id": "S3"} for key in ("all", "3-6")}
    assert examples([promise(0, 100)], []) == {}


def test_a_bus_that_has_passed_and_is_still_promised():
    gone = score([promise(131, 140)], [passage(100)])
    assert gone["passed_still_shown_pct"] == 100.0
    assert gone["missing_passage_pct"] == 0.0  # it came, in the two minutes before
    assert score([promise(129, 140)], [passage(100)])["passed_still_shown_pct"] == 0.0
    assert score([promise(131, 140)], [passage(100), passage(900)])["passed_still_shown_pct"] == 0.0  # it comes again


def test_a_promise_that_nothing_answers():
    truth = [passage(5000, ("BUS1", "T1", "S1", 1))]
    assert score([promise(0, 500), promise(0, 600, LAST)], truth)["missing_passage_pct"] == 100.0  # of one: LAST is not counted
    assert score([promise(0, 500), promise(0, 600, LAST)], [*truth, passage(1400)])["missing_passage_pct"] == 0.0
    assert score([promise(0, 500), promise(0, 600, LAST)], [*truth, passage(1401)])["missing_passage_pct"] == 100.0
    assert score([promise(0, 700), promise(0, 800, LAST)], truth)["missing_passage_pct"] is None  # more than 10 min ahead


def test_intervals():
    rows = [promise(0, 100, low_at=80, high_at=120), promise(0, 100, low_at=90, high_at=100)]
    found = score(rows, [passage(110)])["interval80"]
    assert found == {"coverage_pct": 50.0, "mean_width_s": 25.0, "winkler_s": 75.0}  # (40 + 10 + 10 * 10) / 2


def test_availability_counts_promises_that_stood_then():
    truth = [passage(0, ("BUS1", "T1", "S1", 1)), passage(400)]
    assert score([promise(100, 390)], truth)["availability_at_5min_pct"] == 100.0
    assert score([promise(39, 390)], truth)["availability_at_5min_pct"] == 0.0  # made too long before
    assert score([promise(101, 390)], truth)["availability_at_5min_pct"] == 0.0  # made too late
    assert score([promise(100, 390)], truth)["availability_at_10min_pct"] is None  # nothing was under way so long


def test_nothing_promised_is_no_score():
    assert score([], [passage(100)])["scored"] == 0


@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 3000)), max_size=20),
    st.lists(st.integers(0, 5000), max_size=8),
)
def test_the_order_of_rows_says_nothing(promises, passages):
    made = [promise(at, at + ahead, low_at=at, high_at=at + ahead) for at, ahead in promises]
    truth = [passage(at) for at in passages]
    assert score(made, truth) == score(made[::-1], truth[::-1])


def test_a_bus_exactly_three_minutes_away_belongs_to_the_farther_bucket():
    made_at, predicted_at, actual = (np.array([seconds]) for seconds in (0.0, 170.0, 180.0))
    errors = accuracy(made_at, predicted_at, actual)["mae_s"]
    assert (errors["0-3"], errors["3-6"]) == (None, 10.0)
