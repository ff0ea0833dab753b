"""The MQTT broker that comes with the dependencies: nats-server as a child process, its configuration written by us."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from gps_ingest.broker_access import SYSTEM, access_settings, written
from gps_ingest.broker_users import BrokenUsersFile, adopt_plain_users, is_closed, read_users
from gps_ingest.operations.child_processes import die_with_parent
from gps_ingest.own_secret import make_private_folder, own_secret, write_private
from transit.loopback import is_loopback_host

STARTS_WITHIN_S = 10.0  # it takes 30 ms; a full disk cache of queued reports is read back first
STOPS_WITHIN_S = 5.0
CONFIG_FILE = "nats.conf"
ACCESS_FILE = Path("broker") / "access.conf"  # below DATA_DIR; read anew at SIGHUP
NO_READERS = Path("broker") / "no-readers"
PID_FILE = Path("broker") / "nats.pid"
MOST_HELD = "4GB"  # of reports that wait for ingest; beyond it nothing is acknowledged, and trackers keep what they have
MAX_ACK_PENDING = 13_000  # of each subscription of ours; nats-server gives a session 65,535 in all, and we have five
CONFIG = """# Written by gps_ingest/broker.py at every start; changes here are lost.
server_name: "transit"
listen: "127.0.0.1:-1"
ports_file_dir: {folder}
max_payload: 4MB
max_connections: 5000
jetstream {{ store_dir: {folder}, max_mem: 64MB, max_file: {most_held}, sync_interval: "2s" }}
mqtt {{ listen: {listen}, ack_wait: "15s", max_ack_pending: {max_ack_pending} }}
{websocket}
pid_file: {pid_file}
include "access.conf"
"""


class BrokerError(RuntimeError):
    """The broker did not start. The message says why and what to do."""


@dataclass
class Broker:
    """A running broker. url: where this machine reaches it, with the user of our own processes."""

    process: subprocess.Popen[bytes]
    url: str

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOPS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def start(data_dir: Path, host: str = "127.0.0.1", port: int = 1883, websocket_port: int | None = None) -> Broker:
    """Starts the broker and waits until it listens; what it holds for a reader that is away lives in data_dir/broker.

    It ends with the thread that started it: two on one store would lose what is acknowledged.

    Raises BrokerError."""
    config = write_config(data_dir, host, port, websocket_port)
    log = data_dir / "broker" / "broker.log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [binary(), "-c", str(config)], stdout=out, stderr=out, stdin=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
    broker = Broker(process, url_of(data_dir, host, port))
    until = time.monotonic() + STARTS_WITHIN_S
    while not _listens(_reachable(host), port):
        if process.poll() is not None or time.monotonic() > until:
            broker.stop()
            errors = [line for line in log.read_text(errors="replace").splitlines() if "[FTL]" in line or "[ERR]" in line]
            why = errors[-1] if errors else "it said nothing"
            raise BrokerError(f"The broker did not start on {host}:{port}: {why} (see {log})")
        time.sleep(0.02)
    return broker


def command(data_dir: Path, host: str, port: int, websocket_port: int | None = None) -> list[str]:
    """The command line of the broker, for a parent that starts and supervises it by itself."""
    return [binary(), "-c", str(write_config(data_dir, host, port, websocket_port))]


def url_of(data_dir: Path, host: str, port: int) -> str:
    """Where our own processes reach the embedded broker."""
    return f"mqtt://{SYSTEM}:{own_secret(data_dir, 'password')}@{_bracketed(_reachable(host))}:{port}"


def with_own_password(data_dir: Path, url: str) -> str:
    """An address that names our user without a password gets the one whose hash stands in DATA_DIR/mosquitto/passwords."""
    parts = urlsplit(url)
    if parts.username != SYSTEM or parts.password is not None:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=f"{SYSTEM}:{own_secret(data_dir, 'password')}@{host}").geturl()


def refuse_open_door(data_dir: Path, host: str) -> None:
    """Raises BrokerError where other machines would reach a broker that knows nobody."""
    try:
        refused = not is_loopback_host(host) and not is_closed(data_dir)
    except BrokenUsersFile as error:
        raise BrokerError(str(error)) from None
    if refused:
        raise BrokerError(
            f"MQTT_BIND is {host}: other machines would reach the broker, and no tracker has credentials, so anybody could "
            "report as any bus. Give each tracker its own: python app.py trackers add TRACKER. Or let the broker answer to "
            "this machine only: MQTT_BIND=127.0.0.1"
        )


def write_config(data_dir: Path, host: str, port: int, websocket_port: int | None = None) -> Path:
    """The configuration file. Raises BrokerError where the door would stand open, or a users file cannot be read."""
    refuse_open_door(data_dir, host)
    try:
        adopt_plain_users(data_dir)
    except BrokenUsersFile as error:
        raise BrokerError(str(error)) from None
    folder = data_dir / "broker"
    make_private_folder(folder)
    websocket = {"listen": _listen_at(host, websocket_port), "no_tls": True} if websocket_port else None
    write_access(data_dir)
    text = CONFIG.format(
        folder=json.dumps(str(folder.resolve())),
        most_held=MOST_HELD,
        max_ack_pending=MAX_ACK_PENDING,
        listen=json.dumps(_listen_at(host, port)),
        websocket="" if websocket is None else written({"websocket": websocket}),
        pid_file=json.dumps(str((data_dir / PID_FILE).resolve())),
    )
    for old in folder.glob("*.ports"):  # of a broker that was killed
        old.unlink()
    write_private(folder / CONFIG_FILE, text)
    return folder / CONFIG_FILE


def let_readers_in(data_dir: Path, has_readers: bool) -> None:
    """Notes whether everybody may read where buses in service are, for whoever writes the access file next."""
    make_private_folder((data_dir / NO_READERS).parent)
    if has_readers:
        (data_dir / NO_READERS).unlink(missing_ok=True)
    else:
        write_private(data_dir / NO_READERS, "LIVE_OUT=0\n")


def write_access(data_dir: Path) -> None:
    """The part of the configuration that says who may do what. Raises BrokerError."""
    try:
        users = read_users(data_dir)
    except BrokenUsersFile as error:
        raise BrokerError(str(error)) from None
    make_private_folder((data_dir / ACCESS_FILE).parent)
    has_readers = not (data_dir / NO_READERS).exists()
    settings = access_settings(data_dir, users, is_open=not is_closed(data_dir), has_readers=has_readers)
    write_private(data_dir / ACCESS_FILE, written(settings) + "\n")


def _listen_at(host: str, port: int) -> str:
    return f"{_bracketed(host)}:{port}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def binary() -> str:
    """The nats-server of our own dependencies. Raises BrokerError."""
    beside = Path(sys.executable).parent / "nats-server"
    path = str(beside) if beside.exists() else shutil.which("nats-server")
    if path is None:
        raise BrokerError("nats-server is missing; install requirements/run.txt (make run does), or set MQTT_URL to a broker.")
    return path


def _reachable(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}.get(host, host)


def _listens(host: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((host, port)) == 0
