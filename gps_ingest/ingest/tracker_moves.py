"""A tracker that is put on another vehicle: the vehicle that it leaves is gone at once, the other goes on with its trip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from gps_ingest.ingest.network_change import NetworkInUse
from transit.store.database import Engine, writing
from transit.store.vehicles import forget_states, save_states
from transit.tracking.state import VehicleState

KEEPS_ITS_TRIP = timedelta(minutes=10)  # as a vehicle that is silent: after that it may be on any trip


class TrackerMoves:
    """follow() is called at every look at the trackers' map."""

    def __init__(self) -> None:
        self._left: dict[str, VehicleState] = {}  # tracker_id -> what was known of the vehicle that it was on

    def follow(
        self, engine: Engine, network: NetworkInUse, before: Mapping[str, str], after: Mapping[str, str], now: datetime
    ) -> None:
        """Releases the vehicles that have lost their tracker, and gives their states to those on which these trackers are now.

        before, after: tracker_id -> vehicle_id, at the look before and now.
        """
        released = self._without_tracker(network, before, after)
        for state in released:
            network.pipeline.release(state.vehicle_id)
        self._left |= {state.report.tracker_id: state for state in released}
        self._left = {t: state for t, state in self._left.items() if now - state.report.received_at <= KEEPS_ITS_TRIP}
        adopted = self._adopted(network, after)
        for state in adopted:
            network.pipeline.adopt(state)
        if released or adopted:
            with writing(engine) as connection:
                forget_states(connection, [state.vehicle_id for state in released])
                save_states(connection, adopted, network_version=network.version)

    def _without_tracker(
        self, network: NetworkInUse, before: Mapping[str, str], after: Mapping[str, str]
    ) -> list[VehicleState]:
        """The vehicles that have no tracker now, or lost the one that they are known by."""
        vehicles, states = set(after.values()), network.pipeline.states
        moved = {(vehicle_id, tracker_id) for tracker_id, vehicle_id in before.items() if after.get(tracker_id) != vehicle_id}
        return [
            state
            for vehicle_id, state in states.items()
            if vehicle_id not in vehicles or (vehicle_id, state.report.tracker_id) in moved
        ]

    def _adopted(self, network: NetworkInUse, after: Mapping[str, str]) -> list[VehicleState]:
        """The state of a tracker's last vehicle, as that of its present one, of which nothing is known yet."""
        adopted = []
        for tracker_id, vehicle_id in after.items():
            if tracker_id in self._left and vehicle_id not in network.pipeline.states:
                state = self._left.pop(tracker_id)
                report = replace(state.report, vehicle_id=vehicle_id)
                adopted.append(replace(state, vehicle_id=vehicle_id, report=report))
        return adopted
