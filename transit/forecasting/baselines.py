"""Other methods of prediction in the same pipeline: what "ours" has to beat.

Each sees the same events and the same matches at the same moments. None corrects itself; their intervals are calibrated
like ours, on their own recent errors, and they show their median.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime
from math import log10
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

import numpy as np

from transit.forecasting.departures import Departures
from transit.forecasting.links import PLAIN_SPEED_MPS, Floats, LinkedPattern, Links
from transit.forecasting.remaining_trip import RemainingTrip, part_of_link
from transit.forecasting.travel_times import LinkObservation
from transit.plan.service_day import service_day_start
from transit.tracking.state import StopEvent

LAST_BUS_S = 3600.0  # a link time of the vehicle before that is older than this is not used
KEPT = 40  # observations remembered of a link in each hour of the day
ENOUGH = 4  # observations before the median of an hour counts


class Baseline(Protocol):
    def learn(self, event: StopEvent, linked: LinkedPattern, observed: LinkObservation | None) -> None: ...

    def ahead_s(self, remaining: RemainingTrip, now: float) -> Floats:
        """Seconds from remaining.zero until each stop ahead, one value per stop."""
        ...


class TimetableBaseline:
    """The planned times, uncorrected. For a headway-based trip: the planned run time, counted from when the trip began."""

    def __init__(self, links: Links, departures: Departures) -> None:
        self.links, self.departures = links, departures

    def learn(self, event: StopEvent, linked: LinkedPattern, observed: LinkObservation | None) -> None:
        pass

    def ahead_s(self, remaining: RemainingTrip, now: float) -> Floats:
        planned = self.links.patterns.planned(remaining.trip.trip_id)
        arrivals = np.array([planned[0][1], *(arrival for arrival, _ in planned[1:])])
        begun = self.departures.planned(remaining.trip)
        if begun is None:  # headway-based
            started = remaining.state.trip_started_at
            if started is not None:
                begun = started.timestamp()
            elif remaining.waits or remaining.trip.start_s is None:
                begun = now
            else:
                begun = (
                    service_day_start(remaining.trip.start_date, self.links.network.timezone).timestamp()
                    + remaining.trip.start_s
                )
        return np.asarray(begun + (arrivals - arrivals[0])[remaining.first :] - remaining.zero)


class ByLink:
    """Adds up link times from where the vehicle is. A subclass gives the time of each link."""

    def __init__(self, links: Links, departures: Departures) -> None:
        self.links, self.departures = links, departures
        self.zone = ZoneInfo(links.network.timezone)

    def learn(self, event: StopEvent, linked: LinkedPattern, observed: LinkObservation | None) -> None:
        pass

    def ahead_s(self, remaining: RemainingTrip, now: float) -> Floats:
        link_s = self.link_times(remaining, now)
        if remaining.waits:
            return np.asarray(self.wait_s(remaining, now) + np.concatenate(([0.0], np.cumsum(link_s))))
        along = remaining.state.matched.shape_dist_traveled_m or 0.0
        left, _ = part_of_link(remaining.linked, remaining.start, along, float(link_s[0]), 0.0, 0.0)
        return np.asarray(left + np.concatenate(([0.0], np.cumsum(link_s[1:]))))

    def wait_s(self, remaining: RemainingTrip, now: float) -> float:
        return remaining.part_s

    def link_times(self, remaining: RemainingTrip, now: float) -> Floats:
        raise NotImplementedError

    def hour(self, at: float) -> int:
        return datetime.fromtimestamp(at, self.zone).hour


class ScheduleDelay(ByLink):
    """The plan's run times from here on: a vehicle keeps the delay that it has."""

    def wait_s(self, remaining: RemainingTrip, now: float) -> float:
        planned = self.departures.planned(remaining.trip)
        return 0.0 if planned is None else max(planned - now, 0.0)

    def link_times(self, remaining: RemainingTrip, now: float) -> Floats:
        return self.links.planned_links(remaining.trip.trip_id)[remaining.start :]


class RecentSpeed(ByLink):
    """The metres ahead at the speed of the last minutes."""

    SLOWEST_MPS = 1.0

    def link_times(self, remaining: RemainingTrip, now: float) -> Floats:
        recent, speed = remaining.state.recent, PLAIN_SPEED_MPS[remaining.linked.kind]
        if len(recent) >= 2 and not remaining.waits:
            seconds = (recent[-1][0] - recent[0][0]).total_seconds()
            if seconds >= 60.0:
                speed = max((recent[-1][1] - recent[0][1]) / seconds, self.SLOWEST_MPS)
        return np.asarray(remaining.linked.length_m[remaining.start :] / speed)


class HistoryBaseline(ByLink):
    """The median link time of this hour of the day; with too few observations that of all hours, then the planned time."""

    def __init__(self, links: Links, departures: Departures) -> None:
        super().__init__(links, departures)
        self.times: dict[tuple[int, int], deque[float]] = {}
        self.medians: dict[tuple[int, int], float] = {}

    def learn(self, event: StopEvent, linked: LinkedPattern, observed: LinkObservation | None) -> None:
        if observed is None:
            return
        link = int(linked.links[observed.n])
        for key in ((link, self.hour(observed.start)), (link, -1)):
            self.times.setdefault(key, deque(maxlen=KEPT)).append(observed.seconds)
            self.medians.pop(key, None)

    def usual(self, link: int, hour: int, plan_s: float) -> float:
        for key, enough in (((link, hour), ENOUGH), ((link, -1), 1)):
            seen = self.times.get(key, ())
            if len(seen) >= enough:
                if key not in self.medians:
                    self.medians[key] = float(np.median(seen))
                return self.medians[key]
        return plan_s

    def link_times(self, remaining: RemainingTrip, now: float) -> Floats:
        plan, hour = self.links.planned_links(remaining.trip.trip_id), self.hour(now)
        links = remaining.linked.links[remaining.start :]
        return np.array([self.usual(int(link), hour, float(plan[remaining.start + n])) for n, link in enumerate(links)])


class LastBusBaseline(HistoryBaseline):
    """The time that the vehicle before took for each link, if that was within the last hour; else as HistoryBaseline."""

    def __init__(self, links: Links, departures: Departures) -> None:
        super().__init__(links, departures)
        self.last: dict[int, tuple[float, float, str]] = {}  # link -> when it ended (Unix seconds), its seconds, vehicle_id

    def learn(self, event: StopEvent, linked: LinkedPattern, observed: LinkObservation | None) -> None:
        super().learn(event, linked, observed)
        if observed is not None:
            ended = observed.start + observed.seconds
            self.last[int(linked.links[observed.n])] = (ended, observed.seconds, event.vehicle_id)

    def link_times(self, remaining: RemainingTrip, now: float) -> Floats:
        times = super().link_times(remaining, now)
        for n, link in enumerate(remaining.linked.links[remaining.start :]):
            ended, seconds, vehicle = self.last.get(int(link), (0.0, 0.0, ""))
            if now - ended < LAST_BUS_S and vehicle != remaining.state.vehicle_id:
                times[n] = seconds
        return times


class Day(NamedTuple):
    ordinal: int
    seen: list[tuple[str, float, float]]  # trip_id, second of the day, running seconds


class DwellModel:
    """log10(dwell) over headway, recursive least squares with a forgetting factor (TheTransitClock)."""

    FORGETTING, UNSURE, MOST_UNSURE, LONGEST_S = 0.75, 100.0, 1e4, 120.0  # variances of the weights; seconds

    def __init__(self) -> None:
        self.weights, self.spread = np.zeros(2), np.eye(2) * self.UNSURE

    def learn(self, dwell_s: float, headway_s: float) -> None:
        x = np.array([1.0, headway_s / 3600.0])
        gain = self.spread @ x / (self.FORGETTING + x @ self.spread @ x)
        self.weights = self.weights + gain * (log10(dwell_s) - x @ self.weights)
        self.spread = np.clip(
            (self.spread - np.outer(gain, x @ self.spread)) / self.FORGETTING, -self.MOST_UNSURE, self.MOST_UNSURE
        )

    def expected_s(self, headway_s: float) -> float:
        return float(10.0 ** np.clip(self.weights @ np.array([1.0, headway_s / 3600.0]), 0.0, log10(self.LONGEST_S)))


class TransitClockKalman(ByLink):
    """The Kalman predictor of TheTransitClock as published: the last vehicle against up to three days before.

    gain = (e + v) / (e + 2 v) with v the variance of those days, prediction = (1 - gain) * last vehicle + gain * average, the
    new error v * gain, at first 100. Timetabled trips are compared with the same trip, headway-based ones with those of the
    same half hour. With one or two such days the prediction is their average, with none the last vehicle's time, and without
    a last vehicle the planned time.
    """

    DAYS, SEARCH_BACK, FIRST_ERROR = 3, 21, 100.0
    BUCKET_S = 1800.0
    DWELL_S, HEADWAY_S = (1.0, 120.0), (1.0, 3600.0)  # accepted by the dwell model

    def __init__(self, links: Links, departures: Departures) -> None:
        super().__init__(links, departures)
        self.days: dict[int, deque[Day]] = {}
        self.last: dict[int, tuple[float, float]] = {}  # link -> when entered, running seconds
        self.error: dict[int, float] = {}
        self.dwells: dict[int, DwellModel] = {}

    def learn(self, event: StopEvent, linked: LinkedPattern, observed: LinkObservation | None) -> None:
        if observed is None:
            return
        link, local = int(linked.links[observed.n]), datetime.fromtimestamp(observed.start, self.zone)
        running = observed.seconds - (observed.dwell_s or 0.0)
        last = self.last.get(link)
        if last is not None and observed.dwell_s is not None:
            headway = observed.start - last[0]
            if self._accepted(observed.dwell_s, self.DWELL_S) and self._accepted(headway, self.HEADWAY_S):
                self.dwells.setdefault(link, DwellModel()).learn(observed.dwell_s, headway)
        second = local.hour * 3600.0 + local.minute * 60.0 + local.second
        past = self._past(link, event.trip.trip_id, second, local.toordinal())
        if len(past) >= self.DAYS and last is not None:
            self.error[link] = self._gain(link, past) * float(np.var(past))
        days = self.days.setdefault(link, deque(maxlen=self.SEARCH_BACK))
        if not days or days[-1].ordinal != local.toordinal():
            days.append(Day(local.toordinal(), []))
        days[-1].seen.append((event.trip.trip_id, second, running))
        self.last[link] = (observed.start, running)

    @staticmethod
    def _accepted(value: float, bounds: tuple[float, float]) -> bool:
        return bounds[0] <= value <= bounds[1]

    def _gain(self, link: int, past: list[float]) -> float:
        error, variance = self.error.get(link, self.FIRST_ERROR), float(np.var(past))
        return (error + variance) / (error + 2.0 * variance) if error + variance > 0.0 else 1.0

    def _past(self, link: int, trip_id: str, second: float, today: int) -> list[float]:
        """One running time of each of the last days that have one, newest first."""
        headway_based = self.links.network.is_headway_based(trip_id)
        past: list[float] = []
        for day in reversed(self.days.get(link, ())):
            if day.ordinal >= today:
                continue
            times = [
                running for trip, at, running in day.seen
                if (abs(at - second) <= self.BUCKET_S / 2 if headway_based else trip == trip_id)
            ]  # fmt: skip
            if times:
                past.append(float(np.mean(times)))
            if len(past) == self.DAYS:
                break
        return past

    def link_times(self, remaining: RemainingTrip, now: float) -> Floats:
        plan, local = self.links.planned_links(remaining.trip.trip_id), datetime.fromtimestamp(now, self.zone)
        second = local.hour * 3600.0 + local.minute * 60.0 + local.second
        times = [
            self._link(int(link), remaining.trip.trip_id, second, local.toordinal(), float(plan[remaining.start + n]), now)
            for n, link in enumerate(remaining.linked.links[remaining.start :])
        ]
        return np.array(times)

    def _link(self, link: int, trip_id: str, second: float, today: int, plan_s: float, now: float) -> float:
        past, last = self._past(link, trip_id, second, today), self.last.get(link)
        if len(past) >= self.DAYS and last is not None:
            gain = self._gain(link, past)
            running = (1.0 - gain) * last[1] + gain * float(np.mean(past))
        elif past:
            running = float(np.mean(past))
        elif last is not None:
            running = last[1]
        else:
            return plan_s
        dwells = self.dwells.get(link)
        return running + (dwells.expected_s(min(now - last[0], 3600.0)) if dwells is not None and last is not None else 0.0)


METHODS: dict[str, Callable[[Links, Departures], Baseline]] = {
    "timetable": TimetableBaseline,
    "schedule_delay": ScheduleDelay,
    "recent_speed": RecentSpeed,
    "last_bus": LastBusBaseline,
    "history": HistoryBaseline,
    "transitclock_kalman": TransitClockKalman,
}
