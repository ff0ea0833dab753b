"""What comes from the broker, before it is stored: whose it is, and whether it is looked at."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from gps_ingest.broker_access import CANARY
from gps_ingest.ingest.process import Intake
from gps_ingest.mqtt import Message
from gps_ingest.operations.canary import canary_payload
from tests.builders import SEVEN


class Inbox:
    """Brings what it was given, and keeps what was acknowledged."""

    connections = 1

    def __init__(self, messages):
        self.messages, self.acknowledged, self.emptied = messages, [], []

    def receive(self, most, wait_s):
        return self.read_more(most)

    def read_more(self, most):
        messages, self.messages = self.messages, []
        return messages

    def empty(self, topic):
        self.emptied.append(topic)

    def acknowledge(self, messages):
        self.acknowledged += [one.mid for one in messages]


def an_intake(tmp_path, messages):
    inbox = Inbox(messages)
    return Intake(cast(Any, inbox), cast(Any, SimpleNamespace(vehicles={})), tmp_path), inbox


def test_canaries_that_somebody_else_makes_up_leave_ours_their_turn(tmp_path):
    """On an open loopback anybody may publish there: a broker that brings ours must not be taken for one that is deaf."""
    made_up = [Message(CANARY, f"{n} made up".encode(), SEVEN, n, 1, 1) for n in range(1, 30_001)]
    ours = Message(CANARY, canary_payload(7, tmp_path), SEVEN, 40_000, 1, 1)
    intake, inbox = an_intake(tmp_path, [*made_up, ours])
    intake.read(0.0)
    (message,) = intake.turns.next().messages
    assert (message.mid, message.payload, message.over_limit_of) == (40_000, b"7", "")
    assert len(inbox.acknowledged) == 30_000


def test_a_position_that_the_broker_kept_is_emptied_and_only_our_own_empty_message_is_left_out(tmp_path):
    topic, another = "transbinjai/v1/trackers/A/position", "transbinjai/v1/trackers/B/position"
    kept = Message(topic, b"{}", SEVEN, 1, 1, 1, retained=True)
    after = [Message(topic, b"", SEVEN, 2, 1, 1), Message(another, b"", SEVEN, 3, 1, 1), Message(topic, b"{}", SEVEN, 4, 1, 1)]
    intake, inbox = an_intake(tmp_path, [kept])
    intake.read(0.0)
    inbox.messages = after
    intake.read(0.0)
    assert inbox.emptied == [topic]
    assert inbox.acknowledged == [2]
    assert {one.mid for one in intake.turns.next().messages} == {1, 3, 4}
