"""Where vehicles leave the line of their trip, and whether they come back to it.

A bus with a forgotten label goes to the depot and does not come back; at a closed road or a wrongly drawn line every bus does.
Earlier detours at a place show which of the two it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

import msgspec

from transit.plan.patterns import Pattern

REMEMBERED = 8  # detours of one vehicle
BACK_FOR_M = 500.0  # a vehicle is back once it follows its line for so long, or to its end; less may be a crossing
NEAR_M = 500.0  # along the line: vehicles that leave it this near to each other are on the same detour
SAME_WITHIN = timedelta(hours=3)  # later than this it is a detour of another day
LeavingPlace = tuple[str, int | None, str]  # route, direction, the last stop called at


class Detour(msgspec.Struct, frozen=True, array_like=True):
    """One vehicle off its line."""

    trip_id: str
    route_id: str
    direction_id: int | None
    stop_id: str  # the last stop that it called at before
    left_at: datetime
    came_back: bool | None = None  # None: not known yet
    back_stop_id: str = ""  # the first stop ahead of it when it came back
    back_m: float | None = None  # metres along where it met its line again; None: it is off its line
    is_expected_back: bool = True  # by earlier detours at the same place

    @property
    def place(self) -> LeavingPlace:
        return self.route_id, self.direction_id, self.stop_id

    def is_on(self, trip_id: str, at: datetime) -> bool:
        """Whether it is a detour of this trip on this day."""
        return self.trip_id == trip_id and at - self.left_at <= SAME_WITHIN

    def only_crosses(self, trip_id: str, at: datetime) -> bool:
        """Whether a vehicle on this trip's line again probably only crosses it: it was not expected back."""
        return self.is_on(trip_id, at) and self.came_back is not True and not self.is_expected_back


def with_detour(detours: tuple[Detour, ...], detour: Detour) -> tuple[Detour, ...]:
    """The detours of a vehicle that is off its line: with a new one, unless it continues the last one."""
    last = detours[-1] if detours else None
    if last is None or last.came_back is True or not last.is_on(detour.trip_id, detour.left_at):
        return (*detours, detour)[-REMEMBERED:]
    return detours if last.back_m is None else (*detours[:-1], msgspec.structs.replace(last, back_m=None, back_stop_id=""))


def with_outcome(detours: tuple[Detour, ...], *, came_back: bool) -> tuple[Detour, ...]:
    """The detours with the outcome of the last one; came_back=True is never taken back."""
    last = detours[-1] if detours else None
    if last is None or last.came_back is True or last.came_back == came_back:
        return detours
    return (*detours[:-1], msgspec.structs.replace(last, came_back=came_back))


def with_expectation(detours: tuple[Detour, ...], *, is_expected_back: bool) -> tuple[Detour, ...]:
    """The detours with the last one's is_expected_back set."""
    last = detours[-1]
    if last.is_expected_back == is_expected_back:
        return detours
    return (*detours[:-1], msgspec.structs.replace(last, is_expected_back=is_expected_back))


def with_return(detours: tuple[Detour, ...], along_m: float, end_m: float, back_stop_id: str) -> tuple[Detour, ...]:
    """The detours of a vehicle on its line again. It has come back once it has followed it for BACK_FOR_M, or to its end.

    back_stop_id: the stop ahead of it, if this is its first fix on the line again.
    """
    last = detours[-1]
    if last.came_back is True:
        return detours
    if last.back_m is None:
        last = msgspec.structs.replace(last, back_m=along_m, back_stop_id=back_stop_id)
    assert last.back_m is not None
    is_back = along_m - last.back_m >= BACK_FOR_M or along_m >= end_m - BACK_FOR_M
    return (*detours[:-1], msgspec.structs.replace(last, came_back=True) if is_back else last)


def places_near(place: LeavingPlace, pattern: Pattern) -> frozenset[LeavingPlace]:
    """The places of a line that are within NEAR_M of this one."""
    route_id, direction_id, stop_id = place
    if stop_id not in pattern.stop_ids:  # of an older network
        return frozenset((place,))
    here_m = pattern.stop_dist_m[pattern.stop_ids.index(stop_id)]
    stops = zip(pattern.stop_ids, pattern.stop_dist_m, strict=True)
    return frozenset((route_id, direction_id, near) for near, at_m in stops if abs(at_m - here_m) <= NEAR_M)


def return_stop(place: LeavingPlace, detours: Iterable[Detour]) -> str:
    """The first stop ahead of the last vehicle that came back from a detour at this place; empty: not known."""
    back = [detour for detour in detours if detour.place == place and detour.came_back and detour.back_stop_id]
    return max(back, key=lambda detour: detour.left_at).back_stop_id if back else ""


def is_return_expected(places: Collection[LeavingPlace], detours: Iterable[Detour]) -> bool:
    """Whether a vehicle that left its line at one of these places is expected back: as most before it did; yes without any."""
    outcomes = [detour.came_back for detour in detours if detour.place in places and detour.came_back is not None]
    return outcomes.count(True) + 1 > outcomes.count(False)
