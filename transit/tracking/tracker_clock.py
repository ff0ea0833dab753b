"""How wrong a tracker's clock is, from when its live messages come in: steady offsets are corrected, delays are not."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from statistics import median

SAMPLES = 21  # live messages that the median looks back on: two minutes of a report each 5 s
ENOUGH = 5  # below so many nothing is said
LIVE_S = 3.0  # a live message comes as long after the one before as it was made after it, to so many seconds
LIVE_SHARE = 0.5  # and to this share of that time: a buffer of a fix each second is no live message either
LEAST_S = 5.0  # smaller offsets are what the network takes to deliver
MOST_S = 600.0  # a clock further off than ten minutes is set wrong, not slow: nobody knows what else is
STEADY_S = 3.0  # median distance from the median, above which it is delay that varies, not a clock


class TrackerClock:
    """hear() every message in the order in which it came; correction is what to add to the tracker's times.

    A tracker that flushes a buffer sends old times at once: such messages are not live and say nothing of the clock.
    """

    __slots__ = ("_last", "_offsets", "offset_s")

    def __init__(self, offset_s: float = 0.0) -> None:
        self.offset_s = offset_s  # as known from before a restart
        self._offsets: deque[float] = deque(maxlen=SAMPLES)
        self._last: tuple[float, float] | None = None

    def hear(self, tracker_at: datetime, received_at: datetime) -> None:
        """tracker_at: the newest time that the message carries, on the tracker's clock."""
        said, came = tracker_at.timestamp(), received_at.timestamp()
        last, self._last = self._last, (said, came)
        if last is None or said <= last[0]:
            return
        made_after = said - last[0]
        if abs((came - last[1]) - made_after) > min(LIVE_S, LIVE_SHARE * made_after):
            return
        self._offsets.append(came - said)
        if len(self._offsets) >= ENOUGH:
            self._settle()

    def _settle(self) -> None:
        middle = median(self._offsets)
        if median(abs(one - middle) for one in self._offsets) > STEADY_S:
            return
        self.offset_s = middle if abs(middle) > LEAST_S else 0.0

    @property
    def is_corrected(self) -> bool:
        """Whether the clock is wrong, and by no more than can be corrected."""
        return 0.0 < abs(self.offset_s) <= MOST_S

    @property
    def correction(self) -> timedelta:
        """Our clock minus the tracker's; zero where it is right, and where it is so wrong that it must be set."""
        return timedelta(seconds=self.offset_s) if self.is_corrected else timedelta(0)
