"""How full a bus is, as riders tap it: shown where two phones agree, and only for minutes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from transit.plan.network import TripInstance
from transit.tracking.state import VehicleState

AGREE_WITHIN = timedelta(minutes=10)  # taps further apart in time describe different situations
SHOWN_FOR = timedelta(minutes=10)  # after the newest of the agreeing taps; later the load has changed
KEPT_FOR = AGREE_WITHIN + SHOWN_FOR  # nothing older can matter
PHONES = 2  # that must agree: a single tap may be a joke


class Crowding(StrEnum):
    """The levels that a rider can tell at a glance."""

    FULL = "full"
    SEATS = "seats"


@dataclass(frozen=True, slots=True)
class CrowdingTap:
    """What one phone said about one bus. phone: a number that tells phones apart within one bus only."""

    vehicle_id: str
    trip: TripInstance
    crowding: Crowding
    phone: int
    tapped_at: datetime


@dataclass(frozen=True, slots=True)
class VehicleCrowding:
    """How full a vehicle is, as shown to riders. tapped_at: the newest of the agreeing taps."""

    vehicle_id: str
    trip: TripInstance
    crowding: Crowding
    tapped_at: datetime

    def is_shown(self, now: datetime) -> bool:
        return timedelta(0) <= now - self.tapped_at <= SHOWN_FOR


def crowding_of(taps: Iterable[CrowdingTap], now: datetime) -> list[VehicleCrowding]:
    """What is shown of each bus: what PHONES phones agree on and no more phones contradict. taps: one per phone and bus."""
    by_bus: dict[tuple[str, TripInstance], list[CrowdingTap]] = {}
    for tap in taps:
        by_bus.setdefault((tap.vehicle_id, tap.trip), []).append(tap)
    agreed = [row for some in by_bus.values() if (row := _agreed(some)) is not None]
    return [row for row in agreed if row.is_shown(now)]


def _agreed(taps: list[CrowdingTap]) -> VehicleCrowding | None:
    newest = max(tap.tapped_at for tap in taps)
    recent = [tap for tap in taps if newest - tap.tapped_at <= AGREE_WITHIN]
    sides = {crowding: [tap for tap in recent if tap.crowding is crowding] for crowding in Crowding}
    more, fewer = sorted(sides, key=lambda crowding: -len(sides[crowding]))
    if len(sides[more]) < PHONES or len(sides[more]) == len(sides[fewer]):
        return None
    last = max(sides[more], key=lambda tap: tap.tapped_at)
    return VehicleCrowding(last.vehicle_id, last.trip, more, last.tapped_at)


def crowding_on_trip(rows: Iterable[VehicleCrowding], states: Mapping[str, VehicleState]) -> dict[str, Crowding]:
    """vehicle_id -> how full it is, for vehicles still on the trip that the taps were about."""
    return {
        row.vehicle_id: row.crowding
        for row in rows
        if row.vehicle_id in states and states[row.vehicle_id].matched.trip == row.trip
    }
