"""How far a vehicle, or all of a line, runs off its plan."""

from __future__ import annotations

import pytest

from tests.builders import a_trip_instance, at
from transit.tracking.off_plan import EARLY_S, FOLLOWED, LATE_S, RECENT_S, LineDeviations

LINE = ("R1", 0)
SEVEN_S = at(7).timestamp()


def deviations(*late_min: float, every_s: float = 3600.0) -> LineDeviations:
    """Trips, one each every_s from seven o'clock on, so many minutes late."""
    line = LineDeviations()
    for n, minutes in enumerate(late_min):
        for share in (0.0, FOLLOWED):
            line.note(LINE, a_trip_instance(f"T{n}"), 60.0 * minutes, SEVEN_S + every_s * n, share)
    return line


@pytest.mark.parametrize(
    ("late_min", "expected_min"),
    [
        ((-60.0, -57.0), -58.5),
        ((-60.0,), 0.0),  # one may be another train
        ((-60.0, -58.0, 2.0), 0.0),  # two of three: some are on plan
        ((-60.0, -58.0, -59.0, 2.0), -58.5),
        ((-24.0, -23.0), 0.0),  # within what is usual
        ((60.0, 62.0, 61.0, 60.0), 60.5),
        ((2.0, -3.0), 0.0),
    ],
)
def test_a_plan_is_out_where_nearly_all_who_were_told_their_trip_run_as_far_off_it(
    late_min: tuple[float, ...], expected_min: float
) -> None:
    assert deviations(*late_min).late_s(LINE, SEVEN_S + 4 * 3600.0 - 1.0) == 60.0 * expected_min


def test_trains_that_are_late_after_a_disruption_are_no_other_plan() -> None:
    late = deviations(60.0, 58.0, 55.0, every_s=1200.0)
    assert late.late_s(LINE, SEVEN_S + 2400.0) == 0.0
    once_on_time = deviations(2.0, *[55.0] * 4, every_s=2100.0)
    assert once_on_time.late_s(LINE, SEVEN_S + 4 * 2100.0) == 0.0
    early = deviations(-60.0, -58.0, -55.0, every_s=1200.0)
    assert early.late_s(LINE, SEVEN_S + 2400.0) == -58.0 * 60.0


def test_what_holds_a_trip_up_on_its_way_does_not_count() -> None:
    line = deviations(-60.0, -59.0)
    for n in range(2):
        line.note(LINE, a_trip_instance(f"T{n}"), 0.0, SEVEN_S + 5400.0, 0.9)
    assert line.late_s(LINE, SEVEN_S + 5400.0) == -59.5 * 60.0


def test_it_is_of_one_line_and_direction_and_of_some_hours() -> None:
    line = deviations(-60.0, -60.0)
    assert line.late_s(("R1", 1), SEVEN_S + 3600.0) == 0.0
    assert line.late_s(("R2", 0), SEVEN_S + 3600.0) == 0.0
    assert line.late_s(LINE, SEVEN_S + RECENT_S + 1.0) == 0.0


def test_the_limits_are_those_of_a_single_vehicle() -> None:
    assert deviations(-EARLY_S / 60.0, -EARLY_S / 60.0).late_s(LINE, SEVEN_S + 3600.0) == 0.0
    assert deviations(*[LATE_S / 60.0] * 4).late_s(LINE, SEVEN_S + 3 * 3600.0) == 0.0


def test_who_is_told_its_next_round_at_the_end_of_a_loop_is_not_an_hour_early() -> None:
    """At the loop's end it is on its next round, an hour before it is due there, until it is at the beginning."""
    line = LineDeviations()
    for n in range(3):
        for share, late_min in ((0.97, -60.0), (1.0, -60.0), (0.02, 1.0), (0.5, 2.0)):
            line.note(LINE, a_trip_instance(f"T{n}"), 60.0 * late_min, SEVEN_S + 3600.0 * n, share)
            assert line.late_s(LINE, SEVEN_S + 3600.0 * n) == 0.0
