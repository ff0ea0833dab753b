"""A trouble that lasts is a matter; what people do about it is added, and can be taken back."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import at
from transit.operations.limits import DEFAULT, InboxLimits, parse_limits
from transit.operations.matters import DeedKind, Handling, Lasting, Matter, MatterDeed, look, matter_state
from transit.operations.troubles import Trouble, TroubleKind

SILENT = Trouble(TroubleKind.SILENT, "T1", at(7))
LIMITS = InboxLimits(lasts_s=20.0, clears_s=60.0)


def looks(found, lasting=None, limits=LIMITS):
    """found: second of the look -> troubles. What opened and what cleared, by second."""
    lasting, changes = lasting or Lasting(), {}
    for second, troubles in found.items():
        lasting, change = look(lasting, troubles, at(9) + timedelta(seconds=second), limits)
        if change.opened or change.cleared:
            changes[second] = [row.key for row in change.opened] or list(change.cleared)
    return changes


def test_a_trouble_is_a_matter_when_it_has_lasted_for_twenty_seconds():
    assert looks({second: [SILENT] for second in range(0, 40, 5)}) == {20: [SILENT.key]}


def test_a_trouble_that_comes_and_goes_within_twenty_seconds_is_none():
    assert looks({0: [SILENT], 15: [SILENT], 19: [], 20: [SILENT], 39: [SILENT], 40: [SILENT]}) == {40: [SILENT.key]}


def test_a_matter_is_over_when_it_was_not_found_for_a_minute_and_a_gap_of_less_is_the_same_matter():
    found = {0: [SILENT], 20: [SILENT], 25: [], 80: [], 84: [SILENT], 90: [], 149: [], 150: []}
    assert looks(found) == {20: [SILENT.key], 150: [SILENT.key]}


def test_two_buses_that_rest_between_two_rounds_are_one_matter_of_bunching():
    close = Trouble(TroubleKind.BUNCHED, "BUS1")
    assert looks({0: [close], 20: [close], 25: [], 320: [], 324: [close]}) == {20: [close.key]}
    assert looks({0: [close], 20: [close], 25: [], 325: []}) == {20: [close.key], 325: [close.key]}


def test_the_same_with_other_figures_is_one_matter_and_another_place_of_a_line_is_another():
    older = Trouble(TroubleKind.SILENT, "T1", at(7), {"age_s": 900.0})
    assert looks({0: [SILENT], 20: [older], 40: [SILENT]}) == {20: [SILENT.key]}
    here, there = (Trouble(TroubleKind.LINE_LEFT, "1", figures={"stop": stop}) for stop in ("S1", "S2"))
    assert looks({0: [here], 20: [here, there], 40: [here, there]}) == {20: [here.key], 40: [there.key]}


def test_a_matter_that_is_open_when_the_process_starts_is_not_opened_again():
    assert looks({0: [SILENT], 20: [SILENT]}, Lasting(open={SILENT.key: None})) == {}
    assert looks({0: [], 60: []}, Lasting(open={SILENT.key: None})) == {60: [SILENT.key]}


def test_a_clock_that_is_set_back_keeps_no_matter_from_beginning_or_ending():
    assert looks({100: [SILENT], 0: [SILENT], 20: [SILENT]}) == {20: [SILENT.key]}
    assert looks({100: [], 0: [], 60: []}, Lasting(open={SILENT.key: None})) == {60: [SILENT.key]}


def a_matter(*deeds, cleared_at=None):
    rows = [MatterDeed(kind=kind, at=at(9, minute), person=person, **more) for minute, kind, person, more in deeds]
    return Matter(matter_id=1, trouble=SILENT, opened_at=at(8), cleared_at=cleared_at, deeds=tuple(rows))


TAKE = (1, DeedKind.TAKE, "siti", {})
SNOOZE = (2, DeedKind.SNOOZE, "budi", {"until": at(9, 32)})
CLOSE = (3, DeedKind.CLOSE, "budi", {"why": "sim card"})
UNDO = (4, DeedKind.UNDO, "siti", {})


@pytest.mark.parametrize(
    ("deeds", "minute", "handling", "person"),
    [
        ((), 5, Handling.NEW, None),
        ((TAKE,), 0, Handling.NEW, None),
        ((TAKE,), 5, Handling.TAKEN, "siti"),
        ((TAKE, SNOOZE), 5, Handling.SNOOZED, "budi"),
        ((TAKE, SNOOZE), 32, Handling.TAKEN, "siti"),
        ((SNOOZE,), 32, Handling.NEW, None),
        ((TAKE, SNOOZE, CLOSE), 3, Handling.CLOSED, "budi"),
        ((TAKE, SNOOZE, CLOSE, UNDO), 5, Handling.SNOOZED, "budi"),
        ((TAKE, UNDO), 5, Handling.NEW, None),
    ],
)
def test_how_a_matter_stands_follows_from_what_people_did(deeds, minute, handling, person):
    stand = matter_state(a_matter(*deeds), at(9, minute))
    assert (stand.handling, stand.deed.person if stand.deed else None) == (handling, person)


def test_a_matter_that_ended_by_itself_is_over_whoever_had_it_and_at_a_moment_before_it_is_not():
    matter = a_matter(TAKE, cleared_at=at(9, 10))
    assert matter_state(matter, at(9, 9)).handling is Handling.TAKEN
    assert matter_state(matter, at(9, 10)).handling is Handling.OVER
    assert not matter_state(matter, at(9, 10)).can_undo


def test_limits_are_read_by_name_and_what_cannot_be_read_is_said():
    assert parse_limits("") == DEFAULT
    assert parse_limits("silent_s=240, battery_pct=15.5") == InboxLimits(silent_s=240.0, battery_pct=15.5)
    for text, words in (("silence=3", "names 'silence'"), ("silent_s=-4", "not negative"), ("silent_s", "not negative")):
        with pytest.raises(ValueError, match=words):
            parse_limits(text)
