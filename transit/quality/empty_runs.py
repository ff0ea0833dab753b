"""How far buses drove without a trip: to the depot, between terminals, to refuel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from transit.plan.geometry import distance_m
from transit.plan.service_day import HOUR_S, moment

MOVED_M = 100.0  # between two looks: less is the noise of a receiver that stands
APART_S = 180.0  # two looks farther apart than that have a hole between them


@dataclass(frozen=True, slots=True)
class Look:
    """A vehicle that was heard, at a moment of the record. is_empty: it was on no trip."""

    at: datetime
    vehicle_id: str
    lat: float
    lon: float
    is_empty: bool


def empty_metres(looks: Iterable[Look], day: date, timezone: str) -> dict[int, float]:
    """Hour of the service day -> metres, in straight lines from look to look of a vehicle that was on no trip at either.

    looks: in order of time. Every hour in which anything was looked at is there, so that none is told from not known.
    """
    begin = moment(day, 0, timezone)
    before: dict[str, Look] = {}
    metres: dict[int, float] = {}
    for look in looks:
        hour = int((look.at - begin).total_seconds() // HOUR_S)
        metres.setdefault(hour, 0.0)
        last = before.get(look.vehicle_id)
        before[look.vehicle_id] = look
        if last is None or not (look.is_empty and last.is_empty) or (look.at - last.at).total_seconds() > APART_S:
            continue
        moved = distance_m(last.lat, last.lon, look.lat, look.lon)
        if moved >= MOVED_M:
            metres[hour] += moved
    return metres
