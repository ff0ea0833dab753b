"""When the fleet counts as silent as a whole: the rule of design/HEADWAY_CONTROL.md, with 1, 2, 3, 6, 8 and 10 buses."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.control_cast import NOW, Control
from transit.operations.facts import FleetFacts
from transit.operations.outage import troubles, watch
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import TroubleKind
from transit.operations.watch import NO_WATCH
from transit.tracking.trip_choice import AssignmentHint

SILENT_S, HEARD_S = 151.0, 150.0  # what is silent, and what is not yet


def facts(heard_s_ago, *, later_s=0.0, hints=()):
    """Buses B1, B2, ... on a trip, each last heard so long before NOW; looked at some seconds after NOW."""
    road = Control()
    for n, seconds in enumerate(heard_s_ago, 1):
        road.drives(f"B{n}", "R1a1", 3000.0, heard_s_ago=seconds)
    trackers = [TrackerHealth(f"T-{vehicle_id}", vehicle_id) for vehicle_id in {*road.states, *hints}]
    return FleetFacts(
        NOW + timedelta(seconds=later_s),
        road.network,
        trackers=trackers,
        states=road.states,
        hints={vehicle_id: AssignmentHint("R1") for vehicle_id in hints},
    )


def watched(before, fleet, *, silent, later_s):
    """After a look at a fleet of which so many are silent."""
    return watch(before, facts([SILENT_S] * silent + [5.0 - later_s] * (fleet - silent), later_s=later_s))


def is_outage(fleet, silent):
    """Whether so many silent buses are an outage once they have been so for a minute."""
    looked = watched(NO_WATCH, fleet, silent=silent, later_s=0.0)
    assert looked.since is None, "never at the first look"
    assert watched(looked, fleet, silent=silent, later_s=59.0).since is None, "nor before a minute"
    return watched(looked, fleet, silent=silent, later_s=60.0).since is not None


@pytest.mark.parametrize(("fleet", "least"), [(1, 1), (2, 2), (3, 2), (6, 3), (8, 4), (10, 5)])
def test_two_silent_buses_and_half_of_the_fleet_are_an_outage_and_one_less_is_none(fleet, least):
    assert [is_outage(fleet, silent) for silent in range(fleet + 1)] == [silent >= least for silent in range(fleet + 1)]


@pytest.mark.parametrize(("fleet", "most"), [(1, 0), (2, 0), (3, 0), (6, 1), (8, 2), (10, 3)])
def test_it_is_over_once_fewer_than_a_third_have_been_silent_for_a_minute(fleet, most):
    begun = watched(watched(NO_WATCH, fleet, silent=fleet, later_s=0.0), fleet, silent=fleet, later_s=60.0)
    assert begun.since == NOW - timedelta(seconds=SILENT_S), "since the last of them was heard"
    for silent in range(fleet + 1):
        looked = watched(begun, fleet, silent=silent, later_s=70.0)
        assert looked.since == begun.since
        assert watched(looked, fleet, silent=silent, later_s=129.0).since == begun.since
        later = watched(looked, fleet, silent=silent, later_s=130.0)
        assert (later.since is None) == (silent <= most), (fleet, silent)


@pytest.mark.parametrize("fleet", [1, 2, 3, 6, 8, 10])
def test_who_was_heard_150_seconds_ago_is_not_silent(fleet):
    assert watch(NO_WATCH, facts([HEARD_S] * fleet)).silent == ()
    assert len(watch(NO_WATCH, facts([SILENT_S] * fleet)).silent) == fleet


def test_who_is_heard_again_within_the_minute_was_no_outage():
    looked = watched(NO_WATCH, 2, silent=2, later_s=0.0)
    heard = watched(looked, 2, silent=0, later_s=30.0)
    again = watched(heard, 2, silent=2, later_s=60.0)
    assert (heard.turning_since, again.since) == (None, None), "the minute begins anew"


def test_expected_is_who_was_on_a_trip_in_the_last_ten_minutes_or_is_assigned_now():
    looked = watch(NO_WATCH, facts([5.0, 600.0, 601.0]))
    assert (looked.expected, looked.silent) == (("B1", "B2"), ("B2",))
    with_assigned = watch(NO_WATCH, facts([5.0, 600.0, 601.0], hints=["B3"]))
    assert (with_assigned.expected, with_assigned.silent) == (("B1", "B2", "B3"), ("B2", "B3"))


@pytest.mark.parametrize("fleet", [1, 2, 3, 6, 8, 10])
def test_of_an_outage_there_is_one_trouble_that_names_them_all(fleet):
    outage = watched(watched(NO_WATCH, fleet, silent=fleet, later_s=0.0), fleet, silent=fleet, later_s=60.0)
    told = list(troubles(FleetFacts(NOW, watch=outage)))
    assert [(row.kind, row.figures["silent"], row.figures["expected"]) for row in told] == [(TroubleKind.OUTAGE, fleet, fleet)]
    assert list(troubles(FleetFacts(NOW))) == []
