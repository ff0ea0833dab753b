"""Trackers are moved, swapped and replaced while their buses drive: what is shown, and what is stored of their calls."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from gps_ingest.ingest.facts import Ingest
from gps_ingest.mqtt import Message
from tests.builders import SEVEN, a_network, place
from tests.control_room import Control
from transit.operations.troubles import TroubleKind as Kind
from transit.store.database import writing
from transit.store.stop_events import load_stop_events
from transit.store.trackers import map_tracker

ROAD = [(0.0, 0.0), (8000.0, 0.0)]
SPEED_MPS = 6.0


class Street(Control):
    """Devices that drive along the road, each since its own start, whatever bus they are said to be on."""

    def __init__(self, folder):
        super().__init__(folder, a_network(ROAD, first_departures=tuple(range(7 * 3600, 9 * 3600, 600))))
        self.second, self.devices = 0, {}

    def puts(self, **trackers):
        """tracker -> vehicle, or None; ingest and live look a second later."""
        with writing(self.engine) as connection:
            for tracker_id, vehicle_id in trackers.items():
                map_tracker(connection, tracker_id, vehicle_id, now=self.now)
        return self

    def goes_on(self, seconds, **starts_s):
        """starts_s: further devices, with the second after SEVEN in which each leaves. Each reports every 10 s in its turn."""
        self.devices |= starts_s
        for _ in range(seconds):
            self.second += 1
            self.now = SEVEN + timedelta(seconds=self.second)
            self.ingest.look()
            for n, (tracker_id, start_s) in enumerate(self.devices.items()):
                if self.second % 10 == 3 * n and self.second >= start_s:
                    self.reports(tracker_id, (self.second - start_s) * SPEED_MPS)
        self.live.step(self.now)
        return self

    def reports(self, tracker_id, along_m):
        lat, lon = place(along_m, 0.0)
        fix = {"latitude": lat, "longitude": lon, "timestamp": self.now.timestamp()}
        topic = f"transbinjai/v1/trackers/{tracker_id}/position"
        self.ingest.take([Message(topic, json.dumps(fix).encode(), self.now, 1, 1, 1)])

    def shown(self):
        """vehicle -> its trip and its tracker, as live shows it."""
        trips = {v: (state.matched.trip, state.report.tracker_id) for v, state in self.live.states.items()}
        return {v: (trip and trip.trip_id, tracker_id) for v, (trip, tracker_id) in trips.items()}

    def promised(self):
        """vehicle -> how often it stands on the board of the stop S15."""
        rows = self.page("/api/v1/stops/S15/arrivals").json["arrivals"]
        seen = [row["vehicle_id"] for row in rows if row["vehicle_id"] is not None and row["status"] == "live"]
        return {vehicle_id: seen.count(vehicle_id) for vehicle_id in seen}


@pytest.fixture
def street(tmp_path):
    made = Street(tmp_path)
    yield made
    made.engine.dispose()


def test_a_tracker_that_is_moved_twice_in_a_minute_and_back_is_one_bus_all_the_time(street):
    street.puts(T1="BUS1").goes_on(301, T1=0)
    for vehicle_id in ("BUS2", "BUS3", "BUS1"):
        street.puts(T1=vehicle_id).goes_on(2)
        assert street.shown() == {vehicle_id: ("T1", "T1")}
        assert street.promised() == {vehicle_id: 1}
        street.goes_on(18)
    with street.engine.connect() as connection:
        calls = [event for _, event in load_stop_events(connection, 0, 100)]
    assert [call.stop_sequence for call in calls] == sorted({call.stop_sequence for call in calls}), "each stop once"
    assert {call.trip.trip_id for call in calls} == {"T1"}


def test_a_tracker_that_is_taken_off_and_put_back_goes_on_with_its_trip(street):
    street.puts(T1="BUS1").goes_on(301, T1=0).puts(T1=None).goes_on(2)
    assert street.shown() == {}
    assert street.promised() == {}
    street.goes_on(20).puts(T1="BUS1").goes_on(2)
    assert street.shown() == {"BUS1": ("T1", "T1")}


@pytest.mark.parametrize(("between_s", "is_down"), [(0, False), (20, False), (0, True)])
def test_swapped_trackers_take_their_trips_along_also_while_ingest_is_away(street, between_s, is_down):
    street.puts(T1="A", T2="B").goes_on(901, T1=0, T2=600)
    assert street.shown() == {"A": ("T1", "T1"), "B": ("T2", "T2")}
    street.puts(T1="B")
    if between_s:
        street.goes_on(between_s)
        assert street.shown() == {"B": ("T2", "T2")}
    street.puts(T2="A")
    if is_down:
        street.ingest = Ingest(street.engine, lambda: street.now)
    for _ in range(3):
        street.goes_on(12)
        assert street.shown() == {"A": ("T2", "T2"), "B": ("T1", "T1")}
        assert street.promised() == {"A": 1, "B": 1}


def test_a_bus_whose_tracker_is_moved_is_gone_though_another_one_that_says_nothing_is_on_it(street):
    street.puts(T1="BUS1", T9="BUS1").goes_on(301, T1=0).puts(T1="BUS2").goes_on(2)
    assert street.shown() == {"BUS2": ("T1", "T1")}
    assert street.promised() == {"BUS2": 1}


@pytest.mark.parametrize("taken_off", ["OLD", "NEW"])
def test_a_bus_with_two_trackers_that_loses_one_of_them_goes_on_with_its_trip(street, taken_off):
    street.puts(OLD="BUS1", NEW="BUS1").goes_on(301 if taken_off == "OLD" else 304, OLD=0, NEW=0)
    left = {"OLD": "NEW", "NEW": "OLD"}[taken_off]
    for _ in range(3):
        street.puts(**{taken_off: None}).goes_on(2)
        assert street.shown() == {"BUS1": ("T1", left)}


def test_a_tracker_that_is_put_on_the_bus_of_another_by_mistake_takes_nothing_from_it(street):
    street.puts(T1="A", T2="B").goes_on(901, T1=0, T2=600)
    street.puts(T1="B").goes_on(99)
    assert street.shown() == {"B": ("T2", "T2")}
    assert street.promised() == {"B": 1}
    assert street.troubles().keys() == {Kind.SHARED_VEHICLE}
    street.puts(T1="A").goes_on(2)
    assert street.shown() == {"A": ("T1", "T1"), "B": ("T2", "T2")}
    street.goes_on(100)
    assert street.troubles() == {}, "two devices under one name are none: they had two names"
