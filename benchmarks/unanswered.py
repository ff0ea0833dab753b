"""Promises at most 10 minutes ahead that no recorded passage answered (missing_passage), by why.

    python -m benchmarks.unanswered [--recordings DIR] [--only toronto]

The truth of a recording lacks passages: at single stops in the middle of a run, and where it ends a run early. Each promise
without a passage is told by what the truth has of the same vehicle on the same trip within 25 minutes of it.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np

from benchmarks.prediction import EVERY_S, Case, asked_for, passages_of, promises_of
from gps_ingest.recordings.replay import open_recording, replay
from gtfs.reader import read_network
from transit.forecasting.links import Floats
from transit.plan.network import Network
from transit.quality.scorecard import Promise, answered, around

WITHIN_S = 1500.0
NEAR_S = 600.0  # an earlier stop passed so much later, or a later one so much earlier, is of another round
HOLE = "the run has earlier and later stops: the truth lacks this passage"
ENDED = "the run ends before this stop"
BEGUN = "the run begins after this stop"
ABSENT = "the truth has no run of this vehicle on this trip then"
FIRST = "departure from the first stop"
Run = tuple[Floats, Floats]  # passages of one vehicle on one trip: Unix seconds, stop_sequence


def why(promise: Promise, run: Run | None, first: int) -> str:
    sequence, at = promise.key[3], promise.predicted_at
    if sequence == first:
        return FIRST
    if run is None:
        return ABSENT
    times, sequences = run
    then = np.abs(times - at) < WITHIN_S
    before = (then & (sequences < sequence) & (times < at + NEAR_S)).any()
    after = (then & (sequences > sequence) & (times > at - NEAR_S)).any()
    return HOLE if before and after else ENDED if before else BEGUN if after else ABSENT


def counted(folder: Path, case: Case) -> tuple[Counter[str], int]:
    """How many promises went unanswered, by why, and how many count."""
    since, until = (None if text is None else datetime.fromisoformat(text) for text in (case.since, case.until))
    out, network = io.StringIO(), read_network(folder / "gtfs.zip")
    with open_recording(folder / "reports.csv.gz") as rows:
        replay(network, rows, predictions_out=out, every_s=EVERY_S, since=since, until=until)
    made = promises_of(csv.DictReader(io.StringIO(out.getvalue())))
    bounds = (since.timestamp() if since else float("-inf"), until.timestamp() if until else float("inf"))
    with open_recording(folder / "truth.csv.gz") as rows:
        truth = sorted(passages_of(rows, *bounds), key=lambda passage: passage.actual)
    by_key: dict[tuple[str, str, str, int], list[float]] = {}
    by_run: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for passage in truth:
        by_key.setdefault(passage.key, []).append(passage.actual)
        by_run.setdefault(passage.key[:2], []).append((passage.actual, passage.key[3]))
    near, came = answered(made, truth, *around(made, by_key))
    runs: dict[tuple[str, str], Run] = {key: (np.array(list_)[:, 0], np.array(list_)[:, 1]) for key, list_ in by_run.items()}
    kinds = Counter(
        why(made[n], runs.get(made[n].key[:2]), first_of(network, made[n].key[1])) for n in np.flatnonzero(near & ~came)
    )
    return kinds, int(near.sum())


def first_of(network: Network, trip_id: str) -> int:
    return network.trips[trip_id].stop_times[0].stop_sequence


def main() -> int:
    lines = ["| set | why | promises | % of all that count |", "|---|---|---|---|"]
    for case, folder in asked_for(__doc__):
        kinds, total = counted(folder, case)
        rows = [*kinds.most_common(), ("all without a passage", kinds.total())]
        lines += [f"| {case.name} | {name} | {count} of {total} | {100 * count / total:.1f} |" for name, count in rows]
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
