"""A route in one direction as a strip of its stops, with the buses between them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from transit.plan.network import Network, Route, Stop
from transit.plan.service_day import local_date
from transit.plan.timetable import Hours, RouteDirection, timetable_of
from transit.tracking.state import VehicleState, VehicleStatus
from web.boards.running import in_service
from web.world import World


@dataclass(frozen=True)
class Strip:
    """A route in one direction: its stops in order, and before which of them buses are."""

    way: RouteDirection
    headsign: str
    stops: list[Stop]
    buses: dict[int, list[VehicleState]]  # index of the stop ahead -> buses
    hours: Hours | None
    has_demo: bool


def strips_of(world: World, route: Route) -> list[Strip]:
    """The usual pattern of each direction (the one of most trips), with the buses on it."""
    network, now = world.network, world.now()
    assert network is not None
    regular = [trip for trip in network.trips_of_route[route.route_id] if trip.stop_times]
    regular = [trip for trip in regular if not trip.is_demo] or regular
    found = []
    for direction in sorted({trip.direction_id for trip in regular}, key=lambda one: one or 0):
        trips = [trip for trip in regular if trip.direction_id == direction]
        counts = Counter(tuple(call.stop_id for call in trip.stop_times) for trip in trips)
        stop_ids = max(counts, key=lambda ids: (counts[ids], len(ids)))
        trip = next(trip for trip in trips if tuple(call.stop_id for call in trip.stop_times) == stop_ids)
        way = RouteDirection(route.route_id, direction)
        day = local_date(now, network.timezone)
        buses: dict[int, list[VehicleState]] = {}
        for state in in_service(world):
            index = _index_ahead(network, state, way, stop_ids)
            if index is not None:
                buses.setdefault(index, []).append(state)
        hours = timetable_of(network).hours(stop_ids[0], way, day)
        running = [state.matched.trip.trip_id for some in buses.values() for state in some if state.matched.trip]
        has_demo = any(network.trips[trip_id].is_demo for trip_id in running)
        found.append(Strip(way, trip.headsign, [network.stops[one] for one in stop_ids], buses, hours, has_demo))
    return found


def _index_ahead(network: Network, state: VehicleState, way: RouteDirection, stop_ids: tuple[str, ...]) -> int | None:
    """Which stop of a pattern a bus on this way reaches next; by the order of calls, so that loops stay apart."""
    trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
    if trip is None or RouteDirection(trip.route_id, trip.direction_id) != way:
        return None
    if state.matched.status is VehicleStatus.LAYOVER:
        return 0
    calls = [call.stop_id for call in trip.stop_times]
    ahead = next((n for n, call in enumerate(trip.stop_times) if call.stop_sequence == state.next_stop_sequence), None)
    if ahead is None:
        return None
    if tuple(calls) == stop_ids:
        return ahead
    return stop_ids.index(calls[ahead]) if calls[ahead] in stop_ids else None
