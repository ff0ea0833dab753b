"""A running system is backed up, its database breaks, and one command brings it back with the loss told."""

from __future__ import annotations

import json
import re

import pytest

from tests.conftest import free_port, until
from tests.test_app import get, run, started
from transit.store.database import open_database
from transit.store.stored_count import stored_count

pytestmark = pytest.mark.slow


def test_backup_at_work_a_broken_database_and_the_way_back(command, tmp_path):
    data = tmp_path / "var"
    environment = {"PORT": str(free_port()), "MQTT_PORT": str(free_port()), "DATA_DIR": str(data)}
    process = started(command, environment, "--demo")
    stored = re.compile(rb"^transbinjai_reports_accepted_total (\d+)", re.MULTILINE)

    def accepted():
        match = stored.search(get(environment, "/metrics"))
        return int(match[1]) if match else 0

    until(lambda: accepted() > 3, 60)
    code, words = run(tmp_path, "backup", **environment)
    assert (code, "not encrypted" in words) == (0, True), words
    many = accepted()
    until(lambda: accepted() > many + 3, 60)
    code, words = run(tmp_path, "restore", **environment)
    assert (code, "in use" in words) == (1, True), words
    process.terminate()
    process.wait(20)
    engine = open_database(f"sqlite:///{data / 'transit.db'}")
    with engine.connect() as connection:
        count = stored_count(connection).reports
    engine.dispose()
    for end in ("-wal", "-shm"):
        (data / f"transit.db{end}").unlink(missing_ok=True)
    (data / "transit.db").write_bytes(b"no database" * 1000)
    code, words = run(tmp_path, "run", **environment)
    assert (code, "app.py restore" in words) == (1, True), words
    code, words = run(tmp_path, "restore", **environment)
    kept = int(re.search(r"in place: ([\d,]+) reports", words)[1].replace(",", ""))
    assert f"It lacks {count - kept:,} reports" in words
    assert kept > 3
    started(command, environment)
    until(lambda: json.loads(get(environment, "/healthz"))["network_version"], 20)
