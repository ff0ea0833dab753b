"""Accuracy of predictions against passages, by the definitions that the field uses (docs/PREDICTION.md).

A prediction is judged by the next passage of its vehicle on its trip at its stop; error = actual - predicted, so a bus that
comes later than promised has a positive one. MAE and the ETA benchmark go by minutes really away, the MBTA bands by
minutes promised.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

CALL = ["vehicle_id", "trip_id", "stop_id", "stop_sequence"]
BUCKETS = ((0, 3), (3, 6), (6, 10), (10, 15), (15, 30))  # minutes
ETA = ((0, 3, -30, 90), (3, 6, -60, 150), (6, 10, -60, 210), (10, 15, -90, 270))  # minutes away, seconds early and late
MBTA = ((0, 3, -60, 60), (3, 6, -90, 120), (6, 12, -150, 210), (12, 30, -240, 360))  # minutes promised
LONGEST_S = 3600.0  # a passage that comes later than this after the prediction is another one


def read(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype=dict.fromkeys(CALL[:3], str))
    frame["stop_sequence"] = frame["stop_sequence"].fillna(-1).astype(int)
    return frame


def judged(truth: pd.DataFrame, predictions: pd.DataFrame) -> pd.DataFrame:
    """Each prediction with the passage that judges it, if that came within 30 min: error, away and said in seconds."""
    passages = truth.assign(actual=truth["arrival_ts"].fillna(truth["pass_ts"])).dropna(subset=["actual"])
    passages = passages.sort_values("actual")[[*CALL, "actual"]]
    made = predictions.assign(made_at=predictions["made_at"].astype(float)).sort_values("made_at")
    found = pd.merge_asof(
        made, passages, left_on="made_at", right_on="actual", by=CALL, direction="forward", tolerance=LONGEST_S
    )
    found = found[found["actual"].notna() & (found["actual"] - found["made_at"] <= 1800.0)].copy()
    found["error"] = found["actual"] - found["predicted_at"]
    found["away"] = found["actual"] - found["made_at"]
    found["said"] = found["predicted_at"] - found["made_at"]
    return found


def score(rows: pd.DataFrame) -> dict[str, list[float] | float]:
    """mae (s by bucket), eta (%), mbta (% by band), coverage (%), winkler (s), bias (s), scored."""
    inside = (rows["actual"] >= rows["low_at"]) & (rows["actual"] <= rows["high_at"])
    width = rows["high_at"] - rows["low_at"]
    missed = (rows["low_at"] - rows["actual"]).clip(lower=0) + (rows["actual"] - rows["high_at"]).clip(lower=0)
    eta = [_within(rows, "away", *band) for band in ETA]
    return {
        "mae": [float(rows["error"][_between(rows["away"], *bucket)].abs().mean()) for bucket in BUCKETS],
        "eta": float(np.mean(eta)),
        "mbta": [_within(rows, "said", *band) for band in MBTA],
        "coverage": 100.0 * float(inside.mean()),
        "winkler": float((width + 10.0 * missed).mean()),
        "bias": float(rows["error"].mean()),
        "scored": float(len(rows)),
    }


def _between(column: pd.Series, low_min: float, high_min: float) -> pd.Series:
    return (column >= 60 * low_min) & (column < 60 * high_min)


def _within(rows: pd.DataFrame, by: str, low_min: float, high_min: float, early_s: float, late_s: float) -> float:
    errors = rows["error"][_between(rows[by], low_min, high_min)]
    return 100.0 * float(((errors >= early_s) & (errors <= late_s)).mean())
