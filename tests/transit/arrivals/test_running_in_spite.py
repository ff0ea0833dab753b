"""A vehicle that drives what a notice says does not run is found, and told to the operator."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from tests.builders import SEVEN, a_network, a_report, a_trip_instance, at
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.arrivals.notices import running_in_spite
from transit.operations.facts import FleetFacts
from transit.operations.findings import troubles_of
from transit.operations.troubles import TroubleKind
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus

PLAIN = a_network()
RUN = a_trip_instance()


def a_state(when: datetime = SEVEN, status: VehicleStatus = VehicleStatus.ON_TRIP) -> VehicleState:
    return VehicleState(
        "BUS1", a_report((100.0, 0.0), when), MatchedPosition(when, status, RUN, 100.0, 5.0), next_stop_sequence=2
    )


def notice(*informed: InformedEntity, effect: Effect = Effect.NO_SERVICE) -> Alert:
    return Alert("a1", {"id": "Tidak jalan"}, informed, at(6), effect=effect)


@pytest.mark.parametrize("informed", [InformedEntity(trip=RUN), InformedEntity(route_id="R1"), InformedEntity(agency_id="A")])
def test_a_vehicle_on_a_cancelled_run_is_found(informed: InformedEntity):
    (running,) = running_in_spite([notice(informed)], PLAIN, [a_state()], SEVEN)
    assert (running.vehicle_id, running.trip, running.alert.alert_id) == ("BUS1", RUN, "a1")


def test_neither_one_that_waits_nor_one_not_seen_nor_one_that_no_cancellation_names_is():
    cancelled = notice(InformedEntity(trip=RUN))
    assert not running_in_spite([cancelled], PLAIN, [a_state(status=VehicleStatus.LAYOVER)], SEVEN)
    assert not running_in_spite([cancelled], PLAIN, [a_state()], SEVEN + timedelta(minutes=6))
    assert not running_in_spite([notice(InformedEntity(trip=a_trip_instance("T2")))], PLAIN, [a_state()], SEVEN)
    assert not running_in_spite([notice(InformedEntity(stop_id="S4"))], PLAIN, [a_state()], SEVEN)
    assert not running_in_spite([notice(InformedEntity(trip=RUN), effect=Effect.DETOUR)], PLAIN, [a_state()], SEVEN)


def test_the_operator_is_told():
    facts = FleetFacts(SEVEN, PLAIN, states={"BUS1": a_state()}, alerts=[notice(InformedEntity(trip=RUN))])
    (trouble,) = [row for row in troubles_of(facts) if row.kind is TroubleKind.RUNS_IN_SPITE]
    assert (trouble.subject, trouble.figures) == ("BUS1", {"trip_id": "T1", "notice": "Tidak jalan"})
    without = FleetFacts(SEVEN, PLAIN, states={"BUS1": a_state()})
    assert not [row for row in troubles_of(without) if row.kind is TroubleKind.RUNS_IN_SPITE]
