"""When the fleet counts as silent as a whole: the rule of design/HEADWAY_CONTROL.md, with 1, 2, 3, 6, 8 and 10 buses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders import MONDAY, Way, a_city, a_network, at, every
from tests.control_cast import BACK, NOW, Control
from transit.operations.facts import FleetFacts
from transit.operations.findings import troubles_of
from transit.operations.outage import troubles, watch
from transit.operations.service_hours import is_in_service, is_in_service_for
from transit.operations.tracker_health import TrackerHealth
from transit.operations.troubles import TroubleKind
from transit.operations.watch import NO_WATCH, FleetWatch
from transit.plan.network import CalendarDate
from transit.tracking.state import VehicleStatus
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


def looks(before, now, road, **facts):
    """After looks each ten seconds for four minutes, from a moment on, at buses of which nothing more is heard."""
    trackers = [TrackerHealth(f"T-{vehicle_id}", vehicle_id) for vehicle_id in road.states]
    for seconds in range(0, 241, 10):
        seen = FleetFacts(now + timedelta(seconds=seconds), road.network, trackers=trackers, states=road.states, **facts)
        before = watch(before, seen)
    return before


def fleet_at(now, heard_s_ago, **network):
    road = Control(**network)
    road.now = now
    for n, seconds in enumerate(heard_s_ago, 1):
        road.drives(f"B{n}", "R1a1", 3000.0, heard_s_ago=seconds)
    return road


def test_who_is_marked_as_off_or_in_repair_is_not_missed():
    road = fleet_at(NOW, [200.0, 200.0, 200.0])
    assert looks(NO_WATCH, NOW, road).silent == ("B1", "B2", "B3")
    assert looks(NO_WATCH, NOW, road, idle=frozenset(("B1", "B2", "B3"))) == NO_WATCH
    begun = looks(NO_WATCH, NOW, road)
    assert looks(begun, NOW + timedelta(minutes=5), road, idle=frozenset(("B1", "B2"))).expected == ("B3",)


@pytest.mark.parametrize("moment", [at(0), at(3), at(5, 59), at(18, 40), at(22)])
def test_outside_of_service_hours_no_silence_is_an_outage_and_nothing_is_told_as_missing(moment):
    road = fleet_at(moment, [200.0, 3600.0])
    assert looks(NO_WATCH, moment, road).since is None
    assert looks(FleetWatch(since=moment - timedelta(hours=2), silent=("B1",)), moment, road).since is None
    health = [TrackerHealth(f"T{n}", f"B{n}", last_received_at=moment - timedelta(hours=n)) for n in (1, 2)]
    told = troubles_of(FleetFacts(moment, road.network, trackers=health, states=road.states, newest_received_at=None))
    assert [row.kind for row in told] == []


def test_silence_counts_from_the_begin_of_service_on():
    opens = at(6)  # the buses were last heard in the evening
    road = fleet_at(opens, [11 * 3600.0, 11 * 3600.0 + 400.0])
    health = [TrackerHealth(f"T{n}", f"B{n}", last_received_at=opens - timedelta(hours=11)) for n in (1, 2)]
    for seconds, is_missed in ((10, False), (290, False), (310, True)):
        facts = FleetFacts(opens + timedelta(seconds=seconds), road.network, trackers=health, states=road.states)
        kinds = {row.kind for row in troubles_of(facts)}
        assert (TroubleKind.SILENT in kinds, TroubleKind.NO_REPORTS in kinds) == (is_missed, is_missed), seconds
    assert looks(NO_WATCH, opens - timedelta(seconds=50), road).since is None  # until 06:03:10
    missed = looks(NO_WATCH, opens, road)  # until 06:04
    assert (missed.since, missed.silent) == (opens - timedelta(hours=11), ("B1", "B2"))


def test_a_fleet_that_fell_silent_bus_by_bus_cannot_be_seen_since_the_last_one_was_heard():
    some = looks(NO_WATCH, NOW, fleet_at(NOW, [200.0, 240.0, -240.0]))
    assert (some.is_whole, some.missing_since) == (False, NOW - timedelta(seconds=200))
    later = NOW + timedelta(minutes=20)
    every_bus = looks(some, later, fleet_at(later, [1400.0, 1440.0, 300.0]))
    assert (every_bus.is_whole, every_bus.missing_since) == (True, later - timedelta(seconds=300))
    (told,) = troubles(FleetFacts(later, watch=every_bus))
    assert (told.since, told.figures["case"]) == (later - timedelta(seconds=300), "all")


def test_as_soon_as_all_are_heard_nobody_is_told_that_a_bus_cannot_be_seen():
    begun = looks(NO_WATCH, NOW, fleet_at(NOW, [200.0, 200.0]))
    later = NOW + timedelta(minutes=5)
    heard = watched(begun, 2, silent=0, later_s=300.0)
    assert (heard.since is not None, heard.missing_since, heard.is_whole) == (True, None, False)
    assert list(troubles(FleetFacts(later, watch=heard))) == []
    half = watched(begun, 2, silent=1, later_s=300.0)
    assert (half.missing_since, half.is_whole) == (begun.since, False), "of two buses one is heard again"


def test_a_bus_that_is_heard_on_no_trip_makes_no_outage_of_those_that_went_home_hours_ago():
    road = fleet_at(NOW, [7200.0, 7260.0, 5.0])
    home = road.states["B3"]
    road.states["B3"] = replace(home, matched=replace(home.matched, status=VehicleStatus.DEADHEAD, trip=None))
    now = looks(NO_WATCH, NOW - timedelta(seconds=230), road)
    assert (now.expected, now.since) == ((), None)


def test_an_assigned_bus_that_was_not_heard_for_days_is_missed_only_where_no_bus_is_heard():
    days = 3 * 86400.0
    hints = {"B1": AssignmentHint("R1"), "B2": AssignmentHint("R1")}
    assert looks(NO_WATCH, NOW, fleet_at(NOW, [days, days]), hints=hints).silent == ("B1", "B2")
    road = fleet_at(NOW, [days, days, -240.0])
    assert looks(NO_WATCH, NOW, road, hints=hints).expected == ("B3",)


def test_on_the_first_day_of_a_city_nothing_is_an_outage():
    road = Control()
    trackers = [TrackerHealth("T1", "B1")]
    facts = FleetFacts(NOW, road.network, trackers=trackers, hints={"B1": AssignmentHint("R1")})
    later = replace(facts, now=NOW + timedelta(minutes=5))
    assert watch(watch(NO_WATCH, facts), later).since is None


def test_on_a_day_that_the_calendar_takes_out_nothing_is_an_outage():
    network = Control().network
    holiday = replace(network, calendar_dates=(CalendarDate("DAILY", MONDAY, added=False),))
    assert looks(NO_WATCH, NOW, fleet_at(NOW, [200.0], network=network)).since is not None
    assert looks(NO_WATCH, NOW, fleet_at(NOW, [200.0], network=holiday)) == NO_WATCH


def test_after_midnight_the_day_before_goes_on_until_its_last_bus_is_there():
    to_one = every(10.0, 20 * 3600, 25 * 3600)
    night = a_city(Way("R1", [(0.0, 0.0), (4000.0, 0.0)], headway=to_one), Way("R1", BACK, direction_id=1, headway=to_one))
    moment = at(0, 30, day=date(2026, 11, 24))
    assert looks(NO_WATCH, moment, fleet_at(moment, [200.0], network=night)).since is not None
    over = at(1, 30, day=date(2026, 11, 24))
    assert looks(NO_WATCH, over, fleet_at(over, [200.0], network=night)) == NO_WATCH
    sunday = at(0, 30)  # the night from Sunday to Monday has service as well
    assert looks(NO_WATCH, sunday, fleet_at(sunday, [200.0], network=night)).since is not None


def test_between_two_trips_of_the_plan_service_goes_on_while_buses_wait_at_their_terminal():
    trips = a_network(first_departures=(7 * 3600, 7 * 3600 + 1800, 10 * 3600))  # each takes 11 min
    assert [is_in_service(trips, moment) for moment in (at(7, 20), at(8, 30))] == [True, False]
    a_while = timedelta(minutes=5)
    assert [is_in_service_for(trips, moment, a_while) for moment in (at(7, 31), at(10, 2))] == [True, False]


def test_of_buses_that_report_and_are_refused_it_is_not_said_that_they_are_silent():
    begun = looks(NO_WATCH, NOW, fleet_at(NOW, [200.0, 200.0]))
    now = NOW + timedelta(minutes=4)
    heard = [TrackerHealth(f"T{n}", f"B{n}", last_received_at=now - timedelta(seconds=10)) for n in (1, 2)]
    for trackers, case in ((heard, "all_refused"), (heard[:1], "all"), ([], "all")):
        (told,) = troubles(FleetFacts(now, trackers=trackers, watch=begun))
        assert told.figures["case"] == case
