"""Troubles: edits of dispatchers that have no effect, which the dispatcher may not know."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from transit.operations.facts import FleetFacts
from transit.operations.troubles import Trouble, TroubleKind
from transit.plan.network import Network
from transit.plan.service_day import local_date, services_on
from transit.tracking.ages import TOLD_AGE
from transit.tracking.state import WITH_TRIP, VehicleState
from transit.tracking.trip_choice import AssignmentHint

OVERDUE = timedelta(minutes=5)  # an order not followed until this long after its time is told


def troubles(facts: FleetFacts) -> Iterator[Trouble]:
    for vehicle_id, hint in facts.hints.items():
        yield from _of_assignment(facts, vehicle_id, hint)
    yield from _of_orders(facts)


def _of_assignment(facts: FleetFacts, vehicle_id: str, hint: AssignmentHint) -> Iterator[Trouble]:
    network, figures = facts.network, {"named": hint.trip_id or hint.route_id or ""}
    if network is None:
        return
    if vehicle_id not in facts.vehicles:
        yield Trouble(TroubleKind.ASSIGNED_WITHOUT_TRACKER, vehicle_id, figures=figures)
    elif not _is_in(network, hint):
        yield Trouble(TroubleKind.ASSIGNMENT_UNKNOWN, vehicle_id, figures=figures)
    elif not _runs_now(network, hint, facts):
        yield Trouble(TroubleKind.ASSIGNMENT_NOT_TODAY, vehicle_id, figures=figures)
    elif (state := facts.states.get(vehicle_id)) and _is_overruled(state, facts):
        trip = state.matched.trip
        driven = network.trips[trip.trip_id].route_id if trip and trip.trip_id in network.trips else ""
        figures["driven"] = trip.trip_id if trip and hint.trip_id and driven == hint.route_id else driven
        yield Trouble(TroubleKind.ASSIGNMENT_OVERRULED, vehicle_id, state.report.reported_at, figures)


def _is_in(network: Network, hint: AssignmentHint) -> bool:
    return (hint.route_id is None or hint.route_id in network.routes) and (
        hint.trip_id is None or hint.trip_id in network.trips
    )


def _runs_now(network: Network, hint: AssignmentHint, facts: FleetFacts) -> bool:
    """Whether the hint is for a route, or for a trip whose service runs today or ran yesterday (trips may pass midnight)."""
    if hint.trip_id is None:
        return True
    today, service_id = local_date(facts.now, network.timezone), network.trips[hint.trip_id].service_id
    return any(service_id in services_on(network, today - timedelta(days=back)) for back in (0, 1))


def _is_overruled(state: VehicleState, facts: FleetFacts) -> bool:
    return abs(facts.now - state.report.reported_at) <= TOLD_AGE and state.matched.is_overruled


def _of_orders(facts: FleetFacts) -> Iterator[Trouble]:
    for order in facts.orders:
        departs_s = order.departs_at.timestamp()
        figures = {"departs_at": departs_s}
        state = facts.states.get(order.vehicle_id)
        if order.vehicle_id not in facts.vehicles:
            yield Trouble(TroubleKind.DEPARTURE_WITHOUT_TRACKER, order.vehicle_id, order.said_at, figures)
        elif state is None or abs(facts.now - state.report.reported_at) > TOLD_AGE:
            yield Trouble(TroubleKind.DEPARTURE_UNSEEN, order.vehicle_id, order.said_at, figures)
        elif state.matched.status not in WITH_TRIP:
            yield Trouble(TroubleKind.DEPARTURE_WITHOUT_TRIP, order.vehicle_id, order.said_at, figures)
        elif facts.now - order.departs_at > OVERDUE:
            yield Trouble(TroubleKind.DEPARTURE_OVERDUE, order.vehicle_id, order.said_at, figures)
