"""A tracker gets its password, another one, and loses it, while the broker runs on."""

from __future__ import annotations

import base64
import json
import shutil
import signal
import subprocess
from urllib.parse import parse_qs, urlsplit

import pytest
from click.testing import CliRunner

from app import main
from gps_ingest import broker
from gps_ingest.broker_users import PLAIN_FILE
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.operations.phone_settings import WaysIn, owntracks_link, phone_links, traccar_link
from gps_ingest.operations.provisioning import ACL, PASSWORDS, provision
from gps_ingest.own_secret import own_secret
from tests.builders import SEVEN
from tests.conftest import free_port, until
from tests.gps_ingest.clients import Client
from transit.store.database import migrate, open_database, writing
from transit.store.tracker_credentials import (
    CredentialRefused,
    IssuedPassword,
    add_credential,
    load_credentials,
    revoke_credential,
    rotate_credential,
)

POSITION = "transbinjai/v1/trackers/{}/position"


@pytest.fixture
def engine(tmp_path):
    made = open_database(f"sqlite:///{tmp_path / 'transit.db'}")
    migrate(made)
    yield made
    made.dispose()


@pytest.fixture
def do(engine, tmp_path):
    """Changes a tracker's credentials and tells the brokers."""

    def change(action, tracker_id):
        with writing(engine) as connection:
            issued = action(connection, tracker_id, now=SEVEN)
        provision(engine, tmp_path, SEVEN)
        return issued

    return change


@pytest.mark.slow
def test_trackers_come_and_go_while_the_broker_runs_on(do, tmp_path):
    port = free_port()
    running = broker.start(tmp_path, "127.0.0.1", port)
    try:
        ingest = Client(running.url, "ingest", lasting=True)
        ingest.subscribe(*SUBSCRIPTIONS)
        first = do(add_credential, "A")
        url = f"mqtt://A:{first.password}@127.0.0.1:{port}"
        until(lambda: not Client(f"mqtt://127.0.0.1:{port}", "nobody").is_let_in)
        tracker = Client(url, "a")
        tracker.publish(POSITION.format("B"), b"not its own")
        tracker.publish(POSITION.format("A"), b"1")
        do(add_credential, "B")
        tracker.publish(POSITION.format("A"), b"2")
        until(lambda: [payload for _, payload, _ in ingest.messages] == [b"1", b"2"])
        assert tracker.is_connected
        second = do(rotate_credential, "A")
        until(lambda: not Client(url, "a2").is_let_in)
        url = f"mqtt://A:{second.password}@127.0.0.1:{port}"
        assert Client(url, "a3").is_let_in
        do(revoke_credential, "A")
        until(lambda: not Client(url, "a4").is_let_in)
        do(revoke_credential, "B")
        assert not Client(f"mqtt://127.0.0.1:{port}", "nobody").is_let_in
        assert ingest.is_connected
    finally:
        running.stop()


@pytest.mark.slow
def test_a_mosquitto_with_the_files_lets_each_tracker_report_as_itself_only(do, tmp_path):
    program = shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")
    if program is None:
        pytest.skip("no Mosquitto: apt install mosquitto")
    issued = do(add_credential, "driver7/phone")
    port = free_port()
    config = tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous false\nuser root\n"
        f"password_file {tmp_path / PASSWORDS}\nacl_file {tmp_path / ACL}\n"
    )
    process = subprocess.Popen([program, "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        ours = f"mqtt://transit-system:{own_secret(tmp_path, 'password')}@127.0.0.1:{port}"
        ingest = until(lambda: Client(ours, "ingest"))
        assert ingest.subscribe(*SUBSCRIPTIONS) == [True] * len(SUBSCRIPTIONS)
        phone = Client(f"mqtt://driver7:{issued.password}@127.0.0.1:{port}", "phone")
        phone.publish("owntracks/driver7/tablet", b"not its own")
        phone.publish("owntracks/driver7/phone", b"1")
        until(lambda: [payload for _, payload, _ in ingest.messages] == [b"1"])
        assert not Client(f"mqtt://driver7:wrong@127.0.0.1:{port}", "x").is_let_in
        do(revoke_credential, "driver7/phone")
        process.send_signal(signal.SIGHUP)
        until(lambda: not Client(f"mqtt://driver7:{issued.password}@127.0.0.1:{port}", "y").is_let_in)
    finally:
        process.kill()
        process.wait()


def test_no_file_and_no_row_holds_a_password_and_the_files_are_their_owners(do, engine, tmp_path):
    issued = do(add_credential, "A")
    engine.dispose()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 4
    assert [path for path in files if issued.password.encode() in path.read_bytes()] == []
    assert [path for path in files if path.stat().st_mode & 0o077] == []


def test_users_of_an_earlier_version_enter_the_database_and_can_be_revoked(do, engine, tmp_path):
    (tmp_path / PLAIN_FILE).write_text("A:open-sesame\n")
    provision(engine, tmp_path, SEVEN)
    with engine.connect() as connection:
        assert [(one.user, one.tracker_id) for one in load_credentials(connection)] == [("A", "A")]
    do(revoke_credential, "A")
    provision(engine, tmp_path, SEVEN)
    with engine.connect() as connection:
        assert load_credentials(connection) == []


@pytest.mark.parametrize("tracker_id", ["", "a b", "#", "+", "a/b/c", "a/", "transit-system", "x" * 61, "a.b", 'a"b'])
def test_an_id_that_would_be_more_than_one_topic_has_no_credentials(engine, tracker_id):
    with writing(engine) as connection, pytest.raises(CredentialRefused):
        add_credential(connection, tracker_id, now=SEVEN)


def test_a_user_has_one_password_and_what_is_not_there_is_not_rotated(engine):
    with writing(engine) as connection:
        add_credential(connection, "driver7/phone", now=SEVEN)
        with pytest.raises(CredentialRefused, match="rotate driver7/phone"):
            add_credential(connection, "driver7/phone", now=SEVEN)
        with pytest.raises(CredentialRefused, match="revoke driver7/phone"):
            add_credential(connection, "driver7/tablet", now=SEVEN)
        for action in (rotate_credential, revoke_credential):
            with pytest.raises(CredentialRefused, match="trackers add A"):
                action(connection, "A", now=SEVEN)


def test_the_code_of_a_phone_holds_what_its_app_asks_for():
    link = owntracks_link(IssuedPassword("driver7/phone", "driver7", "secret"), "bus.example.org", 8883, True)
    settings = json.loads(base64.urlsafe_b64decode(link.partition("inline=")[2]))
    assert settings["pubTopicBase"] == "owntracks/driver7/phone"
    assert (settings["username"], settings["password"], settings["host"], settings["port"]) == (
        "driver7",
        "secret",
        "bus.example.org",
        8883,
    )
    assert (settings["_type"], settings["tls"], settings["pubRetain"]) == ("configuration", True, False)


@pytest.mark.parametrize("url", ["https://bus.example.org", "https://bus.example.org/"])
def test_traccar_clients_code_has_the_password_where_the_app_keeps_it(url):
    parts = urlsplit(traccar_link(IssuedPassword("T1", "T1", "secret"), url))
    assert f"{parts.scheme}://{parts.netloc}{parts.path}" == "https://bus.example.org/key/secret"
    settings = {name: value for name, (value,) in parse_qs(parts.query).items()}
    assert (settings["id"], settings["interval"], settings["stop_detection"]) == ("T1", "10", "false")


def in_link(link):
    """Where a phone reports to that reads this code."""
    if link.startswith("http"):
        return link.partition("/key/")[0]
    settings = json.loads(base64.urlsafe_b64decode(link.partition("inline=")[2]))
    return settings["host"], settings["port"], settings["tls"]


PHONE, BOX = IssuedPassword("driver7/phone", "driver7", "secret"), IssuedPassword("T1", "T1", "secret")
PROXIED = WaysIn("bus.example.org", 8883, tls=True, receive_url="https://gps.example.org", receive_port=5055)


@pytest.mark.parametrize(
    ("issued", "ways", "links"),
    [
        (PHONE, WaysIn(None, 1883, receive_port=5055), {"OwnTracks": ("here", 1883, False)}),
        (BOX, WaysIn(None, 1883, receive_port=5055), {"Traccar Client": "http://here:5055"}),
        (BOX, WaysIn(None, 1883), {}),
        (PHONE, PROXIED, {"OwnTracks": ("bus.example.org", 8883, True)}),
        (BOX, PROXIED, {"Traccar Client": "https://gps.example.org"}),
    ],
)
def test_a_code_leads_where_phones_reach_us_and_is_of_the_app_whose_names_are_such(issued, ways, links):
    """receive takes no / in the id of a Traccar Client, and OwnTracks has one in each."""
    assert {app: in_link(link) for app, link in phone_links(issued, "here", ways).items()} == links


SECRET_OF_DIR = {"MQTT_URL": "mqtt://transit-system@127.0.0.1:1883", "RECEIVE_PORT": "5055"}


@pytest.mark.parametrize(
    ("environment", "words", "host", "port"),
    [
        ({}, (), "127.0.0.1", "1883"),
        ({"MQTT_PORT": "1884"}, ("--host", "bus.example.org"), "bus.example.org", "1884"),
        ({"MQTT_PUBLIC_URL": "mqtts://bus.example.org"}, (), "bus.example.org", "8883 (TLS)"),
        ({**SECRET_OF_DIR, "MQTT_PUBLIC_URL": "mqtts://bus.example.org:8884"}, (), "bus.example.org", "8884 (TLS)"),
    ],
)
def test_what_is_typed_into_a_tracker_is_where_it_reaches_us(tmp_path, environment, words, host, port):
    said = CliRunner().invoke(main, ["trackers", "add", "T1", *words], env={"DATA_DIR": str(tmp_path), **environment}).output
    assert f"  host      {host}\n  port      {port}\n" in said
    assert own_secret(tmp_path, "password") not in said


def test_with_a_mosquitto_our_own_processes_know_their_password_by_themselves(tmp_path):
    said = CliRunner().invoke(main, ["trackers", "add", "T1"], env={"DATA_DIR": str(tmp_path), **SECRET_OF_DIR}).output
    assert "MQTT_URL=mqtt://transit-system@HOST:PORT" in said
    full = broker.with_own_password(tmp_path, SECRET_OF_DIR["MQTT_URL"])
    assert full == f"mqtt://transit-system:{own_secret(tmp_path, 'password')}@127.0.0.1:1883"
    for other in ("mqtt://127.0.0.1", "mqtts://ingest@b:8883", "mqtt://transit-system:theirs@b", "b.example.org:1883", full):
        assert broker.with_own_password(tmp_path, other) == other


def test_the_first_password_closes_the_broker_and_the_last_one_does_not_open_it_and_both_are_told(tmp_path):
    def said(*words):
        return CliRunner().invoke(main, ["trackers", *words], env={"DATA_DIR": str(tmp_path)}).output

    closes, opens = "From now on the broker lets no tracker in without a password", "No tracker has a password now"
    steps = [("add", "T1"), ("add", "T2"), ("revoke", "T1"), ("revoke", "T2"), ("add", "T3")]
    outputs = [said(*step) for step in steps]
    assert [closes in output for output in outputs] == [True, False, False, False, False]
    assert [opens in output for output in outputs] == [False, False, False, True, False]
