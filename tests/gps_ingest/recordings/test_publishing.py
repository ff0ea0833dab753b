"""A tracker, the demo fleet and a recording, published through real brokers."""

from __future__ import annotations

import csv
import threading
import time
from datetime import UTC, datetime

import pytest

from gps_ingest.decoder import SUBSCRIPTIONS, decode
from gps_ingest.mqtt import Subscription
from gps_ingest.recordings.playback import publish_recording
from gps_ingest.simulation.publisher import Tracker
from gps_ingest.simulation.simulator import simulate
from tests.builders import a_drive, a_network, every
from transit.clock import Clock

pytestmark = pytest.mark.slow


def clock():
    return datetime.now(UTC)


@pytest.fixture
def heard(any_broker):
    """(url, listen): listen(seconds) -> what came in since the test began."""
    inbox = Subscription(any_broker, SUBSCRIPTIONS, "listener", clock)
    inbox.receive(1, 0.5)

    def listen(seconds, enough=10**9):
        found, end = [], time.monotonic() + seconds
        while time.monotonic() < end and len(found) < enough:
            batch = inbox.receive(1000, 0.2)
            inbox.acknowledge(batch)
            found += batch
        return found

    yield any_broker, listen
    inbox.close()


def test_a_tracker_says_online_reports_and_says_goodbye(heard):
    url, listen = heard
    tracker = Tracker(url, "T1")
    tracker.publish([{"latitude": 3.6, "longitude": 98.5, "timestamp": 1_790_000_000}])
    assert tracker.wait(5)
    tracker.close()
    said = [decode(one.topic, one.payload) for one in listen(5, 3)]
    assert [one.online for one in said if one.online is not None] == [True, False]
    assert [len(one.fixes) for one in said if one.fixes] == [1]


def test_a_long_buffer_goes_out_in_several_messages(heard):
    url, listen = heard
    tracker = Tracker(url, "T1")
    tracker.publish([{"latitude": 3.6, "longitude": 98.5, "timestamp": 1_790_000_000 + n} for n in range(1200)])
    assert tracker.wait(10)
    tracker.close()
    said = [decode(one.topic, one.payload) for one in listen(5, 5)]
    assert sorted(len(one.fixes) for one in said if one.fixes) == [200, 500, 500]


def test_the_fleet_reports_at_any_speed_of_the_clock(heard):
    url, listen = heard
    stop_event = threading.Event()
    fast = Clock(datetime(2026, 11, 23, 0, 0, tzinfo=UTC), 60.0, time.time())
    options = {"mqtt_url": url, "vehicles": 3, "seed": 1, "clock": fast, "stop_event": stop_event}
    thread = threading.Thread(target=simulate, args=(a_network(headway=every(10)),), kwargs=options)
    thread.start()
    said = [decode(one.topic, one.payload) for one in listen(3)]
    stop_event.set()
    thread.join(10)
    fixes = [fix for one in said if one.tracker_id == "demo-1" for fix in one.fixes]
    assert (fixes[-1].fix_at - fixes[0].fix_at).total_seconds() > 60
    assert {one.tracker_id for one in said} == {"demo-1", "demo-2", "demo-3"}


@pytest.mark.parametrize("by_clock", [False, True], ids=["at its own speed", "by the set clock"])
def test_a_recording_is_played_whole_and_its_times_are_its_own(heard, tmp_path, by_clock):
    url, listen = heard
    drive = a_drive(to_m=900)
    with (tmp_path / "r.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["vehicle_id", "timestamp", "lat", "lon", "speed_mps", "bearing", "trip_id", "route_id"])
        for one in drive:
            writer.writerow([one.vehicle_id, one.reported_at.isoformat(), one.lat, one.lon, "", "", "T1", "R1"])
    set_to = Clock(drive[0].reported_at, 200.0, time.time()) if by_clock else clock
    said = []
    summary = publish_recording(
        tmp_path / "r.csv", mqtt_url=url, clock=set_to, speed=200.0, stop_event=threading.Event(), say=said.append
    )
    assert summary.acknowledged == summary.published >= len(drive) - 2
    fixes = [fix for one in listen(3) for fix in decode(one.topic, one.payload).fixes]
    assert {fix.fix_at for fix in fixes} <= {one.reported_at for one in drive}
    assert len(fixes) == summary.published
    assert said
