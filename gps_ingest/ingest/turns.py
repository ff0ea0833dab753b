"""Messages that wait to be stored, in the order of the trackers' turns: nobody waits behind another's buffer."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gps_ingest.broker_access import CANARY
from gps_ingest.decoder import MAX_PAYLOAD, fixes_in, pieces_of, sender_of
from gps_ingest.ingest.allowance import Allowance
from gps_ingest.mqtt import Message

MOST_MESSAGES = 3000  # in one commit: only when they pile up, then one fsync serves more of them
BATCH_S = 0.4  # aim for one commit: a message in a flood waits for the commit before it and for its own
FEWEST, MOST_FIXES = 100, 3000  # of a batch, however slow or fast the last ones were
PIECE = 100  # fixes of a tracker in one turn: a buffer is taken in pieces of so many
PACE_S = 0.0005  # for one fix, until the first batches show it


@dataclass(frozen=True, slots=True)
class Turn:
    """What is stored with the next commit, and how many fixes that is at most."""

    messages: list[Message]
    fixes: int


class Turns:
    """add() what came, next() what is to be stored; note() says how long that took."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._waiting: dict[str, deque[tuple[Message, int]]] = {}  # by sender; those with nothing waiting are absent
        self._refused: deque[Message] = deque()
        self._pace_s = PACE_S
        self.held_bytes = 0

    def __bool__(self) -> bool:
        return bool(self._waiting or self._refused)

    def add(self, messages: Iterable[Message], now_s: float) -> None:
        """now_s: of a monotonic clock."""
        for message in messages:
            sender = CANARY if message.topic == CANARY else sender_of(message.topic, message.payload)
            fixes = fixes_in(message.topic, message.payload)
            if not self._allowance.admits(sender, fixes, len(message.payload), now_s):
                self._refused.append(replace(message, payload=b"", over_limit_of=sender))
                continue
            waiting = self._waiting.setdefault(sender, deque())
            waiting.extend(_in_pieces(message, fixes))
            self.held_bytes += len(message.payload)

    def next(self) -> Turn:
        """A piece of what waits of each tracker, in turn and again, until the batch is as large as it may be."""
        most_fixes = min(max(BATCH_S / self._pace_s, FEWEST), MOST_FIXES)
        messages: list[Message] = []
        fixes = 0
        while self._waiting and fixes < most_fixes and len(messages) < MOST_MESSAGES:
            sender = next(iter(self._waiting))
            waiting = self._waiting.pop(sender)
            taken = 0
            while waiting and (not taken or taken + waiting[0][1] <= PIECE):
                message, count = waiting.popleft()
                messages.append(message)
                taken += count
                self.held_bytes -= len(message.payload)
            if waiting:
                self._waiting[sender] = waiting  # behind all others
            fixes += taken
        messages += [self._refused.popleft() for _ in range(min(len(self._refused), MOST_MESSAGES))]
        return Turn(messages, fixes)

    def note(self, turn: Turn, seconds: float) -> None:
        """How long a turn took: the next one is as large as fits into BATCH_S at that pace."""
        if turn.fixes:
            self._pace_s += (seconds / turn.fixes - self._pace_s) / 2

    def forget(self) -> None:
        """The connection is gone: the broker brings again what was not acknowledged."""
        self._waiting.clear()
        self._refused.clear()
        self.held_bytes = 0


def _in_pieces(message: Message, fixes: int) -> list[tuple[Message, int]]:
    """A message and the number of its fixes; a long array as several, of which the last is acknowledged."""
    if fixes <= PIECE or len(message.payload) > MAX_PAYLOAD:
        return [(message, min(fixes, PIECE))]
    parts = pieces_of(message.payload, PIECE)
    is_whole = len(parts) == 1
    pieces = [(replace(message, payload=part, is_whole=False, is_last=False), PIECE) for part in parts[:-1]]
    return [*pieces, (replace(message, payload=parts[-1], is_whole=is_whole), PIECE)]
