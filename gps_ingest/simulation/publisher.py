"""A tracker as we ask trackers to be: QoS 1, a last will, and nothing forgotten before it was acknowledged."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from paho.mqtt import client as paho
from paho.mqtt.reasoncodes import ReasonCode

from gps_ingest.decoder import PREFIX
from gps_ingest.mqtt import KEEPALIVE_S, new_client, parse_url

Fix = dict[str, Any]  # latitude, longitude, timestamp, ...: docs/TRACKERS.md
RECONNECT_S = (1, 30)
GOODBYE_S = 0.2  # so long the word offline is waited for; it leaves at once, an answer is no condition
IN_FLIGHT = 20  # messages on the way; further fixes wait in the tracker and go out together
MOST_IN_ONE = 500  # fixes in one message of a flushed buffer
KEEPS = 20_000  # fixes that a tracker's memory holds: a day at one each 5 s; beyond it the oldest are lost, and counted


def topic_of(tracker_id: str, kind: str = "position") -> str:
    return "/".join((*PREFIX, tracker_id, kind))


def payload_of(fixes: Sequence[Fix]) -> bytes:
    """One fix as an object, several as an array."""
    return json.dumps(fixes[0] if len(fixes) == 1 else list(fixes), separators=(",", ":")).encode()


def position_message(tracker_id: str, fixes: Sequence[Fix]) -> tuple[str, bytes]:
    return topic_of(tracker_id), payload_of(fixes)


class Connection:
    """One connection, which many trackers may share; it comes back by itself, for ever.

    publish() never waits. What is on the way when the connection breaks is sent again by MQTT itself (DUP); what came
    later waits here, and a tracker's waiting fixes leave together, as an array. published, acknowledged and lost count fixes.
    """

    def __init__(
        self,
        url: str,
        client_id: str,
        *,
        in_flight: int = IN_FLIGHT,
        status_topic: str | None = None,
    ) -> None:
        """status_topic: where online and offline are kept (retained), the latter as the last will. Raises ValueError."""
        address = parse_url(url)
        self.published = self.acknowledged = self.lost = 0
        self._most_in_flight = in_flight
        self._status_topic = status_topic
        self._waiting: dict[str, deque[Fix]] = {}  # by tracker; those with nothing to say are absent
        self._on_the_way: dict[int, int] = {}  # message number -> its fixes
        self._early: set[int] = set()  # acknowledged before publish() told us their numbers
        self._words: set[int] = set()  # numbers of what is said of the status
        self._in_flight = 0
        self._connected = False
        self._changed = threading.Condition()  # never held while paho is called: its callbacks hold locks of paho's
        self._sending = threading.Lock()
        self._client = new_client(address, client_id, clean_session=False)
        self._client.max_inflight_messages_set(in_flight + 2)  # and the two words of the status
        self._client.reconnect_delay_set(*RECONNECT_S)
        if status_topic is not None:
            self._client.will_set(status_topic, b"offline", qos=1, retain=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.connect_async(address.host, address.port, KEEPALIVE_S)
        self._client.loop_start()

    def publish(self, tracker_id: str, fixes: Sequence[Fix]) -> None:
        if not fixes:
            return
        with self._changed:
            waiting = self._waiting.setdefault(tracker_id, deque())
            waiting.extend(fixes)
            self.published += len(fixes)
            while len(waiting) > KEEPS:
                waiting.popleft()
                self.lost += 1
        self._send_all()

    def wait(self, seconds: float) -> bool:
        """Whether everything was acknowledged (or is lost) within so many seconds."""
        with self._changed:
            return self._changed.wait_for(lambda: self.acknowledged + self.lost >= self.published, seconds)

    def close(self, wait_s: float = 2.0) -> bool:
        """Says goodbye. Returns whether everything was acknowledged."""
        done = self.wait(wait_s)
        if self._client.is_connected() and self._status_topic is not None:
            goodbye = self._client.publish(self._status_topic, b"offline", qos=1, retain=True)
            with suppress(RuntimeError, ValueError):  # the connection broke just now: the last will says it
                goodbye.wait_for_publish(GOODBYE_S)
        self._client.disconnect()
        self._client.loop_stop()
        return done and self.lost == 0

    def _send_all(self) -> None:
        """One thread sends at a time, so that fixes keep their order; whoever finds it busy may leave: it looks again."""
        while self._can_send() and self._sending.acquire(blocking=False):
            try:
                while batch := self._take():
                    topic, payload = position_message(*batch)
                    mid = self._client.publish(topic, payload, qos=1).mid
                    with self._changed:
                        if mid in self._early:
                            self._early.discard(mid)
                            self._done(len(batch[1]))
                        else:
                            self._on_the_way[mid] = len(batch[1])
            finally:
                self._sending.release()

    def _can_send(self) -> bool:
        with self._changed:
            return self._connected and self._in_flight < self._most_in_flight and bool(self._waiting)

    def _take(self) -> tuple[str, list[Fix]] | None:
        """The next message; trackers take turns."""
        with self._changed:
            if not self._connected or self._in_flight >= self._most_in_flight or not self._waiting:
                return None
            tracker_id = next(iter(self._waiting))
            waiting = self._waiting.pop(tracker_id)
            fixes = [waiting.popleft() for _ in range(min(len(waiting), MOST_IN_ONE))]
            if waiting:
                self._waiting[tracker_id] = waiting
            self._in_flight += 1
            return tracker_id, fixes

    def _done(self, fixes: int) -> None:
        self._in_flight -= 1
        self.acknowledged += fixes
        self._changed.notify_all()

    def _on_connect(self, client: paho.Client, _: object, __: object, code: ReasonCode, ___: object) -> None:
        if code.is_failure:
            return
        if self._status_topic is not None:
            self._words.add(client.publish(self._status_topic, b"online", qos=1, retain=True).mid)
        with self._changed:
            self._connected = True
        self._send_all()

    def _on_disconnect(self, *_: object) -> None:
        with self._changed:
            self._connected = False

    def _on_publish(self, _: paho.Client, __: object, mid: int, ___: object, ____: object) -> None:
        with self._changed:
            fixes = self._on_the_way.pop(mid, None)
            if fixes is not None:
                self._done(fixes)
            elif mid in self._words:
                self._words.discard(mid)
            else:
                self._early.add(mid)
        self._send_all()


class Tracker:
    """A tracker with a connection of its own, so with a status and a last will."""

    def __init__(self, url: str, tracker_id: str) -> None:
        self.tracker_id = tracker_id
        self.connection = Connection(url, f"tracker-{tracker_id}", status_topic=topic_of(tracker_id, "status"))

    def publish(self, fixes: Sequence[Fix]) -> None:
        self.connection.publish(self.tracker_id, fixes)

    @property
    def published(self) -> int:
        return self.connection.published

    @property
    def acknowledged(self) -> int:
        return self.connection.acknowledged

    def wait(self, seconds: float) -> bool:
        return self.connection.wait(seconds)

    def close(self, wait_s: float = 2.0) -> bool:
        return self.connection.close(wait_s)
