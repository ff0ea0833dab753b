"""The bounds within which a vehicle is believed: from its kind (route_type), its stops' spacing and the network's extent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import cos, radians

from transit.plan.geometry import METRES_PER_DEGREE, Area
from transit.plan.network import BUS, Network
from transit.plan.patterns import Pattern, patterns_of, stop_place

# Fastest a vehicle in service goes, m/s, by basic route_type of GTFS; a margin above what is built for is included.
MAX_SPEED_MPS = {
    0: 28.0,  # tram, light rail
    1: 40.0,  # metro
    2: 105.0,  # rail; high-speed trains run 350 km/h
    3: 33.0,  # bus: a motorway at 120 km/h
    4: 25.0,  # ferry
    5: 15.0,  # cable tram
    6: 15.0,  # aerial lift
    7: 15.0,  # funicular
    11: 25.0,  # trolleybus
    12: 40.0,  # monorail
}
# Extended route types by their hundreds (Google's list) -> the basic kind.
EXTENDED = {1: 2, 2: 3, 3: 2, 4: 1, 5: 1, 6: 1, 7: 3, 8: 11, 9: 0, 10: 4, 11: 4, 12: 4, 13: 6, 14: 7, 15: 3, 17: 3}
SERVICE_MARGIN_M = 5_000.0  # depots and fuel stations lie this far outside the box of the stops at least
OFF_ROUTE_M = 60.0  # GPS among houses plus the width of a big street
OFF_ROUTE_SHARE = 0.25  # without a shape: how far the road may bow off the straight line, of the stops' distance
TERMINAL_M = 150.0  # buses wait this near their first stop
TERMINAL_SHARE = 0.2  # never more than this share of the way, or short routes would be all terminal,
LEAST_TERMINAL_M = 50.0  # and never less than this: a long bus and the usual error of a fix
LONG_TERMINAL = 2.0  # times as far: platforms and quays are longer than bus bays
LONG_TERMINAL_KINDS = (1, 2, 4)  # metro, rail, ferry
SERVICE_SHARE = 0.2  # of the box of the stops, added on each side, where that is more than SERVICE_MARGIN_M
LEAST_COSINE = 0.01  # near the poles a degree of longitude is next to nothing


@dataclass(frozen=True, slots=True)
class PatternLimits:
    max_speed_mps: float
    off_route_m: float  # further off than this a vehicle does not follow the line
    terminal_radius_m: float  # nearer than this to the first stop a vehicle may be waiting there


@dataclass(frozen=True)
class Limits:
    """The whole network's (the widest of any pattern), and each pattern's own."""

    max_speed_mps: float
    off_route_m: float
    terminal_radius_m: float
    service_area: Area
    of_pattern: Mapping[str, PatternLimits]  # by pattern_id


def basic_route_type(route_type: int) -> int:
    if route_type in MAX_SPEED_MPS:
        return route_type
    return EXTENDED.get(route_type // 100, BUS)


def pattern_limits(pattern: Pattern) -> PatternLimits:
    kind = basic_route_type(pattern.route_type)
    off_m = OFF_ROUTE_M if pattern.has_shape else max(OFF_ROUTE_M, OFF_ROUTE_SHARE * pattern.typical_spacing_m)
    length = max(pattern.end_m - pattern.start_m, 1.0)
    terminal_m = TERMINAL_M * (LONG_TERMINAL if kind in LONG_TERMINAL_KINDS else 1.0)
    return PatternLimits(MAX_SPEED_MPS[kind], off_m, max(LEAST_TERMINAL_M, min(terminal_m, TERMINAL_SHARE * length)))


def limits_of(network: Network) -> Limits:
    by_id = {pattern.pattern_id: pattern_limits(pattern) for pattern in patterns_of(network).by_id.values()}
    every = list(by_id.values()) or [PatternLimits(MAX_SPEED_MPS[BUS], OFF_ROUTE_M, TERMINAL_M)]
    return Limits(
        max_speed_mps=max(limits.max_speed_mps for limits in every),
        off_route_m=max(limits.off_route_m for limits in every),
        terminal_radius_m=max(limits.terminal_radius_m for limits in every),
        service_area=service_area(network),
        of_pattern=by_id,
    )


def service_area(network: Network) -> Area:
    """The box of the stops, wider by SERVICE_MARGIN_M or SERVICE_SHARE of its own size, whichever is more."""
    places = [place for stop_id in network.stops if (place := stop_place(network, stop_id)) is not None]
    if not places:
        return Area(-90.0, -180.0, 90.0, 180.0)
    south, north = min(p[0] for p in places), max(p[0] for p in places)
    west, east = min(p[1] for p in places), max(p[1] for p in places)
    per_degree_lon = METRES_PER_DEGREE * max(cos(radians((south + north) / 2)), LEAST_COSINE)
    tall, wide = (north - south) * METRES_PER_DEGREE, (east - west) * per_degree_lon
    margin = max(SERVICE_MARGIN_M, SERVICE_SHARE * max(tall, wide))
    dlat, dlon = margin / METRES_PER_DEGREE, margin / per_degree_lon
    return Area(south - dlat, west - dlon, north + dlat, east + dlon)
