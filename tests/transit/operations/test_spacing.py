"""Bunching, gaps and departures nobody drives, as matters of the inbox: where a headway is promised and buses are heard."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import at
from tests.control_cast import NOW, Control, there_and_back
from transit.operations.facts import FleetFacts
from transit.operations.spacing import troubles
from transit.operations.troubles import TroubleKind as Kind
from transit.operations.watch import FleetWatch


def a_road(*along_m, heard_s_ago=5.0, minutes=10.0):
    """Buses B1, B2, ... on their way east, so far along."""
    made = Control(there_and_back(minutes))
    for n, metres in enumerate(along_m, 1):
        made.drives(f"B{n}", "R1a1", metres, heard_s_ago=heard_s_ago if n == 1 else 5.0).passed(f"B{n}", "R1a1", metres)
    return made


def told(made, **facts):
    advice = list(made.advice().values())
    found = troubles(FleetFacts(made.now, made.network, corridors=[made.corridor()], advice=advice, **facts))
    return {(trouble.kind, trouble.subject): trouble for trouble in found}


def test_two_buses_of_which_one_drives_two_minutes_behind_the_other_are_bunched():
    close = told(a_road(1000.0, 1600.0))[Kind.BUNCHED, "B1"]  # 600 m at 5 m/s are 120 s
    assert (close.figures["ahead"], close.figures["apart_s"]) == ("B2", pytest.approx(120.0, abs=1.0))
    assert (Kind.BUNCHED, "B1") not in told(a_road(1000.0, 2000.0))


def test_a_quarter_of_a_long_headway_is_bunched_too():
    assert (Kind.BUNCHED, "B1") in told(a_road(1000.0, 2500.0, minutes=25.0))  # 300 s of 1500


def test_bunched_buses_are_told_until_they_are_clearly_apart():
    made = a_road(1000.0, 1800.0)  # 160 s, of 150
    key = f"{Kind.BUNCHED}|B1|"
    assert (Kind.BUNCHED, "B1") not in told(made)
    assert (Kind.BUNCHED, "B1") in told(made, open=frozenset({key}))
    assert (Kind.BUNCHED, "B1") not in told(a_road(1000.0, 2200.0), open=frozenset({key}))  # 240 s


def test_with_a_terminal_between_them_two_buses_are_not_bunched_yet():
    """B1 nears the east end, B2 has just left it westwards: 100 s of driving, and the rest at the terminal between."""
    made = a_road(3900.0).drives("B2", "R1b1", 100.0)
    assert made.corridor().buses[0].ahead_s == pytest.approx(100.0, abs=1.0)
    assert (Kind.BUNCHED, "B1") not in told(made)
    assert (Kind.BUNCHED, "B1") in told(made, open=frozenset({f"{Kind.BUNCHED}|B1|"})), "who came so is bunched still"


def test_a_bus_that_has_passed_no_stop_with_the_other_is_not_bunched_yet():
    """From the depot, or taken for another's trip: the forecast alone says that it is close."""
    made = a_road(0.0).drives("B2", "R1a1", 1600.0)
    made.drives("B1", "R1a1", 1000.0)  # and nobody saw either of them pass
    assert (Kind.BUNCHED, "B1") not in told(made)
    assert (Kind.BUNCHED, "B1") in told(made.passed("B1", "R1a1", 1000.0).passed("B2", "R1a1", 1600.0))


@pytest.mark.parametrize(("was_s", "is_bunched"), [(150.0, True), (151.0, False)])
def test_a_forecast_that_what_was_seen_contradicts_is_no_bunching(was_s, is_bunched):
    """B1 is forecast 120 s behind B2; bunched are 150 s."""
    made = Control(there_and_back()).drives("B1", "R1a1", 1000.0).drives("B2", "R1a1", 1600.0)
    made.left("B1", "R1a1", NOW - timedelta(seconds=200.0)).left("B2", "R1a1", NOW - timedelta(seconds=200.0 + was_s))
    assert ((Kind.BUNCHED, "B1") in told(made)) is is_bunched


def a_gap(metres_back):
    """B1 is about to leave westwards-to-be: B2 left the same terminal, turned in the east and is so far on its way back."""
    made = a_road(0.0).drives("B2", "R1b1", metres_back)
    return made.left("B2", "R1a1", made.now - timedelta(seconds=800.0 + 60.0 + metres_back / 5.0))


def test_a_gap_is_measured_against_what_the_buses_on_the_road_can_keep():
    """A round takes 1720 s: two buses can keep 860 s, though 600 are promised; 1.5 times that are 1290 s."""
    wide = told(a_gap(2600.0))
    gap = wide[Kind.GAP, "B1"]
    assert (gap.figures["ahead"], gap.figures["apart_s"], gap.figures["promised_s"]) == ("B2", 1380.0, 600.0)
    assert gap.figures["stop_id"] == a_road(0.0).circuit.rails[0].stop_ids[0], "where riders feel it next"
    narrow = a_gap(2000.0)  # 1260 s: 1.47 times 860
    assert (Kind.GAP, "B1") not in told(narrow)
    assert (Kind.GAP, "B1") in told(narrow, open=frozenset({gap.key}))


def test_a_gap_that_is_only_forecast_beyond_the_terminal_is_none_yet():
    """B2 turned early and was never seen at the stops that B1 has ahead."""
    assert (Kind.GAP, "B1") not in told(a_road(0.0).drives("B2", "R1b1", 2600.0))


def waits_at_the_terminal(left_s_ago):
    """B1 came two minutes ago and is forecast to leave in 700 s; B2 left so long ago and is on its way back."""
    made = Control(there_and_back()).waits("B1", "R1a1", NOW - timedelta(seconds=120.0))
    late = timedelta(seconds=700.0)
    made.predictions["B1"] = [replace(row, predicted_at=row.predicted_at + late) for row in made.predictions["B1"]]
    return made.drives("B2", "R1b1", 200.0).left("B2", "R1a1", NOW - timedelta(seconds=left_s_ago))


def test_what_the_advice_makes_even_is_no_gap():
    made = waits_at_the_terminal(900.0)  # the two can keep 903 s: it is to leave now
    advice = made.advice()["B1"]
    assert advice.why_not is None
    assert advice.leave_at - NOW == timedelta(seconds=3.0)
    assert made.corridor().buses[0].here_s == pytest.approx(1600.0), "as forecast it is one"
    assert (Kind.GAP, "B1") not in told(made)
    assert (Kind.GAP, "B1") in told(waits_at_the_terminal(1400.0)), "who is ready too late to make it even leaves a gap"


def test_beside_a_silent_bus_nothing_is_certain_and_in_an_outage_nothing_is_told():
    assert told(a_road(1000.0, 1600.0, heard_s_ago=200.0)) == {}
    watch = FleetWatch(since=at(8, 50))
    assert told(a_road(1000.0, 1600.0), watch=watch) == {}


def test_a_departure_that_nobody_drives_is_told_of_its_terminal():
    made = a_road(1000.0, 1600.0)
    corridor = made.corridor()
    ghosts = [replace(row, ghost_at=at(8, 55)) if row.rail == 1 else row for row in corridor.terminals]
    facts = FleetFacts(made.now, made.network, corridors=[replace(corridor, terminals=tuple(ghosts))])
    (ghost,) = [row for row in troubles(facts) if row.kind is Kind.GHOST]
    assert (ghost.subject, ghost.since, ghost.figures["place"]) == ("R1", at(8, 55), "Halte P4000_0")


def test_where_a_timetable_is_kept_instead_of_a_headway_nothing_is_told():
    made = a_road(1000.0, 1600.0)
    facts = FleetFacts(made.now, made.network, corridors=[replace(made.corridor(), promised_s=None)])
    assert list(troubles(facts)) == []
