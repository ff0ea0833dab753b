"""A route as the dispatcher sees it: which buses are on it, how far apart, and how many it needs to keep its promise.

Headways are forecast: the seconds between two buses at the first stop that both still have ahead. A silent bus stays at its
last place, and the headways next to it are uncertain. So are those next to a bus that may be on another route; such a bus is
not counted on the route until that is known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from operator import attrgetter

from transit.arrivals.headways import KEPT_WITHIN_S
from transit.control.calls import Departure
from transit.control.circuit import Circuit, at_on_rail
from transit.control.facts import ControlFacts
from transit.control.ghosts import ghost_at, has_timetable, promised_s
from transit.forecasting.prediction import Prediction
from transit.plan.directions import RouteDirection, directions_of
from transit.plan.network import TripInstance
from transit.tracking.state import WITH_TRIP, VehicleState, VehicleStatus

GONE = timedelta(minutes=15)  # a bus silent for longer is no longer placed on its route
HELD_SLACK_S = 60.0  # allowed after the advised time, for the driver to leave and the report to come in
# Share of what a bus may be doing that a route and direction need to be believed. It is transit.tracking.status.SURE, from
# where it cannot come: the live process does not load the matcher.
SURE_OF_TRIP = 0.7
KEPT_OF = timedelta(hours=1)  # departures of this last time count for the share of headways kept


class BusState(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"  # at a terminal
    OFF_LINE = "off_line"  # of its trip, and expected back
    STANDING = "standing"  # and not coming on
    SILENT = "silent"


@dataclass(frozen=True, slots=True)
class CorridorBus:
    """One bus on its circuit. Headways are forecast, in seconds; None where they cannot be."""

    vehicle_id: str
    trip: TripInstance
    rail: int
    place_s: float  # planned seconds from the start of the circuit
    state: BusState
    heard_at: datetime
    reach_s: float  # how much farther along a silent bus may be by now, planned seconds
    ahead_id: str | None = None
    ahead_s: float | None = None  # to the bus ahead
    ahead_stop_id: str | None = None  # where that was forecast
    behind_id: str | None = None
    behind_s: float | None = None
    even_s: float | None = None  # the place midway between its neighbours
    is_uncertain: bool = False  # it or a neighbour is silent, or may be on another route
    was_s: float | None = None  # observed, to the bus ahead at the last stop that both passed on this run
    here_s: float | None = None  # to the bus ahead at the next stop that the bus ahead has passed
    here_id: str | None = None  # that stop
    is_unsure: bool = False  # it may be on another route: few fixes so far, or several routes share the road


@dataclass(frozen=True, slots=True)
class Terminal:
    """The first stop of a rail, with its departures."""

    rail: int
    stop_id: str
    last_at: datetime | None
    last_id: str | None
    next_at: datetime | None  # the next departure that is forecast
    next_id: str | None
    ghost_at: datetime | None  # when the ghost was due, see transit.control.ghosts


@dataclass(frozen=True, slots=True)
class Gap:
    seconds: float
    vehicle_id: str  # behind
    ahead_id: str
    stop_id: str


@dataclass(frozen=True, slots=True)
class Corridor:
    """A route now, in the order of its circuit. buses_* count vehicles; None where no headway is promised now."""

    route_id: str
    buses: tuple[CorridorBus, ...]  # in the order of the circuit
    elsewhere: tuple[str, ...]  # vehicle_ids on trips of the route with other stops than the circuit's
    terminals: tuple[Terminal, ...]
    promised_s: int | None
    cycle_s: float  # seconds of one round now, with the least layovers and no holding
    is_measured: bool  # True: the cycle is from the runs of the last 90 minutes; False: some of it is planned
    buses_on: int
    buses_needed: int | None
    buses_planned: int | None
    kept_share: float | None  # share of the last hour's headways at the terminals that were kept, 0..1
    worst: Gap | None
    is_timetabled: bool = False  # departures have times now, and no headway is promised
    buses_unsure: int = 0  # heard, perhaps on another route, and not in buses_on


def corridor_of(facts: ControlFacts, circuit: Circuit) -> Corridor:
    """A route as it runs now: its buses on the circuit with their headways, its terminals, and what it needs."""
    placed, elsewhere = _placed(facts, circuit)
    promised = promised_s(facts, circuit.rails[0].direction, circuit.rails[0].stop_ids[0])
    cycle, measured = cycle_s(facts, circuit)
    layovers_s = facts.settings.least_layover_s * len(circuit.rails)
    buses = with_neighbours(facts, circuit, placed)
    heard = [bus for bus in buses if bus.state is not BusState.SILENT]
    unsure = sum(bus.is_unsure for bus in heard)
    return Corridor(
        route_id=circuit.route_id,
        buses=tuple(buses),
        elsewhere=tuple(elsewhere),
        terminals=tuple(_terminal(facts, circuit, rail, buses) for rail in range(len(circuit.rails))),
        promised_s=promised,
        cycle_s=cycle,
        is_measured=measured,
        buses_on=len(heard) - unsure,
        buses_needed=None if promised is None else math.ceil(cycle / promised),
        buses_planned=None if promised is None else math.ceil((circuit.run_s + layovers_s) / promised),
        kept_share=_kept_share(facts, circuit),
        worst=_worst(buses),
        is_timetabled=promised is None and any(has_timetable(facts, rail) for rail in circuit.rails),
        buses_unsure=unsure,
    )


def cycle_s(facts: ControlFacts, circuit: Circuit) -> tuple[float, bool]:
    """Seconds of one round with the least layovers, and whether all runs in it were measured (else partly planned)."""
    runs = [facts.calls.run_s(rail.direction, facts.now) for rail in circuit.rails]
    seconds = sum(rail.run_s if run is None else run for rail, run in zip(circuit.rails, runs, strict=True))
    return seconds + facts.settings.least_layover_s * len(circuit.rails), None not in runs


def last_departure(facts: ControlFacts, circuit: Circuit, rail: int) -> Departure | None:
    """The last departure from the first stop of a rail, from calls and from the vehicles' states; None without one."""
    direction = circuit.rails[rail].direction
    begun = [_begun(facts, state, direction) for state in facts.states.values()]
    rows = [row for row in (*begun, facts.calls.last_departure(direction)) if row is not None]
    return max(rows, default=None)


def _begun(facts: ControlFacts, state: VehicleState, direction: RouteDirection) -> Departure | None:
    trip = state.matched.trip
    if trip is None or state.trip_started_at is None or state.matched.status is VehicleStatus.LAYOVER:
        return None
    if directions_of(facts.network).of_trip.get(trip.trip_id) != direction:
        return None
    return Departure(state.trip_started_at, state.vehicle_id)


def _placed(facts: ControlFacts, circuit: Circuit) -> tuple[list[CorridorBus], list[str]]:
    buses, elsewhere = [], []
    for vehicle_id, state in sorted(facts.states.items()):
        trip = state.matched.trip
        direction = None if trip is None else directions_of(facts.network).of_trip.get(trip.trip_id)
        if trip is None or direction is None or direction.route_id != circuit.route_id or not _is_on_route(facts, state):
            continue
        rail = circuit.rail_of(direction)
        at_s = None if rail is None else at_on_rail(facts.network, circuit.rails[rail], state)
        if rail is None or at_s is None:
            elsewhere.append(vehicle_id)
            continue
        buses.append(
            CorridorBus(
                vehicle_id=vehicle_id,
                trip=trip,
                rail=rail,
                place_s=circuit.place_s(rail, at_s),
                state=_state_of(facts, state),
                heard_at=state.report.reported_at,
                reach_s=_reach_s(facts, circuit, rail, at_s, state),
                is_unsure=state.matched.status is not VehicleStatus.OFF_ROUTE and state.matched.confidence < SURE_OF_TRIP,
            )
        )
    return sorted(buses, key=lambda bus: (bus.place_s, bus.vehicle_id)), elsewhere


def _is_on_route(facts: ControlFacts, state: VehicleState) -> bool:
    standing = facts.standing.get(state.vehicle_id)
    if standing is not None and standing.is_parked:
        return False
    return state.matched.status in WITH_TRIP and facts.now - state.report.received_at <= GONE


def _state_of(facts: ControlFacts, state: VehicleState) -> BusState:
    if facts.is_silent(state.vehicle_id):
        return BusState.SILENT
    if state.vehicle_id in facts.standing and not _may_be_held(facts, state.vehicle_id):
        return BusState.STANDING
    if state.matched.status is VehicleStatus.OFF_ROUTE:
        return BusState.OFF_LINE
    return BusState.WAITING if state.matched.status is VehicleStatus.LAYOVER else BusState.RUNNING


def _may_be_held(facts: ControlFacts, vehicle_id: str) -> bool:
    """Whether a bus waits at its terminal for no longer than holding advice allows: then it is not standing."""
    since = facts.waiting.get(vehicle_id)
    longest_s = facts.settings.least_layover_s + facts.settings.longest_hold_s + HELD_SLACK_S
    return since is not None and (facts.now - since).total_seconds() <= longest_s


def _reach_s(facts: ControlFacts, circuit: Circuit, rail: int, at_s: float, state: VehicleState) -> float:
    """How far a silent bus may have come since its last fix, planned seconds; at most to the end of its rail."""
    if not facts.is_silent(state.vehicle_id):
        return 0.0
    return max(0.0, min((facts.now - state.report.reported_at).total_seconds(), circuit.rails[rail].run_s - at_s))


def with_neighbours(facts: ControlFacts, circuit: Circuit, placed: Sequence[CorridorBus]) -> list[CorridorBus]:
    """The same buses with the headways to the bus ahead and behind; the last one follows the first around the circuit."""
    if len(placed) < 2:
        return list(placed)
    count = len(placed)
    coming = [_moments(facts, bus.vehicle_id) for bus in placed]
    nexts = [(n + 1) % count for n in range(count)]
    headways = [_forecast_headway(facts, placed[n], placed[k], coming=coming[n], before=coming[k]) for n, k in enumerate(nexts)]
    buses = []
    for n, bus in enumerate(placed):
        ahead, behind = placed[(n + 1) % count], placed[n - 1]
        gap_s, stop_id = headways[n]
        uncertain = any(row.state is BusState.SILENT or row.is_unsure for row in (bus, ahead, behind))
        between_s = circuit.ahead_s(behind.place_s, ahead.place_s) or circuit.run_s
        here_s, here_id = headway_here(facts, circuit, bus, ahead)
        even_s = None if uncertain else (behind.place_s + between_s / 2) % circuit.run_s
        buses.append(
            replace(
                bus,
                ahead_id=ahead.vehicle_id,
                ahead_s=gap_s,
                ahead_stop_id=stop_id,
                behind_id=behind.vehicle_id,
                behind_s=headways[n - 1][0],
                even_s=even_s,
                is_uncertain=uncertain,
                was_s=headway_passed(facts, circuit, bus, ahead),
                here_s=here_s,
                here_id=here_id,
            )
        )
    return buses


Moments = Mapping[tuple[RouteDirection, str], datetime]


def _forecast_headway(
    facts: ControlFacts, bus: CorridorBus, ahead: CorridorBus, *, coming: Moments, before: Moments
) -> tuple[float | None, str | None]:
    """The headway (seconds) at the next stop that both buses have ahead, and its stop_id.

    Where the bus ahead has left all these stops (it has turned at a terminal): at the next stop that it was seen to pass.
    coming: the predictions for `bus`; before: those for the bus ahead.
    """
    if bus.vehicle_id == ahead.vehicle_id:
        return None, None
    for call, at in coming.items():
        if call in before and at >= before[call]:
            return (at - before[call]).total_seconds(), call[1]
    for (direction, stop_id), at in coming.items():
        passed_at = facts.calls.passed.get((direction, stop_id), {}).get(ahead.vehicle_id)
        if passed_at is not None and at > passed_at:
            return (at - passed_at).total_seconds(), stop_id
    return None, None


def headway_passed(facts: ControlFacts, circuit: Circuit, bus: CorridorBus, ahead: CorridorBus) -> float | None:
    """The headway (seconds) at the last stop of the bus's present run that both have passed; None without one."""
    rail, started_at = circuit.rails[bus.rail], facts.states[bus.vehicle_id].trip_started_at
    for stop_id in reversed(rail.stop_ids):
        passed = facts.calls.passed.get((rail.direction, stop_id), {})
        at, before = passed.get(bus.vehicle_id), passed.get(ahead.vehicle_id)
        if at is not None and before is not None and before <= at and (started_at is None or at >= started_at):
            return (at - before).total_seconds()
    return None


def headway_here(
    facts: ControlFacts, circuit: Circuit, bus: CorridorBus, ahead: CorridorBus
) -> tuple[float | None, str | None]:
    """The headway (seconds) at the next stop of the bus's run that the bus ahead has passed, and its stop_id.

    Only the bus's own arrival is predicted here; the passing of the bus ahead is observed.
    """
    direction = circuit.rails[bus.rail].direction
    for (other, stop_id), at in _moments(facts, bus.vehicle_id).items():
        passed_at = facts.calls.passed.get((other, stop_id), {}).get(ahead.vehicle_id)
        if other == direction and passed_at is not None and at > passed_at:
            return (at - passed_at).total_seconds(), stop_id
    return None, None


def _moments(facts: ControlFacts, vehicle_id: str) -> Moments:
    """(direction, stop_id) -> when the vehicle is predicted there, the soonest first."""
    direction_of = directions_of(facts.network).of_trip
    moments: dict[tuple[RouteDirection, str], datetime] = {}
    for row in sorted(facts.predictions.get(vehicle_id, ()), key=attrgetter("predicted_at")):
        direction = direction_of.get(row.trip.trip_id)
        if direction is not None:
            moments.setdefault((direction, row.stop_id), row.predicted_at)
    return moments


def _terminal(facts: ControlFacts, circuit: Circuit, rail: int, buses: Sequence[CorridorBus]) -> Terminal:
    row = circuit.rails[rail]
    last = last_departure(facts, circuit, rail)
    coming = next_departure(facts, row.direction, buses)
    return Terminal(
        rail=rail,
        stop_id=row.stop_ids[0],
        last_at=None if last is None else last.at,
        last_id=None if last is None else last.vehicle_id,
        next_at=None if coming is None else coming.predicted_at,
        next_id=None if coming is None else coming.vehicle_id,
        ghost_at=ghost_at(facts, row, last, coming),
    )


def next_departure(facts: ControlFacts, direction: RouteDirection, buses: Sequence[CorridorBus]) -> Prediction | None:
    """The earliest predicted departure of these buses from the first stop of a direction; None without one."""
    rows = [
        row
        for bus in buses
        for row in facts.predictions.get(bus.vehicle_id, ())
        if row.is_departure and directions_of(facts.network).of_trip.get(row.trip.trip_id) == direction
    ]
    return min(rows, key=lambda row: row.predicted_at, default=None)


def _kept_share(facts: ControlFacts, circuit: Circuit) -> float | None:
    kept: list[bool] = []
    for rail in circuit.rails:
        promised = promised_s(facts, rail.direction, rail.stop_ids[0])
        rows = [row for row in facts.calls.departures.get(rail.direction, ()) if facts.now - row.at <= KEPT_OF]
        if promised is not None:
            headways = [(later.at - before.at).total_seconds() for before, later in pairwise(rows)]
            kept += [headway <= promised + KEPT_WITHIN_S for headway in headways]
    return sum(kept) / len(kept) if kept else None


def _worst(buses: Sequence[CorridorBus]) -> Gap | None:
    """The longest headway of the buses that are not uncertain; None without one."""
    rows = [
        Gap(bus.ahead_s, bus.vehicle_id, bus.ahead_id, bus.ahead_stop_id)
        for bus in buses
        if bus.ahead_s is not None and bus.ahead_id is not None and bus.ahead_stop_id is not None and not bus.is_uncertain
    ]
    return max(rows, key=lambda gap: gap.seconds, default=None)
