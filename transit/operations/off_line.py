"""Buses that have left the line of their trip and are not back yet."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind
from transit.tracking.state import VehicleStatus, is_silent


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    network = facts.network
    if network is None:
        return
    for vehicle_id, state in sorted(facts.states.items()):
        last = state.detours[-1] if state.detours else None
        is_off = state.matched.status is VehicleStatus.OFF_ROUTE and not is_silent(state, facts.now)
        if not is_off or last is None or last.came_back is True:
            continue
        route, stop = network.routes.get(last.route_id), network.stops.get(last.stop_id)
        if facts.now - last.left_at > timedelta(seconds=facts.limits.off_line_s) and route is not None:
            place = stop.name if stop is not None else last.stop_id
            figures = {"route": route.short_name or route.long_name, "route_id": last.route_id, "place": place}
            yield Trouble(TroubleKind.OFF_LINE, vehicle_id, last.left_at, figures)
