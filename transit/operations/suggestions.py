"""Which route a vehicle most likely runs today, from its calls on past days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from transit.plan.network import Network

FEWEST_CALLS = 5  # of a route on a day for the day to count; with fewer the bus was on its way elsewhere


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A route for a vehicle. seen: days on which the vehicle drove; days: those of them on which it drove this route."""

    route_id: str
    days: int
    seen: int

    @property
    def share(self) -> float:
        return self.days / self.seen


def suggestions(network: Network, calls: Mapping[tuple[str, str, date], int]) -> dict[str, Suggestion]:
    """vehicle_id -> its route on most days, of equals the one with more calls. calls: (vehicle_id, trip_id, day) -> count."""
    by_route: dict[str, dict[str, dict[date, int]]] = defaultdict(lambda: defaultdict(lambda: defaultdict(int)))
    for (vehicle_id, trip_id, day), count in calls.items():
        trip = network.trips.get(trip_id)
        if trip is not None:
            by_route[vehicle_id][trip.route_id][day] += count
    made: dict[str, Suggestion] = {}
    for vehicle_id, routes in by_route.items():
        days = {route_id: {day for day, count in row.items() if count >= FEWEST_CALLS} for route_id, row in routes.items()}
        seen = set().union(*days.values())
        if seen:
            best = max(days, key=lambda route_id: (len(days[route_id]), sum(routes[route_id].values()), route_id))
            made[vehicle_id] = Suggestion(best, len(days[best]), len(seen))
    return made
