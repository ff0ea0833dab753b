"""A route in one direction as a strip of its stops, with the buses between them."""

from __future__ import annotations

from dataclasses import dataclass

from transit.arrivals.notices import closes_stop
from transit.plan.directions import directions_of, headsign_of, usual_trip
from transit.plan.network import Network, Route, Stop
from transit.plan.service_day import local_date
from transit.plan.timetable import Hours, RouteDirection, timetable_of
from transit.tracking.state import VehicleState, VehicleStatus
from web.boards.running import in_service
from web.world import World


@dataclass(frozen=True)
class Strip:
    """A route in one direction: its stops in order, and before which of them buses are."""

    direction: RouteDirection
    headsign: str
    stops: list[Stop]
    buses: dict[int, list[VehicleState]]  # index of the stop ahead -> buses
    closed: frozenset[int]  # indexes of the stops that a notice closes now
    hours: Hours | None
    has_demo: bool


def strips_of(world: World, route: Route) -> list[Strip]:
    """The usual pattern of each direction (the one of most trips), with the buses on it."""
    network, now = world.network, world.now()
    assert network is not None
    regular = [trip for trip in network.trips_of_route[route.route_id] if trip.stop_times]
    regular = [trip for trip in regular if not trip.is_demo] or regular
    strips = []
    every_bus, day = list(in_service(world)), local_date(now, network.timezone)
    for direction in directions_of(network).of_route[route.route_id]:
        trip = usual_trip(network, direction, regular)
        if trip is None:
            continue
        stop_ids = tuple(call.stop_id for call in trip.stop_times)
        buses: dict[int, list[VehicleState]] = {}
        for state in every_bus:
            index = _index_ahead(network, state, direction, stop_ids)
            if index is not None:
                buses.setdefault(index, []).append(state)
        hours = timetable_of(network).hours(stop_ids[0], direction, day)
        running = [state.matched.trip.trip_id for some in buses.values() for state in some if state.matched.trip]
        closed = frozenset(
            index
            for index, stop_id in enumerate(stop_ids)
            if closes_stop(world.view.alerts, network, now, stop_id=stop_id, direction=direction) is not None
        )
        has_demo = any(network.trips[trip_id].is_demo for trip_id in running)
        strips.append(
            Strip(
                direction=direction,
                headsign=headsign_of(network, trip),
                stops=[network.stops[every_id] for every_id in stop_ids],
                buses=buses,
                closed=closed,
                hours=hours,
                has_demo=has_demo,
            )
        )
    return strips


def _index_ahead(network: Network, state: VehicleState, direction: RouteDirection, stop_ids: tuple[str, ...]) -> int | None:
    """Which stop of a pattern a bus in this direction reaches next; by the order of calls, so that loops stay apart."""
    trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
    if trip is None or directions_of(network).of_trip[trip.trip_id] != direction:
        return None
    if state.matched.status is VehicleStatus.LAYOVER:
        return 0
    calls = [call.stop_id for call in trip.stop_times]
    ahead = trip.find_index(state.next_stop_sequence)
    if ahead is None:
        return None
    if tuple(calls) == stop_ids:
        return ahead
    return stop_ids.index(calls[ahead]) if calls[ahead] in stop_ids else None
