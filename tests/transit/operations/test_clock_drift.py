"""Which clocks are said to run fast or slow."""

from __future__ import annotations

import pytest

from tests.builders import SEVEN
from transit.operations.clocks import DRIFTS_FOR, drift_s
from transit.operations.recent_outcomes import WINDOW_S, RecentOutcomes
from transit.operations.tracker_health import TrackerHealth

NOW_S = int(SEVEN.timestamp())


def of_offsets(*offsets_s, pause_s=0):
    """A tracker with these offsets at the ends of windows in a row; the newest comes after a pause."""
    starts = [NOW_S - (len(offsets_s) - 1 - n) * WINDOW_S - pause_s for n in range(len(offsets_s) - 1)]
    offsets = dict(zip([*starts, NOW_S], offsets_s, strict=True))
    return TrackerHealth("T1", "BUS1", recent=RecentOutcomes(offsets_s=offsets))


STEADILY = tuple(-20.0 - 5.0 * n for n in range(DRIFTS_FOR + 1))


@pytest.mark.parametrize(
    ("row", "gains_s"),
    [
        (of_offsets(*STEADILY), 60.0),
        (of_offsets(*(-offset_s for offset_s in STEADILY)), -60.0),
        (of_offsets(*STEADILY[1:]), 0.0),  # not for half an hour yet
        (of_offsets(*STEADILY[:-1], 0.0, pause_s=3600), 0.0),  # that was before an hour of silence
        (of_offsets(*STEADILY[:3], 0.0, *STEADILY[4:]), 0.0),  # unsteady
    ],
)
def test_a_clock_drifts_that_has_gone_wrong_steadily_for_half_an_hour_until_now(row, gains_s):
    assert drift_s(row) == pytest.approx(gains_s)
