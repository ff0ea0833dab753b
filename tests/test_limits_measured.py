"""The benchmarks that say what limits us: why a promise went unanswered, and what boosting would add."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ceiling import MEDIAN, boosted, errors
from benchmarks.unanswered import ABSENT, BEGUN, ENDED, FIRST, HOLE, why
from transit.quality.scorecard import Promise

RUN = (np.array([100.0, 200.0, 400.0]), np.array([2, 3, 5]))


@pytest.mark.parametrize(
    ("sequence", "at", "run", "said"),
    [
        (4, 300.0, RUN, HOLE),
        (6, 500.0, RUN, ENDED),
        (4, 300.0, (RUN[0][2:], RUN[1][2:]), BEGUN),
        (4, 9000.0, RUN, ABSENT),
        (4, 300.0, None, ABSENT),
        (1, 300.0, RUN, FIRST),
    ],
    ids=["a hole", "ends early", "begins late", "another time", "no run at all", "the first stop"],
)
def test_a_promise_without_a_passage_is_told_by_what_the_truth_has_around_it(sequence, at, run, said):
    assert why(Promise(("BUS1", "T1", "S", sequence), 0.0, at), run, 1) == said


def test_boosting_finds_what_our_median_leaves_and_each_block_is_told_by_the_others():
    random = np.random.default_rng(3)
    made_at = np.repeat(np.arange(12) * 7200.0, 300)
    features = random.uniform(0.0, 1.0, (len(made_at), 30)).astype(np.float32)
    features[:, MEDIAN] = random.uniform(60.0, 1200.0, len(made_at))
    away = features[:, MEDIAN].astype(float) * (1.0 + 0.5 * (features[:, 0] > 0.5))
    chosen = np.ones(len(away), bool)
    ours = np.array(errors(away, features[:, MEDIAN].astype(float), chosen), float)
    theirs = np.array(errors(away, boosted(features, made_at, away), chosen), float)
    assert (theirs < 0.4 * ours).all()
