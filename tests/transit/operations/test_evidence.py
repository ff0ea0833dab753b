"""What vehicles show to be wrong is told, in both languages, from the states that they left behind."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.builders import STRAIGHT, a_drive, a_network, a_report, at
from transit.operations.facts import FleetFacts
from transit.operations.findings import troubles_of
from transit.operations.troubles import TroubleKind as Kind
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import VehicleState
from transit.tracking.trip_choice import AssignmentHint
from web.words.troubles import sentence

NETWORK = a_network(STRAIGHT, first_departures=(8 * 3600,), speed_mps=2.0)
TOLD = AssignmentHint("R1", "T1")


def driven(reports: list[AvlReport], hint: AssignmentHint = TOLD) -> dict[str, VehicleState]:
    pipeline = Pipeline(NETWORK)
    for report in reports:
        pipeline.step(report, hint)
    return dict(pipeline.states)


def told(states: dict[str, VehicleState], language: str = "en") -> dict[Kind, str]:
    now = max(state.report.received_at for state in states.values())
    facts = FleetFacts(now=now, network=NETWORK, states=states)
    return {one.kind: sentence(one, language, "Asia/Jakarta", now) for one in troubles_of(facts) if one.kind in SHOWN}


SHOWN = (Kind.BEARING_WRONG, Kind.STALE_POINT, Kind.TWO_DEVICES, Kind.RUNS_EARLY, Kind.RUNS_LATE, Kind.LINE_LEFT)


def test_a_bearing_that_never_changes_is_told_and_a_right_one_is_not() -> None:
    drive = a_drive(start=at(8), speed_mps=2.0, every_s=30.0)
    assert told(driven([replace(report, bearing=90.0) for report in drive])) == {}
    states = driven([replace(report, bearing=270.0) for report in drive])
    assert "The bearing that tracker tracker-BUS1 on vehicle BUS1 sends" in told(states)[Kind.BEARING_WRONG]
    assert "Arah yang dikirim pelacak tracker-BUS1" in told(states, "id")[Kind.BEARING_WRONG]


def test_a_stale_point_and_two_devices_under_one_name_are_told() -> None:
    drive = a_drive(start=at(8), speed_mps=8.0, every_s=20.0)
    stale = [a_report((3000.0, 0.0), report.reported_at) if n % 2 else report for n, report in enumerate(drive)]
    assert set(told(driven(stale))) == {Kind.STALE_POINT}
    other = [a_report((4000.0 - 8.0 * 20.0 * n, 3000.0), report.reported_at) for n, report in enumerate(drive)]
    both = [other[n] if n % 2 else report for n, report in enumerate(drive)]
    assert "Dua perangkat melapor sebagai pelacak tracker-BUS1" in told(driven(both), "id")[Kind.TWO_DEVICES]


@pytest.mark.parametrize(("start", "kind"), [(at(7), Kind.RUNS_EARLY), (at(9), Kind.RUNS_LATE), (at(8), None)])
def test_a_line_an_hour_off_its_timetable_is_told_with_the_hour_and_since_when(start: datetime, kind: Kind | None) -> None:
    drive = a_drive(start=start, speed_mps=1.98, every_s=20.0)
    words = told(driven(drive))
    assert set(words) == (set() if kind is None else {kind})
    if kind is not None:
        minutes = int(words[kind].removeprefix("Line 1 runs ").split(" min ")[0])
        assert 57 <= minutes <= 63
        assert f"since {'07' if kind is Kind.RUNS_EARLY else '09'}:0" in words[kind]


def test_a_line_left_at_the_same_place_by_three_trips_is_told_and_by_two_is_not() -> None:
    def days(count: int) -> dict[str, VehicleState]:
        reports = []
        for day in range(count):
            for report in a_drive(start=at(8) + timedelta(days=day), speed_mps=2.0, every_s=20.0):
                metres = (report.lon - 98.5) * 111_100.0
                off = 400.0 if 1200.0 < metres < 2700.0 else 0.0
                reports.append(a_report((metres, off), report.reported_at))
        return driven(reports)

    assert Kind.LINE_LEFT not in told(days(2))
    assert "left its drawn line behind the stop Halte S2 3 times" in told(days(3))[Kind.LINE_LEFT]
