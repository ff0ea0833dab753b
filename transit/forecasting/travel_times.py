"""Link times learnt from observed calls: the usual time by half hour and kind of day, today's deviation, each vehicle's pace.

Everything is kept as log(observed / planned seconds) in fading sums, so memory is bounded and old observations are forgotten.
A link without data takes the ratio of its stream at this hour, else of its stream, of the network, and at last the plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from math import exp, log
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from transit.forecasting.fading import DecayingSums
from transit.forecasting.links import Floats, LinkedPattern, Links
from transit.plan.network import TripInstance
from transit.tracking.state import StopEvent

BINS, BIN_MIN = 48, 30.0  # half hours of the local day, and minutes of one
DAY_TYPES = 3  # working day, Saturday, Sunday
FRIDAY = 4  # counted from Monday as 0
SLOT_S = 600.0  # how often the usual times are computed again
LOOKED_UP = 4096  # usual times kept in memory, by pattern and slot
LONGEST_LINK_S = 3600.0  # longer link times are ignored
SURE_GAP_S, LEAST_SURE = 60.0, 0.3  # fixes further apart weigh a link time less, but never less than the second number
REBASE_HALF_LIVES = 50  # after so many half lives the growing weights are scaled down, before they overflow
LONGEST_HEADWAY_S = 5400.0  # longer times between two vehicles are no headway
HEADWAY_GAIN = 0.02  # share of each headway's difference that moves the usual one: about the last fifty count
HEADWAY_RANGE = (-1.5, 1.0)  # log(headway / usual headway) is cut off at these


@dataclass(frozen=True)
class Tuning:
    """Every number here was chosen by measurement (docs/PREDICTION.md)."""

    half_life_s: float = 14 * 86400.0  # of history
    kernel_bins: float = 1.0  # standard deviation of the time-of-day kernel, half hours
    other_day: float = 0.3  # weight of another kind of day
    stream_hour: float = 3600.0  # weight of the stream's all-day ratio against its hour's, seconds of driving
    stream_all: float = 3600.0  # weight of the network's ratio against the stream's, seconds of driving
    network_all: float = 3600.0  # weight of the plan against the network's ratio, seconds of driving
    link_all: float = 2.0  # weight of the stream's ratio against the link's own, observations
    link_hour: float = 3.0  # weight of the link's all-day ratio against its hour's, observations
    live_half_s: tuple[float, float, float] = (3600.0, 900.0, 2400.0)  # half lives: network, stream lately, stream for a while
    live_prior: tuple[float, float, float] = (1800.0, 600.0, 600.0)  # weight of "as usual" in each, seconds of driving
    pace_half_s: tuple[float, float] = (600.0, 150.0)  # half lives of a vehicle's own pace (all, lately), seconds of driving
    pace_prior: tuple[float, float] = (900.0, 200.0)
    widest: float = 1.2  # larger log ratios count as this, so that one breakdown does not shift a mean


class UsualTimes(NamedTuple):
    """What is usual on the links of a pattern at one time of day."""

    ratio: Floats  # log(usual / planned seconds), by link of the pattern
    weight: Floats  # observations behind it at this hour


class LastCall(NamedTuple):
    """A vehicle's last call."""

    trip: TripInstance
    place: int  # number of the stop on its pattern
    arrived: float
    departed: float | None


class LinkObservation(NamedTuple):
    """A link that a vehicle was seen to travel, arrival to arrival (out of a first stop: from departure)."""

    n: int  # on its pattern
    start: float  # Unix seconds
    seconds: float
    dwell_s: float | None  # seconds of these at the stop where the link begins; None where not known


class Pace(NamedTuple):
    """How much slower than the others a vehicle has been on its trip, in sums that fade with the seconds driven."""

    trip: TripInstance
    fast: tuple[float, float]  # total and weight
    slow: tuple[float, float]
    headway: float  # log(time since the vehicle before / usual headway)


class TravelTimes:
    """Learns from calls; usual(), today() and pace() give what to expect, as log ratios. Moments are Unix seconds."""

    def __init__(self, links: Links) -> None:
        self.links = links
        self.tuning = tuning = Tuning()
        count, streams, cells = len(links.number), len(links.streams), DAY_TYPES * BINS
        self.zone = ZoneInfo(links.network.timezone)
        self.epoch: float | None = None  # weights grow with time from here instead of fading
        self.last_at: float | None = None  # of the newest observation
        self.link_total, self.link_weight = np.zeros((count, cells)), np.zeros((count, cells))
        self.dwell_total, self.dwell_weight = np.zeros(count), np.zeros(count)
        self.link_days, self.link_last_day = np.zeros(count), np.zeros(count)  # days on which a link was observed; the last
        self.stream_total, self.stream_weight = np.zeros((streams, cells)), np.zeros((streams, cells))
        self.live_network = DecayingSums(tuning.live_half_s[0], 1)
        self.live_fast = DecayingSums(tuning.live_half_s[1], streams)
        self.live_slow = DecayingSums(tuning.live_half_s[2], streams)
        self.headway = np.zeros(streams)  # usual seconds between two vehicles, 0 where none was seen
        self.passed: dict[int, tuple[str, float]] = {}  # link -> the last vehicle that entered it, and when
        self.paces: dict[str, Pace] = {}
        self.calls: dict[str, LastCall] = {}
        self._usual: dict[tuple[int, int], UsualTimes] = {}

    # ---- learning

    def learn(self, event: StopEvent, linked: LinkedPattern, index: int) -> LinkObservation | None:
        """Returns the link that ends with this call, where the call before was seen too."""
        departed = None if event.departed_at is None else event.departed_at.timestamp()
        call = LastCall(event.trip, index, event.arrived_at.timestamp(), departed)
        before = self.calls.get(event.vehicle_id)
        self.calls[event.vehicle_id] = call
        if before is None or before.trip != call.trip or before.place != call.place - 1:
            return None
        start = before.arrived if before.place > 0 else before.departed
        if start is None or not 0.0 < call.arrived - start < LONGEST_LINK_S:
            return None
        dwell = None if before.departed is None or before.place == 0 else before.departed - before.arrived
        observed = LinkObservation(before.place, start, call.arrived - start, dwell)
        self._observe(event, linked, observed)
        return observed

    def _observe(self, event: StopEvent, linked: LinkedPattern, observed: LinkObservation) -> None:
        n, start, seconds, dwell = observed
        tuning, at, link = self.tuning, start + seconds, int(linked.links[n])
        plan = float(self.links.planned_links(event.trip.trip_id)[n])
        usual = float(self.usual(linked, start).ratio[n])
        residual = min(max(log(max(seconds, 1.0) / plan) - usual, -tuning.widest), tuning.widest)
        driving = plan * exp(usual)
        sure = min(1.0, max(LEAST_SURE, SURE_GAP_S / max(event.gap_s, 1.0)))
        self._keep_time(at)
        grown = sure * 2.0 ** ((at - (self.epoch or at)) / tuning.half_life_s)
        cell = self._cell(start)
        self.link_total[link, cell] += grown * (usual + residual)
        self.link_weight[link, cell] += grown
        self.stream_total[linked.stream, cell] += grown * driving * (usual + residual)
        self.stream_weight[linked.stream, cell] += grown * driving
        day = datetime.fromtimestamp(start, self.zone).toordinal()
        self.link_days[link] += day != self.link_last_day[link]
        self.link_last_day[link] = day
        if dwell is not None and dwell >= 0.0:
            self.dwell_total[link] += grown * log(max(dwell, 1.0))
            self.dwell_weight[link] += grown
        today = self.today(linked, at)
        self._keep_pace(event, linked, link, start, sure * driving, residual - today[2])
        self.live_network.add(0, residual, sure * driving, at)
        self.live_fast.add(linked.stream, residual, sure * driving, at)
        self.live_slow.add(linked.stream, residual, sure * driving, at)

    def _keep_time(self, at: float) -> None:
        """Scales the growing weights down before they overflow, after years."""
        self.last_at = at if self.last_at is None else max(self.last_at, at)
        if self.epoch is None:
            self.epoch = at
        if at - self.epoch > REBASE_HALF_LIVES * self.tuning.half_life_s:
            grown = self.growth()
            for sums in (self.link_total, self.link_weight, self.dwell_total, self.dwell_weight):
                sums /= grown
            self.stream_total /= grown
            self.stream_weight /= grown
            self.epoch = self.last_at

    def growth(self) -> float:
        """The weight of an observation made now."""
        if self.epoch is None or self.last_at is None:
            return 1.0
        return float(2.0 ** ((self.last_at - self.epoch) / self.tuning.half_life_s))

    def _keep_pace(self, event: StopEvent, linked: LinkedPattern, link: int, start: float, driving: float, own: float) -> None:
        """driving: usual seconds of the link, as a weight; own: log ratio of the vehicle's to that of its stream today."""
        pace = self.paces.get(event.vehicle_id)
        if pace is None or pace.trip != event.trip:
            pace = Pace(event.trip, (0.0, 0.0), (0.0, 0.0), 0.0)
        slow, fast = (
            (total * fade + driving * own, weight * fade + driving)
            for (total, weight), fade in (
                (pace.slow, 0.5 ** (driving / self.tuning.pace_half_s[0])),
                (pace.fast, 0.5 ** (driving / self.tuning.pace_half_s[1])),
            )
        )
        self.paces[event.vehicle_id] = Pace(
            event.trip, fast, slow, self._keep_headway(event, linked, link, start, pace.headway)
        )

    def _keep_headway(self, event: StopEvent, linked: LinkedPattern, link: int, start: float, known: float) -> float:
        before = self.passed.get(link)
        if before is not None and before[0] == event.vehicle_id:
            return known
        self.passed[link] = (event.vehicle_id, start)
        if before is None or not 0.0 < start - before[1] < LONGEST_HEADWAY_S:
            return known
        usual = self.headway[linked.stream] or start - before[1]
        self.headway[linked.stream] = usual + HEADWAY_GAIN * (start - before[1] - usual)
        return min(max(log((start - before[1]) / usual), HEADWAY_RANGE[0]), HEADWAY_RANGE[1])

    # ---- asking

    def usual(self, linked: LinkedPattern, at: float) -> UsualTimes:
        """What is usual on a pattern's links at a moment, kept for SLOT_S."""
        slot = int(at // SLOT_S)
        usual = self._usual.get((linked.number, slot))
        if usual is None:
            if len(self._usual) > LOOKED_UP:
                self._usual.clear()
            usual = self._usual[linked.number, slot] = self._look_up(linked, slot * SLOT_S + SLOT_S / 2)
        return usual

    def _look_up(self, linked: LinkedPattern, at: float) -> UsualTimes:
        tuning = self.tuning
        kernel = self._kernel(at)
        grown = 1.0 if self.epoch is None else 2.0 ** ((at - self.epoch) / tuning.half_life_s)
        network = self.stream_total.sum() / (self.stream_weight.sum() + tuning.network_all * grown)
        total, weight = self.stream_total[linked.stream] / grown, self.stream_weight[linked.stream] / grown
        stream = (total.sum() + tuning.stream_all * network) / (weight.sum() + tuning.stream_all)
        hour = (total @ kernel + tuning.stream_hour * stream) / (weight @ kernel + tuning.stream_hour)
        link_total, link_weight = self.link_total[linked.links] / grown, self.link_weight[linked.links] / grown
        all_day = link_total.sum(axis=1) - stream * link_weight.sum(axis=1)
        own = hour + all_day / (link_weight.sum(axis=1) + tuning.link_all)
        hour_total, hour_weight = link_total @ kernel, link_weight @ kernel
        return UsualTimes((hour_total + tuning.link_hour * own) / (hour_weight + tuning.link_hour), hour_weight)

    def today(self, linked: LinkedPattern, at: float) -> tuple[float, float, float]:
        """Log ratios of now to the usual: of the network, of the stream lately, of the stream over a longer while."""
        prior = self.tuning.live_prior
        return (
            float(self.live_network.mean(0, at, 0.0, prior[0])),
            float(self.live_fast.mean(linked.stream, at, 0.0, prior[1])),
            float(self.live_slow.mean(linked.stream, at, 0.0, prior[2])),
        )

    def pace(self, vehicle_id: str, trip: TripInstance) -> tuple[float, float, float]:
        """Log ratios: this vehicle's pace to the others' on this trip, the same lately, and its headway to the usual one."""
        pace = self.paces.get(vehicle_id)
        if pace is None or pace.trip != trip:
            return 0.0, 0.0, 0.0
        prior = self.tuning.pace_prior
        return pace.slow[0] / (pace.slow[1] + prior[0]), pace.fast[0] / (pace.fast[1] + prior[1]), pace.headway

    def dwell_s(self, linked: LinkedPattern, n: int) -> float:
        """The usual dwell time at the stop where link n begins; 0 where none was observed."""
        weight = float(self.dwell_weight[linked.links[n]])
        return exp(float(self.dwell_total[linked.links[n]]) / weight) if weight > 0.0 else 0.0

    def _cell(self, at: float) -> int:
        local = datetime.fromtimestamp(at, UTC).astimezone(self.zone)
        return _kind_of_day(local) * BINS + int((local.hour * 60 + local.minute) // BIN_MIN)

    def _kernel(self, at: float) -> Floats:
        """The weight of each cell of history for this moment."""
        local = datetime.fromtimestamp(at, UTC).astimezone(self.zone)
        apart = np.abs(np.arange(BINS) - ((local.hour * 60 + local.minute) / BIN_MIN - 0.5))
        shape = np.exp(-0.5 * (np.minimum(apart, BINS - apart) / self.tuning.kernel_bins) ** 2)
        days = np.where(np.arange(DAY_TYPES) == _kind_of_day(local), 1.0, self.tuning.other_day)
        return np.asarray((days[:, None] * shape[None, :]).ravel())


def _kind_of_day(local: datetime) -> int:
    """0 working day, 1 Saturday, 2 Sunday."""
    return max(0, local.weekday() - FRIDAY)
