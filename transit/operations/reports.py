"""Whether anything comes in at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind

SILENT = timedelta(minutes=5)  # without any report for longer, the silence is told


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    heard = [facts.newest_received_at, *(row.last_received_at for row in facts.trackers)]  # these include refused reports
    newest = max((at for at in heard if at is not None), default=None)
    if newest is None:
        yield Trouble(TroubleKind.NEVER_REPORTED)
    elif facts.now - newest > SILENT and facts.watch.since is None:  # an outage is told instead where there is one
        yield Trouble(TroubleKind.NO_REPORTS, since=newest, figures={"age_s": (facts.now - newest).total_seconds()})
