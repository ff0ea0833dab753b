"""A route's timetable of one day as tables: stops down, departures across; or headways where no times are promised."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from transit.arrivals.headways import Band, planned_bands
from transit.plan.directions import directions_of, headsign_of, usual_trip
from transit.plan.network import Network, Stop, Trip
from transit.plan.patterns import patterns_of
from transit.plan.planned_times import exact_starts
from transit.plan.service_day import service_day_start
from transit.plan.timetable import Hours, NoServiceReason, RouteDirection, timetable_of

ACROSS = 10  # departures of one table: as many as an A4 sheet holds


@dataclass(frozen=True)
class Cell:
    """A call in a table: seconds of the service day on the stop's own clock, and whether one can only get on or off."""

    at_s: float
    only_alight: bool = False
    only_board: bool = False


@dataclass(frozen=True)
class Grid:
    """cells: one row per stop, one column per departure; None where nobody gets on or off."""

    headsign: str
    stops: list[Stop]
    cells: list[list[Cell | None]]

    @property
    def has_marks(self) -> bool:
        return any(cell is not None and (cell.only_alight or cell.only_board) for row in self.cells for cell in row)


@dataclass(frozen=True)
class DirectionTable:
    direction: RouteDirection
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


def tables_of(network: Network, route_id: str, day: date) -> list[DirectionTable]:
    """One table per direction. Trips of a demonstration are left out."""
    trips = [trip for trip in network.trips_of_route[route_id] if trip.stop_times and not trip.is_demo]
    of_trip = directions_of(network).of_trip
    tables = (
        _direction_table(network, direction, [trip for trip in trips if of_trip[trip.trip_id] == direction], day)
        for direction in directions_of(network).of_route[route_id]
    )
    return [table for table in tables if table is not None]


def _direction_table(network: Network, direction: RouteDirection, trips: list[Trip], day: date) -> DirectionTable | None:
    usual = usual_trip(network, direction, trips)
    if usual is None:
        return None
    table = timetable_of(network)
    stop_id = usual.stop_times[0].stop_id
    running = [trip for trip in trips if trip.service_id in table.services(day)]
    starts = sorted(start for trip in running for start in _starts(network, trip))
    by_headway = [trip for trip in running if network.is_headway_based(trip.trip_id)]
    hours: list[tuple[Stop, Hours]] = []
    for index, call in enumerate(by_headway[0].stop_times if by_headway else ()):
        of_stop = table.hours(call.stop_id, direction, day) if by_headway[0].can_board(index) else None
        if of_stop is not None:
            hours.append((network.stops[call.stop_id], of_stop))
    bands = planned_bands(network, direction, stop_id, day, only_promised=True) if by_headway else []
    why_none = None if running else table.why_none(stop_id, direction, day)
    signs = Counter(headsign_of(network, trip) for trip in running or trips)
    sign = max(signs, key=lambda text: (signs[text], text == headsign_of(network, usual)))
    return DirectionTable(
        direction=direction,
        headsign=sign,
        grids=_grids(network, starts, day),
        bands=bands,
        hours=hours,
        why_none=why_none,
    )


def _starts(network: Network, trip: Trip) -> list[_Start]:
    offsets = patterns_of(network).offsets.get(trip.trip_id)
    if offsets is None:
        return []
    first = offsets[0][1]
    starts = (first if start_s is None else start_s for start_s in exact_starts(network, trip))
    return [_Start(start_s, start_s - first, trip.trip_id) for start_s in starts]


def _grids(network: Network, starts: list[_Start], day: date) -> list[Grid]:
    """Departures of the same stops and headsign share tables, in blocks that fit on paper."""
    groups: dict[tuple[str, tuple[str, ...]], list[_Start]] = {}
    for start in starts:
        trip = network.trips[start.trip_id]
        key = (headsign_of(network, trip), tuple(call.stop_id for call in trip.stop_times))
        groups.setdefault(key, []).append(start)
    grids = []
    for (sign, stop_ids), some in groups.items():
        stops = [network.stops[stop_id] for stop_id in stop_ids]
        fast_s = [clock_ahead_s(network, stop_id, day) for stop_id in stop_ids]
        for first in range(0, len(some), ACROSS):
            columns = [_column(network, start, fast_s) for start in some[first : first + ACROSS]]
            served = [n for n in range(len(stop_ids)) if any(column[n] is not None for column in columns)]
            cells = [[column[n] for column in columns] for n in served]
            grids.append(Grid(sign, [stops[n] for n in served], cells))
    return grids


def clock_ahead_s(network: Network, stop_id: str, day: date) -> float:
    """How much a stop's clock is ahead of the agency's, in which stop_times count: 0 but for feeds across time zones."""
    zone = network.timezone_of(stop_id)
    if zone == network.timezone:
        return 0.0
    noon = service_day_start(day, network.timezone)
    offsets = [noon.astimezone(ZoneInfo(name)).utcoffset() for name in (zone, network.timezone)]
    here, agency = (0.0 if offset is None else offset.total_seconds() for offset in offsets)
    return here - agency


def _column(network: Network, start: _Start, fast_s: list[float]) -> list[Cell | None]:
    offsets = patterns_of(network).planned(start.trip_id)
    trip, last = network.trips[start.trip_id], len(offsets) - 1
    return [
        Cell(
            at_s=pair[0 if n == last else 1] + start.shift_s + fast_s[n],
            only_alight=n != last and not trip.can_board(n),
            only_board=n != 0 and not trip.can_alight(n),
        )
        if trip.serves(n)
        else None
        for n, pair in enumerate(offsets)
    ]
