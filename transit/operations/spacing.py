"""Buses that drive too close, gaps between buses, and departures that nobody drives, where a headway is promised.

What is said of a bus beside a silent one is uncertain: no matter is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator

from transit.control.corridor import BusState, Corridor, CorridorBus
from transit.operations.facts import FleetFacts
from transit.operations.troubles import Figure, Trouble, TroubleKind
from transit.plan.network import Network

PLACED = (BusState.RUNNING, BusState.WAITING)


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    """Of an outage one row is enough: gaps fall silent in it."""
    if facts.network is None or facts.watch.since is not None:
        return
    for corridor in facts.corridors:
        if corridor.promised_s is not None and corridor.route_id in facts.network.routes:
            yield from _ghosts(facts.network, corridor)
            for bus in corridor.buses:
                yield from _beside(facts, facts.network, corridor, bus)


def kept_headway_s(corridor: Corridor) -> float:
    """The promised headway, or, where too few buses run for it, the one that those on the road can keep."""
    return max(corridor.promised_s or 0.0, corridor.cycle_s / max(corridor.buses_on, 1))


def _ghosts(network: Network, corridor: Corridor) -> Iterator[Trouble]:
    for terminal in corridor.terminals:
        stop = network.stops.get(terminal.stop_id)
        if terminal.ghost_at is not None and stop is not None:
            figures: dict[str, Figure] = {"place": stop.name, "due_at": terminal.ghost_at.timestamp()}
            figures["route_id"] = corridor.route_id
            yield Trouble(TroubleKind.GHOST, _name(network, corridor), terminal.ghost_at, figures)


def _beside(facts: FleetFacts, network: Network, corridor: Corridor, bus: CorridorBus) -> Iterator[Trouble]:
    """How it comes after the bus ahead."""
    states = {row.vehicle_id: row.state for row in corridor.buses}
    if bus.ahead_s is None or bus.ahead_id is None or bus.is_uncertain or states[bus.ahead_id] not in PLACED:
        return
    stop = network.stops.get(bus.ahead_stop_id or "")
    figures: dict[str, Figure] = {"ahead": bus.ahead_id, "apart_s": bus.ahead_s, "route": _name(network, corridor)}
    figures |= {"place": stop.name if stop is not None else "", "promised_s": float(corridor.promised_s or 0)}
    figures["route_id"] = corridor.route_id
    limits, headway_s = facts.limits, kept_headway_s(corridor)
    close = Trouble(TroubleKind.BUNCHED, bus.vehicle_id, figures=figures)
    is_open = close.key in facts.open
    over = limits.bunched_over if is_open else 1.0
    close_s = max(limits.bunched_s, limits.bunched_share * (corridor.promised_s or 0.0)) * over
    both_drive = bus.state is BusState.RUNNING and states[bus.ahead_id] is BusState.RUNNING
    if bus.ahead_s <= close_s and (both_drive or is_open):  # at a terminal two buses may be close, unless they came so
        yield close
    far = Trouble(TroubleKind.GAP, bus.vehicle_id, figures=figures)
    if bus.state in PLACED and bus.ahead_s >= headway_s * (limits.gap_over if far.key in facts.open else limits.gap_share):
        yield far


def _name(network: Network, corridor: Corridor) -> str:
    route = network.routes[corridor.route_id]
    return route.short_name or route.long_name
