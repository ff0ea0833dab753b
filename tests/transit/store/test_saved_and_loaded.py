"""What is saved is loaded again, each fact once: networks, states, trackers, assignments, calls at stops, alerts, tickets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from tests.builders import FIGURE_EIGHT, MONDAY, SEVEN, a_drive, a_network, a_report, a_trip_instance, every
from transit.arrivals.alerts import Alert, Cause, Effect, InformedEntity
from transit.plan.network import Frequency, TripInstance
from transit.store.alerts import UnknownAlert, end_alert, load_alerts, save_alert
from transit.store.assignments import assign, load_assignments
from transit.store.database import Engine
from transit.store.learnt import load_learnt, save_learnt
from transit.store.networks import UnknownNetwork, current_version, load_network, load_versions, save_network
from transit.store.reports import forget_reports, known_fixes, load_reports, newest_fix_at, save_reports
from transit.store.stop_events import last_event_before, load_stop_events, save_stop_events
from transit.store.tickets import (
    Ticket,
    UnknownTicket,
    answer_ticket,
    count_tickets,
    find_same,
    load_ticket,
    load_tickets,
    save_ticket,
    say_again,
)
from transit.store.trackers import (
    count_refusals,
    load_tracker_health,
    load_tracker_map,
    map_tracker,
    newest_received_at,
    save_tracker_health,
)
from transit.store.upsert import Row
from transit.store.vehicles import forget_states, load_states, load_states_made_with, save_states
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import MatchedPosition, StopEvent, VehicleState, VehicleStatus
from transit.tracking.trip_choice import AssignmentHint

NOW = SEVEN
LATER = NOW + timedelta(minutes=1)


# --- networks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "network",
    [
        a_network(),
        a_network(FIGURE_EIGHT, 250.0, with_shape=False),
        a_network(headway=every(7)),
        a_network(headway=Frequency("T1", 0, 90_000, 600, 1, {"note": "tambahan"})),
        replace(a_network(), other_files={"fare_attributes.txt": (("fare_id", "price"), ("F", "0"))}),
    ],
)
def test_a_network_comes_back_as_it_was(database: Engine, network: object) -> None:
    with database.begin() as connection:
        version = save_network(connection, network, now=NOW, source="a.zip")  # type: ignore[arg-type]
        assert load_network(connection, version) == network
        assert current_version(connection) == version


def test_the_last_network_saved_is_current_and_the_others_stay(database: Engine) -> None:
    with database.begin() as connection:
        first = save_network(connection, a_network(), now=NOW, source="first.zip")
        second = save_network(connection, a_network(stops_every_m=250.0), now=LATER, source="second.zip")
        assert first != second
        assert current_version(connection) == second
        assert load_network(connection, first) == a_network()
        assert [row.source for row in load_versions(connection)] == ["second.zip", "first.zip"]


def test_the_same_network_again_is_the_same_version_and_current_again(database: Engine) -> None:
    with database.begin() as connection:
        first = save_network(connection, a_network(), now=NOW, source="first.zip")
        save_network(connection, a_network(stops_every_m=250.0), now=NOW, source="second.zip")
        assert save_network(connection, a_network(), now=LATER, source="again.zip") == first
        assert current_version(connection) == first
        (row,) = [one for one in load_versions(connection) if one.version_id == first]
        assert (row.source, row.imported_at) == ("first.zip", NOW)


def test_before_any_network_there_is_none(database: Engine) -> None:
    with database.connect() as connection:
        assert current_version(connection) is None
        with pytest.raises(UnknownNetwork):
            load_network(connection, "nothing")


# --- states of vehicles --------------------------------------------------------------------------------------------------


def driven(vehicle_id: str = "BUS1", to_m: float = 1800.0) -> VehicleState:
    pipeline = Pipeline(a_network())
    for report in a_drive(to_m=to_m, vehicle_id=vehicle_id):
        pipeline.step(report)
    return pipeline.states[vehicle_id]


def test_a_state_comes_back_as_it_was_with_all_its_memory(database: Engine) -> None:
    state = driven()
    assert state.memory
    assert state.recent
    with database.begin() as connection:
        save_states(connection, [state], network_version="v")
        assert load_states(connection)[1] == [state]
        assert load_states_made_with(connection) == [("v", state)]


def test_a_pipeline_goes_on_from_the_states_of_the_database_as_if_nothing_had_been(database: Engine) -> None:
    drive, network = a_drive(), a_network()
    pipeline = Pipeline(network)
    for report in drive[:30]:
        pipeline.step(report)
    with database.begin() as connection:
        save_states(connection, pipeline.states.values())
    with database.connect() as connection:
        restarted = Pipeline(network, load_states(connection)[1])
    for report in drive[30:]:
        assert restarted.step(report) == pipeline.step(report)


def test_a_reader_gets_only_what_was_saved_after_its_revision(database: Engine) -> None:
    one, two = driven("BUS1"), driven("BUS2")
    with database.begin() as connection:
        first = save_states(connection, [one])
    with database.begin() as connection:
        second = save_states(connection, [two])
    assert second == first + 1
    with database.connect() as connection:
        assert load_states(connection) == (second, [one, two])
        assert load_states(connection, first) == (second, [two])
        assert load_states(connection, second) == (second, [])


def test_a_state_saved_again_replaces_the_one_before_and_is_news(database: Engine) -> None:
    with database.begin() as connection:
        first = save_states(connection, [driven(to_m=600.0)])
        second = save_states(connection, [driven(to_m=1200.0)])
        assert load_states(connection, first) == (second, [driven(to_m=1200.0)])
        assert len(load_states(connection)[1]) == 1


def test_a_forgotten_vehicle_is_gone(database: Engine) -> None:
    with database.begin() as connection:
        save_states(connection, [driven("BUS1"), driven("BUS2")])
        forget_states(connection, ["BUS1"])
        forget_states(connection, [])
        assert [state.vehicle_id for state in load_states(connection)[1]] == ["BUS2"]


def test_a_vehicle_on_no_trip_comes_back_too(database: Engine) -> None:
    state = VehicleState("BUS1", a_report(), MatchedPosition(NOW, VehicleStatus.UNASSIGNED, explanation="trip taken by BUS2"))
    with database.begin() as connection:
        save_states(connection, [state])
        assert load_states(connection)[1] == [state]


# --- reports -------------------------------------------------------------------------------------------------------------


def a_stored(seconds: float = 0.0, tracker_id: str = "t1", **changes: object) -> Row:
    at = NOW + timedelta(seconds=seconds)
    row: Row = {
        "tracker_id": tracker_id,
        "fix_at": at,
        "tracker_at": None,
        "received_at": at,
        "reported_at": at,
        "vehicle_id": "BUS1",
        "lat": 3.6,
        "lon": 98.5,
        "bearing": None,
        "speed_mps": None,
        "odometer_m": None,
        "accuracy_m": None,
        "battery_pct": None,
        "seq": None,
        "status": "on_trip",
    }
    return {**row, **changes}


def test_one_report_is_a_tracker_and_a_time_and_is_stored_once(database: Engine) -> None:
    with database.begin() as connection:
        save_reports(connection, [a_stored(), a_stored(1)])
        save_reports(connection, [a_stored(lat=9.9), a_stored(2), a_stored(0, "t2")])
        found = load_reports(connection, "BUS1", NOW, LATER)
    assert [(one.tracker_id, one.reported_at, one.lat) for one in found] == [
        ("t1", NOW, 3.6),
        ("t2", NOW, 3.6),
        ("t1", NOW + timedelta(seconds=1), 3.6),
        ("t1", NOW + timedelta(seconds=2), 3.6),
    ]


def test_which_fixes_are_known_can_be_asked_for_any_number(database: Engine) -> None:
    stored = [a_stored(n) for n in range(0, 900, 2)]
    with database.begin() as connection:
        save_reports(connection, stored)
        asked = [("t1", NOW + timedelta(seconds=n)) for n in range(900)] + [("t2", NOW)]
        assert known_fixes(connection, asked) == {(row["tracker_id"], row["fix_at"]) for row in stored}
        assert newest_fix_at(connection, "t1") == NOW + timedelta(seconds=898)
        assert newest_fix_at(connection, "t2") is None
        assert newest_received_at(connection) == NOW + timedelta(seconds=898)


def test_old_reports_are_forgotten_oldest_first_some_at_a_time(database: Engine) -> None:
    with database.begin() as connection:
        save_reports(connection, [a_stored(n) for n in range(10)])
        assert forget_reports(connection, NOW + timedelta(seconds=6), 4) == 4
        assert forget_reports(connection, NOW + timedelta(seconds=6), 4) == 2
        assert forget_reports(connection, NOW + timedelta(seconds=6), 4) == 0
        assert len(load_reports(connection, "BUS1", NOW, LATER)) == 4


# --- calls at stops ------------------------------------------------------------------------------------------------------


def a_call(sequence: int, trip: TripInstance | None = None, **changes: object) -> StopEvent:
    at = NOW + timedelta(minutes=sequence)
    event = StopEvent("BUS1", trip or a_trip_instance(), f"S{sequence}", sequence, at, at + timedelta(seconds=9.5), 20.0)
    return replace(event, **changes)  # type: ignore[arg-type]


def test_calls_come_back_in_the_order_in_which_they_became_known(database: Engine) -> None:
    calls = [a_call(3), a_call(1), a_call(2, departed_at=None)]
    with database.begin() as connection:
        save_stop_events(connection, calls)
        found = load_stop_events(connection)
        assert [event for _, event in found] == calls
        ids = [number for number, _ in found]
        assert ids == sorted(ids)
        assert [event for _, event in load_stop_events(connection, ids[0])] == calls[1:]
        assert load_stop_events(connection, ids[0], limit=1) == found[1:2]
        assert load_stop_events(connection, ids[-1]) == []


def test_a_call_is_stored_once_however_often_it_is_saved(database: Engine) -> None:
    with database.begin() as connection:
        save_stop_events(connection, [a_call(1), a_call(1)])
        save_stop_events(connection, [a_call(1, arrived_at=LATER), a_call(2)])
        assert [event for _, event in load_stop_events(connection)] == [a_call(1), a_call(2)]


def test_calls_of_other_days_starts_vehicles_and_visits_are_others(database: Engine) -> None:
    tuesday = MONDAY + timedelta(days=1)
    calls = [
        a_call(1),
        a_call(1, a_trip_instance(day=tuesday)),
        a_call(1, a_trip_instance(start_s=25_200)),
        a_call(1, a_trip_instance(start_s=25_260)),
        a_call(1, vehicle_id="BUS2"),
        a_call(9, stop_id="S1"),
    ]
    with database.begin() as connection:
        save_stop_events(connection, calls)
        assert [event for _, event in load_stop_events(connection)] == calls


def test_learning_can_begin_at_a_moment(database: Engine) -> None:
    with database.begin() as connection:
        assert last_event_before(connection, NOW) == 0
        save_stop_events(connection, [a_call(n) for n in range(1, 5)])
        first = load_stop_events(connection)[0][0]
        assert last_event_before(connection, NOW + timedelta(minutes=3)) == first + 1
        assert last_event_before(connection, NOW + timedelta(hours=3)) == first + 3


def test_what_was_learnt_is_one_blob_with_the_last_call_that_it_knows(database: Engine) -> None:
    with database.begin() as connection:
        assert load_learnt(connection) is None
        save_learnt(connection, b"\x00first", 7, now=NOW)
        save_learnt(connection, b"second\xff", 9, now=LATER)
        assert load_learnt(connection) == (b"second\xff", 9)


# --- trackers, assignments -----------------------------------------------------------------------------------------------


def test_a_tracker_is_put_on_a_vehicle_moved_and_taken_off(database: Engine) -> None:
    with database.begin() as connection:
        map_tracker(connection, "t1", "BUS1", now=NOW)
        map_tracker(connection, "t2", "BUS2", now=NOW)
        map_tracker(connection, "t1", "BUS3", now=LATER)
        assert load_tracker_map(connection) == {"t1": "BUS3", "t2": "BUS2"}
        map_tracker(connection, "t1", None, now=LATER)
        map_tracker(connection, "never", None, now=LATER)
        assert load_tracker_map(connection) == {"t2": "BUS2"}


def test_two_trackers_on_one_bus_are_noticed(database: Engine) -> None:
    with database.begin() as connection:
        for tracker_id in ("t1", "t2"):
            map_tracker(connection, tracker_id, "BUS1", now=NOW)
        assert [row.shared_with for row in load_tracker_health(connection)] == [("t2",), ("t1",)]


def test_refusals_add_up_by_tracker_and_reason(database: Engine) -> None:
    with database.begin() as connection:
        count_refusals(connection, {("t1", "jump"): 2, ("t1", "duplicate"): 1, ("t2", "jump"): 1}, now=NOW)
        count_refusals(connection, {("t1", "jump"): 3}, now=LATER)
        count_refusals(connection, {}, now=LATER)
        found = {row.tracker_id: row.refusals for row in load_tracker_health(connection)}
    assert found == {"t1": {"duplicate": 1, "jump": 5}, "t2": {"jump": 1}}


def test_the_health_of_a_tracker_adds_up_and_what_is_not_said_stays(database: Engine) -> None:
    first = {"tracker_id": "t1", "online": True, "last_received_at": NOW, "accepted": 5, "battery_pct": 80.0}
    second = {"tracker_id": "t1", "online": None, "last_received_at": LATER, "accepted": 2, "battery_pct": None}
    with database.begin() as connection:
        save_tracker_health(connection, [first])
        save_tracker_health(connection, [second])
        save_tracker_health(connection, [])
        (row,) = load_tracker_health(connection)
    assert (row.online, row.last_received_at, row.accepted, row.battery_pct) == (True, LATER, 7, 80.0)
    assert row.vehicle_id is None


def test_what_a_dispatcher_says_is_kept_replaced_and_taken_back(database: Engine) -> None:
    with database.begin() as connection:
        assign(connection, "BUS1", AssignmentHint("R1"), now=NOW)
        assign(connection, "BUS2", AssignmentHint("R1", "T1"), now=NOW)
        assign(connection, "BUS1", AssignmentHint(trip_id="T2"), now=LATER)
        assert load_assignments(connection, LATER) == {"BUS1": AssignmentHint(None, "T2"), "BUS2": AssignmentHint("R1", "T1")}
        assign(connection, "BUS1", None, now=LATER)
        assert list(load_assignments(connection, LATER)) == ["BUS2"]


# --- alerts, tickets -----------------------------------------------------------------------------------------------------

ALERT = Alert(
    "a1",
    {"id": "Jalan ditutup", "en": "Road closed"},
    (InformedEntity(route_id="R1"), InformedEntity(trip=a_trip_instance("T1", 25_200))),
    NOW,
    LATER,
    cause=Cause.CONSTRUCTION,
    effect=Effect.DETOUR,
)


def test_an_alert_comes_back_as_it_was_until_it_has_ended(database: Engine) -> None:
    endless = replace(ALERT, alert_id="a2", ends_at=None, starts_at=LATER)
    with database.begin() as connection:
        save_alert(connection, endless)
        save_alert(connection, ALERT)
        assert load_alerts(connection, NOW) == [ALERT, endless]
        assert load_alerts(connection, LATER) == [endless]


def test_an_alert_is_ended_now_and_one_that_has_ended_keeps_its_end(database: Engine) -> None:
    with database.begin() as connection:
        save_alert(connection, replace(ALERT, ends_at=None))
        end_alert(connection, "a1", now=LATER)
        end_alert(connection, "a1", now=LATER + timedelta(hours=1))
        assert load_alerts(connection, NOW)[0].ends_at == LATER
        with pytest.raises(UnknownAlert):
            end_alert(connection, "nobody", now=NOW)


AROUND = (NOW - timedelta(minutes=5), NOW + timedelta(minutes=5))


def test_a_ticket_comes_back_is_said_again_and_answered(database: Engine) -> None:
    ticket = Ticket("k1", "no_bus", "S1", NOW, promised=b"\x00\x01", about_at=NOW)
    with database.begin() as connection:
        save_ticket(connection, ticket)
        assert load_ticket(connection, "k1") == ticket
        assert find_same(connection, "no_bus", "S1", since=NOW, about=AROUND) == ticket
        assert find_same(connection, "no_bus", "S2", since=NOW, about=AROUND) is None
        assert find_same(connection, "no_bus", "S1", since=NOW, about=(LATER, LATER + timedelta(minutes=5))) is None
        say_again(connection, "k1")
        answer_ticket(connection, "k1", "Bus mogok.", now=LATER)
        assert load_ticket(connection, "k1") == replace(ticket, said=2, answer="Bus mogok.", answered_at=LATER)
        assert find_same(connection, "no_bus", "S1", since=NOW, about=AROUND) is None


def test_open_tickets_come_first_then_the_newest(database: Engine) -> None:
    with database.begin() as connection:
        for n in range(3):
            save_ticket(connection, Ticket(f"k{n}", "late", "S1", NOW + timedelta(minutes=n), f"text {n}"))
        answer_ticket(connection, "k2", "ya", now=LATER)
        assert [one.ticket_id for one in load_tickets(connection, since=NOW)] == ["k1", "k0", "k2"]
        assert count_tickets(connection, since=NOW + timedelta(minutes=1)) == 2
        for unknown in (load_ticket, lambda connection, name: answer_ticket(connection, name, "x", now=NOW)):
            with pytest.raises(UnknownTicket):
                unknown(connection, "nobody")


def test_a_ticket_is_never_overwritten(database: Engine) -> None:
    with database.begin() as connection:
        save_ticket(connection, Ticket("k1", "late", "S1", NOW))
        with pytest.raises(IntegrityError):
            save_ticket(connection, Ticket("k1", "late", "S1", NOW))
