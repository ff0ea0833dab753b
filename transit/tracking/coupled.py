"""Trackers of one train: which vehicles drive side by side for so long that they must be coupled."""

from __future__ import annotations

from math import hypot
from typing import NamedTuple

KINDS = frozenset({1, 2})  # basic route_type, metro and rail: the line is free ahead of a train, so none follows closely
COUPLED_M = 5000.0  # driven side by side: farther than trains are side by side that meet, or that leave a station together
BESIDE_M = 300.0  # two units of a long train, and the errors of both fixes
FORGOTTEN_S = 3600.0  # a train not heard for longer than in any tunnel begins anew
UNEVEN = 0.25  # of the way between two fixes: how far a train that starts or brakes is from where an even pace would have it
Place = tuple[float, float, float]  # Unix seconds, metres east and north


class _Company(NamedTuple):
    """How long two vehicles have been side by side. metres: driven so, in steps longer than BESIDE_M.

    From fix to fix the noise of two trains that stand beside each other would add up to kilometres in an hour.
    """

    x: float  # metres east and north: where the last step ended
    y: float
    metres: float
    seen_at: float  # Unix seconds


class CoupledTrains:
    """Who drove beside whom. It is not stored: after a restart the next five kilometres tell it again."""

    def __init__(self) -> None:
        self._beside: dict[str, dict[str, _Company]] = {}
        self._places: dict[str, Place] = {}

    def note(self, vehicle_id: str, t: float, x: float, y: float) -> None:
        """A fix of a train. The other trains that were heard since its fix before are held against its way."""
        before = self._places.get(vehicle_id)
        self._places[vehicle_id] = (t, x, y)
        if before is None or t <= before[0]:
            return
        moved_m = hypot(x - before[1], y - before[2])
        beside = self._beside.setdefault(vehicle_id, {})
        for other, place in list(self._places.items()):
            if t - place[0] > FORGOTTEN_S:
                self.forget(other)
                continue
            if other == vehicle_id or not before[0] <= place[0] <= t:
                continue
            share = (place[0] - before[0]) / (t - before[0])
            here = before[1] + share * (x - before[1]), before[2] + share * (y - before[2])
            if hypot(place[1] - here[0], place[2] - here[1]) > BESIDE_M + UNEVEN * moved_m:
                beside.pop(other, None)
            else:
                company = beside.get(other, _Company(before[1], before[2], 0.0, t))
                step_m = hypot(x - company.x, y - company.y)
                if step_m > BESIDE_M:
                    company = _Company(x, y, company.metres + step_m, t)
                beside[other] = company._replace(seen_at=t)

    def forget(self, vehicle_id: str) -> None:
        self._beside.pop(vehicle_id, None)
        self._places.pop(vehicle_id, None)
        for beside in self._beside.values():
            beside.pop(vehicle_id, None)

    def partners(self, vehicle_id: str, t: float, within_s: float) -> list[str]:
        """The vehicles that a vehicle is coupled with, seen beside it no longer ago than within_s."""
        beside = self._beside.get(vehicle_id, {})
        return [other for other, company in beside.items() if company.metres >= COUPLED_M and t - company.seen_at <= within_s]
