"""What the watch over our own processes reports: their faults, what it started again, what was lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FaultKind(StrEnum):
    """What the watch sees of a part."""

    DEAF = "deaf"  # takes connections, and acknowledges nothing
    NOT_DELIVERED = "not_delivered"  # what it acknowledges does not come out of it
    NOT_STORED = "not_stored"  # what it takes is not stored
    NOT_SHOWN = "not_shown"  # what is stored is not taken up
    SILENT = "silent"  # gives no sign of life, or does not answer
    STOPPED = "stopped"  # somebody stopped the process
    DIED = "died"
    STORE_GONE = "store_gone"  # the broker's store is not where it was, or is another one
    DATABASE = "database"  # it waits for the database


@dataclass(frozen=True, slots=True)
class PartFault:
    """part: a process's name."""

    part: str
    kind: FaultKind
    since: datetime


@dataclass(frozen=True, slots=True)
class Restart:
    part: str
    kind: FaultKind
    at: datetime


@dataclass(frozen=True, slots=True)
class MessageLoss:
    """Messages that were acknowledged and are gone: so many waited when the broker was last asked."""

    messages: int
    at: datetime


@dataclass(frozen=True, slots=True)
class WatchReport:
    """faults: now; restarts and losses: of the last hours."""

    faults: tuple[PartFault, ...] = ()
    restarts: tuple[Restart, ...] = ()
    losses: tuple[MessageLoss, ...] = ()


NOTHING_WRONG = WatchReport()
