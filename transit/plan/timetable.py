"""The plan as it concerns one stop: which calls on which day, first and last bus, and why there is none.

Trips of a demonstration are no promise to anybody: they are left out everywhere here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from math import floor
from typing import NamedTuple

from transit.plan.network import Frequency, Network, Trip, TripInstance
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import patterns_of
from transit.plan.service_day import local_date, moment, seconds_of_day, services_on

LOOK_AHEAD_DAYS = 21  # for the next first bus: longer than the longest holidays


class RouteDirection(NamedTuple):
    """A route in one direction: what riders tell apart at a stop."""

    route_id: str
    direction_id: int | None


class NoServiceReason(StrEnum):
    """Why the calendar has no service of a way on a date."""

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

    @property
    def is_last(self) -> bool:
        return self.index == len(self.trip.stop_times) - 1

    @property
    def stop_sequence(self) -> int:
        return self.trip.stop_times[self.index].stop_sequence

    @property
    def headsign(self) -> str:
        return self.trip.stop_times[self.index].stop_headsign or self.trip.headsign


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
    """The index of one network; get it from timetable_of()."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self._calls: dict[str, dict[RouteDirection, list[StopCall]]] = {}
        self._services: dict[date, frozenset[str]] = {}
        patterns = patterns_of(network)
        for trip in network.trips.values():
            planned = patterns.offsets.get(trip.trip_id)
            if trip.stop_times and not trip.is_demo and planned is not None:
                self._add(trip, planned)

    def _add(self, trip: Trip, planned: tuple[tuple[float, float], ...]) -> None:
        way, last = RouteDirection(trip.route_id, trip.direction_id), len(trip.stop_times) - 1
        for index, row in enumerate(trip.stop_times):
            at_s = planned[index][0 if index == last else 1]
            call = StopCall(trip, index, at_s, at_s - planned[0][1])
            self._calls.setdefault(row.stop_id, {}).setdefault(way, []).append(call)
            parent = self.network.stops[row.stop_id].parent_station
            if parent:
                self._calls.setdefault(parent, {}).setdefault(way, []).append(call)

    def ways_at(self, stop_id: str) -> list[RouteDirection]:
        """In the order of the routes (route_sort_order, then name), then of the direction."""
        routes = self.network.routes

        def order(way: RouteDirection) -> tuple[float, str, str, int]:
            route = routes[way.route_id]
            place = float("inf") if route.sort_order is None else route.sort_order
            return (place, route.name, way.route_id, way.direction_id or 0)

        return sorted(self._calls.get(stop_id, ()), key=order)

    def calls_at(self, stop_id: str, way: RouteDirection) -> list[StopCall]:
        return self._calls.get(stop_id, {}).get(way, [])

    def ends_at(self, stop_id: str, way: RouteDirection) -> bool:
        """True where nobody can board this way: every call is its trip's last."""
        return all(call.is_last for call in self.calls_at(stop_id, way))

    def services(self, day: date) -> frozenset[str]:
        if day not in self._services:
            self._services[day] = services_on(self.network, day)
        return self._services[day]

    def planned(self, stop_id: str, way: RouteDirection, since: datetime, until: datetime) -> list[PlannedCall]:
        """Calls with a time (timetable, or frequencies with exact_times=1) between two moments, by time."""
        found = [
            PlannedCall(call, trip, moment(day, at_s, self.network.timezone))
            for day, low_s, high_s in self._days(since, until)
            for call in self._running(stop_id, way, day)
            for at_s, trip in self._times(call, day)
            if low_s <= at_s <= high_s
        ]
        return sorted(found, key=lambda row: (row.at, row.call.trip.trip_id))

    def windows(self, stop_id: str, way: RouteDirection, since: datetime, until: datetime) -> list[HeadwayWindow]:
        """Windows of headway-based service that touch the time between two moments, by their start."""
        timezone = self.network.timezone
        found = [
            HeadwayWindow(
                call,
                moment(day, row.start_s + call.since_start_s, timezone),
                moment(day, last_start_s(row) + call.since_start_s, timezone),
                row.headway_s,
            )
            for day, low_s, high_s in self._days(since, until)
            for call in self._running(stop_id, way, day)
            for row in self.network.frequencies_of.get(call.trip.trip_id, ())
            if row.exact_times != 1 and row.start_s + call.since_start_s <= high_s and row.end_s + call.since_start_s >= low_s
        ]
        return sorted(found, key=lambda window: (window.start_at, window.headway_s))

    def hours(self, stop_id: str, way: RouteDirection, day: date) -> Hours | None:
        """First and last bus that can be boarded (or, where the way ends, that comes) on a service day; None: none runs."""
        ends_here = self.ends_at(stop_id, way)
        exact: list[float] = []
        rough: list[float] = []
        for call in self._running(stop_id, way, day):
            if call.is_last and not ends_here:
                continue
            exact += [at_s for at_s, _ in self._times(call, day)]
            for row in self.network.frequencies_of.get(call.trip.trip_id, ()):
                if row.exact_times != 1:
                    rough += [row.start_s + call.since_start_s, last_start_s(row) + call.since_start_s]
        times = exact + rough
        if not times:
            return None
        timezone = self.network.timezone
        return Hours(moment(day, min(times), timezone), moment(day, max(times), timezone), bool(rough))

    def next_first(self, stop_id: str, way: RouteDirection, now: datetime) -> datetime | None:
        """The first bus of the next service that has not begun; None within three weeks."""
        today = local_date(now, self.network.timezone)
        for offset in range(-1, LOOK_AHEAD_DAYS):
            hours = self.hours(stop_id, way, today + timedelta(days=offset))
            if hours is not None and hours.first_at > now:
                return hours.first_at
        return None

    def why_none(self, stop_id: str, way: RouteDirection, day: date) -> tuple[NoServiceReason, str] | None:
        """Why nothing of a way calls at a stop on a day, with the holiday's name if the feed has it; None: something does."""
        wanted = {call.trip.service_id for call in self.calls_at(stop_id, way)}
        if not wanted or wanted & self.services(day):
            return None
        for row in self.network.calendar_dates:
            if row.date == day and not row.added and row.service_id in wanted:
                return NoServiceReason.HOLIDAY, row.extra.get("holiday_name", "")
        in_force = [self.network.calendars[s] for s in wanted if s in self.network.calendars]
        if any(row.start_date <= day <= row.end_date for row in in_force):
            return NoServiceReason.DAY_OF_WEEK, ""
        dates = [row.date for row in self.network.calendar_dates if row.added and row.service_id in wanted]
        if dates and min(dates) <= day <= max(dates):
            return NoServiceReason.DAY_OF_WEEK, ""
        return NoServiceReason.NOT_IN_FORCE, ""

    def _running(self, stop_id: str, way: RouteDirection, day: date) -> Iterator[StopCall]:
        services = self.services(day)
        return (call for call in self.calls_at(stop_id, way) if call.trip.service_id in services)

    def _times(self, call: StopCall, day: date) -> Iterator[tuple[float, TripInstance]]:
        rows = self.network.frequencies_of.get(call.trip.trip_id)
        if rows is None:
            yield call.at_s, TripInstance(call.trip.trip_id, day)
            return
        for row in rows:
            if row.exact_times == 1:
                for start_s in range(row.start_s, row.end_s, row.headway_s):
                    yield start_s + call.since_start_s, TripInstance(call.trip.trip_id, day, start_s)

    def _days(self, since: datetime, until: datetime) -> Iterator[tuple[date, float, float]]:
        """The service days that can reach into a time, with that time in their seconds. Some trips pass midnight, or two."""
        timezone = self.network.timezone
        day = local_date(since, timezone) - timedelta(days=2)
        while day <= local_date(until, timezone) + timedelta(days=1):
            low_s, high_s = seconds_of_day(since, day, timezone), seconds_of_day(until, day, timezone)
            if high_s >= 0:
                yield day, low_s, high_s
            day += timedelta(days=1)


def last_start_s(row: Frequency) -> int:
    """The last departure of a headway window: its end itself is not part of it."""
    return row.start_s + max(0, floor((row.end_s - row.start_s - 1) / row.headway_s)) * row.headway_s


@once_per_network
def timetable_of(network: Network) -> Timetable:
    """The index of a network, made once."""
    return Timetable(network)
