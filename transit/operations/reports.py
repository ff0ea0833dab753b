"""Whether anything comes in at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.facts import FleetFacts
from transit.operations.service_hours import is_in_service_for
from transit.operations.troubles import Trouble, TroubleKind

SILENT = timedelta(minutes=5)  # without any report for longer, the silence is told


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    heard = [facts.newest_received_at, *(row.last_received_at for row in facts.trackers)]  # these include refused reports
    newest = max((at for at in heard if at is not None), default=None)
    if newest is None:
        yield Trouble(TroubleKind.NEVER_REPORTED)
    elif facts.now - newest > SILENT and _should_report(facts):
        yield Trouble(TroubleKind.NO_REPORTS, since=newest, figures={"age_s": (facts.now - newest).total_seconds()})


def _should_report(facts: FleetFacts) -> bool:
    """Not at night, nor on a day without service. An outage is told instead where there is one."""
    if facts.watch.since is not None:
        return False
    return facts.network is None or is_in_service_for(facts.network, facts.now, SILENT)
