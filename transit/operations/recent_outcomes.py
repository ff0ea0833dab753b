"""Outcomes of a tracker's recent reports, counted in windows of five minutes: what share was refused, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import msgspec

from transit.tracking.state import VehicleStatus

WINDOW_S = 300
KEPT = 24  # windows: two hours
TAKEN = frozenset(str(status) for status in VehicleStatus)  # all other outcomes are refusals
TIME_AGAIN = "time_again"  # a report from another place than one that has its time
ASIDE = frozenset({"optional_field", TIME_AGAIN})  # counted in addition to the report's own outcome


class RecentOutcomes(msgspec.Struct, array_like=True, frozen=True):
    """windows: Unix seconds of the start -> outcome -> count, newest last. taken_in_a_row: reports since the last refusal."""

    windows: dict[int, dict[str, int]] = {}
    taken_in_a_row: int = 0

    def with_more(self, outcomes: Mapping[str, int], at: datetime) -> RecentOutcomes:
        """These outcomes (outcome -> count) added to the window of a moment."""
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
        """Outcome -> count, in the windows that end after a moment."""
        total: Counter[str] = Counter()
        for start, counts in self.windows.items():
            if start + WINDOW_S > at.timestamp():
                total.update(counts)
        return total


NOTHING_YET = RecentOutcomes()


def encode_outcomes(recent: RecentOutcomes) -> bytes:
    return msgspec.msgpack.encode(recent)


def decode_outcomes(packed: bytes | None) -> RecentOutcomes:
    """Stored outcomes; empty where none were stored, or by another version of this software."""
    try:
        return NOTHING_YET if packed is None else msgspec.msgpack.decode(packed, type=RecentOutcomes)
    except msgspec.MsgspecError:
        return NOTHING_YET
