"""Headway trips unrolled into departures: the file, and live facts under the names of the departures."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from gtfs import expanded as room
from gtfs.expanded import PlannedDepartures, TooManyDepartures, expanded, expanded_facts
from gtfs.reader import read_network
from gtfs.realtime import trip_updates, vehicle_positions
from gtfs.writer import write_network
from tests.builders import SEVEN, a_network, a_report, a_trip_instance, at, every
from tests.conftest import HOUSE
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.forecasting.prediction import Prediction, Tier
from transit.plan.network import Frequency, Translation, TripInstance
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus

TEN = a_network(headway=every(10, 7 * 3600, 8 * 3600))
SIX_STARTS = ["T1~070000", "T1~071000", "T1~072000", "T1~073000", "T1~074000", "T1~075000"]


def run(minute: int, seconds: int = 0) -> TripInstance:
    return a_trip_instance("T1", 7 * 3600 + minute * 60 + seconds)


def a_bus(vehicle_id: str, trip: TripInstance) -> VehicleState:
    matched = MatchedPosition(SEVEN, VehicleStatus.ON_TRIP, trip, 100.0, 5.0)
    return VehicleState(vehicle_id, a_report(vehicle_id=vehicle_id), matched, next_stop_sequence=2)


def promised(vehicle_id: str, trip: TripInstance, minutes: int) -> Prediction:
    when = SEVEN + timedelta(minutes=minutes)
    return Prediction(
        vehicle_id=vehicle_id, trip=trip, stop_id="S1", stop_sequence=2, made_at=SEVEN, reported_at=SEVEN,
        predicted_at=when, low_at=when, high_at=when, tier=Tier.LIVE,
    )  # fmt: skip


def test_a_headway_trip_becomes_one_trip_for_each_departure_with_its_times() -> None:
    network = expanded(TEN).network
    assert list(network.trips) == SIX_STARTS
    assert (network.frequencies, network.translations) == ((), ())
    first, last = network.trips["T1~070000"].stop_times, network.trips["T1~075000"].stop_times
    assert (first[0].departure_s, last[0].departure_s) == (7 * 3600, 7 * 3600 + 50 * 60)
    assert last[5].arrival_s == 7 * 3600 + 50 * 60 + 417  # 2,500 m at 6 m/s


def test_a_timetabled_trip_stays_and_no_block_ties_a_departure() -> None:
    assert expanded(a_network()).network.trips == a_network().trips
    trips = {"T1": replace(TEN.trips["T1"], block_id="B")}
    assert {trip.block_id for trip in expanded(replace(TEN, trips=trips)).network.trips.values()} == {""}


def test_windows_that_touch_share_no_departure_and_hours_pass_24() -> None:
    windows = (Frequency("T1", 24 * 3600 - 600, 24 * 3600, 600, 0), Frequency("T1", 24 * 3600, 25 * 3600, 1800, 1))
    starts = list(expanded(replace(TEN, frequencies=windows)).network.trips)
    assert starts == ["T1~235000", "T1~240000", "T1~243000"]


def test_the_sample_unrolled_is_a_feed_that_our_reader_takes_as_it_is() -> None:
    sample = read_network(HOUSE / "data" / "binjai")
    network = expanded(sample).network
    assert read_network(write_network(network)) == network
    assert "lingkar-putar~063000" in network.trips
    assert "lingkar-putar~160000" not in network.trips  # the window ends then
    assert sum(trip_id.startswith("lingkar-putar~") for trip_id in network.trips) == 57  # 9.5 h, one each ten minutes


def test_a_network_that_would_be_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "MOST_CALLS", 53)  # six departures of nine stops are 54
    with pytest.raises(TooManyDepartures, match="54 stop times"):
        expanded(replace(TEN, translations=(Translation("stops", "stop_name", "en", "Tugu", "S1"),)))


def test_a_run_stands_for_the_nearest_departure_and_no_two_for_one() -> None:
    departures = PlannedDepartures(expanded(TEN), [run(11), run(12), run(33, 30)])
    found = [departures.of(trip) for trip in (run(11), run(12), run(33, 30))]
    assert found == [a_trip_instance(name) for name in ("T1~071000", "T1~072000", "T1~073000")]


def test_who_began_first_keeps_its_departure_when_another_begins_behind_it() -> None:
    plan = expanded(TEN)
    alone, together = PlannedDepartures(plan, [run(13)]), PlannedDepartures(plan, [run(13), run(14)])
    assert alone.of(run(13)) == together.of(run(13)) == TripInstance("T1~071000", run(13).start_date)
    assert together.of(run(14)) == TripInstance("T1~072000", run(14).start_date)


def test_a_run_farther_than_a_headway_from_every_departure_has_none() -> None:
    plan = expanded(TEN)
    assert PlannedDepartures(plan, [run(60)]).of(run(60)) == a_trip_instance("T1~075000")
    assert PlannedDepartures(plan, [run(61)]).of(run(61)) is None
    assert PlannedDepartures(plan, []).of(TripInstance("T9", SEVEN.date())) == TripInstance("T9", SEVEN.date())  # not unrolled


def test_live_facts_are_told_of_the_departure_with_its_delay() -> None:
    plan = expanded(TEN)
    bus = a_bus("BUS1", run(2))
    facts = expanded_facts(plan, [bus], [promised("BUS1", run(2), 4)], [], [], SEVEN)
    update = trip_updates(plan.network, facts.predictions, facts.states, SEVEN).entity[0].trip_update
    assert (update.trip.trip_id, update.trip.start_time) == ("T1~070000", "")
    planned = at(7).timestamp() + 83  # 500 m at 6 m/s
    assert update.stop_time_update[0].arrival.time - planned == 240 - 83
    vehicle = vehicle_positions(plan.network, facts.states, SEVEN).entity[0].vehicle
    assert (vehicle.vehicle.id, vehicle.trip.trip_id) == ("BUS1", "T1~070000")


def test_a_cancelled_departure_is_canceled_and_a_bus_near_it_takes_another() -> None:
    plan = expanded(TEN)
    alert = Alert("a", {"id": "Batal"}, (InformedEntity(trip=run(10)),), SEVEN, effect=Effect.NO_SERVICE)
    bus = a_bus("BUS1", run(8))
    facts = expanded_facts(plan, [bus], [promised("BUS1", run(8), 4)], [], [alert], SEVEN)
    feed = trip_updates(plan.network, facts.predictions, facts.states, SEVEN, facts.alerts)
    relations = {entity.trip_update.trip.trip_id: entity.trip_update.trip.schedule_relationship for entity in feed.entity}
    assert relations == {"T1~071000": 3, "T1~070000": 0}  # CANCELED, SCHEDULED


def test_a_route_that_is_suspended_for_half_an_hour_has_its_departures_canceled() -> None:
    alert = Alert("a", {"id": "x"}, (InformedEntity(route_id="R1"),), at(7, 5), at(7, 35), effect=Effect.NO_SERVICE)
    feed = trip_updates(expanded(TEN).network, [], [], SEVEN, [alert])
    assert [entity.trip_update.trip.trip_id for entity in feed.entity] == SIX_STARTS[1:4]


def test_a_notice_on_a_headway_trip_without_a_start_means_all_of_its_day() -> None:
    alert = Alert("a", {"id": "x"}, (InformedEntity(trip=a_trip_instance("T1")),), SEVEN, effect=Effect.NO_SERVICE)
    (told,) = expanded_facts(expanded(TEN), [], [], [], [alert], SEVEN).alerts
    assert [entity.trip.trip_id for entity in told.informed if entity.trip] == SIX_STARTS
