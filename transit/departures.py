"""When a vehicle that waits at its first stop will leave: from the plan, from how long vehicles wait there, or as told."""

from __future__ import annotations

from collections import deque

import numpy as np

from transit.links import Way
from transit.network import Network, TripInstance
from transit.patterns import Patterns
from transit.service_day import service_day_start

KEPT = 60  # waits remembered per corridor
GENERIC_S = (10.0, 30.0, 60.0, 90.0, 130.0, 180.0, 260.0, 400.0)  # waits before anything was seen (or past the plan)
SHARE = 0.45  # which quantile of the waits that are still possible
LEAST_S = 15.0  # a vehicle that outstayed all others leaves about now


class Departures:
    """Waits are counted from the planned departure where there is one, else from when the vehicle began to wait."""

    def __init__(self, network: Network, patterns: Patterns) -> None:
        self.network, self.patterns = network, patterns
        self.waits: dict[int, deque[float]] = {}
        self.since: dict[str, tuple[TripInstance, float]] = {}  # vehicle -> since when it waits for which trip
        self.told: dict[TripInstance, float] = {}  # a dispatcher's word, Unix seconds; it wins

    def waiting(self, vehicle_id: str, trip: TripInstance, at: float) -> None:
        known = self.since.get(vehicle_id)
        if known is None or known[0] != trip:
            self.since[vehicle_id] = (trip, at)

    def left(self, vehicle_id: str, trip: TripInstance, way: Way, at: float) -> None:
        since = self.since.pop(vehicle_id, None)
        if since is not None and since[0] == trip:
            self.waits.setdefault(way.corridor, deque(maxlen=KEPT)).append(min(at - self._zero(trip, since[1]), 3600.0))

    def planned(self, trip: TripInstance) -> float | None:
        """Unix seconds; None for headway-based trips, whose start_time promises nothing."""
        if self.network.is_headway_based(trip.trip_id):
            return None
        start_s = self.patterns.planned(trip.trip_id)[0][1] if trip.start_s is None else float(trip.start_s)
        return service_day_start(trip.start_date, self.network.timezone).timestamp() + start_s

    def _zero(self, trip: TripInstance, since: float) -> float:
        planned = self.planned(trip)
        return since if planned is None else max(planned, since)

    def expected(self, vehicle_id: str, trip: TripInstance, way: Way, now: float) -> float:
        """Unix seconds, never before now."""
        told = self.told.get(trip)
        if told is not None:
            return max(told, now)
        zero = self._zero(trip, self.since.get(vehicle_id, (trip, now))[1])
        seen = self.waits.get(way.corridor, ())
        weights = np.array([0.5] * len(GENERIC_S) + [1.0] * len(seen))
        waits = np.array([*GENERIC_S, *seen])
        possible = waits > now - zero
        if not possible.any():
            return now + LEAST_S
        order = np.argsort(waits[possible], kind="stable")
        waits, weights = waits[possible][order], np.cumsum(weights[possible][order])
        chosen = float(waits[np.searchsorted(weights, SHARE * weights[-1])])
        return max(zero + chosen, now + min(LEAST_S, chosen))
