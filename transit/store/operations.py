"""What troubles are found in, loaded at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from transit.operations.facts import FleetFacts
from transit.operations.limits import DEFAULT, InboxLimits
from transit.operations.watch import NO_WATCH, FleetWatch
from transit.plan.network import Network
from transit.store.alerts import load_alerts
from transit.store.assignments import Duty, assignments_in_force
from transit.store.broker_refusals import load_broker_refusals
from transit.store.departure_orders import load_departure_orders
from transit.store.tickets import load_waiting
from transit.store.trackers import load_tracker_health, newest_received_at
from transit.store.vehicles import load_states
from transit.tracking.state import VehicleState

REFUSALS_FOR = timedelta(hours=1)


def load_facts(
    connection: Connection,
    network: Network | None,
    now: datetime,
    watch: FleetWatch = NO_WATCH,
    states: Mapping[str, VehicleState] | None = None,
    limits: InboxLimits = DEFAULT,
) -> FleetFacts:
    """network: the current one; watch: the live process's; states: where they are known already."""
    if states is None:
        states = {state.vehicle_id: state for state in load_states(connection)[1]}
    assigned = assignments_in_force(connection, now)
    return FleetFacts(
        now=now,
        network=network,
        trackers=load_tracker_health(connection),
        states=states,
        hints={vehicle_id: hint for vehicle_id, row in assigned.items() if (hint := row.hint) is not None},
        idle=frozenset(vehicle_id for vehicle_id, row in assigned.items() if row.duty in (Duty.OFF, Duty.REPAIR)),
        alerts=load_alerts(connection, now),
        orders=load_departure_orders(connection, now),
        newest_received_at=newest_received_at(connection),
        broker_refusals=load_broker_refusals(connection, now - REFUSALS_FOR),
        watch=watch,
        tickets=load_waiting(connection, now - timedelta(hours=limits.ticket_h)),
        limits=limits,
    )
