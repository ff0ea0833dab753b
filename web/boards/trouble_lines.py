"""Troubles in the reader's language: what is wrong, and what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from transit.operations.troubles import Trouble
from web.words import troubles
from web.words.languages import language
from web.world import World


@dataclass(frozen=True)
class TroubleLine:
    kind: str
    wrong: str
    remedy: str


def trouble_lines(world: World, some: Iterable[Trouble], at: datetime | None = None) -> list[TroubleLine]:
    """The troubles as lines. at: the moment they are of; None: now."""
    timezone = world.network.timezone if world.network else "UTC"
    context = (language(), timezone, at or world.now())
    return [TroubleLine(str(row.kind), troubles.wrong(row, *context), troubles.remedy_on_page(row, *context)) for row in some]
