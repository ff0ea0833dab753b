"""The running system on which faults are tried: the embedded set, or Mosquitto and PostgreSQL, each behind our proxies."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psutil

from benchmarks.engine import a_city
from benchmarks.faults.fleet import Fleet
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.servers import Mosquitto, PostgreSql
from benchmarks.load import HOUSE, free_port
from transit.store.database import DatabaseError, Engine, migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.reports import newest_fix_at
from transit.store.trackers import map_tracker

TRACKERS = 14
BACK_WITHIN_S = 600.0  # on a machine that does much else a start takes minutes
LOOK_EVERY_S = 0.1
ASK_EVERY_S, PATIENT_S = 0.5, 30.0  # of the rider
WORKERS = 2
EMBEDDED, SERVERS = "embedded", "servers"
PARTS = {EMBEDDED: ("broker", "ingest", "live", "web"), SERVERS: ("ingest", "live", "web")}


class NotBack(RuntimeError):
    """The system did not recover; the message says what was missing."""


@dataclass
class Pages:
    """What a rider who asks twice a second got. away: nobody listened; bad: 5xx but 503, or no answer in half a minute."""

    asked: int = 0
    away: int = 0
    told_503: int = 0
    bad: int = 0
    bad_answers: list[str] = field(default_factory=list)


class Stage:
    """One system under `app.py run`, fourteen trackers, a rider; restarted as systemd would."""

    def __init__(self, kind: str, folder: Path, *, data_dir: Path | None = None, preload: dict[str, str] | None = None) -> None:
        """data_dir: elsewhere than below folder. preload: more of the environment."""
        self.kind, self.folder = kind, folder
        self.data_dir = data_dir or folder / "data"
        self.data_dir.mkdir(parents=True, exist_ok=True)
        self.port, mqtt_port = free_port(), free_port()
        self.mosquitto = Mosquitto(folder / "mosquitto") if kind == SERVERS else None
        self.postgresql = PostgreSql(folder / "postgresql") if kind == SERVERS else None
        self.broker_cable = Proxy(self.mosquitto.port if self.mosquitto else mqtt_port)
        self.database_cable = Proxy(self.postgresql.port) if self.postgresql else None
        clean = {name: value for name, value in os.environ.items() if name not in ("MQTT_URL", "DATABASE_URL", "TRANSIT_NOW")}
        self.environment = {
            **clean, "DATA_DIR": str(self.data_dir), "PORT": str(self.port), "MQTT_PORT": str(mqtt_port),
            "BACKUP_DIR": str(folder / "backups"), **(preload or {}),
        }  # fmt: skip
        own_url = f"sqlite:///{self.data_dir / 'transit.db'}"
        if self.postgresql and self.mosquitto and self.database_cable:
            own_url = self.postgresql.url(self.postgresql.port)
            self.environment |= {
                "DATABASE_URL": self.postgresql.url(self.database_cable.port), "MQTT_URL": f"mqtt://127.0.0.1:{self.mosquitto.port}"
            }  # fmt: skip
        self.engine: Engine = open_database(own_url)
        self.network = a_city(3)
        self._prepare()
        self.pages = Pages()
        self._is_open = True
        self.start()
        self.fleet = Fleet(self.network, f"mqtt://127.0.0.1:{self.broker_cable.port}", TRACKERS)

    def open(self) -> None:
        """Riders ask, and the system is there. Raises NotBack; what was started is ended by close()."""
        threading.Thread(target=self._ask, daemon=True).start()
        self.wait_until_back(time.time())

    def _prepare(self) -> None:
        migrate(self.engine)
        now = datetime.now(UTC)
        with writing(self.engine) as connection:
            save_network(connection, self.network, now=now, source="benchmark")
            for n in range(3 * TRACKERS):
                map_tracker(connection, f"v{n}", f"V{n}", now=now)

    def start(self) -> None:
        self._log = (self.folder / "run.log").open("ab")
        self.parent = subprocess.Popen(
            [sys.executable, str(HOUSE / "app.py"), "run"], env=self.environment, cwd=HOUSE, stdin=subprocess.DEVNULL,
            stdout=self._log, stderr=self._log,
        )  # fmt: skip

    def stop(self) -> None:
        """As systemd does it; then the database has no other user."""
        self.parent.terminate()
        self.parent.wait()

    def command(self, *words: str) -> str:
        """What `app.py ...` said. Raises subprocess.CalledProcessError."""
        done = subprocess.run(
            [sys.executable, str(HOUSE / "app.py"), *words], env=self.environment, cwd=HOUSE, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
        return done.stdout

    def pids_of(self, part: str) -> list[int]:
        """The part's own process first, then its workers."""
        with suppress(psutil.Error):
            for child in psutil.Process(self.parent.pid).children():
                with suppress(psutil.Error):
                    words = child.cmdline()
                    if words[-1:] == [part] or (part == "broker" and words and words[0].endswith("nats-server")):
                        return [child.pid, *(row.pid for row in child.children() if row.cmdline())]
        return []

    def kill(self, pids: list[int], number: signal.Signals = signal.SIGKILL) -> None:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def kill_everything(self) -> None:
        """As a power cut does it, but for the page cache."""
        pids = [pid for part in PARTS[self.kind] for pid in self.pids_of(part)]
        self.kill([self.parent.pid, *pids])
        self.parent.wait()

    def keep_alive(self) -> None:
        """What systemd's Restart=always does."""
        if self.parent.poll() is not None:
            self.start()

    def missing(self, since: float) -> str:
        """What is not as it was; empty where all is well. since: Unix seconds."""
        for part in PARTS[self.kind]:
            pids = self.pids_of(part)
            if not pids or (part == "web" and len(_python_workers(pids)) < WORKERS):
                return part
        try:
            if (self.data_dir / "live" / "snapshot.msgpack.zst").stat().st_mtime <= since:
                return "a snapshot"
            with self.engine.connect() as connection:
                newest = [newest_fix_at(connection, tracker.tracker_id) for tracker in self.fleet.trackers]
        except (OSError, DatabaseError) as error:
            return f"the database: {error}"[:200]
        late = sum(row is None or row.timestamp() <= since for row in newest)
        if late:
            return f"reports of {late} trackers"
        status, text = self.get("/healthz")
        return "" if status == 200 else f"healthz {status} {text[:200]}"

    def wait_until_back(self, since: float) -> None:
        """Until every tracker's report of after since is stored, a snapshot of after it is there, and /healthz is 200."""
        until, missing = time.monotonic() + BACK_WITHIN_S, "all"
        while time.monotonic() < until:
            self.keep_alive()
            missing = self.missing(since)
            if not missing:
                return
            time.sleep(LOOK_EVERY_S)
        raise NotBack(f"after {BACK_WITHIN_S:.0f} s still missing: {missing}; see {self.folder / 'run.log'}")

    def get(self, path: str, within_s: float = 10.0) -> tuple[int, str]:
        """(status, body); 0: nobody listens; -1: no answer in time, or none that is HTTP."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=within_s)
        try:
            connection.request("GET", path, headers={"Host": f"127.0.0.1:{self.port}"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode(errors="replace")
        except (ConnectionError, HTTPException):
            return 0, ""
        except OSError:
            return -1, ""
        finally:
            connection.close()

    def close(self) -> None:
        self._is_open = False
        self.fleet.close()
        self.stop()
        self._log.close()
        self.engine.dispose()
        self.broker_cable.close()
        if self.database_cable:
            self.database_cable.close()
        if self.mosquitto:
            self.mosquitto.stop()
        if self.postgresql:
            self.postgresql.stop()
        shutil.rmtree(self.folder / "postgresql", ignore_errors=True)

    def _ask(self) -> None:
        """A rider's page and one that needs the database, in turn."""
        stop_id = next(iter(self.network.stops))
        paths = (f"/halte/{stop_id}", "/", f"/api/v1/stops/{stop_id}/arrivals", "/lapor/none", "/kinerja")
        while self._is_open:
            path = paths[self.pages.asked % len(paths)]
            status, _ = self.get(path, PATIENT_S)
            self.pages.asked += 1
            self.pages.away += status == 0
            self.pages.told_503 += status == 503
            if status == -1 or (status >= 500 and status != 503):
                self.pages.bad += 1
                self.pages.bad_answers.append(f"{status} {path}")
            time.sleep(ASK_EVERY_S)


def _python_workers(pids: list[int]) -> list[int]:
    """Of the web's processes those that answer: not the first, which starts them, nor multiprocessing's tracker."""
    workers = []
    for pid in pids[1:]:
        with suppress(psutil.Error):
            if "spawn_main" in " ".join(psutil.Process(pid).cmdline()) or "app.py" in " ".join(psutil.Process(pid).cmdline()):
                workers.append(pid)
    return workers


def wait_for(what: Callable[[], object], seconds: float) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if what():
            return True
        time.sleep(LOOK_EVERY_S)
    return False
