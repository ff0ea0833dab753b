"""The dispatchers' inbox: one row for each matter, now or at an earlier moment."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from transit.operations.matters import WATCHED, Handling, Matter, MatterState, matter_state
from transit.operations.troubles import Trouble, TroubleKind
from transit.store.matters import load_matters, load_open
from web.boards.trouble_lines import trouble_lines
from web.words import matters
from web.words.matters import NextStep
from web.world import World


@dataclass(frozen=True)
class MatterRow:
    """A matter as a row. vehicle_id: of the bus page that it links to; empty: none."""

    matter: Matter
    trouble: Trouble  # with the figures of now, where it is still found
    stand: MatterState
    wrong: str
    remedy: str
    step: NextStep | None
    vehicle_id: str

    @property
    def since(self) -> datetime:
        """Never after the matter was first seen: of some troubles, as a clock that is set, only the newest moment is known."""
        return min(self.trouble.since or self.matter.opened_at, self.matter.opened_at)


@dataclass(frozen=True)
class InboxBoard:
    """todo: not closed and not put off. watched: kinds that mostly end by themselves. more: those of todo beyond MOST."""

    todo: list[MatterRow]
    watched: list[MatterRow]
    snoozed: list[MatterRow]
    closed: list[MatterRow]
    more: int = 0


MOST = 60  # rows shown, the most urgent; keeps the page below 60 kB


SNOOZES_MIN = (10, 30, 60, 240)  # minutes: a round, half an hour, an hour, until the next shift


def inbox_values(world: World) -> dict[str, object]:
    """What the template of the inbox needs."""
    values = {"inbox": inbox_board(world), "is_live": world.is_live, "matters": matters}
    return {**values, "wrong": None, "snoozes": SNOOZES_MIN}


def inbox_board(world: World) -> InboxBoard:
    with world.engine.connect() as connection:
        some = load_open(connection)
    return _board(world, some, world.view.troubles, world.now())


def inbox_at(world: World, at: datetime, troubles: Iterable[Trouble]) -> InboxBoard:
    """The inbox at an earlier moment. troubles: those found then."""
    with world.engine.connect() as connection:
        some = load_matters(connection, at, at)
    return _board(world, some, troubles, at)


def one_row(world: World, matter: Matter) -> MatterRow:
    return _rows(world, [matter], world.view.troubles, world.now())[0]


def _board(world: World, some: list[Matter], troubles: Iterable[Trouble], at: datetime) -> InboxBoard:
    rows = sorted(_rows(world, some, troubles, at), key=lambda row: (*row.trouble.weight, row.matter.matter_id))
    open_rows = [row for row in rows if row.stand.handling in (Handling.NEW, Handling.TAKEN)]
    todo = [row for row in open_rows if row.trouble.kind not in WATCHED]
    return InboxBoard(
        todo=todo[:MOST],
        more=len(todo[MOST:]),
        watched=[row for row in open_rows if row.trouble.kind in WATCHED][:MOST],
        snoozed=[row for row in rows if row.stand.handling is Handling.SNOOZED],
        closed=[row for row in rows if row.stand.handling is Handling.CLOSED],
    )


def _rows(world: World, some: list[Matter], troubles: Iterable[Trouble], at: datetime) -> list[MatterRow]:
    by_key = {trouble.key: trouble for trouble in troubles}
    newest = [by_key.get(matter.trouble.key, matter.trouble) for matter in some]
    lines = trouble_lines(world, newest, at)
    return [
        MatterRow(
            matter=matter,
            trouble=trouble,
            stand=matter_state(matter, at),
            wrong=line.wrong,
            remedy=line.remedy,
            step=matters.first_step(trouble),
            vehicle_id=_vehicle(world, trouble),
        )
        for matter, trouble, line in zip(some, newest, lines, strict=True)
    ]


def _vehicle(world: World, trouble: Trouble) -> str:
    vehicle_id = matters.vehicle_of(trouble)
    if trouble.kind is TroubleKind.TICKET_WAITS:
        return ""
    return vehicle_id if vehicle_id in world.states else ""
