"""Vehicles that stand, as matters of the inbox: not one that is held at its terminal as advised, nor one that is not heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import a_trip_instance
from tests.control_cast import NOW, Control
from transit.forecasting.prediction import StandingVehicle
from transit.operations.facts import FleetFacts
from transit.operations.standing import troubles
from transit.operations.troubles import TroubleKind as Kind
from transit.tracking.state import StandingFacts


def stands(*, waits=False, heard_s_ago=10.0):
    return StandingVehicle(
        vehicle_id="B1",
        trip=a_trip_instance("R1a1", 0),
        since=NOW - timedelta(minutes=9),
        stop_id="P0_0",
        next_stop_sequence=1,
        reported_at=NOW - timedelta(seconds=heard_s_ago),
        ended_at=NOW - timedelta(minutes=1),
        waits=waits,
    )


def told(made, vehicle, **facts):
    made.standing = {"B1": vehicle}
    rows = troubles(FleetFacts(made.now, made.network, standing=[vehicle], corridors=[made.corridor()], **facts))
    return {trouble.kind for trouble in rows}


@pytest.mark.parametrize(("minutes", "kinds"), [(7, set()), (7.1, {Kind.STANDING})])
def test_a_bus_that_may_be_held_as_advised_waits_and_does_not_stand(minutes, kinds):
    """A minute that a driver needs, five that the advice may hold, one until its leaving is heard of."""
    made = Control().waits("B1", "R1a1", NOW - timedelta(minutes=minutes))
    assert told(made, stands(waits=True)) == kinds


def test_on_its_way_it_stands_however_short_the_advice_might_hold_it():
    made = Control().drives("B1", "R1a1", 1000.0)
    assert told(made, stands()) == {Kind.STANDING}


@pytest.mark.parametrize(("minutes", "kinds"), [(3, set()), (3.1, {Kind.STANDING})])
def test_what_a_bus_rested_before_it_left_its_terminal_is_not_standing(minutes, kinds):
    made = Control().drives("B1", "R1a1", 100.0)
    state = replace(made.states["B1"], trip_started_at=NOW - timedelta(minutes=minutes))
    assert told(made, stands(), states={"B1": state}) == kinds


@pytest.mark.parametrize(
    ("ago", "kinds"),
    [(timedelta(), {Kind.FROZEN_RECEIVER}), (timedelta(seconds=10), {Kind.FROZEN_RECEIVER, Kind.STANDING})],
)
def test_a_bus_that_stands_by_a_frozen_receiver_alone_is_told_once(ago, kinds):
    """Its newest report says whether its receiver is frozen still; if not, it stands, whatever its receiver did before."""
    made = Control().drives("B1", "R1a1", 1000.0)
    state = made.states["B1"]
    frozen_until = state.report.reported_at - ago
    frozen = StandingFacts(frozen_until, frozen_since=frozen_until - timedelta(minutes=11), frozen_until=frozen_until)
    assert told(made, stands(), states={"B1": replace(state, standing=frozen)}) == kinds


@pytest.mark.parametrize(("heard_s_ago", "kinds"), [(60.0, {Kind.STANDING}), (61.0, set())])
def test_of_a_bus_that_is_not_heard_nobody_knows_that_it_stands(heard_s_ago, kinds):
    made = Control().drives("B1", "R1a1", 1000.0)
    assert told(made, stands(heard_s_ago=heard_s_ago)) == kinds
    row = frozenset({f"{Kind.STANDING}|B1|"})
    assert told(made, stands(heard_s_ago=heard_s_ago), open=row) == {Kind.STANDING}, "a row that is there stays"
