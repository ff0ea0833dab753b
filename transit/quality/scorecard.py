"""How good predictions were, by the public definitions: ETA benchmark, MBTA bands, coverage, availability, ghosts.

A promise is judged by the next passage of its vehicle on its trip at its stop, if that came within the hour; error = actual -
promised, so a positive error means that the bus came later than said.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from transit.forecasting.links import Floats

Bools = NDArray[np.bool_]

Key = tuple[str, str, str, int]  # vehicle_id, trip_id, stop_id, stop_sequence

BUCKETS_MIN = ((0, 3), (3, 6), (6, 10), (10, 15), (15, 30))  # by how far away the bus really was
ETA = ((0, 3, 30, 90), (3, 6, 60, 150), (6, 10, 60, 210), (10, 15, 90, 270))  # minutes really away; s early, s late allowed
MBTA = ((0, 3, 60, 60), (3, 6, 90, 120), (6, 12, 150, 210), (12, 30, 240, 360))  # the same by minutes promised
MATCH_WITHIN_S = 3600.0
SCORED_S = 1800.0  # promises further ahead than this are not scored
PASSED_BACK_S = 600.0  # a passage before the promise is looked for so far back
STANDING_S = 60.0  # a promise made so shortly before a moment was standing then
# a ghost: promised so much after its bus had passed, for no more than so far ahead, and it does not come by again so soon
GHOST_AFTER_S, GHOST_AHEAD_S, GHOST_AGAIN_S = 30.0, 900.0, 1800.0
NEAR_S = 600.0  # promises so far ahead are held against a bus that does not come
CAME_EARLY_S, CAME_LATE_S = 300.0, 900.0  # a passage so much before, or after, the moment promised is the bus that was meant,
CAME_JUST_S = 120.0  # or one so shortly before the promise was made
MISSED_EARLY_S = 60.0  # a bus that comes so much before its moment is missed by who believed it
AVAILABLE_MIN = (5, 10)  # minutes before a passage at which a promise should stand
UNDER_WAY_S = 2400.0  # of runs that began no longer ago


class Promise(NamedTuple):
    """Unix seconds; low and high are NaN where no interval was given."""

    key: Key
    made_at: float
    predicted_at: float
    low_at: float = float("nan")
    high_at: float = float("nan")


class Passage(NamedTuple):
    key: Key
    actual: float
    run_id: str


def score(promises: Iterable[Promise], passages: Iterable[Passage]) -> dict[str, Any]:
    """Percentages and seconds, rounded to a tenth; None where nothing can be said."""
    made, truth = list(promises), sorted(passages, key=lambda promise: promise.actual)
    times = np.array([promise[1:] for promise in made]).reshape(len(made), 4)
    by_key: dict[Key, list[float]] = {}
    for passage in truth:
        by_key.setdefault(passage.key, []).append(passage.actual)
    actual, last = around(made, by_key)
    result: dict[str, Any] = {"predictions": len(made), "passages": len(truth)}
    result |= _ghosts(made, times, actual, last, truth)
    kept = np.isfinite(actual) & (actual - times[:, 0] <= SCORED_S) if len(made) else np.zeros(0, dtype=bool)
    result["scored"] = int(kept.sum())
    if not kept.any():
        return result
    result |= accuracy(times[kept, 0], times[kept, 1], actual[kept]) | interval(times[kept, 2], times[kept, 3], actual[kept])
    return result | _availability(made, truth)


def examples(promises: Iterable[Promise], passages: Iterable[Passage]) -> dict[str, dict[str, Any]]:
    """For each figure of score() a promise that stands for it: the one that was most wrong. Where one looks in the playback.

    Keys: "all", a bucket like "0-3", "interval80" (the farthest outside); made_at in Unix seconds.
    """
    made = list(promises)
    by_key: dict[Key, list[float]] = {}
    for passage in sorted(passages, key=lambda row: row.actual):
        by_key.setdefault(passage.key, []).append(passage.actual)
    actual = around(made, by_key)[0]
    worst: dict[str, tuple[float, int]] = {}

    def take(name: str, wrong_s: float, n: int) -> None:
        if name not in worst or wrong_s > worst[name][0]:
            worst[name] = wrong_s, n

    for n, promise in enumerate(made):
        away_s = actual[n] - promise.made_at
        if not away_s <= SCORED_S:  # nothing came: NaN
            continue
        wrong_s = abs(actual[n] - promise.predicted_at)
        take("all", wrong_s, n)
        for low, high in BUCKETS_MIN:
            if low * 60 <= away_s < high * 60:
                take(f"{low}-{high}", wrong_s, n)
        if np.isfinite(promise.low_at):
            take("interval80", max(promise.low_at - actual[n], actual[n] - promise.high_at), n)
    return {name: {"made_at": made[n].made_at, "stop_id": made[n].key[2]} for name, (_, n) in worst.items()}


def around(made: list[Promise], by_key: dict[Key, list[float]]) -> tuple[Floats, Floats]:
    """For each promise the next passage (at or after it was made) and the last (at or before); NaN where there is none."""
    actual, last = np.full(len(made), np.nan), np.full(len(made), np.nan)
    arrays = {key: np.array(times) for key, times in by_key.items()}
    for n, promise in enumerate(made):
        times = arrays.get(promise.key)
        if times is None:
            continue
        after = int(np.searchsorted(times, promise.made_at, side="left"))
        if after < len(times) and times[after] - promise.made_at <= MATCH_WITHIN_S:
            actual[n] = times[after]
        before = int(np.searchsorted(times, promise.made_at, side="right")) - 1
        if before >= 0 and promise.made_at - times[before] <= PASSED_BACK_S:
            last[n] = times[before]
    return actual, last


def _ghosts(made: list[Promise], times: Floats, actual: Floats, last: Floats, truth: list[Passage]) -> dict[str, Any]:
    """Promises of a bus that had passed already, and those at most 10 min ahead that no passage answered."""
    if not made:
        return {"passed_still_shown_pct": None, "missing_passage_pct": None}
    made_at, predicted_at = times[:, 0], times[:, 1]
    passed = (made_at - last > GHOST_AFTER_S) & (predicted_at - made_at < GHOST_AHEAD_S) & ~(actual - made_at < GHOST_AGAIN_S)
    near, came = answered(made, truth, actual, last)
    missing = (near & ~came).sum() / near.sum() if near.any() else np.nan
    return {"passed_still_shown_pct": _pct(passed.mean()), "missing_passage_pct": _pct(missing)}


def answered(made: list[Promise], truth: list[Passage], actual: Floats, last: Floats) -> tuple[Bools, Bools]:
    """Which promises count, at most 10 min ahead, and to which of all a passage came; actual and last as from around().

    They count only of vehicles and trips that the truth knows, at a trip's last stop only where it has the passage.
    """
    made_at, predicted_at = (np.array([getattr(row, name) for row in made]) for name in ("made_at", "predicted_at"))
    trips = {(row.key[0], row.key[1]) for row in truth}
    final: dict[str, int] = {}
    for row in made:
        final[row.key[1]] = max(final.get(row.key[1], -1), row.key[3])
    is_known = np.array([(row.key[0], row.key[1]) in trips for row in made])
    is_last = np.array([row.key[3] == final[row.key[1]] for row in made])
    late_s = actual - predicted_at
    came = (made_at - last <= CAME_JUST_S) | (late_s <= CAME_LATE_S) & (late_s >= -CAME_EARLY_S)
    return is_known & (predicted_at - made_at <= NEAR_S) & (came | ~is_last), came


def accuracy(made_at: Floats, predicted_at: Floats, actual: Floats) -> dict[str, Any]:
    """Errors of predictions: actual minus predicted, seconds. Arrays of one length, Unix seconds; NaN where there is none."""
    error, away, ahead = actual - predicted_at, actual - made_at, predicted_at - made_at

    def bucket(of: Floats, low: int, high: int) -> Any:
        return (of >= low * 60) & (of < high * 60)

    def within(of: Floats, low: int, high: int, early: int, late: int) -> float:
        chosen = error[bucket(of, low, high)]
        return float(100.0 * ((chosen >= -early) & (chosen <= late)).mean()) if len(chosen) else float("nan")

    def mae(low: int, high: int) -> float | None:
        chosen = error[bucket(away, low, high)]
        return _round(float(np.abs(chosen).mean())) if len(chosen) else None

    eta = [within(away, *row) for row in ETA]
    return {
        "mae_s": {f"{low}-{high}": mae(low, high) for low, high in BUCKETS_MIN},
        "mae_all_s": _round(float(np.abs(error).mean())),
        "bias_s": _round(float(error.mean())),
        "early_over_60s_pct": _pct((error < -MISSED_EARLY_S).mean()),
        "eta_benchmark": {"buckets": [_round(value) for value in eta], "score": _round(float(np.mean(eta)))},
        "mbta_bands_pct": [_round(within(ahead, *row)) for row in MBTA],
    }


def interval(low: Floats, high: Floats, actual: Floats) -> dict[str, Any]:
    """Of an 80 % interval; the Winkler score is its width plus ten times what lies outside."""
    given = np.isfinite(low) & np.isfinite(high)
    if not given.any():
        return {}
    low, high, actual = low[given], high[given], actual[given]
    width = high - low
    winkler = width + 10.0 * np.maximum(low - actual, 0.0) + 10.0 * np.maximum(actual - high, 0.0)
    covered = ((actual >= low) & (actual <= high)).mean()
    return {
        "interval80": {
            "coverage_pct": _pct(covered),
            "mean_width_s": _round(float(width.mean())),
            "winkler_s": _round(float(winkler.mean())),
        }
    }


def _availability(made: list[Promise], truth: list[Passage]) -> dict[str, Any]:
    """Of the passages whose run was under way m minutes before (for 40 min at most), how many had a promise standing then."""
    standing: dict[Key, list[float]] = {}
    for promise in made:
        standing.setdefault(promise.key, []).append(promise.made_at)
    arrays = {key: np.sort(np.array(times)) for key, times in standing.items()}
    begun: dict[str, float] = {}
    for passage in truth:  # in order of time
        begun.setdefault(passage.run_id, passage.actual)
    result = {}
    for minutes in AVAILABLE_MIN:
        have = []
        for passage in truth:
            under_way = passage.actual - begun[passage.run_id]
            if not minutes * 60 <= under_way <= UNDER_WAY_S:
                continue
            at, times = passage.actual - minutes * 60, arrays.get(passage.key)
            n = -1 if times is None else int(np.searchsorted(times, at, side="right")) - 1
            have.append(times is not None and n >= 0 and at - times[n] <= STANDING_S)
        result[f"availability_at_{minutes}min_pct"] = _pct(np.mean(have)) if have else None
    return result


def _round(value: float) -> float | None:
    return round(value, 1) if np.isfinite(value) else None


def _pct(share: Any) -> float | None:
    return _round(100.0 * float(share))
