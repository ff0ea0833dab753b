"""The live feeds: which vehicle is in them, which promise they make, and how old it is."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from hypothesis import given
from hypothesis import strategies as st

from gtfs.realtime import alerts, json_of_pb, to_json, to_pb, trip_updates, vehicle_positions
from tests.builders import LOOP, MONDAY, SEVEN, a_network, a_report, a_trip_instance, at, every
from transit.arrivals.alerts import Alert, Cause, Effect, InformedEntity
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.plan.network import FeedInfo, Network, TripInstance
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus

PLAIN = a_network()
HEADWAY = a_network(LOOP, headway=every(10))
RUN = a_trip_instance("T1", 7 * 3600)
RELATION = pb.TripDescriptor.ScheduleRelationship
STOP_RELATION = pb.TripUpdate.StopTimeUpdate.ScheduleRelationship


def a_state(
    vehicle_id: str = "BUS1",
    trip: TripInstance | None = None,
    *,
    when: datetime = SEVEN,
    status: VehicleStatus = VehicleStatus.ON_TRIP,
    next_stop: int | None = 2,
    offset_m: float = 5.0,
    is_expected_back: bool = False,
) -> VehicleState:
    report = a_report((100.0, 0.0), when, vehicle_id=vehicle_id, bearing=90.0, speed_mps=6.0)
    matched = MatchedPosition(when, status, trip or a_trip_instance(), 100.0, offset_m, is_expected_back=is_expected_back)
    return VehicleState(vehicle_id, report, matched, next_stop_sequence=next_stop)


def some_predictions(
    network: Network,
    trip: TripInstance | None = None,
    *,
    vehicle_id: str = "BUS1",
    first: int = 2,
    fix: datetime = SEVEN,
    minutes_apart: float = 2.0,
    spread_s: float = 60.0,
    tier: Tier = Tier.LIVE,
) -> list[Prediction]:
    """One for each stop from stop_sequence first on, the next in two minutes."""
    trip = trip or a_trip_instance()
    calls = [call for call in network.trip(trip.trip_id).stop_times if call.stop_sequence >= first]
    found = []
    for n, call in enumerate(calls, 1):
        said = fix + timedelta(minutes=minutes_apart * n)
        half = timedelta(seconds=spread_s / 2)
        departs = call is network.trip(trip.trip_id).stop_times[0]
        found.append(
            Prediction(
                vehicle_id, trip, call.stop_id, call.stop_sequence, fix, fix, said, said - half, said + half, tier, departs
            )
        )
    return found


def only_update(network: Network, predictions: list[Prediction], states: list[VehicleState], now: datetime) -> pb.TripUpdate:
    message = trip_updates(network, predictions, states, now)
    assert len(message.entity) == 1
    return message.entity[0].trip_update


# --- vehicle positions --------------------------------------------------------------------------------------------------


AGES = [(0, True), (90, True), (91, False), (-10, True), (-11, False), (-91, False), (3600, False)]


@pytest.mark.parametrize(("age_s", "is_there"), AGES)
def test_a_position_leaves_the_feed_when_its_fix_is_over_90_s_old_or_still_to_come(age_s: int, is_there: bool) -> None:
    message = vehicle_positions(PLAIN, [a_state()], SEVEN + timedelta(seconds=age_s))
    assert bool(message.entity) is is_there


def test_a_position_carries_the_fix_the_trip_and_the_next_stop() -> None:
    entity = vehicle_positions(PLAIN, [a_state()], SEVEN + timedelta(seconds=5)).entity[0]
    vehicle = entity.vehicle
    assert entity.id == "vehicle:BUS1"
    assert vehicle.timestamp == int(SEVEN.timestamp())
    assert (vehicle.position.bearing, vehicle.position.speed) == (90.0, 6.0)
    assert vehicle.position.latitude == pytest.approx(3.6, abs=1e-5)
    assert (vehicle.trip.trip_id, vehicle.trip.route_id, vehicle.trip.start_date) == ("T1", "R1", "20261123")
    assert vehicle.trip.schedule_relationship == RELATION.SCHEDULED
    assert not vehicle.trip.HasField("start_time")
    assert (vehicle.current_stop_sequence, vehicle.stop_id) == (2, "S1")
    assert vehicle.current_status == pb.VehiclePosition.IN_TRANSIT_TO


def test_a_bus_that_waits_at_its_terminal_stands_at_the_first_stop_of_the_next_trip() -> None:
    state = a_state(trip=RUN, status=VehicleStatus.LAYOVER, next_stop=None)
    vehicle = vehicle_positions(HEADWAY, [state], SEVEN).entity[0].vehicle
    assert (vehicle.current_stop_sequence, vehicle.current_status) == (1, pb.VehiclePosition.STOPPED_AT)
    assert vehicle.trip.start_time == "07:00:00"
    assert vehicle.trip.schedule_relationship == RELATION.UNSCHEDULED


def test_a_bus_on_a_detour_is_shown_without_claiming_the_trip() -> None:
    state = a_state(status=VehicleStatus.OFF_ROUTE, is_expected_back=True)
    vehicle = vehicle_positions(PLAIN, [state], SEVEN).entity[0].vehicle
    assert vehicle.HasField("position")
    assert not vehicle.HasField("trip")


def test_where_a_bus_goes_that_left_its_trip_for_good_is_nobodys_business() -> None:
    assert not vehicle_positions(PLAIN, [a_state(status=VehicleStatus.OFF_ROUTE)], SEVEN).entity


@pytest.mark.parametrize(("is_parked", "count"), [(False, 1), (True, 0)])
def test_a_parked_bus_leaves_both_feeds(is_parked: bool, count: int) -> None:
    stands = StandingVehicle(
        vehicle_id="BUS1", trip=a_trip_instance(), since=SEVEN, stop_id="S1", next_stop_sequence=2, reported_at=SEVEN,
        ended_at=SEVEN, waits=False, is_parked=is_parked,
    )  # fmt: skip
    assert len(vehicle_positions(PLAIN, [a_state()], SEVEN, standing=[stands]).entity) == count
    assert len(trip_updates(PLAIN, [], [a_state()], SEVEN, standing=[stands]).entity) == count


@pytest.mark.parametrize(("is_parked", "positions"), [(False, 1), (True, 0)])
def test_the_position_of_a_bus_that_stands_beside_its_line_stays_until_it_is_parked(is_parked: bool, positions: int) -> None:
    beside = replace(a_state(), matched=replace(a_state().matched, status=VehicleStatus.OFF_ROUTE, offset_m=78.0))
    stands = StandingVehicle("BUS1", a_trip_instance(), SEVEN, "S2", 3, SEVEN, SEVEN, waits=False, is_parked=is_parked)
    assert len(vehicle_positions(PLAIN, [beside], SEVEN, standing=[stands]).entity) == positions
    assert len(vehicle_positions(PLAIN, [beside], SEVEN).entity) == 0
    update = trip_updates(PLAIN, [], [beside], SEVEN, standing=[stands])
    relations = {call.schedule_relationship for entity in update.entity for call in entity.trip_update.stop_time_update}
    assert relations == (set() if is_parked else {pb.TripUpdate.StopTimeUpdate.NO_DATA})


def test_a_bus_too_far_from_its_shape_does_not_claim_the_trip() -> None:
    vehicle = vehicle_positions(PLAIN, [a_state(offset_m=250.0)], SEVEN).entity[0].vehicle
    assert not vehicle.HasField("trip")


def test_a_bus_past_its_last_stop_claims_its_trip_no_more() -> None:
    vehicle = vehicle_positions(PLAIN, [a_state(next_stop=None)], SEVEN).entity[0].vehicle
    assert not vehicle.HasField("trip")


def test_the_last_entity_of_a_trip_id_is_the_same_bus_in_both_feeds() -> None:
    """Consumers keep one vehicle per trip_id, although several run a headway-based one. BUS2 is at its end, BUS3 is silent."""
    runs = {f"BUS{n}": a_trip_instance("T1", (7 * 60 - 10 * n) * 60) for n in (1, 2, 3)}
    fixes = {"BUS1": SEVEN, "BUS2": SEVEN, "BUS3": SEVEN - timedelta(seconds=150)}
    stops = {"BUS1": 4, "BUS2": 9, "BUS3": 5}
    states = [a_state(bus, run, when=fixes[bus], next_stop=stops[bus]) for bus, run in runs.items()]
    told = [
        row
        for bus, run in runs.items()
        for row in some_predictions(HEADWAY, run, vehicle_id=bus, first=stops[bus], fix=fixes[bus], minutes_apart=6.0)
    ]
    updates = [entity.trip_update.vehicle.id for entity in trip_updates(HEADWAY, told, states, SEVEN).entity]
    positions = [entity.vehicle.vehicle.id for entity in vehicle_positions(HEADWAY, states, SEVEN).entity]
    assert updates == ["BUS3", "BUS2", "BUS1"]
    assert positions == ["BUS2", "BUS1"]


@pytest.mark.parametrize("status", [VehicleStatus.DEADHEAD, VehicleStatus.UNASSIGNED])
def test_a_bus_out_of_service_is_not_offered_to_riders(status: VehicleStatus) -> None:
    assert not vehicle_positions(PLAIN, [a_state(status=status)], SEVEN).entity


def test_a_trip_of_another_network_version_does_not_break_the_feed() -> None:
    stranger = a_trip_instance("T99")
    message = vehicle_positions(PLAIN, [a_state(trip=stranger)], SEVEN)
    assert not message.entity[0].vehicle.HasField("trip")
    foreign = [replace(row, trip=stranger) for row in some_predictions(PLAIN)]
    assert not trip_updates(PLAIN, foreign, [], SEVEN).entity
    renumbered = [replace(row, stop_sequence=row.stop_sequence + 100) for row in some_predictions(PLAIN)]
    assert not trip_updates(PLAIN, renumbered, [], SEVEN).entity


def test_the_header_is_never_older_than_a_fix_from_a_clock_ahead_of_ours() -> None:
    now = SEVEN - timedelta(seconds=8)
    message = vehicle_positions(PLAIN, [a_state()], now)
    assert message.entity[0].vehicle.timestamp == message.header.timestamp == int(now.timestamp())


def test_the_header_names_the_version_of_the_feed() -> None:
    versioned = replace(PLAIN, feed_info=FeedInfo("Kota", "https://example.org", "id", version="2026-11"))
    assert vehicle_positions(versioned, [], SEVEN).header.feed_version == "2026-11"
    assert not vehicle_positions(PLAIN, [], SEVEN).header.HasField("feed_version")


# --- trip updates -------------------------------------------------------------------------------------------------------


def test_a_timetabled_trip_carries_times_and_no_delay() -> None:
    update = only_update(PLAIN, some_predictions(PLAIN), [a_state()], SEVEN)
    assert update.trip.schedule_relationship == RELATION.SCHEDULED
    assert (update.vehicle.id, update.timestamp) == ("BUS1", int(SEVEN.timestamp()))
    assert [stop.stop_sequence for stop in update.stop_time_update] == list(range(2, 10))
    assert not update.HasField("delay")
    for stop in update.stop_time_update:
        assert stop.arrival.HasField("time")
        assert not stop.arrival.HasField("delay")
        assert stop.schedule_relationship == STOP_RELATION.SCHEDULED
    assert [stop.HasField("departure") for stop in update.stop_time_update] == [True] * 7 + [False]


def test_a_headway_based_trip_is_unscheduled_and_names_its_start_and_its_vehicle() -> None:
    update = only_update(HEADWAY, some_predictions(HEADWAY, RUN), [a_state(trip=RUN)], SEVEN)
    assert (update.trip.start_date, update.trip.start_time) == ("20261123", "07:00:00")
    assert update.trip.schedule_relationship == RELATION.UNSCHEDULED
    assert update.vehicle.id == "BUS1"
    assert {stop.schedule_relationship for stop in update.stop_time_update} == {STOP_RELATION.UNSCHEDULED}


def test_a_trip_after_midnight_keeps_its_service_date_and_counts_past_24_hours() -> None:
    late = a_trip_instance("T1", 24 * 3600 + 600, MONDAY)
    now = at(24, 20)
    update = only_update(HEADWAY, some_predictions(HEADWAY, late, fix=now), [a_state(trip=late, when=now)], now)
    assert (update.trip.start_date, update.trip.start_time) == ("20261123", "24:10:00")


def test_a_stop_visited_twice_has_two_updates_told_apart_by_their_sequence() -> None:
    update = only_update(HEADWAY, some_predictions(HEADWAY, RUN, first=1), [a_state(trip=RUN)], SEVEN)
    home = [(stop.stop_sequence, stop.stop_id) for stop in update.stop_time_update if stop.stop_id == "S0"]
    assert home == [(1, "S0"), (9, "S0")]
    first, last = update.stop_time_update[0], update.stop_time_update[-1]
    assert first.HasField("departure")
    assert not first.HasField("arrival")
    assert last.HasField("arrival")
    assert not last.HasField("departure")


@pytest.mark.parametrize(("age_s", "is_there"), [(0, True), (300, True), (301, False)])
def test_an_update_stays_until_its_fix_is_300_s_old(age_s: int, is_there: bool) -> None:
    message = trip_updates(PLAIN, some_predictions(PLAIN), [a_state()], SEVEN + timedelta(seconds=age_s))
    assert bool(message.entity) is is_there


def test_an_old_fix_keeps_its_own_time_and_is_less_sure() -> None:
    told = some_predictions(PLAIN, minutes_apart=6.0)
    fresh = only_update(PLAIN, told, [a_state()], SEVEN)
    old = only_update(PLAIN, told, [a_state()], SEVEN + timedelta(seconds=250))
    assert old.timestamp == fresh.timestamp == int(SEVEN.timestamp())
    assert fresh.stop_time_update[0].arrival.uncertainty == 30
    assert old.stop_time_update[0].arrival.uncertainty == 30 + 160
    assert old.stop_time_update[0].arrival.time == fresh.stop_time_update[0].arrival.time


def test_even_a_certain_prediction_is_not_said_to_be_certain() -> None:
    update = only_update(PLAIN, some_predictions(PLAIN, spread_s=0.0), [a_state()], SEVEN)
    assert {stop.arrival.uncertainty for stop in update.stop_time_update} == {1}


def test_a_trip_whose_last_stop_lies_behind_promises_nothing() -> None:
    assert not trip_updates(PLAIN, some_predictions(PLAIN, minutes_apart=0.1), [a_state()], at(7, 2)).entity


@given(st.lists(st.integers(-400, 4000), min_size=8, max_size=8), st.booleans())
def test_times_always_increase_along_a_trip_and_no_bus_leaves_before_it_comes(seconds: list[int], headway: bool) -> None:
    network, trip = (HEADWAY, RUN) if headway else (PLAIN, a_trip_instance())
    rows = [
        replace(row, predicted_at=SEVEN + timedelta(seconds=s), high_at=SEVEN + timedelta(seconds=s + 60))
        for row, s in zip(some_predictions(network, trip), sorted(seconds), strict=True)
    ]
    for entity in trip_updates(network, rows, [], SEVEN).entity:
        latest = 0
        for stop in entity.trip_update.stop_time_update:
            assert stop.arrival.time > latest
            latest = stop.arrival.time
            if stop.HasField("departure"):
                assert stop.departure.time >= latest
                latest = stop.departure.time


def test_the_dwell_of_the_plan_stands_between_arrival_and_departure() -> None:
    trip = PLAIN.trip("T1")
    waits = tuple(replace(call, departure_s=(call.arrival_s or 0) + 40) for call in trip.stop_times)
    network = replace(PLAIN, trips={"T1": replace(trip, stop_times=waits)})
    update = only_update(network, some_predictions(network), [a_state()], SEVEN)
    stop = update.stop_time_update[0]
    assert stop.departure.time - stop.arrival.time == 40


# --- one vehicle, one trip ----------------------------------------------------------------------------------------------


def test_two_buses_that_claim_one_trip_make_one_update_from_the_fresher_fix() -> None:
    stale = some_predictions(PLAIN, vehicle_id="BUS9", fix=SEVEN - timedelta(seconds=120), minutes_apart=5.0)
    update = only_update(PLAIN, some_predictions(PLAIN) + stale, [], SEVEN)
    assert update.vehicle.id == "BUS1"


def test_the_next_trip_of_a_timetabled_bus_is_told_without_giving_the_bus_two_trips() -> None:
    later = some_predictions(PLAIN, a_trip_instance("T2"), first=1, tier=Tier.NEXT_TRIP)
    message = trip_updates(PLAIN, some_predictions(PLAIN) + later, [a_state()], SEVEN)
    assert [entity.trip_update.trip.trip_id for entity in message.entity] == ["T2", "T1"]
    assert [entity.trip_update.vehicle.id for entity in message.entity] == ["", "BUS1"]


def test_the_next_trip_in_the_same_block_names_the_bus() -> None:
    blocked = replace(PLAIN, trips={i: replace(trip, block_id="B1") for i, trip in PLAIN.trips.items()})
    later = some_predictions(blocked, a_trip_instance("T2"), first=1, tier=Tier.NEXT_TRIP)
    assert only_update(blocked, later, [a_state()], SEVEN).vehicle.id == "BUS1"


def test_the_next_headway_based_trip_has_no_start_yet_and_is_not_told() -> None:
    later = some_predictions(HEADWAY, a_trip_instance("T1", 8 * 3600), first=1, tier=Tier.NEXT_TRIP)
    assert not trip_updates(HEADWAY, later, [a_state(trip=RUN)], SEVEN).entity


def test_entity_ids_do_not_change_from_tick_to_tick() -> None:
    messages = [trip_updates(HEADWAY, some_predictions(HEADWAY, RUN, first=n), [], SEVEN) for n in (2, 3)]
    assert [[entity.id for entity in message.entity] for message in messages] == [["trip:T1:20261123:07:00:00"]] * 2


# --- alerts -------------------------------------------------------------------------------------------------------------


TOLD = {"id": "Jalan ditutup", "en": "Road closed"}


def an_alert(*informed: InformedEntity, **values: Any) -> Alert:
    about = informed or (InformedEntity(route_id="R1"),)
    return replace(Alert("a1", TOLD, about, at(6), at(9), cause=Cause.CONSTRUCTION, effect=Effect.DETOUR), **values)


def test_an_alert_is_told_in_all_its_languages() -> None:
    alert = alerts(PLAIN, [an_alert()], SEVEN).entity[0].alert
    assert {text.language: text.text for text in alert.header_text.translation} == TOLD
    assert not alert.HasField("description_text"), "a description that repeats the header tells nobody anything"
    assert (alert.cause, alert.effect) == (pb.Alert.CONSTRUCTION, pb.Alert.DETOUR)
    for period in (alert.active_period[0], alert.communication_period[0], alert.impact_period[0]):
        assert (period.start, period.end) == (int(at(6).timestamp()), int(at(9).timestamp()))


def test_an_alert_without_an_end_stays_and_one_that_ended_goes() -> None:
    assert not alerts(PLAIN, [an_alert()], at(9)).entity
    endless = alerts(PLAIN, [an_alert(ends_at=None)], at(23)).entity[0]
    assert not endless.alert.active_period[0].HasField("end")


def test_what_an_alert_names_must_exist() -> None:
    known, gone = InformedEntity(stop_id="S1"), InformedEntity(stop_id="S1", route_id="R9")
    assert [e.stop_id for e in alerts(PLAIN, [an_alert(known, gone)], SEVEN).entity[0].alert.informed_entity] == ["S1"]
    assert not alerts(PLAIN, [an_alert(gone, InformedEntity())], SEVEN).entity


def test_an_alert_for_one_run_names_the_run() -> None:
    message = alerts(HEADWAY, [an_alert(InformedEntity(route_id="R1", trip=RUN))], SEVEN)
    selector = message.entity[0].alert.informed_entity[0]
    assert (selector.trip.trip_id, selector.trip.start_time, selector.trip.route_id) == ("T1", "07:00:00", "R1")


# --- bytes --------------------------------------------------------------------------------------------------------------


def test_json_uses_the_names_of_the_proto_and_says_the_same() -> None:
    message = trip_updates(HEADWAY, some_predictions(HEADWAY, RUN), [], SEVEN)
    packed = to_pb(message)
    told = json.loads(to_json(message))
    assert told["header"]["gtfs_realtime_version"] == "2.0"
    assert told["entity"][0]["trip_update"]["trip"]["schedule_relationship"] == "UNSCHEDULED"
    assert told["entity"][0]["trip_update"]["stop_time_update"][0]["arrival"]["time"] == str(int(at(7, 2).timestamp()))
    assert json_of_pb(packed) == to_json(message)
    assert to_pb(pb.FeedMessage.FromString(packed)) == packed
