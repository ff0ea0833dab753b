"""How much a tracker may send: so many fixes and bytes at once, and then as many as a tracker at its busiest needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

SHARED = ""  # the key of all trackers that nobody knows: whoever invents names has no more than one of them


@dataclass(frozen=True, slots=True)
class Limit:
    """burst: what may come at once; rate: what comes back each second."""

    fixes_burst: float
    fixes_rate: float
    bytes_burst: float
    bytes_rate: float


FIX_BYTES = 1_200  # of the longest fixes: Traccar forwards each with all that it knows of the device
# A day's buffer (17,280 fixes at one each 5 s) comes at once; the rate is five times the busiest tracker's.
OF_TRACKER = Limit(fixes_burst=20_000, fixes_rate=50, bytes_burst=20_000 * FIX_BYTES, bytes_rate=50 * FIX_BYTES)
# All of them together: a new fleet of fifty reports before anybody put it on its buses; nobody fills the disk so.
OF_UNKNOWN = Limit(fixes_burst=5_000, fixes_rate=10, bytes_burst=5_000 * FIX_BYTES, bytes_rate=10 * FIX_BYTES)


@dataclass(slots=True)
class Purse:
    """What is left of a limit, and when that was counted (seconds on a monotonic clock)."""

    fixes: float
    octets: float
    counted_s: float


class Allowance:
    """is_known: whether a sender is known, and so has a purse of its own. Moments are seconds of a monotonic clock."""

    def __init__(self, is_known: Callable[[str], bool], of_tracker: Limit = OF_TRACKER, of_unknown: Limit = OF_UNKNOWN) -> None:
        self._is_known, self._of_tracker, self._of_unknown = is_known, of_tracker, of_unknown
        self._purses: dict[str, Purse] = {}

    def admits(self, sender: str, fixes: int, octets: int, now_s: float) -> bool:
        """Whether a message is within the limit; if so, it is counted. octets: its bytes."""
        is_known = self._is_known(sender)
        limit, key = (self._of_tracker, sender) if is_known else (self._of_unknown, SHARED)
        purse = self._purses.get(key)
        if purse is None:
            purse = self._purses[key] = Purse(limit.fixes_burst, limit.bytes_burst, now_s)
        passed_s, purse.counted_s = max(now_s - purse.counted_s, 0.0), now_s
        purse.fixes = min(purse.fixes + passed_s * limit.fixes_rate, limit.fixes_burst)
        purse.octets = min(purse.octets + passed_s * limit.bytes_rate, limit.bytes_burst)
        if purse.fixes < fixes or purse.octets < octets:
            return False
        purse.fixes -= fixes
        purse.octets -= octets
        return True
