"""Records of sessions that others left with our own broker: they hold no messages, and go when they are old or too many."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from time import monotonic
from typing import Any

from gps_ingest.operations.broker_store import Keeper, keeper

STREAM = "$MQTT_sess"
OURS = "transit-ingest-"  # of client ids: the session that must last
EXPIRY = timedelta(days=30)  # since it was last written: a tracker that comes back after that begins a new one
MOST = 2000  # sessions, ours among them; the oldest of those beyond it go
GOES_ON_S = 50.0  # in one go; what is left then goes in the next
AT_ONCE = 100


def forget_old_sessions(data_dir: Path, now: datetime, most: int = MOST, within_s: float = GOES_ON_S) -> int:
    """Forgets sessions that are old or too many; returns how many. Raises OSError, ValueError, KeyError.

    now: the machine's time, by which the broker dates them.

    It looks at the oldest only, up to the first that may stay. A client that is connected and whose record goes stays
    connected; when it comes again it is refused once.
    """
    gone = 0
    until = monotonic() + within_s
    with keeper(data_dir) as store:
        beyond = int(store.ask(f"$JS.API.STREAM.INFO.{STREAM}", {})["state"]["messages"]) - most
        records = _oldest_first(store)
        while monotonic() < until:
            old: list[dict[str, Any]] = []
            for record in islice(records, AT_ONCE):
                if _is_ours(record):
                    beyond -= 1
                elif gone + len(old) < beyond or now - _written_at(record) > EXPIRY:
                    old.append({"seq": record["seq"], "no_erase": True})
                else:
                    break
            gone += len(store.ask_all(f"$JS.API.STREAM.MSG.DELETE.{STREAM}", old))
            if not old:
                break
    return gone


def _oldest_first(store: Keeper) -> Iterator[dict[str, Any]]:
    sequence = 0
    while "message" in (answer := store.ask(f"$JS.API.STREAM.MSG.GET.{STREAM}", _after(sequence))):
        sequence = int(answer["message"]["seq"])
        yield answer["message"]


def _after(sequence: int) -> dict[str, Any]:
    return {"seq": sequence + 1, "next_by_subj": "$MQTT.sess.>"}


def _is_ours(message: dict[str, Any]) -> bool:
    record = json.loads(base64.b64decode(message["data"]))
    return str(record.get("id", "")).startswith(OURS)


def _written_at(message: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(message["time"][:19] + "+00:00")
