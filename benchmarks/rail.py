"""A railway with everything wrong that its feed, its trains and its trackers can have wrong: how often a promise stood.

    python -m benchmarks.rail [trip|route|none] [own|shared]          seven lines at once, each on its own track or all on one
    python -m benchmarks.rail [trip|route|none] --alone [NAME ...]    each trouble by itself, on one line

Made by hand after a recording of trains that this project does not have: lines of 100 km, a fix a minute, one bearing for
ever, a plan an hour off, a line drawn wrong for 9 km. --seed may be repeated: one row for each. avail. @5 goes by the trip
that was driven, `stop @5` by vehicle and stop alone, whatever trip it was promised on; idle on trip: of the fixes at
terminals and on empty runs. astray: of all promises, those at a stop where that vehicle never came on that trip.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from benchmarks import matching
from benchmarks.faulted import Answers, Recording, drive, figures
from benchmarks.measured_commit import measured_commit
from benchmarks.rail_troubles import ALONE, AS_A_WHOLE, LINES
from benchmarks.rail_world import SECOND_UNIT, RailLine, rail_recording
from transit.quality.scorecard import Key, score

TOGETHER = "everything at once"
COLUMNS = (
    "avail. @5", "stop @5", "missing", "astray", "0-3", "3-6", "6-10", "ETA", "coverage", "right trip", "right pattern",
    "wrong", "none", "idle on trip", "refused", "doubts",
)  # fmt: skip


def answered(recording: Recording, assignment: str, every_s: int) -> Answers:
    heard = [fix for fixes in recording.fixes.values() for fix in fixes]
    return drive(recording, recording.network, heard, assignment, every_s)


def row_of(recording: Recording, answers: Answers, route_id: str = "") -> dict[str, Any]:
    """The figures of one line, or of all of them."""

    def is_of(vehicle_id: str) -> bool:
        return not route_id or vehicle_id.split(":")[0] == route_id

    promises = [
        promise._replace(key=(promise.key[0].removesuffix(SECOND_UNIT), *promise.key[1:]))
        for promise in answers.promises
        if is_of(promise.key[0])
    ]
    passages = [passage for passage in recording.passages if is_of(passage.key[0])]
    rows = sorted((row for row in answers.rows if is_of(row.vehicle_id)), key=lambda row: (row.vehicle_id, row.t))
    matched = matching.score(rows, matching.patterns(recording.network))
    keys = {passage.key for passage in passages}
    doubts = Counter(doubt for vehicle_id, kinds in answers.doubts.items() if is_of(vehicle_id) for doubt in kinds)
    by_stop = score(
        [promise._replace(key=without_trip(promise.key)) for promise in promises],
        [passage._replace(key=without_trip(passage.key)) for passage in passages],
    )
    return figures(score(promises, passages), matched, answers.refused) | {
        "stop @5": by_stop.get("availability_at_5min_pct"),
        "astray": round(100.0 * sum(promise.key not in keys for promise in promises) / max(len(promises), 1), 1),
        "doubts": " ".join(f"{kind} {count}" for kind, count in sorted(doubts.items())),
    }


def without_trip(key: Key) -> Key:
    return key[0], "", key[2], 0


def line_of(name: str, row: dict[str, Any]) -> str:
    return f"| {name} | " + " | ".join("-" if row[column] is None else str(row[column]) for column in COLUMNS) + " |"


def alone(names: Iterable[str], assignment: str, seeds: Iterable[int], days: int, every_s: int) -> None:
    for name in names:
        for seed in seeds:
            recording = rail_recording((AS_A_WHOLE if name == TOGETHER else ALONE[name],), seed, days)
            print(line_of(name, row_of(recording, answered(recording, assignment, every_s))), flush=True)


def at_once(assignment: str, track: str, seeds: Iterable[int], days: int, every_s: int) -> None:
    lines: tuple[RailLine, ...] = LINES
    if track == "shared":
        lines = tuple(line._replace(turned_deg=LINES[0].turned_deg) for line in LINES)
    for seed in seeds:
        recording = rail_recording(lines, seed, days)
        answers = answered(recording, assignment, every_s)
        for line in lines:
            print(line_of(line.route_id, row_of(recording, answers, line.route_id)), flush=True)
        print(line_of("total", row_of(recording, answers)), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("assignment", nargs="?", default="trip", choices=("trip", "route", "none"))
    parser.add_argument("track", nargs="?", default="own", choices=("own", "shared"))
    parser.add_argument("--alone", nargs="*", metavar="NAME", help="these troubles, or all of them, each by itself")
    parser.add_argument("--seed", action="append", type=int, help="may be repeated")
    parser.add_argument("--days", type=int, default=2)
    parser.add_argument("--every", type=int, default=30, metavar="SECONDS", help="between two ticks")
    parser.add_argument("--list", action="store_true", help="only the names of the troubles")
    asked = parser.parse_args()
    if asked.list:
        print("\n".join([*ALONE, TOGETHER]))
        return
    which = "" if asked.alone is not None else f", {asked.track} track"
    print(f"told {asked.assignment}{which}, {asked.days} days, {measured_commit()}, {datetime.now(UTC):%d %b %Y}\n")
    print("| trouble | " + " | ".join(COLUMNS) + " |\n" + "|" + "---|" * (len(COLUMNS) + 1), flush=True)
    seeds = asked.seed or [14]
    if asked.alone is None:
        at_once(asked.assignment, asked.track, seeds, asked.days, asked.every)
    else:
        alone(asked.alone or [*ALONE, TOGETHER], asked.assignment, seeds, asked.days, asked.every)


if __name__ == "__main__":
    main()
