"""How full a bus is: shown where two phones agree, for ten minutes, and never on the word of one."""

from __future__ import annotations

from datetime import timedelta

from tests.builders import SEVEN, a_trip_instance
from transit.arrivals.crowding import Crowding, CrowdingTap, crowding_of

FULL, SEATS = Crowding.FULL, Crowding.SEATS


def a_tap(crowding: Crowding, phone: int, minutes: float = 0.0, trip: str = "T1", vehicle_id: str = "BUS1") -> CrowdingTap:
    return CrowdingTap(
        vehicle_id=vehicle_id,
        trip=a_trip_instance(trip),
        crowding=crowding,
        phone=phone,
        tapped_at=SEVEN + timedelta(minutes=minutes),
    )


def shown(*taps: CrowdingTap, minutes: float = 1.0) -> list[Crowding]:
    return [row.crowding for row in crowding_of(taps, SEVEN + timedelta(minutes=minutes))]


def test_two_phones_that_agree_are_believed_and_one_is_not() -> None:
    assert shown(a_tap(FULL, 1), a_tap(FULL, 2)) == [FULL]
    assert shown(a_tap(SEATS, 1), a_tap(SEATS, 2)) == [SEATS]
    assert shown(a_tap(FULL, 1)) == []


def test_two_phones_that_disagree_show_nothing_and_a_third_decides() -> None:
    assert shown(a_tap(FULL, 1), a_tap(SEATS, 2)) == []
    assert shown(a_tap(FULL, 1), a_tap(SEATS, 2), a_tap(SEATS, 3)) == [SEATS]
    assert shown(a_tap(FULL, 1), a_tap(SEATS, 2), a_tap(SEATS, 3), a_tap(FULL, 4)) == []


def test_it_is_shown_for_ten_minutes_after_the_second_tap() -> None:
    taps = a_tap(FULL, 1, 0.0), a_tap(FULL, 2, 4.0)
    assert shown(*taps, minutes=14.0) == [FULL]
    assert shown(*taps, minutes=14.1) == []


def test_taps_more_than_ten_minutes_apart_do_not_agree() -> None:
    assert shown(a_tap(FULL, 1, 0.0), a_tap(FULL, 2, 10.0), minutes=10.0) == [FULL]
    assert shown(a_tap(FULL, 1, 0.0), a_tap(FULL, 2, 10.1), minutes=10.2) == []


def test_taps_of_another_bus_or_another_trip_are_another_matter() -> None:
    assert shown(a_tap(FULL, 1), a_tap(FULL, 2, vehicle_id="BUS2")) == []
    assert shown(a_tap(FULL, 1), a_tap(FULL, 2, trip="T2")) == []
