"""How to get from one group of stops to another by bus: without changing, or with one change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from transit.plan.directions import directions_of, headsign_of
from transit.plan.nearest_stops import nearest_stops
from transit.plan.network import Network
from transit.plan.patterns import Pattern, patterns_of, stop_place
from transit.plan.timetable import RouteDirection

WALK_MPS = 1.2
DETOUR = 1.3  # streets are so much longer than the straight line
CHANGE_M = 150.0  # two stops so near each other are one place to change
CHANGE_S = 300.0  # what a change costs besides riding, before anything is known of the second bus
MOST = 3  # ways that are told


@dataclass(frozen=True, slots=True)
class BusLeg:
    """On one bus: get on at board, off at alight; ride_s as the plan has it."""

    direction: RouteDirection
    headsign: str
    board: str  # stop_id
    alight: str
    stops: int  # how many stops later
    ride_s: float


@dataclass(frozen=True, slots=True)
class DirectJourney:
    """One ride, or two with a change; walks in seconds from where one is and to where one goes (as far as they are known)."""

    rides: tuple[BusLeg, ...]
    walk_before_s: float
    walk_after_s: float

    @property
    def seconds(self) -> float:
        """Without waiting for the first bus."""
        change = CHANGE_S * (len(self.rides) - 1)
        return self.walk_before_s + self.walk_after_s + change + sum(ride.ride_s for ride in self.rides)


def walk_s(metres: float) -> float:
    """Seconds to walk so many metres of straight line."""
    return metres * DETOUR / WALK_MPS


def journeys(network: Network, start: Mapping[str, float], end: Mapping[str, float]) -> list[DirectJourney]:
    """The best ways from stops near the start to stops near the end (stop_id -> metres to walk), the quickest first.

    One way for each route and direction to get on; one change only where nothing goes through.
    """
    through = [
        DirectJourney((ride,), walk_s(start[ride.board]), walk_s(end[ride.alight]))
        for pattern in _patterns(network)
        for ride in _rides(network, pattern, start, end)
    ]
    return _best(through or list(_with_change(network, start, end)))


def _best(candidates: Iterable[DirectJourney]) -> list[DirectJourney]:
    best: dict[RouteDirection, DirectJourney] = {}
    for journey in candidates:
        direction = journey.rides[0].direction
        if direction not in best or journey.seconds < best[direction].seconds:
            best[direction] = journey
    return sorted(best.values(), key=lambda choice: (choice.seconds, choice.rides[0].direction))[:MOST]


def _patterns(network: Network) -> list[Pattern]:
    """Those of trips that really run; of the demonstration's only where there are no others."""
    every = sorted(patterns_of(network).by_id.values(), key=lambda pattern: pattern.pattern_id)
    regular = [pattern for pattern in every if not all(network.trips[trip_id].is_demo for trip_id in pattern.trip_ids)]
    return regular or every


def _rides(network: Network, pattern: Pattern, start: Mapping[str, float], end: Mapping[str, float]) -> list[BusLeg]:
    """From each stop of the start to the stop of the end that is best reached from it on this pattern."""
    trip = network.trips[pattern.trip_ids[0]]
    planned = patterns_of(network).planned(trip.trip_id)
    rides = []
    for n, board in enumerate(pattern.stop_ids[:-1]):
        if board not in start or not trip.can_board(n):
            continue
        ahead = [
            (planned[m][0] - planned[n][1] + walk_s(end[alight]), m)
            for m, alight in enumerate(pattern.stop_ids[n + 1 :], n + 1)
            if alight in end and alight != board and trip.can_alight(m)
        ]
        if ahead:
            m = min(ahead)[1]
            ride_s = max(planned[m][0] - planned[n][1], 0.0)
            direction = directions_of(network).of_trip[trip.trip_id]
            rides.append(
                BusLeg(
                    direction=direction,
                    headsign=headsign_of(network, trip, n),
                    board=board,
                    alight=pattern.stop_ids[m],
                    stops=m - n,
                    ride_s=ride_s,
                )
            )
    return rides


def _with_change(network: Network, start: Mapping[str, float], end: Mapping[str, float]) -> Iterable[DirectJourney]:
    """Two rides that meet at one place."""
    patterns = _patterns(network)
    lasts = [
        ride
        for pattern in patterns
        for ride in _rides(network, pattern, dict.fromkeys(pattern.stop_ids, 0.0), end)
        if ride.board not in start
    ]
    places = {stop_id: stop_place(network, stop_id) for stop_id in {ride.board for ride in lasts}}
    for last in lasts:
        place = places[last.board]
        if place is None:
            continue
        here = nearest_stops(network, *place, CHANGE_M)
        for pattern in patterns:
            if directions_of(network).of_trip[pattern.trip_ids[0]] == last.direction:
                continue
            for first in _rides(network, pattern, start, here):
                yield DirectJourney((first, last), walk_s(start[first.board]), walk_s(end[last.alight]))
