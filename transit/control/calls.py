"""What the recent calls say of the circuits: the last departures from each terminal, and how long a run takes now."""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import fmean

from transit.plan.directions import RouteDirection, directions_of
from transit.plan.network import Network, TripInstance
from transit.tracking.state import StopEvent

KEPT = timedelta(hours=3)  # older calls are forgotten
RUNS_OF = timedelta(minutes=90)  # runs that ended longer ago do not count: traffic changes over the day
REPEATED_AMONG = 20  # a repeated departure is looked for among this many of the last
FEWEST_RUNS = 2  # with fewer runs the planned time is used


@dataclass(frozen=True, slots=True, order=True)
class Departure:
    """A vehicle left the first stop of a direction."""

    at: datetime
    vehicle_id: str


@dataclass
class RecentCalls:
    """The recent calls of one network; old ones are forgotten."""

    network: Network
    departures: dict[RouteDirection, list[Departure]] = field(default_factory=dict)  # oldest first
    runs: dict[RouteDirection, list[tuple[datetime, float]]] = field(default_factory=dict)  # when it ended, its seconds
    passed: dict[tuple[RouteDirection, str], dict[str, datetime]] = field(
        default_factory=dict
    )  # (direction, stop_id) -> vehicle_id -> its last call
    _started: dict[tuple[str, TripInstance], datetime] = field(default_factory=dict)

    def hear(self, events: Iterable[StopEvent], now: datetime) -> None:
        """Takes calls in any order. The same call may come again, with its departure if that was not known before."""
        for event in events:
            trip = self.network.trips.get(event.trip.trip_id)
            at = event.departed_at or event.arrived_at
            if trip is None or now - at > KEPT:
                continue
            direction = directions_of(self.network).of_trip[trip.trip_id]
            first, last = trip.stop_times[0].stop_sequence, trip.stop_times[-1].stop_sequence
            self.passed.setdefault((direction, event.stop_id), {})[event.vehicle_id] = at
            if event.stop_sequence == first and event.departed_at is not None:
                self._left(direction, event, event.departed_at)
            elif event.stop_sequence == last:
                started = self._started.pop((event.vehicle_id, event.trip), None)
                if started is not None and event.arrived_at > started:
                    self.runs.setdefault(direction, []).append((event.arrived_at, (event.arrived_at - started).total_seconds()))
        self._forget(now)

    def _left(self, direction: RouteDirection, event: StopEvent, at: datetime) -> None:
        self._started[event.vehicle_id, event.trip] = at
        departure = Departure(at, event.vehicle_id)
        rows = self.departures.setdefault(direction, [])
        if departure not in rows[-REPEATED_AMONG:]:
            insort(rows, departure)

    def last_departure(self, direction: RouteDirection) -> Departure | None:
        rows = self.departures.get(direction)
        return rows[-1] if rows else None

    def run_s(self, direction: RouteDirection, now: datetime) -> float | None:
        """The mean seconds of the runs that ended within RUNS_OF; None where fewer than FEWEST_RUNS did."""
        lately = [seconds for ended_at, seconds in self.runs.get(direction, ()) if now - ended_at <= RUNS_OF]
        return fmean(lately) if len(lately) >= FEWEST_RUNS else None

    def _forget(self, now: datetime) -> None:
        for rows in self.departures.values():
            while rows and now - rows[0].at > KEPT:
                del rows[0]
        for runs in self.runs.values():
            while runs and now - runs[0][0] > KEPT:
                del runs[0]
        old = [key for key, at in self._started.items() if now - at > KEPT]
        for key in old:
            del self._started[key]
