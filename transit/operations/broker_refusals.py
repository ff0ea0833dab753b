"""What the embedded broker turned away at its door, before anything of it could be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

OTHERS = "(others)"  # the name that refused clients share beyond those who are named


class RefusalCause(StrEnum):
    """Why a connection or a message was turned away."""

    PROTOCOL = "protocol"  # MQTT 3.1 or MQTT 5: the embedded broker speaks 3.1.1
    TOPIC = "topic"  # a space or another character that no topic of it may have
    STRANGE_TOPIC = "strange_topic"  # one that nobody reads
    CLIENT_ID = "client_id"  # such a character in the client id
    PAYLOAD = "payload"  # too large
    LOGIN = "login"
    PERMISSION = "permission"  # a user on the topic of another
    CLASH = "clash"  # two devices under one client id push each other out
    REQUEST = "request"  # over HTTP, without a usable name of its sender
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class BrokerRefusals:
    """All refusals of one cause and one client. client: its client id if it was read, else its network address."""

    cause: RefusalCause
    client: str
    count: int
    first_at: datetime
    last_at: datetime
    said: str = ""  # the broker's words for the last; of STRANGE_TOPIC the topic
