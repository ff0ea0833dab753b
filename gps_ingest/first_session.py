"""Our own session at a broker whose store is new, made before anybody else is let in: it holds all that is acknowledged."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from gps_ingest import broker
from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.mqtt import Subscription
from gps_ingest.own_secret import own_secret

CONSUMERS = Path("broker") / "jetstream" / "$G" / "streams" / "$MQTT_msgs" / "obs"  # below DATA_DIR: whom it keeps messages for
MADE_WITHIN_S = 10.0  # it takes half a second


def client_id_of(data_dir: Path) -> str:
    """The same at every start, so that the broker knows us again; a secret, so that nobody takes our messages in our name."""
    return "transit-ingest-" + own_secret(data_dir, "ingest session")


def has_session(data_dir: Path) -> bool:
    """Whether the store of the broker holds a lasting subscription; nobody but ourselves may have one."""
    consumers = data_dir / CONSUMERS
    return consumers.is_dir() and any(consumers.iterdir())


def make_session(data_dir: Path, clock: Callable[[], datetime]) -> bool:
    """Starts the broker where only we know it, subscribes, and ends it; returns whether the session stands.

    Raises BrokerError."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = broker.start(data_dir, "127.0.0.1", port)
    try:
        inbox = Subscription(running.url, SUBSCRIPTIONS, client_id_of(data_dir), clock)
        until = time.monotonic() + MADE_WITHIN_S
        while not inbox.subscribed and time.monotonic() < until:
            inbox.read_more(1)
            time.sleep(0.02)
        is_made = inbox.subscribed
        inbox.close()
        return is_made
    finally:
        running.stop()
