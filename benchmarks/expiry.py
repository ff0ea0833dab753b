"""Promises at most 5 minutes ahead that no passage had answered 15 minutes later, though their vehicle was still heard, by why.

    python -m benchmarks.expiry [--recordings DIR] [--only nyc]

The truth of a recording lacks passages: what a vehicle that moved on left unanswered is mostly its gap, not a broken promise.
"""

from __future__ import annotations

import csv
import io
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from datetime import datetime
from pathlib import Path

from benchmarks.prediction import EVERY_S, Case, asked_for, passages_of, promises_of
from gps_ingest.recordings.replay import open_recording, read_rows, replay
from gtfs.reader import read_network
from transit.plan.geometry import distance_m
from transit.quality.scorecard import Key, Promise

NEAR_S = 300.0  # promises so near are looked at
UNTIL_S = 900.0  # and so long after they were made
HEARD_S = 300.0  # a fix at most so old then: still heard
BEFORE_S = 120.0  # a passage so shortly before a promise was made answers it as well
STOOD_M = 100.0  # who moved less in all that time stood
Track = tuple[list[float], list[tuple[float, float]]]  # Unix seconds, lat and lon


def counted(folder: Path, case: Case) -> tuple[Counter[str], int]:
    """Unanswered promises by why, and how many count."""
    since, until = (None if text is None else datetime.fromisoformat(text) for text in (case.since, case.until))
    out = io.StringIO()
    with open_recording(folder / "reports.csv.gz") as rows:
        replay(read_network(folder / "gtfs.zip"), rows, predictions_out=out, every_s=EVERY_S, since=since, until=until)
    with open_recording(folder / "truth.csv.gz") as rows:
        passages = list(passages_of(rows, float("-inf"), float("inf")))
    calls: dict[Key, list[float]] = {}
    runs: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for passage in sorted(passages, key=lambda passage: passage.actual):
        calls.setdefault(passage.key, []).append(passage.actual)
        runs.setdefault(passage.key[:2], []).append((passage.actual, passage.key[3]))
    tracks = tracks_of(folder)
    why: Counter[str] = Counter()
    count = 0
    for promise in promises_of(csv.DictReader(io.StringIO(out.getvalue()))):
        moved_m = moved(tracks.get(promise.key[0]), promise.made_at)
        if promise.predicted_at - promise.made_at > NEAR_S or moved_m is None:
            continue
        count += 1
        times = calls.get(promise.key, [])
        first = bisect_left(times, promise.made_at - BEFORE_S)
        if first == len(times) or times[first] > promise.made_at + UNTIL_S:
            stood = "stood" if moved_m < STOOD_M else "moved"
            why[f"{stood}: {reason(promise, runs.get(promise.key[:2], []), later=first < len(times))}"] += 1
    return why, count


def reason(promise: Promise, run: list[tuple[float, int]], *, later: bool) -> str:
    begin, end = promise.made_at - BEFORE_S, promise.made_at + UNTIL_S
    if any(begin < at <= end and sequence > promise.key[3] for at, sequence in run):
        return "a later stop was passed in time, the truth lacks this one"
    return "it came later" if later else "the truth has no more of this run"


def tracks_of(folder: Path) -> dict[str, Track]:
    tracks: dict[str, Track] = {}
    with open_recording(folder / "reports.csv.gz") as rows:
        for row in sorted(read_rows(rows, Counter()), key=lambda row: row.t):
            if row.report is not None:
                times, places = tracks.setdefault(row.vehicle_id, ([], []))
                times.append(row.t)
                places.append((row.report.lat, row.report.lon))
    return tracks


def moved(track: Track | None, made_at: float) -> float | None:
    """Metres as the crow flies from when a promise was made until it is looked at; None where it was not heard then."""
    if track is None:
        return None
    times, places = track
    begin, end = (bisect_right(times, at) - 1 for at in (made_at, made_at + UNTIL_S))
    if begin < 0 or made_at + UNTIL_S - times[end] > HEARD_S:
        return None
    return distance_m(*places[begin], *places[end])


def main() -> int:
    lines = ["| set | why | promises | % of all that count |", "|---|---|---|---|"]
    for case, folder in asked_for(__doc__):
        why, count = counted(folder, case)
        for name, number in [*why.most_common(), ("all unanswered", why.total())]:
            lines.append(f"| {case.name} | {name} | {number} of {count} | {100 * number / max(count, 1):.2f} |")
    print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
