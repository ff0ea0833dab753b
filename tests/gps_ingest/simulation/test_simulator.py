"""The demo fleet: repeatable, with the troubles of real trackers, and enough of it on the road at any hour."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise
from math import dist

import pytest

from gps_ingest.decoder import decode
from gps_ingest.simulation.drivers import DEPOT_EVERY_S, Mode, Town, rotations_of, running_trips
from gps_ingest.simulation.publisher import payload_of, topic_of
from gps_ingest.simulation.simulator import WRONG_CLOCK, WRONG_CLOCK_S, Fleet, demo_trackers
from gtfs.reader import read_network
from tests.builders import LOOP, STRAIGHT, Way, a_city, a_network, at, every
from tests.conftest import HOUSE
from transit.plan.geometry import distance_m
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import VehicleStatus

SAMPLE = HOUSE / "data" / "binjai"
SUNDAY = date(2026, 11, 22)


def messages(fleet, seconds):
    return fleet.next_reports(fleet.now + timedelta(seconds=seconds))


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
    assert [tracker for tracker, _ in demo_trackers(network, 3)] == [box.tracker_id for box in fleet.boxes]


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
    for box in fleet.boxes:
        fixes = [fix for tracker_id, fixes in sent if tracker_id == box.tracker_id for fix in fixes]
        gaps = {b["timestamp"] - a["timestamp"] for a, b in pairwise(fixes)}
        assert min(gaps) == box.every_s
        assert 15 <= max(gaps) <= 300  # under trees
        assert [fix["seq"] for fix in fixes] == list(range(1, len(fixes) + 1))


def test_fixes_err_by_what_real_ones_do():
    fleet = Fleet(a_network(headway=every(10)), 3, 5, at(7))
    wrong = []
    for _ in range(1200):
        for tracker_id, fixes in messages(fleet, 1):
            box = next(box for box in fleet.boxes if box.tracker_id == tracker_id)
            lat, lon = fleet.plane.lat_lon(*box.bus.xy)
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
    assert {Mode.TO_DEPOT, Mode.IN_DEPOT, Mode.TO_TERMINAL, Mode.DRIVES} <= seen
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
    by_route = {rotation.ways[0].route_id: rotation for rotation in rotations_of(read_network(SAMPLE), at(8))}
    assert {route: len(rotation.ways) for route, rotation in by_route.items()} == {"lingkar": 1, "biru": 2, "hijau": 2}


def test_the_plan_says_what_is_driven_and_a_demonstration_only_where_there_is_no_other():
    network = read_network(SAMPLE)
    assert "lingkar-putar" in running_trips(network, at(8))
    assert all(network.trips[trip_id].is_demo for trip_id in running_trips(network, at(2, day=SUNDAY)))
    assert len(running_trips(network, at(2, day=SUNDAY))) == 5
    timetabled = a_city(Way("R1", STRAIGHT, departures=(7 * 3600,)), Way("R2", LOOP, departures=(9 * 3600,), direction_id=0))
    assert [one.ways[0].route_id for one in rotations_of(timetabled, at(7, 5))] == ["R1"]
    assert [one.ways[0].route_id for one in rotations_of(timetabled, at(9, 5))] == ["R2"]
    assert len(rotations_of(timetabled, at(3))) == 2  # nothing runs: better all than an empty map


def test_a_bus_whose_next_trip_begins_elsewhere_drives_there_instead_of_leaping():
    fleet = Fleet(a_network(STRAIGHT, headway=every(10)), 1, 1, at(7))  # one way only: it has to come back empty
    bus, seen, furthest = fleet.buses[0], set(), 0.0
    for _ in range(5000):
        before = bus.xy
        messages(fleet, 1)
        seen.add(bus.mode)
        furthest = max(furthest, dist(before, bus.xy))
    assert Mode.TO_TERMINAL in seen
    assert furthest < 15.0


def test_who_follows_close_behind_another_finds_few_people():
    network = a_network(headway=every(10))

    def dwell(gap_s):
        town = Town(network)
        bus = Fleet(network, 1, 4, at(7)).buses[0]
        return sum(town.dwell_s(bus, "S1", n * gap_s, 0.6) for n in range(1, 200)) / 199

    assert dwell(60) < 0.6 * dwell(900)


def test_any_seed_and_any_hour_never_reports_faster_than_a_bus_drives():
    network = read_network(SAMPLE)
    for seed, start in ((1, at(7)), (2, at(15, 50)), (3, at(23, 30, day=SUNDAY))):
        fleet = Fleet(network, 7, seed, start)
        for _ in range(40):
            places = [bus.xy for bus in fleet.buses]
            messages(fleet, 60)
            assert all(dist(bus.xy, place) <= 60 * 12.0 for bus, place in zip(fleet.buses, places, strict=True))


def test_outside_of_service_hours_buses_stay_on_their_lines():
    fleet = Fleet(read_network(SAMPLE), 6, 1, at(2, day=SUNDAY))
    for _ in range(1800):
        messages(fleet, 1)
        for bus in fleet.buses[:-1]:
            assert bus.pattern.line.nearest(*bus.xy).off_m < 1.0 or bus.mode is Mode.TO_TERMINAL


HOURS = {"working hours": at(8), "night": at(2, day=SUNDAY), "midnight": at(23, 50, day=SUNDAY)}


@pytest.mark.parametrize("start", HOURS.values(), ids=HOURS)
def test_at_any_hour_four_buses_of_the_sample_are_on_a_trip_within_half_a_minute(start):
    network = read_network(SAMPLE)
    fleet, pipeline = Fleet(network, 7, 1, start), Pipeline(network)
    for tracker_id, fixes in messages(fleet, 30):
        for fix in decode(topic_of(tracker_id), payload_of(fixes)).fixes:
            wrong = WRONG_CLOCK_S if tracker_id == f"demo-{WRONG_CLOCK}" else 0.0
            reported_at = fix.fix_at - timedelta(seconds=wrong)
            where = (fix.lat, fix.lon, fix.bearing, fix.speed_mps)
            pipeline.step(AvlReport(tracker_id, tracker_id, reported_at, fleet.now, *where))
    on_trip = [state for state in pipeline.states.values() if state.matched.status is VehicleStatus.ON_TRIP]
    assert len(on_trip) >= 4
