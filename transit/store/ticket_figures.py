"""How many reports of riders came in a time, and how soon they were answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median

from sqlalchemy import Connection, select

from transit.store.tables import tickets


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """said: riders who said so, who may be several of one report. answer_h: hours to the answer, their median.

    shown: what is counted -> (moment, stop_id) of the newest report of it: "received", "answered", or a kind; of "answer_h"
    the one that waited longest.
    """

    received: int
    said: int
    answered: int
    answer_h: float | None
    by_kind: tuple[tuple[str, int], ...]  # the most frequent first
    shown: Mapping[str, tuple[datetime, str]] = field(default_factory=dict)


def ticket_figures(connection: Connection, since: datetime, until: datetime) -> TicketFigures:
    """Of the reports that came in a time; answers count whenever they were given."""
    table = tickets.c
    rows = connection.execute(
        select(table.kind, table.said, table.created_at, table.answered_at, table.about_at, table.stop_id)
        .where(table.created_at >= since, table.created_at < until)
        .order_by(table.created_at, table.ticket_id)
    ).all()
    hours, kinds = [], Counter(row.kind for row in rows)
    shown: dict[str, tuple[datetime, str]] = {}
    for row in rows:
        place = row.about_at or row.created_at, row.stop_id
        shown["received"] = shown[row.kind] = place
        if row.answered_at is not None:
            shown["answered"] = place
            hours.append((row.answered_at - row.created_at).total_seconds() / 3600.0)
            if hours[-1] == max(hours):
                shown["answer_h"] = place
    return TicketFigures(
        received=len(rows),
        said=sum(row.said for row in rows),
        answered=len(hours),
        answer_h=median(hours) if hours else None,
        by_kind=tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0]))),
        shown=shown,
    )
