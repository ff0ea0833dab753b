"""How well a day was served, from observed calls: by route, direction and hour, as sums that add up to weeks and months.

Formulas (h: observed headways at the stops of a direction but the last, H: promised then; see docs/SERVICE.md):
wait sum(h^2) / 2 sum(h); excess wait, what unevenness alone costs, wait - mean(h) / 2 (Welding 1957); wait over the promise
wait - sum(H^2) / 2 sum(H); variation sd(h) / mean(h); kept h <= H + 180 s; bunched h <= max(120 s, H / 4); gap h >= 1.5 H.
On time (timetabled): first stop 0..+3 min, others -1..+6 min, last stop at most +5 min after its arrival time.
The open archive has bounds of its own: `transit.quality.archive_figures` (decision 0083).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import sqrt

import msgspec

from transit.arrivals.headways import BUNCHED_S, BUNCHED_SHARE, GAP_SHARE, KEPT_WITHIN_S, planned_bands
from transit.plan.directions import RouteDirection, directions_of
from transit.plan.network import Network, Trip
from transit.plan.patterns import patterns_of
from transit.plan.planned_times import has_planned_times, planned_at
from transit.plan.service_day import HOUR_S, moment, seconds_of_day
from transit.plan.timetable import timetable_of
from transit.quality.cycles import cycles_of
from transit.tracking.state import StopEvent

FIRST_S, MIDDLE_S, LAST_S = (0.0, 180.0), (-60.0, 360.0), 300.0  # on time: so long after the plan, by stop of the trip
LEAST_COVERAGE = 0.8  # of its trackers, below which an hour is left out and named
USUAL, LONG = 0.5, 0.9  # shares of runs that take no longer


class ExampleHeadway(msgspec.Struct, frozen=True):
    """A headway that stands for others: where one looks in the playback."""

    at: datetime
    stop_id: str
    headway_s: float
    promised_s: float


class HourFigures(msgspec.Struct):
    """Of one route, direction and hour of a service day: counts and sums; seconds, metres."""

    day: date
    route_id: str
    direction_id: int | None
    side: int
    hour: int  # of the service day: 25 is one o'clock of the next morning
    headways: int = 0
    headway_s: float = 0.0
    headway_square: float = 0.0
    promised_s: float = 0.0
    promised_square: float = 0.0
    kept: int = 0
    bunched: int = 0
    gaps: int = 0
    timed: int = 0  # calls with a planned time
    on_time: int = 0
    trips: int = 0  # that began in this hour
    planned_trips: float = 0.0
    metres: float = 0.0
    bus_ids: list[str] = []
    runs_min: dict[int, int] = {}  # whole minutes of a run -> how many took so long
    cycles_min: dict[int, int] = {}  # the same of rounds that began in this hour
    worst: ExampleHeadway | None = None  # the headway that was longest beside what was promised
    closest: ExampleHeadway | None = None  # and the shortest one that was bunched
    coverage: float | None = None  # share of looks at which a vehicle under way was heard; None: not recorded

    @property
    def direction(self) -> RouteDirection:
        return RouteDirection(self.route_id, self.direction_id, self.side)

    @property
    def counts(self) -> bool:
        return self.coverage is not None and self.coverage >= LEAST_COVERAGE


class DayEnds(msgspec.Struct, frozen=True):
    """Whether the first and the last bus of a direction were kept; None where none was planned."""

    day: date
    route_id: str
    direction_id: int | None
    side: int
    first_kept: bool | None
    last_kept: bool | None


class DayFigures(msgspec.Struct, frozen=True):
    """All of one service day."""

    hours: list[HourFigures]
    ends: list[DayEnds]
    empty_m: dict[int, float] | None = None  # hour -> metres without a trip; None: not recorded


class PerformanceFigures(msgspec.Struct, frozen=True):
    """Of several hours together; None where nothing can be said. Seconds, shares 0..1."""

    headways: int
    wait_s: float | None
    excess_wait_s: float | None
    over_promise_s: float | None
    variation: float | None
    kept: float | None
    bunched: float | None
    gaps: float | None
    on_time: float | None
    trips: int
    planned_trips: float
    km: float
    run_p50_min: int | None
    run_p90_min: int | None
    cycle_p50_min: int | None
    cycle_p90_min: int | None
    buses: float | None  # on a route, mean of the hours
    hours: int
    hours_left_out: int
    worst: ExampleHeadway | None = None
    closest: ExampleHeadway | None = None


def day_figures(
    network: Network,
    day: date,
    events: Iterable[StopEvent],
    coverage: Mapping[tuple[str, int], float],
    empty_m: Mapping[int, float] | None = None,
) -> DayFigures:
    """Of one service day: its hours, whether the first and the last bus were kept, and what was driven without a trip."""
    some = list(events)
    ends = [
        _ends(network, day, direction, some)
        for directions in directions_of(network).of_route.values()
        for direction in directions
    ]
    return DayFigures(
        hours=hour_figures(network, day, some, coverage),
        ends=[row for row in ends if row.first_kept is not None],
        empty_m=None if empty_m is None else dict(empty_m),
    )


def _ends(network: Network, day: date, direction: RouteDirection, events: Iterable[StopEvent]) -> DayEnds:
    first_kept, last_kept = first_and_last(network, day, direction, events)
    return DayEnds(
        day=day,
        route_id=direction.route_id,
        direction_id=direction.direction_id,
        side=direction.side,
        first_kept=first_kept,
        last_kept=last_kept,
    )


def hour_figures(
    network: Network, day: date, events: Iterable[StopEvent], coverage: Mapping[tuple[str, int], float]
) -> list[HourFigures]:
    """The hours of one service day. events: all calls of the day; coverage: (route_id, hour) -> share."""
    mine = [event for event in events if event.trip.start_date == day and event.trip.trip_id in network.trips]
    rows: dict[tuple[RouteDirection, int], HourFigures] = {}
    buses: dict[tuple[RouteDirection, int], set[str]] = {}

    def of(direction: RouteDirection, hour: int) -> HourFigures:
        key = direction, hour
        if key not in rows:
            rows[key] = HourFigures(
                day=day,
                route_id=direction.route_id,
                direction_id=direction.direction_id,
                side=direction.side,
                hour=hour,
                coverage=coverage.get((direction.route_id, hour)),
            )
        return rows[key]

    def hour_of(at: datetime) -> int:
        return int(seconds_of_day(at, day, network.timezone) // HOUR_S)

    for direction, departures in _planned_departures(network, day):
        for hour, count in departures.items():
            of(direction, hour).planned_trips += count
    for direction, headways in _headways(network, day, mine):
        for headway in headways:
            _add_headway(of(direction, hour_of(headway.at)), headway)
    for event in mine:
        direction = directions_of(network).of_trip[event.trip.trip_id]
        row = of(direction, hour_of(event.arrived_at))
        buses.setdefault((direction, row.hour), set()).add(event.vehicle_id)
        _add_time(network, row, event)
    _add_runs(network, list(_runs(network, mine)), of, hour_of)
    for key, vehicles in buses.items():
        rows[key].bus_ids = sorted(vehicles)
    return sorted(rows.values(), key=lambda row: (row.route_id, row.direction_id or 0, row.side, row.hour))


def _add_runs(
    network: Network,
    runs: Sequence[tuple[tuple[StopEvent, StopEvent], Trip]],
    of: Callable[[RouteDirection, int], HourFigures],
    hour_of: Callable[[datetime], int],
) -> None:
    """of: the figures of a direction and an hour."""
    for (first, last), trip in runs:
        row = of(directions_of(network).of_trip[trip.trip_id], hour_of(first.departed_at or first.arrived_at))
        row.trips += 1
        row.metres += _metres(network, trip, first.stop_sequence, last.stop_sequence)
        if _is_whole(trip, first, last):
            minutes = round((last.arrived_at - (first.departed_at or first.arrived_at)).total_seconds() / 60.0)
            row.runs_min[minutes] = row.runs_min.get(minutes, 0) + 1
    for direction, began_at, minutes in cycles_of(network, [run for run, _ in runs]):
        cycles = of(direction, hour_of(began_at)).cycles_min
        cycles[minutes] = cycles.get(minutes, 0) + 1


def _add_headway(row: HourFigures, headway: ExampleHeadway) -> None:
    headway_s, promised_s = headway.headway_s, headway.promised_s
    is_bunched = headway_s <= max(BUNCHED_S, BUNCHED_SHARE * promised_s)
    row.headways += 1
    row.headway_s += headway_s
    row.headway_square += headway_s**2
    row.promised_s += promised_s
    row.promised_square += promised_s**2
    row.kept += headway_s <= promised_s + KEPT_WITHIN_S
    row.bunched += is_bunched
    row.gaps += headway_s >= GAP_SHARE * promised_s
    row.worst = worst_of([row.worst, headway])
    row.closest = closest_of([row.closest, headway if is_bunched else None])


def worst_of(moments: Iterable[ExampleHeadway | None]) -> ExampleHeadway | None:
    return max((row for row in moments if row is not None), key=lambda row: row.headway_s - row.promised_s, default=None)


def closest_of(moments: Iterable[ExampleHeadway | None]) -> ExampleHeadway | None:
    return min((row for row in moments if row is not None), key=lambda row: row.headway_s, default=None)


def _headways(
    network: Network, day: date, events: Iterable[StopEvent]
) -> Iterable[tuple[RouteDirection, list[ExampleHeadway]]]:
    """By direction, at each stop but the last."""
    passages: dict[tuple[RouteDirection, str, int], list[datetime]] = {}
    for event in events:
        trip = network.trips[event.trip.trip_id]
        if event.stop_sequence != trip.stop_times[-1].stop_sequence:
            key = directions_of(network).of_trip[trip.trip_id], event.stop_id, event.stop_sequence
            passages.setdefault(key, []).append(event.departed_at or event.arrived_at)
    for (direction, stop_id, _), times in passages.items():
        bands = planned_bands(network, direction, stop_id, day)
        rows = []
        for before, at in pairwise(sorted(times)):
            second = seconds_of_day(at, day, network.timezone)
            promised = min((band.headway_s for band in bands if band.start_s <= second < band.end_s), default=None)
            if promised is not None:
                rows.append(ExampleHeadway(at, stop_id, (at - before).total_seconds(), float(promised)))
        yield direction, rows


def _planned_departures(network: Network, day: date) -> Iterable[tuple[RouteDirection, dict[int, float]]]:
    """By direction: hour of the service day -> planned departures from first stops; by headway: a share of one each headway."""
    services = timetable_of(network).services(day)
    for trip in network.trips.values():
        if trip.service_id not in services or trip.is_demo or patterns_of(network).find(trip.trip_id) is None:
            continue
        direction = directions_of(network).of_trip[trip.trip_id]
        departures: dict[int, float] = {}
        windows = network.frequencies_of.get(trip.trip_id)
        if windows is None:
            hour = int(patterns_of(network).planned(trip.trip_id)[0][1] // HOUR_S)
            departures[hour] = 1.0
        for window in windows or ():
            for hour in range(window.start_s // HOUR_S, -(-window.end_s // HOUR_S)):
                span = min(window.end_s, (hour + 1) * HOUR_S) - max(window.start_s, hour * HOUR_S)
                departures[hour] = departures.get(hour, 0.0) + span / window.headway_s
        yield direction, departures


def _add_time(network: Network, row: HourFigures, event: StopEvent) -> None:
    if not has_planned_times(network, event.trip):
        return
    trip = network.trips[event.trip.trip_id]
    index = trip.find_index(event.stop_sequence)
    if index is None:
        return
    is_last = index == len(trip.stop_times) - 1
    planned = planned_at(network, event.trip, index, departure=not is_last)
    if planned is None:
        return
    late_s = ((event.arrived_at if is_last else event.departed_at or event.arrived_at) - planned).total_seconds()
    row.timed += 1
    if is_last:
        row.on_time += late_s <= LAST_S
    else:
        low, high = FIRST_S if index == 0 else MIDDLE_S
        row.on_time += low <= late_s <= high


def _runs(network: Network, events: Iterable[StopEvent]) -> Iterable[tuple[tuple[StopEvent, StopEvent], Trip]]:
    """The first and the last call that was seen of each run of a trip."""
    ends: dict[object, tuple[StopEvent, StopEvent]] = {}
    for event in sorted(events, key=lambda row: row.stop_sequence):
        key = event.vehicle_id, event.trip
        ends[key] = (ends[key][0] if key in ends else event, event)
    for first, last in ends.values():
        if first is not last:
            yield (first, last), network.trips[first.trip.trip_id]


def _is_whole(trip: Trip, first: StopEvent, last: StopEvent) -> bool:
    calls = trip.stop_times
    return (first.stop_sequence, last.stop_sequence) == (calls[0].stop_sequence, calls[-1].stop_sequence)


def _metres(network: Network, trip: Trip, first: int, last: int) -> float:
    pattern = patterns_of(network).of_trip(trip.trip_id)
    at = dict(zip(pattern.stop_sequences, pattern.stop_dist_m, strict=True))
    return max(at.get(last, 0.0) - at.get(first, 0.0), 0.0)


def together(rows: Iterable[HourFigures]) -> PerformanceFigures:
    """The figures of several hours; those with too little coverage are left out and counted."""
    every = list(rows)
    some = [row for row in every if row.counts]
    headways = sum(row.headways for row in some)
    total_s, square = sum(row.headway_s for row in some), sum(row.headway_square for row in some)
    promised_s, promised_square = sum(row.promised_s for row in some), sum(row.promised_square for row in some)
    wait, promised_wait = mean_wait_s(total_s, square), mean_wait_s(promised_s, promised_square)
    mean = total_s / headways if headways else 0.0
    variance = max(square / headways - mean**2, 0.0) if headways else 0.0
    timed = sum(row.timed for row in some)
    minutes, cycles = _added(row.runs_min for row in some), _added(row.cycles_min for row in some)
    return PerformanceFigures(
        headways=headways,
        wait_s=wait,
        excess_wait_s=None if wait is None else wait - mean / 2.0,
        over_promise_s=None if wait is None or promised_wait is None else wait - promised_wait,
        variation=sqrt(variance) / mean if mean > 0.0 else None,
        kept=_share(sum(row.kept for row in some), headways),
        bunched=_share(sum(row.bunched for row in some), headways),
        gaps=_share(sum(row.gaps for row in some), headways),
        on_time=_share(sum(row.on_time for row in some), timed),
        trips=sum(row.trips for row in some),
        planned_trips=sum(row.planned_trips for row in some),
        km=sum(row.metres for row in some) / 1000.0,
        run_p50_min=_quantile(minutes, USUAL),
        run_p90_min=_quantile(minutes, LONG),
        cycle_p50_min=_quantile(cycles, USUAL),
        cycle_p90_min=_quantile(cycles, LONG),
        buses=_mean_buses(some),
        hours=len(some),
        hours_left_out=sum(1 for row in every if not row.counts and (row.planned_trips or row.headways)),
        worst=worst_of(row.worst for row in some),
        closest=closest_of(row.closest for row in some),
    )


def mean_wait_s(total_s: float, square: float) -> float | None:
    """Seconds that who comes at any moment waits; total_s: the sum of the headways, square: that of their squares."""
    return square / (2.0 * total_s) if total_s > 0.0 else None


def _added(counts: Iterable[Mapping[int, int]]) -> dict[int, int]:
    total: dict[int, int] = {}
    for some in counts:
        for value, count in some.items():
            total[value] = total.get(value, 0) + count
    return total


def _mean_buses(rows: Iterable[HourFigures]) -> float | None:
    """Different buses of a route in an hour, whichever direction they ran; hours without any do not count."""
    seen: dict[tuple[date, str, int], set[str]] = {}
    for row in rows:
        if row.bus_ids:
            seen.setdefault((row.day, row.route_id, row.hour), set()).update(row.bus_ids)
    return sum(map(len, seen.values())) / len(seen) if seen else None


def _share(count: int, of: int) -> float | None:
    return count / of if of else None


def _quantile(counts: Mapping[int, int], share: float) -> int | None:
    """The smallest value that so large a share does not exceed."""
    total, seen = sum(counts.values()), 0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= share * total:
            return value
    return None


def first_and_last(
    network: Network, day: date, direction: RouteDirection, events: Iterable[StopEvent]
) -> tuple[bool | None, bool | None]:
    """Whether a bus left the first stop within a headway (timetabled: 3 min) of the first and of the last planned one.

    None where nothing was planned.
    """
    table = timetable_of(network)
    trips = [trip for trip in network.trips.values() if directions_of(network).of_trip[trip.trip_id] == direction]
    stops = {trip.stop_times[0].stop_id for trip in trips if trip.service_id in table.services(day)}
    hours = [hours for stop_id in sorted(stops) if (hours := table.hours(stop_id, direction, day)) is not None]
    if not hours:
        return None, None
    first_at, last_at = min(row.first_at for row in hours), max(row.last_at for row in hours)
    slack = timedelta(seconds=_slack_s(network, direction, sorted(stops)[0], day))
    left = [
        event.departed_at or event.arrived_at
        for event in events
        if event.trip.trip_id in network.trips
        and directions_of(network).of_trip[event.trip.trip_id] == direction
        and event.stop_sequence == network.trips[event.trip.trip_id].stop_times[0].stop_sequence
    ]
    early = timedelta(minutes=1)
    return (
        any(first_at - early <= at <= first_at + slack for at in left),
        any(last_at - slack <= at <= last_at + slack for at in left),
    )


def _slack_s(network: Network, direction: RouteDirection, stop_id: str, day: date) -> float:
    bands = planned_bands(network, direction, stop_id, day)
    return max((float(band.headway_s) for band in bands), default=KEPT_WITHIN_S) if network.frequencies else KEPT_WITHIN_S


def coverage_of(looks: Iterable[tuple[datetime, str, bool]], day: date, timezone: str) -> dict[tuple[str, int], float]:
    """(route_id, hour of the service day) -> share of looks at vehicles under way at which they were heard.

    looks: (when, route_id, was heard), as the console's record has them.
    """
    counts: dict[tuple[str, int], list[int]] = {}
    begin = moment(day, 0, timezone)
    for at, route_id, is_heard in looks:
        count = counts.setdefault((route_id, int((at - begin).total_seconds() // HOUR_S)), [0, 0])
        count[0] += is_heard
        count[1] += 1
    return {key: heard / every for key, (heard, every) in counts.items()}
