"""A matter: a trouble that has lasted, as a row of the dispatcher's inbox, with the deeds of people.

A trouble becomes a matter when it is found without a break for InboxLimits.lasts_s, and is over when it is not found for
clears_s. Deeds are added and never changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from transit.operations.limits import InboxLimits
from transit.operations.troubles import Trouble, TroubleKind

OF_HEADWAYS = (TroubleKind.BUNCHED, TroubleKind.GAP)
WATCHED = frozenset({TroubleKind.FALLS_SILENT})  # shown apart, without an alarm: most end by themselves within minutes


class DeedKind(StrEnum):
    TAKE = "take"
    SNOOZE = "snooze"  # until a moment
    CLOSE = "close"  # with a reason
    UNDO = "undo"  # takes back the last deed that is not undone


@dataclass(frozen=True, slots=True)
class MatterDeed:
    kind: DeedKind
    at: datetime
    person: str
    until: datetime | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """deeds: oldest first. cleared_at: when the trouble was gone; None while it lasts."""

    matter_id: int
    trouble: Trouble
    opened_at: datetime
    cleared_at: datetime | None = None
    deeds: tuple[MatterDeed, ...] = ()

    @property
    def began_at(self) -> datetime:
        """Never after it was first seen: of some troubles, as a clock that is set, only the newest moment is known."""
        return min(self.trouble.since or self.opened_at, self.opened_at)

    def standing_deeds(self, at: datetime) -> list[MatterDeed]:
        """The deeds up to a moment that are not undone, oldest first."""
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
    """What people have done about a matter, or that it is over."""

    NEW = "new"
    TAKEN = "taken"
    SNOOZED = "snoozed"
    CLOSED = "closed"
    OVER = "over"  # it ended by itself


@dataclass(frozen=True, slots=True)
class MatterState:
    """The handling of a matter at a moment. deed: the one that led to it; None without one."""

    handling: Handling
    deed: MatterDeed | None = None
    can_undo: bool = False


def matter_state(matter: Matter, at: datetime) -> MatterState:
    """Over, else closed or put off by the newest deed in force, else taken, else new."""
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
    """What is kept from one look to the next, by Trouble.key."""

    found_since: Mapping[str, datetime] = field(default_factory=dict)  # troubles that are not matters yet
    open: Mapping[str, datetime | None] = field(default_factory=dict)  # matters -> since when not found; None: found


@dataclass(frozen=True, slots=True)
class MatterChanges:
    """The result of a look: troubles that have become matters, and keys of matters that are over."""

    opened: tuple[Trouble, ...] = ()
    cleared: tuple[str, ...] = ()


def _clears_s(key: str, limits: InboxLimits) -> float:
    return limits.headway_clears_s if key.partition("|")[0] in OF_HEADWAYS else limits.clears_s


def look(before: Lasting, troubles: Iterable[Trouble], now: datetime, limits: InboxLimits) -> tuple[Lasting, MatterChanges]:
    """One look at the troubles found now: what to keep for the next look, and which matters began or are over."""
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
