"""Keeps displayed minutes steady: on no display do they go up by exactly one.

A change from "4 min" to "5 min" and back tells a rider nothing. A prediction that becomes later by so little keeps the moment
that is displayed; once it is later by more, the new moment is displayed. One that becomes earlier is displayed at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, groupby
from math import floor

from transit.forecasting.prediction import Prediction
from transit.plan.network import TripInstance

HERE_S = 30.0  # a bus nearer than this is shown as arriving
LOOKED = timedelta(seconds=45)  # pages refresh every 15 to 30 s, so one may still show minutes this old

OnTrip = tuple[str, TripInstance]  # a vehicle on a trip
Shown = tuple[tuple[datetime, int], ...]  # the minutes that were shown lately, each with when it was last
DisplayedMoment = tuple[datetime, Shown]  # a moment that is on display
DisplayedCall = tuple[DisplayedMoment, DisplayedMoment, DisplayedMoment]  # the moment, its low end and its high end


class Steadiness:
    """Remembers what is displayed. hold() takes predictions in the order of predict(): by vehicle and stop_sequence.

    500 vehicles make 50,000 moments a second; therefore plain tuples, and each difference of times is computed once.
    """

    def __init__(self) -> None:
        self._displayed: dict[OnTrip, dict[int, DisplayedCall]] = {}  # by stop_sequence

    def hold(self, predictions: Iterable[Prediction], now: datetime) -> list[Prediction]:
        """The same predictions, some with the moments displayed before. Along a trip the moments never decrease."""
        displayed: dict[OnTrip, dict[int, DisplayedCall]] = {}
        held: list[Prediction] = []
        for on_trip, calls in groupby(predictions, key=_on_trip):
            before, after = self._displayed.get(on_trip, {}), displayed.setdefault(on_trip, {})
            reached_at = now
            for prediction in calls:
                steady, after[prediction.stop_sequence] = _held(
                    prediction, before.get(prediction.stop_sequence, NEW), now, reached_at
                )
                reached_at = steady.predicted_at
                held.append(steady)
        self._displayed = displayed
        return held

    def shown_at(self, prediction: Prediction) -> datetime:
        """The moment on display for a prediction; predicted_at where none is."""
        displayed = self._displayed.get(_on_trip(prediction), {}).get(prediction.stop_sequence)
        return prediction.predicted_at if displayed is None else displayed[0][0]


NEW = (None, None, None)  # this call is not on display yet


def _on_trip(prediction: Prediction) -> OnTrip:
    return prediction.vehicle_id, prediction.trip


def _held(
    prediction: Prediction, before: DisplayedCall | tuple[None, None, None], now: datetime, reached_at: datetime
) -> tuple[Prediction, DisplayedCall]:
    """The prediction as it is shown, and what is then on display. reached_at: the moment shown for the stop before."""
    of_moment, of_low, of_high = before
    at, low, high = prediction.predicted_at, prediction.low_at, prediction.high_at
    if at >= reached_at and now <= low <= at <= high:
        at_min, low_min, high_min = minutes(at, now), minutes(low, now), minutes(high, now)
        if _shows_only(of_moment, at_min) and _shows_only(of_low, low_min) and _shows_only(of_high, high_min):
            return prediction, ((at, ((now, at_min),)), (low, ((now, low_min),)), (high, ((now, high_min),)))
    at, at_min = _hold(at, of_moment, now, reached_at)
    low, low_min = _hold(low, of_low, now, now)
    high, high_min = _hold(high, of_high, now, now)
    if low > at:
        low, low_min = at, at_min
    if high < at:
        high, high_min = at, at_min
    if at != prediction.predicted_at or low != prediction.low_at or high != prediction.high_at:
        prediction = replace(prediction, predicted_at=at, low_at=low, high_at=high)
    displayed = (
        (at, _shown(at_min, of_moment, now)),
        (low, _shown(low_min, of_low, now)),
        (high, _shown(high_min, of_high, now)),
    )
    return prediction, displayed


def _shows_only(before: DisplayedMoment | None, its_minutes: int) -> bool:
    """Whether every display shows these minutes already, or none shows any: the usual case, and nothing is to be held."""
    return before is None or (len(before[1]) == 1 and before[1][0][1] == its_minutes)


def _hold(at: datetime, before: DisplayedMoment | None, now: datetime, least: datetime) -> tuple[datetime, int]:
    """The moment to show and its minutes, never before `least`.

    The new moment, else the old one; where both would raise some display by exactly one minute, a later one that does not.
    """
    new = max(at, least)
    its_minutes = minutes(new, now)
    if before is None:
        return new, its_minutes
    displayed = [shown for _, shown in before[1]]
    if its_minutes - 1 not in displayed:
        return new, its_minutes
    old = max(before[0], now, least)
    old_minutes = minutes(old, now)
    if old_minutes - 1 not in displayed:
        return old, old_minutes
    more = next(following for following in count(its_minutes + 1) if following - 1 not in displayed)
    later = now + timedelta(minutes=more)
    return later, minutes(later, now)


def _shown(its_minutes: int, before: DisplayedMoment | None, now: datetime) -> Shown:
    """The minutes that displays may show: those of the last LOOKED, and those of now."""
    if before is None or _shows_only(before, its_minutes):
        return ((now, its_minutes),)
    recent = [row for row in before[1] if now - row[0] <= LOOKED]
    if recent and recent[-1][1] == its_minutes:
        recent.pop()
    return (*recent, (now, its_minutes))


def minutes(at: datetime, now: datetime) -> int:
    """Minutes as shown: 0 within HERE_S, else whole minutes, at least 1, rounded down so that no rider comes too late."""
    seconds = (at - now).total_seconds()
    return 0 if seconds <= HERE_S else max(1, floor(seconds / 60))
