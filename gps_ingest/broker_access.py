"""Who may do what on the embedded broker: users, their topics, and what a client without a user may."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gps_ingest.decoder import SUBSCRIPTIONS
from gps_ingest.own_secret import own_secret

SYSTEM = "transit-system"  # the user of our own processes
KEEPER = "transit-keeper"  # who may ask the broker about its streams; no MQTT
ANONYMOUS = "transit-anonymous"  # what a client without a user is on an open loopback; nobody can log in as it
MQTT_ONLY = ["MQTT", "MQTT_WS"]
CANARY = "transbinjai/v1/trackers/transit-canary/position"  # ours; no tracker can have that name
LIVE_PREFIX = "transbinjai/v1/live"  # below it everybody may read where buses in service are
READER, READER_PASSWORD = "transit-public", "public"  # anybody may read with it
NOTHING = {"deny": [">"]}


@dataclass(frozen=True, slots=True)
class User:
    """Who may log in. hashed: bcrypt, the only hash that the broker reads; topics: MQTT, where it may publish."""

    name: str
    hashed: str
    topics: tuple[str, ...]


def access_settings(data_dir: Path, users: Sequence[User], *, is_open: bool, has_readers: bool = True) -> dict[str, Any]:
    """Who may do what, as the part of the configuration that says so.

    is_open: a client without a user may report. has_readers: everybody may read below LIVE_PREFIX, where nothing is ever kept
    for anybody (QoS 0). Only our own processes subscribe to what trackers send: no session of others can hold a message back,
    and nobody reads where others are.
    """
    password = own_secret(data_dir, "password")
    rows: list[dict[str, Any]] = [
        _row(SYSTEM, password, [*SUBSCRIPTIONS, f"{LIVE_PREFIX}/#"], reads=SUBSCRIPTIONS, is_lasting=True),
        {
            "user": KEEPER,
            "password": own_secret(data_dir, "keeper"),
            "allowed_connection_types": ["STANDARD"],
            "permissions": {"publish": {"allow": ["$JS.API.>"]}, "subscribe": {"allow": ["_INBOX.>"]}},
        },
    ]
    rows += [_row(user.name, user.hashed, user.topics) for user in users]
    live = (f"{LIVE_PREFIX}/#",) if has_readers else ()
    if has_readers:
        rows.append(_row(READER, READER_PASSWORD, (), reads=live))
    if not is_open:
        return {"authorization": {"users": rows}}
    rows.append(_row(ANONYMOUS, own_secret(data_dir, "anonymous"), SUBSCRIPTIONS, reads=live))
    return {"no_auth_user": ANONYMOUS, "authorization": {"users": rows}}


def _row(
    name: str, password: str, topics: Sequence[str], reads: Sequence[str] = (), *, is_lasting: bool = False
) -> dict[str, Any]:
    """is_lasting: subscriptions may be kept while it is away, at QoS 1."""
    kept = ["$MQTT.sub.>"] if is_lasting else []  # where the broker brings what a lasting subscription holds
    return {
        "user": name,
        "password": password,
        "allowed_connection_types": MQTT_ONLY,
        "permissions": {
            "publish": {"allow": [subject for topic in topics for subject in subjects_of(topic)]} if topics else NOTHING,
            "subscribe": {"allow": [*(subject for topic in reads for subject in subjects_of(topic)), *kept]}
            if reads
            else NOTHING,
        },
    }


def subjects_of(topic: str) -> list[str]:
    """The subjects that cover a topic. In MQTT a/# covers a itself; nats-server needs a subject of its own for that."""
    return [*([subject_of(topic.removesuffix("/#"))] if topic.endswith("/#") else []), subject_of(topic)]


def subject_of(topic: str) -> str:
    """A topic as nats-server writes it: / becomes a dot, a dot two slashes; wildcards and empty levels have other letters."""
    levels = (level.replace(".", "//") for level in topic.split("/"))
    return ".".join({"+": "*", "#": ">", "": "/"}.get(level, level) for level in levels)


def written(settings: Mapping[str, Any]) -> str:
    """Settings in the broker's form: JSON without the outer braces."""
    return "\n".join(f"{name}: {json.dumps(value)}" for name, value in settings.items())
