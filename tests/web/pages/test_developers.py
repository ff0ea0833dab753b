"""The page for programs: every example on it is run as it stands."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
import sys

import pytest

from gps_ingest import broker
from gps_ingest.broker_access import LIVE_PREFIX, READER, READER_PASSWORD
from gps_ingest.live_out import LiveOut
from gps_ingest.mqtt import Outlet
from tests.builders import a_drive, a_network, at, every
from tests.conftest import HOUSE, free_port, until
from web.settings import LivePositions

CODE = re.compile(r'<code class="(\w+)">(.*?)</code>', re.DOTALL)


@pytest.fixture
def address(city, serve):
    city.load(a_network(headway=every(10)))
    city.hear(a_drive(to_m=1800)).step(at(7, 5))
    return serve(city.app())


def examples(address: str, language: str) -> list[str]:
    """The examples in one language (curl, python, javascript) as they stand on the page."""
    page = subprocess.run(["curl", "-fsS", f"{address}/api"], capture_output=True, check=True, text=True, timeout=30).stdout
    return [html.unescape(text) for kind, text in CODE.findall(page) if kind == language]


def test_every_curl_example_answers_with_something(address):
    commands = examples(address, "curl")
    assert len(commands) == 13
    for command in commands:
        done = subprocess.run(["sh", "-c", command], capture_output=True, check=False, timeout=30)
        assert done.returncode == 0, (command, done.stderr)
        assert len(done.stdout) > 20, command


def test_the_python_example_prints_the_bus(address):
    (code,) = examples(address, "python")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True, cwd=HOUSE, timeout=30)
    assert re.fullmatch(r"BUS1 3\.\d+ 98\.\d+ T1\n", done.stdout)


def test_the_javascript_example_prints_the_bus(address, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node: apt install nodejs")
    (code,) = examples(address, "javascript")
    (tmp_path / "example.mjs").write_text(code, encoding="utf-8")
    done = subprocess.run([node, "example.mjs"], capture_output=True, check=True, text=True, cwd=tmp_path, timeout=30)
    assert " BUS1 3.6 98.5" in done.stdout


@pytest.mark.slow
def test_the_mqtt_example_prints_the_next_position_from_a_real_broker(city, serve, tmp_path):
    port = free_port()
    running = broker.start(tmp_path / "broker", "127.0.0.1", port)
    outlet = Outlet(running.url, "out")
    positions = LivePositions(port, f"{LIVE_PREFIX}/journey/ongoing/vp/#", READER, READER_PASSWORD)
    states = city.load(a_network(headway=every(10))).hear(a_drive(to_m=1800)).step(at(7, 5)).all_states()
    (code,) = examples(serve(city.app(live_positions=positions)), "mqtt")
    printed = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=HOUSE)
    try:
        until(lambda: outlet.is_connected)

        def is_printed():
            LiveOut(outlet.publish).tell(city.network, states, (), city.now)  # whoever subscribes later sees the next one
            return printed.poll() is not None

        until(is_printed)
        topic, _, payload = printed.stdout.read().partition(" ")
        assert topic.startswith(f"{LIVE_PREFIX}/journey/ongoing/vp/bus/A/BUS1/R1/1/")
        assert json.loads(payload)["VP"]["veh"] == "BUS1"
    finally:
        printed.kill()
        outlet.close()
        running.stop()


def test_where_positions_are_not_shared_the_page_promises_none(city):
    city.load(a_network()).step(at(7, 5))
    assert "MQTT" not in city.client().get("/api?lang=en").text


def test_the_names_of_the_unrolled_file_are_told_with_one_of_them(city):
    city.load(a_network(headway=every(10))).step(at(7, 5))
    assert "T1~060000" in city.client().get("/api?lang=en").text
    assert "/gtfs-expanded.zip" in city.client().get("/api?lang=id").text


def test_the_page_is_small_and_json_in_its_examples_parses(city):
    city.load(a_network()).step(at(7, 5))
    client = city.client()
    page = client.get("/api", headers={"Accept-Encoding": "gzip"})
    assert len(page.data) < 14 * 1024
    assert json.loads(client.get("/api/v1/openapi.json").data)["info"]["version"] == "1"
