"""Which trip instance a vehicle is running, by what is known beforehand and by how well each planned trip fits."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from math import inf, log1p
from typing import NamedTuple

from transit.plan.network import Network, Trip, TripInstance
from transit.plan.patterns import Pattern, Patterns
from transit.plan.planned_times import exact_starts, has_planned_times, shift_s
from transit.plan.service_day import local_date, service_day_start, services_on

EARLIEST_S = -25 * 60.0  # a bus further ahead of its plan runs another trip (OneBusAway NYC cuts at -30 min)
LATEST_S = 75 * 60.0  # and so does one later than this, unless it was followed from its start (OneBusAway NYC: +75 min)
LATE_SCALE_S = 300.0  # scale of the lateness (Student-t) of late buses
EARLY_SCALE_S = 150.0  # scale for early ones, which are rarer and less far off
TAIL = 3.0  # degrees of freedom of both
BEYOND = -8.0  # log odds of a bus outside EARLIEST_S..LATEST_S on its present or its named trip,
BEYOND_SCALE_S = 1800.0  # and 1.0 less for each such time beyond
NAMED = -2.0  # least log odds of the named trip, on its line and in its direction: the plan may be outdated
OF_ITS_LINE = -4.0  # least log odds of the nearest trips, for a bus on the line that was named
NAMED_WITHIN_S = 3 * 3600.0  # both up to this lateness: a label that is hours off is of another time, and names its route
LAST_PART = 0.7  # share of a line beyond which a changed label names the next trip
WAIT_SCALE_S = 900.0  # a quarter of an hour at a terminal is nothing unusual
LONGEST_WAIT_S = 90 * 60.0  # a vehicle that stands longer before a departure is parked
NEARBY = 4  # planned trips considered on each side of the one that fits best
HOURS_KEPT = 1000  # hours whose service days are cached: six weeks of a replay

SAME_TRIP = 3.0  # log odds for the trip that the vehicle is on against others
SAME_PLAN = 1.0  # for the trip that it waits for against others
NEXT_IN_BLOCK = 1.5  # for the next trip of the block
SAME_ROUTE = 4.0  # for trips of the route served last: few vehicles change route at a terminal
TAKEN = -6.0  # for a trip that another vehicle has
DRIVEN = -12.0  # for a trip that another vehicle is under way on
NOT_THE_ROUTE = -12.0  # against any other route than the one named: ten good fixes outweigh it
NOT_THE_TRIP = -9.0  # against another trip of the same route
OUTSIDE_WINDOW = -2.0  # headway-based trips outside the hours of frequencies.txt
RESTART_S = 600.0  # a headway-based trip that leaves its terminal more than this off its start_time gets a new start_time
JUST_LEFT_M = 200.0  # only up to this distance from the terminal
MINUTES_TRIED = 30  # start_times tried, a minute apart, until one is free: no terminal has more buses than that in half an hour


@dataclass(frozen=True, slots=True)
class AssignmentHint:
    """What a dispatcher or a label says of a vehicle: nothing, its route, or its trip. The evidence may overrule it."""

    route_id: str | None = None
    trip_id: str | None = None


NO_HINT = AssignmentHint()


class OtherVehicles(NamedTuple):
    """Functions of a trip: what the other vehicles have to do with it."""

    taken: Callable[[TripInstance], bool] = lambda trip: False  # another vehicle has this trip
    driven: Callable[[TripInstance], bool] = lambda trip: False  # another vehicle is under way on it
    runs_late: Callable[[TripInstance], float | None] = lambda trip: None  # seconds that the other vehicle is late on it
    is_theirs: Callable[[TripInstance], bool] = lambda trip: False  # told to the vehicle under way on it, and another to this
    line_late_s: Callable[[str, int | None, float], float] = lambda route_id, direction_id, t: 0.0  # see LineDeviations.late_s


NO_OTHERS = OtherVehicles()


class PlannedStart(NamedTuple):
    """One planned start of a trip; shift_s moves the times of a trip that frequencies.txt repeats exactly."""

    start_s: float
    trip_id: str
    service_id: str
    shift_s: int | None  # None: an ordinary timetabled trip


class ServiceDay(NamedTuple):
    """A service day, and which services run on it."""

    date: date
    zero_s: float  # Unix seconds of the service day's zero
    services: frozenset[str]


@dataclass(frozen=True, slots=True)
class ChoiceContext:
    """What is known of a vehicle, for one hypothesis, when its trip is chosen."""

    current: TripInstance | None = None  # the trip that the vehicle is on under this hypothesis
    sticks: float = SAME_TRIP  # log odds for keeping it
    ended: TripInstance | None = None  # the trip that it ran last
    hint: AssignmentHint = NO_HINT
    others: OtherVehicles = NO_OTHERS
    leaves: bool = False  # the vehicle is leaving its first stop now
    goes_on: bool = False  # it is under way on `current` still, so that this has not ended whatever was concluded


class Choice(NamedTuple):
    """The trip that fits best, with its log odds."""

    score: float  # log odds, 0 = fits perfectly
    trip: TripInstance


class TripTable:
    """The planned departures of every pattern, and the blocks that chain them."""

    def __init__(self, network: Network, patterns: Patterns) -> None:
        self.network = network
        self.patterns = patterns
        self.departures: dict[str, list[PlannedStart]] = {}
        self.headway_trips: dict[str, list[str]] = {}  # pattern_id -> trip_ids that run by headway
        self._starts: dict[str, list[float]] = {}
        self._days: dict[int, tuple[ServiceDay, ...]] = {}
        for pattern in patterns.by_id.values():
            self._add(pattern)
        self.next_in_block = _blocks(network, patterns)

    def _add(self, pattern: Pattern) -> None:
        rows: list[PlannedStart] = []
        for trip_id in pattern.trip_ids:
            trip = self.network.trips[trip_id]
            start = self.patterns.planned(trip_id)[0][1]
            windows = self.network.frequencies_of.get(trip_id)
            if windows is None:
                rows.append(PlannedStart(start, trip_id, trip.service_id, None))
            else:
                if self.network.is_headway_based(trip_id):
                    self.headway_trips.setdefault(pattern.pattern_id, []).append(trip_id)
                starts = (at for at in exact_starts(self.network, trip) if at is not None)
                rows += [PlannedStart(at, trip_id, trip.service_id, at - round(start)) for at in starts]
        rows.sort()
        self.departures[pattern.pattern_id] = rows
        self._starts[pattern.pattern_id] = [row.start_s for row in rows]

    def days(self, t: float) -> tuple[ServiceDay, ...]:
        """The service days that a trip running at t (Unix seconds) may belong to, today first."""
        key = int(t // 3600)
        if key not in self._days:
            if len(self._days) > HOURS_KEPT:
                self._days.clear()
            timezone = self.network.timezone
            today = local_date(datetime.fromtimestamp(t, UTC), timezone)
            dates = (today, today - timedelta(days=1), today + timedelta(days=1), today - timedelta(days=2))
            self._days[key] = tuple(
                ServiceDay(day, service_day_start(day, timezone).timestamp(), services_on(self.network, day)) for day in dates
            )
        return self._days[key]

    def days_of(self, trip_id: str, t: float) -> Sequence[ServiceDay]:
        """Those days on which a named trip runs; all of them where it runs on none near t: the calendar may be outdated."""
        service = self.network.trips[trip_id].service_id
        running = [day for day in self.days(t) if service in day.services]
        is_near = any(self._is_near(trip_id, t, day) for day in running)
        return running if is_near else self.days(t)

    def _is_near(self, trip_id: str, t: float, day: ServiceDay) -> bool:
        """Whether a trip is planned to run on that day no more than NAMED_WITHIN_S earlier or later than t."""
        times = self.patterns.planned(trip_id)
        return times[0][1] - NAMED_WITHIN_S <= t - day.zero_s <= times[-1][0] + NAMED_WITHIN_S

    def still_told(
        self, hint: AssignmentHint, t: float, is_anothers: Callable[[TripInstance], bool] = lambda trip: False
    ) -> AssignmentHint:
        """The hint at t (Unix seconds).

        A trip planned more than NAMED_WITHIN_S earlier or later names its route alone, and so does one that is another's.
        """
        pattern = None if hint.trip_id is None else self.patterns.find(hint.trip_id)
        if pattern is None or hint.trip_id is None or self.network.frequencies_of.get(hint.trip_id):
            return hint
        meant = [day for day in self.days_of(hint.trip_id, t) if self._is_near(hint.trip_id, t, day)]
        if meant and not any(is_anothers(TripInstance(hint.trip_id, day.date)) for day in meant):
            return hint
        return AssignmentHint(route_id=pattern.route_id)

    def near(self, pattern: Pattern, along_m: float, t: float) -> Iterator[tuple[float, TripInstance]]:
        """(lateness in seconds, trip) of the planned trips nearest in time, NEARBY on each side, on every possible day."""
        rows = self.departures[pattern.pattern_id]
        if not rows:
            return
        starts = self._starts[pattern.pattern_id]
        middle = rows[len(rows) // 2]
        run_s = self.patterns.planned_along(middle.trip_id, along_m) + (middle.shift_s or 0) - middle.start_s
        for day in self.days(t):
            since = t - day.zero_s
            first = bisect_left(starts, since - run_s)
            for step, index in ((-1, first - 1), (1, first)):
                left = NEARBY
                while 0 <= index < len(rows) and left:
                    row = rows[index]
                    index += step
                    if abs(since - run_s - row.start_s) > NAMED_WITHIN_S:
                        break
                    if row.service_id in day.services:
                        left -= 1
                        planned = self.patterns.planned_along(row.trip_id, along_m) + (row.shift_s or 0)
                        yield since - planned, instance(row, day.date)

    def lateness(self, pattern: Pattern, trip: TripInstance, along_m: float, t: float) -> float | None:
        """Seconds late of a trip on this pattern; None where it has no times of its own (headway-based)."""
        if self.patterns.find(trip.trip_id) is not pattern or not has_planned_times(self.network, trip):
            return None
        zero = service_day_start(trip.start_date, self.network.timezone).timestamp()
        return t - zero - self.patterns.planned_along(trip.trip_id, along_m) - shift_s(self.network, trip)


def instance(row: PlannedStart, day: date) -> TripInstance:
    """The trip instance of a planned start; with a start_time where frequencies.txt repeats the trip."""
    return TripInstance(row.trip_id, day, None if row.shift_s is None else round(row.start_s))


def choose_trip(
    table: TripTable, pattern: Pattern, along_m: float, t: float, waiting: bool, context: ChoiceContext
) -> Choice | None:
    """The trip of a pattern that a vehicle most likely runs at this place and time (Unix seconds); None if none is possible.

    1. Each candidate scores by how well its planned time fits (_candidates).
    2. Less for a trip that was not named, and for another trip than the vehicle is on.
    3. More on the route served last, and for the next trip of the block.
    4. Less for a trip that another vehicle has; none that it drives as it was told, if this one was told another (is_theirs).
    """
    best: Choice | None = None
    last = table.network.trips.get(context.ended.trip_id) if context.ended is not None else None
    served = None if last is None else last.route_id
    if context.ended is not None and (planned := table.next_in_block.get(context.ended.trip_id)) is not None:
        served = table.network.trips[planned].route_id  # the block goes before the route served last
    for score, trip in _candidates(table, pattern, along_m, t, waiting, context):
        if context.others.is_theirs(trip):
            continue
        score += _label_penalty(pattern, trip, table.patterns, context)
        if context.current is not None and trip != context.current:
            score -= context.sticks
        if served == pattern.route_id:
            score += SAME_ROUTE
        if follows(table, context.ended, trip):
            score += NEXT_IN_BLOCK
        if context.others.taken(trip):
            score += DRIVEN if context.others.driven(trip) else TAKEN
        if best is None or score > best.score:
            best = Choice(score, trip)
    return best


def follows(table: TripTable, ended: TripInstance | None, trip: TripInstance) -> bool:
    """Whether the plan's block puts this trip right after the one that ended."""
    return ended is not None and table.next_in_block.get(ended.trip_id) == trip.trip_id and ended.start_date == trip.start_date


def _candidates(
    table: TripTable, pattern: Pattern, along_m: float, t: float, waiting: bool, context: ChoiceContext
) -> Iterator[tuple[float, TripInstance]]:
    fits = wait_score if waiting else lateness_score
    line_late_s = context.others.line_late_s(pattern.route_id, pattern.direction_id, t)
    near = sorted(table.near(pattern, along_m, t - line_late_s), key=lambda row: -row[0])  # in the order of their departures
    for index, (late_s, trip) in enumerate(near):
        score = fits(late_s)
        if score is None and not waiting and pattern.route_id == context.hint.route_id:
            score = OF_ITS_LINE
        if score is not None and not _has_ended(trip, context):
            if context.leaves:
                score = max(score, _in_order(near, index, line_late_s, context))
            yield score, trip
    for trip in _named(table, pattern, along_m, t, context):
        late = table.lateness(pattern, trip, along_m, t)
        if late is not None and not _has_ended(trip, context):
            score = fits(late - line_late_s)
            score = beyond_score(late) if score is None else score
            if (
                trip.trip_id == context.hint.trip_id
                and abs(late) <= NAMED_WITHIN_S
                and not _is_named_early(pattern, along_m, context)
            ):
                score = max(score, NAMED)
            yield score, trip
    for trip_id in table.headway_trips.get(pattern.pattern_id, ()):
        yield _headway_instance(table, pattern, trip_id, along_m, t, waiting, context)


def _has_ended(trip: TripInstance, context: ChoiceContext) -> bool:
    """Whether the vehicle has run this trip already. Who goes on along its line has not: it was told its next trip early."""
    return trip == context.ended and not (context.goes_on and trip == context.current)


def _in_order(near: list[tuple[float, TripInstance]], index: int, line_late_s: float, context: ChoiceContext) -> float:
    """Log odds that vehicles left in order, so that an overdue departure was run by one of those matched to later trips.

    Each of these would then be on the departure before its own, and the vehicle that leaves now on the last one. Latenesses
    are those beyond line_late_s.
    """
    total, before_s = 0.0, near[index][0]
    for late_s, trip in near[index + 1 :]:
        runs_late_s = context.others.runs_late(trip)
        if runs_late_s is None:
            break
        beyond_s = runs_late_s - line_late_s
        was, would = lateness_score(beyond_s), lateness_score(beyond_s + before_s - late_s)
        if was is None or would is None:
            break
        total += would - was
        before_s = late_s
    last = lateness_score(before_s)
    return -inf if last is None else total + last


def _is_named_early(pattern: Pattern, along_m: float, context: ChoiceContext) -> bool:
    """Whether the label names the next trip while the vehicle still drives the last part of its trip, as on a loop."""
    is_other = context.current is not None and context.current.trip_id != context.hint.trip_id
    return is_other and along_m > pattern.start_m + LAST_PART * (pattern.end_m - pattern.start_m)


def _named(table: TripTable, pattern: Pattern, along_m: float, t: float, context: ChoiceContext) -> Iterator[TripInstance]:
    """The candidates that count whatever their planned time: the trip being run, and the named one."""
    if context.current is not None:
        yield context.current
    label = context.hint.trip_id
    if label is not None and table.patterns.find(label) is pattern and not table.network.frequencies_of.get(label):
        planned = table.patterns.planned_along(label, along_m)
        yield TripInstance(label, min(table.days_of(label, t), key=lambda day: abs(t - day.zero_s - planned)).date)


def _label_penalty(pattern: Pattern, trip: TripInstance, patterns: Patterns, context: ChoiceContext) -> float:
    """Log odds of a trip by the label; 0 if it agrees, or if the label still names the trip that ended."""
    hint = context.hint
    label = patterns.find(hint.trip_id) if hint.trip_id is not None else None
    if label is not None:
        if pattern.route_id != label.route_id:
            return NOT_THE_ROUTE
        lags = context.ended is not None and context.ended.trip_id == hint.trip_id
        return 0.0 if trip.trip_id == hint.trip_id or lags else NOT_THE_TRIP
    return NOT_THE_ROUTE if hint.route_id is not None and pattern.route_id != hint.route_id else 0.0


def lateness_score(late_s: float) -> float | None:
    """Log odds of a lateness in seconds, 0 at the planned time; None outside EARLIEST_S..LATEST_S."""
    if not EARLIEST_S <= late_s <= LATEST_S:
        return None
    return _heavy_tailed(late_s / (LATE_SCALE_S if late_s > 0 else EARLY_SCALE_S))


def wait_score(late_s: float) -> float | None:
    """Log odds of a lateness for a vehicle that waits at the first stop; early ones count less against it."""
    if not -LONGEST_WAIT_S <= late_s <= LATEST_S:
        return None
    return _heavy_tailed(late_s / (LATE_SCALE_S if late_s > 0 else WAIT_SCALE_S))


def _heavy_tailed(scaled: float) -> float:
    return -0.5 * (TAIL + 1.0) * log1p(scaled * scaled / TAIL)


def beyond_score(late_s: float) -> float:
    """Log odds of the present or the named trip outside the limits of lateness; falls with the distance from them."""
    beyond_s = max(late_s - LATEST_S, -LONGEST_WAIT_S - late_s, 0.0)
    return BEYOND - beyond_s / BEYOND_SCALE_S


def _headway_instance(
    table: TripTable, pattern: Pattern, trip_id: str, along_m: float, t: float, waiting: bool, context: ChoiceContext
) -> tuple[float, TripInstance]:
    """The instance of a headway-based trip, with its log odds. Its start_time is kept: GTFS-Realtime identifies it by that."""
    trip = table.network.trips[trip_id]
    run_s = table.patterns.planned_along(trip_id, along_m) - table.patterns.planned(trip_id)[0][1]
    start = t if waiting else t - run_s
    day, score = headway_day(table, trip, start)
    current = context.current
    if current is not None and current.trip_id == trip_id and current.start_s is not None and not context.others.taken(current):
        began = service_day_start(current.start_date, table.network.timezone).timestamp() + current.start_s
        left_late = along_m < pattern.start_m + JUST_LEFT_M and abs(start - began) > RESTART_S
        if waiting or not left_late:
            return score, current
    instances = instances_by_minute(trip_id, day, start)
    made = next(instances)
    while context.others.taken(made) and (later := next(instances, None)) is not None:
        made = later
    return score, made


def instances_by_minute(trip_id: str, day: ServiceDay, start: float) -> Iterator[TripInstance]:
    """Names for a headway-based departure at `start` (Unix seconds): its minute, then those that follow.

    Two buses that leave in the same minute are two instances: the second takes the next minute that is free.
    """
    first_s = round((start - day.zero_s) / 60.0) * 60
    for start_s in range(first_s, first_s + 60 * MINUTES_TRIED, 60):
        yield TripInstance(trip_id, day.date, start_s)


def headway_day(table: TripTable, trip: Trip, start: float) -> tuple[ServiceDay, float]:
    """The service day of a headway-based departure at a moment, and the log odds of it (OUTSIDE_WINDOW outside the hours)."""
    days = table.days(start)
    for day in days:
        if trip.service_id in day.services:
            for window in table.network.frequencies_of[trip.trip_id]:
                within = window.start_s - window.headway_s <= start - day.zero_s <= window.end_s + window.headway_s
                if within and not window.is_exact:
                    return day, 0.0
    running = [day for day in days if trip.service_id in day.services and start >= day.zero_s]
    return (running or list(days))[0], OUTSIDE_WINDOW


def _blocks(network: Network, patterns: Patterns) -> Mapping[str, str]:
    """trip_id -> the trip that the same vehicle is planned to run next on the same service day (block_id)."""
    blocks: dict[tuple[str, str], list[tuple[float, str]]] = {}
    for trip in network.trips.values():
        if trip.block_id and trip.trip_id in patterns.offsets:
            blocks.setdefault((trip.block_id, trip.service_id), []).append((patterns.planned(trip.trip_id)[0][1], trip.trip_id))
    following: dict[str, str] = {}
    for rows in blocks.values():
        rows.sort()
        following.update({before[1]: after[1] for before, after in pairwise(rows)})
    return following
