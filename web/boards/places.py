"""A place of the guide, the stops that serve it, and its next and last buses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from math import inf

from maps.guide import Place
from transit.arrivals.alerts import Alert
from transit.arrivals.notices import closes_stop
from transit.arrivals.rows import Arrival
from transit.plan.nearest_stops import nearest_stops
from transit.plan.network import Network
from transit.plan.once_per_network import once_per_network
from transit.plan.service_day import local_date
from transit.plan.timetable import RouteDirection, timetable_of
from web.boards.stop_board import rows_of
from web.cache import Cache
from web.world import World

WALK_M = 900.0  # longest walk to a stop that serves a place
ON_ROUTE_M = 500.0  # a place this near a halte lies on its routes
HALTE_AT_MOST = 4  # stops shown of a place, the nearest
PLACES_KEPT = 2_000  # cached; more than a guide has


@dataclass(frozen=True)
class Stand:
    """A place with the stops that serve it."""

    place: Place
    stops: dict[str, float]  # stop_id -> metres, the nearest first
    routes: tuple[str, ...]

    @property
    def is_on_route(self) -> bool:
        reach = ON_ROUTE_M if self.place.is_good else ON_ROUTE_M + self.place.error_m
        return any(metres <= reach for metres in self.stops.values())


def stand_of(network: Network, place: Place) -> Stand:
    """The stand of a place; cached per network and place."""
    return _stands(network).get(repr(place), lambda: _stand(network, place))


@once_per_network
def _stands(network: Network) -> Cache[str, Stand]:
    return Cache(PLACES_KEPT)


def _stand(network: Network, place: Place) -> Stand:
    stops: dict[str, float] = {}
    if place.lat is not None and place.lon is not None:
        stops = stops_around(network, place.lat, place.lon, 0.0 if place.is_good else place.error_m)
    routes = tuple(dict.fromkeys(route for stop_id in stops for route in network.routes_of_stop[stop_id]))
    return Stand(place, stops, routes)


def stops_around(network: Network, lat: float, lon: float, error_m: float) -> dict[str, float]:
    """stop_id -> metres, of the nearest stops within a walk; error_m: how far from the position somebody may really be."""
    return dict(list(nearest_stops(network, lat, lon, WALK_M + error_m / 2).items())[:HALTE_AT_MOST])


def _time_of(row: Arrival) -> float:
    return row.at.timestamp() if row.at else inf


def next_bus_of(world: World, stand: Stand) -> Arrival | None:
    """The next bus at the nearest stop, on any route; None without one."""
    for stop_id in list(stand.stops)[:1]:
        return min((row for row in rows_of(world, stop_id) if row.at and row.can_board), key=_time_of, default=None)
    return None


def closed_stops(world: World, stand: Stand) -> dict[str, Alert]:
    """stop_id -> the notice that closes the stop now."""
    network, now = world.network, world.now()
    assert network is not None
    notices = ((stop_id, closes_stop(world.view.alerts, network, now, stop_id=stop_id)) for stop_id in stand.stops)
    return {stop_id: notice for stop_id, notice in notices if notice is not None}


def last_at(network: Network, stop_id: str, direction: RouteDirection, now: datetime) -> datetime | None:
    """The last bus of today in this direction at a stop; None where none runs today."""
    hours = timetable_of(network).hours(stop_id, direction, local_date(now, network.timezone))
    return None if hours is None else hours.last_at


def last_buses(network: Network, stop_id: str, now: datetime) -> list[tuple[RouteDirection, datetime]]:
    table = timetable_of(network)
    lasts = [
        (direction, last_at(network, stop_id, direction, now))
        for direction in table.directions_at(stop_id)
        if not table.ends_at(stop_id, direction)
    ]
    return [(direction, at) for direction, at in lasts if at is not None]
