"""The parts of this system that do not work, were started again, or lost something."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind

TOLD_FOR = timedelta(hours=1)  # how long a restart or a loss is told


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    report = facts.parts
    for fault in report.faults:
        yield Trouble(TroubleKind.PART_FAULT, fault.part, fault.since, {"case": fault.kind.value})
    again = [row for row in report.restarts if abs(facts.now - row.at) <= TOLD_FOR]
    for part in sorted({row.part for row in again}):
        moments = [row.at for row in again if row.part == part]
        yield Trouble(TroubleKind.PART_RESTARTED, part, max(moments), {"count": len(moments)})
    for loss in report.losses:
        if abs(facts.now - loss.at) <= TOLD_FOR:
            yield Trouble(TroubleKind.MESSAGES_LOST, "", loss.at, {"count": loss.messages})
