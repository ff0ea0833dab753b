"""Assignments: from when until when, ended with a reason, taken over by another bus, and kept as history."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.builders import MONDAY, at
from transit.forecasting.departure_orders import DepartureOrder
from transit.store.assignments import (
    Duty,
    EndReason,
    Overlap,
    assign,
    assignments_in_force,
    days_on_trips,
    end_assignment,
    give,
    load_assignments,
    load_current,
    load_history,
    replace_vehicle,
)
from transit.store.database import Connection, Engine, writing
from transit.store.departure_orders import load_departure_orders, say
from transit.store.retention import DEFAULT, forget_some
from transit.tracking.trip_choice import AssignmentHint

NOW, NOON = at(7), at(12)


def route(connection: Connection, vehicle_id: str = "BUS1", starts_at=NOW, ends_at=NOON, route_id: str = "R1") -> None:
    give(connection, vehicle_id, Duty.ROUTE, route_id, None, starts_at=starts_at, ends_at=ends_at, by="siti", now=NOW)


def test_an_assignment_counts_from_its_start_to_its_end(database: Engine) -> None:
    with writing(database) as connection:
        route(connection, starts_at=at(8), ends_at=at(9))
        hints = {moment: load_assignments(connection, moment) for moment in (at(7, 59), at(8), at(8, 59), at(9))}
    hint = {"BUS1": AssignmentHint("R1")}
    assert hints == {at(7, 59): {}, at(8): hint, at(8, 59): hint, at(9): {}}


@pytest.mark.parametrize(
    ("starts", "ends", "refused"),
    [(at(6), at(8), False), (at(6), at(8, 1), True), (at(9, 59), at(11), True), (at(10), at(11), False), (at(7), None, True)],
)
def test_two_assignments_of_a_bus_do_not_overlap(database: Engine, starts, ends, refused) -> None:
    with writing(database) as connection:
        route(connection, starts_at=at(8), ends_at=at(10))
        if not refused:
            route(connection, starts_at=starts, ends_at=ends)
            return
        with pytest.raises(Overlap):
            route(connection, starts_at=starts, ends_at=ends)
        route(connection, "BUS2", starts_at=starts, ends_at=ends)


def test_off_and_in_repair_are_no_hint(database: Engine) -> None:
    with writing(database) as connection:
        for vehicle_id, duty in (("BUS1", Duty.OFF), ("BUS2", Duty.REPAIR)):
            give(connection, vehicle_id, duty, None, None, starts_at=NOW, ends_at=None, by="siti", now=NOW)
        assert load_assignments(connection, NOW) == {}
        assert {row.duty for row in assignments_in_force(connection, NOW).values()} == {Duty.OFF, Duty.REPAIR}


def test_what_was_ended_stays_with_its_reason_and_by_whom(database: Engine) -> None:
    with writing(database) as connection:
        route(connection)
        (row,) = load_current(connection, NOW)
        assert end_assignment(connection, row.assignment_id, EndReason.BREAKDOWN, by="budi", now=at(8))
        assert not end_assignment(connection, row.assignment_id, EndReason.OTHER, by="siti", now=at(9))
        assert load_current(connection, at(8)) == []
        (past,) = load_history(connection, at(0), at(23))
    assert (past.assigned_by, past.ended_at, past.ended_by, past.reason) == ("siti", at(8), "budi", "breakdown")


def test_another_bus_takes_over_trip_end_and_order(database: Engine) -> None:
    with writing(database) as connection:
        assert not replace_vehicle(connection, "BUS1", "BUS2", by="siti", now=NOW)
        give(connection, "BUS1", Duty.TRIP, "R1", "T2", starts_at=NOW, ends_at=at(9), by="siti", now=NOW)
        say(connection, DepartureOrder("BUS1", at(8), NOW))
        assert replace_vehicle(connection, "BUS1", "BUS2", by="budi", now=at(7, 30))
        assert load_assignments(connection, at(7, 30)) == {"BUS2": AssignmentHint("R1", "T2")}
        assert load_assignments(connection, at(9)) == {}
        (order,) = load_departure_orders(connection, at(7, 30))
        assert (order.vehicle_id, order.departs_at) == ("BUS2", at(8))
        reasons = {row.vehicle_id: row.reason for row in load_history(connection, at(0), at(23))}
        assert reasons == {"BUS1": "replaced", "BUS2": None}


def test_the_command_line_says_it_until_it_is_ended(database: Engine) -> None:
    with writing(database) as connection:
        route(connection)
        assign(connection, "BUS1", AssignmentHint("R2"), now=at(8))
        assert load_assignments(connection, at(23)) == {"BUS1": AssignmentHint("R2")}
        assert [row.reason for row in load_history(connection, at(0), at(23))] == ["changed", None]


def test_days_on_trips_counts_the_calls_that_were_seen(database: Engine) -> None:
    row = "INSERT INTO stop_events (vehicle_id, trip_id, start_date, stop_id, stop_sequence, arrived_at, gap_s) "
    with writing(database) as connection:
        for sequence in (1, 2):
            values = {"day": MONDAY.isoformat(), "n": sequence, "at": int(NOW.timestamp() * 1e6)}
            connection.execute(text(row + "VALUES ('BUS1', 'T1', :day, 'S1', :n, :at, 0)"), values)
        assert days_on_trips(connection, NOW) == {("BUS1", "T1", MONDAY): 2}
        assert days_on_trips(connection, NOW + timedelta(seconds=1)) == {}


def test_old_assignments_go_and_those_in_force_stay(database: Engine) -> None:
    with writing(database) as connection:
        route(connection, "BUS1", ends_at=at(12))
        route(connection, "BUS2", ends_at=None)
        assert forget_some(connection, "assignments", DEFAULT, at(12) + timedelta(days=400), 100) == 0
        assert forget_some(connection, "assignments", DEFAULT, at(13) + timedelta(days=400), 100) == 1
        assert list(assignments_in_force(connection, at(13))) == ["BUS2"]
