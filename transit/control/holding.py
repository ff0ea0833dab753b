"""When the next bus should leave a terminal so that buses stay evenly apart.

The rule: leave = max(ready, last departure + H), held for the longest hold at most; H = max(1.05 x (cycle - held) / buses on
the route, lowest allowed headway). Reason and measurements: docs/decisions/0105. Where the lowest allowed headway would hold
all buses to the limit, it is lowered: buses that are always held to the limit cannot be evened out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from transit.control.calls import Departure
from transit.control.circuit import Circuit
from transit.control.corridor import BusState, Corridor, CorridorBus, last_departure
from transit.control.facts import ControlFacts
from transit.control.ghosts import promised_s
from transit.forecasting.prediction import Prediction, Tier
from transit.plan.directions import directions_of
from transit.plan.network import Network
from transit.plan.service_day import local_date
from transit.plan.timetable import timetable_of

SLACK = 1.05  # H over the mean headway, so that there is room to even out; 1.00 to 1.10 differ little
USABLE_HOLD = 0.5  # share of the longest hold that H may ask for on average
SOON = timedelta(minutes=5)  # a bus this near to its terminal gets advice already, so that its driver knows in time
FEWEST_BUSES = 2
FOR_LAST = timedelta(hours=2)  # an older departure does not count as the last one


class NoAdvice(StrEnum):
    """Why a bus gets no advice."""

    OUTAGE = "outage"  # the fleet is not heard
    TOO_FEW = "too_few"  # buses
    NO_HEADWAY = "no_headway"  # is promised now
    TIMETABLE = "timetable"  # departures have times; a held bus would leave late
    LAST_CYCLE = "last_cycle"
    NEIGHBOUR_SILENT = "neighbour_silent"
    NO_DEPARTURE = "no_departure"  # nobody has left this terminal yet


@dataclass(frozen=True, slots=True)
class HoldingAdvice:
    """When a bus should leave its terminal; why_not: why nothing is advised. wait_*_s: mean wait of riders there."""

    vehicle_id: str
    route_id: str
    stop_id: str  # the terminal
    ready_at: datetime  # when it can leave
    leave_at: datetime
    headway_s: float  # H
    after_at: datetime | None  # the last departure; after_id: its vehicle
    after_id: str | None
    is_there: bool  # it waits at the terminal now; else it is expected
    wait_with_s: float | None  # expected wait of riders in the gaps before and behind it, if it leaves as advised
    wait_without_s: float | None  # the same if it leaves when it is ready
    why_not: NoAdvice | None = None
    silent_id: str | None = None  # the neighbour that is not heard
    follower_at: datetime | None = None  # when the bus behind can leave there, where that is forecast

    @property
    def held_s(self) -> float:
        return (self.leave_at - self.ready_at).total_seconds()


def advise(facts: ControlFacts, circuit: Circuit, corridor: Corridor) -> list[HoldingAdvice]:
    """One row for each bus at a terminal, or within SOON of one, in the order in which they will leave."""
    rows: list[HoldingAdvice] = []
    for rail in range(len(circuit.rails)):
        last = last_departure(facts, circuit, rail)
        if last is not None and facts.now - last.at > FOR_LAST:
            last = None
        ready = _ready(facts, circuit, rail, corridor.buses)
        for n, (bus, ready_at) in enumerate(ready):
            follower = ready[n + 1][1] if n + 1 < len(ready) else _follower_ready_at(facts, circuit, rail, corridor, bus)
            row = _advice(facts, circuit, corridor, rail=rail, bus=bus, ready_at=ready_at, last=last, follower_at=follower)
            rows.append(row)
            if row.why_not is None:
                last = Departure(row.leave_at, bus.vehicle_id)
    return rows


def holding_headway_s(facts: ControlFacts, circuit: Circuit, corridor: Corridor) -> float:
    """H in seconds: the headway that the buses on the road can keep, but not below the lowest allowed one."""
    on = max(corridor.buses_on, 1)
    lowest = facts.settings.lowest_headway_s
    if lowest is None:
        lowest = corridor.promised_s or 0.0
    usable_s = USABLE_HOLD * facts.settings.longest_hold_s * len(circuit.rails)
    return max(SLACK * corridor.cycle_s / on, min(lowest, (corridor.cycle_s + usable_s) / on))


def _ready(
    facts: ControlFacts, circuit: Circuit, rail: int, buses: Sequence[CorridorBus]
) -> list[tuple[CorridorBus, datetime]]:
    """The buses that wait at the first stop of a rail, or will within SOON, and when each can leave."""
    least = timedelta(seconds=facts.settings.least_layover_s)
    rows = []
    for bus in buses:
        if bus.state is BusState.WAITING and bus.rail == rail:
            since = facts.waiting.get(bus.vehicle_id, bus.heard_at)
            rows.append((bus, since + least))
        elif bus.state is BusState.RUNNING and circuit.rail_after(bus.rail) == rail:
            arrives_at = _arrives_at(facts, circuit, bus)
            if arrives_at is not None and arrives_at - facts.now <= SOON:
                rows.append((bus, arrives_at + least))
    return sorted(rows, key=lambda row: (row[1], row[0].vehicle_id))


def _arrives_at(facts: ControlFacts, circuit: Circuit, bus: CorridorBus) -> datetime | None:
    """When it reaches the last stop of its trip; None where that is not forecast."""
    rows = facts.predictions.get(bus.vehicle_id, ())
    last = circuit.rails[bus.rail].stop_ids[-1]
    return max((row.predicted_at for row in rows if row.trip == bus.trip and row.stop_id == last), default=None)


def _follower_ready_at(
    facts: ControlFacts, circuit: Circuit, rail: int, corridor: Corridor, bus: CorridorBus
) -> datetime | None:
    """When the bus behind can leave the same terminal: by its arrival there, else by the prediction for its next trip."""
    behind = next((row for row in corridor.buses if row.vehicle_id == bus.behind_id), None)
    if behind is None or behind.state is BusState.SILENT:
        return None
    if circuit.rail_after(behind.rail) == rail and (arrives_at := _arrives_at(facts, circuit, behind)) is not None:
        return arrives_at + timedelta(seconds=facts.settings.least_layover_s)
    direction = circuit.rails[rail].direction
    rows = [row for row in facts.predictions.get(behind.vehicle_id, ()) if _begins(facts.network, row, direction)]
    return min((row.predicted_at for row in rows), default=None)


def _begins(network: Network, row: Prediction, direction: object) -> bool:
    return row.is_departure and row.tier is not Tier.LIVE and directions_of(network).of_trip.get(row.trip.trip_id) == direction


def _advice(
    facts: ControlFacts,
    circuit: Circuit,
    corridor: Corridor,
    *,
    rail: int,
    bus: CorridorBus,
    ready_at: datetime,
    last: Departure | None,
    follower_at: datetime | None,
) -> HoldingAdvice:
    headway = holding_headway_s(facts, circuit, corridor)
    why_not, silent_id = _why_not(facts, circuit, corridor, rail, bus, last)
    leave_at = ready_at
    if why_not is None and last is not None:
        longest = ready_at + timedelta(seconds=facts.settings.longest_hold_s)
        leave_at = min(max(ready_at, last.at + timedelta(seconds=headway)), longest)
    return HoldingAdvice(
        vehicle_id=bus.vehicle_id,
        route_id=circuit.route_id,
        stop_id=circuit.rails[rail].stop_ids[0],
        ready_at=ready_at,
        leave_at=leave_at,
        headway_s=headway,
        after_at=None if last is None else last.at,
        after_id=None if last is None else last.vehicle_id,
        is_there=bus.state is BusState.WAITING,
        wait_with_s=expected_wait_s(last, leave_at, follower_at),
        wait_without_s=expected_wait_s(last, ready_at, follower_at),
        why_not=why_not,
        silent_id=silent_id,
        follower_at=follower_at,
    )


def expected_wait_s(last: Departure | None, leave_at: datetime, follower_at: datetime | None) -> float | None:
    """Mean wait (seconds) of riders who come evenly between the last departure and the follower's: sum(h^2) / (2 sum(h))."""
    if last is None or follower_at is None:
        return None
    headways = [(leave_at - last.at).total_seconds(), max((follower_at - leave_at).total_seconds(), 0.0)]
    total = sum(headways)
    return sum(headway**2 for headway in headways) / (2.0 * total) if headways[0] >= 0.0 and total > 0.0 else None


def _why_not(
    facts: ControlFacts, circuit: Circuit, corridor: Corridor, rail: int, bus: CorridorBus, last: Departure | None
) -> tuple[NoAdvice | None, str | None]:
    row = circuit.rails[rail]
    if facts.in_outage:
        return NoAdvice.OUTAGE, None
    if promised_s(facts, row.direction, row.stop_ids[0]) is None:
        return (NoAdvice.TIMETABLE if corridor.is_timetabled else NoAdvice.NO_HEADWAY), None
    if corridor.buses_on < FEWEST_BUSES:
        return NoAdvice.TOO_FEW, None
    if _is_last_cycle(facts, circuit, corridor, rail):
        return NoAdvice.LAST_CYCLE, None
    silent = _silent_neighbour(facts, corridor, bus, last)
    if silent is not None:
        return NoAdvice.NEIGHBOUR_SILENT, silent
    return (NoAdvice.NO_DEPARTURE, None) if last is None else (None, None)


def _is_last_cycle(facts: ControlFacts, circuit: Circuit, corridor: Corridor, rail: int) -> bool:
    """Whether a bus held now would come back too late for another departure."""
    row = circuit.rails[rail]
    day = local_date(facts.now, facts.network.timezone)
    hours = timetable_of(facts.network).hours(row.stop_ids[0], row.direction, day)
    return hours is not None and facts.now + timedelta(seconds=corridor.cycle_s) > hours.last_at


def _silent_neighbour(facts: ControlFacts, corridor: Corridor, bus: CorridorBus, last: Departure | None) -> str | None:
    """The vehicle_id of a silent neighbour: the bus that left last or the bus behind, if still on the route; else None."""
    silent = {row.vehicle_id for row in corridor.buses if row.state is BusState.SILENT}
    neighbours = [*([last.vehicle_id] if last is not None else []), *([bus.behind_id] if bus.behind_id else [])]
    return next((vehicle_id for vehicle_id in neighbours if vehicle_id in silent), None)
