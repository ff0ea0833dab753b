"""Messages to the broker, each with the broker's word that it is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from paho.mqtt import client as paho
from paho.mqtt.enums import MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

from gps_ingest.mqtt import new_client, parse_url

OUTBOX_KEEPALIVE_S = 20
RECONNECT_S = (1, 5)
ACKNOWLEDGED_WITHIN_S = 5.0  # the broker answers in milliseconds; a phone waits ten seconds or more
MOST_WAITING = 2000  # messages without an answer; beyond it phones keep what they have


class NotKept(Exception):
    """The broker did not say that it has the message; the sender must keep it."""


class Outbox:
    """Belongs to one event loop: start() and publish() are called there."""

    def __init__(self, url: str, client_id: str) -> None:
        """Raises ValueError (url)."""
        self._address = parse_url(url)
        self._client = new_client(self._address, client_id, clean_session=True)
        self._client.max_inflight_messages_set(MOST_WAITING)
        self._client.max_queued_messages_set(MOST_WAITING)
        self._client.reconnect_delay_set(*RECONNECT_S)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._waiting: dict[int, asyncio.Future[None]] = {}  # message number -> whether it is kept
        self._loop: asyncio.AbstractEventLoop | None = None
        self.is_connected = False

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._client.connect_async(self._address.host, self._address.port, OUTBOX_KEEPALIVE_S)
        self._client.loop_start()

    def stop(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    async def publish(self, topic: str, payload: bytes, within_s: float = ACKNOWLEDGED_WITHIN_S) -> None:
        """Returns when the broker has it. Raises NotKept."""
        assert self._loop is not None
        if not self.is_connected or len(self._waiting) >= MOST_WAITING:
            raise NotKept
        sent = self._client.publish(topic, payload, qos=1)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise NotKept
        kept = self._waiting[sent.mid] = self._loop.create_future()
        try:
            await asyncio.wait_for(kept, within_s)
        except (TimeoutError, ConnectionError):
            raise NotKept from None
        finally:
            self._waiting.pop(sent.mid, None)

    def _tell(self, waiting: Mapping[int, asyncio.Future[None]], error: Exception | None) -> None:
        for future in waiting.values():
            if not future.done():
                future.set_exception(error) if error else future.set_result(None)

    def _acknowledged(self, mid: int) -> None:
        future = self._waiting.get(mid)
        if future is not None:
            self._tell({mid: future}, None)

    def _changed(self, is_connected: bool) -> None:
        self.is_connected = is_connected
        if not is_connected:
            self._tell(dict(self._waiting), ConnectionError())

    # These come in paho's thread: they hand over to the loop, which knows the numbers of all messages by then.
    def _on_connect(self, _: paho.Client, __: object, ___: object, code: ReasonCode, ____: object) -> None:
        self._hand_over(self._changed, not code.is_failure)

    def _on_disconnect(self, *_: object) -> None:
        self._hand_over(self._changed, False)

    def _on_publish(self, _: paho.Client, __: object, mid: int, ___: object, ____: object) -> None:
        self._hand_over(self._acknowledged, mid)

    def _hand_over(self, function: object, argument: object) -> None:
        assert self._loop is not None
        with suppress(RuntimeError):  # the loop has ended: nobody waits any more
            self._loop.call_soon_threadsafe(function, argument)  # type: ignore[arg-type]
