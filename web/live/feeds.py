"""The three GTFS-Realtime feeds as bytes, made by the live process, or by a worker while it does not run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from gtfs import realtime
from transit.arrivals.alerts import Alert
from transit.arrivals.crowding import Crowding
from transit.forecasting.prediction import Prediction, StandingVehicle
from transit.plan.network import Network
from transit.tracking.state import VehicleState


def feeds_of(
    network: Network,
    states: list[VehicleState],
    predictions: list[Prediction],
    standing: list[StandingVehicle],
    alerts: list[Alert],
    now: datetime,
    crowding: Mapping[str, Crowding],
) -> dict[str, bytes]:
    """Name of the feed -> FeedMessage bytes. crowding: vehicle_id -> how full it is on its present trip."""
    positions = realtime.vehicle_positions(network, states, now, standing=standing, crowding=crowding)
    return {
        "vehicle_positions": realtime.to_pb(positions),
        "trip_updates": realtime.to_pb(realtime.trip_updates(network, predictions, states, now, alerts, standing=standing)),
        "alerts": realtime.to_pb(realtime.alerts(network, alerts, now)),
    }
