"""The scorecard of a day, by route: what riders were promised against what was observed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from transit.plan.network import Network
from transit.quality.scorecard import Passage, Promise, score
from transit.tracking.state import StopEvent

ALL = "all routes"


def passages_of(network: Network, events: Iterable[StopEvent]) -> list[Passage]:
    """Observed calls as the scorecard wants them: the arrival, at a trip's first stop the departure."""
    passages = []
    for event in events:
        trip = network.trips.get(event.trip.trip_id)
        is_first = trip is not None and bool(trip.stop_times) and trip.stop_times[0].stop_sequence == event.stop_sequence
        at = event.departed_at if is_first and event.departed_at is not None else event.arrived_at
        run_id = f"{event.vehicle_id}|{event.trip.trip_id}|{event.trip.start_date}|{event.trip.start_s}"
        key = (event.vehicle_id, event.trip.trip_id, event.stop_id, event.stop_sequence)
        passages.append(Passage(key, at.timestamp(), run_id))
    return passages


def by_route(network: Network, promises: Iterable[Promise], passages: Iterable[Passage]) -> dict[str, dict[str, Any]]:
    """ "all routes" first, then each route that was promised or driven."""
    made, truth = list(promises), list(passages)
    route_of = {trip_id: trip.route_id for trip_id, trip in network.trips.items()}
    trips = {item.key[1] for item in made} | {item.key[1] for item in truth}
    routes = sorted({route_of.get(trip_id, "?") for trip_id in trips})
    scores = {ALL: score(made, truth)}
    for route_id in routes:
        scores[route_id] = score(
            [item for item in made if route_of.get(item.key[1], "?") == route_id],
            [item for item in truth if route_of.get(item.key[1], "?") == route_id],
        )
    return scores
