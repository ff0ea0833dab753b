"""When a vehicle that waits at its first stop will leave: as told, or from the plan, the waits of others and the headway."""

from __future__ import annotations

from collections import deque
from statistics import median

import numpy as np

from transit.links import Floats, Way
from transit.network import Network, TripInstance
from transit.patterns import Patterns
from transit.service_day import service_day_start

KEPT = 60  # waits and gaps remembered per corridor
GENERIC_S = (10.0, 30.0, 60.0, 90.0, 130.0, 180.0, 260.0, 400.0)  # waits before anything was seen (or past the plan)
SHARE = 0.4  # which quantile of the waits that are still possible
LEAST_S = 15.0  # a vehicle that outstayed all others leaves about now
LONGEST_S = 3600.0  # no wait counts as longer
ENOUGH_GAPS = 5  # with fewer between two departures the plan's headway counts
LONGEST_GAP_S = 5400.0  # after a longer one the day began anew
OVERDUE_S = 300.0  # a dispatcher's time that is so long past and was not kept counts no more
SPARED = (0.2, 1.5)  # where there is no timetable: how much less, or more, a departure counts so soon, or late, after the last


class Departures:
    """Waits are counted from the planned departure where there is one, else from when the vehicle began to wait."""

    def __init__(self, network: Network, patterns: Patterns) -> None:
        self.network, self.patterns = network, patterns
        self.waits: dict[int, deque[float]] = {}  # corridor -> seconds
        self.gaps: dict[int, deque[float]] = {}  # corridor -> seconds between two departures
        self.last: dict[int, float] = {}  # corridor -> the last departure, Unix seconds
        self.since: dict[str, tuple[TripInstance, float]] = {}  # vehicle -> since when it waits for which trip
        self.told: dict[str, float] = {}  # vehicle -> a dispatcher's word on its next departure, Unix seconds; it wins

    def waiting(self, vehicle_id: str, trip: TripInstance, at: float) -> None:
        known = self.since.get(vehicle_id)
        if known is None or known[0] != trip:
            self.since[vehicle_id] = (trip, at)

    def left(self, vehicle_id: str, trip: TripInstance, way: Way, at: float, came_at: float | None = None) -> None:
        """came_at: when it reached the stop; counts where nobody saw it wait and it did not just drive through."""
        told = self.told.get(vehicle_id)
        if told is not None and told - LONGEST_S < at:
            del self.told[vehicle_id]
        since = self.since.pop(vehicle_id, None)
        seen = since is not None and since[0] == trip
        began = since[1] if since is not None and seen else came_at
        if began is not None and (seen or at - began >= GENERIC_S[0]):
            waited = min(max(at - self._zero(trip, began), -LONGEST_S), LONGEST_S)
            self.waits.setdefault(way.corridor, deque(maxlen=KEPT)).append(waited)
        gap = at - self.last.get(way.corridor, at)
        if 0.0 < gap < LONGEST_GAP_S:
            self.gaps.setdefault(way.corridor, deque(maxlen=KEPT)).append(gap)
        self.last[way.corridor] = max(at, self.last.get(way.corridor, at))

    def planned(self, trip: TripInstance) -> float | None:
        """Unix seconds; None for headway-based trips, whose start_time promises nothing."""
        if self.network.is_headway_based(trip.trip_id):
            return None
        start_s = self.patterns.planned(trip.trip_id)[0][1] if trip.start_s is None else float(trip.start_s)
        return service_day_start(trip.start_date, self.network.timezone).timestamp() + start_s

    def timetable(self, trip: TripInstance) -> Floats | None:
        """Planned arrivals at every stop of a trip (at the first: the departure), Unix seconds; None like planned()."""
        begun = self.planned(trip)
        if begun is None:
            return None
        planned = self.patterns.planned(trip.trip_id)
        since_start = np.array([0.0, *(arrival - planned[0][1] for arrival, _ in planned[1:])])
        return np.asarray(begun + since_start)

    def _zero(self, trip: TripInstance, since: float) -> float:
        planned = self.planned(trip)
        return since if planned is None else max(planned, since)

    def expected(self, vehicle_id: str, trip: TripInstance, way: Way, now: float, since: float | None = None) -> float:
        """Unix seconds, never before now. since: when it begins to wait, where it does not wait yet."""
        told = self.told.get(vehicle_id)
        if told is not None and now < told + OVERDUE_S:
            return max(told, now, since or now)
        if since is None:
            known = self.since.get(vehicle_id)
            since = known[1] if known is not None and known[0] == trip else now
        zero = self._zero(trip, since)
        seen = self.waits.get(way.corridor, ())
        weights = np.array([0.5] * len(GENERIC_S) + [1.0] * len(seen))
        waits = np.array([*GENERIC_S, *seen])
        possible = waits > now - zero
        if not possible.any():
            return now + LEAST_S
        waits = waits[possible]
        weights = weights[possible] * self._spared(trip, way, zero + waits)
        order = np.argsort(waits, kind="stable")
        waits, weights = waits[order], np.cumsum(weights[order])
        chosen = float(waits[np.searchsorted(weights, SHARE * weights[-1])])
        return max(zero + chosen, now + min(LEAST_S, chosen))

    def _spared(self, trip: TripInstance, way: Way, at: Floats) -> Floats | float:
        """How much more, or less, a departure at each moment counts: so soon, or late, after the last; 1 with a timetable."""
        last, headway = self.last.get(way.corridor), self.headway_s(trip, way)
        if last is None or headway is None or self.planned(trip) is not None:
            return 1.0
        return np.asarray(np.clip((at - last) / headway, *SPARED))

    def headway_s(self, trip: TripInstance, way: Way) -> float | None:
        """The usual seconds between two departures lately, else as planned at the trip's start."""
        gaps = self.gaps.get(way.corridor, ())
        if len(gaps) >= ENOUGH_GAPS:
            return median(gaps)
        rows = self.network.frequencies_of.get(trip.trip_id, ())
        start_s = trip.start_s or 0
        return next((float(row.headway_s) for row in rows if row.start_s <= start_s < row.end_s), None)
