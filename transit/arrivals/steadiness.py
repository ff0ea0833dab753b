"""What was said of a stop stays said while the news is small: on no display do the minutes go up by exactly one.

"4 min" that becomes "5 min" and "4 min" again tells a rider nothing and costs trust. A prediction that slips so little keeps
its moment and counts down; once it has slipped by more, the new one is said. What comes earlier is said at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count
from math import floor
from typing import NamedTuple

from transit.forecasting.prediction import Prediction
from transit.plan.network import TripInstance

HERE_S = 30.0  # nearer than this a bus is arriving, and seconds would be a pretence
LOOKED = timedelta(seconds=45)  # a page that looks each 15 to 30 s may still show what was said so long ago

Key = tuple[str, TripInstance, int]


class DisplayedMoment(NamedTuple):
    """Of one moment that is on display: the moment, and the minutes that were shown lately."""

    at: datetime
    shown: tuple[tuple[datetime, int], ...]


class Steadiness:
    """hold() what is predicted moment by moment, in the order of vehicles and stops, as predict() gives it."""

    def __init__(self) -> None:
        self._displayed: dict[
            Key, tuple[DisplayedMoment, DisplayedMoment, DisplayedMoment]
        ] = {}  # of the moment, its low end and its high end

    def hold(self, predictions: Iterable[Prediction], now: datetime) -> list[Prediction]:
        """The same predictions, some with moments that were said before; stops stay in the order of being reached."""
        displayed: dict[Key, tuple[DisplayedMoment, DisplayedMoment, DisplayedMoment]] = {}
        held: list[Prediction] = []
        for prediction in predictions:
            key = (prediction.vehicle_id, prediction.trip, prediction.stop_sequence)
            before = self._displayed.get(key, (None, None, None))
            follows = bool(held) and (held[-1].vehicle_id, held[-1].trip) == key[:2]
            at = _hold(prediction.predicted_at, before[0], now, held[-1].predicted_at if follows else now)
            low = min(at, _hold(prediction.low_at, before[1], now, now))
            high = max(at, _hold(prediction.high_at, before[2], now, now))
            held.append(replace(prediction, predicted_at=at, low_at=low, high_at=high))
            displayed[key] = (_display(at, before[0], now), _display(low, before[1], now), _display(high, before[2], now))
        self._displayed = displayed
        return held

    def shown_at(self, prediction: Prediction) -> datetime:
        """The moment that is on display for it, its own where nothing was said yet."""
        displayed = self._displayed.get((prediction.vehicle_id, prediction.trip, prediction.stop_sequence))
        return prediction.predicted_at if displayed is None else displayed[0].at


def _hold(at: datetime, before: DisplayedMoment | None, now: datetime, least: datetime) -> datetime:
    """Never before `least`; where neither the new moment nor the old one will do, the minutes go up by more than one."""
    new = max(at, least)
    if before is None:
        return new
    displayed = {row[1] for row in before.shown}
    for moment in (new, max(before.at, now, least)):
        if minutes(moment, now) - 1 not in displayed:
            return moment
    more = next(following for following in count(minutes(new, now) + 1) if following - 1 not in displayed)
    return now + timedelta(minutes=more)


def _display(at: datetime, before: DisplayedMoment | None, now: datetime) -> DisplayedMoment:
    recent = [] if before is None else [row for row in before.shown if now - row[0] <= LOOKED]
    if recent and recent[-1][1] == minutes(at, now):
        recent.pop()
    return DisplayedMoment(at, (*recent, (now, minutes(at, now))))


def minutes(at: datetime, now: datetime) -> int:
    """As they are shown: 0 where it is there, else whole, rounded down, so that nobody comes too late, and at least 1."""
    seconds = (at - now).total_seconds()
    return 0 if seconds <= HERE_S else max(1, floor(seconds / 60))
