"""Trackers that nobody knows knock at the door, or report at an open one: they wait in a list, and are approved from there."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from gps_ingest import broker
from gps_ingest.ingest import process
from gps_ingest.operations.provisioning import provision
from tests.builders import SEVEN, a_network
from tests.conftest import HOUSE, free_port, until
from tests.gps_ingest.clients import Client
from transit.operations.broker_refusals import BrokerRefusals, RefusalCause
from transit.store.broker_refusals import add_broker_refusals, forget_broker_refusals, load_broker_refusals
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.tracker_credentials import add_credential, revoke_credential
from transit.store.trackers import map_tracker, save_tracker_health
from transit.store.waiting_trackers import WaitingTracker, load_waiting_trackers


def clock():
    return datetime.now(UTC)


@pytest.fixture
def engine(tmp_path):
    made = open_database(f"sqlite:///{tmp_path / 'transit.db'}")
    migrate(made)
    with writing(made) as connection:
        save_network(connection, a_network(), now=SEVEN, source="test")
    yield made
    made.dispose()


def refused(name, minutes=0, count=1, cause=RefusalCause.LOGIN):
    at = SEVEN - timedelta(minutes=minutes)
    return BrokerRefusals(cause=cause, client=name, count=count, first_at=at, last_at=at)


def heard(name, minutes):
    return {
        "tracker_id": name,
        "last_received_at": SEVEN - timedelta(minutes=minutes),
        "first_received_at": SEVEN,
        "accepted": 0,
    }


def waiting(engine, **how):
    with engine.connect() as connection:
        return load_waiting_trackers(connection, SEVEN, **how)


def test_who_knocks_and_who_reports_unasked_waits_the_newest_first(engine):
    with writing(engine) as connection:
        add_broker_refusals(connection, [refused("T1", 5, 3), refused("T2", 1), refused("p", 0, 1, RefusalCause.PROTOCOL)])
        save_tracker_health(connection, [heard("T3", 3), heard("OLD", 60 * 24 * 8), heard("no id", 1)])
    rows = waiting(engine)
    assert [(row.tracker_id, row.knocks) for row in rows.trackers] == [("T2", 1), ("T3", 0), ("T1", 3)]
    assert rows.others == 0


@pytest.mark.parametrize("name", ["T1", "driver7/phone"])
def test_who_is_approved_or_mapped_waits_no_more_and_who_is_revoked_does(engine, name):
    with writing(engine) as connection:
        add_broker_refusals(connection, [refused(name.partition("/")[0])])
        save_tracker_health(connection, [heard(name, 1), heard("T2", 1)])
        add_credential(connection, name, now=SEVEN)
        map_tracker(connection, "T2", "BUS2", now=SEVEN)
    assert waiting(engine).trackers == ()
    with writing(engine) as connection:
        revoke_credential(connection, name, now=SEVEN)
    assert name in {row.tracker_id for row in waiting(engine).trackers}


def test_the_list_is_bounded_and_says_how_many_more_there_are(engine):
    with writing(engine) as connection:
        add_broker_refusals(connection, [refused(f"S{n}", n) for n in range(60)])
    rows = waiting(engine)
    assert (len(rows.trackers), rows.others) == (50, 10)
    assert rows.trackers[0] == WaitingTracker("S0", SEVEN, 1)


def test_of_many_refused_names_only_the_newest_are_kept(engine):
    with writing(engine) as connection:
        add_broker_refusals(connection, [refused(f"S{n}", n) for n in range(30)])
        forget_broker_refusals(connection, SEVEN - timedelta(hours=6), most=20)
        kept = {row.client for row in load_broker_refusals(connection, SEVEN - timedelta(hours=6))}
    assert kept == {f"S{n}" for n in range(21)}


class Doors:
    """A real broker that asks for passwords, and ingest beside it."""

    def __init__(self, engine, folder):
        self.engine, self.folder, self.port = engine, folder, free_port()
        with writing(engine) as connection:
            self.password = add_credential(connection, "T1", now=SEVEN).password
        provision(engine, folder, SEVEN)
        self.broker = broker.start(folder, "127.0.0.1", self.port)
        self.is_over = threading.Event()
        words = {"clock": clock, "stop_event": self.is_over, "data_dir": folder}
        self.thread = threading.Thread(target=process.run, args=(engine, self.broker.url), kwargs=words)
        self.thread.start()

    def url(self, user):
        return f"mqtt://{user}@127.0.0.1:{self.port}"

    def refusals(self, cause):
        with self.engine.connect() as connection:
            rows = load_broker_refusals(connection, clock() - timedelta(hours=1))
        return {row.client: row.count for row in rows if row.cause is cause}

    def say(self, *words):
        environment = {**os.environ, "DATA_DIR": str(self.folder), "MQTT_PORT": str(self.port)}
        command = [sys.executable, str(HOUSE / "app.py"), "trackers", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout

    def close(self):
        self.is_over.set()
        self.thread.join(10)
        self.broker.stop()


@pytest.fixture
def doors(engine, tmp_path):
    made = Doors(engine, tmp_path)
    yield made
    made.close()


@pytest.mark.slow
def test_an_unknown_tracker_knocks_is_listed_and_approved_while_all_runs(doors):
    assert not Client(doors.url("NEW-7:guess"), "some-client").is_let_in
    until(lambda: doors.refusals(RefusalCause.LOGIN).keys() == {"NEW-7"})
    assert "NEW-7: refused at log-in" in doors.say("list").split("Waiting for approval")[1]
    password = doors.say("approve", "NEW-7", "BUS7").split("password  ")[1].split()[0]
    assert "Waiting" not in doors.say("list")
    tracker = until(lambda: (client := Client(doors.url(f"NEW-7:{password}"), "some-client")).is_let_in and client)
    fix = {"latitude": 3.6, "longitude": 98.5, "timestamp": time.time()}
    tracker.publish("transbinjai/v1/trackers/NEW-7/position", json.dumps(fix))
    until(lambda: "NEW-7 on BUS7: heard" in doors.say("list"))


@pytest.mark.slow
def test_a_publish_on_anothers_topic_is_acknowledged_by_mqtt_and_counted_as_refused(doors):
    tracker = Client(doors.url(f"T1:{doors.password}"), "device-1")
    tracker.publish("transbinjai/v1/trackers/T2/position", b"{}")
    tracker.publish("transbinjai/v1/trackers/T2/position", b"{}")
    until(lambda: doors.refusals(RefusalCause.PERMISSION) == {"device-1": 2})


@pytest.mark.slow
def test_two_devices_under_one_client_id_are_counted_as_a_clash(doors):
    both = [Client(doors.url(f"T1:{doors.password}"), "same") for _ in range(2)]
    until(lambda: doors.refusals(RefusalCause.CLASH).get("same", 0) >= 5, 40)
    for client in both:
        client.close()
