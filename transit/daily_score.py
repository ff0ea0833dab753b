"""The scorecard of a day, by route: what riders were promised against what was observed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from transit.network import Network
from transit.scorecard import Passage, Promise, score
from transit.tracking import StopEvent

ALL = "all routes"
WORSE = 1.01  # the mean error of a challenger may grow by this factor ...
WORSE_AT = 1.03  # ... and by this one at any distance


def passages_of(network: Network, events: Iterable[StopEvent]) -> list[Passage]:
    """Observed calls as the scorecard wants them: the arrival, at a trip's first stop the departure."""
    found = []
    for event in events:
        trip = network.trips.get(event.trip.trip_id)
        is_first = trip is not None and bool(trip.stop_times) and trip.stop_times[0].stop_sequence == event.stop_sequence
        at = event.departed_at if is_first and event.departed_at is not None else event.arrived_at
        run_id = f"{event.vehicle_id}|{event.trip.trip_id}|{event.trip.start_date}|{event.trip.start_s}"
        key = (event.vehicle_id, event.trip.trip_id, event.stop_id, event.stop_sequence)
        found.append(Passage(key, at.timestamp(), run_id))
    return found


def by_route(network: Network, promises: Iterable[Promise], passages: Iterable[Passage]) -> dict[str, dict[str, Any]]:
    """"all routes" first, then each route that was promised or driven."""
    made, truth = list(promises), list(passages)
    route_of = {trip_id: trip.route_id for trip_id, trip in network.trips.items()}
    trips = {one.key[1] for one in made} | {one.key[1] for one in truth}
    routes = sorted({route_of.get(trip_id, "?") for trip_id in trips})
    found = {ALL: score(made, truth)}
    for route_id in routes:
        found[route_id] = score(
            [one for one in made if route_of.get(one.key[1], "?") == route_id],
            [one for one in truth if route_of.get(one.key[1], "?") == route_id],
        )
    return found


def what_is_worse(champion: dict[str, Any], challenger: dict[str, Any]) -> list[str]:
    """Sentences; none where the challenger may replace the champion."""
    if "mae_s" not in champion or "mae_s" not in challenger:
        return ["one of the two was judged by nothing: there are no promises with a passage"]
    said = []
    if challenger["mae_all_s"] > WORSE * champion["mae_all_s"]:
        said.append(f"mean error {champion['mae_all_s']} s -> {challenger['mae_all_s']} s")
    for bucket, before in champion["mae_s"].items():
        after = challenger["mae_s"][bucket]
        if before is not None and (after is None or after > WORSE_AT * before):
            said.append(f"{bucket} min away: {before} s -> {after} s")
    if challenger["scored"] < 0.95 * champion["scored"]:
        said.append(f"only {challenger['scored']} promises instead of {champion['scored']} could be judged")
    return said
