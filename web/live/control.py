"""The state of the console (corridors and advice), written once a second to its own file beside the snapshot.

It is kept apart so that riders' requests never read it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from transit.arrivals.alerts import Alert
from transit.control.calls import KEPT, RecentCalls
from transit.control.circuit import Circuit, circuits_of
from transit.control.corridor import Corridor, corridor_of
from transit.control.facts import ControlFacts, HoldingSettings
from transit.control.holding import HoldingAdvice, advise
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.plan.network import Network
from transit.plan.service_day import local_date
from transit.store.files import write_atomically
from transit.store.stop_events import last_event_before, load_stop_events
from transit.tracking.state import StopEvent, VehicleState
from web.live.snapshot import folder, pack_raw

FORMAT = 2
NAME = "control.msgpack"
NO_STATES = pack_raw([])
PAGE = 10_000  # calls read from the database at a time


class ControlState(msgspec.Struct, frozen=True):
    """The corridors, the advice and the buses of a moment, for the console alone."""

    format: int
    made_at: datetime
    network_version: str | None
    corridors: list[Corridor]
    advice: list[HoldingAdvice]
    states: msgspec.Raw = NO_STATES  # list[VehicleState], without their memory

    def all_states(self) -> list[VehicleState]:
        return msgspec.msgpack.decode(self.states, type=list[VehicleState])


@dataclass
class ControlRoom:
    """What the live process keeps for the console from one step to the next, for one network."""

    network: Network
    calls: RecentCalls = field(init=False)
    settings: HoldingSettings = field(default_factory=HoldingSettings)
    _day: date | None = None
    _circuits: dict[str, Circuit] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calls = RecentCalls(self.network)

    def recall(self, connection: Any, last_event_id: int, now: datetime) -> None:
        """Takes in the stored calls of the last hours, up to last_event_id."""
        after_id = last_event_before(connection, now - KEPT)
        while after_id < last_event_id and (rows := load_stop_events(connection, after_id, PAGE)):
            self.calls.hear([event for event_id, event in rows if event_id <= last_event_id], now)
            after_id = rows[-1][0]

    def hear(self, events: Iterable[StopEvent], now: datetime) -> None:
        self.calls.hear(events, now)

    def state(
        self,
        now: datetime,
        version: str | None,
        *,
        states: Mapping[str, VehicleState],
        predictions: Sequence[Prediction],
        waiting: Mapping[str, datetime],
        standing: Iterable[StandingVehicle],
        in_outage: bool,
        alerts: Sequence[Alert] = (),
    ) -> ControlState:
        day = local_date(now, self.network.timezone)
        if day != self._day:
            self._day, self._circuits = day, circuits_of(self.network, day)
        of_vehicle: dict[str, list[Prediction]] = {}
        for row in predictions:
            of_vehicle.setdefault(row.vehicle_id, []).append(row)
        facts = ControlFacts(
            now=now,
            network=self.network,
            circuits=self._circuits,
            calls=self.calls,
            states=states,
            predictions=of_vehicle,
            waiting=waiting,
            standing={row.vehicle_id: row for row in standing},
            alerts=alerts,
            in_outage=in_outage,
            settings=self.settings,
        )
        corridors, advice = [], []
        for route_id, some in _by_route(self.network, states).items():
            circuit = self._circuits.get(route_id)
            if circuit is not None:
                mine = replace(facts, states=some)
                corridor = corridor_of(mine, circuit)
                corridors.append(corridor)
                advice += advise(mine, circuit, corridor)
        return ControlState(format=FORMAT, made_at=now, network_version=version, corridors=corridors, advice=advice)


def _by_route(network: Network, states: Mapping[str, VehicleState]) -> dict[str, dict[str, VehicleState]]:
    """Every route, in the order in which riders see them, with the vehicles whose trip is of it."""
    order = sorted(network.routes.values(), key=lambda route: (route.sort_order is None, route.sort_order or 0, route.route_id))
    some: dict[str, dict[str, VehicleState]] = {route.route_id: {} for route in order}
    for vehicle_id, state in states.items():
        trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
        if trip is not None:
            some[trip.route_id][vehicle_id] = state
    return some


def write_control(data_dir: Path, state: ControlState) -> None:
    write_atomically(folder(data_dir) / NAME, msgspec.msgpack.encode(state))


def control_stamp(data_dir: Path) -> tuple[int, int] | None:
    """A value that differs for each written state; None where none is written."""
    try:
        stat = (folder(data_dir) / NAME).stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns


def read_control(data_dir: Path) -> ControlState | None:
    """The state written last; None without one in this version's format."""
    try:
        state = msgspec.msgpack.decode((folder(data_dir) / NAME).read_bytes(), type=ControlState)
    except (OSError, msgspec.MsgspecError):
        return None
    return state if state.format == FORMAT else None
