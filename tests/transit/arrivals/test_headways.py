"""How far apart buses run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import LOOP, MONDAY, a_network, a_trip_instance, at, every
from transit.arrivals.headways import Band, Spacing, latest_by_vehicle, observed_headways, planned_bands, planned_now_s, spacing
from transit.plan.timetable import RouteDirection
from transit.tracking.state import StopEvent

R1 = RouteDirection("R1", 0)


def left(vehicle_id, when, *, sequence=2, stop_id="S1", trip_id="T1"):
    return StopEvent(vehicle_id, a_trip_instance(trip_id), stop_id, sequence, when, when, 5.0)


@pytest.mark.parametrize(
    ("headway_s", "planned_s", "expected"),
    [
        (120, 300, Spacing.BUNCHED),
        (121, 300, Spacing.EVEN),
        (150, 600, Spacing.BUNCHED),
        (899, 600, Spacing.EVEN),
        (900, 600, Spacing.GAP),
        (1200, 600, Spacing.SEVERE_GAP),
        (5000, None, Spacing.EVEN),
        (60, None, Spacing.BUNCHED),
    ],
)
def test_what_a_headway_is_called(headway_s, planned_s, expected):
    assert spacing(headway_s, planned_s) is expected


def test_a_headway_lies_between_two_different_buses():
    rows = observed_headways(a_network(), [left("B", at(7, 10)), left("A", at(7)), left("A", at(7, 30), trip_id="T2")])
    assert [(row.ahead_id, row.vehicle_id, row.headway_s) for row in rows] == [("A", "B", 600), ("B", "A", 1200)]
    assert latest_by_vehicle(rows)["A"].headway_s == 1200


def test_two_visits_of_a_loop_are_not_counted_as_two_buses():
    network = a_network(LOOP)
    last = len(network.trips["T1"].stop_times)
    events = [left("A", at(7), stop_id="S0", sequence=1), left("A", at(7, 15), stop_id="S0", sequence=last)]
    events.append(left("B", at(7, 20), stop_id="S0", sequence=1))
    (row,) = observed_headways(network, events)
    assert row.headway_s == 1200


def test_a_call_that_was_not_left_gives_none():
    assert observed_headways(a_network(), [left("A", at(7)), replace(left("B", at(7, 5)), departed_at=None)]) == []


def test_a_promised_headway_is_a_band_shifted_to_the_stop():
    network = a_network(headway=every(10))
    assert planned_bands(network, R1, "S3", MONDAY) == [Band(6 * 3600 + 250, 18 * 3600 + 250, 600)]
    assert planned_now_s(network, R1, "S3", MONDAY, 9 * 3600) == 600
    assert planned_now_s(network, R1, "S3", MONDAY, 20 * 3600) is None


def test_a_timetable_has_the_usual_gap_of_each_hour():
    starts = (*range(6 * 3600, 9 * 3600, 600), *range(9 * 3600, 12 * 3600, 1800))
    bands = planned_bands(a_network(first_departures=starts), R1, "S0", MONDAY)
    assert [(band.start_s // 3600, band.end_s // 3600, band.headway_s) for band in bands] == [(6, 9, 600), (9, 12, 1800)]
