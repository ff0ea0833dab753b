"""The scorecard of a stored day: made, told in lines, kept as a file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from transit.plan.network import Network
from transit.plan.service_day import moment
from transit.quality.daily_score import ALL, by_route, passages_of
from transit.quality.scorecard import Passage, Promise, examples
from transit.store.database import Engine
from transit.store.files import write_atomically
from transit.store.promises import read_promises
from transit.store.stop_events import load_events_between

EXAMPLES_AT_ONCE = 7  # days of one night: each reads a day's promises
LAST_CALLS_S = 3600  # after a day's end: what was promised on it is judged by calls until then
Scores = Mapping[str, Mapping[str, Any]]  # route -> what transit.quality.scorecard.score says


def scorecard_of(engine: Engine, data_dir: Path, network: Network, day: date) -> Scores:
    """How good a local day's promises were, by route, all routes first."""
    promises, passages = _of_day(engine, data_dir, network, day)
    scores = by_route(network, promises, passages)
    scores[ALL]["examples"] = examples(promises, passages)
    return scores


def _of_day(engine: Engine, data_dir: Path, network: Network, day: date) -> tuple[list[Promise], list[Passage]]:
    since = moment(day, 0, network.timezone)
    until = moment(day + timedelta(days=1), LAST_CALLS_S, network.timezone)
    with engine.connect() as connection:
        passages = passages_of(network, load_events_between(connection, since, until))
    return list(read_promises(data_dir, day)), passages


def add_examples(engine: Engine, data_dir: Path, network: Network) -> list[date]:
    """Gives kept scorecards of an earlier version what the report's numbers open: examples, from promises that are kept.

    Their figures stay. Of the newest days, EXAMPLES_AT_ONCE at most; returns the days.
    """
    done: list[date] = []
    for path in sorted((data_dir / "scorecards").glob("????-??-??.json"), reverse=True):
        day, scores = date.fromisoformat(path.stem), json.loads(path.read_text(encoding="utf-8"))
        if "examples" in scores.get(ALL, {}) or not scores.get(ALL, {}).get("scored"):
            continue
        promises, passages = _of_day(engine, data_dir, network, day)
        if promises:
            scores[ALL]["examples"] = examples(promises, passages)
            keep_scorecard(data_dir, day, scores)
            done.append(day)
        if len(done) == EXAMPLES_AT_ONCE:
            break
    return done


def keep_scorecard(data_dir: Path, day: date, scores: Scores) -> Path:
    """Returns where it is kept."""
    path = data_dir / "scorecards" / f"{day}.json"
    write_atomically(path, json.dumps(scores, indent=1).encode())
    return path


def scorecard_lines(day: date, scores: Scores) -> Iterator[str]:
    yield f"{day}: promises sampled every 30 s, mean error in s by minutes really away"
    yield f"{'route':20} {'promises':>8} {'judged':>7}   0-3   3-6  6-10 10-15 15-30   ETA  80 %  missing %"
    for route_id, row in scores.items():
        if not row.get("scored"):
            yield f"{route_id[:20]:20} {row['predictions']:8}       0   nothing to judge"
            continue
        mae = " ".join(f"{'-' if value is None else value:>5}" for value in row["mae_s"].values())
        eta, covered = row["eta_benchmark"]["score"], row.get("interval80", {}).get("coverage_pct")
        yield (
            f"{route_id[:20]:20} {row['predictions']:8} {row['scored']:7} {mae} {'-' if eta is None else eta:>5}"
            f" {'-' if covered is None else covered:>5} {row['missing_passage_pct']!s:>10}"
        )
