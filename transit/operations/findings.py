"""Every trouble of the fleet, in the order in which it is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

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
from transit.operations.troubles import Trouble, TroubleKind

MOST_STRANGERS = 20  # trackers on no vehicle that are told by name: a screen of them
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
    named, more = _named(facts)
    troubles = [trouble for rule in RULES for trouble in rule(named)]
    return sorted([*troubles, *more], key=lambda trouble: trouble.weight)


def _named(facts: FleetFacts) -> tuple[FleetFacts, list[Trouble]]:
    """The facts without the unmapped trackers beyond MOST_STRANGERS, and a trouble that says how many were left out.

    Anybody can send under invented tracker names; the limit keeps the list readable.
    """
    strangers = [row for row in facts.trackers if row.vehicle_id is None and row.tracker_id != trackers.UNKNOWN]
    if len(strangers) <= MOST_STRANGERS:
        return facts, []
    long_ago = datetime.min.replace(tzinfo=UTC)
    newest = sorted(strangers, key=lambda row: row.last_received_at or long_ago, reverse=True)[:MOST_STRANGERS]
    left_out = {row.tracker_id for row in strangers} - {row.tracker_id for row in newest}
    kept = [row for row in facts.trackers if row.tracker_id not in left_out]
    return replace(facts, trackers=kept), [Trouble(TroubleKind.MORE_UNMAPPED, figures={"count": len(left_out)})]
