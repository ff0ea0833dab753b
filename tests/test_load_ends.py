"""A benchmark that is told to end leaves no process behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest

from tests.conftest import HOUSE

pytestmark = pytest.mark.slow
SYSTEM = """
import time
from benchmarks.load import Load, a_system
with a_system(3) as system:
    load = Load(system, 3, 1.0, 600.0)
    print("runs", flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_whatever_ends_a_benchmark_ends_what_it_started(number):
    process = subprocess.Popen(
        [sys.executable, "-c", SYSTEM], cwd=HOUSE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(HOUSE)}
    )
    assert process.stdout is not None
    children: list[psutil.Process] = []
    try:
        assert process.stdout.readline() == b"runs\n"
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 5, "broker, ingest, live, web and the load"
        process.send_signal(number)
        process.wait(120)
        until = time.monotonic() + 60.0
        while any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in children):
            assert time.monotonic() < until, children
            time.sleep(0.2)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        for child in children:
            if child.is_running():
                child.kill()
