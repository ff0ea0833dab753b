"""A tracker's recent reports in windows of five minutes: what share was refused, and why; how wrong its clock was."""

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
    """windows: Unix seconds of the start -> outcome -> count, newest last. taken_in_a_row: reports since the last refusal.

    offsets_s: start of a window -> our clock minus the tracker's, as it was known last in that window.
    """

    windows: dict[int, dict[str, int]] = {}
    taken_in_a_row: int = 0
    offsets_s: dict[int, float] = {}

    def with_more(self, outcomes: Mapping[str, int], at: datetime, offset_s: float | None = None) -> RecentOutcomes:
        """These outcomes (outcome -> count), and the clock's offset, added to the window of a moment."""
        if not outcomes:
            return self
        start = int(at.timestamp()) // WINDOW_S * WINDOW_S
        windows = {begin: counts for begin, counts in self.windows.items() if start - KEPT * WINDOW_S < begin <= start}
        offsets_s = {begin: offset for begin, offset in self.offsets_s.items() if start - KEPT * WINDOW_S < begin < start}
        if offset_s is not None:
            offsets_s[start] = offset_s
        windows[start] = dict(Counter(windows.get(start, {})) + Counter(outcomes))
        taken = sum(count for outcome, count in outcomes.items() if outcome in TAKEN)
        refused = sum(count for outcome, count in outcomes.items() if outcome not in TAKEN | ASIDE)
        in_a_row = 0 if refused else self.taken_in_a_row + taken
        return RecentOutcomes(dict(sorted(windows.items())), in_a_row, dict(sorted(offsets_s.items())))

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
