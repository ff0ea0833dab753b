"""How many reports of riders came in a time, and how soon they were answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlalchemy import Connection, select

from transit.store.tables import tickets


@dataclass(frozen=True, slots=True)
class TicketFigures:
    """said: riders who said so, who may be several of one report. answer_h: hours to the answer, their median."""

    received: int
    said: int
    answered: int
    answer_h: float | None
    by_kind: tuple[tuple[str, int], ...]  # the most frequent first


def ticket_figures(connection: Connection, since: datetime, until: datetime) -> TicketFigures:
    """Of the reports that came in a time; answers count whenever they were given."""
    table = tickets.c
    rows = connection.execute(
        select(table.kind, table.said, table.created_at, table.answered_at).where(
            table.created_at >= since, table.created_at < until
        )
    ).all()
    hours = [(row.answered_at - row.created_at).total_seconds() / 3600.0 for row in rows if row.answered_at is not None]
    kinds: dict[str, int] = {}
    for row in rows:
        kinds[row.kind] = kinds.get(row.kind, 0) + 1
    return TicketFigures(
        received=len(rows),
        said=sum(row.said for row in rows),
        answered=len(hours),
        answer_h=median(hours) if hours else None,
        by_kind=tuple(sorted(kinds.items(), key=lambda item: (-item[1], item[0]))),
    )
