"""Trackers whose battery runs out."""

from __future__ import annotations

from collections.abc import Iterator

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Figure, Trouble, TroubleKind


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    for row in facts.trackers:
        if row.battery_pct is None or not row.is_heard(facts.now):
            continue
        figures: dict[str, Figure] = {"battery": row.battery_pct, "vehicle": row.vehicle_id or "–"}
        low = Trouble(TroubleKind.BATTERY_LOW, row.tracker_id, figures=figures)
        least = facts.limits.battery_over_pct if low.key in facts.open else facts.limits.battery_pct
        if row.battery_pct < least:
            yield low
