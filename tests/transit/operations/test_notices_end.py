"""What reminds of the end of a notice: half an hour before, and a detour however short; others end as they were meant to."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders import at
from transit.arrivals.alerts import Alert, InformedEntity
from transit.operations.facts import FleetFacts
from transit.operations.notices import troubles
from transit.operations.troubles import TroubleKind as Kind


def reminded(alert_id, minutes, *, after):
    """Of a notice from seven o'clock for so many minutes, so many minutes later."""
    alert = Alert(alert_id, {"en": "Closed"}, (InformedEntity(route_id="R1"),), at(7), at(7) + timedelta(minutes=minutes))
    rows = list(troubles(FleetFacts(at(7) + timedelta(minutes=after), alerts=[alert])))
    return [row.kind for row in rows] == [Kind.NOTICE_ENDS]


@pytest.mark.parametrize("alert_id", ["detour-1", "a1"])
def test_half_an_hour_before_its_end(alert_id):
    assert not reminded(alert_id, 120, after=89.9)
    assert reminded(alert_id, 120, after=90)
    assert not reminded(alert_id, 120, after=120)


def test_a_detour_of_less_than_an_hour_reminds_in_its_second_half():
    assert not reminded("detour-1", 40, after=19.9)
    assert reminded("detour-1", 40, after=20)
    assert not reminded("a1", 40, after=20), "another notice that is so short ends as it was meant to"


def test_the_stops_that_a_detour_passes_by_are_no_row_of_their_own():
    assert not reminded("detour-1-halte", 120, after=100)
