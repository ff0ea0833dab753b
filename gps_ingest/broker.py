"""The MQTT broker that comes with the dependencies: nats-server as a child process, its configuration written by us."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

STARTS_WITHIN_S = 10.0  # it takes 30 ms; a full disk cache of queued reports is read back first
STOPS_WITHIN_S = 5.0
USERS = "broker.users"  # in DATA_DIR: lines "user:password"; each may publish as the tracker of its own name only
CONFIG = """# Written by gps_ingest/broker.py at every start; changes here are lost.
server_name: "transit"
listen: "127.0.0.1:-1"
max_payload: 4MB
jetstream {{ store_dir: {store}, max_mem: 64MB, max_file: 4GB, sync_interval: "2s" }}
mqtt {{ listen: {listen}, ack_wait: "5s", max_ack_pending: 8192 }}
{authorization}
"""


class BrokerError(RuntimeError):
    """The broker did not start. The message says why and what to do."""


@dataclass
class Broker:
    """A running broker. url: where this machine reaches it, with the user that may read everything."""

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


def start(data_dir: Path, host: str = "127.0.0.1", port: int = 1883) -> Broker:
    """Starts the broker and waits until it listens; what it holds for a reader that is away lives in data_dir/broker.

    Raises BrokerError."""
    config, url = write_config(data_dir, host, port)
    log = data_dir / "broker" / "broker.log"
    with log.open("wb") as out:
        process = subprocess.Popen([binary(), "-c", str(config)], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
    broker = Broker(process, url)
    until = time.monotonic() + STARTS_WITHIN_S
    while not _listens(_reachable(host), port):
        if process.poll() is not None or time.monotonic() > until:
            broker.stop()
            errors = [line for line in log.read_text(errors="replace").splitlines() if "[FTL]" in line or "[ERR]" in line]
            why = errors[-1] if errors else "it said nothing"
            raise BrokerError(f"The broker did not start on {host}:{port}: {why} (see {log})")
        time.sleep(0.02)
    return broker


def command(data_dir: Path, host: str, port: int) -> list[str]:
    """What a parent that supervises it by itself starts."""
    return [binary(), "-c", str(write_config(data_dir, host, port)[0])]


def url_of(data_dir: Path, host: str, port: int) -> str:
    """Where our own processes reach the embedded broker."""
    users = read_users(data_dir)
    who = f"{_INGEST}:{_secret(data_dir)}@" if users else ""
    return f"mqtt://{who}{_reachable(host)}:{port}"


_INGEST = "transit-system"  # the user of our own processes


def write_config(data_dir: Path, host: str, port: int) -> tuple[Path, str]:
    """The configuration file, and the broker's url for our own processes."""
    folder = data_dir / "broker"
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nats.conf"
    users = read_users(data_dir)
    text = CONFIG.format(
        store=json.dumps(str(folder.resolve())),
        listen=json.dumps(f"[{host}]:{port}" if ":" in host else f"{host}:{port}"),
        authorization=_authorization(users, _secret(data_dir)) if users else "",
    )
    config.touch(mode=0o600)
    config.write_text(text, encoding="utf-8")
    return config, url_of(data_dir, host, port)


def read_users(data_dir: Path) -> dict[str, str]:
    """User -> password; empty where the file is missing: then the broker asks nobody who he is."""
    path = data_dir / USERS
    if not path.exists():
        return {}
    users = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        user, colon, password = line.strip().partition(":")
        if not (colon and password and user.replace("-", "").replace("_", "").isalnum()):
            raise BrokerError(f"{path} line {number}: write user:password, the user of letters, digits, - and _")
        users[user] = password
    return users


def _authorization(users: dict[str, str], secret: str) -> str:
    """Topics are subjects here: / becomes a dot."""
    rows: list[dict[str, object]] = [{"user": _INGEST, "password": secret}]
    rows += [
        {
            "user": user,
            "password": password,
            "permissions": {
                "publish": [f"transbinjai.v1.trackers.{user}.>", f"owntracks.{user}.>"],
                "subscribe": ["$MQTT.>"],
            },
        }
        for user, password in users.items()
    ]
    return "authorization: " + json.dumps({"users": rows})


def _secret(data_dir: Path) -> str:
    path = data_dir / "broker" / "secret"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(os.urandom(16).hex())
    return path.read_text()


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
