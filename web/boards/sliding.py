"""Where the buses in service stand in the network diagram, and where they are expected within half a minute."""

from __future__ import annotations

from collections.abc import Iterator

from maps.diagram import SlidingBus, has_link
from maps.diagram_layout import Diagram
from transit.plan.patterns import patterns_of
from transit.tracking.ages import LIVE_AGE
from transit.tracking.state import VehicleState, VehicleStatus, is_fresh
from web.boards.running import in_service, next_index, route_of
from web.words import names
from web.words.colours import colours
from web.world import World

SLIDE_S = 30.0  # how long a picture moves by itself


def sliding_buses(world: World, diagram: Diagram) -> Iterator[SlidingBus]:
    """The buses in service with a fix of the last 90 s between two stops of the diagram."""
    network, now = world.network, world.now()
    assert network is not None
    for state in in_service(world):
        trip, index = state.matched.trip, next_index(network, state)
        if trip is None or index is None or index == 0 or not is_fresh(state.report.reported_at, now, LIVE_AGE):
            continue
        calls = network.trips[trip.trip_id].stop_times
        first, second = calls[index - 1].stop_id, calls[index].stop_id
        if not has_link(diagram, first, second):
            continue
        share = _share(world, state, index)
        rest_s = _seconds_to(world, state, second, calls[index].stop_sequence)
        slide_s = min(SLIDE_S, rest_s)
        route = network.routes[route_of(network, state)]
        back, ink = colours(route)
        yield SlidingBus(
            letter=names.route_name(route)[:1].upper(),
            colour=f"#{back}",
            ink=f"#{ink}",
            first=first,
            second=second,
            share=share,
            later=share + (1.0 - share) * slide_s / rest_s if rest_s > 0 else share,
            slide_s=slide_s,
        )


def _share(world: World, state: VehicleState, index: int) -> float:
    """A bus's position from the previous stop (0) to the next (1); 0 while it waits at its first stop."""
    along, trip = state.matched.shape_dist_traveled_m, state.matched.trip
    assert world.network is not None
    pattern = patterns_of(world.network).find(trip.trip_id) if trip else None
    if along is None or pattern is None or state.matched.status is VehicleStatus.LAYOVER:
        return 0.0
    before, after = pattern.stop_dist_m[index - 1], pattern.stop_dist_m[index]
    return min(1.0, max(0.0, (along - before) / (after - before))) if after > before else 0.0


def _seconds_to(world: World, state: VehicleState, stop_id: str, stop_sequence: int) -> float:
    """Seconds until a bus reaches its next stop; 0 without a prediction: then it is drawn still."""
    view = world.view
    if not world.is_live or state.vehicle_id in view.standing or state.matched.status is VehicleStatus.LAYOVER:
        return 0.0
    for row in view.predictions_at(stop_id):
        if row.vehicle_id == state.vehicle_id and row.trip == state.matched.trip and row.stop_sequence == stop_sequence:
            return max(0.0, (row.predicted_at - world.now()).total_seconds())
    return 0.0
