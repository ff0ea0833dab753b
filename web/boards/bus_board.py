"""One bus, for the dispatcher: its place, its predictions, its advice and its troubles."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from transit.control.corridor import CorridorBus
from transit.control.holding import HoldingAdvice
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import Trouble
from transit.plan.network import Network, Route, Stop, Trip
from transit.tracking.state import VehicleState
from web.live.control import read_control
from web.live.questions import ExplanationAnswer, ask
from web.world import World

STOPS_AHEAD = 40  # most stops listed
WHY_WAIT_S = 1.5  # for the live process's explanation; after that the page comes without it


@dataclass(frozen=True)
class ExpectedCall:
    """One stop ahead of the bus."""

    stop: Stop
    prediction: Prediction


@dataclass(frozen=True)
class Why:
    """Why the first stop ahead has its time."""

    stop: Stop
    answer: ExplanationAnswer

    @property
    def factors(self) -> list[tuple[str, int]]:
        """(feature, per cent) of those that change the usual time by at least half a per cent, the strongest first."""
        rows = [(factor.name, round(100.0 * (factor.times - 1.0))) for factor in self.answer.factors]
        return sorted((row for row in rows if row[1]), key=lambda row: -abs(row[1]))

    @property
    def shown_at(self) -> datetime:
        return datetime.fromisoformat(self.answer.shown_at)


@dataclass(frozen=True)
class BusBoard:
    vehicle_id: str
    state: VehicleState | None  # None: never heard
    trip: Trip | None
    route: Route | None
    trackers: list[TrackerHealth]
    standing: StandingVehicle | None
    on_corridor: CorridorBus | None
    advice: list[HoldingAdvice]
    troubles: list[Trouble]
    ahead: list[ExpectedCall]
    why: Why | None


def bus_board(world: World, vehicle_id: str) -> BusBoard | None:
    """None for a vehicle that was never heard and has no tracker."""
    network = world.network
    trackers = [tracker for tracker in world.view.trackers if tracker.vehicle_id == vehicle_id]
    state = world.states.get(vehicle_id)
    if network is None or (state is None and not trackers):
        return None
    trip = network.trips.get(state.matched.trip.trip_id) if state and state.matched.trip else None
    control = read_control(world.settings.data_dir)
    buses = [bus for corridor in control.corridors for bus in corridor.buses] if control else []
    ahead = _ahead(world, network, vehicle_id)
    return BusBoard(
        vehicle_id=vehicle_id,
        state=state,
        trip=trip,
        route=network.routes[trip.route_id] if trip else None,
        trackers=trackers,
        standing=world.view.standing.get(vehicle_id),
        on_corridor=next((bus for bus in buses if bus.vehicle_id == vehicle_id), None),
        advice=[row for row in (control.advice if control else []) if row.vehicle_id == vehicle_id],
        troubles=[row for row in world.view.troubles if _concerns(row, vehicle_id, {row.tracker_id for row in trackers})],
        ahead=ahead,
        why=_why(world, vehicle_id, ahead),
    )


def _ahead(world: World, network: Network, vehicle_id: str) -> list[ExpectedCall]:
    rows = sorted(
        (row for row in world.view.every_prediction if row.vehicle_id == vehicle_id), key=lambda row: row.predicted_at
    )
    return [ExpectedCall(network.stops[row.stop_id], row) for row in rows[:STOPS_AHEAD] if row.stop_id in network.stops]


def _concerns(trouble: Trouble, vehicle_id: str, tracker_ids: set[str]) -> bool:
    return trouble.subject in {vehicle_id, *tracker_ids} or trouble.figures.get("vehicle") == vehicle_id


def _why(world: World, vehicle_id: str, ahead: list[ExpectedCall]) -> Why | None:
    if not ahead or not world.is_live:
        return None
    call = ahead[0]
    explanations = ask(world.settings.data_dir, vehicle_id, call.prediction.stop_id, WHY_WAIT_S)
    rows = [row for row in explanations or [] if row.tier == call.prediction.tier.value]
    return Why(call.stop, rows[0]) if rows else None
