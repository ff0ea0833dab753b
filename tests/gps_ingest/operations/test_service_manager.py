"""What systemd hears of the parent, by the protocol of sd_notify(3)."""

from __future__ import annotations

import os
import signal
import socket

import pytest

from gps_ingest.operations.service_manager import ServiceManager
from tests.conftest import HOUSE, free_port, until


@pytest.fixture
def manager(tmp_path):
    """The other end: what it has heard is received from it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        heard.settimeout(60)
        yield heard


def test_it_hears_that_we_are_ready_and_at_most_every_five_seconds_that_we_work(manager, tmp_path):
    ours = ServiceManager({"NOTIFY_SOCKET": str(tmp_path / "notify")})
    ours.is_ready()
    assert [ours.works() for _ in range(3)] == [False] * 3
    assert (manager.recv(99), manager.recv(99)) == (b"READY=1", b"WATCHDOG=1")
    manager.setblocking(False)
    with pytest.raises(BlockingIOError):
        manager.recv(99)


def test_a_socket_of_the_abstract_kind_is_reached():
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(f"\0transit-test-{os.getpid()}")
        ServiceManager({"NOTIFY_SOCKET": f"@transit-test-{os.getpid()}"}).is_ready()
        assert heard.recv(99) == b"READY=1"


def test_nobody_asked_and_a_manager_that_is_gone_are_no_trouble(tmp_path):
    for environment in ({}, {"NOTIFY_SOCKET": str(tmp_path / "gone")}):
        ServiceManager(environment).is_ready()


@pytest.mark.slow
def test_a_parent_that_is_stopped_says_nothing_more_until_it_goes_on(command, manager, tmp_path):
    parent = command("run", PORT=str(free_port()), MQTT_PORT=str(free_port()), NOTIFY_SOCKET=str(tmp_path / "notify"))
    assert {manager.recv(99), manager.recv(99)} == {b"READY=1", b"WATCHDOG=1"}
    parent.send_signal(signal.SIGSTOP)
    until(lambda: (HOUSE / f"/proc/{parent.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T")
    manager.setblocking(False)
    while True:  # what it had said before
        try:
            manager.recv(99)
        except BlockingIOError:
            break
    manager.settimeout(6)
    with pytest.raises(TimeoutError):
        manager.recv(99)
    parent.send_signal(signal.SIGCONT)
    manager.settimeout(60)
    assert manager.recv(99) == b"WATCHDOG=1"
