"""No row of a trip that the plan will not run; the last bus of the day is marked, and no other."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders import MONDAY, a_network, at, every
from transit.arrivals.rows import Arrival, ArrivalStatus, arrivals_at
from transit.forecasting.prediction import Prediction, Tier
from transit.plan.network import TripInstance

UNTIL_16 = every(10, 6 * 3600, 16 * 3600)


def predicted(
    leaves_at: datetime,
    tier: Tier = Tier.NEXT_TRIP,
    wide_min: float = 4.0,
    seen_at: datetime = at(15, 45),  # noqa: B008
) -> Prediction:
    """Of a bus that begins a trip at this moment; S0 is its first stop."""
    half = timedelta(minutes=wide_min / 2)
    return Prediction(
        vehicle_id="BUS1",
        trip=TripInstance("T1", MONDAY, 15 * 3600),
        stop_id="S0",
        stop_sequence=1,
        made_at=seen_at,
        reported_at=seen_at,
        predicted_at=leaves_at,
        low_at=leaves_at - half,
        high_at=leaves_at + half,
        tier=tier,
        is_departure=True,
    )


def rows(*predictions: Prediction, now: datetime = at(15, 45)) -> list[Arrival]:  # noqa: B008
    network = a_network(headway=UNTIL_16)
    return [row for row in arrivals_at(network, "S0", predictions, {}, now) if row.trip is not None]


@pytest.mark.parametrize("tier", [Tier.NEXT_TRIP, Tier.AT_TERMINAL])
def test_a_trip_that_would_begin_after_the_hours_is_no_row(tier: Tier) -> None:
    assert rows(predicted(at(16, 15), tier)) == []
    assert len(rows(predicted(at(15, 58), tier))) == 1


def test_a_bus_under_way_is_shown_however_late() -> None:
    assert [row.status for row in rows(predicted(at(16, 15), Tier.LIVE))] == [ArrivalStatus.LIVE]


def test_a_range_wider_than_the_headway_says_less_than_the_headway() -> None:
    assert rows(predicted(at(15, 50), wide_min=12.0)) == []
    assert len(rows(predicted(at(15, 50), wide_min=9.0))) == 1


def test_the_last_bus_of_the_day_is_marked_and_no_other() -> None:
    noon = predicted(at(12), Tier.AT_TERMINAL, seen_at=at(11, 50))
    early, late = predicted(at(15, 47), Tier.AT_TERMINAL), predicted(at(15, 57))
    assert [row.is_last_of_day for row in rows(early, late)] == [False, True]
    assert [row.is_last_of_day for row in rows(noon, now=at(11, 50))] == [False]


def test_where_a_line_ends_only_the_last_of_the_buses_that_come_in_is_marked() -> None:
    network = a_network(headway=UNTIL_16)
    end = network.trips["T1"].stop_times[-1]
    now, coming = at(15, 58), []
    for n, moment in enumerate((at(16, 2), at(16, 6), at(16, 9))):
        row = predicted(moment, Tier.LIVE, seen_at=now)
        row = replace(row, vehicle_id=f"BUS{n}", stop_id=end.stop_id, stop_sequence=end.stop_sequence, is_departure=False)
        coming.append(row)
    found = [row for row in arrivals_at(network, end.stop_id, coming, {}, now) if row.trip is not None]
    assert [row.is_last_of_day for row in found] == [False, False, True]


def test_the_last_of_a_timetable_is_marked() -> None:
    network = a_network(first_departures=(7 * 3600, 8 * 3600))
    found = [row for row in arrivals_at(network, "S0", [], {}, at(6, 55)) if row.trip is not None]
    assert [(row.trip.trip_id, row.is_last_of_day) for row in found if row.trip] == [("T1", False), ("T2", True)]
