"""The input of headway control: one value, gathered once a second by the live process, or by a benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from transit.arrivals.alerts import Alert
from transit.control.calls import RecentCalls
from transit.control.circuit import Circuit
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.plan.network import Network
from transit.tracking.state import VehicleState, is_silent


@dataclass(frozen=True, slots=True)
class HoldingSettings:
    """Settings of the holding advice, in seconds."""

    longest_hold_s: float = 300.0
    lowest_headway_s: float | None = None  # None: the promised headway of the route
    least_layover_s: float = 60.0  # a driver needs this time at a terminal, whatever the headway


@dataclass(frozen=True, slots=True)
class ControlFacts:
    """The fleet at a moment, as the forecaster sees it."""

    now: datetime
    network: Network
    circuits: Mapping[str, Circuit]  # by route_id
    calls: RecentCalls
    states: Mapping[str, VehicleState]  # by vehicle_id
    predictions: Mapping[str, Sequence[Prediction]] = field(default_factory=dict)  # by vehicle_id
    waiting: Mapping[str, datetime] = field(default_factory=dict)  # vehicle_id -> since when it waits at its first stop
    standing: Mapping[str, StandingVehicle] = field(default_factory=dict)  # by vehicle_id
    alerts: Sequence[Alert] = ()
    in_outage: bool = False
    settings: HoldingSettings = HoldingSettings()

    def is_silent(self, vehicle_id: str) -> bool:
        state = self.states.get(vehicle_id)
        return state is None or is_silent(state, self.now)
