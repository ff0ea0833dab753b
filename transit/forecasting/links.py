"""The links of a network (from one stop to the next), numbered, and what the plan says of each."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transit.plan.limits import MAX_SPEED_MPS, basic_route_type
from transit.plan.network import Network
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import Pattern, patterns_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LinkKey = tuple[str, str, str]  # kind of service, stop from, stop to; a link out of a pattern's first stop has its own kind
PLAIN_SPEED_MPS = {0: 6.0, 1: 10.0, 2: 16.0, 3: 5.5, 4: 5.0, 5: 3.0, 6: 5.0, 7: 4.0, 11: 5.5, 12: 9.0}  # stops included
FASTEST_MPS = {0: 16.0, 1: 22.0, 2: 45.0, 3: 18.0, 4: 12.0, 5: 6.0, 6: 8.0, 7: 8.0, 11: 16.0, 12: 22.0}  # from stop to stop
LEAST_LINK_S = 4.0  # two platforms side by side
SPEED_UP_S = 60.0  # lost in starting from one stop and halting at the next; the rest of a long link is driven at full speed
PLAN_SMOOTHING = 0.3  # weight of the smoothed link times, since plans are rounded to minutes
SMOOTH_OVER = 2  # links to each side over which a plan's rounding is evened out


@dataclass(frozen=True, eq=False)
class LinkedPattern:
    """One pattern as the forecaster sees it. links[n] leads from stop n to stop n+1."""

    pattern: Pattern
    number: int
    stream: int  # number of its route and direction_id
    kind: int  # basic route_type
    dist_m: Floats
    links: Ints
    length_m: Floats
    index: dict[int, int]  # stop_sequence -> number of the stop on the pattern

    @property
    def last(self) -> int:
        return len(self.dist_m) - 1


class Links:
    """Every link, stream and pattern of a network, numbered."""

    def __init__(self, network: Network) -> None:
        self.patterns = patterns_of(network)
        self.network = network
        self.number: dict[LinkKey, int] = {}
        self.streams: dict[tuple[str, str], int] = {}
        self.by_pattern_id: dict[str, LinkedPattern] = {}
        for pattern_id, pattern in self.patterns.by_id.items():
            self.by_pattern_id[pattern_id] = self._link(pattern)
        self._plans: dict[str, Floats] = {}

    def _link(self, pattern: Pattern) -> LinkedPattern:
        kind = basic_route_type(pattern.route_type)
        stream = (pattern.route_id, "" if pattern.direction_id is None else str(pattern.direction_id))
        dist = np.array(pattern.stop_dist_m)
        links = []
        for n in range(len(pattern.stop_ids) - 1):
            key = (f"{kind}^" if n == 0 else str(kind), pattern.stop_ids[n], pattern.stop_ids[n + 1])
            links.append(self.number.setdefault(key, len(self.number)))
        return LinkedPattern(
            pattern=pattern,
            number=len(self.by_pattern_id),
            stream=self.streams.setdefault(stream, len(self.streams)),
            kind=kind,
            dist_m=dist,
            links=np.array(links, dtype=np.int64),
            length_m=np.diff(dist),
            index={sequence: n for n, sequence in enumerate(pattern.stop_sequences)},
        )

    def of_trip(self, trip_id: str) -> LinkedPattern | None:
        pattern = self.patterns.find(trip_id)
        return None if pattern is None else self.by_pattern_id[pattern.pattern_id]

    def planned_links(self, trip_id: str) -> Floats:
        """Seconds that the plan gives each link of a trip, arrival to arrival (out of the first stop: from departure)."""
        seconds = self._plans.get(trip_id)
        if seconds is None:
            linked = self.of_trip(trip_id)
            assert linked is not None
            seconds = self._plans[trip_id] = planned_links(self.patterns.planned(trip_id), linked)
        return seconds


def planned_links(planned: tuple[tuple[float, float], ...], linked: LinkedPattern) -> Floats:
    """A plan's link times with its rounding evened out, and never faster than its kind of vehicle can go."""
    arrivals = np.array([arrival for arrival, _ in planned])
    steps = np.diff(arrivals)
    steps[0] = planned[1][0] - planned[0][1]
    steps = np.maximum(steps, 0.0)
    speed = PLAIN_SPEED_MPS[linked.kind]
    plain = np.maximum(linked.length_m / speed, LEAST_LINK_S)
    wide = np.ones(2 * SMOOTH_OVER + 1)
    local = np.convolve(steps, wide, "same") / np.convolve(plain, wide, "same")  # how slow the plan is around each link
    smooth = plain * local if len(steps) >= len(wide) else plain * steps.sum() / plain.sum()
    mixed = (1.0 - PLAN_SMOOTHING) * steps + PLAN_SMOOTHING * smooth
    return np.asarray(np.maximum(mixed, least_s(linked)))


def least_s(linked: LinkedPattern) -> Floats:
    """The least seconds of each link: a plan rounded to minutes may say 0."""
    quick = linked.length_m / FASTEST_MPS[linked.kind]
    express = linked.length_m / MAX_SPEED_MPS[linked.kind] + SPEED_UP_S
    return np.asarray(np.maximum(np.minimum(quick, express), LEAST_LINK_S))


@once_per_network
def links_of(network: Network) -> Links:
    """The links of a network; the same object for the same network."""
    return Links(network)
