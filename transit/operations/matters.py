"""A matter: a trouble that has lasted, as a row of the dispatcher's inbox, with what people did about it.

A trouble is a matter when it has been found for some seconds without a break, and is over when it has not been found for
longer than that. What people do about it is added and never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from transit.operations.limits import InboxLimits
from transit.operations.troubles import Trouble, TroubleKind

OF_HEADWAYS = (TroubleKind.BUNCHED, TroubleKind.GAP)
WATCHED = frozenset({TroubleKind.FALLS_SILENT})  # most end by themselves within minutes: shown apart, nobody is called


class DeedKind(StrEnum):
    TAKE = "take"
    SNOOZE = "snooze"  # until a moment
    CLOSE = "close"  # with a reason
    UNDO = "undo"  # takes back the last of the others that stands


@dataclass(frozen=True, slots=True)
class MatterDeed:
    kind: DeedKind
    at: datetime
    person: str
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """deeds: in order of time. cleared_at: when it was over by itself; None while it is not."""

    matter_id: int
    trouble: Trouble
    opened_at: datetime
    cleared_at: datetime | None = None
    deeds: tuple[MatterDeed, ...] = ()

    def standing_deeds(self, at: datetime) -> list[MatterDeed]:
        """What people did until a moment and have not taken back."""
        stack: list[MatterDeed] = []
        for deed in self.deeds:
            if deed.at > at:
                break
            if deed.kind is not DeedKind.UNDO:
                stack.append(deed)
            elif stack:
                stack.pop()
        return stack


class Handling(StrEnum):
    """How a matter stands with people."""

    NEW = "new"
    TAKEN = "taken"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    OVER = "over"  # it ended by itself


@dataclass(frozen=True, slots=True)
class MatterState:
    """How a matter stands at a moment; deed: the one that made it so."""

    handling: Handling
    deed: MatterDeed | None = None
    can_undo: bool = False


def matter_state(matter: Matter, at: datetime) -> MatterState:
    """Over, else closed or put off by the newest deed that still counts, else taken, else new."""
    deeds = matter.standing_deeds(at)
    if matter.cleared_at is not None and matter.cleared_at <= at:
        return MatterState(Handling.OVER, deeds[-1] if deeds else None)
    for deed in reversed(deeds):
        if deed.kind is DeedKind.CLOSE:
            return MatterState(Handling.CLOSED, deed, can_undo=True)
        if deed.kind is DeedKind.SNOOZE and deed.until is not None and at < deed.until:
            return MatterState(Handling.SNOOZED, deed, can_undo=True)
    taken = next((deed for deed in reversed(deeds) if deed.kind is DeedKind.TAKE), None)
    return MatterState(Handling.NEW if taken is None else Handling.TAKEN, taken, can_undo=bool(deeds))


@dataclass(frozen=True, slots=True)
class Lasting:
    """What is remembered from one look to the next. Keys are those of troubles."""

    found_since: Mapping[str, datetime] = field(default_factory=dict)  # of those that are no matter yet
    open: Mapping[str, datetime | None] = field(default_factory=dict)  # matters: since when not found; None: found now


@dataclass(frozen=True, slots=True)
class MatterChanges:
    """What a look changed: troubles that are matters from now on, and keys of matters that are over."""

    opened: tuple[Trouble, ...] = ()
    cleared: tuple[str, ...] = ()


def _clears_s(key: str, limits: InboxLimits) -> float:
    return limits.headway_clears_s if key.partition("|")[0] in OF_HEADWAYS else limits.clears_s


def look(before: Lasting, troubles: Iterable[Trouble], now: datetime, limits: InboxLimits) -> tuple[Lasting, MatterChanges]:
    """What is remembered after a look, and what it changed: a trouble that lasts becomes a matter, one long gone is over."""
    by_key = {trouble.key: trouble for trouble in troubles}
    lasts = timedelta(seconds=limits.lasts_s)
    still_open: dict[str, datetime | None] = {}
    cleared = []
    for key, gone_since in before.open.items():
        if key in by_key:
            still_open[key] = None
        else:
            gone_since = now if gone_since is None else min(gone_since, now)
            if now - gone_since >= timedelta(seconds=_clears_s(key, limits)):
                cleared.append(key)
            else:
                still_open[key] = gone_since
    found_since: dict[str, datetime] = {}
    opened = []
    for key, trouble in by_key.items():
        if key in still_open:
            continue
        since = min(before.found_since.get(key, now), now)
        if now - since >= lasts:
            still_open[key] = None
            opened.append(trouble)
        else:
            found_since[key] = since
    return Lasting(found_since, still_open), MatterChanges(tuple(opened), tuple(cleared))
