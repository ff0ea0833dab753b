"""What troubles are found in, loaded at once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from transit.operations.facts import FleetFacts
from transit.plan.network import Network
from transit.store.assignments import load_assignments
from transit.store.departure_orders import load_departure_orders
from transit.store.trackers import load_tracker_health, newest_received_at
from transit.store.vehicles import load_states


def load_facts(connection: Connection, network: Network | None, now: datetime) -> FleetFacts:
    """network: the current one."""
    return FleetFacts(
        now=now,
        network=network,
        trackers=load_tracker_health(connection),
        states={state.vehicle_id: state for state in load_states(connection)[1]},
        hints=load_assignments(connection),
        orders=load_departure_orders(connection, now),
        newest_received_at=newest_received_at(connection),
    )
