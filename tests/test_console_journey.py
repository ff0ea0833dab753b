"""A dispatcher's change reaches riders and feeds within three seconds, with the live process at work beside the web."""

from __future__ import annotations

import threading
import time

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from tests.builders import a_drive, a_network, at
from tests.web.conftest import City
from transit.clock import Clock
from web.factory import create_app
from web.live.process import run_live
from web.settings import WebSettings

pytestmark = pytest.mark.slow
OURS = {"Sec-Fetch-Site": "same-origin"}
WITHIN_S = 3.0


@pytest.fixture
def running(tmp_path):
    """A city at five past seven with a bus on its first trip; the live process writes a snapshot each second."""
    city = City(tmp_path).load(a_network())
    city.hear(a_drive(to_m=1750))
    clock = Clock(at(7, 5), 1.0, time.time())
    stop_event = threading.Event()
    thread = threading.Thread(target=run_live, args=(city.engine, tmp_path, clock, stop_event))
    thread.start()

    settings = WebSettings(city.folder, city.url, clock=clock, armada_is_local=True)
    client = create_app(settings).test_client()
    until(lambda: "T1" in updates(client), 20.0)
    yield client
    stop_event.set()
    thread.join(10)
    city.engine.dispose()


def until(what, seconds):
    """How long it took to come true."""
    started = time.monotonic()
    while not what():
        assert time.monotonic() - started < seconds, "it did not come true in time"
        time.sleep(0.1)
    return time.monotonic() - started


def updates(client):
    answer = client.get("/gtfs-rt/trip_updates.pb")
    if answer.status_code != 200:  # nothing is known yet
        return {}
    message = pb.FeedMessage.FromString(answer.data)
    return {entity.trip_update.trip.trip_id: entity.trip_update for entity in message.entity}


def skipped(client, trip_id):
    rows = updates(client)[trip_id].stop_time_update if trip_id in updates(client) else ()
    return [row.stop_id for row in rows if row.schedule_relationship == pb.TripUpdate.StopTimeUpdate.SKIPPED]


def change(client, **form):
    assert client.post("/armada/gangguan", data=form, headers=OURS).status_code == 303


def test_what_a_dispatcher_changes_riders_see_within_three_seconds(running):
    client = running
    change(client, kind="trip", trip="T2|20261123|", words="Bus mogok")
    until(lambda: "T2" in updates(client) and updates(client)["T2"].trip.schedule_relationship == 3, WITHIN_S)
    until(lambda: 'class="is-cancelled"' in client.get("/halte/S5").text, WITHIN_S)
    change(client, kind="stop", stop="S6")
    until(lambda: skipped(client, "T1") == ["S6"], WITHIN_S)
    until(lambda: "Tidak ada bus berhenti di Halte S6" in client.get("/halte/S6").text, WITHIN_S)
    change(client, kind="short", trip="T1|20261123|", stop="S6")
    until(lambda: skipped(client, "T1") == ["S6", "S7", "S8"], WITHIN_S)
    change(client, kind="suspend", direction="R1|")
    until(lambda: "1 tidak berjalan" in client.get("/halte/S4").text, WITHIN_S)
    positions = pb.FeedMessage.FromString(client.get("/gtfs-rt/vehicle_positions.pb").data)
    assert [entity.vehicle.vehicle.id for entity in positions.entity] == ["BUS1"], "where the bus is stays known"
