"""Riders who wait for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    for ticket in facts.tickets:
        if facts.now - ticket.created_at >= timedelta(hours=facts.limits.ticket_h):
            stop = facts.network.stops.get(ticket.stop_id) if facts.network else None
            figures: dict[str, str | float] = {
                "place": stop.name if stop is not None else "–",
                "age_s": (facts.now - ticket.created_at).total_seconds(),
            }
            yield Trouble(TroubleKind.TICKET_WAITS, ticket.ticket_id, ticket.created_at, figures)
