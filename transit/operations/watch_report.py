"""What the watch over our own processes reports: their faults, restarts and lost messages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FaultKind(StrEnum):
    """What is wrong with a process or a store."""

    DEAF = "deaf"  # accepts connections but acknowledges nothing
    NOT_DELIVERED = "not_delivered"  # acknowledges messages but does not deliver them
    NOT_STORED = "not_stored"  # receives messages but does not store them
    NOT_SHOWN = "not_shown"  # does not take up what is stored
    SILENT = "silent"  # gives no sign of life and no answer
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
    """Messages that were acknowledged and are gone. Their number is what waited when the broker was last asked."""

    messages: int
    at: datetime


@dataclass(frozen=True, slots=True)
class WatchReport:
    """faults: those of now; restarts and losses: those of the last hours."""

    faults: tuple[PartFault, ...] = ()
    restarts: tuple[Restart, ...] = ()
    losses: tuple[MessageLoss, ...] = ()


NOTHING_WRONG = WatchReport()
