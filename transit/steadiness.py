"""What was said of a stop stays said while the news is small: on no display do the minutes go up by exactly one.

"4 min" that becomes "5 min" and "4 min" again tells a rider nothing and costs trust. A prediction that slips so little keeps
its moment and counts down; once it has slipped by more, the new one is said. What comes earlier is said at once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from math import floor

from transit.network import TripInstance
from transit.prediction import Prediction

Key = tuple[str, TripInstance, int]


class Steadiness:
    """hold() what is predicted moment by moment, in the order of vehicles and stops, as predict() gives it."""

    def __init__(self) -> None:
        self._said: dict[Key, tuple[datetime, int]] = {}  # the moment said last, and the minutes until then

    def hold(self, predictions: Iterable[Prediction], now: datetime) -> list[Prediction]:
        """The same predictions, some with the moment that was said before; stops stay in the order of being reached."""
        said: dict[Key, tuple[datetime, int]] = {}
        found: list[Prediction] = []
        for one in predictions:
            key = (one.vehicle_id, one.trip, one.stop_sequence)
            at = self._held(one.predicted_at, self._said.get(key), now)
            if found and (found[-1].vehicle_id, found[-1].trip) == (one.vehicle_id, one.trip):
                at = max(at, found[-1].predicted_at)
            found.append(one if at == one.predicted_at else replace(one, predicted_at=at, low_at=min(one.low_at, at)))
            said[key] = (at, minutes(at, now))
        self._said = said
        return found

    def shown_at(self, prediction: Prediction) -> datetime:
        """The moment that is on display for it, its own where nothing was said yet."""
        key = (prediction.vehicle_id, prediction.trip, prediction.stop_sequence)
        return self._said.get(key, (prediction.predicted_at, 0))[0]

    def _held(self, at: datetime, before: tuple[datetime, int] | None, now: datetime) -> datetime:
        if before is None or minutes(at, now) != before[1] + 1:
            return at
        return min(at, max(before[0], now))


def minutes(at: datetime, now: datetime) -> int:
    """As they are shown: whole, rounded down, so that nobody comes too late."""
    return max(0, floor((at - now).total_seconds() / 60))
