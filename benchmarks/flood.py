"""What one hostile tracker does to all others: it sends arrays of 3,000 fixes as fast as the broker takes them.

    python -m benchmarks.flood [--seconds 40] [--trackers 14]

The others report once a second. Lag is from their publishing to the commit that stores the report.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from multiprocessing import Process, Queue
from pathlib import Path

from benchmarks.load import System
from gps_ingest.mqtt import new_client, parse_url
from gps_ingest.simulation.publisher import topic_of
from transit.store.reports import newest_fix_at
from transit.store.trackers import load_tracker_health

ARRAY = 3000  # fixes of a message: just below the limit of 256 KiB
EVERY_S = 1.0
LOOK_EVERY_S = 0.05
SETTLES_S = 5.0
POINT = (3.6, 98.5)


def flood(url: str, seconds: float, done: Queue[int]) -> None:
    """v0 is the hostile one; every array has other times, so that none is a duplicate."""
    client = new_client(parse_url(url), "hostile", clean_session=True)
    address = parse_url(url)
    client.max_inflight_messages_set(200)
    client.connect(address.host, address.port, 60)
    client.loop_start()
    acknowledged = [0]

    def count(*_: object) -> None:
        acknowledged[0] += 1

    client.on_publish = count
    until = time.monotonic() + seconds
    stamp = time.time() - 6 * 86_400
    sent = 0
    while time.monotonic() < until:
        if sent - acknowledged[0] > 200:
            time.sleep(0.005)
            continue
        rows = [{"latitude": POINT[0], "longitude": POINT[1], "timestamp": stamp + n} for n in range(ARRAY)]
        stamp += ARRAY
        client.publish(topic_of("v0"), json.dumps(rows, separators=(",", ":")), qos=1)
        sent += 1
    client.loop_stop()
    done.put(sent)


def measure(system: System, trackers: int, seconds: float) -> None:
    client = new_client(parse_url(system.url), "honest", clean_session=True)
    address = parse_url(system.url)
    client.connect(address.host, address.port, 60)
    client.loop_start()
    until = time.monotonic() + seconds
    done: Queue[int] = Queue()
    hostile_one = Process(target=flood, args=(system.url, seconds, done))
    hostile_one.start()
    waiting: dict[str, dict[float, float]] = {f"v{n}": {} for n in range(1, trackers + 1)}  # fix -> when it was published
    lags: list[float] = []
    next_at = time.monotonic()
    while time.monotonic() < until + SETTLES_S:
        now = time.monotonic()
        if next_at <= now < until:
            next_at += EVERY_S
            for tracker_id, fixes in waiting.items():
                stamp = float(int(time.time()))
                fixes[stamp] = time.monotonic()
                payload = {"latitude": POINT[0], "longitude": POINT[1], "timestamp": stamp}
                client.publish(topic_of(tracker_id), json.dumps(payload), qos=1)
        with system.engine.connect() as connection:
            for tracker_id, fixes in waiting.items():
                newest = newest_fix_at(connection, tracker_id)
                for stamp in [stamp_s for stamp_s in fixes if newest is not None and stamp_s <= newest.timestamp()]:
                    lags.append(time.monotonic() - fixes.pop(stamp))
        time.sleep(LOOK_EVERY_S)
    sent = done.get()
    hostile_one.join()
    client.loop_stop()
    lags.sort()
    lost = sum(len(fixes) for fixes in waiting.values())
    with system.engine.connect() as connection:
        (hostile,) = [row for row in load_tracker_health(connection) if row.tracker_id == "v0"]
    print(f"{trackers} trackers at one report each {EVERY_S:.0f} s, {seconds:.0f} s; hostile: {sent} arrays of {ARRAY} fixes")
    median, p99 = lags[len(lags) // 2], lags[int(len(lags) * 0.99)]
    print(f"lag of the others: median {median:.2f} s, p99 {p99:.2f} s, longest {lags[-1]:.2f} s")
    print(f"others: {len(lags)} stored, {lost} not stored {SETTLES_S:.0f} s after the end")
    print(f"load average of the machine {os.getloadavg()[0]:.1f}")
    print(f"of the hostile one refused: {hostile.refusals}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--trackers", type=int, default=14)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="transit-flood-") as folder:
        system = System(Path(folder), arguments.trackers + 1)
        try:
            measure(system, arguments.trackers, arguments.seconds)
        finally:
            system.stop()


if __name__ == "__main__":
    main()
