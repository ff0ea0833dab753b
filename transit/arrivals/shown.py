"""What riders were shown of each bus at each stop and when, recorded as changes.

A row is written when it appears or disappears, when its moment changes by ten seconds, an end of its interval by a minute, or
its tier. The first frame of an hour has every row, so that each hour can be read by itself.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from transit.forecasting.prediction import Prediction, StandingVehicle

MOVED = timedelta(seconds=10)  # a sixth of a minute: what is shown in minutes can change
WIDENED = timedelta(seconds=60)


class ShownKey(NamedTuple):
    """One bus at one call."""

    stop_id: str
    vehicle_id: str
    trip_id: str
    stop_sequence: int


class ShownRow(msgspec.Struct, frozen=True, array_like=True):
    """tier: the prediction's; "standing": shown without minutes; empty: the row is gone. Moments are Unix seconds."""

    stop_id: str
    vehicle_id: str
    trip_id: str
    stop_sequence: int
    tier: str
    predicted_at: int = 0
    low_at: int = 0
    high_at: int = 0

    @property
    def key(self) -> ShownKey:
        return ShownKey(self.stop_id, self.vehicle_id, self.trip_id, self.stop_sequence)

    @property
    def is_gone(self) -> bool:
        return not self.tier


class ShownFrame(msgspec.Struct, frozen=True, array_like=True):
    """The rows of a moment. is_whole: all rows; else only those that changed."""

    is_whole: bool
    rows: list[ShownRow]


class ShownChanges:
    """Makes frames out of predictions; remembers what it wrote last."""

    def __init__(self) -> None:
        self._last: dict[ShownKey, ShownRow] = {}
        self._hour: int | None = None

    def frame(self, predictions: Iterable[Prediction], standing: Iterable[StandingVehicle], now: datetime) -> ShownFrame:
        """The frame of a moment; without changes it has no rows."""
        rows = {row.key: row for row in (*map(_shown, predictions), *map(_stands, standing))}
        hour = int(now.timestamp()) // 3600
        if hour != self._hour:
            self._hour, self._last = hour, rows
            return ShownFrame(True, list(rows.values()))
        gone = [key for key in self._last if key not in rows]
        changed = [row for key, row in rows.items() if _differs(self._last.get(key), row)]
        for key in gone:
            del self._last[key]
        self._last.update((row.key, row) for row in changed)
        return ShownFrame(False, [*changed, *map(_gone, gone)])


def _shown(row: Prediction) -> ShownRow:
    return ShownRow(
        stop_id=row.stop_id,
        vehicle_id=row.vehicle_id,
        trip_id=row.trip.trip_id,
        stop_sequence=row.stop_sequence,
        tier=row.tier.value,
        predicted_at=round(row.predicted_at.timestamp()),
        low_at=round(row.low_at.timestamp()),
        high_at=round(row.high_at.timestamp()),
    )


def _stands(row: StandingVehicle) -> ShownRow:
    return ShownRow(
        stop_id=row.stop_id,
        vehicle_id=row.vehicle_id,
        trip_id=row.trip.trip_id,
        stop_sequence=row.next_stop_sequence,
        tier="standing",
        predicted_at=round(row.since.timestamp()),
    )


def _gone(key: ShownKey) -> ShownRow:
    return ShownRow(
        stop_id=key.stop_id, vehicle_id=key.vehicle_id, trip_id=key.trip_id, stop_sequence=key.stop_sequence, tier=""
    )


def _differs(before: ShownRow | None, row: ShownRow) -> bool:
    if before is None or before.tier != row.tier:
        return True
    if abs(before.predicted_at - row.predicted_at) >= MOVED.total_seconds():
        return True
    ends = abs(before.low_at - row.low_at), abs(before.high_at - row.high_at)
    return max(ends) >= WIDENED.total_seconds()


def applied(rows: dict[ShownKey, ShownRow], frame: ShownFrame) -> dict[ShownKey, ShownRow]:
    """The rows on display after a frame; `rows` are those before it."""
    after = {} if frame.is_whole else dict(rows)
    for row in frame.rows:
        if row.is_gone:
            after.pop(row.key, None)
        else:
            after[row.key] = row
    return after
