"""Every trouble of the fleet, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from transit.operations import broker_door, clocks, edits, evidence, feed, notices, outage, parts, reports, standing, trackers
from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble

Rule = Callable[[FleetFacts], Iterator[Trouble]]
RULES: tuple[Rule, ...] = (
    parts.troubles,
    feed.troubles,
    notices.troubles,
    outage.troubles,
    clocks.troubles,
    reports.troubles,
    broker_door.troubles,
    standing.troubles,
    trackers.troubles,
    edits.troubles,
    evidence.troubles,
)


def troubles_of(facts: FleetFacts) -> list[Trouble]:
    return sorted((trouble for rule in RULES for trouble in rule(facts)), key=lambda trouble: trouble.weight)
