"""OneBusAway's client for Node (npm `onebusaway-sdk`, as locked in tests/node) runs unchanged over every method."""

from __future__ import annotations

import json
import re
import shutil
import subprocess

import pytest

from tests.builders import a_drive
from tests.conftest import HOUSE

FOLDER = HOUSE / "tests" / "node"
FOUND = {
    "agencyIds": ["A"],
    "agency": "Asia/Jakarta",
    "time": True,
    "config": 200,
    "routesForAgency": ["A_R1"],
    "routeIds": ["A_R1"],
    "stopsForAgency": 9,
    "stopIds": "A_S0",
    "stop": "Halte S5",
    "route": "1",
    "stopsForLocation": "A_S0",
    "routesForLocation": "A_R1",
    "searchForStop": "A_S5",
    "searchForRoute": "A_R1",
    "stopsForRoute": 9,
    "shape": 2,
    "trip": "A_R1",
    "tripDetails": "A_BUS1",
    "tripForVehicle": "A_T1",
    "tripsForRoute": ["A_T1"],
    "tripsForLocation": ["A_T1"],
    "vehicles": ["A_BUS1"],
    "scheduleForStop": "A_R1",
    "scheduleForRoute": ["A_T1", "A_T2"],
    "arrivals": ["A_T1"],
    "arrival": True,
    "reportStop": 200,
    "reportTrip": 200,
    "unknownStop": 404,
    "unknownBlock": 404,
}


@pytest.mark.slow
def test_every_method_of_the_node_sdk_answers(town, serve):
    node = shutil.which("node")
    if node is None or not (FOLDER / "node_modules" / "onebusaway-sdk").is_dir():
        pytest.skip("no Node, or no onebusaway-sdk: apt install nodejs npm, then sh tests/node/install.sh")
    town.hear(a_drive(to_m=1800)).step()
    command = [node, "every_method.mjs", serve(town.app())]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert answer["found"] == FOUND
    called = set(re.findall(r"client\.(\w+)\.", (FOLDER / "every_method.mjs").read_text(encoding="utf-8")))
    assert set(answer["resources"]) == called, "a resource of the SDK that no call tries"
