"""Bunching, gaps and departures nobody drives, as matters of the inbox: where a headway is promised and buses are heard."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import at
from tests.control_cast import Control, there_and_back
from transit.operations.facts import FleetFacts
from transit.operations.spacing import troubles
from transit.operations.troubles import TroubleKind as Kind
from transit.operations.watch import FleetWatch


def a_road(*along_m, heard_s_ago=5.0, minutes=10.0):
    """Buses B1, B2, ... on their way east, so far along."""
    made = Control(there_and_back(minutes))
    for n, metres in enumerate(along_m, 1):
        made.drives(f"B{n}", "R1a1", metres, heard_s_ago=heard_s_ago if n == 1 else 5.0)
    return made


def told(made, **facts):
    found = troubles(FleetFacts(made.now, made.network, corridors=[made.corridor()], **facts))
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


def test_a_gap_is_measured_against_what_the_buses_on_the_road_can_keep():
    """A round takes 1720 s: two buses can keep 860 s, though 600 are promised."""
    wide = told(a_road(0.0).drives("B2", "R1b1", 2600.0))
    gap = wide[Kind.GAP, "B1"]
    assert (gap.figures["ahead"], gap.figures["apart_s"], gap.figures["promised_s"]) == ("B2", 1380.0, 600.0)
    narrow = a_road(0.0).drives("B2", "R1b1", 2000.0)  # 1260 s: 1.47 times 860
    assert (Kind.GAP, "B1") not in told(narrow)
    assert (Kind.GAP, "B1") in told(narrow, open=frozenset({gap.key}))


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
