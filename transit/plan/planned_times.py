"""When a trip is planned to call: the one place that lays its times, its exact repetitions and its day over one another."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from transit.plan.network import Frequency, Network, Trip, TripInstance
from transit.plan.patterns import patterns_of
from transit.plan.service_day import moment


def exact_starts(network: Network, trip: Trip) -> Iterator[int | None]:
    """The starts of a trip on a day of its service, seconds of that day; None: once, at its own times.

    A trip of frequencies.txt starts at each step of its windows with exact_times=1; its other windows promise no start.
    """
    windows = network.frequencies_of.get(trip.trip_id)
    if windows is None:
        yield None
        return
    for window in windows:
        if window.is_exact:
            yield from range(window.start_s, window.end_s, max(window.headway_s, 1))


def has_planned_times(network: Network, instance: TripInstance) -> bool:
    """False for a trip of which only a headway is promised. Where windows are mixed, its start decides."""
    if not network.is_headway_based(instance.trip_id):
        return True
    if instance.start_s is None or instance.trip_id not in network.trips_of_both_kinds:
        return False
    return any(_is_step(window, instance.start_s) for window in network.frequencies_of[instance.trip_id])


def _is_step(window: Frequency, start_s: int) -> bool:
    within = window.is_exact and window.start_s <= start_s < window.end_s
    return within and (start_s - window.start_s) % max(window.headway_s, 1) == 0


def shift_s(network: Network, instance: TripInstance) -> float:
    """How much later than the trip's own times this run of it is: 0 but for the trips of frequencies.txt."""
    planned = patterns_of(network).offsets.get(instance.trip_id)
    return 0.0 if instance.start_s is None or planned is None else instance.start_s - planned[0][1]


def planned_at(network: Network, instance: TripInstance, index: int, *, departure: bool = False) -> datetime | None:
    """The planned arrival (or departure) at the index-th call; times that the feed does not give are interpolated.

    None where only a headway is promised, and for a trip that is not of this network or cannot be drawn.
    """
    planned = patterns_of(network).offsets.get(instance.trip_id)
    if planned is None or not has_planned_times(network, instance):
        return None
    seconds = planned[index][1 if departure else 0] + shift_s(network, instance)
    return moment(instance.start_date, seconds, network.timezone)


def longest_trip_s(network: Network) -> float:
    """Until how many seconds after its service day's zero a trip may still be under way."""
    lasts = [trip.stop_times[-1] for trip in network.trips.values() if trip.stop_times]
    ends = [float(call.departure_s or call.arrival_s or 0) for call in lasts]
    repeated = [
        max(window.end_s for window in windows) + planned[-1][1] - planned[0][1]
        for trip_id, windows in network.frequencies_of.items()
        if (planned := patterns_of(network).offsets.get(trip_id)) is not None
    ]
    return max([*ends, *repeated], default=0.0)
