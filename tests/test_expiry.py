"""What became of promises that no passage answered."""

from __future__ import annotations

import pytest

from benchmarks.expiry import ENDED, HOLE, LATER, LEFT_LINE, PASSED, RELABELLED, STOOD, Track, is_heard, is_passed, reason
from tests.builders import SEVEN, a_network, a_report
from transit.quality.scorecard import Promise

NETWORK = a_network()  # R1, stops S0, S1, ... each 500 m; stop_sequence 1, 2, ...
MADE_AT = SEVEN.timestamp()
PROMISE = Promise(("BUS1", "T1", "S4", 5), MADE_AT, MADE_AT + 120.0)  # at 2000 m


def a_track(places: list[tuple[float, float]], label: str = "T1", every_s: float = 60.0) -> Track:
    """A fix each minute, metres east and north, from the moment of the promise on."""
    fixes = [a_report(place) for place in places]
    times = [MADE_AT + every_s * n for n in range(len(places))]
    return Track(times, [(fix.lat, fix.lon) for fix in fixes], [label] * len(places))


def why(track: Track, run: list[tuple[float, int]] | None = None, *, later: bool = False) -> str:
    return reason(PROMISE, run or [], track, NETWORK, later=later)


def test_who_was_at_the_stop_by_its_own_fixes_has_kept_its_promise_though_no_passage_says_so() -> None:
    driving = a_track([(1700.0 + 200.0 * n, 0.0) for n in range(16)])
    assert is_passed(PROMISE, driving, NETWORK)
    assert why(driving) == PASSED
    backwards = a_track([(2300.0 - 200.0 * n, 0.0) for n in range(16)])
    assert not is_passed(PROMISE, backwards, NETWORK)
    beside = a_track([(1700.0 + 200.0 * n, 60.0) for n in range(16)])
    assert not is_passed(PROMISE, beside, NETWORK)
    too_late = a_track([(1000.0 + 45.0 * n, 0.0) for n in range(30)])
    assert not is_passed(PROMISE, too_late, NETWORK)


@pytest.mark.parametrize(
    ("places", "label", "cause"),
    [
        ([(1000.0 + 40.0 * n, 0.0) for n in range(16)], "T1", ENDED),
        ([(1000.0 + 40.0 * n, 0.0) for n in range(16)], "T2", RELABELLED),
        ([(1000.0 + 40.0 * n, 20.0 * n) for n in range(16)], "T1", LEFT_LINE),
        ([(1000.0 + 3.0 * (n % 2), 0.0) for n in range(16)], "T1", STOOD),
    ],
)
def test_what_a_vehicle_did_that_did_not_come(places: list[tuple[float, float]], label: str, cause: str) -> None:
    assert why(a_track(places, label)) == cause


def test_what_the_truth_has_of_the_run() -> None:
    creeping = a_track([(1000.0 + 40.0 * n, 0.0) for n in range(16)])
    assert why(creeping, [(MADE_AT + 300.0, 6)]) == HOLE
    assert why(creeping, [(MADE_AT + 300.0, 5)]) == ENDED  # the stop itself, of another day
    assert why(creeping, later=True) == LATER


def test_only_who_is_still_heard_then_counts() -> None:
    assert is_heard(a_track([(0.0, 0.0)] * 11), MADE_AT)  # the last fix 10 min after, 5 before it is looked at
    assert not is_heard(a_track([(0.0, 0.0)] * 10), MADE_AT)
    assert not is_heard(a_track([(0.0, 0.0)] * 11), MADE_AT - 1.0)
