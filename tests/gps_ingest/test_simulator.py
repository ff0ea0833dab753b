"""The demo fleet: repeatable, with the troubles of real trackers, and enough of it on the road at any hour."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from gps_ingest.decoder import decode
from gps_ingest.pipeline import Pipeline
from gps_ingest.publisher import payload_of, topic_of
from gps_ingest.simulator import DEPOT_EVERY_S, WRONG_CLOCK, WRONG_CLOCK_S, Fleet, Mode, demo_trackers, rotations_of
from gtfs.reader import read_network
from tests.builders import LOOP, STRAIGHT, a_network, at, every
from transit.avl import AvlReport, distance_m
from transit.tracking import VehicleStatus

SAMPLE = Path(__file__).resolve().parents[2] / "data" / "binjai"
SUNDAY = date(2026, 11, 22)


def messages(fleet, seconds):
    return list(fleet.advance(fleet.now + timedelta(seconds=seconds)))


def test_the_same_seed_drives_the_same_day_however_often_it_is_asked():
    network = a_network(headway=every(10))
    one, other = (Fleet(network, 4, 7, at(7)) for _ in range(2))
    often = [message for _ in range(600) for message in messages(one, 1)]
    assert often == messages(other, 600)
    assert often != messages(Fleet(network, 4, 8, at(7)), 600)


def test_any_number_of_buses_can_be_had_and_each_has_its_tracker():
    network = a_network(headway=every(10))
    assert len(Fleet(network, 500, 1, at(7)).buses) == 500
    fleet = Fleet(network, 3, 1, at(7))
    assert [tracker for tracker, _ in demo_trackers(network, 3)] == [bus.tracker_id for bus in fleet.buses]


def test_buses_stop_at_stops_and_rest_at_the_end():
    fleet = Fleet(a_network(LOOP, headway=every(10)), 1, 3, at(7))
    seen = Counter()
    for _ in range(3600):
        messages(fleet, 1)
        seen[fleet.buses[0].mode] += 1
    assert seen[Mode.STANDS] > 200
    assert seen[Mode.LAYOVER] > 90
    assert seen[Mode.DRIVES] > 1200


def test_every_message_is_one_that_the_decoder_takes():
    fleet = Fleet(a_network(headway=every(10)), 6, 1, at(7))
    for tracker_id, fixes in messages(fleet, 1800):
        said = decode(topic_of(tracker_id), payload_of(fixes))
        assert not said.refusals
        assert len(said.fixes) == len(fixes)


def test_signals_fail_and_buffers_are_flushed_with_nothing_lost():
    fleet = Fleet(a_network(headway=every(10)), 8, 2, at(7))
    sent = messages(fleet, 2 * 3600)
    assert any(len(fixes) >= 12 for _, fixes in sent)  # a minute without signal
    for bus in fleet.buses:
        times = [fix["timestamp"] for tracker_id, fixes in sent if tracker_id == bus.tracker_id for fix in fixes]
        assert times == sorted(set(times))
        assert max(b - a for a, b in pairwise(times)) >= 15  # under trees


def test_fixes_err_by_what_real_ones_do():
    fleet = Fleet(a_network(headway=every(10)), 3, 5, at(7))
    wrong = []
    for _ in range(1200):
        for tracker_id, fixes in messages(fleet, 1):
            bus = next(bus for bus in fleet.buses if bus.tracker_id == tracker_id)
            lat, lon = fleet.plane.lat_lon(*bus.xy)
            wrong.append(distance_m(lat, lon, fixes[-1]["latitude"], fixes[-1]["longitude"]))
    assert 4.0 < sorted(wrong)[len(wrong) // 2] < 20.0


def test_one_tracker_has_a_wrong_clock():
    fleet = Fleet(a_network(headway=every(10)), 4, 1, at(7))
    ahead = {}
    for _ in range(60):
        for tracker_id, fixes in messages(fleet, 1):
            ahead[tracker_id] = fixes[-1]["timestamp"] - fleet.now.timestamp()
    assert ahead.pop(f"demo-{WRONG_CLOCK}") == pytest.approx(WRONG_CLOCK_S, abs=1)
    assert all(abs(seconds) <= 1 for seconds in ahead.values())


def test_the_last_bus_goes_to_the_depot_and_comes_back():
    fleet = Fleet(a_network(headway=every(10)), 5, 1, at(7))
    seen = set()
    for _ in range(2 * DEPOT_EVERY_S):
        messages(fleet, 1)
        seen.add(fleet.buses[-1].mode)
    assert {Mode.TO_DEPOT, Mode.IN_DEPOT, Mode.FROM_DEPOT, Mode.DRIVES} <= seen
    assert all(bus.mode is not Mode.IN_DEPOT for bus in fleet.buses[:-1])


def test_traffic_is_slower_at_the_hour_when_schools_begin():
    def driven(hours):
        fleet = Fleet(a_network(STRAIGHT, headway=every(10)), 6, 1, at(hours))
        total = 0.0
        for _ in range(900):
            before = [bus.xy for bus in fleet.buses]
            messages(fleet, 1)
            total += sum(abs(bus.xy[0] - x) for bus, (x, _) in zip(fleet.buses, before, strict=True))
        return total

    assert driven(7) < 0.85 * driven(23)


def test_a_bus_goes_on_with_the_way_that_begins_where_the_last_one_ended():
    by_route = {rotation.ways[0].route_id: rotation for rotation in rotations_of(read_network(SAMPLE))}
    assert {route: len(rotation.ways) for route, rotation in by_route.items()} == {"lingkar": 1, "biru": 2, "hijau": 2}


HOURS = {"working hours": at(8), "night": at(2, day=SUNDAY), "midnight": at(23, 50, day=SUNDAY)}


@pytest.mark.parametrize("start", HOURS.values(), ids=HOURS)
def test_at_any_hour_four_buses_of_the_sample_are_on_a_trip_within_half_a_minute(start):
    network = read_network(SAMPLE)
    fleet, pipeline = Fleet(network, 8, 1, start), Pipeline(network)
    for tracker_id, fixes in messages(fleet, 30):
        for fix in decode(topic_of(tracker_id), payload_of(fixes)).fixes:
            wrong = WRONG_CLOCK_S if tracker_id == f"demo-{WRONG_CLOCK}" else 0.0
            reported_at = fix.fix_at - timedelta(seconds=wrong)
            where = (fix.lat, fix.lon, fix.bearing, fix.speed_mps)
            pipeline.step(AvlReport(tracker_id, tracker_id, reported_at, fleet.now, *where))
    on_trip = [state for state in pipeline.states.values() if state.matched.status is VehicleStatus.ON_TRIP]
    assert len(on_trip) >= 4
