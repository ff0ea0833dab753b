"""How far any weighing of what the forecaster knows could get: gradient boosting on the very days that are tested.

    python -m benchmarks.ceiling [--recordings DIR] [--only toronto]

At each tick everything is written down that the forecaster knew of a stop ahead: its features, the usual seconds, the age of
the fix, the hour, the place, the last two vehicles' times over the same links. LightGBM (L1) then learns the error of our
median from other two-hour blocks of the same days, other buses of the same snow among them, which nobody could know in
service. What it still gets wrong, these data do not tell. A measurement only: nothing of it is part of the system.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import deque
from datetime import datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks.prediction import EVERY_S, Case, asked_for, passages_of, promises_of
from benchmarks.residuals import BUCKETS_MIN, NAMES
from gps_ingest.recordings.replay import open_recording, replay
from gtfs.reader import read_network
from transit.forecasting.explanation import VehicleForecast
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.links import Floats
from transit.forecasting.regression import SOFT_S
from transit.forecasting.travel_times import LinkObservation, TravelTimes
from transit.quality.scorecard import Bools, around

BLOCK_S, FOLDS = 7200.0, 6
MOST = 300_000  # rows to learn from
BOOSTING = {
    "objective": "l1", "learning_rate": 0.08, "num_leaves": 40, "min_data_in_leaf": 200, "feature_fraction": 0.5,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 5.0, "seed": 1, "deterministic": True, "verbose": -1,
}  # fmt: skip
ROUNDS = 200


class Notebook:
    """What was known when each prediction was made, in the order in which the predictions are made."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str, int, float], Floats] = {}  # vehicle, trip, stop_sequence, made_at -> features
        self.last: dict[int, deque[float]] = {}  # link -> seconds of the last two vehicles

    def observe(self, linked: Any, observed: LinkObservation | None) -> None:
        if observed is not None:
            self.last.setdefault(int(linked.links[observed.n]), deque(maxlen=2)).append(observed.seconds)

    def note(self, forecast: VehicleForecast, at: float) -> None:
        remaining, pattern = forecast.remaining, forecast.remaining.linked.pattern
        usual = np.concatenate(([0.0], remaining.link_s[1:] if not remaining.waits else remaining.link_s))
        rows = remaining.linked.links[remaining.start + (0 if remaining.waits else 1) :]
        links = list(zip(rows.tolist(), usual[1:].tolist(), strict=True))
        lately = [np.cumsum([0.0, *(self._time(link, n, usual_s) for link, usual_s in links)]) for n in (-1, -2)]
        for k in range(forecast.passed, len(forecast.median_s)):
            n = remaining.first + k
            median_s = float(forecast.median_s[k]) + remaining.zero - at
            own = (
                at - remaining.fixed_at,
                remaining.stood_s,
                remaining.part_s,
                remaining.dwell_s,
                remaining.first,
                k,
                n,
                remaining.linked.number,
                remaining.waits,
            )
            times = (remaining.base_s[k], median_s, lately[0][k], lately[1][k], float(usual[: k + 1].sum()), at % 86400.0)
            key = (remaining.state.vehicle_id, remaining.trip.trip_id, pattern.stop_sequences[n], at)
            self.known[key] = np.array((*own, *times, *forecast.features[k]), dtype=np.float32)

    def _time(self, link: int, which: int, usual_s: float) -> float:
        seen = self.last.get(link, ())
        return usual_s if len(seen) < -which else list(seen)[which]


MEDIAN = 10  # of the features


def observed(folder: Path, case: Case) -> tuple[Floats, Floats, Floats, Bools]:
    """Features, made_at, seconds until the arrival, and whether it waited; rows are predictions that were answered."""
    book, out = Notebook(), io.StringIO()
    learn, predictions = TravelTimes.learn, Forecaster._predictions

    def learning(self: TravelTimes, event: Any, linked: Any, index: int) -> LinkObservation | None:
        observation = learn(self, event, linked, index)
        book.observe(linked, observation)
        return observation

    def predicting(self: Forecaster, forecast: VehicleForecast, now: datetime, at: float, horizon_s: float) -> Any:
        book.note(forecast, at)
        return predictions(self, forecast, now, at, horizon_s)

    since, until = (None if text is None else datetime.fromisoformat(text) for text in (case.since, case.until))
    with (
        patch.object(TravelTimes, "learn", learning),
        patch.object(Forecaster, "_predictions", predicting),
        open_recording(folder / "reports.csv.gz") as rows,
    ):
        replay(read_network(folder / "gtfs.zip"), rows, predictions_out=out, every_s=EVERY_S, since=since, until=until)
    made = promises_of(csv.DictReader(io.StringIO(out.getvalue())))
    bounds = (since.timestamp() if since else float("-inf"), until.timestamp() if until else float("inf"))
    by_key: dict[Any, list[float]] = {}
    with open_recording(folder / "truth.csv.gz") as rows:
        for passage in sorted(passages_of(rows, *bounds), key=lambda passage: passage.actual):
            by_key.setdefault(passage.key, []).append(passage.actual)
    actual, _ = around(made, by_key)
    made_at = np.array([passage.made_at for passage in made])
    away = actual - made_at
    keep = np.flatnonzero(np.isfinite(away) & (away <= 1800.0))
    features = np.stack([book.known[made[n].key[0], made[n].key[1], made[n].key[3], made[n].made_at] for n in keep])
    return features, made_at[keep], away[keep], np.asarray(features[:, 8] > 0.0)


def boosted(features: Floats, made_at: Floats, away: Floats) -> Floats:
    """Seconds until the arrival, each block by a model that has seen only the others."""
    import lightgbm

    median = np.maximum(features[:, MEDIAN].astype(float), 0.0)
    target = np.clip(np.log((away + SOFT_S) / (median + SOFT_S)), -1.5, 1.5)
    fold = (made_at // BLOCK_S).astype(int) % FOLDS
    random, result = np.random.default_rng(1), np.zeros(len(away))
    for n in np.unique(fold):
        others = np.flatnonzero(fold != n)
        others = random.choice(others, min(MOST, len(others)), replace=False)
        data = lightgbm.Dataset(features[others], target[others], weight=median[others] + SOFT_S)
        model = lightgbm.train(BOOSTING, data, ROUNDS)
        mine = fold == n
        result[mine] = (median[mine] + SOFT_S) * np.exp(model.predict(features[mine])) - SOFT_S
    return result


def errors(away: Floats, forecast: Floats, chosen: Any) -> list[str]:
    bucket = np.digitize(away / 60.0, BUCKETS_MIN) - 1
    rows = (np.abs(away - forecast)[chosen & (bucket == n)] for n in range(len(NAMES)))
    return [f"{row.mean():.1f}" if len(row) else "-" for row in rows]


def main() -> int:
    lines = ["| set | vehicles | rows | medians of | " + " | ".join(NAMES) + " |", "|" + "---|" * (4 + len(NAMES))]
    for case, folder in asked_for(__doc__):
        features, made_at, away, waits = observed(folder, case)
        forecast = {"ours": features[:, MEDIAN].astype(float), "boosting": boosted(features, made_at, away)}
        for kind, chosen in (("under way", ~waits), ("waiting", waits), ("all", np.ones(len(waits), bool))):
            for name, seconds in forecast.items():
                cells = (case.name, kind, str(chosen.sum()), name, *errors(away, seconds, chosen))
                lines.append("| " + " | ".join(cells) + " |")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
