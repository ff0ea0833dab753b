"""What each part of the prediction is worth: the recordings once more, with one part left out.

    python -m benchmarks.ablation [--recordings DIR] [--only nyc]

A feature that is left out is set to nothing, so that it is neither asked nor learnt from.
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
from transit.forecasting.regression import FEATURES
from transit.forecasting.remaining_trip import RemainingTrip

LEFT_OUT = {
    "all": (),
    "no today": ("network today", "stream lately", "stream today"),
    "no links ahead": ("links ahead lately", "links ahead today"),
    "no own pace": ("own pace", "own pace lately", "own last minutes"),
    "no headway": ("headway",),
    "no fix age, standing, stopping": ("age of fix", "stands", "still stopping"),
    "no lateness": ("ahead of plan", "behind plan"),
    "history only": tuple(feature.name for feature in FEATURES[1:]),
}


@contextmanager
def without(names: tuple[str, ...]) -> Iterator[None]:
    """Forecasters made inside know nothing of these features."""
    plain = forecast.Forecaster._features
    columns = [n for n, feature in enumerate(FEATURES) if feature.name in names]

    def some(self: forecast.Forecaster, remaining: RemainingTrip, now: float) -> Floats:
        features = plain(self, remaining, now)
        features[:, columns] = 0.0
        return features

    with patch.object(forecast.Forecaster, "_features", some):
        yield


def variants() -> dict[str, AbstractContextManager[Any]]:
    by_name: dict[str, AbstractContextManager[Any]] = {name: without(names) for name, names in LEFT_OUT.items()}
    plain = patch.object(waits.TerminalWaits, "_on_the_minute", lambda _, now, clock_s, still: np.ones(len(still)))
    by_name["no unwritten timetable"] = plain
    by_name["overdue stops kept"] = patch.object(forecast, "_count_passed", lambda *_: 0)
    median = np.full_like(calibration.SHOWN_OF_CLASS, 0.5)
    by_name["median shown"] = patch.object(calibration, "SHOWN_OF_CLASS", median)
    return by_name


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
