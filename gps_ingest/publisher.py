"""A tracker as we ask trackers to be: QoS 1, a last will, and nothing forgotten before it was acknowledged."""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.reasoncodes import ReasonCode

from gps_ingest.decoder import PREFIX
from gps_ingest.mqtt import new_client, parse_url

Fix = dict[str, Any]  # latitude, longitude, timestamp, ...: docs/TRACKERS.md
KEEPALIVE_S = 30
RETRY_S = (1, 30)
IN_FLIGHT = 100  # further reports wait in the client until the broker has acknowledged these
MOST_IN_ONE = 500  # fixes in one message of a flushed buffer


def topic_of(tracker_id: str, kind: str = "position") -> str:
    return "/".join((*PREFIX, tracker_id, kind))


def payload_of(fixes: Sequence[Fix]) -> bytes:
    """One fix as an object, several as an array."""
    return json.dumps(fixes[0] if len(fixes) == 1 else list(fixes), separators=(",", ":")).encode()


class Tracker:
    """A connection of its own. publish() never waits: without a network the reports queue up and go out later."""

    def __init__(self, url: str, tracker_id: str) -> None:
        address = parse_url(url)
        self.tracker_id = tracker_id
        self.published = 0
        self.acknowledged = 0
        self._client = new_client(address, f"tracker-{tracker_id}", clean_session=False)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.reconnect_delay_set(*RETRY_S)
        self._client.will_set(topic_of(tracker_id, "status"), b"offline", qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish
        self._status: set[int] = set()  # message numbers that are no reports
        self._all_acknowledged = threading.Condition()
        self._client.connect_async(address.host, address.port, KEEPALIVE_S)
        self._client.loop_start()

    def publish(self, fixes: Sequence[Fix]) -> None:
        for n in range(0, len(fixes), MOST_IN_ONE):
            self.published += 1
            self._client.publish(topic_of(self.tracker_id), payload_of(fixes[n : n + MOST_IN_ONE]), qos=1)

    def wait(self, seconds: float) -> bool:
        """Whether everything was acknowledged within so many seconds."""
        with self._all_acknowledged:
            return self._all_acknowledged.wait_for(lambda: self.acknowledged >= self.published, seconds)

    def close(self, wait_s: float = 2.0) -> bool:
        """Says goodbye. Returns whether everything was acknowledged."""
        done = self.wait(wait_s)
        if self._client.is_connected():
            self._client.publish(topic_of(self.tracker_id, "status"), b"offline", qos=1, retain=True)
        self._client.disconnect()
        self._client.loop_stop()
        return done

    def _on_connect(self, client: paho.Client, _: object, __: object, code: ReasonCode, ___: object) -> None:
        if not code.is_failure:
            said = client.publish(topic_of(self.tracker_id, "status"), b"online", qos=1, retain=True)
            self._status.add(said.mid)

    def _on_publish(self, _: paho.Client, __: object, mid: int, ___: object, ____: object) -> None:
        with self._all_acknowledged:
            if mid in self._status:
                self._status.discard(mid)
            else:
                self.acknowledged += 1
                self._all_acknowledged.notify_all()
