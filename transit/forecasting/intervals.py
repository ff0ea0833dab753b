"""The interval and the number shown, from the errors of recent predictions by tier and by seconds ahead.

Quantiles of log((actual + SOFT_S) / (predicted median + SOFT_S)) of the last KEPT predictions in each class of seconds ahead.
Errors are of whole predictions, never sums of link intervals. Classes overlap like the corrections' nodes, so that the numbers
do not jump from one stop to the next.
"""

from __future__ import annotations

import numpy as np

from transit.forecasting.links import Floats
from transit.forecasting.prediction import Tier
from transit.forecasting.regression import SOFT_S

EDGES_S = (0.0, 60.0, 120.0, 180.0, 270.0, 360.0, 480.0, 600.0, 750.0, 900.0, 1200.0, 1500.0, 1800.0)
KEPT = 4000  # errors of each class: about two weeks of 14 vehicles
ENOUGH = np.array((50.0, 150.0, 50.0))  # errors for low, shown, high; with fewer, BELIEF counts as well
LOW, HIGH = 0.1, 0.9
# Seconds ahead -> the quantile shown, interpolated. It lies below the median because a missed bus costs more than a wait, and
# rises to it where the bus is 20 minutes away and nobody sets out yet (measured in docs/PREDICTION.md).
SHOWN_S, SHOWN = (0.0, 800.0, 1200.0, 1500.0), (0.35, 0.35, 0.4, 0.5)
FEWEST = 20  # with fewer errors no quantile is taken
AGAIN_EVERY = 200  # new errors before the quantiles are computed again
BELIEF = {Tier.LIVE: (0.42, 0.26), Tier.AT_TERMINAL: (0.7, 0.4), Tier.NEXT_TRIP: (0.7, 0.5)}  # log half widths, near and far
MIDDLES = np.log((np.array(EDGES_S[:-1]) + np.array(EDGES_S[1:])) / 2 + SOFT_S)
CLASSES = len(EDGES_S) - 1
SHOWN_OF_CLASS = np.interp((np.array(EDGES_S[:-1]) + np.array(EDGES_S[1:])) / 2, SHOWN_S, SHOWN)


class Calibration:
    """The recent errors of one tier, and the quantiles that they give."""

    def __init__(self, tier: Tier) -> None:
        self.errors = np.zeros((CLASSES, KEPT), dtype=np.float32)
        self.count = np.zeros(CLASSES, dtype=np.int64)  # ever seen
        near, far = BELIEF[tier]
        width = np.linspace(near, far, CLASSES)
        self.belief = np.stack([-width, (SHOWN_OF_CLASS - 0.5) / (HIGH - 0.5) * width, width])
        self.table = self.belief.copy()  # low, shown, high by class
        self._new = 0

    def learn(self, median_s: float, error: float) -> None:
        """median_s: seconds ahead, as promised; error: log((actual + SOFT_S) / (median_s + SOFT_S))."""
        n = min(max(int(np.searchsorted(EDGES_S, median_s, side="right")) - 1, 0), CLASSES - 1)
        self.errors[n, self.count[n] % KEPT] = error
        self.count[n] += 1
        self._new += 1
        if self._new >= AGAIN_EVERY:
            self.sort_out()

    def sort_out(self) -> None:
        """Computes the quantiles again; while there are few errors they are mixed with BELIEF."""
        self._new = 0
        for n in range(CLASSES):
            seen = int(min(self.count[n], KEPT))
            if seen >= FEWEST:
                quantiles = np.quantile(self.errors[n, :seen], (LOW, SHOWN_OF_CLASS[n], HIGH))
                sure = seen / (seen + ENOUGH)
                self.table[:, n] = sure * quantiles + (1.0 - sure) * self.belief[:, n]

    def caution(self, median_s: float) -> float:
        """log(shown / median) of a prediction whose median is median_s seconds ahead."""
        return float(np.interp(np.log(max(median_s, 0.0) + SOFT_S), MIDDLES, self.table[1]))

    def bounds(self, median_s: Floats) -> tuple[Floats, Floats, Floats]:
        """low, shown and high for medians; all in seconds ahead, one value per median."""
        where = np.log(np.maximum(median_s, 0.0) + SOFT_S)
        low, shown, high = (
            np.maximum((median_s + SOFT_S) * np.exp(np.interp(where, MIDDLES, row)) - SOFT_S, 0.0) for row in self.table
        )
        return low, shown, high
