"""Through real brokers: nothing acknowledged is lost, whichever process is killed in the middle of a burst."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from datetime import UTC, datetime

import pytest

from gps_ingest import broker
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.ingest import process
from gps_ingest.mqtt import NotABroker, Subscription, ask_broker, new_client, parse_url
from tests.builders import STRAIGHT, a_network, along, place
from tests.conftest import free_port, until
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.tables import reports
from transit.store.trackers import load_tracker_health, map_tracker

pytestmark = pytest.mark.slow
TRACKERS = [f"T{n}" for n in range(6)]
EACH = 150


def clock():
    return datetime.now(UTC)


@pytest.fixture
def engine(tmp_path):
    made = open_database(f"sqlite:///{tmp_path / 'transit.db'}")
    migrate(made)
    with writing(made) as connection:
        save_network(connection, a_network(), now=clock(), source="test")
        for n, tracker_id in enumerate(TRACKERS):
            map_tracker(connection, tracker_id, f"BUS{n}", now=clock())
    yield made
    made.dispose()


def count(engine):
    with engine.connect() as connection:
        return len(connection.execute(reports.select()).all())


def payload(n, at):
    lat, lon = place(*along(STRAIGHT, 6.0 * n % 4000))
    return json.dumps({"latitude": lat, "longitude": lon, "timestamp": at}).encode()


class Publisher(threading.Thread):
    """A tracker that publishes with QoS 1, reconnects for ever, and knows which reports were acknowledged."""

    def __init__(self, url, tracker_id, each=EACH, pause_s=0.01):
        super().__init__(daemon=True)
        self.address, self.tracker_id, self.each, self.pause_s = parse_url(url), tracker_id, each, pause_s
        self.acknowledged = set()

    def run(self):
        client = new_client(self.address, f"tracker-{self.tracker_id}", clean_session=False)
        client.reconnect_delay_set(1, 1)
        stamps = {}
        begin = time.time() - self.each
        done = threading.Event()

        def on_publish(_, __, mid, *___):
            self.acknowledged.add(stamps[mid])
            if len(self.acknowledged) == self.each:
                done.set()

        client.on_publish = on_publish
        client.connect(self.address.host, self.address.port, 30)
        topic = f"transbinjai/v1/trackers/{self.tracker_id}/position"
        for n in range(self.each):
            with client._out_message_mutex:  # the acknowledgement must not come before we know the number
                stamps[client._last_mid + 1] = n
            client.publish(topic, payload(n, begin + n), qos=1)
            if n == 0:
                client.loop_start()
            time.sleep(self.pause_s)
        done.wait(60)
        client.loop_stop()
        client.disconnect()


def broker_answers(url):
    try:
        return ask_broker(parse_url(url), 1.0) is None
    except (OSError, NotABroker):
        return False


def publish_all(url, **more):
    publishers = [Publisher(url, tracker_id, **more) for tracker_id in TRACKERS]
    for one in publishers:
        one.start()
    return publishers


def joined(publishers):
    for one in publishers:
        one.join(90)
    return sum(len(one.acknowledged) for one in publishers)


def subscribe(url, data_dir):
    """The broker keeps for ingest what comes from now on, whether or not that runs already."""
    inbox = Subscription(url, SUBSCRIPTIONS, process.client_id_of(data_dir), clock)
    until(lambda: inbox.receive(1, 0.2) or inbox.subscribed)
    inbox.close()


@pytest.fixture
def run_ingest(engine, tmp_path):
    stop_event = threading.Event()
    threads = []

    def start(url):
        thread = threading.Thread(
            target=process.run, args=(engine, url), kwargs={"clock": clock, "stop_event": stop_event, "data_dir": tmp_path}
        )
        thread.start()
        threads.append(thread)

    yield start
    stop_event.set()
    for thread in threads:
        thread.join(10)


def test_what_is_published_is_stored_through_each_broker(any_broker, engine, run_ingest, tmp_path):
    subscribe(any_broker, tmp_path)
    run_ingest(any_broker)
    assert joined(publish_all(any_broker, each=40, pause_s=0.0)) == 40 * len(TRACKERS)
    until(lambda: count(engine) == 40 * len(TRACKERS))
    with engine.connect() as connection:
        assert all(row.last_received_at for row in load_tracker_health(connection))


def test_what_comes_in_while_ingest_is_away_waits_for_it(any_broker, engine, run_ingest, tmp_path):
    subscribe(any_broker, tmp_path)
    joined(publish_all(any_broker, each=30, pause_s=0.0))
    run_ingest(any_broker)
    until(lambda: count(engine) == 30 * len(TRACKERS), 30)


def test_a_tracker_that_goes_without_a_word_is_offline(any_broker, engine, run_ingest):
    run_ingest(any_broker)
    time.sleep(0.5)
    topic = "transbinjai/v1/trackers/T0/status"
    client = new_client(parse_url(any_broker), "tracker-T0", clean_session=True)
    client.will_set(topic, b"offline", qos=1, retain=True)
    client.connect(parse_url(any_broker).host, parse_url(any_broker).port, 30)
    client.loop_start()
    client.publish(topic, b"online", qos=1, retain=True).wait_for_publish(5)

    def is_online():
        with engine.connect() as connection:
            return {row.tracker_id: row.online for row in load_tracker_health(connection)}["T0"]

    until(lambda: is_online() is True)
    client._sock_close()  # the cable is cut: no DISCONNECT is sent
    client.loop_stop()
    until(lambda: is_online() is False)


def test_owntracks_phones_with_user_password_and_backlog_are_trackers(tmp_path, engine, run_ingest):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "broker.users").write_text("driver7:open-sesame\n")
    running = broker.start(tmp_path / "b", "127.0.0.1", free_port())
    try:
        with writing(engine) as connection:
            map_tracker(connection, "driver7/phone", "BUS7", now=clock())
        run_ingest(running.url)
        time.sleep(0.5)
        address = parse_url(running.url.replace(running.url.split("//")[1].split("@")[0], "driver7:open-sesame"))
        client = new_client(address, "driver7phone", clean_session=False)
        client.will_set("owntracks/driver7/phone", json.dumps({"_type": "lwt", "tst": int(time.time())}), qos=1)
        lat, lon = place(100.0, 0.0)
        for n in range(8):  # queued while there was no network
            tst = int(time.time()) - 80 + 10 * n
            said = {"_type": "location", "lat": lat, "lon": lon, "tst": tst, "vel": 0, "acc": 9, "t": "p"}
            client.publish("owntracks/driver7/phone", json.dumps(said), qos=1)
        client.publish("owntracks/driver7/phone", json.dumps({"_type": "transition", "event": "enter"}), qos=1)
        client.publish("transbinjai/v1/trackers/T0/position", payload(1, time.time()), qos=1)  # not its own topic
        client.connect(address.host, address.port, 30)
        client.loop_start()
        until(lambda: count(engine) == 8)
        time.sleep(1.0)
        assert count(engine) == 8
        client.loop_stop()
        client.disconnect()
    finally:
        running.stop()


def test_kill_9_of_ingest_in_a_burst_loses_nothing_and_stores_nothing_twice(any_broker, engine, command, tmp_path):
    subscribe(any_broker, tmp_path)
    first = command("ingest", MQTT_URL=any_broker)
    publishers = publish_all(any_broker, pause_s=0.03)  # for five seconds
    for enough in (100, 400):
        until(lambda enough=enough: count(engine) > enough, 40)
        first.send_signal(signal.SIGKILL)
        first.wait()
        first = command("ingest", MQTT_URL=any_broker)
    assert joined(publishers) == EACH * len(TRACKERS)
    until(lambda: count(engine) >= EACH * len(TRACKERS), 40)
    time.sleep(1.0)
    with engine.connect() as connection:
        stored = [(row.tracker_id, row.fix_at) for row in connection.execute(reports.select())]
    assert len(stored) == len(set(stored)) == EACH * len(TRACKERS)


def test_kill_9_of_the_broker_in_a_burst_loses_nothing_that_was_acknowledged(tmp_path, engine, command):
    port = str(free_port())
    url = broker.url_of(tmp_path, "127.0.0.1", int(port))
    running = command("broker", MQTT_PORT=port)
    until(lambda: broker_answers(url))
    subscribe(url, tmp_path)
    command("ingest", MQTT_URL=url)
    publishers = publish_all(url, pause_s=0.03)
    until(lambda: count(engine) > 100, 30)
    running.send_signal(signal.SIGKILL)
    running.wait()
    time.sleep(0.5)
    running = command("broker", MQTT_PORT=port)
    acknowledged = joined(publishers)
    assert acknowledged == EACH * len(TRACKERS)
    until(lambda: count(engine) >= acknowledged, 40)


def test_an_ingest_that_is_asked_to_end_ends(embedded, engine, command, tmp_path):
    running = command("ingest", MQTT_URL=embedded)
    until(lambda: any((tmp_path / "metrics" / "ingest").glob("gauge_*.db")))  # it runs: it has begun to count
    running.send_signal(signal.SIGTERM)
    assert running.wait(5) == 0


def test_a_users_file_that_cannot_be_read_is_told_by_line(tmp_path):
    (tmp_path / "broker.users").write_text("# trackers\nno colon here\n")
    with pytest.raises(broker.BrokerError, match=r"line 2: write user:password"):
        broker.start(tmp_path, "127.0.0.1", free_port())


def test_a_port_that_is_taken_is_told(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, not listening: nobody else may listen there
        with pytest.raises(broker.BrokerError, match="did not start"):
            broker.start(tmp_path, "127.0.0.1", taken.getsockname()[1])
