"""How good the predictions are on the recordings: replays through the same pipeline, scored; one line each.

    python -m benchmarks.prediction [--only toronto]

RECORDINGS names the folder of the recordings (default ../shared/data). Learning goes on through the replay as it does in
the live system; Toronto is scored on 15-16 Dec, after four days of history, the others from their first report on.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import scoring
from gps_ingest.replay import reading, replay, writing
from gtfs.reader import read_network

CASES = (
    ("nyc_b63_2010", None, None),
    ("austin_2015-06-07", None, None),
    ("toronto_2016", datetime(2016, 12, 15, 5, tzinfo=UTC), datetime(2016, 12, 17, 5, tzinfo=UTC)),
)
METHODS = ("ours",)
EVERY_S = 60


def recordings() -> Path | None:
    """The folder of the recordings, or None where there is none."""
    folder = Path(os.environ.get("RECORDINGS") or "../shared/data")
    return folder if folder.is_dir() else None


def measure(folder: Path, since: datetime | None, until: datetime | None, method: str) -> tuple[dict[str, object], float]:
    """(scores, seconds that the replay took)."""
    network = read_network(folder / "gtfs.zip")
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch) / "predictions.csv"
        started = time.perf_counter()
        with reading(folder / "reports.csv.gz") as rows, writing(out) as file:
            replay(network, rows, predictions_out=file, every_s=EVERY_S, since=since, until=until, method=method)
        took = time.perf_counter() - started
        rows_scored = scoring.judged(scoring.read(folder / "truth.csv.gz"), scoring.read(out))
    return dict(scoring.score(rows_scored)), took


def table(only: str = "") -> list[str]:
    folder = recordings()
    if folder is None:
        return ["The recordings are not here: set RECORDINGS to their folder. Nothing was scored."]
    head = "recording          method  MAE s 0-3   3-6  6-10 10-15 15-30   ETA  MBTA %       "
    lines = [head + "   80 %  Winkler  bias  scored   s"]
    for name, since, until in CASES:
        if only not in name or not (folder / name).is_dir():
            continue
        for method in METHODS:
            found, took = measure(folder / name, since, until, method)
            mae = " ".join(f"{value:5.1f}" for value in found["mae"])  # type: ignore[attr-defined]
            mbta = "/".join(f"{value:.0f}" for value in found["mbta"])  # type: ignore[attr-defined]
            lines.append(
                f"{name:18} {method:8}     {mae}  {found['eta']:5.1f}  {mbta:12}  {found['coverage']:5.1f}"
                f"  {found['winkler']:7.1f} {found['bias']:5.1f} {found['scored']:7.0f} {took:3.0f}"
            )
    return lines


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="", help="part of a recording's name")
    lines = table(parser.parse_args().only)
    print("\n".join(lines))
    if len(lines) == 1:
        sys.exit(1)


if __name__ == "__main__":
    main()
