"""A tracker that is put on another vehicle: the vehicle that it leaves is gone at once, the other goes on with its trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from gps_ingest.ingest.network_change import NetworkInUse
from transit.store.database import Engine, writing
from transit.store.vehicles import forget_states, save_states
from transit.tracking.ages import SILENT_AGE
from transit.tracking.report import AvlReport
from transit.tracking.state import VehicleState

KEEPS_ITS_TRIP = timedelta(minutes=10)  # as a vehicle that is silent: after that it may be on any trip


class TrackerMoves:
    """follow() is called at every look at the trackers' map, hear() with every report of a mapped tracker."""

    def __init__(self) -> None:
        self._left: dict[str, VehicleState] = {}  # tracker_id -> what was known of the vehicle that it was on
        self._heard: dict[tuple[str, str], datetime] = {}  # (vehicle_id, tracker_id) -> when it last reported for that vehicle

    def hear(self, report: AvlReport) -> None:
        self._heard[report.vehicle_id, report.tracker_id] = report.received_at

    def follow(self, engine: Engine, network: NetworkInUse, on: Mapping[str, str], now: datetime) -> None:
        """Releases the vehicles that have lost their tracker, and gives their states to those on which these trackers are now.

        on: tracker_id -> vehicle_id, as it is now.
        """
        self._heard = {pair: at for pair, at in self._heard.items() if on.get(pair[1]) == pair[0]}
        lost = self._without_tracker(network, on)
        kept = list(filter(None, (self._kept(network, state, on, now) for state in lost)))
        stay = {state.vehicle_id for state in kept}
        released = [state for state in lost if state.vehicle_id not in stay]
        for state in released:
            network.pipeline.release(state.vehicle_id)
        self._left |= {state.report.tracker_id: state for state in released}
        self._left = {t: state for t, state in self._left.items() if now - state.report.received_at <= KEEPS_ITS_TRIP}
        adopted = [*kept, *self._adopted(network, on)]
        for state in adopted:
            network.pipeline.adopt(state)
        if released or adopted:
            with writing(engine) as connection:
                forget_states(connection, [state.vehicle_id for state in released])
                save_states(connection, adopted, network_version=network.version)

    def _without_tracker(self, network: NetworkInUse, on: Mapping[str, str]) -> list[VehicleState]:
        """The vehicles that have no tracker now, or not the one that they are known by."""
        return [state for state in network.pipeline.states.values() if on.get(state.report.tracker_id) != state.vehicle_id]

    def _kept(self, network: NetworkInUse, state: VehicleState, on: Mapping[str, str], now: datetime) -> VehicleState | None:
        """The state of a vehicle by another tracker of it that is heard, unless the one that it lost takes its trip along."""
        goes_to = on.get(state.report.tracker_id)
        if goes_to is not None and goes_to not in network.pipeline.states:
            return None
        others = ((at, tracker) for (vehicle, tracker), at in self._heard.items() if vehicle == state.vehicle_id)
        at, tracker_id = max(others, default=(None, ""))
        if at is None or now - at > SILENT_AGE:
            return None
        return replace(state, report=replace(state.report, tracker_id=tracker_id))

    def _adopted(self, network: NetworkInUse, on: Mapping[str, str]) -> list[VehicleState]:
        """The state of a tracker's last vehicle, as that of its present one, of which nothing is known yet."""
        adopted = []
        for tracker_id, vehicle_id in on.items():
            if tracker_id in self._left and vehicle_id not in network.pipeline.states:
                state = self._left.pop(tracker_id)
                report = replace(state.report, vehicle_id=vehicle_id)
                adopted.append(replace(state, vehicle_id=vehicle_id, report=report))
        return adopted
