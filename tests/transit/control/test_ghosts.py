"""Departures that nobody drives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import STRAIGHT, Way, a_city, a_trip_instance, at
from tests.control_cast import BACK, NOW, SPEED_MPS, Control
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.control.holding import NoAdvice

HALF_HOURS = tuple(range(7 * 3600, 11 * 3600, 1800))


def by_timetable(now=NOW) -> Control:
    """R1a1 ... R1a8 leave each half hour from seven on, R1b1 ... back at the same times."""
    ways = [Way("R1", line, HALF_HOURS, direction_id=n, speed_mps=SPEED_MPS) for n, line in enumerate((STRAIGHT, BACK))]
    return Control(network=a_city(*ways), now=now)


def ghosts(cast: Control):
    return [terminal.ghost_at for terminal in cast.corridor().terminals]


def closes(cast: Control, entity: InformedEntity) -> Control:
    cast.alerts.append(Alert("A", {"en": "x"}, (entity,), at(6), effect=Effect.NO_SERVICE))
    return cast


def seen(cast: Control) -> Control:
    """One bus that ran at half past eight is heard: the route is watched."""
    return cast.left("BUS1", "R1a4", at(8, 30)).left("BUS2", "R1b4", at(8, 30))


def test_a_departure_by_timetable_is_a_ghost_when_it_is_three_minutes_overdue():
    assert ghosts(seen(by_timetable(at(9, 2, 59)))) == [None, None]
    assert ghosts(seen(by_timetable(at(9, 3)))) == [at(9), at(9)]


def test_who_leaves_in_its_time_drove_it_whichever_trip_it_is_taken_for():
    cast = seen(by_timetable(at(9, 20))).left("BUS3", "R1a4", at(9, 12)).left("BUS4", "R1b5", at(8, 58))
    assert ghosts(cast) == [None, at(9)], "two minutes early is the departure before, at most"


def test_a_bus_that_waits_to_drive_it_late_leaves_no_ghost():
    cast = seen(by_timetable(at(9, 10)))
    cast.drives("BUS1", "R1a5", 100.0)
    cast.states["BUS1"] = replace(
        cast.states["BUS1"], matched=replace(cast.states["BUS1"].matched, trip=a_trip_instance("R1a5"))
    )
    assert ghosts(cast) == [None, at(9)]


def test_the_newest_is_shown_and_after_a_while_it_is_history():
    assert ghosts(seen(by_timetable(at(9, 40)))) == [at(9, 30)] * 2
    late = seen(by_timetable(at(10, 50)))
    assert ghosts(late) == [at(10, 30)] * 2
    end = seen(by_timetable(at(11, 20)))
    assert ghosts(end) == [None, None], "the last departure of the day was due 50 minutes ago"


@pytest.mark.parametrize("entity", [InformedEntity(route_id="R1"), InformedEntity(route_id="R1", trip=a_trip_instance("R1a5"))])
def test_a_departure_that_a_notice_takes_out_is_no_ghost(entity):
    cast = closes(seen(by_timetable(at(9, 10))), entity)
    assert ghosts(cast)[0] is None
    assert ghosts(cast)[1] == (at(9) if entity.trip else None)


def test_in_an_outage_and_on_a_route_without_a_bus_that_is_heard_nothing_is_claimed():
    cast = seen(by_timetable(at(9, 10)))
    cast.in_outage = True
    assert ghosts(cast) == [None, None]
    assert ghosts(by_timetable(at(9, 10))) == [None, None]


def test_by_headway_too_an_outage_and_a_notice_leave_no_ghost():
    def late():
        return Control().drives("BUS1", "R1a1", 3500.0).left("BUS1", "R1a1", NOW - timedelta(minutes=11.7))

    assert ghosts(late())[0] is not None
    assert ghosts(closes(late(), InformedEntity(route_id="R1")))[0] is None
    silent = late()
    silent.in_outage = True
    assert ghosts(silent)[0] is None


def test_a_route_by_timetable_says_so_and_gives_no_advice():
    cast = seen(by_timetable(at(9, 1))).left("BUS3", "R1a5", at(8, 59))
    cast.waits("BUS2", "R1a6", at(8, 59))
    assert cast.corridor().is_timetabled
    assert cast.corridor().promised_s is None
    assert {row.why_not for row in cast.advice().values()} == {NoAdvice.TIMETABLE}
    assert not Control().corridor().is_timetabled
    night = by_timetable(at(15))
    assert not night.corridor().is_timetabled, "no departure is near"
