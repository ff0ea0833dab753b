"""What runs on a pattern around a moment: planned trips, live trips, and headway-based service."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from itertools import pairwise
from math import inf
from typing import NamedTuple

from transit.plan.directions import RouteDirection, directions_of
from transit.plan.network import Network, Trip, TripInstance
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import Pattern, patterns_of
from transit.plan.planned_times import exact_starts, has_planned_times
from transit.plan.service_day import service_day_start, services_on
from transit.plan.timetable import last_start_s

LOOP_PAUSE_S = 180.0  # layover of a loop's bus before its next round
LOOP_JOINED_WITHIN_S = 1200.0  # riders of a timetabled loop can stay seated if its next departure is this near
MEAN_WAIT = 0.5  # mean wait as a share of the headway, for riders who come at any moment
LOOP_ENDS_M = 60.0  # a pattern whose first and last stop are this near each other is a loop


class Source(StrEnum):
    """Where a leg's times come from."""

    LIVE = "live"  # predictions of a vehicle
    TIMETABLE = "timetable"
    HEADWAY = "headway"  # only a headway is planned


class Moment(NamedTuple):
    """A time with its 80 % interval, Unix seconds; low = at = high for a planned time."""

    at: float
    low: float
    high: float

    def later(self, seconds: float) -> Moment:
        return Moment(self.at + seconds, self.low + seconds, self.high + seconds)


def exactly(at: float) -> Moment:
    return Moment(at, at, at)


@dataclass(frozen=True, slots=True)
class LiveCall:
    """One predicted call of a vehicle: its arrival, at a first stop its departure."""

    vehicle_id: str
    trip: TripInstance
    stop_sequence: int
    moment: Moment


class LiveTrip(NamedTuple):
    """All predicted calls of a vehicle on one trip, stored by column to save memory."""

    vehicle_id: str
    trip: TripInstance
    stop_sequences: list[int]
    at: list[float]  # Unix seconds, as in Moment
    low: list[float]
    high: list[float]


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """One vehicle's run along a pattern. Times are None at stops behind it and, for headway-based service, where not known."""

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
    """Departures from a pattern's first stop every headway_s, between two moments (Unix seconds)."""

    trip_id: str
    start_date: date
    first_at: float
    last_at: float
    headway_s: float


class Boarding(NamedTuple):
    """A bus that can be boarded, and when it leaves (Unix seconds): a run with times, or one by headway."""

    leaves_at: float
    vehicle: Run | DepartureWindow


@dataclass(frozen=True, eq=False)
class PatternRuns:
    """Everything that runs on one pattern on some days.

    A search works with numbers (board_at); only the buses it chooses become runs with all their moments (run_of).
    """

    pattern: Pattern
    offsets: tuple[tuple[float, float], ...]  # (arrival, departure) in seconds since the first departure
    runs: tuple[Run, ...] = field(repr=False)
    windows: tuple[DepartureWindow, ...] = ()
    is_loop: bool = False
    no_pickup: frozenset[int] = frozenset()  # indexes of stops without boarding, for headway-based service
    no_drop_off: frozenset[int] = frozenset()
    closed: frozenset[int] = frozenset()  # indexes of closed stops
    wait_share: float = MEAN_WAIT  # assumed wait as a share of the headway
    _departures: dict[int, tuple[tuple[float, ...], tuple[Run, ...]]] = field(default_factory=dict, init=False, repr=False)

    def departures(self, index: int) -> tuple[tuple[float, ...], tuple[Run, ...]]:
        """Departure times (Unix seconds) at the stop of an index, earliest first, and the runs in the same order."""
        made = self._departures.get(index)
        if made is None:
            made = self._departures[index] = runs_by_departure(self.runs, index)
        return made

    def board(self, index: int, ready: Moment) -> Run | None:
        """The first run that a rider can board who is at the stop at `ready`; None: none comes any more."""
        boarding = self.board_at(index, ready.at)
        return None if boarding is None else self.run_of(index, ready, boarding)

    def board_at(self, index: int, ready_at: float) -> Boarding | None:
        """As board(), in numbers. ready_at: Unix seconds."""
        if index in self.closed:
            return None
        times, runs = self.departures(index)
        n = bisect_left(times, ready_at)
        while n < len(runs) and index in runs[n].no_pickup:
            n += 1
        timed = Boarding(times[n], runs[n]) if n < len(runs) else None
        if n < len(runs) and runs[n].source is Source.LIVE:
            return timed
        by_headway = None if index in self.no_pickup else self._by_headway(index, ready_at)
        if timed is None or by_headway is None:
            return timed or by_headway
        return timed if timed.leaves_at <= by_headway.leaves_at else by_headway

    def _by_headway(self, index: int, ready_at: float) -> Boarding | None:
        """The next headway-based bus, expected wait_share of a headway after ready_at."""
        offset = self.offsets[index][1]
        best: Boarding | None = None
        for window in self.windows:
            begins, ends = window.first_at + offset, window.last_at + offset
            if ready_at > ends:
                continue
            leaves = max(ready_at, begins) + (window.headway_s * self.wait_share if ready_at > begins else 0.0)
            leaves = min(leaves, max(ends, ready_at))
            if best is None or leaves < best.leaves_at:
                best = Boarding(leaves, window)
        return best

    def run_of(self, index: int, ready: Moment, boarding: Boarding) -> Run:
        """A boarding as a run with all its moments; by headway these follow from `ready`."""
        leaves, window = boarding
        if isinstance(window, Run):
            return window
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
        """The next round of a loop for riders who stay seated; None without one, or with a timetabled one too far ahead.

        Where the next round of this very bus is predicted, it is that one: the same bus has the same times on every card.
        """
        end = run.arrivals[-1]
        if not self.is_loop or end is None:
            return None
        own = self._own_next(run, end.at)
        if own is not None:
            return own
        if goes_by_headway(run):
            return None if self.next_round_at(end.at) is None else self._round(run, end.later(LOOP_PAUSE_S))
        times, runs = self.departures(0)
        n = bisect_left(times, end.at)
        return runs[n] if n < len(runs) and times[n] - end.at <= LOOP_JOINED_WITHIN_S else None

    def _own_next(self, run: Run, end_at: float) -> Run | None:
        """The predicted next round of a run's own bus, if it begins soon after this one ends."""
        if run.vehicle_id is None:
            return None
        times, runs = self.departures(0)
        rounds = (
            (at, after)
            for at, after in zip(times, runs, strict=True)
            if after.vehicle_id == run.vehicle_id and after.trip != run.trip and at >= end_at
        )
        at, after = next(rounds, (inf, None))
        return after if at - end_at <= LOOP_JOINED_WITHIN_S else None

    def next_round_at(self, end_at: float) -> float | None:
        """When a headway-based bus begins its next round after ending one at end_at (Unix seconds); None: it was the last."""
        last_at = max((window.last_at for window in self.windows), default=-inf)
        return None if end_at + LOOP_PAUSE_S > last_at else end_at + LOOP_PAUSE_S

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


def goes_by_headway(run: Run) -> bool:
    """Whether a run has no planned time for its next round."""
    return run.source is not Source.TIMETABLE and run.headway_s is not None


def is_loop(pattern: Pattern) -> bool:
    """Whether a pattern ends where it begins."""
    (x0, y0), (x1, y1) = pattern.stop_xy[0], pattern.stop_xy[-1]
    return abs(x1 - x0) + abs(y1 - y0) <= LOOP_ENDS_M


def forbidden(trip: Trip) -> tuple[frozenset[int], frozenset[int]]:
    """(calls without boarding, calls without alighting), as indexes in the trip (GTFS pickup_type, drop_off_type)."""
    no_pickup = frozenset(n for n, call in enumerate(trip.stop_times) if not call.has_pickup)
    return no_pickup, frozenset(n for n, call in enumerate(trip.stop_times) if not call.has_drop_off)


def promised_headway_s(network: Network, trip: TripInstance) -> float | None:
    """The headway (seconds) of the window in which a trip instance begins; None where its times are planned."""
    if has_planned_times(network, trip):
        return None
    windows = [window for window in network.frequencies_of[trip.trip_id] if not window.is_exact]
    start_s = trip.start_s or 0
    return float(next((window for window in windows if start_s < window.end_s), windows[-1]).headway_s)


def promising_trips(network: Network, pattern: Pattern) -> tuple[str, ...]:
    """The trip_ids of a pattern without demo trips."""
    return tuple(trip_id for trip_id in pattern.trip_ids if not network.trips[trip_id].is_demo)


class _Rules:
    """What follows from the network for each trip and pattern; cached."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._doors: dict[str, tuple[frozenset[int], frozenset[int]]] = {}
        self._offsets: dict[str, tuple[tuple[float, float], ...]] = {}

    def doors(self, trip_id: str) -> tuple[frozenset[int], frozenset[int]]:
        """As of forbidden()."""
        if trip_id not in self._doors:
            self._doors[trip_id] = forbidden(self._network.trips[trip_id])
        return self._doors[trip_id]

    def offsets(self, pattern: Pattern) -> tuple[tuple[float, float], ...]:
        """(arrival, departure) at each stop in seconds since the first departure, from the first of a pattern's trips."""
        if pattern.pattern_id not in self._offsets:
            planned = patterns_of(self._network).planned(pattern.trip_ids[0])
            begin = planned[0][1]
            self._offsets[pattern.pattern_id] = tuple((arrival - begin, departure - begin) for arrival, departure in planned)
        return self._offsets[pattern.pattern_id]


@once_per_network
def _rules_of(network: Network) -> _Rules:
    return _Rules(network)


class DayPlan:
    """The planned runs of one service day, by pattern; one object per network and day."""

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
            self._add_run(network, pattern, TripInstance(trip.trip_id, day), planned, 0.0)
            return
        for start_s in exact_starts(network, trip):
            if start_s is not None:
                instance = TripInstance(trip.trip_id, day, start_s)
                self._add_run(network, pattern, instance, planned, start_s - planned[0][1])
        for row in rows:
            if not row.is_exact:
                first, last = self.zero + row.start_s, self.zero + last_start_s(row)
                window = DepartureWindow(
                    trip_id=trip.trip_id, start_date=day, first_at=first, last_at=last, headway_s=float(row.headway_s)
                )
                self.windows.setdefault(pattern.pattern_id, []).append(window)

    def _add_run(
        self,
        network: Network,
        pattern: Pattern,
        instance: TripInstance,
        planned: tuple[tuple[float, float], ...],
        shift_s: float,
    ) -> None:
        no_pickup, no_drop_off = _rules_of(network).doors(instance.trip_id)
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
    """What notices take out of service: cancelled trips, closed stops, suspended directions, calls (direction, stop_id)."""

    trips: frozenset[TripInstance] = frozenset()
    stops: frozenset[str] = frozenset()
    directions: frozenset[RouteDirection] = frozenset()
    calls: frozenset[tuple[RouteDirection, str]] = frozenset()

    def closed(self, network: Network, pattern: Pattern) -> frozenset[int]:
        """The indexes of a pattern's stops at which nobody gets on or off."""
        direction = directions_of(network).of_trip[pattern.trip_ids[0]] if self.calls else None
        return frozenset(
            n
            for n, stop_id in enumerate(pattern.stop_ids)
            if stop_id in self.stops or (direction is not None and (direction, stop_id) in self.calls)
        )

    def suspends(self, network: Network, pattern: Pattern) -> bool:
        return directions_of(network).of_trip[pattern.trip_ids[0]] in self.directions


class Service:
    """Everything that runs on some days, by pattern, for searches: the plan with live times laid over it.

    live: the predicted calls of all vehicles; or a function that returns those of one pattern, by trip, when a search first
    meets the pattern.
    """

    def __init__(
        self,
        network: Network,
        plans: Mapping[date, DayPlan],
        live: Iterable[LiveCall] | Callable[[Pattern], Iterable[LiveTrip]] = (),
        disruption: Disruption | None = None,
        wait_share: float = MEAN_WAIT,
    ) -> None:
        self.network = network
        self.wait_share = wait_share
        self.plans = plans
        self.disruption = disruption or Disruption()
        self._live_of = live if callable(live) else _by_pattern(network, live)
        self._made: dict[str, PatternRuns] = {}
        self._suspended: dict[str, bool] = {}  # by pattern_id, of those that were met

    def of_pattern(self, pattern: Pattern) -> PatternRuns:
        key = pattern.pattern_id
        if key not in self._made:
            self._made[key] = self._make(pattern)
        return self._made[key]

    def suspends(self, pattern: Pattern) -> bool:
        """Whether nothing runs on a pattern because of a notice."""
        if not self.disruption.directions:
            return False
        key = pattern.pattern_id
        if key not in self._suspended:
            self._suspended[key] = self.disruption.suspends(self.network, pattern)
        return self._suspended[key]

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
        rules = _rules_of(self.network)
        no_pickup, no_drop_off = rules.doors(pattern.trip_ids[0])
        closed = self.disruption.closed(self.network, pattern)
        return PatternRuns(
            pattern=pattern,
            offsets=rules.offsets(pattern),
            runs=tuple(runs),
            windows=tuple(window for plan in self.plans.values() for window in plan.windows.get(key, [])),
            is_loop=is_loop(pattern),
            no_pickup=no_pickup | closed,
            no_drop_off=no_drop_off | closed,
            closed=closed,
            wait_share=self.wait_share,
        )

    def _live_runs(self, pattern: Pattern) -> list[Run]:
        """The predicted vehicles on a pattern."""
        return [self._live_run(pattern, row) for row in self._live_of(pattern)]

    def _live_run(self, pattern: Pattern, live: LiveTrip) -> Run:
        """The run of a live trip; beyond its last predicted stop it continues with planned run times."""
        trip = live.trip
        planned = patterns_of(self.network).planned(trip.trip_id)
        at = dict(zip(live.stop_sequences, map(Moment, live.at, live.low, live.high), strict=True))
        filled = [at.get(sequence) for sequence in pattern.stop_sequences]
        for n, (before, after) in enumerate(pairwise(planned)):
            before_it = filled[n]
            if filled[n + 1] is None and before_it is not None:
                filled[n + 1] = before_it.later(after[0] - before[0])
        no_pickup, no_drop_off = _rules_of(self.network).doors(trip.trip_id)
        return Run(
            trip=trip,
            source=Source.LIVE,
            arrivals=tuple(filled),
            departures=tuple(filled),
            vehicle_id=live.vehicle_id,
            headway_s=promised_headway_s(self.network, trip),
            is_demo=self.network.trips[trip.trip_id].is_demo,
            no_pickup=no_pickup,
            no_drop_off=no_drop_off,
        )


def _by_pattern(network: Network, live: Iterable[LiveCall]) -> Callable[[Pattern], Iterable[LiveTrip]]:
    trips = live_trips(network, live)
    return lambda pattern: trips.get(pattern.pattern_id, ())


def live_trips(network: Network, live: Iterable[LiveCall]) -> dict[str, list[LiveTrip]]:
    """pattern_id -> the live trips on it. Trips without a pattern are left out."""
    pattern_of = patterns_of(network).find
    trips: dict[tuple[str, TripInstance], LiveTrip] = {}
    for call in live:
        key = call.vehicle_id, call.trip
        row = trips.get(key)
        if row is None:
            row = trips[key] = LiveTrip(
                vehicle_id=call.vehicle_id, trip=call.trip, stop_sequences=[], at=[], low=[], high=[]
            )  # grows below
        row.stop_sequences.append(call.stop_sequence)
        row.at.append(call.moment.at)
        row.low.append(call.moment.low)
        row.high.append(call.moment.high)
    by_pattern: dict[str, list[LiveTrip]] = {}
    for row in trips.values():
        pattern = pattern_of(row.trip.trip_id)
        if pattern is not None:
            by_pattern.setdefault(pattern.pattern_id, []).append(row)
    return by_pattern


def runs_by_departure(runs: Iterable[Run], index: int) -> tuple[tuple[float, ...], tuple[Run, ...]]:
    """Departure times (Unix seconds) at the stop of an index, earliest first, and the runs in the same order."""
    rows = [(moment.at, n, run) for n, run in enumerate(runs) if (moment := run.departures[index]) is not None]
    rows.sort(key=lambda row: row[:2])
    return tuple(row[0] for row in rows), tuple(row[2] for row in rows)
