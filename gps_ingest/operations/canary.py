"""The canary: a message of ours into our own broker, numbered, whose way through ingest and live is then followed."""

from __future__ import annotations

import hmac
import socket
from pathlib import Path

from gps_ingest.broker_access import CANARY, SYSTEM
from gps_ingest.own_secret import own_secret

ANSWERS_WITHIN_S = 8.0  # nats-server itself gives up after five
LONGEST = 18  # digits of a number


def send_canary(host: str, port: int, data_dir: Path, number: int, within_s: float = ANSWERS_WITHIN_S) -> bool:
    """Whether a message to the broker is acknowledged: one whose store is gone lets us in, and acknowledges nothing.

    Speaks MQTT 3.1.1 by itself, because the parent of all processes must not load a library for it.
    """
    client_id = "transit-canary-" + own_secret(data_dir, "canary session")  # nobody else can push us out
    user, password = _text(SYSTEM), _text(own_secret(data_dir, "password"))
    connect = b"\x00\x04MQTT\x04\xc2\x00\x0a" + _text(client_id) + user + password
    publish = _text(CANARY) + b"\x00\x01" + canary_payload(number, data_dir)
    try:
        with socket.create_connection((host, port), within_s) as connection:
            connection.settimeout(within_s)
            connection.sendall(_packet(0x10, connect))
            if _read(connection, 4) != b"\x20\x02\x00\x00":
                return False
            connection.sendall(_packet(0x32, publish))
            is_acknowledged = _read(connection, 4) == b"\x40\x02\x00\x01"
            connection.sendall(b"\xe0\x00")
            return is_acknowledged
    except OSError:
        return False


def canary_payload(number: int, data_dir: Path) -> bytes:
    """With a word that only a reader of DATA_DIR knows: on an open loopback anybody may publish there."""
    return f"{number} {own_secret(data_dir, 'canary')}".encode()


def canary_number(payload: bytes, data_dir: Path) -> int:
    """Of a canary that came out; 0 of one that is not ours."""
    number, _, word = payload.partition(b" ")
    is_ours = hmac.compare_digest(word, own_secret(data_dir, "canary").encode())
    return int(number) if is_ours and number.isdigit() and len(number) <= LONGEST else 0


def _text(text: str) -> bytes:
    return len(text.encode()).to_bytes(2, "big") + text.encode()


def _packet(kind: int, body: bytes) -> bytes:
    """MQTT's fixed header; the length in seven bits a byte."""
    length, octets = len(body), bytearray()
    while True:
        length, low = divmod(length, 128)
        octets.append(low | (0x80 if length else 0))
        if not length:
            return bytes([kind]) + bytes(octets) + body


def _read(connection: socket.socket, count: int) -> bytes:
    octets = b""
    while len(octets) < count and (part := connection.recv(count - len(octets))):
        octets += part
    return octets
