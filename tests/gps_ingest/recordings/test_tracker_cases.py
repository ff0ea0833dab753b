"""Troubles that real trackers and drivers make, replayed: what is matched and what is promised meanwhile."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import NamedTuple

import numpy as np
import pytest

from gps_ingest.recordings.replay import open_recording, replay
from gtfs.reader import read_network
from transit.plan.patterns import patterns_of

CASES = Path(__file__).parents[2] / "cases" / "trackers"
EVERY_S = 60
NINE = 1795658400  # 26 November 2026, 09:00 at the sample network's place
Row = dict[str, str]


class Replayed(NamedTuple):
    matches: list[Row]
    predictions: list[Row]

    @property
    def statuses(self) -> list[str]:
        return [row["status"] for row in self.matches]

    @property
    def trips(self) -> set[str]:
        return {row["trip_id"] for row in self.matches}

    def promised(self, stop_sequence: int) -> set[int]:
        """The moments at which something was said of that stop."""
        return {int(row["made_at"]) for row in self.predictions if int(row["stop_sequence"]) == stop_sequence}

    @property
    def ticks(self) -> set[int]:
        """The moments between the first report and the last at which something could be said."""
        first, last = (float(self.matches[n]["reported_at"]) for n in (0, -1))
        return {t for t in range(int(first) // EVERY_S * EVERY_S, int(last) + 1, EVERY_S) if t > first}


@cache
def replayed(case: str, assignment: str = "trip", moved_s: int = 0) -> Replayed:
    """moved_s: by how much later everything was driven than in the case."""
    if not moved_s:
        return altered(case, lambda row: row, assignment)
    return altered(case, lambda row: {**row, "timestamp": str(int(row["timestamp"]) + moved_s)}, assignment)


def altered(case: str, change: Callable[[Row], Row], assignment: str = "trip") -> Replayed:
    """A case of the same kind: each row of this one changed."""
    folder = CASES / case
    feed = folder / "gtfs.zip"
    with open_recording(folder / "reports.csv") as recorded:
        return played((change(dict(row)) for row in recorded), assignment, feed if feed.exists() else CASES / "sample.zip")


def played(rows: Iterable[Row], assignment: str = "trip", feed: Path = CASES / "sample.zip") -> Replayed:
    predictions, matches = io.StringIO(), io.StringIO()
    network = read_network(feed)
    replay(network, rows, predictions_out=predictions, matches_out=matches, assignment=assignment, every_s=EVERY_S)
    said, placed = (list(csv.DictReader(io.StringIO(text.getvalue()))) for text in (predictions, matches))
    return Replayed(placed, said)


@pytest.mark.parametrize("assignment", ["trip", "route"])
@pytest.mark.parametrize("case", ["told_trip_constant_bearing", "route_only_constant_bearing"])
def test_a_bearing_that_never_changes_takes_no_bus_away(case: str, assignment: str) -> None:
    whole = replayed(case, assignment)
    assert whole.statuses.count("on_trip") >= len(whole.matches) - 2
    assert whole.ticks - {int(row["made_at"]) for row in whole.predictions} == set()


def test_a_bus_whose_bearing_is_always_north_is_on_its_trip_within_half_a_minute() -> None:
    whole = replayed("replay_NORTH0")
    assert "on_trip" in whole.statuses[:4]
    assert set(whole.statuses[3:]) == {"on_trip"}
    assert whole.trips == {"", "biru-ke-timur"}


def test_an_hour_off_the_timetable_the_label_and_the_place_together_are_believed() -> None:
    whole = replayed("told_trip_stale_timetable")
    assert whole.trips == {"T00"}
    assert set(whole.statuses[1:]) == {"on_trip"}
    assert arrival_errors_s(whole) < 60.0  # it keeps its pace to the second; the plan would be 3600 s off


def test_with_the_line_alone_named_it_is_on_a_trip_of_that_line_before_long() -> None:
    whole = replayed("told_trip_stale_timetable", "route")
    assert set(whole.statuses[4:-1]) == {"on_trip"}
    assert arrival_errors_s(whole) < 60.0


@pytest.mark.parametrize(("assignment", "early_h", "on_trip_from"), [("trip", 2.9, 3), ("route", 2.0, 4), ("route", 2.9, 6)])
def test_hours_before_the_first_trip_of_the_plan_a_bus_is_on_the_line_that_was_named(
    assignment: str, early_h: float, on_trip_from: int
) -> None:
    whole = replayed("told_trip_stale_timetable", assignment, moved_s=round(3600 * (1.0 - early_h)))  # it is an hour early
    assert set(whole.statuses[on_trip_from:-1]) == {"on_trip"}
    assert arrival_errors_s(whole) < 60.0


def arrival_errors_s(whole: Replayed) -> float:
    """The largest change of what is said of one stop from a minute to the next, once the bus has driven for five."""
    said: dict[str, list[float]] = {}
    start = float(whole.matches[0]["reported_at"]) + 300.0
    for row in whole.predictions:
        if float(row["made_at"]) > start and float(row["predicted_at"]) - float(row["made_at"]) < 600.0:
            said.setdefault(row["stop_sequence"], []).append(float(row["predicted_at"]))
    return max(abs(after - before) for rows in said.values() for before, after in pairwise(rows))


@pytest.mark.parametrize("assignment", ["trip", "route"])
def test_who_leaves_a_line_that_is_drawn_wrong_is_promised_all_the_time_and_taken_up_again_at_once(assignment: str) -> None:
    """With its line alone named, too: it was on one trip of it when it left."""
    whole = replayed("told_trip_leaves_drawn_line", assignment)
    if assignment == "route":  # at its last stop it waits for the trip back
        whole = Replayed(whole.matches[:-1], whole.predictions)
    assert whole.trips == {"T00"}
    assert set(whole.statuses) == {"layover", "on_trip", "off_route"}
    back = len(whole.statuses) - whole.statuses[::-1].index("off_route")
    assert set(whole.statuses[back:]) == {"on_trip"}
    left = whole.statuses.index("off_route")
    away = [
        t for t in whole.ticks if float(whole.matches[left]["reported_at"]) <= t < float(whole.matches[back]["reported_at"])
    ]
    assert len(away) > 20
    for stop_sequence in (13, 14, 15):  # those within half an hour: replay writes none beyond
        assert {t for t in away if t > away[0] + 900} <= whole.promised(stop_sequence)


def told_nothing(every: int, waits_s: int = 0) -> list[tuple[float, str, str]]:
    """(minutes since it began, status, trip) of each fix; of each `every`-th one alone. waits_s: before it comes back."""
    case = CASES / "told_trip_leaves_drawn_line"
    with open_recording(case / "reports.csv") as recorded:
        rows = [dict(row) for row in recorded]
    start = int(rows[0]["timestamp"])
    later = [{**row, "timestamp": str(int(row["timestamp"]) + waits_s)} for row in rows[COMES_BACK:]]
    whole = played([*rows[:COMES_BACK], *later][::every], "none", case / "gtfs.zip")
    return [((float(row["reported_at"]) - start) / 60.0, row["status"], row["trip_id"]) for row in whole.matches]


COMES_BACK, BACK_MIN, ENDS_MIN = 67, 33.5, 37.0  # the first fix on its line again, and when; when it arrives


@pytest.mark.parametrize("every", [1, 2])
def test_told_nothing_who_comes_back_to_its_line_in_time_is_taken_up_again_within_three_fixes(every: int) -> None:
    fixes = told_nothing(every)
    assert "deadhead" in {status for minute, status, _ in fixes if minute < BACK_MIN}
    again = [(status, trip) for minute, status, trip in fixes if BACK_MIN <= minute <= ENDS_MIN]
    assert again[2:] == [("on_trip", "T00")] * len(again[2:])
    assert len(again) > 3


def test_who_comes_upon_that_line_long_after_its_trip_would_have_been_there_is_not_on_it() -> None:
    fixes = told_nothing(1, waits_s=2400)
    assert {trip for minute, _, trip in fixes if minute > BACK_MIN and trip == "T00"} == set()


@pytest.mark.parametrize("assignment", ["trip", "route"])
def test_what_is_said_of_a_bus_off_its_line_is_less_sure(assignment: str) -> None:
    whole = replayed("told_trip_leaves_drawn_line", assignment)
    back = len(whole.statuses) - whole.statuses[::-1].index("off_route")
    back_at = float(whole.matches[back]["reported_at"])
    width = {
        int(row["made_at"]): float(row["high_at"]) - float(row["low_at"])
        for row in whole.predictions
        if row["stop_sequence"] == "15"
    }
    off = [width[t] for t in width if back_at - 300.0 <= t < back_at - 120.0]
    on = [width[t] for t in width if t > back_at]
    assert min(off) > 1.5 * max(on)


def test_a_stale_point_at_every_second_fix_is_refused_and_the_true_ones_drive_the_bus() -> None:
    whole = replayed("replay_STALE")
    counted = Counter(whole.statuses)
    assert counted["rejected:jump"] == len(whole.matches) // 2
    assert counted["on_trip"] >= len(whole.matches) // 2 - 1
    assert whole.trips == {"", "biru-ke-timur"}


@pytest.mark.parametrize("case", ["replay_ROUND3", "replay_EACH300"])
def test_coarse_and_rare_fixes_are_on_their_trip(case: str) -> None:
    assert set(replayed(case).statuses[1:]) == {"on_trip"}


def test_a_street_beside_the_line_is_not_the_line() -> None:
    whole = replayed("replay_PARALLEL")
    assert "on_trip" not in whole.statuses
    assert whole.predictions == []


@pytest.mark.parametrize("nearer_m", [20.0, 30.0])
def test_a_street_sixty_or_seventy_metres_beside_the_line_is_not_the_line_either(nearer_m: float) -> None:
    """The case lies 90 m beside it, to the east."""
    whole = altered("replay_PARALLEL", lambda row: {**row, "lon": f"{float(row['lon']) - nearer_m / 110_800.0:.6f}"})
    assert "on_trip" not in whole.statuses
    assert whole.predictions == []


def test_a_bus_forty_metres_beside_its_line_is_on_it() -> None:
    """As receivers between houses, and lines drawn roughly, are."""
    whole = altered("replay_PARALLEL", lambda row: {**row, "lon": f"{float(row['lon']) - 60.0 / 110_800.0:.6f}"})
    assert Counter(whole.statuses)["on_trip"] > 0.8 * len(whole.statuses)


def test_a_loop_driven_backwards_is_neither_waiting_nor_on_its_trip_once_it_has_left_its_terminal() -> None:
    whole = replayed("replay_WRONGWAY")
    assert set(whole.statuses[:4]) == {"layover"}  # it stood at the first stop, and is within its terminal
    assert set(whole.statuses[4:]) == {"deadhead"}
    assert len({row["made_at"] for row in whole.predictions}) <= 1  # while it stood there


@pytest.mark.parametrize("bearing", ["45", "123.4", "180", "359.9"])
def test_any_other_constant_bearing_takes_no_bus_away_either(bearing: str) -> None:
    whole = altered("replay_NORTH0", lambda row: {**row, "bearing": bearing})
    assert set(whole.statuses[4:]) == {"on_trip"}
    assert whole.trips == {"", "biru-ke-timur"}


@pytest.mark.parametrize("later_s", [-1200, 1200, 2400])
def test_off_its_plan_too_a_bus_that_leaves_a_line_drawn_wrong_is_promised_until_it_is_back(later_s: int) -> None:
    whole = replayed("told_trip_leaves_drawn_line", moved_s=later_s)
    assert whole.trips == {"T00"}
    assert set(whole.statuses) == {"layover", "on_trip", "off_route"}
    assert whole.ticks - {int(row["made_at"]) for row in whole.predictions} == set()
    back = len(whole.statuses) - whole.statuses[::-1].index("off_route")
    assert len(whole.statuses) - back == 8


def test_a_stale_point_elsewhere_never_wins_either() -> None:
    whole = altered("replay_STALE", lambda row: {**row, "lat": "3.6200", "lon": "98.4900"} if row["lat"] == "3.631638" else row)
    assert Counter(whole.statuses)["rejected:jump"] == len(whole.matches) // 2
    assert whole.trips == {"", "biru-ke-timur"}


def loop_driven_backwards(
    share: float, every_s: int, mps: float, bearing: str, pause_s: float = 10.0
) -> list[tuple[float, Row]]:
    """(metres along, row) of a bus that enters `lingkar` at this share of it, drives against it and pauses at its stops."""
    patterns = patterns_of(read_network(CASES / "sample.zip"))
    pattern = patterns.of_trip("lingkar-putar")
    begin_m, rng = share * pattern.end_m, Random(1)
    marks = [begin_m, *(metres for metres in reversed(pattern.stop_dist_m) if metres < begin_m)]
    times, metres = [0.0], [begin_m]
    for before, after in pairwise(marks):
        times += [times[-1] + (before - after) / mps, times[-1] + (before - after) / mps + pause_s]
        metres += [after, after]
    rows = []
    for t in range(0, int(times[-1]), every_s):
        along_m = float(np.interp(t, times, metres))
        x, y = (float(np.interp(along_m, pattern.line.at, axis)) for axis in (pattern.line.xs, pattern.line.ys))
        lat, lon = patterns.plane.lat_lon(x + rng.gauss(0.0, 4.0), y + rng.gauss(0.0, 4.0))
        row = {"vehicle_id": "B", "timestamp": str(NINE + t), "lat": f"{lat:.6f}", "lon": f"{lon:.6f}", "bearing": bearing}
        rows.append((along_m, row))
    return rows


@pytest.mark.parametrize(
    ("share", "every_s", "mps", "bearing", "pause_s"),
    [
        (0.93, 10, 7.0, "0", 10.0),  # its bearing loses its trust when the bus is on the street of `hijau` already
        (0.93, 30, 7.0, "0", 10.0),
        (0.93, 60, 5.0, "", 10.0),  # at its second fix 77 m beside the loop
        (1.0, 1, 7.0, "", 10.0),  # fixes so dense that none lies far from the one before
        (1.0, 2, 5.0, "0", 10.0),
        (0.96, 5, 5.0, "", 30.0),  # it pauses at a stop that lies within its terminal
    ],
)
def test_however_a_loop_is_driven_backwards_nobody_is_promised_it_on_the_way(
    share: float, every_s: int, mps: float, bearing: str, pause_s: float
) -> None:
    drive = loop_driven_backwards(share, every_s, mps, bearing, pause_s)
    whole = played([row for _, row in drive])
    on_the_way = [status for status, (along_m, _) in zip(whole.statuses, drive, strict=True) if 250.0 < along_m < 3400.0]
    assert set(on_the_way) <= {"deadhead", "unassigned"}
    under_way = {NINE + n * every_s for n, (along_m, _) in enumerate(drive) if 250.0 < along_m < 3400.0}
    assert not {row["made_at"] for row in whole.predictions if min(under_way) < int(row["made_at"]) <= max(under_way)}


def test_who_is_first_seen_on_a_street_that_another_line_drives_that_way_leaves_its_board_with_the_street() -> None:
    """From 0.9 of the loop backwards `hijau` drives the first 280 m that way: nothing tells the bus from one of `hijau`."""
    drive = loop_driven_backwards(0.9, 10, 7.0, "")
    whole = played([row for _, row in drive])
    assert whole.trips == {"", "hijau-ke-selatan"}
    beyond = [status for status, (along_m, _) in zip(whole.statuses, drive, strict=True) if 250.0 < along_m < 2750.0]
    assert set(beyond) <= {"deadhead", "unassigned"}


@pytest.mark.parametrize("trip_id", ["hijau-ke-selatan", "hijau-ke-barat", "lingkar-putar", "biru-ke-timur"])
def test_a_stale_point_that_was_believed_once_is_forgotten_with_all_that_rested_on_it_when_it_returns(trip_id: str) -> None:
    """A fix a minute: the bus could just have driven 1.9 km to the point by then."""
    patterns = patterns_of(read_network(CASES / "sample.zip"))
    pattern = patterns.of_trip(trip_id)
    rows, true_m = [], []
    for n in range(9):
        true_m.append(pattern.start_m + 300.0 * n)
        along_m = true_m[n] if n % 2 == 0 else pattern.start_m + 1900.0
        x, y = (float(np.interp(along_m, pattern.line.at, axis)) for axis in (pattern.line.xs, pattern.line.ys))
        lat, lon = patterns.plane.lat_lon(x, y)
        rows.append({"vehicle_id": "B", "timestamp": str(NINE + 60 * n), "lat": f"{lat:.6f}", "lon": f"{lon:.6f}"})
    whole = played(rows)
    assert whole.statuses[1] == "on_trip"
    assert whole.statuses[3::2] == ["rejected:jump"] * 3
    for match, along_m in list(zip(whole.matches, true_m, strict=True))[4::2]:
        assert match["status"] == "on_trip"
        assert float(match["shape_dist_traveled"]) == pytest.approx(along_m, abs=30.0)
    second = pattern.stop_sequences[next(n for n, metres in enumerate(pattern.stop_dist_m) if metres > true_m[4])]
    assert whole.promised(second) & {NINE + 240}
