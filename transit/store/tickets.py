"""What riders reported, what they had been promised at that moment, and what they were answered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, func, insert, select, update

from transit.operations.facts import WaitingTicket
from transit.store.tables import tickets

MOST_LISTED = 200  # tickets on a page
MOST_WAITING = 20  # tickets that are told as waiting


class UnknownTicket(LookupError):
    """No ticket has this ticket_id."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """said: times, same report. promised: msgpack of what the page showed, opaque here. No field says who reported.

    about_at: the moment that it speaks of; None in those of an earlier version.
    """

    ticket_id: str
    kind: str
    stop_id: str
    created_at: datetime
    text: str = ""
    promised: bytes = b""
    said: int = 1
    answer: str = ""
    answered_at: datetime | None = None
    about_at: datetime | None = None


def save_ticket(connection: Connection, ticket: Ticket) -> None:
    row = {name: getattr(ticket, name) for name in Ticket.__slots__}
    connection.execute(insert(tickets).values(row))


def say_again(connection: Connection, ticket_id: str) -> None:
    """One more rider says the same."""
    connection.execute(update(tickets).where(tickets.c.ticket_id == ticket_id).values(said=tickets.c.said + 1))


def answer_ticket(connection: Connection, ticket_id: str, answer: str, *, now: datetime) -> None:
    """Raises UnknownTicket."""
    changed = connection.execute(update(tickets).where(tickets.c.ticket_id == ticket_id).values(answer=answer, answered_at=now))
    if not changed.rowcount:
        raise UnknownTicket(ticket_id)


def load_ticket(connection: Connection, ticket_id: str) -> Ticket:
    """Raises UnknownTicket."""
    row = connection.execute(select(tickets).where(tickets.c.ticket_id == ticket_id)).first()
    if row is None:
        raise UnknownTicket(ticket_id)
    return _ticket_of(row)


def load_tickets(connection: Connection, *, since: datetime) -> list[Ticket]:
    """Those without an answer first, then the newest first."""
    rows = connection.execute(
        select(tickets)
        .where(tickets.c.created_at >= since)
        .order_by(tickets.c.answered_at.is_not(None), tickets.c.created_at.desc(), tickets.c.ticket_id)
        .limit(MOST_LISTED)
    )
    return [_ticket_of(row) for row in rows]


def load_waiting(connection: Connection, before: datetime) -> list[WaitingTicket]:
    """Those from before a moment that have no answer, the oldest first."""
    table = tickets.c
    rows = connection.execute(
        select(table.ticket_id, table.stop_id, table.created_at)
        .where(table.created_at <= before, table.answered_at.is_(None))
        .order_by(table.created_at, table.ticket_id)
        .limit(MOST_WAITING)
    )
    return [WaitingTicket(ticket_id, stop_id, created_at) for ticket_id, stop_id, created_at in rows]


def count_tickets(connection: Connection, *, since: datetime) -> int:
    return int(connection.execute(select(func.count()).where(tickets.c.created_at >= since)).scalar_one())


def find_same(
    connection: Connection, kind: str, stop_id: str, *, since: datetime, about: tuple[datetime, datetime]
) -> Ticket | None:
    """An open ticket of the same kind at the same stop, without a text of its own, that speaks of a moment in a time."""
    row = connection.execute(
        select(tickets)
        .where(
            tickets.c.kind == kind,
            tickets.c.stop_id == stop_id,
            tickets.c.text == "",
            tickets.c.answered_at.is_(None),
            tickets.c.created_at >= since,
            tickets.c.about_at >= about[0],
            tickets.c.about_at <= about[1],
        )
        .order_by(tickets.c.created_at.desc())
        .limit(1)
    ).first()
    return None if row is None else _ticket_of(row)


def _ticket_of(row: Row[tuple[object, ...]]) -> Ticket:
    return Ticket(**{name: getattr(row, name) for name in Ticket.__slots__})
