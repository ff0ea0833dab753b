"""Live process and web workers as processes of their own."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from urllib.request import urlopen

import pytest

from tests.builders import a_network
from tests.conftest import HOUSE

pytestmark = pytest.mark.slow
WEB = """
from pathlib import Path
from web.settings import WebSettings
from web.serve import serve
if __name__ == "__main__":
    serve(WebSettings(Path({folder!r}), {url!r}, live_fresh_s=3.0), host="127.0.0.1", port={port})
"""
LIVE = """
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from transit.store.database import open_database
from web.live.process import run_live
run_live(open_database({url!r}), Path({folder!r}), lambda: datetime.now(UTC), Event())
"""


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def until(what, seconds=120.0):
    """What is true within so many seconds (as long as a start takes beside much other work), or fails."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with suppress(OSError, KeyError):
            if found := what():
                return found
        time.sleep(0.1)
    raise AssertionError("it did not come true in time")


@pytest.fixture
def run(tmp_path):
    started = []

    def start(source: str, **values: object) -> subprocess.Popen[bytes]:
        script = tmp_path / f"script{len(started)}.py"
        counts = tmp_path / "metrics" / "web"  # as commands.common.count_in_files sets it
        counts.mkdir(parents=True, exist_ok=True)
        environment = {**os.environ, "PYTHONPATH": str(HOUSE), "PROMETHEUS_MULTIPROC_DIR": str(counts)}
        script.write_text(source.format(**values))
        process = subprocess.Popen([sys.executable, str(script)], env=environment)
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(10)
        if process.poll() is None:
            process.kill()


def test_workers_and_the_live_process_come_go_and_say_so(town, run):
    port = free_port()
    values = {"folder": str(town.folder), "url": town.url, "port": port}
    web = run(WEB, **values)

    def health():
        with urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            return json.load(answer)

    def page(path):
        with urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
            return answer.read().decode()

    assert until(health)["live"] is False
    assert "Sistem baru mulai" in page("/halte/S3")
    live = run(LIVE, **values)
    until(lambda: health()["live"])
    assert "Sistem baru mulai" not in page("/halte/S3")

    live.send_signal(signal.SIGKILL)
    until(lambda: not health()["live"])
    assert "Data langsung berhenti masuk" in page("/halte/S3")
    run(LIVE, **values)
    until(lambda: health()["live"])

    first = health()["network_version"]
    town.load(a_network(first_departures=(9 * 3600,)))
    second = until(lambda: (now := health())["network_version"] != first and now["live"] and now["network_version"])
    assert second == town.version

    for _ in range(40):
        page("/halte/S3")
    asked = 43  # 3 above, 40 here, answered by two workers of which each tells of both
    assert [_requests(page("/metrics"), "riders.stop_page") for _ in range(8)] == [asked] * 8

    web.send_signal(signal.SIGTERM)
    assert web.wait(10) is not None


def _requests(text: str, view: str) -> float:
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if f'view="{view}"' in line)


def test_workers_end_with_a_server_that_is_killed_and_its_port_is_free(town, run):
    """Else a parent that comes back finds the port taken, for ever: the workers' server is gone, and nobody watches them."""
    port = free_port()
    web = run(WEB, folder=str(town.folder), url=town.url, port=port)
    until(lambda: urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5).status == 200)
    web.send_signal(signal.SIGKILL)
    web.wait(10)

    def is_free():
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return True

    until(is_free, seconds=20.0)


STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: None)  # as one whose handler waits for itself
print("ready", flush=True)
time.sleep(600)
"""
ITS_PARENT = """
import subprocess, sys, time
from gps_ingest.operations.child_processes import die_with_parent
child = subprocess.Popen([sys.executable, "-c", sys.argv[1]], preexec_fn=die_with_parent, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
time.sleep(600)
"""


def test_a_child_that_no_longer_hears_a_request_to_end_does_not_outlive_its_parent():
    parent = subprocess.Popen([sys.executable, "-c", ITS_PARENT, STUBBORN], cwd=HOUSE, stdout=subprocess.PIPE)
    assert parent.stdout is not None
    child_pid = int(parent.stdout.readline())
    parent.kill()
    parent.wait(10)
    until(lambda: not is_running(child_pid), seconds=20.0)


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
