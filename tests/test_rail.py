"""The railway made by hand: what its feed says, what its trains do, and what one of each trouble costs."""

from __future__ import annotations

import pytest

from benchmarks.rail import answered, row_of
from benchmarks.rail_troubles import ALONE, AS_A_WHOLE, LINES
from benchmarks.rail_world import RailLine, rail_network, rail_recording
from transit.plan.patterns import patterns_of

MORNING = {"first_h": 5.0, "last_h": 8.0}


def test_the_lines_all_at_once_have_names_of_their_own():
    assert len({line.route_id for line in LINES}) == len(LINES)


@pytest.mark.parametrize("name", [*ALONE, "everything at once"])
def test_every_trouble_gives_a_feed_that_can_be_drawn_and_trains_that_are_heard(name):
    line = AS_A_WHOLE if name == "everything at once" else ALONE[name]
    recording = rail_recording((line,), 1, 1)
    assert set(patterns_of(recording.network).pattern_of) == set(recording.network.trips)
    assert {passage.key[1] for passage in recording.passages} <= set(recording.network.trips)
    in_service = [key for key, phase in recording.phases.items() if phase == "IN_PROGRESS"]
    assert len(in_service) > 1000
    assert {recording.labels[key] for key in in_service} <= set(recording.network.trips)
    assert all(fixes for fixes in recording.fixes.values())


def test_a_plan_an_hour_off_is_an_hour_off_in_the_feed_alone():
    right, wrong = (rail_network((RailLine(plan_off_s=off_s),)).trips["line-0-0"].stop_times[0] for off_s in (0.0, 3600.0))
    assert wrong.departure_s - right.departure_s == 3600
    assert rail_recording((RailLine(),), 1, 1).passages == rail_recording((RailLine(plan_off_s=3600.0),), 1, 1).passages


@pytest.mark.parametrize("name", ["all right", "line ends early", "line straight", "of the other service"])
def test_a_morning_of_trains_is_promised_and_on_the_trips_that_were_driven(name):
    recording = rail_recording((ALONE[name]._replace(**MORNING),), 1, 1)
    row = row_of(recording, answered(recording, "trip", 60))
    assert row["right trip"] >= 98.0
    assert row["avail. @5"] >= 95.0
    assert row["doubts"] == ""
