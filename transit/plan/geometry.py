"""Metres on the ground: a flat plane around a network, and lines on it with a distance along."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from math import cos, hypot, radians
from typing import Any, NamedTuple

import numpy as np
from pyproj import Transformer

METRES_PER_DEGREE = 111_195.0  # of a great circle on the mean sphere; of latitude it is right to 0.6 %
HALF_TURN_DEG = 180.0
NOT_THE_NEAREST_M = 100.0  # a stop may be placed so much farther off than where the line comes nearest: its other pass
SAME_PLACE_M = 20.0  # along a line: the usual error of a fix
SAME_POINT_M = 0.01  # points of a line nearer to each other are one
ROUNDING_M = 1e-9  # what arithmetic may leave of a place at the end of a segment,
ORDER_SLACK_M = 1e-6  # and of two stops at one place
LEAST_SQUARE_M2 = 1e-12  # a segment without length is divided by this
WRONG_HINT_M = 100.0  # a hint counts as no further off than this


class Area(NamedTuple):
    """A box in degrees WGS84."""

    south: float
    west: float
    north: float
    east: float

    def contains(self, lat: float, lon: float) -> bool:
        return self.south <= lat <= self.north and self.west <= lon <= self.east


class Plane:
    """Azimuthal equidistant around one point: within 100 km of it lengths are right to 1 in 10,000."""

    def __init__(self, lat: float, lon: float) -> None:
        proj = f"+proj=aeqd +lat_0={lat!r} +lon_0={lon!r} +datum=WGS84 +units=m"
        self._forward = Transformer.from_crs("EPSG:4326", proj, always_xy=True).transform
        self._back = Transformer.from_crs(proj, "EPSG:4326", always_xy=True).transform

    def xy(self, lat: float, lon: float) -> tuple[float, float]:
        """Metres east and north of the plane's origin."""
        x, y = self._forward(lon, lat)
        return float(x), float(y)

    def lat_lon(self, x: float, y: float) -> tuple[float, float]:
        lon, lat = self._back(x, y)
        return float(lat), float(lon)


class OnLine(NamedTuple):
    """A place on a line: metres along it, metres off it, and the index of the segment."""

    along_m: float
    off_m: float
    segment: int


class Line:
    """A polyline on the plane. Points that repeat the one before are dropped; a line of one place has length 0."""

    __slots__ = ("at", "dx", "dy", "length_m", "xs", "ys")

    def __init__(self, points: Iterable[tuple[float, float]]) -> None:
        kept: list[tuple[float, float]] = []
        for point in points:
            if not kept or hypot(point[0] - kept[-1][0], point[1] - kept[-1][1]) > SAME_POINT_M:
                kept.append(point)
        if len(kept) == 1:
            kept.append(kept[0])
        self.xs = [x for x, _ in kept]
        self.ys = [y for _, y in kept]
        self.dx = [b - a for a, b in pairwise(self.xs)]
        self.dy = [b - a for a, b in pairwise(self.ys)]
        self.at = [0.0]  # metres along, by point
        for dx, dy in zip(self.dx, self.dy, strict=True):
            self.at.append(self.at[-1] + hypot(dx, dy))
        self.length_m = self.at[-1]

    def segment_at(self, along_m: float) -> int:
        return min(max(bisect_right(self.at, along_m) - 1, 0), len(self.dx) - 1)

    def point_at(self, along_m: float) -> tuple[float, float]:
        i = self.segment_at(along_m)
        length = self.at[i + 1] - self.at[i]
        f = min(max((along_m - self.at[i]) / length, 0.0), 1.0) if length else 0.0
        return self.xs[i] + f * self.dx[i], self.ys[i] + f * self.dy[i]

    def project_on(self, i: int, x: float, y: float, lo: float, hi: float) -> OnLine:
        """The nearest place of segment i within lo..hi metres along the line (which must meet the segment)."""
        ex, ey = self.dx[i], self.dy[i]
        px, py = x - self.xs[i], y - self.ys[i]
        start = self.at[i]
        length = self.at[i + 1] - start
        t = (px * ex + py * ey) / length if length else 0.0  # metres along the segment
        if t < lo - start:
            t = lo - start
        if t > hi - start:
            t = hi - start
        if t < 0.0:
            t = 0.0
        if t > length:
            t = length
        f = t / length if length else 0.0
        px -= f * ex
        py -= f * ey
        return OnLine(start + t, (px * px + py * py) ** 0.5, i)

    def minima(self, x: float, y: float, lo: float, hi: float, within_m: float) -> list[OnLine]:
        """Every local minimum of the distance to (x, y) along lo..hi that is at most within_m off, in order along.

        The ends of the window count: a place pressed against a bound is a candidate, with its true distance.
        """
        segments = range(self.segment_at(lo), self.segment_at(hi) + 1)
        return _merge([place for place in self.minima_among(segments, x, y, lo, hi) if place.off_m <= within_m])

    def minima_among(self, segments: Iterable[int], x: float, y: float, lo: float, hi: float) -> Iterator[OnLine]:
        """Local minima on some segments (ascending). Along one segment the distance falls, then rises: inside it there is
        one minimum at most, and the point between two segments is one where the first falls to it and the second rises."""
        falling: OnLine | None = None  # the end of the segment before, where that was its nearest place
        before = -2
        for i in segments:
            place = self.project_on(i, x, y, lo, hi)
            follows = i == before + 1
            if not follows and falling is not None:
                yield falling
                falling = None
            if place.along_m >= min(self.at[i + 1], hi) - ROUNDING_M:
                falling = place
            else:
                if place.along_m > max(self.at[i], lo) + ROUNDING_M or falling is not None or not follows:
                    yield place
                falling = None
            before = i
        if falling is not None:
            yield falling

    def nearest(self, x: float, y: float, lo: float = 0.0, hi: float = float("inf")) -> OnLine:
        hi = min(hi, self.length_m)
        lo = min(max(lo, 0.0), hi)
        places = (self.project_on(i, x, y, lo, hi) for i in range(self.segment_at(lo), self.segment_at(hi) + 1))
        return min(places, key=lambda place: place.off_m)


def _merge(places: list[OnLine]) -> list[OnLine]:
    """Minima nearer to each other than GPS can tell (the two arms of a corner) become the better one."""
    kept: list[OnLine] = []
    for place in places:
        if kept and place.along_m - kept[-1].along_m < SAME_PLACE_M:
            if place.off_m < kept[-1].off_m:
                kept[-1] = place
        else:
            kept.append(place)
    return kept


def distance_m(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres between two places some km apart, to 0.5 %: enough to tell a jump, quick enough for every report."""
    east = (other_lon - lon + 180.0) % 360.0 - 180.0
    return METRES_PER_DEGREE * hypot(other_lat - lat, east * cos(radians((lat + other_lat) / 2)))


def turn_deg(course: float, other_course: float) -> float:
    """The angle between two courses in degrees, 0 to HALF_TURN_DEG."""
    return abs((course - other_course + HALF_TURN_DEG) % (2.0 * HALF_TURN_DEG) - HALF_TURN_DEG)


def _segment_distances(line: Line) -> Callable[[float, float], Any]:
    """A function of a point: its distance to each segment of the line, in metres."""
    xs, ys, dx, dy = (np.array(values) for values in (line.xs[:-1], line.ys[:-1], line.dx, line.dy))
    squared = np.maximum(dx * dx + dy * dy, LEAST_SQUARE_M2)

    def distances(x: float, y: float) -> Any:
        px, py = x - xs, y - ys
        share = np.clip((px * dx + py * dy) / squared, 0.0, 1.0)
        return np.hypot(px - share * dx, py - share * dy)

    return distances


def stops_along(line: Line, places: Sequence[tuple[float, float]], hints: Sequence[float | None] = ()) -> tuple[float, ...]:
    """Metres along the line of stops that are passed in this order: the monotone placement with the least squared offsets.

    All local minima near a stop are candidates, so that the two visits of a loop or an out-and-back street come apart.
    hints: where the feed itself says that a stop lies (metres along), or None; they break ties, a wrong one costs little.
    """
    best: list[tuple[float, float, int]] = [(0.0, 0.0, -1)]  # cost, metres along, index in the layer before
    layers: list[list[tuple[float, float, int]]] = []
    distance_to_segments = _segment_distances(line)
    for n, (x, y) in enumerate(places):
        hint = hints[n] if n < len(hints) else None
        off_m = distance_to_segments(x, y)
        within_m = float(off_m.min()) + NOT_THE_NEAREST_M
        segments = np.flatnonzero(off_m <= within_m + SAME_PLACE_M).tolist()  # few of a long line; the others are farther off
        minima = line.minima_among(segments, x, y, 0.0, line.length_m)
        candidates = _merge([place for place in minima if place.off_m <= within_m])
        layer: list[tuple[float, float, int]] = []
        for place in candidates:
            cost = place.off_m**2 + (0.0 if hint is None else min((place.along_m - hint) ** 2, WRONG_HINT_M**2))
            reach = [(before[0], index) for index, before in enumerate(best) if before[1] <= place.along_m + ORDER_SLACK_M]
            if reach:
                least, index = min(reach)
                layer.append((least + cost, max(place.along_m, best[index][1]), index))
        if not layer:  # the stops are not in the shape's order here: the nearest place not behind the stop before
            index = min(range(len(best)), key=lambda i: best[i][0])
            place = line.nearest(x, y, best[index][1])
            layer = [(best[index][0] + place.off_m**2, place.along_m, index)]
        layers.append(layer)
        best = layer
    index = min(range(len(best)), key=lambda i: best[i][0])
    distances: list[float] = []
    for layer in reversed(layers):
        distances.append(layer[index][1])
        index = layer[index][2]
    return tuple(reversed(distances))
