"""Riders who all ask at once: how long a stop's page takes while the fleet reports, and beside one who asks for reasons.

    python -m benchmarks.rush [--vehicles 500] [--clients 8] [--seconds 30] [--askers 1]

The system runs as in production (benchmarks.load); each vehicle reports every 5 s. Every client asks for the page of a stop
drawn at random, and for the next as soon as it has it. Printed: how long the answers took, and their 99th percentile as a
multiple of the median. --askers: so many clients ask /api/v1/explain without end in a second round.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.client import HTTPConnection

from benchmarks.load import EVERY_S, STARTS_WITHIN_S, Load, System, a_system, p
from benchmarks.measured_commit import measured_commit

WARM_S = 20.0  # until every vehicle is on a trip
HEADERS = {"Accept-Encoding": "br", "Accept-Language": "id"}


class Clients:
    """Ask without end, each over a connection of its own. took: seconds of each answer; statuses: how often which."""

    def __init__(self, system: System, count: int, path_of: Callable[[random.Random], str]) -> None:
        self.took: list[float] = []
        self.statuses: dict[int, int] = {}
        self.is_open = True
        self._port, self._path_of = int(system.environment["PORT"]), path_of
        self._threads = [threading.Thread(target=self._ask, args=(n,), daemon=True) for n in range(count)]
        for thread in self._threads:
            thread.start()

    def _ask(self, number: int) -> None:
        luck = random.Random(number)
        connection = HTTPConnection("127.0.0.1", self._port, timeout=60)
        while self.is_open:
            begun = time.perf_counter()
            connection.request("GET", self._path_of(luck), headers=HEADERS)
            answer = connection.getresponse()
            answer.read()
            self.took.append(time.perf_counter() - begun)
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            if answer.status == 429:
                time.sleep(0.05)
        connection.close()

    def close(self) -> None:
        self.is_open = False
        for thread in self._threads:
            thread.join(60)


def line(name: str, clients: Clients, seconds: float) -> str:
    took = clients.took
    p50, p99 = p(took, 0.5), p(took, 0.99)
    return (
        f"{name:28}  {len(took) / seconds:7.0f}/s  p50 {1000 * p50:6.1f}  p95 {1000 * p(took, 0.95):6.1f}  "
        f"p99 {1000 * p99:6.1f}  longest {1000 * max(took):6.0f} ms  p99/p50 {p99 / p50:5.1f}  {clients.statuses}"
    )


def rush(vehicles: int, clients: int, seconds: float, askers: int) -> None:
    with a_system(vehicles) as system:
        load = Load(system, vehicles, vehicles / EVERY_S, WARM_S + 2 * seconds + 20.0)
        time.sleep(WARM_S)
        stops = sorted(system.network.stops)
        _wait_for_pages(int(system.environment["PORT"]), f"/halte/{stops[0]}")

        def page(luck: random.Random) -> str:
            return f"/halte/{luck.choice(stops)}"

        def question(luck: random.Random) -> str:
            return f"/api/v1/explain?vehicle=V{luck.randrange(vehicles)}&stop={luck.choice(stops)}"

        for number in (0, askers) if askers else (0,):
            asking = Clients(system, number, question)
            riders = Clients(system, clients, page)
            time.sleep(seconds)
            riders.close()
            asking.close()
            print(line(f"{clients} riders, {number} asking why", riders, seconds), flush=True)
            if number:
                print(line("  of those the reasons", asking, seconds), flush=True)
        step_s, predictions = _of_live(system)
        print(f"a step of live: {step_s:.2f} s, {predictions:.0f} predictions; load {os.getloadavg()[0]:.1f}")
        load.process.terminate()
        load.process.communicate()


def _wait_for_pages(port: int, path: str) -> None:
    """Until each worker will have its network. Raises TimeoutError."""
    until, good = time.monotonic() + STARTS_WITHIN_S, 0
    while good < 20:
        if time.monotonic() > until:
            raise TimeoutError("the web did not start")
        connection = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("GET", path)
            good += connection.getresponse().status == 200
        except OSError:
            time.sleep(0.5)
        finally:
            connection.close()


def _of_live(system: System) -> tuple[float, float]:
    from web.live.snapshot import SnapshotReader

    snapshot = SnapshotReader(system.folder).read()
    figures = {} if snapshot is None else snapshot.figures
    return figures.get("step_seconds", float("nan")), figures.get("predictions", float("nan"))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vehicles", type=int, default=500)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--askers", type=int, default=0)
    options = parser.parse_args()
    about = f"{measured_commit()}, {json.dumps(vars(options))}, load {os.getloadavg()[0]:.1f}"
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {about}")
    rush(options.vehicles, options.clients, options.seconds, options.askers)


if __name__ == "__main__":
    main()
