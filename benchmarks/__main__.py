"""make bench: everything that is measured, as one report with the machine's line."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from benchmarks import engine, load, pages, prediction
from benchmarks.load import a_system
from gtfs.reader import read_network
from transit.store.database import writing
from transit.store.networks import save_network

PAGES = ("/halte/r0d0s5", "/gtfs-rt/trip_updates.pb", "/api/v1/stops/r0d0s5/arrivals", "/")


def machine() -> str:
    model = next(
        (line.split(":", 1)[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), platform.machine()
    )
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    python = f"Python {platform.python_version()}"
    return f"{model}, {os.cpu_count()} cores, {int(memory) / 1e6:.1f} GB, {platform.system()}, {python}"


def _lines(path: str) -> list[str]:
    try:
        return Path(path).read_text().splitlines()
    except OSError:
        return []


def web() -> list[str]:
    """Requests/s and latencies with 500 vehicles on the road, by wrk where it is installed."""
    if shutil.which("wrk") is None:
        return ["wrk is not installed (apt install wrk): requests/s were not measured"]
    lines = []
    with a_system(500) as system:
        feeder = load.Load(system, 500, 100.0, 90.0)
        time.sleep(8.0)
        for path in PAGES:
            url = f"http://127.0.0.1:{system.environment['PORT']}{path}"
            output = subprocess.run(
                ["wrk", "-t1", "-c8", "-d5s", "--latency", url], capture_output=True, text=True, check=False
            ).stdout
            words = {line.split(None, 1)[0]: line.split() for line in output.splitlines() if line.split()}
            rate, half, most = (words.get(key, ["", "?"])[1] for key in ("Requests/sec:", "50%", "99%"))
            failed = f", not 2xx: {words['Non-2xx'][-1]}" if "Non-2xx" in words else ""
            lines.append(f"{path:34} {rate:>9} requests/s   p50 {half:>8}   p99 {most:>8}{failed}")
        address = f"http://127.0.0.1:{system.environment['PORT']}"
        lines.append(one_by_one(address + PAGES[0]))
        lines += pages.measure(address, PAGES[0].rsplit("/", 1)[1])
        feeder.process.kill()
    return lines


def one_by_one(url: str, times: int = 100) -> str:
    """A page asked for again and again by one client, ten times a second."""
    took = []
    for _ in range(times):
        started = time.perf_counter()
        with urlopen(url, timeout=10) as answer:
            answer.read()
        took.append(time.perf_counter() - started)
        time.sleep(0.1)
    return f"{PAGES[0]}, one request at a time: p50 {1000 * load.p(took, 0.5):.1f} ms, p95 {1000 * load.p(took, 0.95):.1f} ms"


def importing() -> list[str]:
    folder = prediction.recordings()
    if folder is None or not (folder / "nyc_b63_2010" / "gtfs.zip").exists():
        return ["The recordings are not here: set RECORDINGS to their folder. Nothing was imported."]
    started = time.perf_counter()
    network = read_network(folder / "nyc_b63_2010" / "gtfs.zip")
    read = time.perf_counter() - started
    with a_system(14) as system, writing(system.engine) as connection:
        started = time.perf_counter()
        save_network(connection, network, now=engine.START, source="benchmark")
        saved = time.perf_counter() - started
    return [f"New York B63, {len(network.trips)} trips: read and checked in {read:.2f} s, stored in {saved:.2f} s"]


def main() -> None:
    parts = (
        ("Engine alone, one core (no I/O)", engine.table),
        ("From the broker to the database and the API", load.table),
        ("Web with 500 vehicles (wrk: 8 connections at once)", web),
        ("Import of GTFS", importing),
        ("Predictions on the recordings (python -m benchmarks.prediction)", prediction.table),
    )
    print(f"Machine: {machine()}")
    for title, part in parts:
        print(f"\n{title}")
        sys.stdout.flush()
        for line in part():
            print(f"  {line}")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
