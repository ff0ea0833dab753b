"""Journeys by bus from here to there, quick and with few changes, over planned and live times.

RAPTOR (Delling, Pajor, Werneck: "Round-Based Public Transit Routing", 2012, section 3.1): round k finds the earliest arrival
at every stop with k buses. Live vehicles count with their predicted times, headway-based service with its expected wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from math import erf, hypot, inf, sqrt
from typing import NamedTuple

from shapely import Point, STRtree

from transit.plan.network import Network
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import Pattern, patterns_of, stop_place
from transit.plan.runs import (
    MEAN_WAIT,
    Boarding,
    DayPlan,
    DepartureWindow,
    Disruption,
    LiveCall,
    LiveTrip,
    Moment,
    PatternRuns,
    Run,
    Service,
    Source,
    exactly,
    is_loop,
    promising_trips,
)
from transit.plan.service_day import local_date
from transit.plan.walking import DETOUR, walk_s

MOST_BUSES = 4  # three changes
WALK_BETWEEN_M = 500.0  # longest walk between two stops, along streets
CHANGE_S = 60.0  # for a change, besides the walk: to get off and find the other stop
BETTER_S = 60.0  # a further change must save at least this
CARDS = 4
LATER_WITHIN_S = 2 * 3600.0  # alternatives leave at most this long after the first journey
STEP_S = 60.0  # precision of "arrive by" and of the last journey of a day
SAME_BUS_S = 1.0  # departures this near each other on one pattern are of one bus
ENDS_KEPT = 64  # ends of journeys whose _Towards is cached
DAYS_KEPT = 10  # service days cached: searches look up to a week ahead
MUCH_WALK_S = 240.0  # a later arrival is shown if it saves this much walking
EARLIER_MIN = (10, 20, 40)  # "arrive by" also looks for journeys that leave so many minutes before the latest one
STANDS_S = 30.0  # mean time from a bus's predicted arrival at a stop to its departure, from the simulator
SHARE_OF_80 = 0.4  # of a span of which every moment is as likely: so far from its middle lie the ends of the 80 % interval
SIGMAS_OF_80 = 2.5631  # width of the 80 % interval of a normal distribution, in standard deviations


@dataclass(frozen=True, slots=True)
class Request:
    """Where a journey starts and ends: for each end stop_id -> seconds on foot, of the stops near it."""

    start: Mapping[str, float]
    end: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Ride:
    """A ride on one bus from stop `board` to stop `alight`. rounds: how many times it passes the end of a loop."""

    pattern: Pattern
    run: Run
    board: str  # stop_id
    alight: str
    board_index: int
    alight_index: int
    leaves: Moment
    comes: Moment
    rounds: int = 0

    @property
    def source(self) -> Source:
        return self.run.source

    @property
    def stops(self) -> int:
        """Number of stops from boarding to alighting."""
        return self.alight_index - self.board_index + self.rounds * (len(self.pattern.stop_ids) - 1)


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk, with estimated seconds. An end that is None is the place that was asked for."""

    from_stop: str | None
    to_stop: str | None
    seconds: float


Leg = Ride | Walk


@dataclass(frozen=True)
class Journey:
    """The legs of a journey in their order, without walks of no length."""

    legs: tuple[Leg, ...]

    @cached_property
    def rides(self) -> tuple[Ride, ...]:
        return tuple(leg for leg in self.legs if isinstance(leg, Ride))

    @property
    def changes(self) -> int:
        return len(self.rides) - 1

    @property
    def walk_s(self) -> float:
        return sum(leg.seconds for leg in self.legs if isinstance(leg, Walk))

    @property
    def leaves(self) -> Moment:
        """When to set out to just catch the first bus."""
        before = self.legs[0].seconds if isinstance(self.legs[0], Walk) else 0.0
        return self.rides[0].leaves.later(-before)

    @property
    def comes(self) -> Moment:
        after = self.legs[-1].seconds if isinstance(self.legs[-1], Walk) else 0.0
        return self.rides[-1].comes.later(after)

    @property
    def seconds(self) -> float:
        return self.comes.at - self.leaves.at

    def walk_before(self, index: int) -> float:
        """Seconds on foot between the ride before and this one (index in rides)."""
        place = self.legs.index(self.rides[index])
        before = self.legs[place - 1] if place else None
        return before.seconds if isinstance(before, Walk) else 0.0

    def stays_seated(self, index: int) -> bool:
        """Whether ride `index` is on the same bus as the ride before, so that no change is needed."""
        before, after = self.rides[index - 1], self.rides[index]
        is_same = before.run.vehicle_id is not None and before.run.vehicle_id == after.run.vehicle_id
        return is_same and before.alight == after.board

    def change_chance(self, index: int) -> float | None:
        """The probability (0..1) of catching the bus of ride `index` at a change; None where neither bus is live.

        1 for headway-based service, since another bus comes, unless it ends then: the last bus leaves when it is said to, give
        or take half a headway.
        """
        before, after = self.rides[index - 1], self.rides[index]
        walk_s, headway_s = self.walk_before(index), after.run.headway_s or 0.0
        if self.stays_seated(index):
            return 1.0
        if after.source is Source.HEADWAY:
            last = after.leaves.high  # where the service goes on it is a whole headway after the rider has come
            if last > before.comes.high + walk_s + headway_s - STEP_S:
                return 1.0
            return chance_to_catch(
                before.comes, Moment(last, last - SHARE_OF_80 * headway_s, last + SHARE_OF_80 * headway_s), walk_s
            )
        if Source.LIVE not in (before.source, after.source):
            return None
        stands_s = STANDS_S if after.source is Source.LIVE and after.board_index > 0 else 0.0
        return chance_to_catch(before.comes, after.leaves.later(stands_s), walk_s)


def chance_to_catch(comes: Moment, leaves: Moment, walk_s: float) -> float:
    """The probability (0..1) that a bus leaves after another one has come and a rider has walked walk_s seconds to it.

    Both errors count as independent normal distributions with the given 80 % intervals, centred on the middle of each
    interval, since the shown moment is early on purpose.
    """
    spare_s = _middle(leaves) - _middle(comes) - walk_s
    sigma_s = hypot(_sigma(comes), _sigma(leaves))
    if sigma_s < 1.0:
        return 1.0 if spare_s >= 0.0 else 0.0
    return 0.5 * (1.0 + erf(spare_s / sigma_s / sqrt(2.0)))


def _middle(moment: Moment) -> float:
    return (moment.low + moment.high) / 2


def _sigma(moment: Moment) -> float:
    return (moment.high - moment.low) / SIGMAS_OF_80


class _Hop(NamedTuple):
    """A ride within a search, in numbers only."""

    runs: PatternRuns
    boarding: Boarding
    board: int
    alight: int
    rounds: int = 0


class _Label(NamedTuple):
    """How and when (Unix seconds) a stop is reached. before None: on foot from the start; hop None: on foot from `before`.

    walk_s: seconds of the walk that ends here.
    """

    at: float
    stop_id: str
    before: _Label | None = None
    hop: _Hop | None = None
    walk_s: float = 0.0


_Labels = dict[str, _Label]  # stop_id -> how it is reached earliest


class _Towards(NamedTuple):
    """The part of a network that can lead to some stops, whatever runs; the rest is not searched.

    By number of buses that may still be taken: the stops, and for each pattern the last of its stops among them.
    """

    stops: tuple[frozenset[str], ...]
    patterns: tuple[Mapping[str, int], ...]


class Planner:
    """Finds journeys on one network; get it from planner_of(). It caches only what follows from the network."""

    def __init__(self, network: Network, change_s: float = CHANGE_S) -> None:
        self.network = network
        self.change_s = change_s
        every = patterns_of(network).by_id.values()
        self.patterns = [row for row in every if promising_trips(network, row)] or list(every)
        self.at_stop: dict[str, list[tuple[Pattern, int]]] = {}
        for pattern in self.patterns:
            for n, stop_id in enumerate(pattern.stop_ids):
                self.at_stop.setdefault(stop_id, []).append((pattern, n))
        self._by_id = {pattern.pattern_id: pattern for pattern in self.patterns}
        self.walks = _walks(network, self.at_stop)
        self._plans: dict[date, DayPlan] = {}
        self._planned: dict[date, Service] = {}
        self._towards: dict[frozenset[str], _Towards] = {}

    def plan_of(self, day: date) -> DayPlan:
        """The plan of a service day; the last few are cached."""
        plan = self._plans.get(day)
        if plan is None:
            plan = DayPlan(self.network, day)
            self._plans = {**dict(list(self._plans.items())[1 - DAYS_KEPT :]), day: plan}
        return plan

    def planned(self, around: datetime) -> Service:
        """The planned service of the day of a moment, without live times; the last few are cached."""
        day = local_date(around, self.network.timezone)
        service = self._planned.get(day)
        if service is None:
            service = self.service(around)
            self._planned = {**dict(list(self._planned.items())[1 - DAYS_KEPT :]), day: service}
        return service

    def service(
        self,
        around: datetime,
        live: Iterable[LiveCall] | Callable[[Pattern], Iterable[LiveTrip]] = (),
        disruption: Disruption | None = None,
        wait_share: float = MEAN_WAIT,
    ) -> Service:
        """The service of the day of a moment, with trips of the day before that are still under way. live: see Service."""
        today = local_date(around, self.network.timezone)
        plans = {day: self.plan_of(day) for day in (today - timedelta(days=1), today)}
        return Service(self.network, plans, live, disruption, wait_share)

    def earliest(
        self,
        service: Service,
        ask: Request,
        at: float,
        without: frozenset[str] = frozenset(),
        is_enough: Callable[[Journey], bool] | None = None,
    ) -> list[Journey]:
        """The journeys of earliest arrival, by number of buses; more buses only if that is earlier.

        at: Unix seconds of setting out. without: route_ids not to use. is_enough: a journey for which this is true ends the
        search.
        """
        towards = self._leading_to(ask.end)
        labels = self._first(ask.start, at)
        best = {stop_id: labels[stop_id].at for stop_id in ask.start if stop_id in labels}
        journeys: list[Journey] = []
        goal = inf
        for number in range(MOST_BUSES):
            reached = self._round(service, labels, best, goal, number, without, towards)
            arrivals = [(reached[stop_id].at + walk_s, stop_id) for stop_id, walk_s in ask.end.items() if stop_id in reached]
            if arrivals and min(arrivals)[0] < goal - (BETTER_S if journeys else 0.0):
                goal, stop_id = min(arrivals)
                journeys.append(self._journey(reached[stop_id], ask))
                if is_enough is not None and is_enough(journeys[-1]):
                    break
            labels = reached
            if not labels:
                break
        return journeys

    def everywhere(self, service: Service, start: Mapping[str, float], at: float) -> dict[str, Journey]:
        """stop_id -> the earliest journey to it, for every reachable stop. start: as in Request; at: Unix seconds."""
        labels = self._first(start, at)
        best = {stop_id: labels[stop_id].at for stop_id in start if stop_id in labels}
        last: _Labels = {}
        for number in range(MOST_BUSES):
            labels = self._round(service, labels, best, inf, number, frozenset(), None)
            last |= labels
            if not labels:
                break
        return {stop_id: self._journey(label, Request(start, {stop_id: 0.0})) for stop_id, label in last.items()}

    def _first(self, start: Mapping[str, float], at: float) -> _Labels:
        """Where a search begins: the stops of the start and, from those where somebody stands, the stops within a walk.

        The bus in the other direction often leaves from the other side of the road. A bus to a stop nearby counts even where
        one is there sooner on foot: not everybody walks, and from there one may walk on.
        """
        labels = {
            stop_id: _Label(at + walk_s, stop_id, walk_s=walk_s) for stop_id, walk_s in start.items() if stop_id in self.at_stop
        }
        for stop_id, label in list(labels.items()):
            for other, seconds in () if start[stop_id] > 0.0 else self.walks.get(stop_id, ()):
                if other not in labels or label.at + seconds < labels[other].at:
                    labels[other] = _Label(at=label.at + seconds, stop_id=other, before=label, hop=None, walk_s=seconds)
        return labels

    def _round(
        self,
        service: Service,
        labels: _Labels,
        best: dict[str, float],
        goal: float,
        number: int,
        without: frozenset[str],
        towards: _Towards | None,
    ) -> _Labels:
        """The stops reached earlier with one more bus, from those improved in the last round. Updates `best` in place."""
        left = MOST_BUSES - number - 1  # buses that may follow
        wanted = None if towards is None else towards.stops[left]
        change_s = self.change_s if number else 0.0
        reached: _Labels = {}
        for pattern, begin, end in self._touched(service, labels, without, None if towards is None else towards.patterns[left]):
            runs = service.of_pattern(pattern)
            for stop_id, label in _scan(runs, begin, end, labels, change_s):
                if label.at < goal and label.at < best.get(stop_id, inf) and (wanted is None or stop_id in wanted):
                    best[stop_id], reached[stop_id] = label.at, label
        self._walk_on(reached, best, goal, wanted)
        return reached

    def _touched(
        self, service: Service, labels: Iterable[str], without: frozenset[str], worth: Mapping[str, int] | None
    ) -> list[tuple[Pattern, int, int]]:
        """(pattern, index of its first stop among these, index of the last stop to ride to) of the patterns that call there."""
        first: dict[str, tuple[Pattern, int, int]] = {}
        for stop_id in sorted(labels):
            for pattern, n in self.at_stop[stop_id]:
                key = pattern.pattern_id
                end = len(pattern.stop_ids) - 1 if worth is None else worth.get(key, 0)
                if (
                    n >= end
                    or pattern.route_id in without
                    or (key in first and first[key][1] <= n)
                    or service.suspends(pattern)
                ):
                    continue
                first[key] = (pattern, n, end)
        return list(first.values())

    def _walk_on(self, reached: _Labels, best: dict[str, float], goal: float, wanted: frozenset[str] | None) -> None:
        """Adds the stops within a walk of those reached, in place."""
        for stop_id, label in list(reached.items()):
            for other, seconds in self.walks.get(stop_id, ()):
                at = label.at + seconds
                if at >= goal:
                    break  # the nearest come first
                if at < best.get(other, inf) and (wanted is None or other in wanted):
                    best[other], reached[other] = at, _Label(at=at, stop_id=other, before=label, hop=None, walk_s=seconds)

    def _leading_to(self, end: Iterable[str]) -> _Towards:
        key = frozenset(end)
        made = self._towards.get(key)
        if made is None:
            made = self._towards_of(key)
            self._towards = {**dict(list(self._towards.items())[1 - ENDS_KEPT :]), key: made}
        return made

    def _towards_of(self, end: frozenset[str]) -> _Towards:
        """Searches backwards from the end, bus by bus. From a stop a bus leads to all later ones, on a loop to all stops."""
        stops = [self._and_around(stop_id for stop_id in end if stop_id in self.at_stop)]
        patterns: list[dict[str, int]] = []
        for _ in range(MOST_BUSES):
            lasts: dict[str, int] = {}
            boards = set(stops[-1])
            for stop_id in stops[-1]:
                for pattern, n in self.at_stop[stop_id]:
                    lasts[pattern.pattern_id] = max(n, lasts.get(pattern.pattern_id, 0))
            for pattern_id, last in lasts.items():
                pattern = self._by_id[pattern_id]
                if is_loop(pattern):
                    last = lasts[pattern_id] = len(pattern.stop_ids) - 1
                boards.update(pattern.stop_ids[:last])
            patterns.append(lasts)
            stops.append(self._and_around(boards))
        return _Towards(tuple(stops), tuple(patterns))

    def _and_around(self, stop_ids: Iterable[str]) -> frozenset[str]:
        """These stops and those within a walk of them."""
        some = list(stop_ids)
        return frozenset(some).union(other for stop_id in some for other, _ in self.walks.get(stop_id, ()))

    def _journey(self, label: _Label, ask: Request) -> Journey:
        """The journey to a label, leg by leg from the start, with all moments."""
        labels = [label]
        while (before := labels[-1].before) is not None:
            labels.append(before)
        start, *rest = reversed(labels)
        legs: list[Leg] = [Walk(None, start.stop_id, ask.start[start.stop_id])] if ask.start[start.stop_id] > 0.0 else []
        at, change_s = exactly(start.at), 0.0
        for before, step in zip([start, *rest], rest, strict=False):
            if step.hop is None:
                legs.append(Walk(before.stop_id, step.stop_id, step.walk_s))
                at = at.later(step.walk_s)
            else:
                ride = _ride(step.hop, at.later(change_s))
                legs.append(ride)
                at, change_s = ride.comes, self.change_s
        if ask.end[label.stop_id] > 0.0:
            legs.append(Walk(label.stop_id, None, ask.end[label.stop_id]))
        return Journey(tuple(legs))

    def journeys(self, service: Service, ask: Request, at: float) -> list[Journey]:
        """Up to CARDS journeys that leave at `at` (Unix seconds) or later, none worse than another in every respect."""
        options = self.earliest(service, ask, at)
        if not options:
            return []
        routes = {ride.pattern.route_id for journey in options for ride in journey.rides}
        for route_id in sorted(routes):  # the same way by other routes
            options += self.earliest(service, ask, at, frozenset([route_id]))
        leaves = min(journey.leaves.at for journey in options)
        until = leaves + LATER_WITHIN_S
        for _ in range(CARDS):  # and by later buses, where there are times to tell them apart
            later = [
                option
                for option in self.earliest(service, ask, leaves + STEP_S)
                if option.rides[0].source is not Source.HEADWAY
            ]
            if not later or min(journey.leaves.at for journey in later) > until:
                break
            options += later
            leaves = max(leaves + STEP_S, min(journey.leaves.at for journey in later))
        return _worth_showing(options)[:CARDS]

    def after_missing(self, service: Service, ride: Ride) -> Moment | None:
        """When the next bus of the same pattern leaves after a ride's bus was missed; None: no further one."""
        if ride.source is Source.HEADWAY:
            following = None if ride.run.headway_s is None else ride.leaves.later(ride.run.headway_s)
            windows, offset = (
                service.of_pattern(ride.pattern).windows,
                service.of_pattern(ride.pattern).offsets[ride.board_index][1],
            )
            last_at = max((window.last_at + offset for window in windows), default=-inf)
            return following if following is not None and following.at <= last_at else None
        run = service.of_pattern(ride.pattern).board(ride.board_index, exactly(ride.leaves.at + 1.0))
        return None if run is None else run.departures[ride.board_index]

    def arriving_by(self, service: Service, ask: Request, by: float, since: float) -> list[Journey]:
        """Journeys that arrive by a moment and leave after `since` (both Unix seconds), the latest to leave first.

        In time is who is there by the end of the interval, by headway after the longest wait; else by the time shown.
        """
        return self._in_time(service, ask, by, since, lambda journey: journey.comes.high <= by) or self._in_time(
            service, ask, by, since, lambda journey: journey.comes.at <= by
        )

    def _in_time(
        self, service: Service, ask: Request, by: float, since: float, is_in_time: Callable[[Journey], bool]
    ) -> list[Journey]:
        def in_time(at: float) -> list[Journey]:
            return [journey for journey in self.earliest(service, ask, at) if is_in_time(journey)]

        at = _last_that(lambda at: any(map(is_in_time, self.earliest(service, ask, at, is_enough=is_in_time))), since, by)
        if at is None:
            return []
        options = in_time(at)
        for minutes in EARLIER_MIN:
            options += in_time(max(since, min(journey.leaves.at for journey in options) - 60.0 * minutes))
        return sorted(_worth_showing(options), key=lambda option: -option.leaves.at)[:CARDS]

    def last_of_day(self, service: Service, ask: Request, since: float, until: float) -> Journey | None:
        """The journey that leaves last between two moments (Unix seconds); None where there is none."""

        def leaves(journey: Journey) -> bool:
            return journey.leaves.at <= until

        at = _last_that(lambda at: any(map(leaves, self.earliest(service, ask, at, is_enough=leaves))), since, until)
        if at is None:
            return None
        return max(filter(leaves, self.earliest(service, ask, at)), key=lambda option: option.leaves.at)


def _walks(network: Network, stops: Iterable[str]) -> dict[str, list[tuple[str, float]]]:
    """stop_id -> the other stops within WALK_BETWEEN_M of street, with the seconds to them, nearest first."""
    places = {stop_id: place for stop_id in stops if (place := stop_place(network, stop_id)) is not None}
    plane = patterns_of(network).plane
    ids, points = list(places), [Point(*plane.xy(*place)) for place in places.values()]
    if not points:
        return {}
    tree = STRtree(points)
    walks: dict[str, list[tuple[str, float]]] = {}
    for stop_id, point in zip(ids, points, strict=True):
        near = tree.query(point, predicate="dwithin", distance=WALK_BETWEEN_M / DETOUR)
        rows = sorted((walk_s(point.distance(points[n])), ids[n]) for n in near if ids[n] != stop_id)
        walks[stop_id] = [(other, seconds) for seconds, other in rows]
    return walks


def _scan(runs: PatternRuns, begin: int, end: int, before: _Labels, change_s: float) -> Iterator[tuple[str, _Label]]:
    """The stops reached along one pattern with one bus, and when. change_s: needed at a stop before boarding.

    On a loop the rider stays seated over the terminal.
    """
    stop_ids = runs.pattern.stop_ids
    aboard: tuple[Boarding, int, _Label] | None = None  # with the index of the boarding stop and its label
    last = len(stop_ids) - 1
    for n in range(begin, end + 1):
        if aboard is not None:
            boarding, board, label = aboard
            comes_at = _comes_at(runs, boarding, board, n)
            if comes_at is not None:
                yield stop_ids[n], _Label(comes_at, stop_ids[n], label, _Hop(runs, boarding, board, n))
        label_here = before.get(stop_ids[n])
        if label_here is None or n == last:
            continue
        mine = inf if aboard is None else _leaves_at(runs, aboard[0], aboard[1], n)
        if label_here.at + change_s < mine:
            boarding_here = runs.board_at(n, label_here.at + change_s)
            if boarding_here is not None and (
                boarding_here.leaves_at < mine or _is_nearer(boarding_here, mine, label_here, aboard)
            ):
                aboard = (boarding_here, n, label_here)
    if aboard is not None and runs.is_loop:
        yield from _second_round(runs, *aboard)


def _is_nearer(boarding: Boarding, mine: float, here: _Label, aboard: tuple[Boarding, int, _Label] | None) -> bool:
    """Whether the bus that one is on (it leaves here at `mine`) can be boarded here with less of a walk before it."""
    return aboard is not None and abs(boarding.leaves_at - mine) < SAME_BUS_S and here.walk_s < aboard[2].walk_s


def _second_round(runs: PatternRuns, boarding: Boarding, board: int, label: _Label) -> Iterator[tuple[str, _Label]]:
    """The stops reached by staying seated over the end of a loop, up to the boarding stop."""
    begins_at: float | None = None  # of a bus by headway
    following: Run | None = None  # of one with times
    if isinstance(boarding.vehicle, DepartureWindow):
        begins_at = runs.next_round_at(boarding.leaves_at + (runs.offsets[-1][0] - runs.offsets[board][1]))
    else:
        following = runs.goes_on(boarding.vehicle)
    for n in range(1, board + 1):
        comes_at: float | None = None
        if begins_at is not None:
            comes_at = None if n in runs.no_drop_off or n in runs.closed else begins_at + runs.offsets[n][0]
        elif following is not None:
            comes_at = _comes_at(runs, Boarding(0.0, following), 0, n)
        if comes_at is not None:
            stop_id = runs.pattern.stop_ids[n]
            hop = _Hop(runs=runs, boarding=boarding, board=board, alight=n, rounds=1)
            yield stop_id, _Label(comes_at, stop_id, label, hop)


def _comes_at(runs: PatternRuns, boarding: Boarding, board: int, n: int) -> float | None:
    """When a bus boarded at `board` reaches stop n, Unix seconds; None where alighting is not possible."""
    vehicle = boarding.vehicle
    if n in runs.closed:
        return None
    if isinstance(vehicle, Run):
        comes = vehicle.arrivals[n]
        return None if comes is None or n in vehicle.no_drop_off else comes.at
    return None if n in runs.no_drop_off else boarding.leaves_at + (runs.offsets[n][0] - runs.offsets[board][1])


def _leaves_at(runs: PatternRuns, boarding: Boarding, board: int, n: int) -> float:
    """When a bus boarded at `board` leaves a later stop n, Unix seconds; infinity where that is not known."""
    if isinstance(boarding.vehicle, Run):
        leaves = boarding.vehicle.departures[n]
        return inf if leaves is None else leaves.at
    return boarding.leaves_at + (runs.offsets[n][1] - runs.offsets[board][1])


def _ride(hop: _Hop, ready: Moment) -> Ride:
    """A hop as a ride with all its moments, for a rider who is at the stop at `ready`."""
    runs = hop.runs
    run = runs.run_of(hop.board, ready, hop.boarding)
    after = runs.goes_on(run) if hop.rounds else run
    leaves = run.departures[hop.board]
    assert after is not None
    comes = after.arrivals[hop.alight]
    assert leaves is not None
    assert comes is not None
    return Ride(
        pattern=runs.pattern,
        run=after,
        board=runs.pattern.stop_ids[hop.board],
        alight=runs.pattern.stop_ids[hop.alight],
        board_index=hop.board,
        alight_index=hop.alight,
        leaves=leaves,
        comes=comes,
        rounds=hop.rounds,
    )


def _last_that(is_one_from: Callable[[float], bool], since: float, until: float) -> float | None:
    """The last start, to STEP_S, for which is_one_from is true. By bisection: assumes that it is false for all later starts."""
    if not is_one_from(since):
        return None
    low, high = since, until
    while high - low > STEP_S:
        middle = (low + high) / 2
        if is_one_from(middle):
            low = middle
        else:
            high = middle
    return low


def _worth_showing(journeys: Iterable[Journey]) -> list[Journey]:
    """The journeys by arrival, without those that another one beats in every respect or that look the same to a rider."""
    kept: list[Journey] = []
    for journey in sorted(
        journeys, key=lambda journey: (journey.comes.at, journey.changes, -journey.leaves.at, journey.walk_s)
    ):
        if not any(_beats(other, journey) for other in kept):
            kept.append(journey)
    return kept


def _beats(other: Journey, journey: Journey) -> bool:
    routes = [ride.pattern.route_id for ride in other.rides], [ride.pattern.route_id for ride in journey.rides]
    if routes[0] == routes[1] and abs(other.leaves.at - journey.leaves.at) < STEP_S:
        return True
    no_worse = other.leaves.at >= journey.leaves.at and other.comes.at <= journey.comes.at and other.changes <= journey.changes
    return no_worse and other.walk_s <= journey.walk_s + MUCH_WALK_S


@once_per_network
def planner_of(network: Network) -> Planner:
    """The planner of a network; one object per network."""
    return Planner(network)
