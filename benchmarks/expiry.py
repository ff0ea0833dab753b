"""Promises at most 5 minutes ahead that no passage had answered 15 minutes later, though their vehicle was still heard, by why.

    python -m benchmarks.expiry [--recordings DIR] [--only nyc]

The truth of a recording lacks passages, and follows labels: most of what is unanswered is its gap, not a broken promise.
Of each cause one example is printed, to be looked up in truth.csv.gz and reports.csv.gz.
"""

from __future__ import annotations

import csv
import io
import sys
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from shapely import LineString, Point

from benchmarks.prediction import EVERY_S, Case, asked_for, passages_of, promises_of
from gps_ingest.recordings.replay import open_recording, read_recording, replay
from gtfs.reader import read_network
from transit.plan.geometry import distance_m
from transit.plan.network import Network
from transit.plan.patterns import patterns_of
from transit.quality.scorecard import Key, Promise

NEAR_S = 300.0  # promises so near are looked at
UNTIL_S = 900.0  # and so long after they were made
HEARD_S = 300.0  # a fix at most so old then: still heard
BEFORE_S = 120.0  # a passage so shortly before a promise was made answers it as well
STOOD_M = 100.0  # who moved less in all that time stood
OFF_LINE_M = 150.0  # who is farther from the line of its trip then has left it
PASS_M = 50.0  # fixes, and the straight way between two of them, so near to a stop have passed it,
AROUND_M = 300.0  # if they go forward on this much of its line before and behind
PASSED = "its own fixes pass the stop in time: the truth lacks it"
HOLE = "a later stop was passed in time: the truth lacks this one"
LATER = "it came, but later"
RELABELLED = "another trip was named in its reports before: the truth follows the label"
LEFT_LINE = "it had left the line of its trip by then"
STOOD = "it stood"
ENDED = "it drove on along its line, where the truth has ended the run"


class Track(NamedTuple):
    """The fixes of one vehicle: Unix seconds, lat and lon, the trip named in each."""

    times: list[float]
    places: list[tuple[float, float]]
    labels: list[str]

    def last(self, at: float) -> int:
        """The index of the last fix until then; -1: none."""
        return bisect_right(self.times, at) - 1


class Judged(NamedTuple):
    """What became of the promises that count."""

    why: Counter[str]
    examples: dict[str, Promise]
    of: int  # promises that count


def counted(folder: Path, case: Case) -> Judged:
    """What became of the promises of a replay."""
    since, until = (None if text is None else datetime.fromisoformat(text) for text in (case.since, case.until))
    out, network = io.StringIO(), read_network(folder / "gtfs.zip")
    with open_recording(folder / "reports.csv.gz") as rows:
        replay(network, rows, predictions_out=out, every_s=EVERY_S, since=since, until=until)
    return judged(promises_of(csv.DictReader(io.StringIO(out.getvalue()))), folder, network)


def judged(promises: Iterable[Promise], folder: Path, network: Network) -> Judged:
    with open_recording(folder / "truth.csv.gz") as rows:
        passages = list(passages_of(rows, float("-inf"), float("inf")))
    calls: dict[Key, list[float]] = {}
    runs: dict[tuple[str, str], list[tuple[float, int]]] = {}
    for passage in sorted(passages, key=lambda passage: passage.actual):
        calls.setdefault(passage.key, []).append(passage.actual)
        runs.setdefault(passage.key[:2], []).append((passage.actual, passage.key[3]))
    tracks = tracks_of(folder)
    why: Counter[str] = Counter()
    examples: dict[str, Promise] = {}
    count = 0
    for promise in promises:
        track = tracks.get(promise.key[0])
        if promise.predicted_at - promise.made_at > NEAR_S or track is None or not is_heard(track, promise.made_at):
            continue
        count += 1
        times = calls.get(promise.key, [])
        first = bisect_left(times, promise.made_at - BEFORE_S)
        if first == len(times) or times[first] > promise.made_at + UNTIL_S:
            cause = reason(promise, runs.get(promise.key[:2], []), track, network, later=first < len(times))
            why[cause] += 1
            examples.setdefault(cause, promise)
    return Judged(why, examples, count)


def reason(promise: Promise, run: list[tuple[float, int]], track: Track, network: Network, *, later: bool) -> str:
    begin, end = promise.made_at - BEFORE_S, promise.made_at + UNTIL_S
    if is_passed(promise, track, network):
        return PASSED
    if any(begin < at <= end and sequence > promise.key[3] for at, sequence in run):
        return HOLE
    if later:
        return LATER
    first, last = track.last(promise.made_at), track.last(end)
    if any(label != promise.key[1] for label in track.labels[first : last + 1]):
        return RELABELLED
    patterns = patterns_of(network)
    pattern = patterns.find(promise.key[1])
    if pattern is not None and pattern.line.nearest(*patterns.plane.xy(*track.places[last])).off_m > OFF_LINE_M:
        return LEFT_LINE
    return STOOD if distance_m(*track.places[first], *track.places[last]) < STOOD_M else ENDED


def is_passed(promise: Promise, track: Track, network: Network) -> bool:
    """Whether the vehicle, by its own fixes, was at the stop in time, on its way forward along the line of the trip."""
    patterns = patterns_of(network)
    pattern = patterns.find(promise.key[1])
    if pattern is None or promise.key[3] not in pattern.stop_sequences:
        return False
    n = pattern.stop_sequences.index(promise.key[3])
    x, y = pattern.stop_xy[n]
    around = (max(pattern.stop_dist_m[n] - AROUND_M, 0.0), min(pattern.stop_dist_m[n] + AROUND_M, pattern.line.length_m))
    first, last = track.last(promise.made_at - BEFORE_S), track.last(promise.made_at + UNTIL_S)
    fixes = [patterns.plane.xy(*place) for place in track.places[max(first, 0) : last + 1]]
    for before, after in pairwise(fixes):
        if LineString([before, after]).distance(Point(x, y)) <= PASS_M:
            along = [pattern.line.nearest(*fix, *around).along_m for fix in (before, after)]
            if along[1] >= along[0]:
                return True
    return False


def tracks_of(folder: Path) -> dict[str, Track]:
    tracks: dict[str, Track] = {}
    with open_recording(folder / "reports.csv.gz") as rows:
        for row in sorted(read_recording(rows, Counter()), key=lambda row: row.t):
            if row.report is not None:
                track = tracks.setdefault(row.vehicle_id, Track([], [], []))
                track.times.append(row.t)
                track.places.append((row.report.lat, row.report.lon))
                track.labels.append(row.trip_id)
    return tracks


def is_heard(track: Track, made_at: float) -> bool:
    """Whether there is a fix when a promise was made, and one not long before it is looked at."""
    until = made_at + UNTIL_S
    return track.last(made_at) >= 0 and until - track.times[track.last(until)] <= HEARD_S


def lines(name: str, result: Judged) -> list[str]:
    rows = [
        "| set | why | promises | % of all that count | for example: vehicle, trip, stop (sequence), made at, promised for |"
    ]
    rows.append("|---|---|---|---|---|")
    for cause, number in result.why.most_common():
        promise = result.examples[cause]
        vehicle_id, trip_id, stop_id, sequence = promise.key
        at = " -> ".join(f"{datetime.fromtimestamp(t, UTC):%Y-%m-%d %H:%M:%S}" for t in (promise.made_at, promise.predicted_at))
        share = 100 * number / max(result.of, 1)
        rows.append(f"| {name} | {cause} | {number} | {share:.2f} | {vehicle_id}, {trip_id}, {stop_id} ({sequence}), {at} |")
    total = result.why.total()
    rows.append(f"| {name} | all unanswered | {total} of {result.of} | {100 * total / max(result.of, 1):.2f} | |")
    return rows


def main() -> int:
    for case, folder in asked_for(__doc__):
        print("\n".join(lines(case.name, counted(folder, case))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
