"""Where stops stand in a diagram: on a grid, lines upright, level or at 45 degrees, the shape of the city kept.

1. Stops and the links between them, from the patterns. 2. From the stop with most links outwards each next stop goes two
steps in the direction, of eight, that is nearest to the true one. 3. Stops move to better places near by, again and again,
while any gains: links that lie at other angles, that turn from their true direction, that are long, bend or meet what is not
theirs cost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import atan2, hypot, pi

from transit.plan.network import Network
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import patterns_of
from transit.plan.runs import promising_trips

MOST_STOPS = 60  # of a diagram that a phone can show
STEP = 2  # grid steps from one stop to the next
PASSES = 60
REACH = 2  # a stop is moved so many steps at once
EIGHTH = pi / 4
EIGHT = ((1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1))
MOVES = [(dx, dy) for dx in range(-REACH, REACH + 1) for dy in range(-REACH, REACH + 1) if (dx, dy) != (0, 0)]
ANGLE_COSTS, TURN_COSTS, LENGTH_COSTS, BEND_COSTS = 40.0, 5.0, 2.0, 2.0
ON_LINK = 0.4  # grid steps from a link, and nearer: on it
SAME_PLACE_COSTS, ON_LINK_COSTS, CROSSING_COSTS = 200.0, 60.0, 40.0
Point = tuple[int, int]
Link = tuple[str, str]  # stop_ids, the lesser first


@dataclass(frozen=True)
class Diagram:
    """places: stop_id -> grid steps east and south. links: the routes on each, in the order in which they lie side by side."""

    places: Mapping[str, Point]
    links: Mapping[Link, tuple[str, ...]]


@once_per_network
def diagram_of(network: Network) -> Diagram | None:
    """None where there is nothing to draw, or too much."""
    links, paths = _links(network)
    true = _true_places(network, links)
    if not true or len(true) > MOST_STOPS:
        return None
    layout = _Layout(true, [link for link in links if link[0] in true and link[1] in true], paths)
    layout.improve()
    west, north = min(x for x, _ in layout.at.values()), min(y for _, y in layout.at.values())
    places = {stop_id: (x - west, y - north) for stop_id, (x, y) in layout.at.items()}
    return Diagram(places, {link: links[link] for link in layout.links})


def link_of(first: str, second: str) -> Link:
    return (first, second) if first < second else (second, first)


def _links(network: Network) -> tuple[dict[Link, tuple[str, ...]], list[tuple[str, ...]]]:
    """(the routes on each link, the ways of stops that lines take)."""
    order = sorted(network.routes, key=lambda route_id: (network.routes[route_id].sort_order or 0, route_id))
    routes: dict[Link, set[str]] = defaultdict(set)
    paths = []
    every = patterns_of(network).by_id.values()
    for pattern in [row for row in every if promising_trips(network, row)] or list(every):
        stops = tuple(stop_id for n, stop_id in enumerate(pattern.stop_ids) if n == 0 or stop_id != pattern.stop_ids[n - 1])
        paths.append(stops)
        for first, second in pairwise(stops):
            routes[link_of(first, second)].add(pattern.route_id)
    return {link: tuple(sorted(ids, key=order.index)) for link, ids in sorted(routes.items())}, paths


def _true_places(network: Network, links: Mapping[Link, object]) -> dict[str, tuple[float, float]]:
    """Metres east and south of each stop that has a link."""
    linked = {stop_id for link in links for stop_id in link}
    places: dict[str, tuple[float, float]] = {}
    for pattern in patterns_of(network).by_id.values():
        for stop_id, (x, y) in zip(pattern.stop_ids, pattern.stop_xy, strict=True):
            if stop_id in linked:
                places.setdefault(stop_id, (x, -y))
    return dict(sorted(places.items()))


class _Layout:
    """Stops on the grid while they move."""

    def __init__(self, true: dict[str, tuple[float, float]], links: list[Link], paths: list[tuple[str, ...]]) -> None:
        self.true, self.links = true, links
        self.next_to: dict[str, list[str]] = defaultdict(list)
        for first, second in links:
            self.next_to[first].append(second)
            self.next_to[second].append(first)
        bends = {
            (min(a, c), b, max(a, c)) for path in paths for a, b, c in zip(path, path[1:], path[2:], strict=False) if a != c
        }
        self.bends_of: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
        for bend in sorted(bends):
            for stop_id in bend:
                self.bends_of[stop_id].append(bend)
        self.at: dict[str, Point] = {}
        for start in sorted(true, key=lambda stop_id: (-len(self.next_to[stop_id]), stop_id)):
            if start not in self.at:
                self._spread(start)

    def _spread(self, start: str) -> None:
        """A part of the network that hangs together, from one of its stops outwards."""
        right = max((place[0] for place in self.at.values()), default=-2 * STEP) + 2 * STEP
        self.at[start] = (right, 0)
        waiting = [start]
        while waiting:
            here = waiting.pop(0)
            for there in self.next_to[here]:
                if there not in self.at:
                    dx, dy = EIGHT[round(self._true_angle(here, there) / EIGHTH) % 8]
                    self.at[there] = (self.at[here][0] + STEP * dx, self.at[here][1] + STEP * dy)
                    waiting.append(there)

    def _true_angle(self, first: str, second: str) -> float:
        (x0, y0), (x1, y1) = self.true[first], self.true[second]
        return atan2(y1 - y0, x1 - x0)

    def improve(self) -> None:
        for _ in range(PASSES):
            if not sum(self._move(stop_id) for stop_id in self.true):
                return

    def _move(self, stop_id: str) -> bool:
        """To the best place near by; True where that is another one. A whole branch may come along."""
        before = self.at
        most, best = 1e-9, before
        for group in self._groups(stop_id):
            self.at = before
            cost = self._cost(group)
            for dx, dy in MOVES if len(group) == 1 else EIGHT:
                self.at = {**before, **{moved: (before[moved][0] + dx, before[moved][1] + dy) for moved in group}}
                gain = cost - self._cost(group)
                if gain > most:
                    most, best = gain, self.at
        self.at = best
        return best is not before

    def _groups(self, stop_id: str) -> Iterator[set[str]]:
        """The stop alone, then what hangs on it behind each of its links, where that is a branch."""
        yield {stop_id}
        for other in self.next_to[stop_id]:
            branch, waiting = {stop_id}, [stop_id]
            while waiting:
                here = waiting.pop()
                for there in self.next_to[here]:
                    if there not in branch and not (here == stop_id and there == other):
                        branch.add(there)
                        waiting.append(there)
            if other not in branch and len(branch) > 1:
                yield branch

    def _cost(self, group: set[str]) -> float:
        """Of everything that a move of some stops changes."""
        links = [link for link in self.links if link[0] in group or link[1] in group]
        bends = {bend for moved in group for bend in self.bends_of[moved]}
        cost = sum(self._link_cost(*link) for link in links) + sum(self._bend_cost(*bend) for bend in bends)
        taken: dict[Point, int] = defaultdict(int)
        for place in self.at.values():
            taken[place] += 1
        cost += SAME_PLACE_COSTS * sum(taken[self.at[moved]] - 1 for moved in group)
        return cost + self._meeting_cost(links, group)

    def _meeting_cost(self, links: list[Link], group: set[str]) -> float:
        """Of moved links that meet other links or stops, and of moved stops that stand on links."""
        cost, moving = 0.0, set(links)
        boxes = [(link, *self.at[link[0]], *self.at[link[1]]) for link in self.links]
        for link, ax, ay, bx, by in boxes:
            left, right = (ax, bx) if ax < bx else (bx, ax)
            top, bottom = (ay, by) if ay < by else (by, ay)
            is_moved = link in moving
            for stop_id in self.at if is_moved else group:
                px, py = self.at[stop_id]
                if left <= px <= right and top <= py <= bottom and stop_id not in link and _lies_on(px, py, ax, ay, bx, by):
                    cost += ON_LINK_COSTS
            for other, cx, cy, dx, dy in boxes if is_moved else ():
                if (
                    (cx < left and dx < left)
                    or (cx > right and dx > right)
                    or (cy < top and dy < top)
                    or (cy > bottom and dy > bottom)
                ):
                    continue
                if other[0] not in link and other[1] not in link and _cross((ax, ay), (bx, by), (cx, cy), (dx, dy)):
                    cost += CROSSING_COSTS
        return cost

    def _link_cost(self, first: str, second: str) -> float:
        (x0, y0), (x1, y1) = self.at[first], self.at[second]
        dx, dy = x1 - x0, y1 - y0
        if dx == dy == 0:
            return SAME_PLACE_COSTS
        angle = atan2(dy, dx)
        off = abs(angle / EIGHTH - round(angle / EIGHTH))
        turn = abs((angle - self._true_angle(first, second) + pi) % (2 * pi) - pi) / EIGHTH
        long = max(abs(dx), abs(dy)) - STEP
        return ANGLE_COSTS * off + TURN_COSTS * max(0.0, turn - 0.5) ** 2 + LENGTH_COSTS * (long if long > 0 else -3.0 * long)

    def _bend_cost(self, first: str, middle: str, last: str) -> float:
        (x0, y0), (x1, y1), (x2, y2) = self.at[first], self.at[middle], self.at[last]
        bend = abs((atan2(y2 - y1, x2 - x1) - atan2(y1 - y0, x1 - x0) + pi) % (2 * pi) - pi) / EIGHTH
        return BEND_COSTS * bend * bend / 2.0


def _lies_on(px: int, py: int, ax: int, ay: int, bx: int, by: int) -> bool:
    """Whether a stop within the box of a link stands on it."""
    length = hypot(bx - ax, by - ay)
    return length > 0 and abs((bx - ax) * (py - ay) - (by - ay) * (px - ax)) / length < ON_LINK


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    def side(p: Point, q: Point, r: Point) -> int:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0
