"""What our own broker keeps: for us from its first moment on, of others little and not for ever, and no positions at all."""

from __future__ import annotations

import json
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gps_ingest import broker
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.first_session import client_id_of, has_session, make_session
from gps_ingest.ingest import process
from gps_ingest.mqtt import Subscription, parse_url
from gps_ingest.operations.broker_store import ask_keeper, keeper, read_state
from gps_ingest.operations.other_sessions import forget_old_sessions
from tests.builders import SEVEN, a_network
from tests.conftest import free_port, until
from tests.gps_ingest.clients import Client
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.trackers import load_tracker_health

pytestmark = pytest.mark.slow
POSITION = "transbinjai/v1/trackers/{}/position"
STATUS = "transbinjai/v1/trackers/{}/status"


def clock():
    return datetime.now(UTC)


def fix():
    return json.dumps({"latitude": 3.6, "longitude": 98.5, "timestamp": time.time()})


@pytest.fixture
def engine(tmp_path):
    made = open_database(f"sqlite:///{tmp_path / 'transit.db'}")
    migrate(made)
    with writing(made) as connection:
        save_network(connection, a_network(), now=SEVEN, source="test")
    yield made
    made.dispose()


@pytest.fixture
def ingest(engine, tmp_path):
    """Starts ingest beside a broker."""
    is_over, threads = threading.Event(), []

    def start(url):
        words = {"clock": clock, "stop_event": is_over, "data_dir": tmp_path}
        threads.append(threading.Thread(target=process.run, args=(engine, url), kwargs=words))
        threads[-1].start()

    yield start
    is_over.set()
    for thread in threads:
        thread.join(10)


@pytest.fixture
def running(tmp_path):
    made = broker.start(tmp_path, "127.0.0.1", free_port())
    yield made
    made.stop()


def health(engine):
    with engine.connect() as connection:
        return {row.tracker_id: row for row in load_tracker_health(connection)}


def anybody(url):
    return f"mqtt://{url.rpartition('@')[2]}"


def test_what_is_acknowledged_before_ingest_was_ever_there_waits_for_it(command, engine, ingest, tmp_path):
    port = free_port()
    url = broker.url_of(tmp_path, "127.0.0.1", port)
    command("broker", MQTT_PORT=str(port))
    tracker = until(lambda: Client(anybody(url), "first"))
    for _ in range(5):
        tracker.publish(POSITION.format("T1"), fix())
    tracker.close()
    until(lambda: read_state(tmp_path).waiting == 5)
    ingest(url)
    until(lambda: "T1" in health(engine) and sum(health(engine)["T1"].refusals.values()) == 5)


def test_what_waits_here_for_its_turn_is_not_read_again_when_the_broker_brings_it_again(running, tmp_path):
    """nats-server does so after 15 s: a day's buffers take longer than that to be stored."""
    inbox = Subscription(running.url, SUBSCRIPTIONS, client_id_of(tmp_path), clock)
    until(lambda: inbox.receive(10, 0.2) == [] and inbox.subscribed)
    tracker = Client(anybody(running.url), "tracker")
    for _ in range(3):
        tracker.publish(POSITION.format("T1"), fix())
    held, over = [], time.monotonic() + 18.0
    while time.monotonic() < over:
        held += inbox.receive(10, 0.5)
    assert len(held) == 3
    inbox.acknowledge(held)
    tracker.publish(POSITION.format("T1"), fix())
    until(lambda: len(inbox.receive(10, 0.5)) == 1)
    inbox.close()


def test_a_session_that_stands_is_not_made_again(tmp_path):
    assert not has_session(tmp_path)
    assert make_session(tmp_path, clock)
    assert has_session(tmp_path)
    running = broker.start(tmp_path, "127.0.0.1", free_port())
    Client(anybody(running.url), "tracker").publish(POSITION.format("T1"), fix())
    ours = Client(running.url, client_id_of(tmp_path), lasting=True)
    until(lambda: [topic for topic, _, _ in ours.messages] == [POSITION.format("T1")])
    running.stop()


def test_positions_that_a_tracker_has_kept_are_emptied_and_its_status_stays(running, engine, ingest):
    tracker = Client(anybody(running.url), "tracker")
    tracker.publish(POSITION.format("T1"), fix(), retain=True)
    tracker.publish("owntracks/driver7/phone", json.dumps({"_type": "lwt", "tst": 1}), retain=True)
    tracker.publish(STATUS.format("T1"), "online", retain=True)
    ingest(running.url)

    def kept():
        watcher = Client(running.url, "watcher")
        watcher.subscribe(*SUBSCRIPTIONS)
        time.sleep(0.3)
        watcher.close()
        return {topic for topic, _, retained in watcher.messages if retained}

    until(lambda: kept() == {STATUS.format("T1")})
    assert "not_json" not in health(engine)["T1"].refusals, "our own empty message is no report"
    assert health(engine)["T1"].online is True


def leave_session(url, client_id):
    """A client that asks for a lasting session, and goes: by hand, as a library takes longer for each."""
    address = parse_url(url)
    name = client_id.encode()
    body = b"\x00\x04MQTT\x04\x00\x00\x1e" + len(name).to_bytes(2, "big") + name
    with socket.create_connection((address.host, address.port), 5) as connection:
        connection.sendall(b"\x10" + bytes([len(body)]) + body)
        assert connection.recv(4) == b"\x20\x02\x00\x00"
        connection.sendall(b"\xe0\x00")


def test_sessions_of_others_go_when_they_are_old_or_too_many_and_ours_stays(running, tmp_path):
    ours = Client(running.url, client_id_of(tmp_path), lasting=True)
    ours.subscribe(*SUBSCRIPTIONS)
    ours.close()
    for n in range(6):
        Client(anybody(running.url), f"left-{n}", lasting=True).close()
    assert forget_old_sessions(tmp_path, clock(), most=10) == 0
    assert forget_old_sessions(tmp_path, clock(), most=4) == 2
    assert forget_old_sessions(tmp_path, clock() + timedelta(days=31)) == 4
    assert forget_old_sessions(tmp_path, clock() + timedelta(days=31)) == 0
    tracker = until(lambda: (client := Client(anybody(running.url), "left-5", lasting=True)).is_let_in and client)
    tracker.publish(POSITION.format("T1"), fix())
    ours = Client(running.url, client_id_of(tmp_path), lasting=True)
    until(lambda: [topic for topic, _, _ in ours.messages] == [POSITION.format("T1")])


def test_whoever_makes_up_client_ids_fills_no_disk_and_our_session_stays(running, tmp_path):
    ours = Client(running.url, client_id_of(tmp_path), lasting=True)
    ours.subscribe(*SUBSCRIPTIONS)
    for n in range(300):
        leave_session(running.url, f"made-up-{n}")
    assert forget_old_sessions(tmp_path, clock(), most=20, within_s=0.0) == 0
    assert 279 <= forget_old_sessions(tmp_path, clock(), most=20) <= 281
    assert forget_old_sessions(tmp_path, clock(), most=20) == 0
    ours.close()
    publisher = Client(anybody(running.url), "left", lasting=True)
    publisher.publish(POSITION.format("T1"), fix())
    back = Client(running.url, client_id_of(tmp_path), lasting=True)
    until(lambda: [topic for topic, _, _ in back.messages] == [POSITION.format("T1")])


def test_each_who_asks_the_store_hears_its_own_answers_only(running, tmp_path):
    """The parent asks once a second for what waits while it forgets sessions."""
    Client(anybody(running.url), "first").close()  # with it the broker makes its streams
    answers = []
    with keeper(tmp_path) as store:
        for _ in range(20):
            assert ask_keeper(tmp_path, "$JS.API.STREAM.INFO.$MQTT_msgs", {})["config"]["name"] == "$MQTT_msgs"
            answers.append(store.ask("$JS.API.STREAM.INFO.$MQTT_sess", {})["config"]["name"])
    assert set(answers) == {"$MQTT_sess"}


def test_a_tracker_reports_over_websocket_as_over_mqtt(tmp_path, engine, ingest):
    assert make_session(tmp_path, clock)
    port = free_port()
    running = broker.start(tmp_path, "127.0.0.1", free_port(), websocket_port=port)
    try:
        ingest(running.url)
        client = paho.Client(CallbackAPIVersion.VERSION2, "browser", transport="websockets")
        client.ws_set_options(path="/mqtt")
        granted = []
        client.on_subscribe = lambda _, __, ___, codes, ____: granted.extend(not code.is_failure for code in codes)
        client.connect("127.0.0.1", port)
        client.loop_start()
        client.publish(POSITION.format("WS-1"), fix(), 1).wait_for_publish(10)
        client.subscribe(POSITION.format("+"), 1)
        until(lambda: granted == [False])
        until(lambda: "WS-1" in health(engine))
        client.disconnect()
        client.loop_stop()
    finally:
        running.stop()
