"""A route's timetable of one day as tables: stops down, departures across; or headways where no times are promised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from transit.arrivals.headways import Band, planned_bands
from transit.plan.network import Network, Stop, Trip
from transit.plan.patterns import patterns_of
from transit.plan.timetable import Hours, NoServiceReason, RouteDirection, timetable_of

ACROSS = 10  # departures of one table: as many as an A4 sheet holds


@dataclass(frozen=True)
class Grid:
    """times: one row per stop, one column per departure; seconds of the service day."""

    stops: list[Stop]
    times: list[list[float]]


@dataclass(frozen=True)
class WayTable:
    way: RouteDirection
    headsign: str
    grids: list[Grid]
    bands: list[Band]  # at the first stop, where headways are promised
    hours: list[tuple[Stop, Hours]]  # of each stop, likewise
    why_none: tuple[NoServiceReason, str] | None


@dataclass(frozen=True, order=True)
class _Start:
    """A departure: seconds of the service day, and how much later than the trip's own times (exact frequencies)."""

    at_s: float
    shift_s: float
    trip_id: str


def tables_of(network: Network, route_id: str, day: date) -> list[WayTable]:
    """One table per direction. Trips of a demonstration are left out."""
    trips = [trip for trip in network.trips_of_route[route_id] if trip.stop_times and not trip.is_demo]
    return [
        _way_table(
            network, RouteDirection(route_id, direction), [trip for trip in trips if trip.direction_id == direction], day
        )
        for direction in sorted({trip.direction_id for trip in trips}, key=lambda direction_id: direction_id or 0)
    ]


def _way_table(network: Network, way: RouteDirection, trips: list[Trip], day: date) -> WayTable:
    table = timetable_of(network)
    stop_id = trips[0].stop_times[0].stop_id
    running = [trip for trip in trips if trip.service_id in table.services(day)]
    starts = sorted(start for trip in running for start in _starts(network, trip))
    by_headway = [trip for trip in running if network.is_headway_based(trip.trip_id)]
    hours: list[tuple[Stop, Hours]] = []
    for call in by_headway[0].stop_times[:-1] if by_headway else ():
        of_stop = table.hours(call.stop_id, way, day)
        if of_stop is not None:
            hours.append((network.stops[call.stop_id], of_stop))
    bands = planned_bands(network, way, stop_id, day) if by_headway else []
    why_none = None if running else table.why_none(stop_id, way, day)
    return WayTable(
        way=way, headsign=trips[0].headsign, grids=_grids(network, starts), bands=bands, hours=hours, why_none=why_none
    )


def _starts(network: Network, trip: Trip) -> list[_Start]:
    offsets = patterns_of(network).offsets.get(trip.trip_id)
    if offsets is None:
        return []
    rows = network.frequencies_of.get(trip.trip_id)
    if rows is None:
        return [_Start(offsets[0][1], 0.0, trip.trip_id)]
    return [
        _Start(start_s, start_s - offsets[0][1], trip.trip_id)
        for row in rows
        if row.exact_times == 1
        for start_s in range(row.start_s, row.end_s, row.headway_s)
    ]


def _grids(network: Network, starts: list[_Start]) -> list[Grid]:
    """Departures of the same stops share tables, in blocks that fit on paper."""
    groups: dict[tuple[str, ...], list[_Start]] = {}
    for start in starts:
        calls = network.trips[start.trip_id].stop_times
        groups.setdefault(tuple(call.stop_id for call in calls), []).append(start)
    grids = []
    for stop_ids, some in groups.items():
        for first in range(0, len(some), ACROSS):
            block = some[first : first + ACROSS]
            columns = [_column(network, start) for start in block]
            times = [[column[n] for column in columns] for n in range(len(stop_ids))]
            grids.append(Grid([network.stops[stop_id] for stop_id in stop_ids], times))
    return grids


def _column(network: Network, start: _Start) -> list[float]:
    offsets = patterns_of(network).planned(start.trip_id)
    last = len(offsets) - 1
    return [pair[0 if n == last else 1] + start.shift_s for n, pair in enumerate(offsets)]
