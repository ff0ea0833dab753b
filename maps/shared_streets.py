"""Where routes share a street, so that their lines can be drawn beside each other.

Each street is drawn once: by the first of the routes on it, for all of them. 1. Points along each route. 2. Which other routes
pass there. 3. Runs of points with the same routes, short ones joined to their neighbour. 4. What another direction of the same
route, or a route before it, has drawn already is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import shapely
from shapely import LineString

from transit.plan.network import Network
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import patterns_of

EVERY_M = 12.0  # between the points that are looked at
SAME_STREET_M = 15.0  # lines nearer than this lie on one street: its width, and how exactly shapes are drawn
SHORT_M = 80.0  # a shorter run is a crossing, or two lines that only touch
SIMPLIFY_M = 4.0  # finer than a finger on the screen of a phone


@dataclass(frozen=True)
class Stretch:
    """A stretch of street with the routes on it, in the order in which they lie side by side. points: lat, lon."""

    route_ids: tuple[str, ...]
    points: tuple[tuple[float, float], ...]


@once_per_network
def stretches_of(network: Network) -> list[Stretch]:
    """Every street that any route drives, once."""
    patterns = patterns_of(network)
    order = sorted(network.routes, key=lambda route_id: (network.routes[route_id].sort_order or 0, route_id))
    lines: dict[str, list[LineString]] = {route_id: [] for route_id in order}
    seen = set()
    for pattern in patterns.by_id.values():
        key = (pattern.route_id, pattern.shape_id or pattern.stop_ids)
        if key not in seen and len(pattern.line.xs) > 1:
            seen.add(key)
            lines[pattern.route_id].append(LineString(zip(pattern.line.xs, pattern.line.ys, strict=True)))
    every = [(route_id, line) for route_id in order for line in lines[route_id] if line.length > 0.0]
    tree = shapely.STRtree([line for _, line in every])
    made = []
    for number, (_, line) in enumerate(every):
        for route_ids, points in _runs(number, [name for name, _ in every], line, tree, order):
            shape = LineString(points).simplify(SIMPLIFY_M)
            made.append(Stretch(route_ids, tuple(patterns.plane.lat_lon(x, y) for x, y in shape.coords)))
    return made


def _runs(
    number: int, names: list[str], line: LineString, tree: shapely.STRtree, order: list[str]
) -> Iterator[tuple[tuple[str, ...], list[tuple[float, float]]]]:
    """The stretches that this line draws, with the routes on them."""
    own = names[number]
    along = np.linspace(0.0, line.length, max(2, int(line.length / EVERY_M) + 1))
    points = shapely.line_interpolate_point(line, along)
    near: list[set[int]] = [set() for _ in points]
    for point, other in zip(*tree.query(points, predicate="dwithin", distance=SAME_STREET_M), strict=True):
        near[int(point)].add(int(other))
    kinds = _without_short_runs([_kind(lines, number, names, order) for lines in near])
    spans = [(kind, [n for n, _ in group]) for kind, group in groupby(enumerate(kinds), key=lambda pair: pair[1])]
    for kind, places in spans:
        if kind and kind[0] == own:
            first, last = max(0, places[0] - 1), min(len(points) - 1, places[-1] + 1)
            yield kind, [(points[n].x, points[n].y) for n in range(first, last + 1)]


def _kind(lines: set[int], number: int, names: list[str], order: list[str]) -> tuple[str, ...]:
    """The routes at a point, in order; empty where an earlier line of the same route has drawn it."""
    if any(names[other] == names[number] and other < number for other in lines):
        return ()
    return tuple(sorted({names[other] for other in lines} | {names[number]}, key=order.index))


def _without_short_runs(kinds: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """A run shorter than SHORT_M becomes what stands before it (at the beginning: after it)."""
    least = int(SHORT_M / EVERY_M)
    runs = [(kind, len(list(group))) for kind, group in groupby(kinds)]
    smooth: list[tuple[str, ...]] = []
    for place, (kind, count) in enumerate(runs):
        if count < least and len(runs) > 1:
            kind = smooth[-1] if smooth else runs[place + 1][0]
        smooth += [kind] * count
    return smooth
