"""From the broker to the database and the API under load: processes as they run in production, on ports of their own.

    python -m benchmarks.load [--seconds 12]

Every tracker reports each 5 s; then the rate is raised until the lag p99 (publish to committed) passes one second. Lag is
measured by a probe: a tracker of its own that publishes four times a second and asks the database, and the API, until its
report is there. CPU in % of one core, of load generator, broker and ingest apart.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from urllib.request import urlopen

import psutil

from benchmarks.engine import a_city
from gps_ingest import broker
from gps_ingest.mqtt import Subscription, new_client, parse_url
from gps_ingest.operations.child_processes import die_with_parent
from gps_ingest.simulation.publisher import topic_of
from transit.plan.network import ShapePoint
from transit.store.database import Engine, migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.reports import newest_fix_at, save_reports
from transit.store.signs_of_life import INGEST_SIGN, LIVE_SIGN, sign_at
from transit.store.trackers import map_tracker

HOUSE = Path(__file__).resolve().parent.parent
EVERY_S = 5.0
STEPS = (1000, 2000, 3000, 4000, 5000, 6500, 8000)  # reports/s
FLEETS = (14, 500, 5000)
PROBE_EVERY_S = 0.25
STARTS_WITHIN_S = 180.0  # on a machine that does much else
ENDS_WITHIN_S = 10.0  # a process that was told to end; later it is killed
CLIENTS = 4  # connections of the load generator
SPEED_MPS = 7.0


def free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def end(process: subprocess.Popen[bytes]) -> None:
    """Tells it to end, and kills it where it does not; what it wrote and nobody read goes with it."""
    with suppress(ProcessLookupError):
        process.terminate()
    try:
        process.wait(ENDS_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()


@contextmanager
def ended_by_signals() -> Iterator[None]:
    """Told to end, we leave as by an error, so that every `finally` on the way ends what it started."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, leave) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class System:
    """Broker, ingest, live and web of one DATA_DIR; none of them outlives us, however we end."""

    def __init__(self, folder: Path, vehicles: int) -> None:
        self.folder = folder
        self.environment = {
            **os.environ, "DATA_DIR": str(folder), "PORT": str(free_port()), "MQTT_PORT": str(free_port()), "TRANSIT_NOW": "",
            "DATABASE_URL": "", "MQTT_URL": "",
        }  # fmt: skip
        self.url = broker.url_of(folder, "127.0.0.1", int(self.environment["MQTT_PORT"]))
        self.engine: Engine = open_database(f"sqlite:///{folder / 'transit.db'}")
        migrate(self.engine)
        self.network = a_city(max(3, min(100, vehicles // 20)))
        now = datetime.now(UTC)
        with writing(self.engine) as connection:
            save_network(connection, self.network, now=now, source="benchmark")
            for n in range(vehicles):
                map_tracker(connection, f"v{n}", f"V{n}", now=now)
            map_tracker(connection, "probe", "PROBE", now=now)
        self.processes: dict[str, psutil.Process] = {}
        self._started: list[subprocess.Popen[bytes]] = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        for name in ("broker", "ingest", "live", "web"):
            process = subprocess.Popen(
                [sys.executable, str(HOUSE / "app.py"), name], env=self.environment, stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
            )  # fmt: skip
            self._started.append(process)
            self.processes[name] = psutil.Process(process.pid)
            time.sleep(0.5)
        until = time.monotonic() + STARTS_WITHIN_S
        while not (sign_at(self.folder, INGEST_SIGN) and sign_at(self.folder, LIVE_SIGN)):
            if time.monotonic() > until:
                raise RuntimeError("the system did not start")
            time.sleep(0.2)
        time.sleep(3.0)

    def api(self) -> float:
        """The probe's newest fix that the API shows, Unix seconds."""
        with urlopen(f"http://127.0.0.1:{self.environment['PORT']}/api/v1/vehicles", timeout=5) as answer:
            rows = json.loads(answer.read())["vehicles"]
        stamps = [row["reported_at"] for row in rows if row["vehicle_id"] == "PROBE"]
        return datetime.fromisoformat(stamps[0]).timestamp() if stamps else 0.0

    def stop(self) -> None:
        for process in reversed(self._started):
            end(process)
        self.engine.dispose()


class Load:
    """Publishes for all vehicles at a rate, through a few connections, in a process that does nothing else."""

    def __init__(self, system: System, vehicles: int, rate: float, seconds: float) -> None:
        arguments = [str(system.folder), system.url, str(vehicles), str(rate), str(seconds)]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.load", "--generate", *arguments], cwd=HOUSE, stdout=subprocess.PIPE,
            preexec_fn=die_with_parent,
        )  # fmt: skip
        self.usage = psutil.Process(self.process.pid)


def generate(url: str, vehicles: int, rate: float, seconds: float) -> None:
    """The load generator's own process; prints how many were acknowledged."""
    network = a_city(max(3, min(100, vehicles // 20)))
    keys = list(network.shapes)
    address = parse_url(url)
    acknowledged = [0]
    clients = []
    for n in range(CLIENTS):
        client = new_client(address, f"load-{n}", clean_session=True)
        client.max_inflight_messages_set(4000)
        client.on_publish = lambda *_: acknowledged.__setitem__(0, acknowledged[0] + 1)
        client.connect(address.host, address.port, 60)
        client.loop_start()
        clients.append(client)
    started, sent = time.time(), 0
    while (now := time.time()) < started + seconds:
        due = int((now - started) * rate)
        while sent < due:
            n = sent % vehicles
            points = network.shapes[keys[n % len(keys)]].points
            lat, lon = place_on(points, 9000.0 * 0.7 * (n * 0.618 % 1.0) + (now - started) * SPEED_MPS)
            text = f'{{"latitude":{lat:.6f},"longitude":{lon:.6f},"timestamp":{time.time():.3f},"speed":7}}'
            clients[n % CLIENTS].publish(topic_of(f"v{n}"), text, qos=1)
            sent += 1
        time.sleep(0.005)
    time.sleep(0.5)
    print(json.dumps({"sent": sent, "acknowledged": acknowledged[0]}))


def probe(system: System, seconds: float) -> tuple[list[float], list[float]]:
    """Lags in seconds: publish to committed, publish to visible in the API."""
    client = new_client(parse_url(system.url), "probe", clean_session=True)
    client.connect("127.0.0.1", int(system.environment["MQTT_PORT"]), 60)
    client.loop_start()
    points = list(system.network.shapes.values())[-1].points  # a route of its own, as far as there is one
    started = time.time()
    committed: list[float] = []
    visible: list[float] = []
    end, next_api = time.time() + seconds, 0.0
    api_waits: float | None = None
    while time.time() < end:
        sent = round(time.time(), 3)
        lat, lon = place_on(points, (sent - started) * SPEED_MPS)
        fix = {"latitude": lat, "longitude": lon, "timestamp": sent, "speed": SPEED_MPS}
        client.publish(topic_of("probe"), json.dumps(fix), qos=1)
        if api_waits is None and time.time() > next_api:
            api_waits = sent
        limit = sent + 10.0
        while time.time() < limit:
            with system.engine.connect() as connection:
                newest = newest_fix_at(connection, "probe")
            if newest is not None and newest.timestamp() >= sent - 0.001:
                committed.append(time.time() - sent)
                break
            time.sleep(0.004)
        else:
            committed.append(10.0)
        while api_waits is not None and time.time() < api_waits + 10.0:
            if system.api() >= int(api_waits):
                visible.append(time.time() - api_waits)
                api_waits, next_api = None, time.time() + 1.0
                break
            time.sleep(0.05)
        time.sleep(max(0.0, PROBE_EVERY_S - (time.time() - sent)))
    client.loop_stop()
    client.disconnect()
    return committed, visible


def place_on(points: Sequence[ShapePoint], metres: float) -> tuple[float, float]:
    """lat, lon so far along a shape of a_city, whose points lie evenly on 9 km."""
    place = metres * (len(points) - 1) / 9000.0
    i = min(int(place), len(points) - 2)
    share = min(place - i, 1.0)
    here, there = points[i], points[i + 1]
    return here.lat + share * (there.lat - here.lat), here.lon + share * (there.lon - here.lon)


def p(values: list[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(share * len(values)))] if values else float("nan")


@contextmanager
def a_system(vehicles: int) -> Iterator[System]:
    with ended_by_signals(), tempfile.TemporaryDirectory() as folder:
        system = System(Path(folder), vehicles)
        try:
            yield system
        finally:
            system.stop()


def run(system: System, vehicles: int, rate: float, seconds: float) -> tuple[str, float]:
    """One line of the table, and the lag p99."""
    watched = {name: system.processes[name] for name in ("broker", "ingest")}
    load = Load(system, vehicles, rate, seconds + 2.0)
    time.sleep(1.5)
    before = {name: sum(process.cpu_times()[:2]) for name, process in watched.items()}
    load_before, at = sum(load.usage.cpu_times()[:2]), time.monotonic()
    committed, visible = probe(system, seconds - 1.0)
    took = time.monotonic() - at
    used = {name: 100 * (sum(process.cpu_times()[:2]) - before[name]) / took for name, process in watched.items()}
    used["load"] = 100 * (sum(load.usage.cpu_times()[:2]) - load_before) / took
    result = json.loads(load.process.communicate()[0] or b"{}")
    lag = p(committed, 0.99)
    line = (
        f"{vehicles:8}  {rate:9.0f}  {result.get('sent', 0):7}  {1000 * statistics.median(committed):7.0f}  {1000 * lag:7.0f}"
        f"  {1000 * p(visible, 0.5):7.0f}  {1000 * p(visible, 0.99):7.0f}  {used['load']:5.0f}  {used['broker']:6.0f}"
        f"  {used['ingest']:6.0f}"
    )
    return line, lag


def limits(seconds: float) -> list[str]:
    """What a bare subscriber that does nothing takes in, and what a bare batch insert writes, on this machine."""
    lines = []
    with a_system(500) as system:
        inbox = Subscription(system.url, ["transbinjai/v1/trackers/+/position"], "bare", lambda: datetime.now(UTC))
        inbox.receive(1, 1.0)
        system.processes["ingest"].terminate()
        load = Load(system, 500, 20_000, seconds)
        count, started = 0, 0.0
        end = time.monotonic() + seconds + 1.0
        while time.monotonic() < end:
            batch = inbox.receive(1000, 0.2)
            started = started or (time.monotonic() if batch else 0.0)
            inbox.acknowledge(batch)
            count += len(batch)
        load.process.communicate()
        lines.append(f"a bare subscriber that does nothing: {count / (time.monotonic() - started):.0f} messages/s")
        now = datetime.now(UTC)
        blank = {"tracker_at": None, "bearing": None, "odometer_m": None, "accuracy_m": None, "battery_pct": None, "seq": None}
        started, rows = time.monotonic(), 0
        while time.monotonic() - started < 3.0:
            batch_rows = [
                {
                    "tracker_id": "bare", "fix_at": datetime.fromtimestamp(rows + n, UTC), "received_at": now,
                    "reported_at": now, "vehicle_id": None, "lat": 3.6, "lon": 98.5, "speed_mps": 7.0,
                    "status": "on_trip", **blank,
                }
                for n in range(1000)
            ]  # fmt: skip
            with writing(system.engine) as connection:
                save_reports(connection, batch_rows)
            rows += 1000
        lines.append(f"a bare insert of 1,000 rows at once, committed: {rows / (time.monotonic() - started):.0f} rows/s")
    return lines


def table(seconds: float = 12.0) -> list[str]:
    lines = ["vehicles  reports/s     sent  DB p50   DB p99  API p50  API p99  load%  broker%  ingest%   (ms; % of one core)"]
    for vehicles in FLEETS:
        with a_system(vehicles) as system:
            lines.append(run(system, vehicles, vehicles / EVERY_S, seconds)[0])
    with a_system(5000) as system:
        for rate in STEPS:
            line, lag = run(system, 5000, rate, seconds)
            lines.append(line)
            if lag > 1.0:
                break
    return lines + limits(seconds / 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=12.0, help="of each step")
    parser.add_argument("--generate", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.generate:
        _, url, vehicles, rate, seconds = arguments.generate
        generate(url, int(vehicles), float(rate), float(seconds))
        return
    print("\n".join(table(arguments.seconds)))


if __name__ == "__main__":
    main()
