"""When a vehicle that waits at its first stop will leave: as ordered, or from the plan, the waits of others and the headway."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np

from transit.forecasting.links import Floats, LinkedPattern
from transit.forecasting.terminal_waits import TerminalWaits, quantile
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import Patterns
from transit.plan.planned_times import has_planned_times
from transit.plan.service_day import service_day_start

SHARE = 0.5  # the quantile of the waits still possible that is predicted
GENERIC_S = (10.0, 30.0, 60.0, 90.0, 130.0, 180.0, 260.0, 400.0)  # waits assumed possible at any terminal
GENERIC_WEIGHT = 0.1  # of each generic wait; an observed wait under the same conditions weighs 1
AGAIN = (0.25, 0.5, 1.0)  # after a long wait, these shares of it may still follow: waits have a long tail
AGAIN_WEIGHT, AGAIN_FROM_S = 0.05, 130.0  # the weight of each such share; the wait from which they are added
LEAST_S = 15.0  # a vehicle whose departure is due, with no new fix, is predicted to leave about now
LONGEST_S = 3600.0  # longer waits count as this
EARLIEST_S = 3 * 3600.0  # departures further ahead of their plan count as this: the plan may be hours out of date
OVERDUE_S = 300.0  # an order that was not followed until so long after its time is dropped
SPARED = (0.2, 1.5)  # without a timetable: bounds of the weight of a departure, by the time since the last departure


class Departures:
    """When waiting vehicles leave their first stop, learnt by stream.

    Waits are counted from the planned departure where there is one, else from when the vehicle began to wait.
    """

    def __init__(self, network: Network, patterns: Patterns) -> None:
        self.network, self.patterns = network, patterns
        self.zone = ZoneInfo(network.timezone)
        self.waits: dict[int, TerminalWaits] = {}  # by stream
        self.since: dict[str, tuple[TripInstance, float]] = {}  # vehicle_id -> trip waited for, since when
        self.ordered: dict[str, float] = {}  # vehicle_id -> ordered departure, Unix seconds

    def note_wait(self, vehicle_id: str, trip: TripInstance, at: float, standing_since: float | None = None) -> None:
        """A vehicle waits at the first stop of a trip. Moments are Unix seconds.

        standing_since: since when it has stood here. If it was waiting already then, the same wait goes on under the new trip.
        """
        known = self.since.get(vehicle_id)
        if known is None or known[0] != trip:
            goes_on = known is not None and standing_since is not None and known[1] >= standing_since
            self.since[vehicle_id] = (trip, known[1] if known is not None and goes_on else at)

    def note_departure(
        self, vehicle_id: str, trip: TripInstance, linked: LinkedPattern, at: float, came_at: float | None = None
    ) -> None:
        """A vehicle leaves the first stop of a trip. Moments are Unix seconds.

        came_at: when it reached the stop; used where it was not seen to wait, unless it drove through without stopping.
        """
        ordered = self.ordered.get(vehicle_id)
        if ordered is not None and ordered - LONGEST_S < at:
            del self.ordered[vehicle_id]
        since = self.since.pop(vehicle_id, None)
        seen = since is not None and since[0] == trip
        moments = [moment for moment in (since[1] if since is not None and seen else None, came_at) if moment is not None]
        began = min(moments, default=None)
        waited = None
        if began is not None and (seen or at - began >= GENERIC_S[0]):
            waited = min(max(at - self._zero(trip, began), -EARLIEST_S), LONGEST_S)
        self.waits.setdefault(linked.stream, TerminalWaits()).note_departure(at, self._clock(at), waited)

    def _clock(self, at: float) -> float:
        """Seconds by the local clock: departures that repeat daily do so in local time."""
        offset = datetime.fromtimestamp(at, UTC).astimezone(self.zone).utcoffset()
        return at + (0.0 if offset is None else offset.total_seconds())

    def planned(self, trip: TripInstance) -> float | None:
        """The planned departure, Unix seconds; None for headway-based trips, whose start_time promises nothing."""
        if not has_planned_times(self.network, trip):
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

    def expected(
        self, vehicle_id: str, trip: TripInstance, linked: LinkedPattern, now: float,
        *, seen_at: float | None = None, since: float | None = None,
    ) -> float:  # fmt: skip
        """When it will leave, Unix seconds, never before now.

        1. A dispatcher's order, until it is overdue.
        2. Else the SHARE quantile of the waits that are still possible, from the planned departure on where there is one.

        seen_at: when it was last seen waiting; since: when it will begin to wait.
        """
        ordered = self.ordered.get(vehicle_id)
        if ordered is not None and now < ordered + OVERDUE_S:
            return max(ordered, now, since or now)
        if since is None:
            known = self.since.get(vehicle_id)
            since = known[1] if known is not None and known[0] == trip else now
        zero = self._zero(trip, since)
        at = max(now if seen_at is None else seen_at, since)
        still, weights = self._possible(trip, linked, at, zero)
        chosen = quantile(still, weights, SHARE)
        return max(at + chosen, now + min(LEAST_S, max(zero - now, 0.0) + chosen))

    def _possible(self, trip: TripInstance, linked: LinkedPattern, at: float, zero: float) -> tuple[Floats, Floats]:
        """Seconds from `at` on until a departure, with weights: of waits seen here, and of some that are usual anywhere.

        Never empty: for a vehicle that has waited longer than all others it holds the AGAIN shares of its wait.
        """
        waits = self.waits.get(linked.stream)
        waited = at - zero
        again = AGAIN if waited > AGAIN_FROM_S else ()
        generic = np.array([*(wait - waited for wait in GENERIC_S if wait > waited), *(share * waited for share in again)])
        weights = np.where(np.arange(len(generic)) < len(generic) - len(again), GENERIC_WEIGHT, AGAIN_WEIGHT)
        weights = weights * self._spared(trip, linked, at + generic)
        if waits is None:
            return generic, weights
        seen, alike = waits.possible(waited, at, self._clock(at), alike=self.planned(trip) is None)
        return np.concatenate((seen, generic)), np.concatenate((alike, weights))

    def _spared(self, trip: TripInstance, linked: LinkedPattern, at: Floats) -> Floats | float:
        """The weight of a departure at each moment, by the time since the last one; 1 where there is a timetable."""
        waits = self.waits.get(linked.stream)
        if waits is None or waits.last_at is None or self.planned(trip) is not None:
            return 1.0
        headway = self.headway_s(trip, linked)
        if headway is None:
            return 1.0
        return np.asarray(np.clip((at - waits.last_at) / headway, *SPARED))

    def headway_s(self, trip: TripInstance, linked: LinkedPattern) -> float | None:
        """The usual seconds between two recent departures, else those planned at the trip's start."""
        waits = self.waits.get(linked.stream)
        usual = None if waits is None else waits.headway_s()
        return self.planned_headway_s(trip) if usual is None else usual

    def planned_headway_s(self, trip: TripInstance) -> float | None:
        """headway_secs of the row of frequencies.txt in whose window the trip starts; None without one."""
        rows = self.network.frequencies_of.get(trip.trip_id, ())
        start_s = trip.start_s or 0
        return next((float(row.headway_s) for row in rows if row.start_s <= start_s < row.end_s), None)
