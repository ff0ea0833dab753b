"""How far buses drove without a trip."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import MONDAY, at, place
from transit.quality.empty_runs import Look, empty_metres

ZONE = "Asia/Jakarta"


def looks(*rows, vehicle_id="BUS1"):
    """Each: minutes after seven, metres east, whether it is empty."""
    return [Look(at(7) + timedelta(minutes=m), vehicle_id, *place(east, 0.0), is_empty=is_empty) for m, east, is_empty in rows]


def metres(*rows):
    return {hour: round(value) for hour, value in empty_metres(rows, MONDAY, ZONE).items()}


def test_what_is_driven_between_two_looks_without_a_trip_is_empty():
    assert metres(*looks((0, 0, True), (1, 400, True), (2, 900, True))) == {7: pytest.approx(900, abs=5)}


def test_what_is_driven_on_a_trip_or_to_its_first_look_is_not():
    assert metres(*looks((0, 0, False), (1, 400, False), (2, 900, True))) == {7: 0}
    assert metres(*looks((0, 0, True), (1, 400, False))) == {7: 0}


def test_a_receiver_that_stands_drives_nothing():
    assert metres(*looks((0, 0, True), (1, 99, True), (2, 0, True))) == {7: 0}
    assert metres(*looks((0, 0, True), (1, 101, True)))[7] > 0


def test_over_a_hole_in_the_record_nothing_is_counted():
    assert metres(*looks((0, 0, True), (3, 800, True)))[7] > 0
    assert metres(*looks((0, 0, True), (4, 800, True))) == {7: 0}


def test_each_bus_counts_for_itself_and_each_hour_of_its_own():
    rows = sorted(
        [
            *looks((0, 0, True), (1, 500, True), (60, 0, True), (61, 300, True)),
            *looks((0, 9000, True), (1, 9200, True), vehicle_id="BUS2"),
        ],
        key=lambda look: look.at,
    )
    assert metres(*rows) == {7: pytest.approx(700, abs=5), 8: pytest.approx(300, abs=5)}
    assert metres() == {}
