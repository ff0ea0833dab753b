"""What each part of the prediction is worth: the recordings once more, with one part left out.

    python -m benchmarks.ablation [--recordings DIR] [--only nyc]

A reading that is left out is set to nothing, so that it is neither asked nor learnt from.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.prediction import asked_for, markdown, measure
from transit.forecasting import forecaster as forecast
from transit.forecasting import intervals as calibration
from transit.forecasting import terminal_waits as waits
from transit.forecasting.links import Floats
from transit.forecasting.regression import NAMES
from transit.forecasting.remaining_trip import RemainingTrip

LEFT_OUT = {
    "all": (),
    "no today": ("network today", "corridor lately", "corridor today"),
    "no links ahead": ("links ahead lately", "links ahead today"),
    "no own pace": ("own pace", "own pace lately", "own last minutes"),
    "no headway": ("headway",),
    "no fix age, standing, stopping": ("age of fix", "stands", "still stopping"),
    "no lateness": ("ahead of plan", "behind plan"),
    "history only": tuple(NAMES[1:]),
}


@contextmanager
def without(names: tuple[str, ...]) -> Iterator[None]:
    """Forecasters made inside know nothing of these readings."""
    plain = forecast.Forecaster._readings
    columns = [NAMES.index(name) for name in names]

    def some(self: forecast.Forecaster, ride: RemainingTrip, now: float) -> Floats:
        readings = plain(self, ride, now)
        readings[:, columns] = 0.0
        return readings

    with patch.object(forecast.Forecaster, "_readings", some):
        yield


def variants() -> dict[str, AbstractContextManager[Any]]:
    found: dict[str, AbstractContextManager[Any]] = {name: without(names) for name, names in LEFT_OUT.items()}
    plain = patch.object(waits.TerminalWaits, "_on_the_minute", lambda _, now, clock_s, still: np.ones(len(still)))
    found["no unwritten timetable"] = plain
    found["overdue stops kept"] = patch.object(forecast, "_passed", lambda *_: 0)
    median = np.full_like(calibration.SHOWN_OF_CLASS, 0.5)
    found["median shown"] = patch.object(calibration, "SHOWN_OF_CLASS", median)
    return found


def main() -> int:
    results = []
    for case, folder in asked_for(__doc__):
        for name, left_out in variants().items():
            with left_out:
                results.append((case, name, measure(folder, case, "ours")))
            print(f"{case.name}, {name}: done", file=sys.stderr, flush=True)
    print(markdown(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
