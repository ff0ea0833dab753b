"""The hours of headway-based service: whether a bus's next trip lies within them, and whether it is the last of the day."""

from __future__ import annotations

from datetime import datetime, timedelta

from transit.forecasting.prediction import Prediction, Tier
from transit.plan.network import Frequency, Network, Trip, TripInstance
from transit.plan.patterns import patterns_of
from transit.plan.planned_times import has_planned_times
from transit.plan.service_day import moment, seconds_of_day


def is_promised(network: Network, row: Prediction, index: int) -> bool:
    """False for a headway-based trip that would begin outside the hours of frequencies.txt, or at too uncertain a time.

    Always True for a trip that has begun. index: of the predicted call on its trip.
    """
    trip = network.trips[row.trip.trip_id]
    if row.tier is Tier.LIVE or has_planned_times(network, row.trip):
        return True
    if row.tier is Tier.NEXT_TRIP and row.high_at - row.low_at > timedelta(seconds=headway_s(network, trip)):
        return False  # "every 10 minutes" says more than "in 14 to 41 minutes"
    begins_s = start_s(network, row.trip, index, row.predicted_at)
    return any(window.start_s - window.headway_s <= begins_s <= window.end_s for window in _windows(network, trip))


def is_last_of_day(network: Network, trip: TripInstance, index: int, at: datetime) -> bool:
    """Whether no headway-based departure follows within the hours. at: when the trip is at its call `index`."""
    windows = network.frequencies_of.get(trip.trip_id, ())
    if not windows or has_planned_times(network, trip):
        return False
    last = max(windows, key=lambda window: window.end_s)
    return start_s(network, trip, index, at) + last.headway_s > last.end_s


def start_s(network: Network, trip: TripInstance, index: int, at: datetime) -> float:
    """When a trip begins that is at its call `index` at a moment; seconds of its service day."""
    planned = patterns_of(network).planned(trip.trip_id)
    return seconds_of_day(at, trip.start_date, network.timezone) - (planned[index][0] - planned[0][1] if index else 0.0)


def begins_at(network: Network, row: Prediction) -> datetime | None:
    """About when the trip of a prediction begins or began; None where the network has no such call."""
    trip = network.trips.get(row.trip.trip_id)
    index = None if trip is None else trip.find_index(row.stop_sequence)
    if index is None:
        return None
    seconds = start_s(network, row.trip, index, row.predicted_at)
    return moment(row.trip.start_date, seconds, network.timezone)


def headway_s(network: Network, trip: Trip) -> float:
    """The longest headway_secs of a trip; 0 where it has none."""
    return max((float(window.headway_s) for window in _windows(network, trip)), default=0.0)


def _windows(network: Network, trip: Trip) -> list[Frequency]:
    return [window for window in network.frequencies_of.get(trip.trip_id, ()) if not window.is_exact]
