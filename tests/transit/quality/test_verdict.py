"""What happened at a stop, and what was shown before."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import a_trip_instance, at
from transit.quality.verdict import Glimpse, VerdictKind, verdict_of
from transit.tracking.state import StopEvent

ASKED = at(7, 15)


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def a_call(off_min: float, vehicle_id: str = "BUS3", gap_s: float = 20.0) -> StopEvent:
    when = ASKED + minutes(off_min)
    return StopEvent(vehicle_id, a_trip_instance(), "S4", 5, when, when + timedelta(seconds=20), gap_s)


def a_glimpse(at_min: float, said_min: float | None, vehicle_id: str = "BUS3") -> Glimpse:
    said_at = None if said_min is None else ASKED + minutes(said_min)
    return Glimpse(ASKED + minutes(at_min), vehicle_id, "T1", said_at, said_at, said_at)


def every_minute():
    return [ASKED + minutes(n) for n in range(-30, 30)]


def a_verdict(calls=(), glimpses=(), silent=(), recorded=None):
    return verdict_of(ASKED, calls, glimpses, silent=silent, recorded=every_minute() if recorded is None else recorded)


def test_a_bus_that_passed_a_quarter_of_a_minute_before_is_named_with_how_sure_that_is():
    verdict = a_verdict([a_call(-0.25)])
    assert verdict.kind is VerdictKind.PASSED
    assert (verdict.before.vehicle_id, verdict.before.give_or_take_s) == ("BUS3", 10.0)
    assert verdict.after is None


def test_a_bus_five_minutes_later_is_late_and_one_five_minutes_earlier_is_shown_beside_it():
    verdict = a_verdict([a_call(-5, "BUS1"), a_call(5, "BUS2")])
    assert verdict.kind is VerdictKind.LATE
    assert (verdict.before.vehicle_id, verdict.after.vehicle_id) == ("BUS1", "BUS2")


def test_a_wide_gap_between_fixes_widens_what_counts_as_then():
    assert a_verdict([a_call(4, gap_s=20.0)]).kind is VerdictKind.LATE
    assert a_verdict([a_call(4, gap_s=200.0)]).kind is VerdictKind.PASSED


def test_nothing_seen_is_not_the_same_as_nothing_written_down():
    assert a_verdict().kind is VerdictKind.NOT_SEEN
    assert a_verdict(recorded=[]).kind is VerdictKind.NOT_RECORDED
    assert a_verdict(recorded=[ASKED + minutes(90)]).kind is VerdictKind.NOT_RECORDED


def test_where_a_fifth_of_the_half_hour_before_was_not_written_down_no_bus_is_not_claimed():
    before = [ASKED - minutes(30 - n) for n in range(30)]
    assert a_verdict(recorded=before[6:]).kind is VerdictKind.NOT_SEEN, "24 of 30 minutes"
    assert a_verdict(recorded=before[7:]).kind is VerdictKind.NOT_RECORDED
    assert a_verdict(recorded=[ASKED + minutes(n) for n in range(9, 12)]).kind is VerdictKind.NOT_RECORDED, "we began later"


def test_a_bus_that_came_later_is_the_next_one_only_where_the_time_until_then_was_written_down():
    later = a_call(17)
    until_then = [ASKED + minutes(n) for n in range(-3, 17)]
    assert a_verdict([later], recorded=until_then[4:]).kind is VerdictKind.LATE, "16 of 20 minutes"
    assert a_verdict([later], recorded=until_then[5:]).kind is VerdictKind.NOT_RECORDED
    assert a_verdict([later], recorded=[]).after.vehicle_id == "BUS3", "which is told all the same"


def test_what_was_shown_stands_beside_when_the_bus_came():
    (promise,) = a_verdict([a_call(1)], [a_glimpse(-20, -5), a_glimpse(-10, -3), a_glimpse(-2, 0)]).promises
    assert promise.first_said_at == ASKED - minutes(5)
    assert promise.last_said_at == ASKED
    assert promise.came_at == ASKED + minutes(1)
    assert not promise.standing


def test_a_bus_that_was_shown_and_then_stood_is_marked_and_one_never_seen_has_no_arrival():
    (promise,) = a_verdict((), [a_glimpse(-20, -5), a_glimpse(-10, None)]).promises
    assert promise.standing
    assert promise.came_at is None


def test_what_was_shown_more_than_half_an_hour_before_or_after_the_moment_is_not_part_of_it():
    assert a_verdict((), [a_glimpse(-31, -5), a_glimpse(2, 5)]).promises == ()


def test_two_buses_on_one_trip_are_two_promises():
    promises = a_verdict((), [a_glimpse(-5, 2, "BUS2"), a_glimpse(-5, 1, "BUS1")]).promises
    assert [row.vehicle_id for row in promises] == ["BUS1", "BUS2"]
