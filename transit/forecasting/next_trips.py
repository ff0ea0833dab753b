"""Which trip a vehicle runs after its present one: by its block, by what vehicles usually do, or the trip back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from math import hypot

from transit.forecasting.links import LinkedPattern, Links
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import Pattern
from transit.tracking.trip_choice import TripTable, headway_day, instances_by_minute

ENOUGH = 3  # times that a next pattern must have been observed after a pattern before it counts as a habit
SHARE = 0.7  # of those times with the same next pattern; below it there is no habit, and no next trip is predicted
HABIT_KEPT = 100  # times remembered; beyond it all counts are halved
FAR = 0.7  # share of its stops beyond which a vehicle has driven a trip far enough that the next one follows from it
TURN_M = 400.0  # the way back begins this near the end
EARLY_S, LATE_S = 120.0, 1800.0  # a timetabled next trip leaves at most so long before, or after, the vehicle comes


class NextTrips:
    """Learns from note_start() which patterns follow each other; trip_after() gives the next trip, None where unclear."""

    def __init__(self, network: Network, links: Links) -> None:
        self.links = links
        self.table = TripTable(network, links.patterns)
        self.habits: dict[str, Counter[str]] = {}  # pattern_id -> the patterns that its vehicles began next
        self._backs: dict[str, Pattern | None] = {}

    def note_start(self, linked: LinkedPattern, before: LinkedPattern, place: int) -> None:
        """A vehicle leaves the first stop of a pattern. place: number of the last stop it called at on the pattern before."""
        if place < FAR * before.last:
            return
        habit = self.habits.setdefault(before.pattern.pattern_id, Counter())
        habit[linked.pattern.pattern_id] += 1
        if habit.total() > HABIT_KEPT:  # old habits fade
            self.habits[before.pattern.pattern_id] = Counter({key: count // 2 for key, count in habit.items() if count > 1})

    def trip_after(self, trip: TripInstance, comes_at: float, taken: Callable[[TripInstance], bool]) -> TripInstance | None:
        """The trip after `trip` for a vehicle that ends it at comes_at (Unix seconds). taken: whether another runs a trip."""
        planned = self.table.next_in_block.get(trip.trip_id)
        if planned is not None:
            follows = TripInstance(planned, trip.start_date, None)
            return None if taken(follows) else follows
        linked = self.links.of_trip(trip.trip_id)
        pattern = None if linked is None else self._pattern_after(linked.pattern)
        if pattern is None:
            return None
        if pattern.pattern_id in self.table.headway_trips:
            by_headway = self._by_headway(pattern, comes_at, taken)
            if by_headway is not None or not self.table.departures[pattern.pattern_id]:
                return by_headway
        candidates = [
            (abs(late_s), candidate)
            for late_s, candidate in self.table.near(pattern, pattern.start_m, comes_at)
            if -LATE_S <= late_s <= EARLY_S and candidate != trip and not taken(candidate)
        ]
        return min(candidates, key=lambda row: (row[0], row[1].trip_id), default=(0.0, None))[1]

    def _pattern_after(self, pattern: Pattern) -> Pattern | None:
        habit = self.habits.get(pattern.pattern_id)
        if habit is None or habit.total() < ENOUGH:
            return self._back(pattern)
        usual, count = max(habit.items(), key=lambda row: (row[1], row[0]))
        return self.links.patterns.by_id.get(usual) if count >= SHARE * habit.total() else None

    def _back(self, pattern: Pattern) -> Pattern | None:
        """Without observations: the only pattern of the route that begins where this one ends."""
        if pattern.pattern_id not in self._backs:
            x, y = pattern.stop_xy[-1]
            near = [
                other
                for other in self.links.patterns.by_id.values()
                if other.route_id == pattern.route_id and hypot(other.stop_xy[0][0] - x, other.stop_xy[0][1] - y) <= TURN_M
            ]
            self._backs[pattern.pattern_id] = near[0] if len(near) == 1 else None
        return self._backs[pattern.pattern_id]

    def _by_headway(self, pattern: Pattern, at: float, taken: Callable[[TripInstance], bool]) -> TripInstance | None:
        """A departure named by its minute, as the matcher names it when it sees one."""
        for trip_id in self.table.headway_trips[pattern.pattern_id]:
            day, outside = headway_day(self.table, self.table.network.trips[trip_id], at)
            if outside:
                continue
            free = next((made for made in instances_by_minute(trip_id, day, at) if not taken(made)), None)
            if free is not None:
                return free
        return None
