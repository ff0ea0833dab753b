"""What riders report is kept as a ticket, with what they had been promised at that moment."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import msgspec

from transit.store.database import writing
from transit.store.formats import StoredFormat
from transit.store.tickets import Ticket, count_tickets, find_same, save_ticket, say_again
from web.as_json import an_arrival
from web.boards.stop_board import rows_of
from web.world import World

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # nothing that is misread over a telephone
LENGTH = 8  # 31^8: no one guesses a ticket of somebody else
SAME_WITHIN = timedelta(minutes=10)
SAME_ABOUT = timedelta(minutes=5)  # of a time that was typed: riders round it
A_MINUTE = timedelta(minutes=1)
PER_MINUTE = 600  # of the whole city: more is somebody's script from many networks, and the disk is everybody's
PER_NETWORK = 6  # a minute, of one network at one worker: more is one client's script; others go on
TEXT_AT_MOST = 400
PROMISED = StoredFormat(list[dict[str, Any]], number=1)  # rows as the API gives them


class TooManyTickets(RuntimeError):
    """More reports in a minute than people write."""


def keep_ticket(world: World, kind: str, stop_id: str, text: str, about_at: datetime | None = None) -> str:
    """The ticket's id; the same said again within minutes, of the same time, joins the ticket that is there.

    about_at: when it happened; None = now, and then what the page promises now is kept with it. Raises TooManyTickets.
    """
    now = world.now()
    rows = [msgspec.to_builtins(an_arrival(row)) for row in rows_of(world, stop_id)] if stop_id and about_at is None else []
    about, within = about_at or now, SAME_WITHIN if about_at is None else SAME_ABOUT
    with writing(world.engine) as connection:
        if count_tickets(connection, since=now - A_MINUTE) >= PER_MINUTE:
            raise TooManyTickets
        span = (about - within, about + within)
        same = find_same(connection, kind, stop_id, since=now - SAME_WITHIN, about=span) if not text else None
        if same is not None:
            say_again(connection, same.ticket_id)
            return same.ticket_id
        ticket_id = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        save_ticket(
            connection,
            Ticket(
                ticket_id=ticket_id,
                kind=kind,
                stop_id=stop_id,
                created_at=now,
                text=text,
                promised=PROMISED.encode(rows),
                about_at=about,
            ),
        )
    return ticket_id
