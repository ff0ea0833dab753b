"""From when until when a network as a whole runs on a day, and where it does not, why and when again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from transit.plan.network import Network, Trip
from transit.plan.once_per_network import once_per_network
from transit.plan.planned_times import exact_starts
from transit.plan.service_day import local_date, moment, services_on

LOOK_AHEAD_DAYS = 60  # a network that does not run for two months: when it will is not worth a search


class Running(StrEnum):
    """How a network stands in its day."""

    RUNS = "runs"
    NOT_YET = "not_yet"  # it begins later today
    OVER = "over"  # today's service has ended
    HOLIDAY = "holiday"  # an exception of the calendar takes the whole day out
    NO_DAY = "no_day"  # no service on this day of the week, or the calendar does not cover it


@dataclass(frozen=True)
class NetworkState:
    """at: until when it runs, else when it runs again; None where nobody knows."""

    running: Running
    at: datetime | None
    holiday: str = ""  # its name, where the feed has it


class NetworkHours:
    """The hours of a network by day, computed once each; get it from network_hours_of()."""

    def __init__(self, network: Network) -> None:
        self._network = network
        self._trips: dict[str, list[Trip]] = {}  # service_id -> its trips
        for trip in network.trips.values():
            if not trip.is_demo and len(trip.stop_times) > 1:
                self._trips.setdefault(trip.service_id, []).append(trip)
        self._days: dict[date, tuple[datetime, datetime] | None] = {}

    def of_day(self, day: date) -> tuple[datetime, datetime] | None:
        """The first departure of a service day and its last, a headway's end included; None where nothing runs."""
        if day not in self._days:
            network = self._network
            trips = [trip for service_id in services_on(network, day) for trip in self._trips.get(service_id, ())]
            seconds = [second for trip in trips for second in self._departures(trip)]
            bounds = (min(seconds), max(seconds)) if seconds else None
            self._days[day] = None if bounds is None else tuple(moment(day, s, network.timezone) for s in bounds)  # type: ignore[assignment]
        return self._days[day]

    def _departures(self, trip: Trip) -> Iterator[float]:
        first = trip.stop_times[0]
        for start_s in exact_starts(self._network, trip):
            second = start_s if start_s is not None else first.departure_s if first.departure_s is not None else first.arrival_s
            if second is not None:
                yield second
        for window in self._network.frequencies_of.get(trip.trip_id, ()):
            yield from (window.start_s, window.end_s)

    def state(self, now: datetime) -> NetworkState:
        """1. a service day under way, yesterday's night included; 2. one that begins later today; 3. why there is none."""
        today = local_date(now, self._network.timezone)
        for day in (today - timedelta(days=1), today):
            hours = self.of_day(day)
            if hours is not None and hours[0] <= now <= hours[1]:
                return NetworkState(Running.RUNS, hours[1])
        hours = self.of_day(today)
        if hours is not None and now < hours[0]:
            return NetworkState(Running.NOT_YET, hours[0])
        again = self.next_after(now)
        if hours is not None:
            return NetworkState(Running.OVER, again)
        removed = [row for row in self._network.exceptions_on.get(today, ()) if not row.added and row.service_id in self._trips]
        if removed:
            return NetworkState(
                Running.HOLIDAY, again, next((n for row in removed if (n := row.extra.get("holiday_name"))), "")
            )
        return NetworkState(Running.NO_DAY, again)

    def next_after(self, now: datetime) -> datetime | None:
        """When the first bus of a later day leaves; None where none does within LOOK_AHEAD_DAYS."""
        today = local_date(now, self._network.timezone)
        days = (today + timedelta(days=n) for n in range(1, LOOK_AHEAD_DAYS))
        return next((hours[0] for day in days if (hours := self.of_day(day)) is not None and hours[0] > now), None)


@once_per_network
def network_hours_of(network: Network) -> NetworkHours:
    """The hours of a network, made once."""
    return NetworkHours(network)
