"""Who may report over HTTP: the trackers that have a password, each as itself."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from typing import NamedTuple

from gps_ingest.broker_log import MOST_NAMES
from gps_ingest.broker_users import topics_of_tracker
from transit.store.credential_hashes import fits_hash, nobodys_hash
from transit.store.tracker_credentials import Credential

TRIES_AT_ONCE, TRIES_PER_S = 50.0, 5.0  # of one network address: a hash takes 2 ms, one of a chosen password 50
MOST_ADDRESSES = 5000  # that are remembered; beyond it all are forgotten


class Admission(Enum):
    """Whether somebody may report."""

    YES = "yes"
    WRONG = "wrong"  # no such user, or not its password, or not its topic
    TOO_OFTEN = "too often"  # it may be right, and is not looked at now
    NOT_YET = "not yet"  # the credentials have not been read since the process began


class Unusable(NamedTuple):
    """Requests from one network address that named nobody. sentence: what the last one was answered."""

    sentence: str
    times: int


class Tries:
    """How often an address may still try a password; one that is known to be right is no try."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}  # address -> tries, and when they were counted

    def admit(self, address: str, now_s: float) -> bool:
        """now_s: of a monotonic clock."""
        if address not in self._left and len(self._left) >= MOST_ADDRESSES:
            self._left.clear()
        tries, counted_s = self._left.get(address, (TRIES_AT_ONCE, now_s))
        tries = min(tries + (now_s - counted_s) * TRIES_PER_S, TRIES_AT_ONCE)
        is_admitted = tries >= 1.0
        self._left[address] = (tries - 1.0 if is_admitted else tries, now_s)
        return is_admitted


class Doorkeeper:
    """Knows the credentials that know() was last given. A password that was right once is not hashed slowly again."""

    def __init__(self, clock_s: Callable[[], float]) -> None:
        """clock_s: monotonic."""
        self._credentials: Mapping[str, Credential] = {}
        self._proven: dict[str, tuple[str, bytes]] = {}  # user -> the stored hash, and a fast one of what fits it
        self._clock_s = clock_s
        self._tries = Tries()
        self._hasher = ThreadPoolExecutor(1)  # one at a time: passwords that are tried must not take the machine
        self.refused: Counter[str] = Counter()  # by the name under which somebody came, since take_refused()
        self.unusable: dict[str, Unusable] = {}  # by network address, since take_unusable()
        self.is_ready = False  # the credentials are known: until then a right password would be called wrong

    def know(self, credentials: Iterable[Credential]) -> None:
        self.is_ready = True
        self._credentials = {credential.user: credential for credential in credentials}
        self._proven = {
            user: proven
            for user, proven in self._proven.items()
            if user in self._credentials and self._credentials[user].nats_hash == proven[0]
        }

    async def ask(self, user: str, password: str, tracker_id: str, topic: str, address: str) -> Admission:
        """Whether the user has this password and may publish there. address: from where it is tried."""
        if not self.is_ready:
            return Admission.NOT_YET
        credential = self._credentials.get(user)
        answer = Admission.YES
        if not self._is_proven(credential, password):
            answer = await self._try(credential, password, address)
        if answer is Admission.YES and (credential is None or not _is_allowed(topic, topics_of_tracker(credential.tracker_id))):
            answer = Admission.WRONG
        if answer is Admission.WRONG and _has_room(self.refused, tracker_id):
            self.refused[tracker_id] += 1
        return answer

    def note_unusable(self, address: str, sentence: str) -> None:
        """A request of a phone that names nobody. sentence: what it was answered."""
        if _has_room(self.unusable, address):
            before = self.unusable.get(address)
            self.unusable[address] = Unusable(sentence, 1 if before is None else before.times + 1)

    def take_unusable(self) -> dict[str, Unusable]:
        """Those since the last call, by network address."""
        unusable, self.unusable = self.unusable, {}
        return unusable

    def take_refused(self) -> Counter[str]:
        """The refusals since the last call, by name."""
        refused, self.refused = self.refused, Counter()
        return refused

    def give_back(self, refused: Mapping[str, int], unusable: Mapping[str, Unusable]) -> None:
        """What was taken and could not be written down; not what has no room any more."""
        for name, count in refused.items():
            if _has_room(self.refused, name):
                self.refused[name] += count
        for address, before in unusable.items():
            if _has_room(self.unusable, address):
                since = self.unusable.get(address, Unusable(before.sentence, 0))
                self.unusable[address] = Unusable(since.sentence, since.times + before.times)

    def _is_proven(self, credential: Credential | None, password: str) -> bool:
        if credential is None or credential.user not in self._proven:
            return False
        stored, digest = self._proven[credential.user]
        return stored == credential.nats_hash and hmac.compare_digest(digest, _digest(password))

    async def _try(self, credential: Credential | None, password: str, address: str) -> Admission:
        if not self._tries.admit(address, self._clock_s()):
            return Admission.TOO_OFTEN
        stored = nobodys_hash() if credential is None else credential.nats_hash  # a name that is not there takes as long
        is_right = await asyncio.get_running_loop().run_in_executor(self._hasher, fits_hash, password, stored)
        if credential is None or not is_right:
            return Admission.WRONG
        self._proven[credential.user] = (credential.nats_hash, _digest(password))
        return Admission.YES


def _has_room(names: Collection[str], name: str) -> bool:
    """Whether a name is counted: whoever invents names must not fill the memory."""
    return name in names or len(names) < MOST_NAMES


def _digest(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()


def _is_allowed(topic: str, allowed: Iterable[str]) -> bool:
    """allowed: topics of MQTT, a + in which stands for one level."""
    levels = topic.split("/")
    patterns = (pattern.split("/") for pattern in allowed)
    return any(
        len(pattern) == len(levels) and all(want in ("+", level) for want, level in zip(pattern, levels, strict=True))
        for pattern in patterns
    )
