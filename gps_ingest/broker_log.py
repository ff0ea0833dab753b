"""What the embedded broker turned away, read from its log, the only place where it says so."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import msgspec

from transit.operations.broker_refusals import OTHERS, BrokerRefusals, RefusalCause

MOST_AT_ONCE = 1 << 20  # bytes of one look: a device that tries again each second writes 100 in that time
MOST_SAID = 200  # characters of the broker's words
# [26108] 2026/11/25 19:29:35.014671 [ERR] 127.0.0.1:43661 - mid:31 - "" - older protocol "MQIsdp" not supported
LINE = re.compile(
    r'^\[\d+\] [\d/]+ [\d:.]+ \[(?:ERR|WRN)\] (?P<address>\S+) - mid:\d+ - (?:"(?P<client>.*?)" - )?(?P<said>.*)$'
)
CLASH = re.compile(r"since both have the same client ID")
SUBJECT = re.compile(r'Subject "(.+?)"')
# NATS writes the levels of a topic with dots, an empty level as a slash, and a dot as two slashes
SUBJECTS_READ = re.compile(
    r"transbinjai\.v1\.trackers\.[^.]+\.(?:position|status)|owntracks\.[^.]+\.[^.]+|traccar\.[^.]+|/\.hfp\.v2\..*"
)
USER = re.compile(r'User "(.+?)"')  # under which somebody tried to log in
OWN = "transit-canary-"  # of client ids: the canary comes again and again
MOST_NAMES = 200  # of those refused, between two times of writing them down; those beyond it share a name
MOST_LOG_BYTES = 20 << 20  # of the log, which an attacker fills with one line for each try
CAUSES = (  # the first that is found in the broker's words
    (re.compile(r"older protocol|unacceptable protocol|protocol name"), RefusalCause.PROTOCOL),
    (
        re.compile(
            r"character not supported|wildcards not allowed|invalid topic|topic cannot|empty topic|topic.*(?:not valid|invalid)"
        ),
        RefusalCause.TOPIC,
    ),
    (CLASH, RefusalCause.CLASH),
    (re.compile(r"client ID", re.IGNORECASE), RefusalCause.CLIENT_ID),
    (re.compile(r"maximum payload"), RefusalCause.PAYLOAD),
    (re.compile(r"violation", re.IGNORECASE), RefusalCause.PERMISSION),
    (re.compile(r"authenticat|authoriz|password", re.IGNORECASE), RefusalCause.LOGIN),
)
HARMLESS = re.compile(
    r"unable to connect|i/o timeout|connection reset|broken pipe|EOF|Stale|Slow Consumer|closed", re.IGNORECASE
)


class LogPlace(msgspec.Struct):
    """How far the log was read. begins: the first line of that file; another one means a new file."""

    begins: str = ""
    offset: int = 0


class BrokerLog:
    """refusals() returns what was written since it was last asked, by this process or one before it."""

    def __init__(self, folder: Path, clock: Callable[[], datetime], most_bytes: int = MOST_LOG_BYTES) -> None:
        """folder: of the broker, below DATA_DIR. most_bytes: a longer log is emptied when all of it is stored."""
        self.clock, self._most_bytes = clock, most_bytes
        self._log, self._kept = folder / "broker.log", folder / "broker.log.read"
        self._place = self._load()

    def refusals(self) -> list[BrokerRefusals]:
        """What is new in the log, by cause and client. The time is ours, not the log's, which knows nothing of a set clock."""
        now = self.clock()
        counted: dict[tuple[RefusalCause, str], BrokerRefusals] = {}
        for line in self._new_lines():
            refused = refusal_of(line, now)
            if refused is not None:
                if len(counted) >= MOST_NAMES and (refused.cause, refused.client) not in counted:
                    refused = replace(refused, client=OTHERS)
                before = counted.get((refused.cause, refused.client))
                count = refused.count + (before.count if before else 0)
                counted[refused.cause, refused.client] = replace(refused, count=count)
        return list(counted.values())

    def keep(self) -> None:
        """To be called when what refusals() returned is stored: it is not returned again."""
        self._kept.write_bytes(msgspec.json.encode(self._place))
        with suppress(OSError):
            if self._place.offset > self._most_bytes and self._place.offset == self._log.stat().st_size:
                os.truncate(self._log, 0)  # the broker appends

    def _load(self) -> LogPlace:
        try:
            return msgspec.json.decode(self._kept.read_bytes(), type=LogPlace)
        except (OSError, msgspec.MsgspecError):
            return LogPlace()

    def _new_lines(self) -> list[str]:
        try:
            with self._log.open("rb") as file:
                begins = file.readline(200).decode(errors="replace")
                if begins != self._place.begins:  # the broker was started anew, or its log emptied
                    self._place = LogPlace(begins, 0)
                file.seek(self._place.offset)
                read = file.read(MOST_AT_ONCE)
        except OSError:  # an embedded broker is not there, or has not started yet
            return []
        whole = read[: read.rfind(b"\n") + 1]
        self._place = LogPlace(self._place.begins, self._place.offset + len(whole))
        return whole.decode(errors="replace").splitlines()


def refusal_of(line: str, now: datetime) -> BrokerRefusals | None:
    """The refusal that a line of the log speaks of; None if it speaks of none."""
    match = LINE.match(line)
    if match is None or HARMLESS.search(match["said"]):
        return None
    cause = next((cause for pattern, cause in CAUSES if pattern.search(match["said"])), RefusalCause.OTHER)
    client = match["client"] or match["address"].rpartition(":")[0].strip("[]")
    words = match["said"]
    topic = _topic_that_nobody_reads(words) if cause is RefusalCause.PERMISSION else ""
    if topic:
        cause, words = RefusalCause.STRANGE_TOPIC, topic
    user = USER.search(match["said"]) if cause is RefusalCause.LOGIN else None
    if user is not None:
        client = user[1]
    if client.startswith(OWN):
        return None
    return BrokerRefusals(cause=cause, client=client[:MOST_SAID], count=1, first_at=now, last_at=now, said=words[:MOST_SAID])


def _topic_that_nobody_reads(words: str) -> str:
    """The topic of a message that nobody may send; empty where it is only another tracker's."""
    subject = SUBJECT.search(words)
    if subject is None or SUBJECTS_READ.fullmatch(subject[1]):
        return ""
    return "/".join("" if level == "/" else level.replace("//", ".") for level in subject[1].split("."))
