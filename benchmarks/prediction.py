"""How well arrivals are predicted: all methods over the recordings, in one table.

    python -m benchmarks.prediction [--recordings DIR] [--only toronto] [--methods ours,history] [--out FILE]

Every method sees the same matches at the same moments (a tick each 60 s, labels shown as in --assignment trip) and learns on as
it would in service; only predictions made in the test window are scored, by the definitions of transit/quality/scorecard.py.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import sys
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from gps_ingest.recordings.replay import open_recording, replay
from gtfs.reader import read_network
from transit.forecasting.baselines import METHODS
from transit.quality.scorecard import Passage, Promise, score


@dataclass(frozen=True)
class Case:
    """since and until bound the test; everything before since is only learnt from."""

    name: str
    folder: str
    since: str | None = None
    until: str | None = None


CASES = (
    Case("New York B63", "nyc_b63_2010"),
    Case("Toronto 15-16 Dec", "toronto_2016", "2016-12-15T05:00:00+00:00", "2016-12-17T05:00:00+00:00"),
    Case("Austin", "austin_2015-06-07"),
)
EVERY_S = 60
NOTHING = "No recording found: set RECORDINGS to their folder, or give --only a name that exists.\n"
COLUMNS = (
    "set", "method", "0-3", "3-6", "6-10", "10-15", "15-30", "ETA", "MBTA", "coverage", "Winkler", "avail. @5", "missing",
    "passed", "scored",
)  # fmt: skip


def promises_of(lines: Iterable[Mapping[str, str]]) -> list[Promise]:
    return [
        Promise(
            key=(row["vehicle_id"], row["trip_id"], row["stop_id"], int(row["stop_sequence"])),
            made_at=float(row["made_at"]),
            predicted_at=float(row["predicted_at"]),
            low_at=float(row["low_at"]),
            high_at=float(row["high_at"]),
        )
        for row in lines
    ]


def passages_of(lines: Iterable[Mapping[str, str]], since: float, until: float) -> list[Passage]:
    passages = []
    for row in lines:
        actual = row["arrival_ts"] or row["pass_ts"]
        if actual and since <= float(actual) < until:
            key = (row["vehicle_id"], row["trip_id"], row["stop_id"], int(row["stop_sequence"]))
            passages.append(Passage(key, float(actual), row["run_id"]))
    return passages


def measure(folder: Path, case: Case, method: str) -> dict[str, Any]:
    """One method over one recording: its scores, and how long the whole replay took."""
    since, until = (None if text is None else datetime.fromisoformat(text) for text in (case.since, case.until))
    out = io.StringIO()
    started = time.monotonic()
    with open_recording(folder / "reports.csv.gz") as rows:
        network = read_network(folder / "gtfs.zip")
        replay(network, rows, predictions_out=out, method=method, every_s=EVERY_S, since=since, until=until)
    seconds = time.monotonic() - started
    out.seek(0)
    bounds = (since.timestamp() if since else float("-inf"), until.timestamp() if until else float("inf"))
    with open_recording(folder / "truth.csv.gz") as rows:
        passages = passages_of(rows, *bounds)
    return {"seconds": round(seconds, 1), **score(promises_of(csv.DictReader(out)), passages)}


def markdown(results: list[tuple[Case, str, dict[str, Any]]]) -> str:
    lines = ["| " + " | ".join(COLUMNS) + " |", "|" + "---|" * len(COLUMNS)]
    for case, method, scores in results:
        mae = " | ".join(str(figure) for figure in scores["mae_s"].values())
        mbta = "/".join(f"{figure:.0f}" if figure is not None else "-" for figure in scores["mbta_bands_pct"])
        sure = scores["interval80"]
        lines.append(
            f"| {case.name} | {method} | {mae} | {scores['eta_benchmark']['score']} | {mbta} | {sure['coverage_pct']} "
            f"| {sure['winkler_s']} | {scores['availability_at_5min_pct']} | {scores['missing_passage_pct']} "
            f"| {scores['passed_still_shown_pct']} | {scores['scored']} |"
        )
    return "\n".join(lines)


def recordings() -> Path | None:
    """The folder of the recordings ($RECORDINGS, else ../shared/data), or None where there is none."""
    folder = Path(os.environ.get("RECORDINGS") or Path(__file__).resolve().parents[2] / "shared" / "data")
    return folder if folder.is_dir() else None


def asked_for(description: str | None) -> list[tuple[Case, Path]]:
    """The recordings that a benchmark's command line names, each with its folder; ends the process where there is none."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path, default=recordings(), help="default: $RECORDINGS or ../shared/data")
    parser.add_argument("--only", default="", help="sets whose name or folder contains this")
    options = parser.parse_args()
    cases = found_in(options.recordings, options.only)
    if not cases:
        parser.exit(1, NOTHING)
    return cases


def found_in(folder: Path | None, only: str) -> list[tuple[Case, Path]]:
    return [
        (case, folder / case.folder)
        for case in CASES
        if folder is not None and only.lower() in f"{case.name} {case.folder}".lower() and (folder / case.folder).is_dir()
    ]


def measured(folder: Path, only: str, methods: list[str]) -> list[tuple[Case, str, dict[str, Any]]]:
    results = []
    for case, place in found_in(folder, only):
        for method in methods:
            scores = measure(place, case, method)
            print(f"{case.name}, {method}: {json.dumps(scores)}", file=sys.stderr, flush=True)
            results.append((case, method, scores))
    return results


def table(only: str = "") -> list[str]:
    """Our own method on every recording, for make bench."""
    folder = recordings()
    if folder is None:
        return ["The recordings are not here: set RECORDINGS to their folder. Nothing was scored."]
    return markdown(measured(folder, only, ["ours"])).splitlines()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path, default=recordings(), help="default: $RECORDINGS or ../shared/data")
    parser.add_argument("--only", default="", help="sets whose name or folder contains this")
    parser.add_argument("--methods", default=",".join(["ours", *METHODS]))
    parser.add_argument("--out", type=Path, help="the table is written there, too; the scores beside it as .json")
    options = parser.parse_args()
    results = measured(options.recordings, options.only, options.methods.split(",")) if options.recordings else []
    if not results:
        print(NOTHING, file=sys.stderr, end="")
        return 1
    text = markdown(results)
    print(text)
    if options.out is not None:
        options.out.write_text(text + "\n", encoding="utf-8")
        scores = [{"set": case.name, "method": method, **figures} for case, method, figures in results]
        options.out.with_suffix(".json").write_text(json.dumps(scores, indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
