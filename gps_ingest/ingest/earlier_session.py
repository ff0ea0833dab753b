"""The session that earlier versions had with the broker, under a name that could be guessed: emptied once, and ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from gps_ingest.mqtt import Message, NotABroker, Subscription, ask_broker
from transit.store.database import Engine
from transit.store.files import write_atomically

MOST_AT_ONCE = 3000  # messages
NO_MORE_S = 2.0  # what the broker holds for a session comes at once
MARK = Path("broker") / "moved"  # below DATA_DIR: it was done


def is_moved(data_dir: Path) -> bool:
    return (data_dir / MARK).exists()


def move_in(
    engine: Engine, mqtt_url: str, data_dir: Path, clock: Callable[[], datetime], take: Callable[[Sequence[Message]], None]
) -> bool:
    """Takes what the broker still holds for the old name, and ends that session; returns whether that is done.

    Call it when the session of the new name stands: what comes in meanwhile is held for that one.
    """
    inbox = Subscription(mqtt_url, (), earlier_client_id(engine), clock)
    while waiting := inbox.receive(MOST_AT_ONCE, NO_MORE_S):
        take(waiting)
        inbox.acknowledge(waiting)
    inbox.close()
    if inbox.connections == 0:
        return False
    if inbox.has_session:
        with suppress(NotABroker):
            ask_broker(inbox.address, NO_MORE_S, earlier_client_id(engine))
    write_atomically(data_dir / MARK, b"")
    return True


def earlier_client_id(engine: Engine) -> str:
    """What client_id_of was before it held a secret."""
    return "transit-ingest-" + sha256(engine.url.render_as_string(hide_password=True).encode()).hexdigest()[:12]
