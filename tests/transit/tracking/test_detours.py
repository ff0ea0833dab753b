"""Where vehicles leave their line, and whether they come back, as they have shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import SEVEN, a_network, a_report
from transit.forecasting.forecaster import Forecaster
from transit.plan.patterns import patterns_of
from transit.store.vehicles import STATE
from transit.tracking.detours import (
    BACK_FOR_M,
    REMEMBERED,
    SAME_WITHIN,
    Detour,
    is_return_expected,
    places_near,
    return_stop,
    with_detour,
    with_expectation,
    with_outcome,
    with_return,
)
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus
from transit.tracking.trip_choice import AssignmentHint

PLACE = ("R1", 0, "S3")


def a_detour(trip_id: str = "T1", came_back: bool | None = None) -> Detour:
    return Detour(trip_id, *PLACE, SEVEN, came_back)


def test_the_first_to_leave_a_line_somewhere_is_expected_back_and_the_next_as_those_before_it_did() -> None:
    assert is_return_expected([PLACE], [])
    assert is_return_expected([PLACE], [a_detour()])  # nobody knows yet what becomes of it
    assert not is_return_expected([PLACE], [a_detour(came_back=False)])
    assert is_return_expected([PLACE], [a_detour(came_back=False), a_detour("T2", came_back=True)])
    assert is_return_expected([("R1", 0, "S4")], [a_detour(came_back=False)])  # elsewhere it is another matter


def test_a_detour_goes_on_until_it_ends_and_another_trip_makes_another() -> None:
    one = with_detour((), a_detour())
    assert with_detour(one, a_detour()) == one
    assert len(with_detour(one, a_detour("T2"))) == 2
    back = with_outcome(one, came_back=True)
    assert [detour.came_back for detour in back] == [True]
    assert len(with_detour(back, a_detour())) == 2


def test_who_was_given_up_and_came_back_after_all_came_back() -> None:
    parked = with_outcome(with_detour((), a_detour()), came_back=False)
    assert with_outcome(parked, came_back=True)[-1].came_back is True
    assert with_outcome(with_outcome(parked, came_back=True), came_back=False)[-1].came_back is True
    assert with_outcome((), came_back=True) == ()


def test_only_the_last_few_are_remembered() -> None:
    detours: tuple[Detour, ...] = ()
    for n in range(REMEMBERED + 3):
        detours = with_outcome(with_detour(detours, a_detour(f"T{n}")), came_back=True)
    assert [detour.trip_id for detour in detours] == [f"T{n}" for n in range(3, REMEMBERED + 3)]


def test_whether_one_is_expected_back_is_said_of_its_last_detour_only() -> None:
    once = (a_detour("T1"),)
    assert with_expectation(once, is_expected_back=once[0].is_expected_back) == once
    other = not once[0].is_expected_back
    assert [row.is_expected_back for row in with_expectation(once, is_expected_back=other)] == [other]
    thrice = (a_detour("T1", came_back=True), a_detour("T2", came_back=False), a_detour("T3"))
    changed = with_expectation(thrice, is_expected_back=other)
    assert [(row.trip_id, row.is_expected_back) for row in changed] == [("T1", not other), ("T2", not other), ("T3", other)]


def test_detours_are_stored_with_their_vehicle() -> None:
    report = a_report()
    state = VehicleState("BUS1", report, MatchedPosition(SEVEN, VehicleStatus.OFF_ROUTE), detours=(a_detour(came_back=True),))
    assert STATE.decode(STATE.encode(state)) == state


def test_what_becomes_of_a_detour_is_open_while_the_bus_drives_beside_its_line_and_settled_when_it_is_parked() -> None:
    pipeline = Pipeline(a_network())
    outcomes = []
    for n in range(150):
        off_m = 0.0 if n < 20 else 150.0
        along_m = 600.0 + 60.0 * min(n, 40)
        pipeline.step(a_report((along_m, off_m), SEVEN + timedelta(seconds=100 + 10 * n)), AssignmentHint(trip_id="T1"))
        detours = pipeline.states["BUS1"].detours
        outcomes.append(detours[-1].came_back if detours else "on its line")
    assert outcomes[15] == "on its line"
    assert outcomes[38] is None
    assert outcomes[-1] is False


def test_where_the_last_one_came_back_is_where_the_next_one_is_expected() -> None:
    first = with_return(with_detour((), a_detour()), 2900.0, 3300.0, "S6")
    assert first[-1].came_back is True
    assert return_stop(PLACE, first) == "S6"
    assert return_stop(("R1", 0, "S4"), first) == ""
    assert return_stop(PLACE, with_outcome(with_detour((), a_detour()), came_back=False)) == ""
    later = Detour("T2", *PLACE, SEVEN + timedelta(minutes=30), True, "S5")
    assert return_stop(PLACE, [later, *first]) == "S5"


def test_stops_that_others_passed_by_on_their_detour_are_not_ahead_of_the_next_one() -> None:
    pipeline = Pipeline(a_network())

    def drive(vehicle_id: str, minutes: int) -> list[int | None]:
        """Every fix beside the line: the stop ahead by its number (S0 is 1)."""
        ahead = []
        for n in range(60):
            along_m = 600.0 + 60.0 * n
            off_m = 300.0 if 1150.0 < along_m < 2900.0 else 0.0
            at = SEVEN + timedelta(minutes=minutes, seconds=100 + 10 * n)
            report = a_report((along_m, off_m), at, vehicle_id=vehicle_id)
            state = pipeline.step(report, AssignmentHint(trip_id="T1" if minutes == 0 else "T2")).state
            assert state is not None
            if state.matched.status is VehicleStatus.OFF_ROUTE:
                ahead.append(state.next_stop_sequence)
        return ahead

    first, second = drive("BUS1", 0), drive("BUS2", 60)
    assert first[1] == 4  # S3 at 1500 m: nobody knows yet that it is passed by
    assert set(second) == {7}  # S6 at 3000 m: where the first one was on the line again


def test_who_only_crosses_its_line_has_not_come_back_and_who_follows_it_for_half_a_kilometre_or_to_its_end_has() -> None:
    off = with_detour((), a_detour())
    crossing = with_return(off, 2000.0, 9000.0, "S6")
    assert (crossing[-1].came_back, crossing[-1].back_m, crossing[-1].back_stop_id) == (None, 2000.0, "S6")
    assert with_return(crossing, 2000.0 + BACK_FOR_M - 1.0, 9000.0, "S7")[-1].came_back is None
    back = with_return(crossing, 2000.0 + BACK_FOR_M, 9000.0, "S7")
    assert (back[-1].came_back, back[-1].back_stop_id) == (True, "S6")
    assert with_return(off, 8500.0, 9000.0, "")[-1].came_back is True
    left_again = with_detour(crossing, Detour("T1", "R1", 0, "S6", SEVEN + timedelta(minutes=9)))
    assert left_again == off  # the same way to somewhere else


def test_a_detour_of_another_day_on_the_same_trip_is_another_one() -> None:
    off = with_outcome(with_detour((), a_detour()), came_back=False)
    assert off[-1].is_on("T1", SEVEN + SAME_WITHIN)
    assert not off[-1].is_on("T1", SEVEN + SAME_WITHIN + timedelta(seconds=1))
    assert len(with_detour(off, Detour("T1", *PLACE, SEVEN + timedelta(days=1)))) == 2


def test_those_that_left_their_line_within_half_a_kilometre_teach_the_same() -> None:
    pattern = patterns_of(a_network(stops_every_m=400.0)).find("T1")
    assert pattern is not None
    assert places_near(("R1", 0, "S3"), pattern) == {("R1", 0, stop_id) for stop_id in ("S2", "S3", "S4")}
    assert places_near(("R1", 0, "gone"), pattern) == {("R1", 0, "gone")}


def driven(
    pipeline: Pipeline, vehicle_id: str, minutes: int, off: tuple[tuple[float, float], ...], fixes: int = 60
) -> list[tuple[float, str, bool, int]]:
    """Of every fix: metres along, status, whether it is expected back, how many stops are predicted.

    off: stretches of its way that it drives 300 m beside its line, metres along.
    """
    forecaster, seen = Forecaster(a_network()), []
    for n in range(fixes):
        along_m = 600.0 + 60.0 * n
        off_m = 300.0 if any(begin < along_m < end for begin, end in off) else 0.0
        at = SEVEN + timedelta(minutes=minutes, seconds=100 + 10 * n)
        hint = AssignmentHint(trip_id="T1" if minutes == 0 else "T2")
        state = pipeline.step(a_report((along_m, off_m), at, vehicle_id=vehicle_id), hint).state
        assert state is not None
        matched = state.matched
        seen.append((along_m, matched.status.value, matched.is_expected_back, len(forecaster.predict([state], at))))
    return seen


def test_where_the_bus_before_only_crossed_its_line_on_the_way_to_the_depot_the_next_one_is_not_promised_either() -> None:
    pipeline = Pipeline(a_network())
    to_the_depot = ((1150.0, 2300.0), (2600.0, 9000.0))  # beside its line, across it, and away
    first = driven(pipeline, "BUS1", 0, to_the_depot, fixes=45)
    assert {row[2] for row in first if row[1] == "off_route" and row[0] < 2300.0} == {True}  # nobody knows better
    pipeline.step(a_report((3240.0, 300.0), SEVEN + timedelta(minutes=25), vehicle_id="BUS1"), AssignmentHint(trip_id="T1"))
    assert pipeline.states["BUS1"].detours[-1].came_back is False
    second = driven(pipeline, "BUS2", 60, to_the_depot, fixes=32)
    assert {row[2:] for row in second if row[1] == "off_route"} == {(False, 0)}
    crossing = [row for row in second if 2400.0 < row[0] < 2560.0]
    assert {row[1] for row in crossing} == {"on_trip"}
    assert {row[3] for row in crossing} == {0}


def test_who_follows_its_line_again_after_all_is_promised_again_from_half_a_kilometre_on() -> None:
    pipeline = Pipeline(a_network())
    detours = with_expectation(with_outcome(with_detour((), a_detour("T1")), came_back=False), is_expected_back=False)
    other = driven(pipeline, "BUS9", 0, (), fixes=3)
    assert other[-1][3] > 0
    pipeline.adopt(replace(pipeline.states["BUS9"], detours=detours))
    rows = driven(pipeline, "BUS2", 60, ((1600.0, 2300.0),))
    on_line = [row for row in rows if row[0] > 2340.0 and row[1] == "on_trip"]
    promised = [row[0] for row in on_line if row[3] > 0]
    assert promised
    assert promised[0] - on_line[0][0] == pytest.approx(BACK_FOR_M, abs=60.0)
    assert {row[3] > 0 for row in on_line if row[0] >= promised[0] and row[0] < 3900.0} == {True}


def test_past_its_last_stop_there_is_nothing_to_come_back_to() -> None:
    pipeline = Pipeline(a_network())
    rows = driven(pipeline, "BUS1", 0, ((4530.0, 9000.0),), fixes=90)
    assert pipeline.states["BUS1"].detours == ()
    assert not any(row[2] for row in rows)
