"""How far apart buses run: as planned by the time of day, as observed, and when that is too close or too far."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from statistics import median

from transit.plan.directions import directions_of
from transit.plan.network import Network
from transit.plan.once_per_network import once_per_network
from transit.plan.timetable import RouteDirection, timetable_of
from transit.tracking.state import StopEvent

BUNCHED_S = 120.0  # buses closer than this are bunched, whatever headway is planned
BUNCHED_SHARE = 0.25  # or closer than this share of the planned headway
GAP_SHARE = 1.5  # of the planned headway: from here on there is a gap,
SEVERE_GAP_SHARE = 2.0  # and from here on a severe one: a whole bus is missing
KEPT_WITHIN_S = 180.0  # a headway this much longer than promised is still kept (MBTA's rule for frequent buses)
BANDS_KEPT = 4096  # cached lists of bands (direction, stop, day): the live process asks for all terminals each second


class Spacing(StrEnum):
    BUNCHED = "bunched"
    EVEN = "even"
    GAP = "gap"
    SEVERE_GAP = "severe_gap"


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of the service day with one headway. Seconds of the service day."""

    start_s: int
    end_s: int
    headway_s: int


@dataclass(frozen=True, slots=True)
class Headway:
    """Seconds between two vehicles of one direction at one stop: of `vehicle_id` behind `ahead_id`."""

    vehicle_id: str
    ahead_id: str
    stop_id: str
    at: datetime
    headway_s: float


def spacing(headway_s: float, planned_s: float | None) -> Spacing:
    """How a headway compares with the planned one; without a planned one only bunching is told."""
    if headway_s <= max(BUNCHED_S, BUNCHED_SHARE * (planned_s or 0.0)):
        return Spacing.BUNCHED
    if planned_s is None or headway_s < GAP_SHARE * planned_s:
        return Spacing.EVEN
    return Spacing.SEVERE_GAP if headway_s >= SEVERE_GAP_SHARE * planned_s else Spacing.GAP


def observed_headways(network: Network, events: Iterable[StopEvent]) -> list[Headway]:
    """The headways between successive departures of different vehicles at one call of one direction.

    Calls differ by stop_sequence: where a loop passes a stop twice, each pass has its own headways.
    """
    groups: dict[tuple[RouteDirection, str, int], list[tuple[datetime, str]]] = {}
    for event in events:
        trip = network.trips.get(event.trip.trip_id)
        if trip is not None and event.departed_at is not None:
            key = (directions_of(network).of_trip[trip.trip_id], event.stop_id, event.stop_sequence)
            groups.setdefault(key, []).append((event.departed_at, event.vehicle_id))
    return [
        Headway(vehicle_id=behind, ahead_id=ahead, stop_id=stop_id, at=at, headway_s=(at - before).total_seconds())
        for (_, stop_id, _), rows in groups.items()
        for (before, ahead), (at, behind) in pairwise(sorted(rows))
        if ahead != behind
    ]


def latest_by_vehicle(headways: Iterable[Headway]) -> Mapping[str, Headway]:
    return {row.vehicle_id: row for row in sorted(headways, key=lambda row: row.at)}


def planned_bands(
    network: Network, direction: RouteDirection, stop_id: str, day: date, *, only_promised: bool = False
) -> list[Band]:
    """The headways of a direction at a stop through a service day: from frequencies.txt, and by hour from timetabled trips.

    only_promised: leave out departures with exact times.
    """
    kept, key = _kept_bands(network), (direction, stop_id, day, only_promised)
    bands = kept.get(key)
    if bands is None:
        if len(kept) >= BANDS_KEPT:
            kept.clear()
        bands = kept[key] = tuple(_bands(network, direction, stop_id, day, only_promised))
    return list(bands)


@once_per_network
def _kept_bands(network: Network) -> dict[tuple[RouteDirection, str, date, bool], tuple[Band, ...]]:
    return {}


def _bands(network: Network, direction: RouteDirection, stop_id: str, day: date, only_promised: bool) -> list[Band]:
    table = timetable_of(network)
    services = table.services(day)
    calls = [call for call in table.calls_at(stop_id, direction) if call.trip.service_id in services and call.can_board]
    bands: list[Band] = []
    times: list[float] = []
    for call in calls:
        rows = network.frequencies_of.get(call.trip.trip_id)
        if rows is None:
            times += [] if only_promised else [call.at_s]
        else:
            shift = round(call.since_start_s)
            shown = [row for row in rows if not row.is_exact or not only_promised]
            bands += [Band(row.start_s + shift, row.end_s + shift, row.headway_s) for row in shown]
    return sorted([*bands, *_hourly(sorted(times))], key=lambda band: (band.start_s, band.end_s))


def _hourly(times: list[float]) -> list[Band]:
    """The median gap after the departures of each hour; neighbouring hours with similar gaps become one band."""
    by_hour: dict[int, list[float]] = {}
    for before, at in pairwise(times):
        by_hour.setdefault(int(before // 3600), []).append(at - before)
    bands: list[Band] = []
    for hour, gaps in sorted(by_hour.items()):
        headway_s = max(60, round(median(gaps) / 60) * 60)
        last = bands[-1] if bands else None
        if last is not None and last.end_s == hour * 3600 and last.headway_s == headway_s:
            bands[-1] = Band(last.start_s, (hour + 1) * 3600, headway_s)
        else:
            bands.append(Band(hour * 3600, (hour + 1) * 3600, headway_s))
    return bands


def planned_now_s(
    network: Network, direction: RouteDirection, stop_id: str, day: date, second: float, *, only_promised: bool = False
) -> int | None:
    """The planned headway at a second of the service day; only_promised as for planned_bands."""
    bands = planned_bands(network, direction, stop_id, day, only_promised=only_promised)
    return min((band.headway_s for band in bands if band.start_s <= second < band.end_s), default=None)
