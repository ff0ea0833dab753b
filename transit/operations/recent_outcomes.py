"""What became of a tracker's reports lately, in windows of five minutes: enough to say what share was refused, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec

from transit.tracking.state import VehicleStatus

WINDOW_S = 300
KEPT = 24  # windows: two hours
TAKEN = frozenset(str(status) for status in VehicleStatus)  # every other outcome is the reason of a refusal
ASIDE = frozenset({"optional_field"})  # counted as well as what became of the report itself
ON_ITS_WAY = frozenset(map(str, (VehicleStatus.ON_TRIP, VehicleStatus.OFF_ROUTE, VehicleStatus.LAYOVER)))  # has a trip


class RecentOutcomes(msgspec.Struct, array_like=True, frozen=True):
    """windows: Unix seconds of the start -> outcome -> how many; the newest last. taken_in_a_row: since the last refusal."""

    windows: dict[int, dict[str, int]] = {}
    taken_in_a_row: int = 0

    def with_more(self, outcomes: Mapping[str, int], at: datetime) -> RecentOutcomes:
        """outcomes: how many of each were counted just now."""
        if not outcomes:
            return self
        start = int(at.timestamp()) // WINDOW_S * WINDOW_S
        windows = {begin: counts for begin, counts in self.windows.items() if start - KEPT * WINDOW_S < begin <= start}
        windows[start] = dict(Counter(windows.get(start, {})) + Counter(outcomes))
        taken = sum(count for outcome, count in outcomes.items() if outcome in TAKEN)
        refused = sum(count for outcome, count in outcomes.items() if outcome not in TAKEN | ASIDE)
        in_a_row = 0 if refused else self.taken_in_a_row + taken
        return RecentOutcomes(dict(sorted(windows.items())), in_a_row)

    def since(self, at: datetime) -> Counter[str]:
        """Outcome -> how many, in the windows that reach past a moment."""
        total: Counter[str] = Counter()
        for start, counts in self.windows.items():
            if start + WINDOW_S > at.timestamp():
                total.update(counts)
        return total


NOTHING_YET = RecentOutcomes()


def encode_outcomes(recent: RecentOutcomes) -> bytes:
    return msgspec.msgpack.encode(recent)


def decode_outcomes(packed: bytes | None) -> RecentOutcomes:
    """Of another version of this software: nothing is known."""
    try:
        return NOTHING_YET if packed is None else msgspec.msgpack.decode(packed, type=RecentOutcomes)
    except msgspec.MsgspecError:
        return NOTHING_YET
