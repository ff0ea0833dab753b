"""What our own broker holds: how many messages wait in it, and whether its store is still the one that it was."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedRWPair
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from gps_ingest.broker_access import CANARY, KEEPER, subject_of
from gps_ingest.own_secret import own_secret

FOLDER = Path("broker") / "jetstream"  # below DATA_DIR
STREAM = FOLDER / "$G" / "streams" / "$MQTT_msgs"  # what trackers published, until ingest has stored it
SUBJECT = "$JS.API.STREAM.INFO.$MQTT_msgs"
CANARIES = f"$MQTT.msgs.{subject_of(CANARY)}"
ANSWERS_WITHIN_S = 3.0
NO_SUCH_STREAM = 10059  # of JetStream's error codes


@dataclass(frozen=True, slots=True)
class StoreState:
    """created: when the store was made, as the broker writes it; empty: there is none. last: number of the last message.

    waiting: messages of trackers, our own canaries not among them.
    """

    created: str
    waiting: int
    last: int


NO_STORE = StoreState("", 0, 0)


def read_state(data_dir: Path) -> StoreState | None:
    """What the store holds; None where the broker does not answer."""
    try:
        return _state_of(ask_keeper(data_dir, SUBJECT, {"subjects_filter": CANARIES}))
    except (OSError, ValueError, KeyError, IndexError):
        return None


class Keeper:
    """Asks the broker's message store on one connection. Speaks its own protocol, as the parent must load no library for it.

    Raises OSError, ValueError, KeyError, IndexError where the broker is away or says something else.
    """

    def __init__(self, pipe: BufferedRWPair) -> None:
        self._pipe = pipe
        self._inbox = f"_INBOX.{uuid4().hex}"  # of this connection alone: in one that is shared each hears all answers
        pipe.write(f"SUB {self._inbox} 1\r\n".encode())

    def ask(self, subject: str, words: dict[str, Any]) -> dict[str, Any]:
        return self.ask_all(subject, [words])[0]

    def ask_all(self, subject: str, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The answers in the order of the questions, of which some hundred may go out at once."""
        for words in rows:
            text = json.dumps(words)
            self._pipe.write(f"PUB {subject} {self._inbox} {len(text)}\r\n{text}\r\n".encode())
        self._pipe.flush()
        return [json.loads(_answer(self._pipe)) for _ in rows]


@contextmanager
def keeper(data_dir: Path, within_s: float = ANSWERS_WITHIN_S) -> Iterator[Keeper]:
    """Raises OSError, ValueError, KeyError, IndexError."""
    with _connection(data_dir, within_s) as pipe:
        yield Keeper(pipe)


def ask_keeper(data_dir: Path, subject: str, words: dict[str, Any], within_s: float = ANSWERS_WITHIN_S) -> dict[str, Any]:
    """One answer of the broker's message store. Raises OSError, ValueError, KeyError, IndexError."""
    with keeper(data_dir, within_s) as store:
        return store.ask(subject, words)


@contextmanager
def _connection(data_dir: Path, within_s: float) -> Iterator[BufferedRWPair]:
    """A connection of KEEPER, who may ask the broker about its store."""
    path = next((data_dir / "broker").glob("*.ports"), None)  # written by the broker when it listens
    if path is None:
        raise FileNotFoundError
    address = urlsplit(json.loads(path.read_text())["nats"][0])
    login = {"user": KEEPER, "pass": own_secret(data_dir, "keeper"), "verbose": False, "pedantic": False}
    with socket.create_connection((address.hostname or "", address.port or 0), within_s) as connection:
        connection.settimeout(within_s)
        with connection.makefile("rwb") as pipe:
            pipe.readline()  # INFO
            pipe.write(f"CONNECT {json.dumps(login)}\r\n".encode())
            yield pipe


def _answer(pipe: BufferedRWPair) -> bytes:
    """The body of the first message. Raises ValueError where the connection ends before."""
    while line := pipe.readline():
        if line.startswith(b"MSG"):
            return pipe.read(int(line.split()[-1]))
        if line.startswith(b"PING"):
            pipe.write(b"PONG\r\n")
            pipe.flush()
    raise ValueError("the broker hung up")


def _state_of(answer: dict[str, Any]) -> StoreState:
    """Raises KeyError where the broker cannot say it now."""
    if answer.get("error", {}).get("err_code") == NO_SUCH_STREAM:
        return NO_STORE
    state = answer["state"]
    canaries = sum((state.get("subjects") or {}).values())
    return StoreState(created=str(answer["created"]), waiting=int(state["messages"]) - canaries, last=int(state["last_seq"]))


def lost_between(before: StoreState | None, after: StoreState) -> int | None:
    """How many messages waited in a store that is gone, or of which the end is cut off; None where nothing is missing."""
    if before is None or not before.created:
        return None
    if before.created != after.created:
        return before.waiting
    return min(before.waiting, before.last - after.last) if after.last < before.last else None
