"""Every trouble of the fleet, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from transit.operations import (
    battery,
    broker_door,
    clocks,
    edits,
    evidence,
    feed,
    loose,
    notices,
    off_line,
    outage,
    parts,
    reports,
    spacing,
    standing,
    tickets,
    trackers,
)
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
    spacing.troubles,
    off_line.troubles,
    loose.troubles,
    tickets.troubles,
    broker_door.troubles,
    standing.troubles,
    trackers.troubles,
    battery.troubles,
    edits.troubles,
    evidence.troubles,
)


def troubles_of(facts: FleetFacts) -> list[Trouble]:
    return sorted((trouble for rule in RULES for trouble in rule(facts)), key=lambda trouble: trouble.weight)
