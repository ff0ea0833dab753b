"""What notices say, programs are told too: runs that are cancelled, stops that are passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from gtfs.realtime import alerts, trip_updates, vehicle_positions
from tests.builders import SEVEN, a_network, a_trip_instance, at, every
from tests.gtfs.rt_gate import gate_for
from tests.gtfs.test_realtime import PLAIN, RELATION, STOP_RELATION, a_state, some_predictions
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.forecasting.prediction import Tier
from transit.plan.network import Network, TripInstance

EIGHT = a_trip_instance("T2")
EXACT = a_network(headway=replace(every(10), exact_times=1))


def notice(*informed: InformedEntity, ends_at: datetime | None = None, effect: Effect = Effect.NO_SERVICE) -> Alert:
    return Alert("a1", {"id": "Tidak jalan"}, informed, at(0), ends_at, effect=effect)


CANCELLATION = notice(InformedEntity(route_id="R1", trip=EIGHT))
CLOSURE = notice(InformedEntity(stop_id="S4"))


def updates(network: Network, *told: Alert, now: datetime = SEVEN) -> dict[str, pb.TripUpdate]:
    return {entity.id: entity.trip_update for entity in trip_updates(network, [], [], now, told).entity}


def relations(update: pb.TripUpdate) -> list[tuple[str, int]]:
    return [(row.stop_id, row.schedule_relationship) for row in update.stop_time_update]


def test_a_cancelled_run_is_cancelled_hours_ahead_without_a_vehicle():
    found = updates(PLAIN, CANCELLATION, now=at(3))
    assert list(found) == ["trip:T2:20261123"]
    assert found["trip:T2:20261123"].trip.schedule_relationship == RELATION.CANCELED
    assert not found["trip:T2:20261123"].stop_time_update
    assert not updates(PLAIN, CANCELLATION, now=at(1))  # seven hours ahead: told when it is nearer
    assert not updates(PLAIN, CANCELLATION, now=at(9))  # it would be over
    assert not updates(PLAIN, replace(CANCELLATION, effect=Effect.DETOUR), now=at(3))


def test_a_cancelled_start_of_exact_frequencies_is_cancelled_and_no_other():
    run = a_trip_instance("T1", 7 * 3600 + 600)
    found = updates(EXACT, notice(InformedEntity(trip=run)))
    assert list(found) == ["trip:T1:20261123:07:10:00"]
    assert found["trip:T1:20261123:07:10:00"].trip.start_time == "07:10:00"
    assert not updates(a_network(headway=every(10)), notice(InformedEntity(trip=run)))  # by headway: it has no such start


def test_a_route_without_service_has_its_runs_cancelled_while_the_notice_holds():
    whole = notice(InformedEntity(route_id="R1"), ends_at=at(7, 30))
    assert list(updates(PLAIN, whole, now=at(6, 30))) == ["trip:T1:20261123"]
    assert list(updates(PLAIN, replace(whole, ends_at=None), now=at(6, 30))) == ["trip:T1:20261123", "trip:T2:20261123"]
    assert not updates(PLAIN, notice(InformedEntity(route_id="R9")))


def test_the_alert_names_the_run_as_cancelled():
    entity = alerts(PLAIN, [CANCELLATION], SEVEN).entity[0].alert.informed_entity[0]
    assert entity.trip.schedule_relationship == RELATION.CANCELED
    late = replace(CANCELLATION, effect=Effect.SIGNIFICANT_DELAYS)
    assert alerts(PLAIN, [late], SEVEN).entity[0].alert.informed_entity[0].trip.schedule_relationship == RELATION.SCHEDULED


@pytest.mark.parametrize(("tier", "stays"), [(Tier.LIVE, True), (Tier.AT_TERMINAL, False), (Tier.NEXT_TRIP, False)])
def test_a_bus_that_is_seen_driving_stays_and_one_that_only_waits_is_cancelled(tier: Tier, stays: bool):
    told = some_predictions(PLAIN, EIGHT, tier=tier)
    (entity,) = trip_updates(PLAIN, told, [a_state(trip=EIGHT)], SEVEN, [CANCELLATION]).entity
    assert (entity.trip_update.trip.schedule_relationship == RELATION.CANCELED) is not stays
    assert bool(entity.trip_update.stop_time_update) is stays


def test_a_closed_stop_is_skipped_by_the_bus_on_its_way_and_by_runs_of_the_timetable():
    told = some_predictions(PLAIN)
    found = {entity.id: entity.trip_update for entity in trip_updates(PLAIN, told, [a_state()], SEVEN, [CLOSURE]).entity}
    live = dict(relations(found["trip:T1:20261123"]))
    assert live["S4"] == STOP_RELATION.SKIPPED
    assert live["S3"] == live["S5"] == STOP_RELATION.SCHEDULED
    skipped = next(row for row in found["trip:T1:20261123"].stop_time_update if row.stop_id == "S4")
    assert not skipped.HasField("arrival")
    no_data, closed = STOP_RELATION.NO_DATA, STOP_RELATION.SKIPPED
    assert relations(found["trip:T2:20261123"]) == [("S0", no_data), ("S4", closed), ("S5", no_data)]
    assert not found["trip:T2:20261123"].HasField("vehicle")


def test_a_stop_is_open_again_when_the_notice_has_ended():
    ending = notice(InformedEntity(stop_id="S4"), ends_at=at(7, 30))
    assert list(updates(PLAIN, ending)) == ["trip:T1:20261123"]


def test_a_closed_station_is_passed_over_at_all_of_its_platforms():
    plain = a_network()
    stops = {**plain.stops, "ST": replace(plain.stops["S4"], stop_id="ST", location_type=1)}
    stops["S4"] = replace(stops["S4"], parent_station="ST")
    found = updates(replace(plain, stops=stops), notice(InformedEntity(stop_id="ST")))
    assert ("S4", STOP_RELATION.SKIPPED) in relations(found["trip:T1:20261123"])


def test_the_independent_validator_accepts_cancelled_and_skipped(tmp_path: Path):
    gate = gate_for(PLAIN, tmp_path)
    ticks = []
    for turn in range(3):
        now = SEVEN + timedelta(seconds=15 * turn)
        told, states = some_predictions(PLAIN, fix=now), [a_state(when=now)]
        notices = [CANCELLATION, replace(CLOSURE, alert_id="a2")]
        ticks.append(
            (
                now,
                {
                    "tu": trip_updates(PLAIN, told, states, now, notices),
                    "vp": vehicle_positions(PLAIN, states, now),
                    "sa": alerts(PLAIN, notices, now),
                },
            )
        )
    # a run without a vehicle has neither its id nor a position; S025: active_period, docs/decisions/0011
    assert set(gate.findings(ticks)) <= {"S025", "W002", "W003"}


def test_no_direction_is_invented():
    unsaid = replace(PLAIN, trips={name: replace(trip, direction_id=None) for name, trip in PLAIN.trips.items()})
    trip: TripInstance = a_trip_instance()
    (entity,) = trip_updates(unsaid, some_predictions(unsaid, trip), [a_state()], SEVEN).entity
    assert not entity.trip_update.trip.HasField("direction_id")
    (same,) = trip_updates(PLAIN, some_predictions(PLAIN, trip), [a_state()], SEVEN).entity
    assert same.trip_update.trip.direction_id == 0
