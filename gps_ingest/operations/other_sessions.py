"""Records of sessions that others left with our own broker: they hold no messages, and go when they are old or too many."""

from __future__ import annotations

import base64
import json
from datetime import datetime, timedelta
from pathlib import Path

from gps_ingest.operations.broker_store import ask_keeper

STREAM = "$MQTT_sess"
OURS = "transit-ingest-"  # of client ids: the session that must last
EXPIRY = timedelta(days=30)  # since it was last written: a tracker that comes back after that begins a new one
MOST = 2000  # sessions of others; the oldest of those beyond it go
MOST_AT_ONCE = 5000  # that are looked at: 1 ms each


def forget_old_sessions(data_dir: Path, now: datetime, most: int = MOST, expiry: timedelta = EXPIRY) -> int:
    """Returns how many went. now: the machine's time, by which the broker dates them. Raises OSError, ValueError, KeyError.

    A client that is connected and whose record goes stays connected; when it comes again it is refused once.
    """
    others = _others(data_dir)
    beyond = max(len(others) - most, 0)
    old = [sequence for n, (sequence, at) in enumerate(others) if n < beyond or now - at > expiry]
    for sequence in old:
        ask_keeper(data_dir, f"$JS.API.STREAM.MSG.DELETE.{STREAM}", {"seq": sequence, "no_erase": True})
    return len(old)


def _others(data_dir: Path) -> list[tuple[int, datetime]]:
    """Number and time of each record that is not ours, the oldest first."""
    rows: list[tuple[int, datetime]] = []
    sequence = 0
    for _ in range(MOST_AT_ONCE):
        words = {"seq": sequence + 1, "next_by_subj": "$MQTT.sess.>"}
        answer = ask_keeper(data_dir, f"$JS.API.STREAM.MSG.GET.{STREAM}", words)
        if "message" not in answer:
            break
        message = answer["message"]
        sequence = int(message["seq"])
        record = json.loads(base64.b64decode(message["data"]))
        if not str(record.get("id", "")).startswith(OURS):
            rows.append((sequence, datetime.fromisoformat(message["time"][:19] + "+00:00")))
    return rows
