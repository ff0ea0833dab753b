"""The buses on the console's map: all that were heard lately, on a route or not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from transit.control.corridor import GONE, BusState, CorridorBus
from transit.plan.network import Network
from transit.tracking.state import VehicleState, is_silent
from web.words import control, names, phrasing
from web.words.colours import colours
from web.world import World


@dataclass(frozen=True)
class MapBus:
    """One bus as the script of the map draws it."""

    id: str
    lat: float
    lon: float
    bearing: float | None
    letter: str  # of its route
    ground: str
    ink: str
    words: str  # its route and state
    is_silent: bool
    heard_at: float  # Unix seconds


def map_buses(world: World, states: Iterable[VehicleState], corridors: Sequence[Any]) -> list[MapBus]:
    """The vehicles heard within 15 minutes, as long as a silent bus keeps its place on the ladder."""
    network, now = world.network, world.now()
    assert network is not None
    on_ladder = {bus.vehicle_id: bus for row in corridors for bus in row.corridor.buses}
    rows = []
    for state in sorted(states, key=lambda row: row.vehicle_id):
        if now - state.report.received_at <= GONE:
            rows.append(_map_bus(network, state, on_ladder.get(state.vehicle_id), is_silent(state, now)))
    return rows


def _map_bus(network: Network, state: VehicleState, on_ladder: CorridorBus | None, is_silent: bool) -> MapBus:
    trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
    route = network.routes[trip.route_id] if trip else None
    ground, ink = colours(route) if route else ("455A64", "FFFFFF")
    if is_silent:
        word = control.bus_word(BusState.SILENT)
    else:
        word = control.bus_word(on_ladder.state) if on_ladder else phrasing.vehicle_word(state.matched.status)
    name = names.route_name(route) if route else ""
    return MapBus(
        id=state.vehicle_id,
        lat=round(state.report.lat, 5),
        lon=round(state.report.lon, 5),
        bearing=None if state.report.bearing is None else round(state.report.bearing),
        letter=name[:1].upper() or "?",
        ground=ground,
        ink=ink,
        words=f"{name}, {word}" if name else word,
        is_silent=is_silent,
        heard_at=state.report.reported_at.timestamp(),
    )
