"""How vehicles move on each link now, from fix to fix, so that a jam shows before any vehicle has come through it."""

from __future__ import annotations

from collections.abc import Iterable
from math import log

import numpy as np

from transit.forecasting.links import Floats, LinkedPattern, Links
from transit.forecasting.travel_times import TravelTimes
from transit.plan.network import TripInstance
from transit.tracking.calls import AT_STOP_M
from transit.tracking.state import VehicleState, VehicleStatus

HALF_S = (400.0, 1500.0)  # half lives of the observations: lately, and over a longer while
PRIOR_S = 40.0  # weight of the usual speed on each link, in seconds of driving
LONGEST_GAP_S = 600.0  # fixes further apart in time say nothing
LOOK_BACK_S = 420.0  # a vehicle's own pace is taken over this time
OWN_PRIOR_S = 150.0  # weight of the usual pace in it, in seconds of driving
LEAST_LINK_M = 30.0  # two platforms side by side: no link counts as shorter


class Traffic:
    """Learns from observe(); slowness() gives log(seconds needed / usual seconds) by link."""

    def __init__(self, links: Links, times: TravelTimes) -> None:
        self.links, self.times = links, times
        count = len(links.number)
        self.needed = [np.zeros(count) for _ in HALF_S]
        self.usual = [np.zeros(count) for _ in HALF_S]
        self.at = np.zeros(count)
        self._seen: dict[str, tuple[TripInstance, float, float]] = {}

    def observe(self, states: Iterable[VehicleState]) -> None:
        for state in states:
            matched = state.matched
            if matched.trip is None or matched.shape_dist_traveled_m is None or matched.status is not VehicleStatus.ON_TRIP:
                continue
            now = (matched.trip, state.report.reported_at.timestamp(), matched.shape_dist_traveled_m)
            before = self._seen.get(state.vehicle_id)
            if before is not None and before[1] >= now[1]:
                continue
            self._seen[state.vehicle_id] = now
            linked = self.links.of_trip(matched.trip.trip_id)
            if linked is None or before is None or before[0] != now[0] or now[1] - before[1] > LONGEST_GAP_S:
                continue
            if now[2] >= linked.dist_m[1] or before[2] >= linked.dist_m[0] + 2 * AT_STOP_M:  # not while it waits to begin
                self._moved(linked, now[0], before[2], max(now[2], before[2]), now[1] - before[1], now[1])

    def _moved(
        self, linked: LinkedPattern, trip: TripInstance, begin_m: float, end_m: float, seconds: float, at: float
    ) -> None:
        """Splits the seconds between two places among the links, in proportion to their usual times."""
        first, last = link_at(linked, begin_m), link_at(linked, end_m)
        span = slice(first, last + 1)
        lower = np.maximum(linked.dist_m[first : last + 1] - AT_STOP_M, begin_m)
        upper = np.minimum(linked.dist_m[first + 1 : last + 2] - AT_STOP_M, end_m)
        share = np.maximum(upper - lower, 0.0) / np.maximum(linked.length_m[span], LEAST_LINK_M)
        usual = self.links.planned_links(trip.trip_id)[span] * np.exp(self.times.usual(linked, at).ratio[span]) * share
        total = float(usual.sum())
        needed = seconds * usual / total if total > 1.0 else np.where(np.arange(len(usual)) == len(usual) - 1, seconds, 0.0)
        rows = linked.links[span]
        since = np.maximum(at - self.at[rows], 0.0)
        for n, half in enumerate(HALF_S):
            fade = 0.5 ** (since / half)
            self.needed[n][rows] = self.needed[n][rows] * fade + needed
            self.usual[n][rows] = self.usual[n][rows] * fade + usual
        self.at[rows] = np.maximum(self.at[rows], at)

    def slowness(self, linked: LinkedPattern, begin: int, at: float) -> tuple[Floats, Floats]:
        """Log ratios of the links from `begin` on, lately and over a longer while (HALF_S). at: Unix seconds."""
        rows = linked.links[begin:]
        since = np.maximum(at - self.at[rows], 0.0)
        fast, slow = (
            np.log((self.needed[n][rows] * fade + PRIOR_S) / (self.usual[n][rows] * fade + PRIOR_S))
            for n, fade in enumerate((0.5 ** (since / HALF_S[0]), 0.5 ** (since / HALF_S[1])))
        )
        return fast, slow

    def own(self, state: VehicleState, linked: LinkedPattern, usual_s: Floats) -> float:
        """Log ratio of this vehicle's last minutes to the usual time for the same way. usual_s: by link of the pattern."""
        recent = state.recent
        if len(recent) < 2 or recent[-1][1] <= linked.dist_m[0] + 2 * AT_STOP_M:
            return 0.0
        last_at, last_m = recent[-1]
        start = last_at
        start_m = last_m
        for at, metres in reversed(recent[:-1]):
            if (last_at - at).total_seconds() > LOOK_BACK_S or metres < linked.dist_m[0] + 2 * AT_STOP_M:
                break
            start, start_m = at, metres
        whole = np.concatenate(([0.0], np.cumsum(usual_s)))
        begun, ended = np.interp((start_m, last_m), linked.dist_m - AT_STOP_M, whole)
        return log(((last_at - start).total_seconds() + OWN_PRIOR_S) / (max(float(ended - begun), 0.0) + OWN_PRIOR_S))


def link_at(linked: LinkedPattern, along_m: float) -> int:
    """Number of the link at a place; the zone around a stop belongs to the link that begins there."""
    return min(max(int(np.searchsorted(linked.dist_m - AT_STOP_M, along_m, side="right")) - 1, 0), len(linked.links) - 1)
