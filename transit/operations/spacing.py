"""Troubles where a headway is promised: bunched buses, gaps between buses, and ghosts.

Uncertain headways, next to a silent bus, make no trouble.
"""

from __future__ import annotations

from collections.abc import Iterator

from transit.control.corridor import BusState, Corridor, CorridorBus
from transit.operations.facts import FleetFacts
from transit.operations.troubles import Figure, Trouble, TroubleKind
from transit.plan.network import Network

PLACED = (BusState.RUNNING, BusState.WAITING)


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    """None during an outage, which is told as one trouble."""
    if facts.network is None or facts.watch.since is not None:
        return
    for corridor in facts.corridors:
        if corridor.promised_s is not None and corridor.route_id in facts.network.routes:
            yield from _ghosts(facts.network, corridor)
            for bus in corridor.buses:
                yield from _beside(facts, facts.network, corridor, bus)


def kept_headway_s(corridor: Corridor) -> float:
    """The promised headway in seconds or, with too few buses for it, the one that those on the road can keep."""
    return max(corridor.promised_s or 0.0, corridor.cycle_s / max(corridor.buses_on, 1))


def _ghosts(network: Network, corridor: Corridor) -> Iterator[Trouble]:
    for terminal in corridor.terminals:
        stop = network.stops.get(terminal.stop_id)
        if terminal.ghost_at is not None and stop is not None:
            figures: dict[str, Figure] = {"place": stop.name, "due_at": terminal.ghost_at.timestamp()}
            figures["route_id"] = corridor.route_id
            yield Trouble(TroubleKind.GHOST, _name(network, corridor), terminal.ghost_at, figures)


def _beside(facts: FleetFacts, network: Network, corridor: Corridor, bus: CorridorBus) -> Iterator[Trouble]:
    """A trouble if a bus is too close to the bus ahead or too far behind it."""
    ahead = next((row for row in corridor.buses if row.vehicle_id == bus.ahead_id), None)
    if bus.ahead_s is None or ahead is None or bus.is_uncertain or ahead.state not in PLACED:
        return
    limits, promised = facts.limits, corridor.promised_s or 0.0
    close = _trouble(TroubleKind.BUNCHED, network, corridor, bus, bus.ahead_s, bus.ahead_stop_id)
    close_s = max(limits.bunched_s, limits.bunched_share * promised)
    over_s = close_s * limits.bunched_over
    is_new = bus.ahead_s <= close_s and _is_on_one_run(bus, ahead) and _came_close(bus, close_s)
    if is_new or (close.key in facts.open and bus.ahead_s <= over_s):
        yield close
    apart_s = _apart_s(facts, bus)
    far = _trouble(TroubleKind.GAP, network, corridor, bus, apart_s or 0.0, bus.here_id)
    far_s = kept_headway_s(corridor) * (limits.gap_over if far.key in facts.open else limits.gap_share)
    if bus.state in PLACED and apart_s is not None and min(apart_s, bus.ahead_s) >= far_s:
        yield far


def _trouble(
    kind: TroubleKind, network: Network, corridor: Corridor, bus: CorridorBus, apart_s: float, stop_id: str | None
) -> Trouble:
    stop = network.stops.get(stop_id or "")
    figures: dict[str, Figure] = {"ahead": bus.ahead_id or "", "apart_s": apart_s, "route": _name(network, corridor)}
    figures |= {"place": stop.name if stop is not None else "", "promised_s": float(corridor.promised_s or 0)}
    figures |= {"route_id": corridor.route_id, "stop_id": stop_id or ""}
    return Trouble(kind, bus.vehicle_id, figures=figures)


def _came_close(bus: CorridorBus, close_s: float) -> bool:
    """Whether the observed headway confirms the forecast one: at the last stop that both passed it was as short.

    False for a bus that has just come from the depot or was matched to another's trip: it has passed no stop yet.
    """
    return bus.was_s is not None and bus.was_s <= close_s


def _apart_s(facts: FleetFacts, bus: CorridorBus) -> float | None:
    """The headway (seconds) at the next stop that the bus ahead has passed; None without such a stop.

    For a bus that waits at a terminal under holding advice: the headway if it leaves as advised.
    """
    if bus.here_s is None or bus.state is not BusState.WAITING:
        return bus.here_s
    advice = next((row for row in facts.advice if row.vehicle_id == bus.vehicle_id and row.why_not is None), None)
    if advice is None or advice.after_id != bus.ahead_id or advice.after_at is None:
        return bus.here_s
    return (max(advice.leave_at, facts.now) - advice.after_at).total_seconds()


def _is_on_one_run(bus: CorridorBus, ahead: CorridorBus) -> bool:
    """Whether both buses drive on the same rail with no terminal between them, where they could be held apart."""
    both_drive = bus.state is BusState.RUNNING and ahead.state is BusState.RUNNING
    return both_drive and bus.rail == ahead.rail and bus.place_s <= ahead.place_s


def _name(network: Network, corridor: Corridor) -> str:
    route = network.routes[corridor.route_id]
    return route.short_name or route.long_name
