"""Whose fault a disagreement is: fixes along a line, against it, off it, and at its end."""

from __future__ import annotations

import pytest

from benchmarks.verdicts import verdict
from tests.builders import STRAIGHT, Way, a_city
from transit.plan.patterns import patterns_of

CITY = patterns_of(
    a_city(
        Way("R1", STRAIGHT, (0,)),
        Way("R1", STRAIGHT[::-1], (0,), 1),
        Way("R2", [(0.0, 2000.0), (4000.0, 2000.0)], (0,)),
        Way("R3", [(0.0, 0.0), (5000.0, 0.0)], (0,)),
    )
)


def drive(first, last, north=0.0):
    """Fixes each 100 m, in metres east of the cast's origin, on the network's plane."""
    x, y = CITY.by_id[CITY.of_trip("R1a1").pattern_id].stop_xy[0]
    step = 100 if last >= first else -100
    return [(x + east, y + north) for east in range(first, last + step, step)]


@pytest.mark.parametrize(
    ("places", "label", "given", "statuses", "said"),
    [
        (drive(500, 2000), "R1a1", "R2a1", "on_trip", "engine: only the label's line fits"),
        (drive(500, 2000), "R1b1", "R1a1", "on_trip", "label: only the given line fits"),
        (drive(500, 2000), "R1a1", "R3a1", "on_trip", "undecidable: both lines fit"),
        (drive(500, 2000, 900.0), "R1a1", "R2a1", "on_trip", "undecided: neither line fits"),
        (drive(500, 2000), "R1a1", None, "deadhead", "engine: follows the label's line"),
        (drive(500, 2000, 900.0), "R1a1", None, "deadhead", "label: not on the label's line, or against it"),
        (drive(3900, 4000), "R1a1", "R1b1", "layover", "convention: at the end of the label's trip, the next one is given"),
        (drive(500, 2000), None, "R1a1", "on_trip", "undecidable: follows the given line, out of service"),
        (drive(2000, 500), None, "R1a1", "on_trip", "engine: not on the given line"),
    ],
)
def test_the_fixes_say_whose_fault_it_is(places, label, given, statuses, said):
    known = {name: CITY.of_trip(name) for name in (label, given) if name}
    assert verdict(places, known.get(label), known.get(given), statuses) == said
