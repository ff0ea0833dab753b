"""What runs on a pattern around a moment: planned trips, trips that are seen live, and service by headway."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise
from math import inf

from transit.plan.directions import RouteDirection, directions_of
from transit.plan.network import Network, Trip, TripInstance
from transit.plan.patterns import Pattern, patterns_of
from transit.plan.planned_times import exact_starts, has_planned_times
from transit.plan.service_day import service_day_start, services_on
from transit.plan.timetable import last_start_s

LOOP_PAUSE_S = 180.0  # a bus of a loop stands so long at its terminal before its next round
LOOP_JOINED_WITHIN_S = 1200.0  # a timetabled loop goes on with its next departure, if that is so near
MEAN_WAIT = 0.5  # of a headway, for somebody who comes at any moment
LOOP_ENDS_M = 60.0  # first and last stop this near each other make a loop


class Source(StrEnum):
    """What a leg's times rest on."""

    LIVE = "live"  # a vehicle is seen and predicted
    TIMETABLE = "timetable"
    HEADWAY = "headway"  # only "every so many minutes" is promised


@dataclass(frozen=True, slots=True)
class Moment:
    """A time with its 80 % interval, Unix seconds; low = at = high where the plan gives one time."""

    at: float
    low: float
    high: float

    def later(self, seconds: float) -> Moment:
        return Moment(self.at + seconds, self.low + seconds, self.high + seconds)


def exactly(at: float) -> Moment:
    return Moment(at, at, at)


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One predicted call of a vehicle: at which stop of its trip, when it comes there (at a first stop: leaves)."""

    vehicle_id: str
    trip: TripInstance
    stop_sequence: int
    moment: Moment


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One vehicle's way along a pattern. Times are None at stops behind it; of a headway, where they are not known."""

    trip: TripInstance
    source: Source
    arrivals: tuple[Moment | None, ...]
    departures: tuple[Moment | None, ...]
    vehicle_id: str | None = None
    headway_s: float | None = None
    is_demo: bool = False
    no_pickup: frozenset[int] = frozenset()
    no_drop_off: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class DepartureWindow:
    """Departures of a pattern's first stop between two moments (Unix seconds), every headway_s."""

    trip_id: str
    start_date: date
    first_at: float
    last_at: float
    headway_s: float


@dataclass(frozen=True, eq=False)
class PatternRuns:
    """Everything that runs on one pattern on some days, ordered by the departure at each stop."""

    pattern: Pattern
    offsets: tuple[tuple[float, float], ...]  # (arrival, departure) in seconds since the first departure
    by_stop: tuple[tuple[tuple[float, ...], tuple[Run, ...]], ...] = field(repr=False)  # departures, and whose they are
    windows: tuple[DepartureWindow, ...] = ()
    is_loop: bool = False
    no_pickup: frozenset[int] = frozenset()  # of service by headway
    no_drop_off: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()  # stops that nothing serves at the moment
    wait_share: float = MEAN_WAIT  # of a headway, that is waited

    def board(self, index: int, ready: Moment) -> Run | None:
        """The first vehicle that can be boarded at a stop by somebody who is there at `ready`; None: none comes any more."""
        if index in self.closed:
            return None
        times, runs = self.by_stop[index]
        n = bisect_left(times, ready.at)
        while n < len(runs) and index in runs[n].no_pickup:
            n += 1
        timed = runs[n] if n < len(runs) else None
        if timed is not None and timed.source is Source.LIVE:
            return timed
        by_headway = None if index in self.no_pickup else self._by_headway(index, ready)
        if timed is None or by_headway is None:
            return timed or by_headway
        mine, other = timed.departures[index], by_headway.departures[index]
        return timed if mine is not None and other is not None and mine.at <= other.at else by_headway

    def _by_headway(self, index: int, ready: Moment) -> Run | None:
        """A bus that comes somewhere within the next headway, `wait_share` of it away."""
        offset = self.offsets[index][1]
        best: tuple[float, DepartureWindow] | None = None
        for window in self.windows:
            begins, ends = window.first_at + offset, window.last_at + offset
            if ready.at > ends:
                continue
            leaves = max(ready.at, begins) + (window.headway_s * self.wait_share if ready.at > begins else 0.0)
            leaves = min(leaves, max(ends, ready.at))
            if best is None or leaves < best[0]:
                best = (leaves, window)
        return None if best is None else self._headway_run(index, ready, *best)

    def _headway_run(self, index: int, ready: Moment, leaves: float, window: DepartureWindow) -> Run:
        begins, ends = window.first_at + self.offsets[index][1], window.last_at + self.offsets[index][1]
        low = max(ready.low, begins)
        high = max(min(max(ready.high, begins) + window.headway_s, ends), leaves)
        start = Moment(leaves, min(low, leaves), high)
        since = self.offsets[index][1]
        count = len(self.pattern.stop_ids)
        arrivals = [None if n <= index else start.later(self.offsets[n][0] - since) for n in range(count)]
        departures = [None if n < index else start.later(self.offsets[n][1] - since) for n in range(count)]
        return Run(
            trip=TripInstance(window.trip_id, window.start_date),
            source=Source.HEADWAY,
            arrivals=tuple(arrivals),
            departures=tuple(departures),
            headway_s=window.headway_s,
            no_pickup=self.no_pickup,
            no_drop_off=self.no_drop_off,
        )

    def goes_on(self, run: Run) -> Run | None:
        """The next round of a loop, for who stays in the bus at its terminal; None where it has none, or not soon."""
        end = run.arrivals[-1]
        if not self.is_loop or end is None:
            return None
        if run.source is not Source.TIMETABLE and run.headway_s is not None:
            start = end.later(LOOP_PAUSE_S)
            last_at = max((window.last_at for window in self.windows), default=-inf)
            return None if start.at > last_at else self._round(run, start)
        times, runs = self.by_stop[0]
        n = bisect_left(times, end.at)
        return runs[n] if n < len(runs) and times[n] - end.at <= LOOP_JOINED_WITHIN_S else None

    def _round(self, run: Run, start: Moment) -> Run:
        return Run(
            trip=run.trip,
            source=run.source,
            arrivals=tuple(start.later(arrival) for arrival, _ in self.offsets),
            departures=tuple(start.later(departure) for _, departure in self.offsets),
            vehicle_id=run.vehicle_id,
            headway_s=run.headway_s,
            is_demo=run.is_demo,
            no_pickup=run.no_pickup,
            no_drop_off=run.no_drop_off,
        )


def is_loop(pattern: Pattern) -> bool:
    """Whether a pattern ends where it begins."""
    (x0, y0), (x1, y1) = pattern.stop_xy[0], pattern.stop_xy[-1]
    return abs(x1 - x0) + abs(y1 - y0) <= LOOP_ENDS_M


def forbidden(trip: Trip) -> tuple[frozenset[int], frozenset[int]]:
    """(where nobody may get on, where nobody may get off) by place in the trip (GTFS pickup_type, drop_off_type)."""
    no_pickup = frozenset(n for n, call in enumerate(trip.stop_times) if not call.has_pickup)
    return no_pickup, frozenset(n for n, call in enumerate(trip.stop_times) if not call.has_drop_off)


def promised_headway_s(network: Network, trip: TripInstance) -> float | None:
    """The headway of the window in which a run begins; None where its times are planned."""
    if has_planned_times(network, trip):
        return None
    windows = [window for window in network.frequencies_of[trip.trip_id] if window.exact_times != 1]
    start_s = trip.start_s or 0
    return float(next((window for window in windows if start_s < window.end_s), windows[-1]).headway_s)


def promising_trips(network: Network, pattern: Pattern) -> tuple[str, ...]:
    """The trips of a pattern that are promised to riders: those of a demonstration are not."""
    return tuple(trip_id for trip_id in pattern.trip_ids if not network.trips[trip_id].is_demo)


class DayPlan:
    """What the plan has on one service day, pattern by pattern; made once per network and day."""

    def __init__(self, network: Network, day: date) -> None:
        self.zero = service_day_start(day, network.timezone).timestamp()
        patterns, services = patterns_of(network), services_on(network, day)
        self.runs: dict[str, list[Run]] = {}
        self.windows: dict[str, list[DepartureWindow]] = {}
        for pattern in patterns.by_id.values():
            for trip_id in promising_trips(network, pattern):
                if network.trips[trip_id].service_id in services:
                    self._add(network, pattern, network.trips[trip_id], day)

    def _add(self, network: Network, pattern: Pattern, trip: Trip, day: date) -> None:
        planned = patterns_of(network).planned(trip.trip_id)
        rows = network.frequencies_of.get(trip.trip_id)
        if rows is None:
            self._add_run(pattern, trip, TripInstance(trip.trip_id, day), planned, 0.0)
            return
        for start_s in exact_starts(network, trip):
            if start_s is not None:
                self._add_run(pattern, trip, TripInstance(trip.trip_id, day, start_s), planned, start_s - planned[0][1])
        for row in rows:
            if row.exact_times != 1:
                first, last = self.zero + row.start_s, self.zero + last_start_s(row)
                window = DepartureWindow(
                    trip_id=trip.trip_id, start_date=day, first_at=first, last_at=last, headway_s=float(row.headway_s)
                )
                self.windows.setdefault(pattern.pattern_id, []).append(window)

    def _add_run(
        self, pattern: Pattern, trip: Trip, instance: TripInstance, planned: tuple[tuple[float, float], ...], shift_s: float
    ) -> None:
        no_pickup, no_drop_off = forbidden(trip)
        begin = self.zero + shift_s
        self.runs.setdefault(pattern.pattern_id, []).append(
            Run(
                trip=instance,
                source=Source.TIMETABLE,
                arrivals=tuple(exactly(begin + arrival) for arrival, _ in planned),
                departures=tuple(exactly(begin + departure) for _, departure in planned),
                no_pickup=no_pickup,
                no_drop_off=no_drop_off,
            )
        )


@dataclass(frozen=True)
class Disruption:
    """What is not served: trips that are cancelled, stops that are closed, directions of routes that are suspended."""

    trips: frozenset[TripInstance] = frozenset()
    stops: frozenset[str] = frozenset()
    directions: frozenset[RouteDirection] = frozenset()

    def suspends(self, network: Network, pattern: Pattern) -> bool:
        return directions_of(network).of_trip[pattern.trip_ids[0]] in self.directions


class Service:
    """Everything that runs on some days, for searches: their plan with what is seen live laid over it, pattern by pattern.

    live: predicted calls of all vehicles or, where only those of the patterns that are met shall be made, a function of one.
    """

    def __init__(
        self,
        network: Network,
        plans: Mapping[date, DayPlan],
        live: Iterable[LiveCall] | Callable[[Pattern], Iterable[LiveCall]] = (),
        disruption: Disruption | None = None,
        wait_share: float = MEAN_WAIT,
    ) -> None:
        self.network = network
        self.wait_share = wait_share
        self.plans = plans
        self.disruption = disruption or Disruption()
        self._live_of = live if callable(live) else _by_pattern(network, live)
        self._made: dict[str, PatternRuns] = {}

    def of_pattern(self, pattern: Pattern) -> PatternRuns:
        key = pattern.pattern_id
        if key not in self._made:
            self._made[key] = self._make(pattern)
        return self._made[key]

    def _make(self, pattern: Pattern) -> PatternRuns:
        key, live = pattern.pattern_id, self._live_runs(pattern)
        seen = {run.trip for run in live}
        runs = [
            run
            for plan in self.plans.values()
            for run in plan.runs.get(key, [])
            if run.trip not in self.disruption.trips and run.trip not in seen
        ]
        runs += [run for run in live if run.trip not in self.disruption.trips]
        planned = patterns_of(self.network).planned(pattern.trip_ids[0])
        offsets = tuple((arrival - planned[0][1], departure - planned[0][1]) for arrival, departure in planned)
        no_pickup, no_drop_off = forbidden(self.network.trips[pattern.trip_ids[0]])
        closed = frozenset(n for n, stop_id in enumerate(pattern.stop_ids) if stop_id in self.disruption.stops)
        return PatternRuns(
            pattern=pattern,
            offsets=offsets,
            by_stop=tuple(runs_by_departure(runs, n) for n in range(len(pattern.stop_ids))),
            windows=tuple(window for plan in self.plans.values() for window in plan.windows.get(key, [])),
            is_loop=is_loop(pattern),
            no_pickup=no_pickup | closed,
            no_drop_off=no_drop_off | closed,
            closed=closed,
            wait_share=self.wait_share,
        )

    def _live_runs(self, pattern: Pattern) -> list[Run]:
        """The predicted vehicles on a pattern."""
        calls: dict[tuple[str, TripInstance], dict[int, Moment]] = {}
        for call in self._live_of(pattern):
            calls.setdefault((call.vehicle_id, call.trip), {})[call.stop_sequence] = call.moment
        return [
            self._live_run(vehicle_id, trip, tuple(at.get(sequence) for sequence in pattern.stop_sequences))
            for (vehicle_id, trip), at in calls.items()
        ]

    def _live_run(self, vehicle_id: str, trip: TripInstance, moments: tuple[Moment | None, ...]) -> Run:
        """Beyond the last predicted stop a vehicle goes on as planned."""
        planned = patterns_of(self.network).planned(trip.trip_id)
        filled = list(moments)
        for n, (before, after) in enumerate(pairwise(planned)):
            before_it = filled[n]
            if filled[n + 1] is None and before_it is not None:
                filled[n + 1] = before_it.later(after[0] - before[0])
        row = self.network.trips[trip.trip_id]
        no_pickup, no_drop_off = forbidden(row)
        return Run(
            trip=trip,
            source=Source.LIVE,
            arrivals=tuple(filled),
            departures=tuple(filled),
            vehicle_id=vehicle_id,
            headway_s=promised_headway_s(self.network, trip),
            is_demo=row.is_demo,
            no_pickup=no_pickup,
            no_drop_off=no_drop_off,
        )


def _by_pattern(network: Network, live: Iterable[LiveCall]) -> Callable[[Pattern], Iterable[LiveCall]]:
    patterns = patterns_of(network)
    calls: dict[str, list[LiveCall]] = {}
    for call in live:
        pattern = patterns.find(call.trip.trip_id)
        if pattern is not None:
            calls.setdefault(pattern.pattern_id, []).append(call)
    return lambda pattern: calls.get(pattern.pattern_id, ())


def runs_by_departure(runs: Iterable[Run], index: int) -> tuple[tuple[float, ...], tuple[Run, ...]]:
    """When they leave the stop of that index, Unix seconds, earliest first, and the runs themselves in the same order."""
    rows = [(moment.at, n, run) for n, run in enumerate(runs) if (moment := run.departures[index]) is not None]
    rows.sort(key=lambda row: row[:2])
    return tuple(row[0] for row in rows), tuple(row[2] for row in rows)
