"""What the embedded broker turns away stands in its log, and is read there by cause and client."""

from __future__ import annotations

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gps_ingest import broker
from gps_ingest.broker_log import BrokerLog, refusal_of
from tests.builders import SEVEN
from tests.conftest import free_port, until
from transit.operations.broker_refusals import RefusalCause

LINES = {  # as nats-server 2.15.1 writes them
    '127.0.0.1:43661 - mid:31 - "" - older protocol "MQIsdp" not supported': ("protocol", "127.0.0.1"),
    '[2001:db8::7]:43559 - mid:30 - "" - unacceptable protocol version of 5': ("protocol", "2001:db8::7"),
    '127.0.0.1:60457 - mid:23 - "phone" - character not supported for MQTT topics': ("topic", "phone"),
    '127.0.0.1:50311 - mid:6 - "old phone" - invalid character in client ID "old phone"': ("client_id", "old phone"),
    '127.0.0.1:47839 - mid:8 - "big" - maximum payload exceeded: 4194429 vs 4194304': ("payload", "big"),
    '127.0.0.1:47839 - mid:8 - "d7" - Publish Violation - User "d7", Subject "owntracks.d8.x"': ("permission", "d7"),
    '127.0.0.1:47839 - mid:8 - "d7" - Publish Violation - User "d7", Subject "bus.d7.gps"': ("strange_topic", "d7"),
    '127.0.0.1:47839 - mid:8 - "x9" - Publish Violation - Subject "transbinjai.v1.tracker.7.pos"': ("strange_topic", "x9"),
    '127.0.0.1:47839 - mid:8 - "x9" - Publish Violation - User "d7", Subject "transbinjai.v1.trackers.d8.position"': (
        "permission",
        "x9",
    ),
    '127.0.0.1:47839 - mid:8 - "x9" - wildcards not allowed in publish\'s topic: "transbinjai/v1/trackers/a#/position"': (
        "topic",
        "x9",
    ),
    '127.0.0.1:47839 - mid:8 - "x9" - authentication error - User "d7"': ("login", "d7"),
    '127.0.0.1:47839 - mid:8 - "x9" - authentication error': ("login", "x9"),
    '127.0.0.1:1 - mid:9 - "d7" - Replacing old client "127.0.0.1:2 - mid:8" since both have the same client ID "d7"': (
        "clash",
        "d7",
    ),
}


@pytest.mark.parametrize("said", LINES)
def test_a_refusal_is_read_by_cause_and_client(said):
    refused = refusal_of(f"[26108] 2026/11/25 19:29:35.014671 [ERR] {said}", SEVEN)
    assert refused is not None
    assert (refused.cause, refused.client) == LINES[said]
    assert (refused.count, refused.last_at) == (1, SEVEN)


@pytest.mark.parametrize(
    "line",
    [
        "[26108] 2026/11/25 19:29:28.629268 [INF] Server is ready",
        '[26108] 2026/11/25 19:29:28.629268 [INF] 127.0.0.1:1 - mid:1 - "x" - older protocol "MQIsdp" not supported',
        '[26108] 2026/11/25 19:29:28.629268 [ERR] 127.0.0.1:1 - mid:1 - "x" - read tcp 127.0.0.1: connection reset by peer',
        '[1] 2026/11/25 19:29:28.6 [ERR] 127.0.0.1:1 - mid:6 - "nobody" - unable to connect: authentication error',
        '[1] 2026/11/25 19:29:28.6 [WRN] 127.0.0.1:1 - mid:6 - "transit-canary-1" - Replacing old client: same client ID',
        "",
    ],
)
def test_what_is_no_refusal_is_not_counted(line):
    assert refusal_of(line, SEVEN) is None


def a_log(tmp_path, *said, begins="[1] 2026/11/25 19:00:00 [INF] Starting nats-server"):
    lines = [f"[1] 2026/11/25 19:29:35.014671 [ERR] {one}" for one in said]
    (tmp_path / "broker.log").write_text("\n".join([begins, *lines]) + "\n")


def counts(log):
    return {(str(one.cause), one.client): one.count for one in log.refusals()}


def test_only_what_is_new_is_counted_even_after_a_restart_of_ours_and_of_the_broker(tmp_path):
    old = '127.0.0.1:1 - mid:1 - "" - older protocol "MQIsdp" not supported'
    spaced = '127.0.0.1:2 - mid:2 - "phone" - character not supported for MQTT topics'
    a_log(tmp_path, old, old, spaced)
    log = BrokerLog(tmp_path, lambda: SEVEN)
    assert counts(log) == {("protocol", "127.0.0.1"): 2, ("topic", "phone"): 1}
    assert counts(log) == {}
    log.keep()
    log = BrokerLog(tmp_path, lambda: SEVEN)
    assert counts(log) == {}
    with (tmp_path / "broker.log").open("a") as file:
        file.write(f"[1] 2026/11/25 19:29:35.014671 [ERR] {old}\n[1] 2026/11/25 19:29:36 [ERR] 127.0.0.1:1 - mid:1 - ")
    assert counts(log) == {("protocol", "127.0.0.1"): 1}, "a line that is not whole yet waits"
    a_log(tmp_path, *[old] * 9, begins="[2] 2026/11/25 20:00:00 [INF] Starting nats-server")
    assert counts(log) == {("protocol", "127.0.0.1"): 9}


def test_invented_names_beyond_two_hundred_share_one(tmp_path):
    a_log(tmp_path, *[f'127.0.0.1:1 - mid:1 - "x" - authentication error - User "u{n}"' for n in range(300)])
    counted = counts(BrokerLog(tmp_path, lambda: SEVEN))
    assert (len(counted), counted["login", "(others)"], counted["login", "u7"]) == (201, 100, 1)


def test_a_log_that_grew_long_is_emptied_when_all_of_it_is_stored(tmp_path):
    old = '127.0.0.1:1 - mid:1 - "" - older protocol "MQIsdp" not supported'
    a_log(tmp_path, old)
    log = BrokerLog(tmp_path, lambda: SEVEN, most_bytes=100)
    assert counts(log) == {("protocol", "127.0.0.1"): 1}
    log.keep()
    assert (tmp_path / "broker.log").stat().st_size == 0
    with (tmp_path / "broker.log").open("a") as file:
        file.write(f"[1] 2026/11/25 19:30:00 [INF] goes on\n[1] 2026/11/25 19:30:01.0 [ERR] {old}\n")
    assert counts(log) == {("protocol", "127.0.0.1"): 1}


def test_without_a_log_there_is_nothing_to_read(tmp_path):
    assert BrokerLog(tmp_path / "nowhere", lambda: SEVEN).refusals() == []


@pytest.mark.parametrize(
    ("protocol", "client_id", "topic", "payload", "cause"),
    [
        (paho.MQTTv31, "p31", "owntracks/a/x", b"{}", RefusalCause.PROTOCOL),
        (paho.MQTTv5, "p5", "owntracks/a/x", b"{}", RefusalCause.PROTOCOL),
        (paho.MQTTv311, "spaced", "owntracks/driver seven/old phone", b"{}", RefusalCause.TOPIC),
        (paho.MQTTv311, "old phone", "owntracks/a/x", b"{}", RefusalCause.CLIENT_ID),
        (paho.MQTTv311, "big", "owntracks/a/x", b" " * (4 << 20), RefusalCause.PAYLOAD),
    ],
)
def test_the_real_brokers_refusals_are_read(tmp_path, protocol, client_id, topic, payload, cause):
    running = broker.start(tmp_path, "127.0.0.1", port := free_port())
    log = BrokerLog(tmp_path / "broker", lambda: SEVEN)
    client = paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=protocol)
    client.on_connect = lambda *_: client.publish(topic, payload, 1)
    try:
        client.connect("127.0.0.1", port)
        client.loop_start()
        refusals = until(log.refusals)
    finally:
        client.loop_stop()
        running.stop()
    assert {refused.cause for refused in refusals} == {cause}


@pytest.mark.parametrize(
    ("subject", "topic"),
    [
        ("bus.7.gps", "bus/7/gps"),
        ("transbinjai.v1.trackers.T1.position./", "transbinjai/v1/trackers/T1/position/"),
        ("/.transbinjai.v1.trackers.T1.position", "/transbinjai/v1/trackers/T1/position"),
        ("bus./.T1//5", "bus//T1.5"),
    ],
)
def test_of_a_topic_that_nobody_reads_the_topic_is_kept_as_the_device_has_it(subject, topic):
    line = f'[1] 2026/11/25 19:29:28.6 [ERR] 127.0.0.1:1 - mid:6 - "x9" - Publish Violation - Subject "{subject}"'
    refused = refusal_of(line, SEVEN)
    assert refused is not None
    assert refused.said == topic
