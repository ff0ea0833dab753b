"""Other halte near one: on the other side of the street, and within a short walk."""

from __future__ import annotations

from transit.plan.network import Network, Stop
from transit.plan.once_per_network import once_per_network
from transit.plan.timetable import RouteDirection, timetable_of
from transit.tracking.report import distance_m
from web.cache import Cache
from web.world import World

OPPOSITE_M = 250.0  # farther off, the halte of the other direction is another place
STOPS_KEPT = 20_000  # more than the largest city has


def opposite_of(world: World, stop: Stop, ways: list[RouteDirection]) -> tuple[Stop, float] | None:
    """opposite(), found once per network."""
    network = world.network
    assert network is not None
    return _opposites(network).get((stop.stop_id, *ways), lambda: opposite(network, stop, ways))


def nearby_of(world: World, stop: Stop) -> list[tuple[Stop, float]]:
    """nearby(), found once per network."""
    network = world.network
    assert network is not None
    return _neighbours(network).get(stop.stop_id, lambda: nearby(network, stop))


@once_per_network
def _opposites(network: Network) -> Cache[tuple[str | RouteDirection, ...], tuple[Stop, float] | None]:
    return Cache(STOPS_KEPT)


@once_per_network
def _neighbours(network: Network) -> Cache[str, list[tuple[Stop, float]]]:
    return Cache(STOPS_KEPT)


def opposite(network: Network, stop: Stop, ways: list[RouteDirection]) -> tuple[Stop, float] | None:
    """The nearest halte where one of these routes runs the other way, and this one does not."""
    table, mine = timetable_of(network), set(ways)
    wanted = {RouteDirection(way.route_id, 1 - way.direction_id) for way in ways if way.direction_id in (0, 1)} - mine
    if not wanted or stop.lat is None or stop.lon is None:
        return None
    best: tuple[float, Stop] | None = None
    for other in network.stops.values():
        if other.stop_id == stop.stop_id or other.lat is None or other.lon is None or other.location_type:
            continue
        if abs(other.lat - stop.lat) > 0.003:
            continue
        metres = distance_m(stop.lat, stop.lon, other.lat, other.lon)
        if metres <= OPPOSITE_M and (best is None or metres < best[0]) and wanted & set(table.ways_at(other.stop_id)):
            best = (metres, other)
    return None if best is None else (best[1], best[0])


def nearby(network: Network, stop: Stop, count: int = 3, within_m: float = 800.0) -> list[tuple[Stop, float]]:
    """Other halte within a short walk, the nearest first, with metres as the crow flies."""
    if stop.lat is None or stop.lon is None:
        return []
    served = network.routes_of_stop
    found = [
        (distance_m(stop.lat, stop.lon, other.lat, other.lon), other.stop_id)
        for other in network.stops.values()
        if other.stop_id != stop.stop_id and other.stop_id in served and other.lat is not None and other.lon is not None
    ]
    return [(network.stops[stop_id], metres) for metres, stop_id in sorted(found)[:count] if metres <= within_m]
