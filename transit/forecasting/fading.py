"""Weighted sums that fade with time: what was seen lately counts most, and memory stays bounded."""

from __future__ import annotations

from typing import Any

import numpy as np

from transit.forecasting.links import Floats


class DecayingSums:
    """One sum per row. A value that comes late is added with the weight it would have left by now."""

    def __init__(self, half_s: float, rows: int) -> None:
        self.half_s = half_s
        self.total, self.weight, self.at = np.zeros(rows), np.zeros(rows), np.zeros(rows)

    def add(self, row: int, value: float, weight: float, at: float) -> None:
        since = at - float(self.at[row])
        if since >= 0.0:
            fade = 0.5 ** (since / self.half_s)
            self.total[row] *= fade
            self.weight[row] *= fade
            self.at[row] = at
        else:
            weight *= 0.5 ** (-since / self.half_s)
        self.total[row] += weight * value
        self.weight[row] += weight

    def mean(self, rows: Any, at: float, prior: float, against: float) -> Floats:
        """The weighted mean of each row at a moment; `prior` counts as one more value of weight `against`."""
        fade = 0.5 ** (np.maximum(at - self.at[rows], 0.0) / self.half_s)
        return np.asarray((self.total[rows] * fade + against * prior) / (self.weight[rows] * fade + against))
