"""Service by headway and its hours: whether a trip that a bus may begin next is promised, and whether it is the day's last."""

from __future__ import annotations

from datetime import datetime, timedelta

from transit.forecasting.prediction import Prediction, Tier
from transit.plan.network import Frequency, Network, Trip, TripInstance
from transit.plan.patterns import patterns_of
from transit.plan.planned_times import has_planned_times
from transit.plan.service_day import moment, seconds_of_day


def is_promised(network: Network, row: Prediction, index: int) -> bool:
    """False where the plan has no such trip: it would begin after the hours of its headway; or where nobody can say when.

    Only of trips that have not begun: a bus that is under way brings its riders wherever it goes.
    """
    trip = network.trips[row.trip.trip_id]
    if row.tier is Tier.LIVE or has_planned_times(network, row.trip):
        return True
    if row.tier is Tier.NEXT_TRIP and row.high_at - row.low_at > timedelta(seconds=headway_s(network, trip)):
        return False  # "every 10 minutes" says more than "in 14 to 41 minutes"
    begins_s = start_s(network, row.trip, index, row.predicted_at)
    return any(window.start_s - window.headway_s <= begins_s <= window.end_s for window in _windows(network, trip))


def is_last_of_day(network: Network, trip: TripInstance, index: int, at: datetime) -> bool:
    """Whether after a bus by headway none begins any more within the hours. at: when it is at its call `index`."""
    windows = network.frequencies_of.get(trip.trip_id, ())
    if not windows or has_planned_times(network, trip):
        return False
    last = max(windows, key=lambda window: window.end_s)
    return start_s(network, trip, index, at) + last.headway_s > last.end_s


def start_s(network: Network, trip: TripInstance, index: int, at: datetime) -> float:
    """When a trip begins, in seconds of its service day, that is at its call `index` at this moment."""
    planned = patterns_of(network).planned(trip.trip_id)
    return seconds_of_day(at, trip.start_date, network.timezone) - (planned[index][0] - planned[0][1] if index else 0.0)


def begins_at(network: Network, row: Prediction) -> datetime | None:
    """When the trip of a prediction begins, or began, about; None where the prediction is of no call of it."""
    trip = network.trips.get(row.trip.trip_id)
    index = None if trip is None else trip.find_index(row.stop_sequence)
    if index is None:
        return None
    seconds = start_s(network, row.trip, index, row.predicted_at)
    return moment(row.trip.start_date, seconds, network.timezone)


def headway_s(network: Network, trip: Trip) -> float:
    """The widest headway of a trip's hours."""
    return max((float(window.headway_s) for window in _windows(network, trip)), default=0.0)


def _windows(network: Network, trip: Trip) -> list[Frequency]:
    return [window for window in network.frequencies_of.get(trip.trip_id, ()) if window.exact_times != 1]
