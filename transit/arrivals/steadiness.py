"""What was said of a stop stays said while the news is small: on no display do the minutes go up by exactly one.

"4 min" that becomes "5 min" and "4 min" again tells a rider nothing and costs trust. A prediction that slips so little keeps
its moment and counts down; once it has slipped by more, the new one is said. What comes earlier is said at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count, groupby
from math import floor

from transit.forecasting.prediction import Prediction
from transit.plan.network import TripInstance

HERE_S = 30.0  # nearer than this a bus is arriving, and seconds would be a pretence
LOOKED = timedelta(seconds=45)  # a page that looks each 15 to 30 s may still show what was said so long ago

OnTrip = tuple[str, TripInstance]  # a vehicle on a trip
Shown = tuple[tuple[datetime, int], ...]  # the minutes that were shown lately, each with when it was last
DisplayedMoment = tuple[datetime, Shown]  # a moment that is on display
DisplayedCall = tuple[DisplayedMoment, DisplayedMoment, DisplayedMoment]  # the moment, its low end and its high end


class Steadiness:
    """hold() what is predicted moment by moment, in the order of vehicles and stops, as predict() gives it.

    Of 500 vehicles these are 50,000 moments a second: plain tuples, and each difference of times is taken once.
    """

    def __init__(self) -> None:
        self._displayed: dict[OnTrip, dict[int, DisplayedCall]] = {}  # by stop_sequence

    def hold(self, predictions: Iterable[Prediction], now: datetime) -> list[Prediction]:
        """The same predictions, some with moments that were said before; stops stay in the order of being reached."""
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
        """The moment that is on display for it, its own where nothing was said yet."""
        displayed = self._displayed.get(_on_trip(prediction), {}).get(prediction.stop_sequence)
        return prediction.predicted_at if displayed is None else displayed[0][0]


NEW = (None, None, None)  # nothing was said of this call yet


def _on_trip(prediction: Prediction) -> OnTrip:
    return prediction.vehicle_id, prediction.trip


def _held(
    prediction: Prediction, before: DisplayedCall | tuple[None, None, None], now: datetime, reached_at: datetime
) -> tuple[Prediction, DisplayedCall]:
    """The prediction as it is shown, and what is then on display. reached_at: the stop before it."""
    of_moment, of_low, of_high = before
    at, at_min = _hold(prediction.predicted_at, of_moment, now, reached_at)
    low, low_min = _hold(prediction.low_at, of_low, now, now)
    high, high_min = _hold(prediction.high_at, of_high, now, now)
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


def _hold(at: datetime, before: DisplayedMoment | None, now: datetime, least: datetime) -> tuple[datetime, int]:
    """A moment and its minutes, never before `least`.

    Where neither the new moment nor the old one will do, the minutes go up by more than one.
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
    """What whoever looked lately may have read, with what is read now."""
    if before is None or (len(before[1]) == 1 and before[1][0][1] == its_minutes):  # so it is in most seconds
        return ((now, its_minutes),)
    recent = [row for row in before[1] if now - row[0] <= LOOKED]
    if recent and recent[-1][1] == its_minutes:
        recent.pop()
    return (*recent, (now, its_minutes))


def minutes(at: datetime, now: datetime) -> int:
    """As they are shown: 0 where it is there, else whole, rounded down, so that nobody comes too late, and at least 1."""
    seconds = (at - now).total_seconds()
    return 0 if seconds <= HERE_S else max(1, floor(seconds / 60))
