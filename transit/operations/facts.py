"""The input of all rules that find troubles: one value, loaded by transit.store.operations.load_facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from transit.arrivals.alerts import Alert
from transit.control.corridor import Corridor
from transit.control.holding import HoldingAdvice
from transit.forecasting.departure_orders import DepartureOrder
from transit.forecasting.prediction import StandingVehicle
from transit.operations.broker_refusals import BrokerRefusals
from transit.operations.limits import DEFAULT, InboxLimits
from transit.operations.tracker_health import TrackerHealth
from transit.operations.watch import NO_WATCH, FleetWatch
from transit.operations.watch_report import NOTHING_WRONG, WatchReport
from transit.plan.network import Network
from transit.tracking.state import VehicleState
from transit.tracking.trip_choice import AssignmentHint


@dataclass(frozen=True, slots=True)
class WaitingTicket:
    """A report of a rider that nobody has answered."""

    ticket_id: str
    stop_id: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class FleetFacts:
    """The state of the fleet, its network and the time now."""

    now: datetime
    network: Network | None = None
    trackers: Sequence[TrackerHealth] = ()
    states: Mapping[str, VehicleState] = field(default_factory=dict)  # by vehicle_id
    hints: Mapping[str, AssignmentHint] = field(default_factory=dict)  # by vehicle_id: what dispatchers said
    idle: frozenset[str] = frozenset()  # vehicles that dispatchers said are off, or in repair
    alerts: Sequence[Alert] = ()  # what riders are told
    orders: Sequence[DepartureOrder] = ()
    newest_received_at: datetime | None = None  # of any report
    standing: Sequence[StandingVehicle] = ()  # of which nothing is promised; the live process finds them
    broker_refusals: Sequence[BrokerRefusals] = ()  # of the last hour
    watch: FleetWatch = NO_WATCH  # over the fleet as a whole
    parts: WatchReport = NOTHING_WRONG  # of our own processes
    corridors: Sequence[Corridor] = ()  # as the live process sees them now
    advice: Sequence[HoldingAdvice] = ()  # likewise
    loose: Mapping[str, datetime] = field(default_factory=dict)  # vehicle_id -> since when it moves without a trip
    tickets: Sequence[WaitingTicket] = ()  # those that have waited for a day
    limits: InboxLimits = DEFAULT
    open: frozenset[str] = frozenset()  # keys of the troubles that are matters already: they end later than they begin

    @property
    def vehicles(self) -> frozenset[str]:
        """The vehicles that have a tracker."""
        return frozenset(row.vehicle_id for row in self.trackers if row.vehicle_id is not None)

    @property
    def timezone(self) -> str:
        return self.network.timezone if self.network else "UTC"
