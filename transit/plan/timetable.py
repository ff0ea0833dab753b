"""The plan as it concerns one stop: which calls on which day, first and last bus, and why there is none.

Trips of a demonstration are no promise to anybody: they are left out everywhere here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import floor

from transit.plan.directions import RouteDirection as RouteDirection
from transit.plan.directions import directions_of, headsign_of
from transit.plan.network import Frequency, Network, Trip, TripInstance
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import Pattern, patterns_of
from transit.plan.planned_times import exact_starts, longest_trip_s
from transit.plan.service_day import DAY_S, local_date, moment, seconds_of_day, services_on

NIGHT_ENDS_S = 36 * 3600  # noon of the day after: what calls later was under way for a day
STOPS_KEPT = 300  # stops whose calls are kept: those that are looked at, or stand on screens


class NoServiceReason(StrEnum):
    """Why the calendar has no service in a direction on a date."""

    HOLIDAY = "holiday"  # taken out by an exception of the calendar
    DAY_OF_WEEK = "day_of_week"
    NOT_IN_FORCE = "not_in_force"  # before or after the dates of the feed


@dataclass(frozen=True, slots=True)
class StopCall:
    """One call of a trip at a stop. at_s: seconds of the service day, departure, at the trip's last stop arrival."""

    trip: Trip
    index: int  # in trip.stop_times
    at_s: float
    since_start_s: float  # after the trip's first departure: what a headway-based trip's call is counted from
    headsign: str

    @property
    def is_last(self) -> bool:
        return self.index == len(self.trip.stop_times) - 1

    @property
    def can_board(self) -> bool:
        return self.trip.can_board(self.index)

    @property
    def stop_id(self) -> str:
        """Of a station's call: the platform."""
        return self.trip.stop_times[self.index].stop_id

    @property
    def stop_sequence(self) -> int:
        return self.trip.stop_times[self.index].stop_sequence


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """A call at a known time of a known day."""

    call: StopCall
    trip: TripInstance
    at: datetime


@dataclass(frozen=True, slots=True)
class HeadwayWindow:
    """From when on a headway is promised at a stop; last_at is the last departure within it, about."""

    call: StopCall
    start_at: datetime
    last_at: datetime
    headway_s: int


@dataclass(frozen=True, slots=True)
class Hours:
    """First and last bus of a day. about: they follow from a headway, not from a timetable."""

    first_at: datetime
    last_at: datetime
    about: bool


class Timetable:
    """The index of one network; get it from timetable_of().

    Patterns are few and calls are many: the index holds where patterns call, and a stop's calls are made when it is asked for.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._stops: dict[str, list[tuple[Pattern, int]]] = {}  # stop or station -> the places where patterns call there
        self._calls: dict[str, dict[RouteDirection, list[StopCall]]] = {}  # of the stops asked for lately
        self._services: dict[date, frozenset[str]] = {}
        self._longest_s = longest_trip_s(network)
        for pattern in patterns_of(network).by_id.values():
            for index, stop_id in enumerate(pattern.stop_ids):
                for place in (stop_id, *network.parents_of(stop_id)):
                    self._stops.setdefault(place, []).append((pattern, index))

    def _calls_of(self, stop_id: str) -> dict[RouteDirection, list[StopCall]]:
        if stop_id not in self._calls:
            by_direction: dict[RouteDirection, list[StopCall]] = {}
            for pattern, index in self._stops.get(stop_id, ()):
                for call in self._pattern_calls(pattern, index):
                    by_direction.setdefault(directions_of(self.network).of_trip[call.trip.trip_id], []).append(call)
            if len(self._calls) >= STOPS_KEPT:
                self._calls.clear()
            self._calls[stop_id] = by_direction
        return self._calls[stop_id]

    def _pattern_calls(self, pattern: Pattern, index: int) -> Iterator[StopCall]:
        """Those at which riders are served."""
        network, planned_times = self.network, patterns_of(self.network)
        for trip_id in pattern.trip_ids:
            trip = network.trips[trip_id]
            if not trip.is_demo and trip.serves(index):
                planned = planned_times.planned(trip_id)
                at_s = planned[index][0 if index == len(planned) - 1 else 1]
                yield StopCall(
                    trip=trip,
                    index=index,
                    at_s=at_s,
                    since_start_s=at_s - planned[0][1],
                    headsign=headsign_of(network, trip, index),
                )

    def directions_at(self, stop_id: str) -> list[RouteDirection]:
        """In the order of the routes (route_sort_order, then name), then of the direction."""
        routes = self.network.routes

        def order(direction: RouteDirection) -> tuple[float, str, str, int, int]:
            route = routes[direction.route_id]
            place = float("inf") if route.sort_order is None else route.sort_order
            return (place, route.name, direction.route_id, direction.direction_id or 0, direction.side)

        return sorted(self._calls_of(stop_id), key=order)

    def calls_at(self, stop_id: str, direction: RouteDirection) -> list[StopCall]:
        return self._calls_of(stop_id).get(direction, [])

    def ends_at(self, stop_id: str, direction: RouteDirection) -> bool:
        """True where nobody can board in this direction: every call is its trip's last, or only to alight."""
        return not any(call.can_board for call in self.calls_at(stop_id, direction))

    def services(self, day: date) -> frozenset[str]:
        if day not in self._services:
            self._services[day] = services_on(self.network, day)
        return self._services[day]

    def planned(self, stop_id: str, direction: RouteDirection, since: datetime, until: datetime) -> list[PlannedCall]:
        """Calls with a time (timetable, or frequencies with exact_times=1) between two moments, by time."""
        calls = [
            PlannedCall(call, trip, moment(day, at_s, self.network.timezone))
            for day, low_s, high_s in self._days(since, until)
            for call in self._running(stop_id, direction, day)
            for at_s, trip in self._times(call, day)
            if low_s <= at_s <= high_s
        ]
        return sorted(calls, key=lambda row: (row.at, row.call.trip.trip_id))

    def windows(self, stop_id: str, direction: RouteDirection, since: datetime, until: datetime) -> list[HeadwayWindow]:
        """Windows of headway-based service that touch the time between two moments, by their start."""
        timezone = self.network.timezone
        rows = [
            HeadwayWindow(
                call,
                moment(day, row.start_s + call.since_start_s, timezone),
                moment(day, last_start_s(row) + call.since_start_s, timezone),
                row.headway_s,
            )
            for day, low_s, high_s in self._days(since, until)
            for call in self._running(stop_id, direction, day)
            for row in self.network.frequencies_of.get(call.trip.trip_id, ())
            if not row.is_exact and row.start_s + call.since_start_s <= high_s and row.end_s + call.since_start_s >= low_s
        ]
        return sorted(rows, key=lambda window: (window.start_at, window.headway_s))

    def is_under_way(self, stop_id: str, direction: RouteDirection, since: datetime, until: datetime) -> bool:
        """Whether a trip with times that calls here, before or after, is planned to be on its way between two moments."""
        patterns = patterns_of(self.network)
        for day, low_s, high_s in self._days(since, until):
            for call in self._running(stop_id, direction, day):
                planned = patterns.planned(call.trip.trip_id)
                lasts_s = planned[-1][0] - planned[0][1]
                for at_s, _ in self._times(call, day):
                    start_s = at_s - call.since_start_s
                    if start_s <= high_s and start_s + lasts_s >= low_s:
                        return True
        return False

    def hours(self, stop_id: str, direction: RouteDirection, day: date) -> Hours | None:
        """First and last bus that can be boarded (or, where the direction ends, that comes) on a service day; None: none runs.

        A trip that is under way for days counts on the day on which it comes by.
        """
        ends_here = self.ends_at(stop_id, direction)
        exact: list[datetime] = []
        rough: list[datetime] = []
        for back in range(_days_later(self._longest_s) + 1):
            service_day = day - timedelta(days=back)
            for call in self._running(stop_id, direction, service_day):
                if call.can_board or ends_here:
                    exact += self._moments(service_day, back, (at_s for at_s, _ in self._times(call, service_day)))
                    rough += self._moments(service_day, back, self._about(call))
        times = exact + rough
        return Hours(min(times), max(times), bool(rough)) if times else None

    def _moments(self, service_day: date, back: int, times: Iterable[float]) -> list[datetime]:
        """Those of the times that fall so many days after their service day."""
        return [moment(service_day, at_s, self.network.timezone) for at_s in times if _days_later(at_s) == back]

    def _about(self, call: StopCall) -> Iterator[float]:
        """First and last call of each window of which only the headway is promised."""
        for row in self.network.frequencies_of.get(call.trip.trip_id, ()):
            if not row.is_exact:
                yield row.start_s + call.since_start_s
                yield last_start_s(row) + call.since_start_s

    def next_first(self, stop_id: str, direction: RouteDirection, now: datetime) -> datetime | None:
        """The first bus of the next service that has not begun, however far that is; None where none comes any more."""
        today = local_date(now, self.network.timezone)
        wanted = {call.trip.service_id for call in self.calls_at(stop_id, direction)}
        for day in self._days_of(wanted, today - timedelta(days=1)):
            runs = any(wanted & self.services(day - timedelta(days=back)) for back in range(_days_later(self._longest_s) + 1))
            hours = self.hours(stop_id, direction, day) if runs else None
            if hours is not None and hours.first_at > now:
                return hours.first_at
        return None

    def _days_of(self, service_ids: set[str], since: date) -> Iterator[date]:
        """The days from one on, on which one of some services may run, as far as the calendar goes."""
        added = [row.date for row in self.network.calendar_dates if row.added and row.service_id in service_ids]
        spans = [(row.start_date, row.end_date) for row in self.network.calendars.values() if row.service_id in service_ids]
        spans += [(day, day) for day in added]
        longest = timedelta(days=_days_later(self._longest_s))
        spans = [(start, end + longest) for start, end in spans]
        day, last = since, max((end for _, end in spans), default=since - timedelta(days=1))
        while day <= last:
            if any(start <= day <= end for start, end in spans):
                yield day
                day += timedelta(days=1)
            else:
                day = min(start for start, _ in spans if start > day)

    def why_none(self, stop_id: str, direction: RouteDirection, day: date) -> tuple[NoServiceReason, str] | None:
        """Why nothing of a direction calls at a stop on a day, with the holiday's name where the feed has it; None: it does."""
        wanted = {call.trip.service_id for call in self.calls_at(stop_id, direction)}
        if not wanted or wanted & self.services(day) or self.hours(stop_id, direction, day) is not None:
            return None
        for row in self.network.exceptions_on.get(day, ()):
            if not row.added and row.service_id in wanted:
                return NoServiceReason.HOLIDAY, row.extra.get("holiday_name", "")
        in_force = [self.network.calendars[s] for s in wanted if s in self.network.calendars]
        if any(row.start_date <= day <= row.end_date for row in in_force):
            return NoServiceReason.DAY_OF_WEEK, ""
        dates = [row.date for row in self.network.calendar_dates if row.added and row.service_id in wanted]
        if dates and min(dates) <= day <= max(dates):
            return NoServiceReason.DAY_OF_WEEK, ""
        return NoServiceReason.NOT_IN_FORCE, ""

    def _running(self, stop_id: str, direction: RouteDirection, day: date) -> Iterator[StopCall]:
        services = self.services(day)
        return (call for call in self.calls_at(stop_id, direction) if call.trip.service_id in services)

    def _times(self, call: StopCall, day: date) -> Iterator[tuple[float, TripInstance]]:
        for start_s in exact_starts(self.network, call.trip):
            at_s = call.at_s if start_s is None else start_s + call.since_start_s
            yield at_s, TripInstance(call.trip.trip_id, day, start_s)

    def _days(self, since: datetime, until: datetime) -> Iterator[tuple[date, float, float]]:
        """The service days that can reach into a time, with that time in their seconds: as far back as the longest trip."""
        timezone = self.network.timezone
        day = local_date(since, timezone) - timedelta(days=1 + int(self._longest_s // DAY_S))
        while day <= local_date(until, timezone) + timedelta(days=1):
            low_s, high_s = seconds_of_day(since, day, timezone), seconds_of_day(until, day, timezone)
            if high_s >= 0:
                yield day, low_s, high_s
            day += timedelta(days=1)


def _days_later(at_s: float) -> int:
    """How many days after its service day a call falls, for riders: a night bus past midnight is still the day before's."""
    return 0 if at_s < NIGHT_ENDS_S else int(at_s // DAY_S)


def last_start_s(row: Frequency) -> int:
    """The last departure of a headway window: its end itself is not part of it."""
    return row.start_s + max(0, floor((row.end_s - row.start_s - 1) / row.headway_s)) * row.headway_s


@once_per_network
def timetable_of(network: Network) -> Timetable:
    """The index of a network, made once."""
    return Timetable(network)
