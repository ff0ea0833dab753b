"""A broker that is alive and deaf, and an ingest that hangs, are started again."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time

import pytest

from gps_ingest import broker
from gps_ingest.operations.canary import STREAM, Canary, is_heard
from gps_ingest.operations.sign_of_life import SIGN, give_sign
from gps_ingest.operations.supervisor import Supervisor
from tests.conftest import free_port, until

SLEEPER = [sys.executable, "-c", "import time; time.sleep(600)"]


@pytest.fixture
def supervisor():
    sentences = []
    made = Supervisor(dict(os.environ), sentences.append)
    made.sentences = sentences
    yield made
    made.stop()


def watch_until(supervisor, canary, what):
    """As the parent does it, in this thread."""
    end = time.monotonic() + 40
    supervisor.watch(lambda: canary() or bool(what()) or time.monotonic() > end)
    assert what()


@pytest.fixture
def own_broker(supervisor, tmp_path):
    """Our broker as a child, and what asks whether it hears."""
    port = free_port()
    child = supervisor.start("broker", broker.command(tmp_path, "127.0.0.1", port))
    ask = lambda: is_heard("127.0.0.1", port, tmp_path, 1.0)  # noqa: E731
    until(ask)
    return child, ask


@pytest.mark.slow
def test_a_broker_that_is_stopped_in_its_tracks_is_started_again(supervisor, own_broker, tmp_path):
    child, ask = own_broker
    first = child.process.pid
    canary = Canary(supervisor, tmp_path, ask, {}, every_s=0.2, deaf_s=3.0)
    os.kill(first, signal.SIGSTOP)
    watch_until(supervisor, canary, lambda: child.process.pid != first and ask())
    assert any("broker acknowledged nothing" in sentence for sentence in supervisor.sentences)


@pytest.mark.slow
def test_a_broker_that_hears_is_left_alone(own_broker, supervisor, tmp_path):
    child, ask = own_broker
    assert ask()
    canary = Canary(supervisor, tmp_path, ask, {}, every_s=0.2, deaf_s=2.0)
    first, until_s = child.process.pid, time.monotonic() + 4.0
    supervisor.watch(lambda: canary() or time.monotonic() > until_s)
    assert child.process.pid == first


def test_an_ingest_that_gives_no_sign_is_started_again_and_one_that_does_is_not(supervisor, tmp_path):
    (tmp_path / SIGN).parent.mkdir()
    child = supervisor.start("ingest", SLEEPER)
    first = child.process.pid
    canary = Canary(supervisor, tmp_path, None, {"ingest": tmp_path / SIGN}, silent_s=1.0)
    signs = threading.Event()
    threading.Thread(target=lambda: [(give_sign(tmp_path), time.sleep(0.1)) for _ in range(20)] and signs.set()).start()
    supervisor.watch(lambda: canary() or signs.is_set())
    assert child.process.pid == first
    watch_until(supervisor, canary, lambda: child.process.pid != first)
    assert any("ingest gave no sign" in sentence for sentence in supervisor.sentences)


def test_where_nothing_listens_nobody_is_heard(tmp_path):
    assert not is_heard("127.0.0.1", free_port(), tmp_path, 0.2)


@pytest.mark.slow
def test_the_store_of_the_broker_is_where_the_canary_looks(own_broker, tmp_path):
    assert own_broker[1]()
    until((tmp_path / STREAM).is_dir)


@pytest.mark.parametrize("name", ["live", "web", "simulate"])
def test_any_process_that_stands_still_is_started_again(supervisor, tmp_path, name):
    child = supervisor.start(name, SLEEPER)
    first = child.process.pid
    canary = Canary(supervisor, tmp_path, None, {}, silent_s=0.5)
    os.kill(first, signal.SIGSTOP)
    watch_until(supervisor, canary, lambda: child.process.pid != first)
    assert any(f"{name} stood still" in sentence for sentence in supervisor.sentences)
