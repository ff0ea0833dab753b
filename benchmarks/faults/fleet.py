"""Trackers that publish with QoS 1, reconnect for ever and know which of their reports were acknowledged."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from benchmarks.load import SPEED_MPS, place_on
from gps_ingest.mqtt import new_client, parse_url
from gps_ingest.simulation.publisher import topic_of
from transit.plan.network import Network, ShapePoint

EVERY_S = 0.5  # between two reports of a tracker
LENGTH_M = 9000.0  # of every route of a_city
KEEPALIVE_S = 5  # a silent cut is noticed after half as much again; phones have 60
LOOK_EVERY_S = 0.01


@dataclass(slots=True)
class Sent:
    """A report on its way. fix_ms: Unix milliseconds, its key with the tracker's name; at_s: of publishing (monotonic)."""

    tracker_id: str
    fix_ms: int
    at_s: float
    mid: int  # of the message, on this client; they begin anew after 65,535


@dataclass
class Tracker:
    """One client, as a device is one."""

    tracker_id: str
    points: tuple[ShapePoint, ...]
    sent: list[Sent] = field(default_factory=list)
    acknowledged: set[int] = field(default_factory=set)  # by mid

    def connect(self, url: str) -> None:
        address = parse_url(url)
        self.client = new_client(address, f"device-{self.tracker_id}", clean_session=False)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_publish = lambda _, __, mid, *___: self.acknowledged.add(mid)
        self.client.max_queued_messages_set(0)  # any number: a real device keeps them on its flash
        self.client.connect_async(address.host, address.port, KEEPALIVE_S)
        self.client.loop_start()

    def report(self, fix_s: float) -> None:
        fix_ms = round(fix_s * 1000)
        lat, lon = self._place(fix_s)
        text = {"latitude": round(lat, 6), "longitude": round(lon, 6), "timestamp": fix_ms / 1000, "speed": SPEED_MPS}
        self._publish([fix_ms], json.dumps(text))

    def flush(self, fixes_s: list[float]) -> None:
        """What was kept while there was no network, as one array."""
        rows, stamps = [], []
        for fix_s in fixes_s:
            stamps.append(round(fix_s * 1000))
            lat, lon = self._place(fix_s)
            rows.append({"latitude": round(lat, 6), "longitude": round(lon, 6), "timestamp": stamps[-1] / 1000})
        self._publish(stamps, json.dumps(rows))

    def _place(self, fix_s: float) -> tuple[float, float]:
        return place_on(self.points, fix_s * SPEED_MPS % LENGTH_M)

    def _publish(self, stamps: list[int], payload: str) -> None:
        mid = self.client.publish(topic_of(self.tracker_id), payload, qos=1).mid
        self.sent += [Sent(self.tracker_id, fix_ms, time.monotonic(), mid) for fix_ms in stamps]

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


class Fleet:
    """Publishes in a thread of its own until it is paused; each tracker has another phase."""

    def __init__(self, network: Network, url: str, trackers: int) -> None:
        keys = sorted(network.shapes)
        self.trackers = [Tracker(f"v{n}", network.shapes[keys[n % len(keys)]].points) for n in range(trackers)]
        self.guests: list[Tracker] = []  # that somebody else lets report; they count
        self.is_paused, self.is_open = False, True
        for tracker in self.trackers:
            tracker.connect(url)
        threading.Thread(target=self._drive, daemon=True).start()

    def sent(self) -> list[Sent]:
        return [row for tracker in [*self.trackers, *self.guests] for row in list(tracker.sent)]

    def acknowledged(self, rows: Iterable[Sent]) -> int:
        """How many of them."""
        by_name = {tracker.tracker_id: tracker.acknowledged for tracker in [*self.trackers, *self.guests]}
        return sum(row.mid in by_name[row.tracker_id] for row in rows)

    def close(self) -> None:
        self.is_open = False
        for tracker in [*self.trackers, *self.guests]:
            tracker.close()

    def _drive(self) -> None:
        begun_s = time.time()
        due = [begun_s + n * EVERY_S / len(self.trackers) for n in range(len(self.trackers))]
        while self.is_open:
            now_s = time.time()
            for n, tracker in enumerate(self.trackers):
                if due[n] <= now_s:
                    due[n] = max(due[n] + EVERY_S, now_s)
                    if not self.is_paused:
                        tracker.report(now_s)
            time.sleep(LOOK_EVERY_S)
