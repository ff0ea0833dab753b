"""The offset of a tracker's clock, from the arrival of its live messages. Steady offsets are corrected, delays are not."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from statistics import median

SAMPLES = 21  # live messages that the median looks back on: two minutes of a report each 5 s
ENOUGH = 5  # live messages: with fewer the offset is not known, unless it lies beyond AHEAD_S
AHEAD_S = 60.0  # further ahead of ours no delay can put a clock: the first two live messages are enough
LIVE_S = 3.0  # between two live messages as much time passes on our clock as on the tracker's, within this
LIVE_SHARE = 0.5  # and within this share of that time, so that a flushed buffer with a fix each second is not live
LEAST_S = 5.0  # smaller offsets are delivery time
MOST_S = 600.0  # a larger offset is a wrongly set clock and is not corrected
STEP_S = 15.0  # an offset that changes by more at once means that a clock was set
# Offsets beyond ROUGH_FROM_S are known without live messages, too, from messages that agree within ROUGH_S.
ROUGH_FROM_S, ROUGH_S = 180.0, 60.0
STEADY_S = 3.0  # median distance from the median, above which it is delay that varies, not a clock


class TrackerClock:
    """Learns from hear(), called for every message in order of arrival; correction() is to be added to the tracker's times.

    A flushed buffer sends old times at once; such messages are not live and are not used.
    """

    __slots__ = ("_last", "_offsets", "_rough", "offset_s", "step_at", "step_s")

    def __init__(self, offset_s: float | None = None) -> None:
        self.offset_s = offset_s  # as known from before a restart; None: not known, 0: right
        self.step_s: float | None = None  # seconds by which its clock, or ours, was set
        self.step_at: datetime | None = None  # on our clock
        self._offsets: deque[float] = deque(maxlen=SAMPLES)
        self._last: tuple[float, float] | None = None
        self._rough: deque[tuple[float, float]] = deque(maxlen=SAMPLES)  # (time on its clock, time on ours), Unix seconds

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
        if len(self._offsets) >= ENOUGH or max(self._offsets) < -AHEAD_S:
            self._forget_what_was_before_a_step()
            self._settle(received_at)

    def _forget_what_was_before_a_step(self) -> None:
        """Drops older messages if the newest agree with each other but not with them: a clock was set."""
        newest = list(self._offsets)[-ENOUGH:]
        older = list(self._offsets)[:-ENOUGH]
        if older and max(newest) - min(newest) <= STEADY_S and abs(median(newest) - median(older)) > STEP_S:
            self._offsets = deque(newest, maxlen=SAMPLES)

    def _settle_roughly(self) -> None:
        """Estimates a large offset (hours, years) where delays vary too much for a correction, and notices its end.

        A flushed buffer, which comes faster than it was recorded, is not used.
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
        """Whether the clock has an offset, and one small enough to be corrected."""
        return is_correctable(self.offset_s)

    def correction(self, fix_at: datetime, received_at: datetime) -> timedelta:
        """Our clock minus the tracker's; zero where it is right, not known, or beyond MOST_S.

        Limited so that the corrected time is not after received_at.
        """
        if self.offset_s is None or not self.is_corrected:
            return timedelta(0)
        correction = timedelta(seconds=self.offset_s)
        return correction if self.offset_s < 0 else min(correction, max(received_at - fix_at, timedelta(0)))


def is_correctable(offset_s: float | None) -> bool:
    return offset_s is not None and 0.0 < abs(offset_s) <= MOST_S
