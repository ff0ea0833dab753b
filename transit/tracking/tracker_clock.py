"""How wrong a tracker's clock is, from when its live messages come in: steady offsets are corrected, delays are not."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from statistics import median

SAMPLES = 21  # live messages that the median looks back on: two minutes of a report each 5 s
ENOUGH = 5  # live messages: with fewer the offset is not known
LIVE_S = 3.0  # a live message comes as long after the one before as it was made after it, to so many seconds
LIVE_SHARE = 0.5  # and to this share of that time: a buffer of a fix each second is no live message either
LEAST_S = 5.0  # smaller offsets are what the network takes to deliver
MOST_S = 600.0  # a clock further off than ten minutes is set wrong, not slow: nobody knows what else is
STEP_S = 15.0  # an offset that changes by more at once: somebody set a clock
# a clock that is wrong by more is known without live messages, too, from those of ROUGH_FROM_S on that agree to ROUGH_S
ROUGH_FROM_S, ROUGH_S = 180.0, 60.0
STEADY_S = 3.0  # median distance from the median, above which it is delay that varies, not a clock


class TrackerClock:
    """hear() every message in the order in which it came; correction() is what to add to the tracker's times.

    A tracker that flushes a buffer sends old times at once: such messages are not live and say nothing of the clock.
    """

    __slots__ = ("_last", "_offsets", "_rough", "offset_s", "step_at", "step_s")

    def __init__(self, offset_s: float | None = None) -> None:
        self.offset_s = offset_s  # as known from before a restart; None: not known, 0: right
        self.step_s: float | None = None  # by how much it, or ours, was seen to be set
        self.step_at: datetime | None = None  # on our clock
        self._offsets: deque[float] = deque(maxlen=SAMPLES)
        self._last: tuple[float, float] | None = None
        self._rough: deque[tuple[float, float]] = deque(maxlen=SAMPLES)  # made and came, of live messages and of delayed ones

    def hear(self, tracker_at: datetime, received_at: datetime) -> None:
        """tracker_at: the newest time that the message carries, on the tracker's clock."""
        made, came = tracker_at.timestamp(), received_at.timestamp()
        last, self._last = self._last, (made, came)
        if last is None or made <= last[0]:
            return
        self._rough.append((made, came))
        self._settle_roughly()
        made_after = made - last[0]
        if abs((came - last[1]) - made_after) > min(LIVE_S, LIVE_SHARE * made_after):
            return
        self._offsets.append(came - made)
        if len(self._offsets) >= ENOUGH:
            self._forget_what_was_before_a_step()
            self._settle(received_at)

    def _forget_what_was_before_a_step(self) -> None:
        """The newest agree among themselves and not with those before: a clock was set, and the old ones mean nothing now."""
        newest = list(self._offsets)[-ENOUGH:]
        older = list(self._offsets)[:-ENOUGH]
        if older and max(newest) - min(newest) <= STEADY_S and abs(median(newest) - median(older)) > STEP_S:
            self._offsets = deque(newest, maxlen=SAMPLES)

    def _settle_roughly(self) -> None:
        """Where delays vary too much for a correction: hours, or years, are known all the same, and that they are over.

        A buffer that is flushed comes at once, or faster than it was made: it says nothing.
        """
        if len(self._rough) < ENOUGH or self._rough[-1][1] - self._rough[0][1] < ROUGH_FROM_S:
            return
        offsets = [came - made for made, came in self._rough]
        if max(offsets) - min(offsets) > ROUGH_S:
            return
        middle = median(offsets)
        if abs(middle) > MOST_S:
            self.offset_s = middle
        elif self.offset_s is not None and abs(self.offset_s) > MOST_S:
            self.offset_s = None

    def _settle(self, now: datetime) -> None:
        middle = median(self._offsets)
        if median(abs(offset_s - middle) for offset_s in self._offsets) > STEADY_S:
            return
        before, self.offset_s = self.offset_s, middle if abs(middle) > LEAST_S else 0.0
        if before is not None and abs(self.offset_s - before) > STEP_S:
            self.step_s, self.step_at = self.offset_s - before, now

    @property
    def is_corrected(self) -> bool:
        """Whether the clock is wrong, and by no more than can be corrected."""
        return is_correctable(self.offset_s)

    def correction(self, fix_at: datetime, received_at: datetime) -> timedelta:
        """Our clock minus the tracker's; zero where it is right or not known, and where it is so wrong that it must be set.

        Nothing comes before it was made: what would lie beyond received_at shows that a clock was set meanwhile.
        """
        if self.offset_s is None or not self.is_corrected:
            return timedelta(0)
        correction = timedelta(seconds=self.offset_s)
        return correction if self.offset_s < 0 else min(correction, max(received_at - fix_at, timedelta(0)))


def is_correctable(offset_s: float | None) -> bool:
    return offset_s is not None and 0.0 < abs(offset_s) <= MOST_S
