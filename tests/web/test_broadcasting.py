"""`app.py broadcast`: from the live snapshot to a reader on the broker."""

from __future__ import annotations

import json
import signal

import pytest

from gps_ingest import broker
from gps_ingest.broker import let_readers_in
from gps_ingest.broker_access import LIVE_PREFIX, READER, READER_PASSWORD
from tests.builders import a_drive, at
from tests.conftest import free_port, until
from tests.gps_ingest.clients import Client

CLOCK = "2026-11-23T07:05:00+07:00"


@pytest.mark.slow
def test_a_bus_in_the_snapshot_reaches_a_reader_within_seconds(town, command):
    town.hear(a_drive(to_m=1800)).step(at(7, 5, 2))
    port = free_port()
    running = broker.start(town.folder, "127.0.0.1", port)
    reader = Client(f"mqtt://{READER}:{READER_PASSWORD}@127.0.0.1:{port}", "reader")
    try:
        assert reader.subscribe(f"{LIVE_PREFIX}/#", qos=0) == [True]
        process = command("broadcast", MQTT_PORT=str(port), DATABASE_URL=town.url, TRANSIT_NOW=CLOCK)
        until(lambda: town.step(at(7, 5, 2)) and reader.messages)
        topic, payload, _ = reader.messages[0]
        assert topic.split("/")[7:11] == ["A", "BUS1", "R1", "1"]
        assert json.loads(payload)["VP"]["odo"] == pytest.approx(1800, abs=20)
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        reader.close()
        running.stop()


@pytest.mark.slow
def test_where_nothing_is_shared_the_reader_is_not_let_in(tmp_path):
    let_readers_in(tmp_path, False)
    port = free_port()
    running = broker.start(tmp_path, "127.0.0.1", port)
    try:
        assert not Client(f"mqtt://{READER}:{READER_PASSWORD}@127.0.0.1:{port}", "reader").is_let_in
        stranger = Client(f"mqtt://127.0.0.1:{port}", "stranger")
        assert stranger.subscribe(f"{LIVE_PREFIX}/#", qos=0) == [False]
        stranger.close()
    finally:
        running.stop()
    let_readers_in(tmp_path, True)
    assert "transit-public" in (broker.write_config(tmp_path, "127.0.0.1", port).parent / "access.conf").read_text()
