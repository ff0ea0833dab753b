"""Where predictions err: by link, hour of the day, distance and kind of vehicle, as tables and plots.

    python -m benchmarks.residuals --out benchmarks/results/residuals [--recordings DIR] [--only toronto]

A residual is the actual arrival less the one shown, in seconds; positive: the bus came later. A vehicle waits where its
predictions begin with the first stop of its trip. The error of a link is the change of the residual over it, of one vehicle
at one moment.
"""

from __future__ import annotations

import argparse
import csv
import io
import sys
from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from benchmarks.prediction import CASES, EVERY_S, Case, passages_of, promises_of, recordings
from gps_ingest.recordings.replay import open_recording, replay
from gtfs.reader import read_network
from transit.plan.network import Network
from transit.quality.scorecard import around

BUCKETS_MIN = (0, 3, 6, 10, 15, 30)
NAMES = tuple(f"{low}-{high}" for low, high in pairwise(BUCKETS_MIN))
WORST = 10
FEWEST = 200  # residuals of a link that is named
Table = dict[str, tuple[int, float, float, float, float]]  # n, mean of |e|, q10, median, q90


class Residuals:
    """Columns of equal length: one row for each prediction that was answered within half an hour."""

    def __init__(self, network: Network, predictions: str, passages: list[Any]) -> None:
        made = promises_of(csv.DictReader(io.StringIO(predictions)))
        by_key: dict[Any, list[float]] = {}
        for passage in sorted(passages, key=lambda promise: promise.actual):
            by_key.setdefault(passage.key, []).append(passage.actual)
        actual, _ = around(made, by_key)
        made_at, promised = (
            np.array([promise.made_at for promise in made]),
            np.array([promise.predicted_at for promise in made]),
        )
        first: dict[tuple[str, str, float], int] = {}
        for promise in made:
            group = (promise.key[0], promise.key[1], promise.made_at)
            first[group] = min(first.get(group, promise.key[3]), promise.key[3])
        starts = {trip_id: trip.stop_times[0].stop_sequence for trip_id, trip in network.trips.items()}
        keep = np.isfinite(actual) & (actual - made_at <= 1800.0)
        zone = ZoneInfo(network.timezone)
        self.keys = [promise.key for promise, kept in zip(made, keep, strict=True) if kept]
        self.made_at, self.error, self.away_min = made_at[keep], (actual - promised)[keep], ((actual - made_at) / 60.0)[keep]
        waits = (first[promise.key[0], promise.key[1], promise.made_at] == starts[promise.key[1]] for promise in made)
        self.waits = np.fromiter(waits, bool)[keep]
        self.hour = np.array([datetime.fromtimestamp(at, zone).hour for at in self.made_at])
        self.links = self._of_links(network)

    def _of_links(self, network: Network) -> dict[str, list[float]]:
        calls = {
            trip_id: {after.stop_sequence: (before, after) for before, after in pairwise(trip.stop_times)}
            for trip_id, trip in network.trips.items()
        }
        rows = zip(self.keys, self.made_at, self.error, strict=True)
        known = {(key[0], key[1], at, key[3]): error for key, at, error in rows}
        errors_of: dict[str, list[float]] = {}
        for (vehicle_id, trip_id, at, sequence), error in known.items():
            link = calls[trip_id].get(sequence)
            before = None if link is None else known.get((vehicle_id, trip_id, at, link[0].stop_sequence))
            if link is not None and before is not None:
                errors_of.setdefault(f"{link[0].stop_id} > {link[1].stop_id}", []).append(error - before)
        return errors_of


def row(errors: NDArray[np.float64]) -> tuple[int, float, float, float, float]:
    low, middle, high = np.quantile(errors, (0.1, 0.5, 0.9))
    return len(errors), float(np.abs(errors).mean()), float(low), float(middle), float(high)


def grouped(errors: NDArray[np.float64], of: list[tuple[str, NDArray[np.bool_]]]) -> Table:
    return {name: row(errors[chosen]) for name, chosen in of if chosen.any()}


def tables(residual: Residuals) -> dict[str, Table]:
    bucket = np.digitize(residual.away_min, BUCKETS_MIN) - 1
    kinds = (("under way", ~residual.waits), ("waiting", residual.waits))
    distances = [(f"{kind}, {NAMES[n]} min", chosen & (bucket == n)) for kind, chosen in kinds for n in range(len(NAMES))]
    hours = [(f"{hour:02d} h", residual.hour == hour) for hour in range(24)]
    links = {name: row(np.array(errors)) for name, errors in residual.links.items() if len(errors) >= FEWEST}
    worst = dict(sorted(links.items(), key=lambda row_of: -row_of[1][1])[:WORST])
    by_kind, by_hour = grouped(residual.error, distances), grouped(residual.error, hours)
    return {"by kind and distance": by_kind, "by hour": by_hour, "worst links": worst}


def markdown(name: str, some: dict[str, Table]) -> str:
    lines = [f"## {name}", ""]
    for title, table in some.items():
        lines += [f"| {title} | n | mean of abs. | 10 % | median | 90 % |", "|---|---|---|---|---|---|"]
        lines += [
            f"| {key} | {n} | " + " | ".join(f"{figure:.0f}" for figure in rest) + " |" for key, (n, *rest) in table.items()
        ]
        lines.append("")
    return "\n".join(lines)


def plot(name: str, some: dict[str, Table], links: dict[str, list[float]], path: Path) -> None:
    """Four panels in one SVG; equal input gives equal bytes."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "residuals", "font.size": 8})
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(2, 2, figsize=(9, 6), layout="constrained")
    figure.suptitle(f"{name}: actual less shown arrival, seconds (bar: 10-90 %, dot: median)")
    by_kind = some["by kind and distance"]
    for axis, kind in ((axes[0, 0], "under way"), (axes[0, 1], "waiting")):
        chosen = {key.split(", ")[1]: value for key, value in by_kind.items() if key.startswith(kind)}
        _bars(axis, chosen, f"vehicles {kind}, by minutes really away")
    _bars(axes[1, 0], some["by hour"], "by hour of the day")
    spread = [float(np.abs(np.array(errors)).mean()) for errors in links.values() if len(errors) >= FEWEST]
    axes[1, 1].hist(spread, bins=30, color="#0057B8")
    axes[1, 1].set(title="links by their mean error", xlabel="mean of the absolute change over a link, s", ylabel="links")
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    pyplot.close(figure)


def _bars(axis: Any, table: Table, title: str) -> None:
    at = np.arange(len(table))
    rows = list(table.values())
    axis.vlines(at, [row[2] for row in rows], [row[4] for row in rows], color="#0057B8", linewidth=4, alpha=0.5)
    axis.plot(at, [row[3] for row in rows], "o", color="#002E5D", markersize=4)
    axis.axhline(0, color="#888888", linewidth=0.8)
    axis.set_xticks(at, [key.replace(" min", "").replace(" h", "") for key in table])
    axis.set(title=title, ylabel="s")


def residuals(folder: Path, case: Case) -> Residuals:
    since, until = (None if text is None else datetime.fromisoformat(text) for text in (case.since, case.until))
    out = io.StringIO()
    network = read_network(folder / "gtfs.zip")
    with open_recording(folder / "reports.csv.gz") as rows:
        replay(network, rows, predictions_out=out, every_s=EVERY_S, since=since, until=until)
    bounds = (since.timestamp() if since else float("-inf"), until.timestamp() if until else float("inf"))
    with open_recording(folder / "truth.csv.gz") as rows:
        return Residuals(network, out.getvalue(), passages_of(rows, *bounds))


def main(say: Callable[[str], None] = print) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path, default=recordings(), help="default: $RECORDINGS or ../shared/data")
    parser.add_argument("--only", default="", help="sets whose name or folder contains this")
    parser.add_argument("--out", type=Path, help="a folder for the plots")
    asked = parser.parse_args()
    done = 0
    for case in CASES:
        folder = None if asked.recordings is None else asked.recordings / case.folder
        if folder is None or not folder.is_dir() or asked.only.lower() not in f"{case.name} {case.folder}".lower():
            continue
        residual = residuals(folder, case)
        some = tables(residual)
        say(markdown(case.name, some))
        if asked.out is not None:
            asked.out.mkdir(parents=True, exist_ok=True)
            plot(case.name, some, residual.links, asked.out / f"{case.folder}.svg")
        done += 1
    if not done:
        print("No recording found: set RECORDINGS to their folder, or give --only a name that exists.", file=sys.stderr)
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
