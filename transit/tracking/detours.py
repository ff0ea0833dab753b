"""Where vehicles leave the line of their trip, and whether they come back to it: seen, not assumed.

A label that a driver forgot to change goes to the depot with its bus; a road that is closed, or a line that is drawn wrong,
brings every bus back. Which of the two a place is, those that left it before have shown.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import msgspec

REMEMBERED = 8  # detours of one vehicle


class Detour(msgspec.Struct, frozen=True, array_like=True):
    """One vehicle off its line."""

    trip_id: str
    route_id: str
    direction_id: int | None
    stop_id: str  # the last stop that it called at before
    left_at: datetime
    came_back: bool | None = None  # None: not known yet
    back_stop_id: str = ""  # the first stop ahead of it when it came back

    @property
    def place(self) -> tuple[str, int | None, str]:
        return self.route_id, self.direction_id, self.stop_id


def with_detour(detours: tuple[Detour, ...], detour: Detour) -> tuple[Detour, ...]:
    """A vehicle is off its line: a new detour, unless it is the one that it is on."""
    last = detours[-1] if detours else None
    if last is not None and last.came_back is not True and last.trip_id == detour.trip_id:
        return detours
    return (*detours, detour)[-REMEMBERED:]


def with_outcome(detours: tuple[Detour, ...], *, came_back: bool, back_stop_id: str = "") -> tuple[Detour, ...]:
    """What became of the last detour; who came back after all did."""
    last = detours[-1] if detours else None
    if last is None or last.came_back is True or last.came_back == came_back:
        return detours
    return (*detours[:-1], msgspec.structs.replace(last, came_back=came_back, back_stop_id=back_stop_id))


def return_stop(place: tuple[str, int | None, str], detours: Iterable[Detour]) -> str:
    """Where the last one that left its line there was on it again, by the stop that it had ahead then; empty: not known."""
    back = [detour for detour in detours if detour.place == place and detour.came_back and detour.back_stop_id]
    return max(back, key=lambda detour: detour.left_at).back_stop_id if back else ""


def is_return_expected(place: tuple[str, int | None, str], detours: Iterable[Detour]) -> bool:
    """Whether a vehicle that left its line there is expected on it again: as most before, and where none was seen, yes."""
    outcomes = [detour.came_back for detour in detours if detour.place == place and detour.came_back is not None]
    return outcomes.count(True) + 1 > outcomes.count(False)
