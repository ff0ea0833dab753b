"""A promise expires: recorded vehicles that break down, park, freeze or stand in a jam, through replay."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from functools import lru_cache
from itertools import pairwise

import pytest

from gps_ingest.recordings.replay import open_recording, replay
from gtfs.reader import read_network
from tests.conftest import HOUSE

CASES = HOUSE / "tests" / "cases" / "standing"
MINUTE = 60
Minutes = dict[int, list[float]]  # minute since the first report -> seconds ahead of each prediction made then


@lru_cache(maxsize=8)
def replayed(name: str) -> tuple[dict[str, Minutes], dict[str, list[dict[str, str]]]]:
    """By vehicle: what was promised each minute, and its matches."""
    promises, matches = io.StringIO(), io.StringIO()
    with open_recording(CASES / f"{name}.csv.gz") as rows:
        replay(read_network(CASES / "network"), rows, predictions_out=promises, matches_out=matches, every_s=MINUTE)
    by_vehicle: dict[str, list[dict[str, str]]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(matches.getvalue())):
        by_vehicle[row["vehicle_id"]].append(row)
    ahead: dict[str, Minutes] = defaultdict(lambda: defaultdict(list))
    for row in csv.DictReader(io.StringIO(promises.getvalue())):
        begun = float(by_vehicle[row["vehicle_id"]][0]["reported_at"])
        minute = int((float(row["made_at"]) - begun) // MINUTE)
        ahead[row["vehicle_id"]][minute].append(float(row["predicted_at"]) - float(row["made_at"]))
    return ahead, by_vehicle


def test_a_bus_that_breaks_down_is_promised_later_and_later_and_then_not_at_all_until_it_goes_on() -> None:
    """It stands from minute 11 to 51; the link before it usually takes at most six minutes."""
    said = replayed("replay_BROKEN")[0]["BROKEN"]
    nearest = [said[minute][0] for minute in range(12, 20)]
    assert all(after > before for before, after in pairwise(nearest))
    assert not any(said[minute] for minute in range(23, 51))
    assert said[53]
    assert said[60]


def test_the_trip_of_a_bus_that_stands_stays_its_trip() -> None:
    for vehicle_id, rows in replayed("standing_25min")[1].items():
        trips = {(row["trip_id"], row["start_time"]) for row in rows[10:-60]}
        assert len(trips) == 1, vehicle_id
        assert {row["status"] for row in rows[10:-60]} == {"on_trip"}, vehicle_id


def test_buses_that_stood_for_half_an_hour_are_promised_again_when_they_go_on() -> None:
    said = replayed("standing_25min")[0]["JAM32"]
    assert not any(said[minute] for minute in range(24, 43))
    assert all(said[minute] for minute in range(45, 55))


@pytest.mark.parametrize(("name", "vehicle_id", "ended"), [("replay_DEPOT", "DEPOT", 52), ("parked_drift", "PARK25", 30)])
def test_drift_beside_the_line_is_no_driving(name: str, vehicle_id: str, ended: int) -> None:
    """For hours, whatever trip the parked bus would be on by its place."""
    said = replayed(name)[0][vehicle_id]
    assert any(said[minute] for minute in range(10))
    assert not any(said[minute] for minute in range(ended, 205))


def test_a_bus_that_stays_at_its_terminal_keeps_its_minutes_for_two_headways_and_no_longer() -> None:
    """The headway is 15 minutes, it arrives in minute 27 of its reports."""
    said = replayed("parked_drift")[0]["TERM15"]
    assert all(said[minute] for minute in range(30, 55))
    assert not any(said[minute] for minute in range(64, 280))


def test_a_receiver_that_repeats_one_point_promises_nothing_in_the_end() -> None:
    said = replayed("replay_FROZEN")[0]["FROZEN"]
    assert all(said[minute] for minute in range(11))
    assert not any(said[minute] for minute in range(18, 23))
    assert said[25]


def test_a_bus_whose_fixes_are_rounded_to_three_decimals_drives() -> None:
    said = replayed("replay_ROUND3")[0]["ROUND3"]
    assert all(said[minute] for minute in range(1, 27))
