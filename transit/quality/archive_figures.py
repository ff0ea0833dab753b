"""What the open archive says of a day: by route and direction_id runs, times between buses, how long riders wait, how late.

Its columns keep their meaning, so that years compare. Every time between two buses counts, promised or not, at every stop and
in every hour, and one window says what is on time: `transit.quality.performance` has other bounds (decision 0083).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from statistics import median

from transit.plan.network import Network
from transit.plan.planned_times import planned_at
from transit.plan.service_day import services_on
from transit.quality.performance import mean_wait_s
from transit.tracking.state import StopEvent

BREAK_S = 7200.0  # a longer time between two buses is a break in the service, and nobody waits through it
EARLY_S, LATE_S = -60.0, 300.0  # on time is from a minute before to five minutes after the plan (the usual bounds for buses)


@dataclass(frozen=True, slots=True)
class ArchiveFigures:
    """Of one route and direction_id on one service day; None where nothing can be said."""

    date: date
    route_id: str
    direction_id: int | None
    trips_planned: int | None  # None: by headway, of which no number of trips is promised
    trips_seen: int
    vehicles: int
    calls: int
    first_call_at: datetime
    last_call_at: datetime
    planned_headway_s: int | None
    median_headway_s: int | None
    mean_wait_s: int | None
    on_time_pct: float | None


def archive_figures(network: Network, events: Iterable[StopEvent], day: date) -> list[ArchiveFigures]:
    """By route and direction; of trips that the network knows, those of a demonstration left out."""
    groups: dict[tuple[str, int | None], list[StopEvent]] = {}
    for event in events:
        trip = network.trips.get(event.trip.trip_id)
        if trip is not None and not trip.is_demo and event.trip.start_date == day:
            groups.setdefault((trip.route_id, trip.direction_id), []).append(event)
    order = sorted(groups, key=lambda key: (key[0], -1 if key[1] is None else key[1]))
    return [_of_group(network, route_id, direction_id, groups[route_id, direction_id], day) for route_id, direction_id in order]


def _of_group(
    network: Network, route_id: str, direction_id: int | None, events: Sequence[StopEvent], day: date
) -> ArchiveFigures:
    gaps = _gaps_s(events)
    wait_s = mean_wait_s(sum(gaps), sum(gap * gap for gap in gaps))
    return ArchiveFigures(
        date=day,
        route_id=route_id,
        direction_id=direction_id,
        trips_planned=_trips_planned(network, route_id, direction_id, day),
        trips_seen=len({(event.vehicle_id, event.trip) for event in events}),
        vehicles=len({event.vehicle_id for event in events}),
        calls=len(events),
        first_call_at=min(event.arrived_at for event in events),
        last_call_at=max(event.arrived_at for event in events),
        planned_headway_s=_planned_headway_s(network, route_id, direction_id, day),
        median_headway_s=round(median(gaps)) if gaps else None,
        mean_wait_s=None if wait_s is None else round(wait_s),
        on_time_pct=_on_time_pct(network, events),
    )


def _gaps_s(events: Sequence[StopEvent]) -> list[float]:
    """Seconds between two buses at a stop, of all stops."""
    times: dict[str, list[float]] = {}
    for event in events:
        times.setdefault(event.stop_id, []).append((event.departed_at or event.arrived_at).timestamp())
    gaps = [later - earlier for at_stop in times.values() for earlier, later in pairwise(sorted(at_stop))]
    return [gap for gap in gaps if 0 < gap <= BREAK_S]


def _trips_planned(network: Network, route_id: str, direction_id: int | None, day: date) -> int | None:
    services = services_on(network, day)
    trips = [
        trip
        for trip in network.trips_of_route[route_id]
        if trip.direction_id == direction_id and trip.service_id in services and not trip.is_demo
    ]
    if any(network.is_headway_based(trip.trip_id) for trip in trips):
        return None
    windows = [network.frequencies_of.get(trip.trip_id) for trip in trips]
    return sum(
        1 if rows is None else sum(len(range(row.start_s, row.end_s, max(row.headway_s, 1))) for row in rows)
        for rows in windows
    )


def _planned_headway_s(network: Network, route_id: str, direction_id: int | None, day: date) -> int | None:
    """The median of the headways that are promised; None where there is a timetable."""
    services = services_on(network, day)
    headways = [
        row.headway_s
        for trip in network.trips_of_route[route_id]
        if trip.direction_id == direction_id and trip.service_id in services and not trip.is_demo
        for row in network.frequencies_of.get(trip.trip_id, ())
        if not row.is_exact
    ]
    return round(median(headways)) if headways else None


def _on_time_pct(network: Network, events: Sequence[StopEvent]) -> float | None:
    late = [late_s for event in events if (late_s := _late_s(network, event)) is not None]
    return round(100 * sum(EARLY_S <= late_s <= LATE_S for late_s in late) / len(late), 1) if late else None


def _late_s(network: Network, event: StopEvent) -> float | None:
    """Seconds after the plan; None where only a headway is planned."""
    index = network.trips[event.trip.trip_id].find_index(event.stop_sequence)
    planned = None if index is None else planned_at(network, event.trip, index)
    return None if planned is None else (event.arrived_at - planned).total_seconds()
