"""Phones' requests through a real receiver and a real broker: answered well only when the broker has the message."""

from __future__ import annotations

import base64
import http.client
import json
import os
import signal
import socket
import threading
import time
from urllib.request import urlopen

import pytest

from gps_ingest import broker
from gps_ingest.decoder import MAX_PAYLOAD, SUBSCRIPTIONS
from gps_ingest.operations.provisioning import provision
from tests.builders import SEVEN
from tests.conftest import free_port, until
from tests.gps_ingest.clients import Client
from transit.store.broker_refusals import load_broker_refusals
from transit.store.database import migrate, open_database, writing
from transit.store.signs_of_life import RECEIVE_SIGN
from transit.store.tracker_credentials import add_credential, revoke_credential
from transit.store.trackers import load_tracker_health

pytestmark = pytest.mark.slow
AT = 1764313200
BODY = {"timestamp": "2025-11-28T07:00:00Z", "coords": {"latitude": 3.6, "longitude": 98.5, "speed": 1.0}}


class Receiver:
    """A receiver process before a broker; passwords: of T1 and of driver7/phone."""

    def __init__(self, command, folder):
        self.folder, self.mqtt_port, self.port = folder, free_port(), free_port()
        self.engine = open_database(f"sqlite:///{folder / 'transit.db'}")
        migrate(self.engine)
        with writing(self.engine) as connection:
            self.passwords = [add_credential(connection, name, now=SEVEN).password for name in ("T1", "driver7/phone")]
        provision(self.engine, folder, SEVEN)
        self.broker = broker.start(folder, "127.0.0.1", self.mqtt_port)
        self.ingest = Client(self.broker.url, "ingest", lasting=True)
        self.ingest.subscribe(*SUBSCRIPTIONS)
        self.process = command("receive", RECEIVE_PORT=str(self.port), MQTT_PORT=str(self.mqtt_port))
        until(lambda: self.ask("GET", "/healthz")[0] == 200, 30)

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def received(self, count):
        until(lambda: len(self.ingest.messages) >= count)
        return [(topic, json.loads(payload)) for topic, payload, _ in self.ingest.messages]


@pytest.fixture
def receiver(command, tmp_path):
    made = Receiver(command, tmp_path)
    yield made
    made.process.terminate()  # a server that is killed leaves its worker
    made.process.wait(20)
    made.ingest.close()
    made.broker.stop()
    made.engine.dispose()


def basic(user, password):
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def test_each_form_is_published_when_it_is_answered(receiver):
    t1, driver7 = receiver.passwords
    place = f"id=T1&lat=3.6&lon=98.5&timestamp={AT}"
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    owntracks = json.dumps({"_type": "location", "lat": 3.6, "lon": 98.5, "tst": AT})
    assert receiver.ask("GET", f"/?{place}&speed=10&key={t1}") == (200, b"")
    assert receiver.ask("POST", f"/?{place}&key={t1}") == (200, b"")
    assert receiver.ask("POST", f"/?key={t1}", f"deviceid=T1&location=3.6,98.5&timestamp={AT}", **form) == (200, b"")
    assert receiver.ask("GET", f"/?{place}", Authorization=basic("T1", t1)) == (200, b"")
    body = json.dumps({"device_id": "T1", "location": BODY})
    assert receiver.ask("POST", f"/key/{t1}", body, Content_Type="application/json") == (200, b"")
    assert receiver.ask("POST", "/pub?u=driver7&d=phone", owntracks, Authorization=basic("driver7", driver7)) == (200, b"[]")
    limits = {"X_Limit_U": "driver7", "X_Limit_D": "phone", "Authorization": basic("driver7", driver7)}
    assert receiver.ask("POST", "/pub", owntracks, **limits) == (200, b"[]")
    messages = receiver.received(7)
    assert [topic for topic, _ in messages] == ["transbinjai/v1/trackers/T1/position"] * 5 + ["owntracks/driver7/phone"] * 2
    assert {(fix["latitude"], fix["longitude"], fix["timestamp"]) for _, fix in messages[:5]} == {(3.6, 98.5, AT)}
    assert messages[0][1]["speed"] == pytest.approx(5.144, abs=0.001)
    assert messages[4][1]["speed"] == 1.0


def test_what_is_refused_says_why_and_publishes_nothing(receiver):
    t1, driver7 = receiver.passwords
    position = "lat=3.6&lon=98.5"
    assert receiver.ask("GET", f"/?{position}&key={t1}")[0] == 400
    assert receiver.ask("GET", f"/?id=a/b&{position}&key={t1}")[0] == 400
    assert receiver.ask("GET", f"/?id=T1&{position}")[0] == 401
    assert receiver.ask("GET", f"/?id=T1&{position}&key=wrong")[0] == 401
    assert receiver.ask("GET", f"/?id=driver7&{position}&key={driver7}")[0] == 401, "a phone on another topic than its own"
    status, sentence = receiver.ask("GET", f"/?id=T9&{position}&key={t1}")
    assert (status, b"trackers add T9" in sentence) == (401, True)
    assert receiver.ask("PUT", f"/?id=T1&{position}&key={t1}")[0] == 405
    assert receiver.ask("GET", "/favicon.ico")[0] == 404
    assert receiver.ask("POST", f"/?id=T1&key={t1}", b"x" * (MAX_PAYLOAD + 1))[0] == 413
    assert receiver.ask("POST", f"/?id=T1&key={t1}", (b"x" * 60_000 for _ in range(6)))[0] == 413, "chunks of no told length"
    assert receiver.ask("GET", f"/?id=T1&{position}&key={t1}")[0] == 200
    assert len(receiver.received(1)) == 1

    def is_written():
        with receiver.engine.connect() as connection:
            names = {row.client: row.count for row in load_broker_refusals(connection, SEVEN) if row.cause == "login"}
            return names.get("T9") == 1 and names.get("T1") == 2

    until(is_written)


def test_a_password_that_is_revoked_ends_within_seconds(receiver):
    t1 = receiver.passwords[0]
    address = f"/?id=T1&lat=3.6&lon=98.5&key={t1}"
    assert receiver.ask("GET", address)[0] == 200
    with writing(receiver.engine) as connection:
        revoke_credential(connection, "T1", now=SEVEN)
    until(lambda: receiver.ask("GET", address)[0] == 401, 5)


def test_a_broker_that_is_away_or_deaf_is_no_200_and_afterwards_all_goes_on(receiver):
    t1 = receiver.passwords[0]
    address = f"/?id=T1&lat=3.6&lon=98.5&timestamp={AT}&key={t1}"
    os.kill(receiver.broker.process.pid, signal.SIGSTOP)
    started = time.monotonic()
    assert receiver.ask("GET", address)[0] == 503
    assert time.monotonic() - started < 8.0
    os.kill(receiver.broker.process.pid, signal.SIGCONT)
    until(lambda: receiver.ask("GET", address)[0] == 200)
    receiver.broker.stop()
    until(lambda: receiver.ask("GET", address)[0] == 503)
    assert receiver.ask("GET", "/healthz")[0] == 503
    receiver.broker = broker.start(receiver.folder, "127.0.0.1", receiver.mqtt_port)
    until(lambda: receiver.ask("GET", address)[0] == 200)


def test_phones_that_dawdle_hold_nobody_up(receiver):
    t1 = receiver.passwords[0]
    slow = []
    for _ in range(100):
        one = socket.create_connection(("127.0.0.1", receiver.port))
        one.sendall(f"POST /?id=T1&key={t1} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nx".encode())
        slow.append(one)
    started = time.monotonic()
    assert receiver.ask("GET", f"/?id=T1&lat=3.6&lon=98.5&key={t1}")[0] == 200
    assert time.monotonic() - started < 5.0
    slow[0].settimeout(20)
    assert b" 408 " in slow[0].recv(100)
    for one in slow:
        one.close()


def test_many_at_once_are_all_published_and_one_that_floods_is_told_so(receiver):
    t1, driver7 = receiver.passwords
    statuses = []

    def send(n):
        for k in range(50):
            address = f"/?id=T1&lat=3.6&lon=98.5&timestamp={AT + 50 * n + k}&key={t1}"
            statuses.append(receiver.ask("GET", address)[0])

    threads = [threading.Thread(target=send, args=(n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert statuses == [200] * 400
    assert len({fix["timestamp"] for _, fix in receiver.received(400)}) == 400
    array = json.dumps({"device_id": "T1", "location": [BODY] * 1500})
    json_body = {"Content_Type": "application/json"}
    answers = [receiver.ask("POST", f"/key/{t1}", array, **json_body)[0] for _ in range(20)]
    assert (answers[0], answers[-1]) == (200, 429)
    owntracks = json.dumps({"_type": "location", "lat": 3.6, "lon": 98.5, "tst": AT})
    assert receiver.ask("POST", f"/pub?u=driver7&d=phone&key={driver7}", owntracks) == (200, b"[]")


def test_run_starts_it_where_a_port_is_named(command, tmp_path):
    ports = {name: str(free_port()) for name in ("PORT", "MQTT_PORT", "RECEIVE_PORT")}
    command("run", **ports)
    until(lambda: (tmp_path / RECEIVE_SIGN).exists(), 60)
    engine = open_database(f"sqlite:///{tmp_path / 'transit.db'}")
    with writing(engine) as connection:
        password = add_credential(connection, "T1", now=SEVEN).password
    address = f"http://127.0.0.1:{ports['RECEIVE_PORT']}/?id=T1&lat=3.6&lon=98.5&key={password}"
    until(lambda: urlopen(address, timeout=10).status == 200)

    def is_heard():
        with engine.connect() as connection:
            return [row.tracker_id for row in load_tracker_health(connection) if row.last_received_at] == ["T1"]

    until(is_heard)


def test_it_ends_when_it_is_asked_to(receiver):
    receiver.process.send_signal(signal.SIGTERM)
    assert receiver.process.wait(10) == 0
