"""Whether the plan has any bus under way at a moment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from transit.plan.network import Network, Trip
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import patterns_of
from transit.plan.service_day import local_date, seconds_of_day, services_on
from transit.plan.timetable import last_start_s

Span = tuple[float, float]  # seconds of a service day
LONGEST_DAYS = 2  # a trip may reach past midnight
PAUSE_S = 1200.0  # between two trips of the plan: buses wait for so long at a terminal, and their trackers stay on


def is_in_service_for(network: Network, now: datetime, span: timedelta) -> bool:
    """Whether service goes on now and did so this long ago: what is silent for the whole of it should have been heard."""
    return is_in_service(network, now) and is_in_service(network, now - span)


def is_in_service(network: Network, now: datetime) -> bool:
    """Whether a trip is under way in the plan, or a pause of at most PAUSE_S between two; demo trips do not count."""
    days = _spans_by_day(network)
    today = local_date(now, network.timezone)
    for day in (today - timedelta(days=back) for back in range(LONGEST_DAYS)):
        if day not in days:
            days[day] = _merged(sorted(_spans(network, day)))
        second = seconds_of_day(now, day, network.timezone)
        if any(first <= second <= last for first, last in days[day]):
            return True
    return False


@once_per_network
def _spans_by_day(network: Network) -> dict[date, list[Span]]:
    return {}


def _spans(network: Network, day: date) -> Iterator[Span]:
    services, offsets = services_on(network, day), patterns_of(network).offsets
    for trip in network.trips.values():
        if trip.service_id in services and not trip.is_demo and trip.trip_id in offsets:
            yield from _spans_of(network, trip, offsets[trip.trip_id])


def _spans_of(network: Network, trip: Trip, offsets: tuple[tuple[float, float], ...]) -> Iterator[Span]:
    first, last = offsets[0][1], offsets[-1][0]
    windows = network.frequencies_of.get(trip.trip_id)
    if windows is None:
        yield first, last
        return
    for row in windows:
        yield row.start_s, last_start_s(row) + (last - first)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for first, last in spans:
        if merged and first - merged[-1][1] <= PAUSE_S:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
