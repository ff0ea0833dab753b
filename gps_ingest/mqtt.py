"""Messages from the broker, one batch at a time, acknowledged only when we say so."""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Event
from urllib.parse import unquote, urlsplit

from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.reasoncodes import ReasonCode

KEEPALIVE_S = 30  # a connection that is gone is noticed within half as long again (MQTT 3.1.1, section 3.1.2.10)
RETRY_S = (0.2, 5.0)  # a broker that restarts is back in a second; one that is gone is asked every five
READ_S = 0.2  # of reading at most, while more comes
LINGER_S = 0.02  # of waiting for more before a batch is closed: a commit to the disk takes about as long


@dataclass(frozen=True, slots=True)
class Address:
    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool


def parse_url(url: str) -> Address:
    """mqtt://[user:password@]host[:port], or mqtts://. Raises ValueError with the way out."""
    parts = urlsplit(url if "://" in url else f"mqtt://{url}")
    if parts.scheme not in ("mqtt", "mqtts", "tcp", "ssl") or not parts.hostname:
        raise ValueError(f"MQTT_URL is {url!r}; write mqtt://host:1883, or mqtts://user:password@host:8883")
    tls = parts.scheme in ("mqtts", "ssl")
    try:
        port = parts.port or (8883 if tls else 1883)
    except ValueError:
        raise ValueError(f"MQTT_URL is {url!r}; its port is no number between 1 and 65535") from None
    user, password = (None if part is None else unquote(part) for part in (parts.username, parts.password))
    return Address(host=parts.hostname, port=port, user=user, password=password, tls=tls)


def new_client(address: Address, client_id: str, *, clean_session: bool, manual_ack: bool = False) -> paho.Client:
    """A client as we use them everywhere: MQTT 3.1.1, with the address's user and TLS."""
    client = paho.Client(
        CallbackAPIVersion.VERSION2, client_id, clean_session=clean_session, protocol=paho.MQTTv311, manual_ack=manual_ack
    )
    if address.user is not None:
        client.username_pw_set(address.user, address.password)
    if address.tls:
        client.tls_set()
    return client


@dataclass(frozen=True, slots=True)
class Message:
    topic: str
    payload: bytes
    received_at: datetime
    mid: int
    qos: int
    connection: int  # an acknowledgement means something only on the connection that brought the message
    retained: bool = False
    is_whole: bool = True  # False: a part of what came
    is_last: bool = True  # of the parts of what came: with it the broker may forget all of them
    over_limit_of: str = ""  # the tracker, where that sent more than it may: it is counted and not read


class NotABroker(Exception):
    """Something takes connections at an address, but does not answer as an MQTT broker."""


def ask_broker(address: Address, within_s: float, client_id: str = "") -> str | None:
    """Connects once and does nothing else. Returns why the broker refuses us; None if it lets us in.

    client_id: if the broker has a session of this name, it forgets it by that. Raises NotABroker where something else listens,
    OSError where nothing does.
    """
    answered = Event()
    codes: list[ReasonCode] = []

    def on_connect(_: object, __: object, ___: object, code: ReasonCode, ____: object) -> None:
        codes.append(code)
        answered.set()

    client = new_client(address, client_id, clean_session=True)
    client.on_connect = on_connect
    try:
        client.connect(address.host, address.port, 10)
        client.loop_start()
        if not answered.wait(within_s):
            raise NotABroker
        return str(codes[0]) if codes[0].is_failure else None
    finally:
        client.disconnect()
        client.loop_stop()


class Subscription:
    """A lasting subscription in one thread: what the broker holds for us while we are away comes when we are back."""

    def __init__(self, url: str, topics: Sequence[str], client_id: str, clock: Callable[[], datetime]) -> None:
        self.address = parse_url(url)
        self.clock = clock
        self.connected = False
        self.connections = 0
        self.subscribed = False  # the broker holds for us what comes from now on
        self.has_session = False  # the broker still had our session when we came
        self.refused: str | None = None  # the broker's answer, where it does not let us in
        self._topics = topics
        self._read: list[Message] = []
        self._held: set[int] = set()  # mid of what this connection brought and we have not acknowledged
        self._retry_at, self._retry_s = 0.0, RETRY_S[0]
        self._client = new_client(self.address, client_id, clean_session=False, manual_ack=True)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message

    def receive(self, most: int, wait_s: float) -> list[Message]:
        """Up to `most` messages: those that are here, else those that come within wait_s."""
        end = time.monotonic() + wait_s
        while not self._read and (left := end - time.monotonic()) > 0:
            self._turn(left)
        linger = time.monotonic() + LINGER_S
        while 0 < len(self._read) < most and (left := linger - time.monotonic()) > 0:
            self._turn(left)
        batch, self._read = self._read[:most], self._read[most:]
        return batch

    def read_more(self, most: int) -> list[Message]:
        """Up to `most` messages that are here already. Keeps the connection alive, too: call it at least every ten seconds."""
        self._turn(0.0)
        batch, self._read = self._read[:most], self._read[most:]
        return batch

    def acknowledge(self, messages: Iterable[Message]) -> None:
        """Lets the broker forget these messages. Those of a connection that is gone will come again."""
        if not self.connected:
            return
        for message in messages:
            if message.qos > 0 and message.is_last and message.connection == self.connections:
                self._held.discard(message.mid)
                self._client.ack(message.mid, message.qos)
        while self._client.want_write() and self.connected:
            if self._client.loop_write() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                break

    def subscribe(self) -> None:
        """Subscribes to our topics; the broker then sends again what it retains on them."""
        if self._topics and self.connected:
            self._client.subscribe([(topic, 1) for topic in self._topics])

    def empty(self, topic: str) -> None:
        """Has the broker drop what it retains on a topic; the empty message that does it comes to us, too."""
        self._client.publish(topic, b"", qos=1, retain=True)

    def close(self) -> None:
        """Leaves; the broker keeps the subscription and what comes in for it."""
        self._client.disconnect()

    def _turn(self, wait_s: float) -> None:
        """Reads what is there, or waits for it, or tries to connect."""
        if self._client.socket() is None:
            self._connect(wait_s)
            return
        until = time.monotonic() + READ_S
        before = len(self._read)
        code = self._client.loop(min(wait_s, 1.0))
        while code == MQTTErrorCode.MQTT_ERR_SUCCESS and (len(self._read) > before or self._has_more()):
            if time.monotonic() > until:
                break
            before = len(self._read)
            code = self._client.loop_read()

    def _has_more(self) -> bool:
        """Whether bytes wait in the socket: one reading brings only a part of a long message."""
        socket = self._client.socket()
        return socket is not None and bool(select.select([socket], [], [], 0)[0])

    def _connect(self, wait_s: float) -> None:
        now = time.monotonic()
        if now < self._retry_at:
            time.sleep(min(wait_s, self._retry_at - now))
            return
        self._retry_at, self._retry_s = now + self._retry_s, min(self._retry_s * 2, RETRY_S[1])
        try:
            self._client.connect(self.address.host, self.address.port, KEEPALIVE_S)
        except OSError as error:
            self.refused = f"{self.address.host}:{self.address.port} cannot be reached: {error}"

    def _on_connect(self, client: paho.Client, _: object, flags: paho.ConnectFlags, code: ReasonCode, __: object) -> None:
        if code.is_failure:
            self.refused = f"the broker does not let us in: {code}"
            return
        self.connected, self.refused = True, None
        self.connections += 1
        self._held.clear()
        self._retry_s = RETRY_S[0]
        self.has_session = flags.session_present
        self.subscribe()

    def _on_subscribe(self, _: paho.Client, __: object, ___: int, codes: list[ReasonCode], ____: object) -> None:
        """Notes a refused subscription: the broker lets us in and brings us nothing, and the fleet would look silent."""
        if any(code.is_failure for code in codes):
            self.refused = f"the broker does not let us read {', '.join(self._topics)}: give MQTT_URL a user that may"
        else:
            self.subscribed = True

    def _on_disconnect(self, *_: object) -> None:
        self.connected = self.subscribed = False

    def _on_message(self, _: paho.Client, __: object, message: paho.MQTTMessage) -> None:
        """Takes a message in, unless it still waits here: the broker sends again what is not acknowledged in time."""
        if message.qos > 0:
            if message.dup and message.mid in self._held:
                return
            self._held.add(message.mid)
        try:
            topic = message.topic
        except UnicodeDecodeError:
            topic = "(not UTF-8)"
        self._read.append(
            Message(
                topic=topic,
                payload=bytes(message.payload),
                received_at=self.clock(),
                mid=message.mid,
                qos=message.qos,
                connection=self.connections,
                retained=message.retain,
            )
        )


class Outlet:
    """Sends what is of use only now (QoS 0): while the broker is away it is lost, and nothing is kept for anybody."""

    def __init__(self, url: str, client_id: str) -> None:
        """Raises ValueError (url)."""
        address = parse_url(url)
        self._client = new_client(address, client_id, clean_session=True)
        self._client.reconnect_delay_set(1, int(RETRY_S[1]))
        self._client.connect_async(address.host, address.port, KEEPALIVE_S)
        self._client.loop_start()

    @property
    def is_connected(self) -> bool:
        return self._client.is_connected()

    def publish(self, topic: str, payload: bytes) -> None:
        if self._client.is_connected():
            self._client.publish(topic, payload, qos=0, retain=False)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()
