"""An MQTT client of a test: what it was told is kept, in order."""

from __future__ import annotations

from typing import Any

from gps_ingest.mqtt import new_client, parse_url
from tests.conftest import until


class Client:
    """Connected when it is made. answer: the broker's word for our coming; granted: for each subscription."""

    def __init__(self, url: str, client_id: str, *, lasting: bool = False) -> None:
        self.answer: Any = None
        self.messages: list[tuple[str, bytes, bool]] = []  # topic, payload, retained
        self.granted: list[bool] = []
        self.acknowledged: set[int] = set()
        self.is_connected = False
        address = parse_url(url)
        self.client = new_client(address, client_id, clean_session=not lasting)
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.on_message = lambda _, __, one: self.messages.append((one.topic, bytes(one.payload), one.retain))
        self.client.on_subscribe = lambda _, __, ___, codes, ____: self.granted.extend(not code.is_failure for code in codes)
        self.client.on_publish = lambda _, __, mid, *___: self.acknowledged.add(mid)
        self.client.connect(address.host, address.port, 30)
        self.client.loop_start()
        until(lambda: self.answer is not None)

    @property
    def is_let_in(self) -> bool:
        return not self.answer.is_failure

    def subscribe(self, *topics: str, qos: int = 1) -> list[bool]:
        """Whether each was granted."""
        before = len(self.granted)
        for topic in topics:
            self.client.subscribe(topic, qos)
        until(lambda: len(self.granted) == before + len(topics))
        return self.granted[before:]

    def publish(self, topic: str, payload: bytes | str, *, qos: int = 1, retain: bool = False) -> None:
        """Waits for the acknowledgement."""
        mid = self.client.publish(topic, payload, qos=qos, retain=retain).mid
        if qos:
            until(lambda: mid in self.acknowledged)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _on_connect(self, _: object, __: object, ___: object, code: Any, ____: object) -> None:
        self.answer, self.is_connected = code, not code.is_failure

    def _on_disconnect(self, *_: object) -> None:
        self.is_connected = False
