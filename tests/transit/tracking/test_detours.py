"""Where vehicles leave their line, and whether they come back, as they have shown."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import SEVEN, a_network, a_report
from transit.store.vehicles import STATE
from transit.tracking.detours import REMEMBERED, Detour, is_return_expected, return_stop, with_detour, with_outcome
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus
from transit.tracking.trip_choice import AssignmentHint

PLACE = ("R1", 0, "S3")


def a_detour(trip_id: str = "T1", came_back: bool | None = None) -> Detour:
    return Detour(trip_id, *PLACE, SEVEN, came_back)


def test_the_first_to_leave_a_line_somewhere_is_expected_back_and_the_next_as_those_before_it_did() -> None:
    assert is_return_expected(PLACE, [])
    assert is_return_expected(PLACE, [a_detour()])  # nobody knows yet what becomes of it
    assert not is_return_expected(PLACE, [a_detour(came_back=False)])
    assert is_return_expected(PLACE, [a_detour(came_back=False), a_detour("T2", came_back=True)])
    assert is_return_expected(("R1", 0, "S4"), [a_detour(came_back=False)])  # elsewhere it is another matter


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
    first = with_outcome(with_detour((), a_detour()), came_back=True, back_stop_id="S6")
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
