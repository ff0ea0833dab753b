"""How long buses take for a round: from one departure of a bus at the first stop of a direction to its next one there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from transit.plan.directions import RouteDirection, directions_of
from transit.plan.network import Network
from transit.tracking.state import StopEvent

LONGEST = timedelta(hours=3)  # who comes back later has rested in between

Run = tuple[StopEvent, StopEvent]  # the first and the last call that was seen of one


def cycles_of(network: Network, runs: Iterable[Run]) -> Iterator[tuple[RouteDirection, datetime, int]]:
    """(direction, when the round began, whole minutes). A run whose first stop was not seen ends no round and begins none."""
    of_bus: dict[tuple[str, RouteDirection], list[StopEvent]] = {}
    for first, _ in runs:
        direction = directions_of(network).of_trip[first.trip.trip_id]
        of_bus.setdefault((first.vehicle_id, direction), []).append(first)
    for (_, direction), firsts in of_bus.items():
        firsts.sort(key=lambda event: event.arrived_at)
        for began, ended in pairwise(firsts):
            yield from _round(network, direction, (began, ended))


def _round(
    network: Network, direction: RouteDirection, departures: Sequence[StopEvent]
) -> Iterator[tuple[RouteDirection, datetime, int]]:
    began_at, ended_at = (event.departed_at or event.arrived_at for event in departures)
    at_first_stop = all(
        event.stop_sequence == network.trips[event.trip.trip_id].stop_times[0].stop_sequence for event in departures
    )
    if at_first_stop and timedelta(0) < ended_at - began_at <= LONGEST:
        yield direction, began_at, round((ended_at - began_at).total_seconds() / 60.0)
