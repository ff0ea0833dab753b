"""Whether anything comes in at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind

SILENT = timedelta(minutes=5)  # a fleet that says nothing for so long is not there


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    heard = [facts.newest_received_at, *(row.last_received_at for row in facts.trackers)]  # refused ones are in no report
    newest = max((at for at in heard if at is not None), default=None)
    if newest is None:
        yield Trouble(TroubleKind.NEVER_REPORTED)
    elif facts.now - newest > SILENT and facts.watch.since is None:  # else it is told as an outage, and of which buses
        yield Trouble(TroubleKind.NO_REPORTS, since=newest, figures={"age_s": (facts.now - newest).total_seconds()})
