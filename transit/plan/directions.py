"""Which trips of a route go in the same direction: as direction_id says, or, where it lacks or lies, as their stops lie.

Riders tell a route's two directions apart; so must every table, strip, sign and answer. Where the feed's direction_id keeps
opposite directions apart it is taken as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import hypot
from typing import NamedTuple

from transit.plan.network import Network, Trip
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import Pattern, patterns_of

BESIDE_M = 150.0  # a stop this near another one may be its counterpart across the street
CLEARLY = 2  # so many times more stops follow in one order than in the other
SHARED = 0.5  # of the shorter direction's stops, that must lie on both for their order to tell anything


class RouteDirection(NamedTuple):
    """A route in one direction: what riders tell apart at a stop.

    direction_id is the feed's, None where it says none or not the same of all its trips. side keeps apart what the feed
    does not: 0 where direction_id is enough, else 0, 1, ... in the order of the number of trips.
    """

    route_id: str
    direction_id: int | None
    side: int = 0


@dataclass(frozen=True, eq=False)
class Directions:
    """The directions of a network."""

    of_trip: Mapping[str, RouteDirection] = field(repr=False)  # trip_id -> its direction
    of_route: Mapping[str, tuple[RouteDirection, ...]]  # route_id -> its directions, in the order of direction_id and side


def headsign_of(network: Network, trip: Trip, index: int = 0) -> str:
    """What a trip is called at its index-th call: stop_headsign, trip_headsign, or the name of its last stop."""
    return trip.stop_times[index].stop_headsign or trip.headsign or network.stops[trip.stop_times[-1].stop_id].name


@once_per_network
def directions_of(network: Network) -> Directions:
    """The directions of a network, found once."""
    patterns: dict[str, list[Pattern]] = {}
    for pattern in patterns_of(network).by_id.values():
        patterns.setdefault(pattern.route_id, []).append(pattern)
    of_trip: dict[str, RouteDirection] = {}
    for route_id, trips in network.trips_of_route.items():
        sides = _sides(network, patterns.get(route_id, []))
        for trip in trips:
            direction = None if sides is None else sides.get(trip.trip_id)
            of_trip[trip.trip_id] = direction or RouteDirection(route_id, trip.direction_id)
    of_route: dict[str, list[RouteDirection]] = {route_id: [] for route_id in network.routes}
    for direction in sorted(set(of_trip.values()), key=lambda direction: (direction.direction_id or 0, direction.side)):
        of_route[direction.route_id].append(direction)
    return Directions(of_trip, {route_id: tuple(directions) for route_id, directions in of_route.items()})


def _sides(network: Network, patterns: list[Pattern]) -> dict[str, RouteDirection] | None:
    """trip_id -> direction, found from the stops; None where the feed's direction_id will do."""
    ordered = sorted(patterns, key=lambda row: (-len(row.trip_ids), row.pattern_id))
    if not ordered or _is_honest(network, ordered):
        return None
    groups: list[list[Pattern]] = [[]]
    for pattern in ordered:
        if not groups[0] or _order(network, groups[0][0], pattern) > 0:
            groups[0].append(pattern)
        elif _order(network, groups[0][0], pattern) < 0 or (len(groups) > 1 and _order(network, groups[1][0], pattern) > 0):
            groups[1:] = [[*(groups[1] if len(groups) > 1 else []), pattern]]
        else:
            _join(groups, pattern)
    direction_of: dict[str, RouteDirection] = {}
    for side, group in enumerate(groups):
        direction_ids = {pattern.direction_id for pattern in group}
        direction = RouteDirection(group[0].route_id, direction_ids.pop() if len(direction_ids) == 1 else None, side)
        direction_of |= {trip_id: direction for pattern in group for trip_id in pattern.trip_ids}
    return direction_of


def _is_honest(network: Network, patterns: Sequence[Pattern]) -> bool:
    """Whether each trip has a direction_id, and no two directions that share one run against each other."""
    if any(pattern.direction_id is None for pattern in patterns):
        return False
    usual: dict[int | None, Pattern] = {}
    return all(_order(network, usual.setdefault(pattern.direction_id, pattern), pattern) >= 0 for pattern in patterns)


def _join(groups: list[list[Pattern]], pattern: Pattern) -> None:
    """A branch that shares no stops: beside those that point where it points."""
    heads = [_heading(group[0]) for group in groups]
    east, north = _heading(pattern)
    along = [east * x + north * y for x, y in heads]
    if len(groups) == 1 and along[0] < 0:
        groups.append([pattern])
    else:
        groups[along.index(max(along))].append(pattern)


def _heading(pattern: Pattern) -> tuple[float, float]:
    (x0, y0), (x1, y1) = pattern.stop_xy[0], pattern.stop_xy[-1]
    return x1 - x0, y1 - y0


def _order(network: Network, pattern: Pattern, other: Pattern) -> int:
    """1: the stops of both follow in one order; -1: in opposite orders; 0: they share too few to tell."""
    if pattern.stop_ids == other.stop_ids:
        return 1
    places = _places_by_id(network, pattern, other)
    least = SHARED * min(len(set(pattern.stop_ids)), len(set(other.stop_ids)))
    if len(places) < max(2.0, least):
        places = _places_beside(pattern, other)
    if len(places) < max(2.0, least):
        return 0
    up, down = _longest_rise(places), _longest_rise([-place for place in places])
    if down >= CLEARLY * up:
        return -1
    return 1 if up > down else 0


def _places_by_id(network: Network, pattern: Pattern, other: Pattern) -> list[int]:
    """Where on `pattern` the stops of `other` stand, in the order of `other`; platforms of a station are one place."""
    first: dict[str, int] = {}
    for n, stop_id in enumerate(pattern.stop_ids):
        first.setdefault(_place_id(network, stop_id), n)
    places = (first.get(_place_id(network, stop_id)) for stop_id in other.stop_ids)
    return [place for place in places if place is not None]


def _place_id(network: Network, stop_id: str) -> str:
    return network.stops[stop_id].parent_station or stop_id


def _places_beside(pattern: Pattern, other: Pattern) -> list[int]:
    """The same by distance: the stops of two directions often stand across the street from each other."""
    places = []
    for x, y in other.stop_xy:
        metres, place = min((hypot(x - ax, y - ay), n) for n, (ax, ay) in enumerate(pattern.stop_xy))
        if metres <= BESIDE_M:
            places.append(place)
    return places


def _longest_rise(places: Sequence[int]) -> int:
    """The length of the longest part (gaps allowed) that rises."""
    ends: list[int] = []
    for place in places:
        n = bisect_left(ends, place)
        ends[n : n + 1] = [place]
    return len(ends)


def usual_trip(network: Network, direction: RouteDirection, trips: Sequence[Trip]) -> Trip | None:
    """A trip of the stops that most of some trips in a direction have (of as many: the longest); None where none is on it."""
    mine = [trip for trip in trips if directions_of(network).of_trip[trip.trip_id] == direction]
    counts = Counter(tuple(call.stop_id for call in trip.stop_times) for trip in mine)
    if not mine:
        return None
    usual = max(counts, key=lambda ids: (counts[ids], len(ids)))
    return next(trip for trip in mine if tuple(call.stop_id for call in trip.stop_times) == usual)
