"""The distinct patterns of a network: trips that call at the same stops along the same line are one pattern."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from math import hypot

from transit.plan.geometry import SAME_POINT_M, Line, Plane, stops_along
from transit.plan.network import BUS, MAX_PARENTS, Network, Route, Stop, Trip, UnknownTrip
from transit.plan.once_per_network import once_per_network

FITS_M = 100.0  # a shape whose stops lie this near it (in the median) is the trip's: a platform beside a broad avenue or tracks
UNRELATED_M = 500.0  # and one whose stops lie farther off than this is another trip's, or none
AT_POINT_M = 5.0  # a point of a shape this near a stop is the stop, copied or rounded
STRAIGHT_M = 3000.0  # a city road may run straight from stop to stop; between stops farther apart than this no way does
PASSES_M = 40.0  # a well drawn line passes this near to all of its stops: half a broad road and the kerb
OFFSETS_KEPT = 4_000  # trips: more than run at once in the largest city
ID_BYTES = 8  # of a pattern's name: among a million patterns two share one once in 30 million networks
DEFAULT_SPEED_MPS = 5.0  # where a trip has no times at all: a city bus with its stops, 18 km/h


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """Distances are metres along `line`, which is the trip's shape, or straight lines between its stops without one."""

    pattern_id: str  # stable from one version of a feed to the next, as long as the pattern itself is the same
    route_id: str
    direction_id: int | None
    shape_id: str  # "" where the line is drawn from stop to stop
    stop_ids: tuple[str, ...]
    stop_sequences: tuple[int, ...]
    stop_dist_m: tuple[float, ...]
    stop_xy: tuple[tuple[float, float], ...]
    line: Line = field(repr=False)
    route_type: int
    trip_ids: tuple[str, ...] = field(repr=False)
    drawn_off_m: tuple[float, ...] = ()  # how far the shape passes from each stop; empty if it is well drawn, or none
    undrawn: frozenset[int] = frozenset()  # n: from stop n to the next the shape leads elsewhere, and the line is straight

    @property
    def has_shape(self) -> bool:
        return self.shape_id != ""

    @property
    def start_m(self) -> float:
        return self.stop_dist_m[0]

    @property
    def end_m(self) -> float:
        return self.stop_dist_m[-1]

    @property
    def typical_spacing_m(self) -> float:
        """Median distance between consecutive stops."""
        gaps = sorted(b - a for a, b in pairwise(self.stop_dist_m))
        return gaps[len(gaps) // 2] if gaps else 0.0


@dataclass(frozen=True, eq=False)
class Patterns:
    """All patterns of a network, on one plane."""

    plane: Plane
    by_id: Mapping[str, Pattern]
    pattern_of: Mapping[str, Pattern]  # trip_id -> its pattern; trips that cannot be drawn are absent
    offsets: Mapping[str, tuple[tuple[float, float], ...]]  # trip_id -> (arrival, departure) by stop, see planned_offsets

    def of_trip(self, trip_id: str) -> Pattern:
        try:
            return self.pattern_of[trip_id]
        except KeyError:
            raise UnknownTrip(trip_id) from None

    def find(self, trip_id: str) -> Pattern | None:
        return self.pattern_of.get(trip_id)

    def planned(self, trip_id: str) -> tuple[tuple[float, float], ...]:
        """(arrival, departure) in seconds of the service day at each stop of a trip."""
        try:
            return self.offsets[trip_id]
        except KeyError:
            raise UnknownTrip(trip_id) from None

    def planned_along(self, trip_id: str, along_m: float) -> float:
        """Seconds of the service day at which a trip is planned to be at along_m: evenly from a departure to the next arrival.

        At a stop its arrival, at the first one and before it the departure there. Raises UnknownTrip.
        """
        times, dists = self.planned(trip_id), self.of_trip(trip_id).stop_dist_m
        after = bisect_left(dists, along_m)
        if after == 0:
            return times[0][1]
        if after == len(dists):
            return times[-1][0]
        start, end = times[after - 1][1], times[after][0]
        return start + (end - start) * (along_m - dists[after - 1]) / (dists[after] - dists[after - 1])


Offsets = tuple[tuple[float, float], ...]


class PlannedOffsets(Mapping[str, Offsets]):
    """trip_id -> (arrival, departure) by stop. Trips that take equally long from stop to stop share what is kept of them.

    A large network has few such kinds and many trips; those that are asked for are made, and kept while they are in use.
    """

    def __init__(self) -> None:
        self._kinds: dict[tuple[tuple[int, ...], tuple[int, ...]], Offsets] = {}
        self._trips: dict[str, tuple[float, Offsets]] = {}  # by how much later than its kind, and the kind
        self._made: dict[str, Offsets] = {}

    def add(self, trip: Trip, stop_dist_m: tuple[float, ...]) -> None:
        arrivals = [call.arrival_s for call in trip.stop_times]
        departures = [call.departure_s for call in trip.stop_times]
        first = departures[0]
        if first is None or None in arrivals or None in departures:
            self._trips[trip.trip_id] = 0.0, planned_offsets(trip, stop_dist_m)
            return
        # mypy cannot see that None is in neither list
        kind = tuple([at - first for at in arrivals]), tuple([at - first for at in departures])  # type: ignore[operator]
        offsets = self._kinds.get(kind)
        if offsets is None:
            offsets = self._kinds[kind] = tuple(zip(map(float, kind[0]), map(float, kind[1]), strict=True))
        self._trips[trip.trip_id] = float(first), offsets

    def __getitem__(self, trip_id: str) -> Offsets:
        made = self._made.get(trip_id)
        if made is None:
            later, offsets = self._trips[trip_id]
            made = tuple((arrival + later, departure + later) for arrival, departure in offsets) if later else offsets
            if len(self._made) >= OFFSETS_KEPT:
                self._made.clear()
            self._made[trip_id] = made
        return made

    def __contains__(self, trip_id: object) -> bool:
        return trip_id in self._trips

    def __iter__(self) -> Iterator[str]:
        return iter(self._trips)

    def __len__(self) -> int:
        return len(self._trips)


def planned_offsets(trip: Trip, stop_dist_m: tuple[float, ...] = ()) -> tuple[tuple[float, float], ...]:
    """(arrival, departure) in seconds of the service day at each stop; times not given are interpolated.

    Between two given times the bus is planned to move evenly: by distance where stop_dist_m is given, else by stop.
    Beyond the last given time, and where there is none, it goes DEFAULT_SPEED_MPS (or 60 s from stop to stop).
    """
    calls = trip.stop_times
    along = stop_dist_m if len(stop_dist_m) == len(calls) else tuple(60.0 * DEFAULT_SPEED_MPS * n for n in range(len(calls)))
    given = [n for n, call in enumerate(calls) if call.arrival_s is not None or call.departure_s is not None]
    if not given:
        return tuple((at / DEFAULT_SPEED_MPS, at / DEFAULT_SPEED_MPS) for at in along)
    times: list[tuple[float, float]] = []
    for call in calls:
        arrival = call.arrival_s if call.arrival_s is not None else call.departure_s
        departure = call.departure_s if call.departure_s is not None else call.arrival_s
        times.append((float(arrival or 0), float(departure or 0)))
    for before, after in pairwise(given):
        start, end = times[before][1], times[after][0]
        length = along[after] - along[before]
        for n in range(before + 1, after):
            share = (along[n] - along[before]) / length if length > 0 else (n - before) / (after - before)
            times[n] = (start + share * (end - start),) * 2
    for n in range(given[0]):
        times[n] = (times[given[0]][0] - (along[given[0]] - along[n]) / DEFAULT_SPEED_MPS,) * 2
    for n in range(given[-1] + 1, len(calls)):
        times[n] = (times[given[-1]][1] + (along[n] - along[given[-1]]) / DEFAULT_SPEED_MPS,) * 2
    return tuple(times)


def stop_place(network: Network, stop_id: str) -> tuple[float, float] | None:
    """lat, lon of a stop, or of its station where only that has a place."""
    return place_among(network.stops, stop_id)


def place_among(stops: Mapping[str, Stop], stop_id: str) -> tuple[float, float] | None:
    """The same while a network is still being read."""
    stop = stops.get(stop_id)
    for _ in range(MAX_PARENTS):
        if stop is None:
            return None
        if stop.lat is not None and stop.lon is not None:
            return stop.lat, stop.lon
        stop = stops.get(stop.parent_station) if stop.parent_station else None
    return None


def plane_of(network: Network) -> Plane:
    """The plane around the middle of the network's stops."""
    places = [(s.lat, s.lon) for s in network.stops.values() if s.lat is not None and s.lon is not None]
    if not places:
        return Plane(0.0, 0.0)
    lats, lons = [p[0] for p in places], [p[1] for p in places]
    return Plane((min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2)


@once_per_network
def patterns_of(network: Network) -> Patterns:
    """The patterns of a network; the same object for the same network."""
    plane = plane_of(network)
    places = {stop_id: stop_place(network, stop_id) for stop_id in network.stops}
    xy = {stop_id: plane.xy(*place) for stop_id, place in places.items() if place is not None}
    groups: dict[tuple[str, int | None, str, tuple[str, ...], tuple[int, ...]], list[Trip]] = {}
    for trip in network.trips.values():
        if len(trip.stop_times) >= 2 and all(call.stop_id in xy for call in trip.stop_times):
            shape = network.shapes.get(trip.shape_id)
            shape_id = trip.shape_id if shape is not None and len(shape.points) > 1 else ""
            stops = tuple(call.stop_id for call in trip.stop_times)
            sequences = tuple(call.stop_sequence for call in trip.stop_times)
            groups.setdefault((trip.route_id, trip.direction_id, shape_id, stops, sequences), []).append(trip)
    lines: dict[object, Line] = {}  # (shape_id, turned round) or the stops -> line
    by_id: dict[str, Pattern] = {}
    pattern_of: dict[str, Pattern] = {}
    offsets = PlannedOffsets()
    for (route_id, direction_id, shape_id, stops, sequences), trips in groups.items():
        stop_xy = tuple(xy[stop_id] for stop_id in stops)
        drawn, line, stop_dist_m, undrawn = _lay(network, plane, stop_xy, trips[0], shape_id, lines)
        pattern = Pattern(
            pattern_id=_pattern_id(route_id, direction_id, shape_id, stops, sequences),
            route_id=route_id,
            direction_id=direction_id,
            shape_id=drawn,
            stop_ids=stops,
            stop_sequences=sequences,
            stop_dist_m=stop_dist_m,
            stop_xy=stop_xy,
            line=line,
            route_type=_route_type(network.routes.get(route_id)),
            trip_ids=tuple(trip.trip_id for trip in trips),
            drawn_off_m=_drawn_off_m(line, stop_xy, stop_dist_m) if drawn else (),
            undrawn=undrawn,
        )
        by_id[pattern.pattern_id] = pattern
        for trip in trips:
            pattern_of[trip.trip_id] = pattern
            offsets.add(trip, pattern.stop_dist_m)
    return Patterns(plane, by_id, pattern_of, offsets)


def _route_type(route: Route | None) -> int:
    return BUS if route is None else route.route_type


def _lay(
    network: Network,
    plane: Plane,
    stop_xy: tuple[tuple[float, float], ...],
    trip: Trip,
    shape_id: str,
    lines: dict[object, Line],
) -> tuple[str, Line, tuple[float, ...], frozenset[int]]:
    """The shape that is used ("": none), the line, where the stops lie along it, and the undrawn parts (see Pattern).

    A shape that was drawn against the trip is turned round; one that leads elsewhere, or only joins stops that
    lie far apart, is not used.
    Where it leads elsewhere at some stops only, the line goes straight from stop to stop there.
    """
    best: tuple[float, Line, tuple[float, ...]] | None = None
    for turned in (False, True) if shape_id else ():
        key = (shape_id, turned)
        if key not in lines:
            points = network.shapes[shape_id].points
            lines[key] = Line(plane.xy(point.lat, point.lon) for point in (points[::-1] if turned else points))
        line = lines[key]
        along = stops_along(line, stop_xy, [] if turned else _hints(network, line, trip))
        off_m = _median_off(line, stop_xy, along)
        if best is None or off_m < best[0] / 2:
            best = off_m, line, along
        if off_m <= FITS_M:
            break
    if best is not None and best[0] <= UNRELATED_M and not _only_joins(best[1], stop_xy):
        return shape_id, *_with_far_stops(best[1], stop_xy, best[2], lines)
    straight = lines.setdefault(stop_xy, Line(stop_xy))
    return "", straight, _along_straight(straight, stop_xy), frozenset()


def _only_joins(line: Line, stop_xy: tuple[tuple[float, float], ...]) -> bool:
    """Whether every point of a line is a stop and every stop one, some of them far apart: it says nothing of the way there."""
    if all(hypot(x1 - x0, y1 - y0) <= STRAIGHT_M for (x0, y0), (x1, y1) in pairwise(stop_xy)):
        return False
    points = list(zip(line.xs, line.ys, strict=True))
    return all(_is_among(point, stop_xy) for point in points) and all(_is_among(xy, points) for xy in stop_xy)


def _is_among(place: tuple[float, float], others: Iterable[tuple[float, float]]) -> bool:
    return any(hypot(place[0] - x, place[1] - y) <= AT_POINT_M for x, y in others)


def _with_far_stops(
    line: Line, stop_xy: tuple[tuple[float, float], ...], along: tuple[float, ...], lines: dict[object, Line]
) -> tuple[Line, tuple[float, ...], frozenset[int]]:
    """The line led straight through the stops that it passes farther off than UNRELATED_M: a branch that it misses.

    With where the stops lie along it, and the undrawn parts.
    """
    is_far = [off_m > UNRELATED_M for off_m in _stops_off_m(line, stop_xy, along)]
    if not any(is_far):
        return line, along, frozenset()
    points: list[tuple[float, float]] = []
    if not is_far[0]:
        points += _part(line, 0.0, along[0])
    at: list[int] = []  # of each stop, its number among the points
    for n, xy in enumerate(stop_xy):
        if n and not is_far[n] and not is_far[n - 1]:
            points += _part(line, along[n - 1], along[n])
        else:
            points.append(xy if is_far[n] else line.point_at(along[n]))
        at.append(len(points) - 1)
    if not is_far[-1]:
        points += _part(line, along[-1], line.length_m)
    dists = _along_points(points)
    led = lines.setdefault(tuple(points), Line(points))
    undrawn = frozenset(n for n in range(len(stop_xy) - 1) if is_far[n] or is_far[n + 1])
    return led, tuple(min(dists[index], led.length_m) for index in at), undrawn


def _part(line: Line, from_m: float, to_m: float) -> list[tuple[float, float]]:
    """The points of a line from one place on it to another."""
    points = zip(line.xs, line.ys, line.at, strict=True)
    between = [(x, y) for x, y, along_m in points if from_m < along_m < to_m]
    return [line.point_at(from_m), *between, line.point_at(to_m)]


def _median_off(line: Line, stop_xy: tuple[tuple[float, float], ...], along: tuple[float, ...]) -> float:
    off = sorted(_stops_off_m(line, stop_xy, along))
    return off[len(off) // 2]


def _stops_off_m(line: Line, stop_xy: tuple[tuple[float, float], ...], along: tuple[float, ...]) -> tuple[float, ...]:
    places = [line.point_at(at) for at in along]
    return tuple(hypot(x - px, y - py) for (x, y), (px, py) in zip(stop_xy, places, strict=True))


def _drawn_off_m(line: Line, stop_xy: tuple[tuple[float, float], ...], along: tuple[float, ...]) -> tuple[float, ...]:
    off_m = _stops_off_m(line, stop_xy, along)
    return off_m if max(off_m) > PASSES_M else ()


def _along_straight(line: Line, stop_xy: tuple[tuple[float, float], ...]) -> tuple[float, ...]:
    return tuple(min(at, line.length_m) for at in _along_points(stop_xy))


def _along_points(points: Iterable[tuple[float, float]]) -> list[float]:
    """Metres along from point to point, without steps that Line drops, as between repeated points."""
    distances = [0.0]
    for (x0, y0), (x1, y1) in pairwise(points):
        step = hypot(x1 - x0, y1 - y0)
        distances.append(distances[-1] + (step if step > SAME_POINT_M else 0.0))
    return distances


def _hints(network: Network, line: Line, trip: Trip) -> list[float | None]:
    """Where the feed says that the stops lie, from its own shape_dist_traveled scaled to our metres."""
    shape = network.shapes.get(trip.shape_id)
    if shape is None or not shape.points:
        return []
    first, last = shape.points[0].dist_traveled, shape.points[-1].dist_traveled
    if first is None or last is None or last <= first:
        return []
    scale = line.length_m / (last - first)
    return [
        None if call.shape_dist_traveled is None else (call.shape_dist_traveled - first) * scale for call in trip.stop_times
    ]


def _pattern_id(*parts: object) -> str:
    return blake2b(repr(parts).encode(), digest_size=ID_BYTES).hexdigest()
