"""A process that is told to stop stops: no handler waits for a lock that the code under it holds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import HOUSE

HOLDS_THE_LOCK = """
import signal
from commands.common import stop_on_signal
event = stop_on_signal()
with event._cond:  # as in the midst of event.wait()
    for number in (signal.SIGINT, signal.SIGTERM) * {times}:
        signal.raise_signal(number)
print(event.wait(30))
"""


@pytest.mark.parametrize("times", [1, 100_000], ids=["once", "more often than a pipe holds"])
def test_a_process_stops_though_the_signal_comes_while_it_holds_the_lock_of_its_event(times) -> None:
    """Whoever sets the event in the handler itself waits here for good; `live` did, once in some hundred tests."""
    code = HOLDS_THE_LOCK.format(times=times)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=HOUSE, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr
