"""Faults of a feed that is out of date or badly drawn, put into a network: what the buses did stays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from math import cos, hypot, pi, radians, sin

from shapely import LineString
from shapely.ops import substring

from transit.plan.geometry import METRES_PER_DEGREE
from transit.plan.network import Network, Shape, ShapePoint, StopTime, Trip
from transit.plan.patterns import stop_place

WRONG_M, WRONG_OFF_M = 2000.0, 500.0  # a drawn line is wrong over this length, by up to this much
STEP_M = 50.0  # between two points of a line that is drawn anew
COARSE_M = 200.0

PlanFault = Callable[[Network], Network]
Places = list[tuple[float, float]]  # lat, lon


def timetable_moved(by_s: int) -> PlanFault:
    """All times of the trips of one direction, on every route."""

    def fault(network: Network) -> Network:
        trips = {}
        for trip in network.trips.values():
            calls = [
                replace(
                    call,
                    arrival_s=None if call.arrival_s is None else call.arrival_s + by_s,
                    departure_s=None if call.departure_s is None else call.departure_s + by_s,
                )
                for call in trip.stop_times
            ]
            is_moved = trip.direction_id == 0 or (trip.direction_id is None and _is_outward(trip.stop_times))
            trips[trip.trip_id] = replace(trip, stop_times=tuple(calls)) if is_moved else trip
        return replace(network, trips=trips)

    return fault


def _is_outward(calls: Sequence[StopTime]) -> bool:
    """One direction of each route, where the feed names none."""
    return calls[0].stop_id < calls[-1].stop_id


def lines_drawn(draw: Callable[[Sequence[ShapePoint]], Places]) -> PlanFault:
    """Every line drawn anew. The feed's own distances along it go as well."""

    def fault(network: Network) -> Network:
        shapes = {}
        for shape_id, shape in network.shapes.items():
            points = tuple(ShapePoint(lat, lon, n) for n, (lat, lon) in enumerate(draw(shape.points)))
            shapes[shape_id] = Shape(shape_id, points)
        return replace(network, shapes=shapes, trips=_without_distances(network))

    return fault


def without_lines(network: Network) -> Network:
    trips = {trip_id: replace(trip, shape_id="") for trip_id, trip in _without_distances(network).items()}
    return replace(network, trips=trips, shapes={})


def without_each_second_line(network: Network) -> Network:
    gone = set(sorted(network.shapes)[::2])
    trips = {
        trip_id: replace(trip, shape_id="") if trip.shape_id in gone else trip
        for trip_id, trip in _without_distances(network).items()
    }
    return replace(network, trips=trips, shapes={key: shape for key, shape in network.shapes.items() if key not in gone})


def lines_join_stops(network: Network) -> Network:
    """Each trip has a line, made of its stops."""
    trips, shapes = {}, {}
    for trip_id, trip in _without_distances(network).items():
        shape_id = "+".join(call.stop_id for call in trip.stop_times)
        places = [stop_place(network, call.stop_id) for call in trip.stop_times]
        points = tuple(ShapePoint(lat, lon, n) for n, (lat, lon) in enumerate(place for place in places if place is not None))
        shapes[shape_id] = Shape(shape_id, points)
        trips[trip_id] = replace(trip, shape_id=shape_id)
    return replace(network, trips=trips, shapes=shapes)


def _without_distances(network: Network) -> dict[str, Trip]:
    return {
        trip_id: replace(trip, stop_times=tuple(replace(call, shape_dist_traveled=None) for call in trip.stop_times))
        for trip_id, trip in network.trips.items()
    }


def drawn_wrong(points: Sequence[ShapePoint]) -> Places:
    """In the middle of the line WRONG_M are bent aside by up to WRONG_OFF_M."""
    line, north_deg, east_deg = _plane_line(points)
    begin_m = 0.5 * (line.length - WRONG_M)
    drawn = []
    for n in range(int(line.length / STEP_M) + 2):
        along_m = min(n * STEP_M, line.length)
        here, ahead = line.interpolate(along_m), line.interpolate(min(along_m + 1.0, line.length))
        back = line.interpolate(max(along_m - 1.0, 0.0))
        dx, dy = ahead.x - back.x, ahead.y - back.y
        length = hypot(dx, dy) or 1.0
        share = (along_m - begin_m) / WRONG_M
        off_m = WRONG_OFF_M * sin(pi * share) if 0.0 < share < 1.0 else 0.0
        drawn.append(((here.y + off_m * dx / length) / north_deg, (here.x - off_m * dy / length) / east_deg))
    return drawn


def cut_short(points: Sequence[ShapePoint]) -> Places:
    """The last fifth of the line is not drawn."""
    line, north_deg, east_deg = _plane_line(points)
    kept = substring(line, 0.0, 0.8 * line.length)
    return [(y / north_deg, x / east_deg) for x, y in kept.coords]


def drawn_coarsely(points: Sequence[ShapePoint]) -> Places:
    line, north_deg, east_deg = _plane_line(points)
    return [(y / north_deg, x / east_deg) for x, y in line.simplify(COARSE_M).coords]


def _plane_line(points: Sequence[ShapePoint]) -> tuple[LineString, float, float]:
    """The line in metres, and the metres of a degree of latitude and of longitude."""
    east_deg = METRES_PER_DEGREE * cos(radians(points[0].lat))
    line = LineString([(point.lon * east_deg, point.lat * METRES_PER_DEGREE) for point in points])
    return line, METRES_PER_DEGREE, east_deg


PLAN_FAULTS: Mapping[str, PlanFault] = {
    "plan +25 min": timetable_moved(1500),
    "plan -60 min": timetable_moved(-3600),
    "plan +60 min": timetable_moved(3600),
    "line wrong 2 km": lines_drawn(drawn_wrong),
    "no lines": without_lines,
    "each second line gone": without_each_second_line,
    "lines join stops": lines_join_stops,
    "lines end early": lines_drawn(cut_short),
    "lines of 200 m": lines_drawn(drawn_coarsely),
}
