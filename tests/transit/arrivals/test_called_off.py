"""A departure by headway that a dispatcher calls off: that one, and neither the one before nor the one after."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import MONDAY, a_network, at, every
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.arrivals.notices import cancels_start, closes_stop
from transit.plan.directions import directions_of
from transit.plan.network import TripInstance

TEN_MINUTES = a_network(headway=every(10))
CALLED_OFF = TripInstance("T1", MONDAY, 7 * 3600 + 600)  # about 07:10


def alert(*informed: InformedEntity, effect: Effect = Effect.NO_SERVICE, ends_at=None) -> Alert:
    return Alert("a", {"id": "x"}, informed, at(7), ends_at, effect=effect)


def is_called_off(entity: InformedEntity, begins_at, now=None, trip_id="T1", day=MONDAY, **of_alert) -> bool:
    trip = TripInstance(trip_id, day, None)
    return cancels_start([alert(entity, **of_alert)], TEN_MINUTES, trip, begins_at, now or at(7)) is not None


@pytest.mark.parametrize(
    ("begins_at", "expected"),
    [(at(7, 10), True), (at(7, 5), True), (at(7, 15), True), (at(7, 4, 59), False), (at(7, 15, 1), False)],
)
def test_the_departure_within_half_a_headway_is_meant(begins_at, expected) -> None:
    assert is_called_off(InformedEntity(route_id="R1", trip=CALLED_OFF), begins_at) is expected


def test_another_day_another_effect_and_an_ended_notice_call_nothing_off() -> None:
    entity = InformedEntity(route_id="R1", trip=CALLED_OFF)
    assert not is_called_off(entity, at(7, 10), day=MONDAY + timedelta(days=1))
    assert not is_called_off(entity, at(7, 10), effect=Effect.DETOUR)
    assert not is_called_off(entity, at(7, 10), now=at(7, 15), ends_at=at(7, 15))
    assert is_called_off(entity, at(7, 10), now=at(7, 14), ends_at=at(7, 15))


def test_a_suspended_route_begins_nothing_while_it_is_suspended() -> None:
    suspended = InformedEntity(route_id="R1")
    assert is_called_off(suspended, at(7, 10), ends_at=at(8))
    assert not is_called_off(suspended, at(8, 1), ends_at=at(8))


def test_a_stop_that_one_trip_does_not_serve_is_open_to_the_others() -> None:
    short = alert(InformedEntity(route_id="R1", stop_id="S5", trip=CALLED_OFF))
    other = TripInstance("T1", MONDAY, 8 * 3600)
    direction = directions_of(TEN_MINUTES).of_trip["T1"]

    def closed(stop_id: str, trip: TripInstance | None) -> Alert | None:
        return closes_stop([short], TEN_MINUTES, at(7, 1), stop_id=stop_id, direction=direction, trip=trip)

    served = {trip: closed("S5", trip) for trip in (CALLED_OFF, other, None)}
    assert served == {CALLED_OFF: short, other: None, None: None}
    assert closed("S4", CALLED_OFF) is None
