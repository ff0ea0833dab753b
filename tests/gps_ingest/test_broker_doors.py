"""What a stranger, and a tracker that goes astray, can do at the embedded broker: report as itself, and nothing else."""

from __future__ import annotations

import pytest

from gps_ingest import broker
from gps_ingest.broker_access import subject_of
from gps_ingest.broker_users import PLAIN_FILE, read_users
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.own_secret import own_secret
from tests.conftest import free_port, until
from tests.gps_ingest.clients import Client
from transit.loopback import is_loopback_host

A = "transbinjai/v1/trackers/A"
B = "transbinjai/v1/trackers/B"


@pytest.fixture
def port():
    return free_port()


@pytest.fixture
def run_broker(tmp_path, port):
    """Starts the broker on tmp_path; the urls of ourselves, and of a client without a user."""
    running = []

    def start(**more):
        running.append(broker.start(tmp_path, "127.0.0.1", port, **more))
        return running[0].url, f"mqtt://127.0.0.1:{port}"

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def clients():
    made = []

    def connect(url, client_id, **how):
        made.append(Client(url, client_id, **how))
        return made[-1]

    yield connect
    for client in made:
        client.close()


def as_user(user, port):
    return f"mqtt://{user}@127.0.0.1:{port}"


@pytest.mark.slow
def test_a_stranger_on_an_open_loopback_reports_and_can_neither_listen_nor_delete_the_stream(run_broker, clients):
    ours, anybody = run_broker()
    ingest = clients(ours, "ingest", lasting=True)
    assert ingest.subscribe(*SUBSCRIPTIONS) == [True] * len(SUBSCRIPTIONS)
    stranger = clients(anybody, "stranger", lasting=True)
    assert stranger.subscribe("#", f"{A}/position", "owntracks/+/+", "$MQTT/sub/#", "$JS/API/#") == [False] * 5
    assert stranger.subscribe("#", qos=0) == [False]
    stranger.publish("$JS.API.STREAM.DELETE.$MQTT_msgs", b"")
    stranger.publish("$JS/API/STREAM/DELETE/$MQTT_msgs", b"")
    stranger.publish("transbinjai/v1/canary", b"1")
    stranger.publish(f"{A}/position", b"1")
    stranger.publish("owntracks/driver7/phone", b"2")
    until(lambda: len(ingest.messages) == 2)
    assert [topic for topic, _, _ in ingest.messages] == [f"{A}/position", "owntracks/driver7/phone"]
    assert stranger.messages == []


@pytest.mark.slow
def test_nobody_takes_our_messages_in_our_name(run_broker, clients, tmp_path):
    ours, anybody = run_broker()
    ingest = clients(ours, f"transit-ingest-{own_secret(tmp_path, 'ingest session')}", lasting=True)
    ingest.subscribe(*SUBSCRIPTIONS)
    thief = clients(anybody, "transit-ingest-0123456789ab", lasting=True)
    thief.publish(f"{A}/position", b"1")
    until(lambda: [payload for _, payload, _ in ingest.messages] == [b"1"])
    assert ingest.is_connected


@pytest.mark.slow
def test_users_of_an_earlier_version_are_taken_over_and_their_passwords_hashed(run_broker, clients, tmp_path, port):
    (tmp_path / PLAIN_FILE).write_text("A:open-sesame\n# the phone of driver 7\ndriver7:1-2-3\n")
    ours, anybody = run_broker()
    ingest = clients(ours, "ingest")
    ingest.subscribe(*SUBSCRIPTIONS)
    assert not clients(anybody, "nobody").is_let_in
    assert not clients(as_user("A:wrong", port), "wrong").is_let_in
    tracker = clients(as_user("A:open-sesame", port), "a")
    for topic in (f"{B}/position", f"{A}/other", "owntracks/driver7/phone", f"{A}/position", "owntracks/A/phone"):
        tracker.publish(topic, b"1")
    clients(as_user("driver7:1-2-3", port), "b").publish("owntracks/driver7/phone", b"2")
    until(lambda: len(ingest.messages) == 3)
    assert [topic for topic, _, _ in ingest.messages] == [f"{A}/position", "owntracks/A/phone", "owntracks/driver7/phone"]
    assert not (tmp_path / PLAIN_FILE).exists()
    kept = [path for path in (tmp_path / "broker").iterdir() if path.is_file() and b"open-sesame" in path.read_bytes()]
    assert kept == []
    assert [user.name for user in read_users(tmp_path)] == ["A", "driver7"]


@pytest.mark.slow
def test_files_of_the_broker_are_for_their_owner_only(run_broker, tmp_path):
    (tmp_path / PLAIN_FILE).write_text("A:open-sesame\n")
    run_broker()
    folder = tmp_path / "broker"
    assert folder.stat().st_mode & 0o077 == 0
    assert {name: (folder / name).stat().st_mode & 0o077 for name in ("secret", "users.json", "nats.conf")} == {
        "secret": 0,
        "users.json": 0,
        "nats.conf": 0,
    }


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "broker.example.org"])
def test_a_broker_that_others_reach_does_not_start_without_credentials(tmp_path, host):
    with pytest.raises(broker.BrokerError, match=r"trackers add TRACKER.*MQTT_BIND=127\.0\.0\.1"):
        broker.write_config(tmp_path, host, 1883)


def test_with_credentials_it_starts_for_others_and_lets_nobody_in_without(tmp_path):
    (tmp_path / PLAIN_FILE).write_text("A:open-sesame\n")
    assert "0.0.0.0:1883" in broker.write_config(tmp_path, "0.0.0.0", 1883).read_text()
    assert "no_auth_user" not in (tmp_path / broker.ACCESS_FILE).read_text()


def test_on_loopback_it_starts_as_it_is(tmp_path):
    broker.write_config(tmp_path, "127.0.0.1", 1883)
    assert 'no_auth_user: "transit-anonymous"' in (tmp_path / broker.ACCESS_FILE).read_text()


@pytest.mark.parametrize(
    ("host", "is_own"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("10.0.0.1", False)],
)
def test_what_only_this_machine_reaches(host, is_own):
    assert is_loopback_host(host) is is_own


def test_a_bind_for_the_web_is_one_for_the_broker_unless_it_is_told_apart(command, tmp_path):
    refused = command("broker", BIND="0.0.0.0", MQTT_PORT=str(free_port()))
    assert refused.wait(20) == 1
    assert b"trackers add TRACKER" in refused.stdout.read()
    apart = command("broker", BIND="0.0.0.0", MQTT_BIND="127.0.0.1", MQTT_PORT=str(free_port()))
    until((tmp_path / "broker" / "broker.log").exists)
    assert apart.poll() is None


def test_a_topic_with_dots_is_not_another_topic():
    assert subject_of("transbinjai/v1/trackers/A.B/position") == "transbinjai.v1.trackers.A//B.position"
    assert subject_of("owntracks/+/+") == "owntracks.*.*"
