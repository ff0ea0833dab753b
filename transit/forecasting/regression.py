"""How traffic today, the vehicles ahead and the vehicle itself stretch the usual time: an online ridge regression.

The usual seconds b until a stop become (b + SOFT_S) * exp(x . c) - SOFT_S. x is the FEATURES, each shared among
NODES_S by how far away the stop is, so that near and far stops weigh them differently; c is fitted, with forgetting, to every
arrival that followed an earlier prediction (recursive least squares, kept as normal equations).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from transit.forecasting.links import Floats

SOFT_S = 20.0  # in the last seconds before a stop errors are absolute, not relative
NODES_S = (60.0, 240.0, 600.0, 1200.0)  # usual seconds away; between two nodes both count


class Feature(NamedTuple):
    """Something that stretches, or shortens, the usual time: it adds value * weight to the logarithm."""

    name: str  # on /armada and in the benchmarks
    prior: float  # the weight believed before anything was learnt; measured on the three recordings (docs/PREDICTION.md)
    typical: float  # its typical absolute value


FEATURES = (
    Feature("always", prior=0.0, typical=1.0),
    Feature("network today", prior=0.25, typical=0.1),
    Feature("stream lately", prior=0.1, typical=0.15),
    Feature("stream today", prior=0.1, typical=0.1),
    Feature("own pace", prior=0.05, typical=0.15),
    Feature("own pace lately", prior=0.05, typical=0.2),
    Feature("headway", prior=0.0, typical=0.5),
    Feature("links ahead lately", prior=-0.1, typical=0.2),
    Feature("links ahead today", prior=0.3, typical=0.15),
    Feature("own last minutes", prior=0.1, typical=0.25),
    Feature("age of fix", prior=0.2, typical=0.3),
    Feature("stands", prior=0.1, typical=0.3),
    Feature("still stopping", prior=-0.1, typical=0.2),
    Feature("ahead of plan", prior=-0.15, typical=0.2),
    Feature("behind plan", prior=-0.03, typical=0.5),
)
RIDGE = 60.0  # the weight of the priors at each node, in observations
HALF_LIFE_S = 4 * 86400.0
SOLVE_EVERY_S = 300.0
WIDEST = 0.8  # larger log errors count as this, so that one breakdown does not change the weights
REBASE_HALF_LIVES = 20.0  # after so many half lives the growing weights are scaled down, before they overflow
COUNT = len(FEATURES) * len(NODES_S)
_NODES = np.log(np.array(NODES_S) + SOFT_S)


def shares(base_s: Floats) -> Floats:
    """The share of each node at base_s usual seconds: len(base_s) x nodes, each row adds up to one."""
    where = np.clip(np.interp(np.log(np.maximum(base_s, 0.0) + SOFT_S), _NODES, np.arange(len(_NODES))), 0, len(_NODES) - 1)
    result: Floats = np.maximum(1.0 - np.abs(where[:, None] - np.arange(len(_NODES))[None, :]), 0.0)
    return result


def columns(values: Mapping[str, Floats | float], stops: int) -> Floats:
    """A matrix stops x FEATURES. values: by name of the feature, one number or one per stop; KeyError if one is missing."""
    table = np.empty((stops, len(FEATURES)))
    for n, feature in enumerate(FEATURES):
        table[:, n] = values[feature.name]
    return table


def spread(features: Floats, base_s: Floats) -> Floats:
    """Features (stops x FEATURES) shared among the nodes: stops x COUNT."""
    return np.asarray((features[:, :, None] * shares(base_s)[:, None, :]).reshape(len(base_s), COUNT))


class Corrections:
    """The fitted weights of one tier."""

    def __init__(self) -> None:
        self.prior = np.repeat(np.array([feature.prior for feature in FEATURES]), len(NODES_S))
        self.weights = self.prior.copy()
        self.square = np.zeros((COUNT, COUNT))
        self.product = np.zeros(COUNT)
        self.epoch: float | None = None  # later observations weigh more instead of earlier ones less
        self.solved_at = float("-inf")

    def factor(self, x: Floats) -> Floats:
        """The logarithm of actual over usual time, by stop."""
        return np.asarray(np.clip(x @ self.weights, -WIDEST, WIDEST))

    def learn(self, x: Floats, y: Floats, at: float) -> None:
        """x: spread features, y: log((actual + SOFT_S) / (usual + SOFT_S)); rows are observations."""
        if self.epoch is None or at - self.epoch > REBASE_HALF_LIVES * HALF_LIFE_S:
            self._rebase(at)
        grown = 2.0 ** ((at - (self.epoch or at)) / HALF_LIFE_S)
        y = np.clip(y, -WIDEST, WIDEST)
        self.square += grown * (x.T @ x)
        self.product += grown * (x.T @ y)
        if at - self.solved_at >= SOLVE_EVERY_S:
            self.solve(at)

    def solve(self, at: float) -> None:
        ridge = RIDGE * 2.0 ** ((at - (self.epoch or at)) / HALF_LIFE_S) * _scale()
        left = self.square + np.diag(ridge)
        self.weights = np.linalg.solve(left, self.product + ridge * self.prior)
        self.solved_at = at

    def _rebase(self, at: float) -> None:
        shrink = 0.0 if self.epoch is None else 0.5 ** ((at - self.epoch) / HALF_LIFE_S)
        self.square *= shrink
        self.product *= shrink
        self.epoch = at


def _scale() -> Floats:
    """The squares of the features' typical sizes: how much one observation of each weighs."""
    return np.repeat(np.array([feature.typical for feature in FEATURES]) ** 2, len(NODES_S))
