"""From the bytes of a tracker on a topic to the rider's page, the API and the protobuf, through real brokers and a browser."""

from __future__ import annotations

import json
import re
import threading
import time
from datetime import timedelta
from uuid import uuid4

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from gps_ingest.ingest import process
from gps_ingest.simulation.publisher import Tracker
from tests.builders import a_drive, a_network, at
from tests.conftest import until
from tests.web.conftest import City
from transit.clock import Clock
from transit.store.database import open_database, writing
from transit.store.trackers import map_tracker

pytestmark = pytest.mark.slow


@pytest.fixture(params=["embedded, SQLite", "mosquitto, SQLite", "mosquitto, PostgreSQL"])
def servers(request):
    """Each of the sets that we promise to work with: the url of the broker, and of a database that is empty."""
    broker, database = request.param.split(", ")
    url = "" if database == "SQLite" else request.getfixturevalue("empty_postgresql")
    return request.getfixturevalue(broker), url


@pytest.fixture
def empty_postgresql(postgresql):
    """A database of its own on the tests' server."""
    name = f"t{uuid4().hex}"
    statements = open_database(postgresql).execution_options(isolation_level="AUTOCOMMIT")
    with statements.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgresql.rsplit("/", 1)[0] + f"/{name}"
    with statements.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
    statements.dispose()


@pytest.fixture
def journey(servers, tmp_path):
    """A city whose clock stands near five past seven, with ingest at work on a real broker."""
    any_broker, database_url = servers
    city = City(tmp_path, database_url).load(a_network())
    clock = Clock(at(7, 5), 1.0, time.time())
    with writing(city.engine) as connection:
        map_tracker(connection, "tracker-9", "BUS1", now=at(7))
    stop_event = threading.Event()
    options = {"clock": clock, "stop_event": stop_event, "data_dir": tmp_path}
    thread = threading.Thread(target=process.run, args=(city.engine, any_broker), kwargs=options)
    thread.start()
    time.sleep(0.7)
    yield city, clock, any_broker
    stop_event.set()
    thread.join(10)
    city.engine.dispose()


def fix_of(report):
    return {"latitude": report.lat, "longitude": report.lon, "timestamp": report.reported_at.timestamp()}


def test_from_bytes_on_a_topic_to_the_page_the_api_and_the_feeds(journey, serve, chromium):
    city, clock, url = journey
    drive = a_drive(to_m=1750)  # since 07:00; the last fix is of 07:04:50
    tracker = Tracker(url, "tracker-9")
    tracker.publish([fix_of(one) for one in drive[:-3]])  # the buffer of five minutes without signal
    for one in drive[-3:]:
        tracker.publish([fix_of(one)])
    assert tracker.wait(5)

    def arrived():
        city.live.step(clock())
        state = city.live.states.get("BUS1")
        return state is not None and state.report.reported_at == drive[-1].reported_at

    until(arrived)
    app = city.app(live_fresh_s=1e6)
    client = app.test_client()
    rows = client.get("/api/v1/stops/S5/arrivals").json["arrivals"]
    assert [row["vehicle_id"] for row in rows if row["status"] == "live"] == ["BUS1"]
    city.now = clock()
    updates = pb.FeedMessage.FromString(client.get("/gtfs-rt/trip_updates.pb").data)
    [update] = [entity.trip_update for entity in updates.entity]
    assert update.trip.trip_id == "T1"
    at_s5 = next(one for one in update.stop_time_update if one.stop_id == "S5")
    promised = drive[-1].reported_at + timedelta(seconds=(2500 - 1740) / 6)
    assert abs(at_s5.arrival.time - promised.timestamp()) < 60
    positions = pb.FeedMessage.FromString(client.get("/gtfs-rt/vehicle_positions.pb").data)
    assert [entity.vehicle.vehicle.id for entity in positions.entity] == ["BUS1"]
    assert positions.entity[0].vehicle.timestamp == int(drive[-1].reported_at.timestamp())

    page = chromium.new_page(viewport={"width": 360, "height": 740})
    page.goto(serve(app) + "/halte/S5")
    row = page.locator("li.is-live").first
    row.wait_for(timeout=5000)
    minutes = int(re.search(r"(\d+)", row.locator(".when b").inner_text())[1])
    assert minutes == int((at_s5.arrival.time - city.now.timestamp()) // 60)
    assert "Langsung" in row.inner_text()
    page.close()
    tracker.close()


def test_a_report_is_visible_within_seconds_and_a_silent_bus_is_never_shown_as_live(journey):
    city, clock, url = journey
    tracker = Tracker(url, "tracker-9")
    for one in a_drive(to_m=1750)[-8:]:
        tracker.publish([fix_of(one)])
    assert tracker.wait(5)
    until(lambda: city.live.step(clock()) and "BUS1" in city.live.states)
    city.now = clock()
    client = city.client(live_fresh_s=1e6)
    assert json.loads(client.get("/api/v1/vehicles").data)["vehicles"][0]["old"] is False
    city.step(clock() + timedelta(seconds=120))
    assert json.loads(client.get("/api/v1/vehicles").data)["vehicles"][0]["old"] is True
    city.step(clock() + timedelta(seconds=400))
    assert json.loads(client.get("/api/v1/vehicles").data)["vehicles"] == []
    assert 'class="is-live"' not in client.get("/halte/S5").text
    tracker.close()
