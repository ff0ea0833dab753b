"""Intervals that hold what they promise, and corrections that find what was put in."""

from __future__ import annotations

import numpy as np
import pytest

from transit.forecasting.fading import DecayingSums
from transit.forecasting.intervals import Calibration
from transit.forecasting.prediction import Tier
from transit.forecasting.regression import FEATURES, SOFT_S, Corrections, columns, shares, spread


def test_intervals_hold_four_of_five():
    some = np.random.default_rng(3)
    calibration = Calibration(Tier.LIVE)

    def drawn(count):
        said = some.uniform(0.0, 1800.0, count)
        return said, np.maximum((said + SOFT_S) * np.exp(some.normal(0.05, 0.3, count)) - SOFT_S, 0.0)

    for said, actual in zip(*drawn(20_000), strict=True):
        calibration.learn(float(said), float(np.log((actual + SOFT_S) / (said + SOFT_S))))
    said, actual = drawn(5000)
    low, shown, high = calibration.bounds(said)
    assert ((actual >= low) & (actual <= high)).mean() == pytest.approx(0.8, abs=0.03)
    near = said < 600.0
    assert (actual < shown)[near].mean() == pytest.approx(0.335, abs=0.04)  # so many come before the time shown
    assert (low <= shown).all()
    assert (shown <= high).all()


def test_old_errors_are_forgotten():
    calibration = Calibration(Tier.LIVE)
    for error in [0.9] * 5000 + [0.0] * 5000:
        calibration.learn(540.0, error)
    calibration.sort_out()
    low, _, high = calibration.bounds(np.array([540.0]))
    assert high[0] - low[0] < 60.0


def test_corrections_find_what_was_put_in():
    some = np.random.default_rng(5)
    corrections = Corrections()
    for n in range(400):
        features = some.normal(0.0, 0.3, (10, len(FEATURES)))
        features[:, 0] = 1.0
        base = some.uniform(60.0, 1500.0, 10)
        truth = 0.1 + 0.5 * features[:, 1]
        corrections.learn(spread(features, base), truth + some.normal(0.0, 0.1, 10), float(n * 60))
    corrections.solve(24000.0)
    features = np.zeros((3, len(FEATURES)))
    features[:, 0], features[:, 1] = 1.0, (0.0, 0.4, -0.4)
    found = corrections.factor(spread(features, np.array([300.0, 300.0, 300.0])))
    assert found == pytest.approx([0.1, 0.3, -0.1], abs=0.03)


def test_features_stand_where_the_table_has_them_whatever_order_they_come_in():
    names = [feature.name for feature in FEATURES]
    values = {name: float(n) for n, name in enumerate(names)}
    table = columns(dict(reversed(values.items())), stops=2)
    assert table.tolist() == [list(range(len(names)))] * 2
    with pytest.raises(KeyError, match="headway"):
        columns({name: value for name, value in values.items() if name != "headway"}, stops=2)


@pytest.mark.parametrize("base", [0.0, 60.0, 100.0, 500.0, 1200.0, 9000.0])
def test_the_nodes_share_everything_and_nothing_more(base):
    assert shares(np.array([base])).sum() == pytest.approx(1.0)


def test_what_fades_counts_half_after_its_half_life():
    fading = DecayingSums(600.0, 1)
    fading.add(0, 1.0, 1.0, 0.0)
    fading.add(0, 4.0, 1.0, 600.0)
    assert float(fading.mean(0, 600.0, 0.0, 0.0)) == pytest.approx((0.5 * 1.0 + 4.0) / 1.5)
    fading.add(0, 1.0, 1.0, 0.0)  # late news: as faded as it would be by now
    assert float(fading.mean(0, 600.0, 0.0, 0.0)) == pytest.approx((1.0 + 4.0) / 2.0)
