"""How well the recordings' buses are matched to their trips: replays, scores, and every stretch of disagreement.

    python -m benchmarks.matching [--recordings DIR] [--only nyc] [--stretches 120]

A report is in service when its label names a trip of the GTFS (and its phase, where recorded, is IN_PROGRESS). Given is the
trip of on_trip, layover and off_route matches. right trip: the same trip_id; right pattern: the same route, direction and
shape; steady: labels that last five minutes at least; first: minutes from the first in-service report of a label to the
first right pattern. The labels are those of the operators' systems; where they are wrong, so is the score.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from benchmarks.verdicts import verdict
from gps_ingest.recordings.replay import open_recording, replay
from gtfs.reader import read_network
from transit.plan.network import Network
from transit.plan.patterns import patterns_of

# name, folder, how much of the label the engine sees, (from, to)
CASES = (
    ("New York B63", "nyc_b63_2010", "none", None),
    ("New York B63", "nyc_b63_2010", "trip", None),
    ("Toronto 15-16 Dec", "toronto_2016", "none", ("2016-12-15T05:00", "2016-12-17T05:00")),
    ("Toronto 15-16 Dec", "toronto_2016", "route", ("2016-12-15T05:00", "2016-12-17T05:00")),
    ("Toronto 15-16 Dec", "toronto_2016", "trip", ("2016-12-15T05:00", "2016-12-17T05:00")),
    ("Austin", "austin_2015-06-07", "none", None),
    ("Austin", "austin_2015-06-07", "route", None),
    ("Austin", "austin_2015-06-07", "trip", None),
)
STEADY_S = 300.0
NEW_RUN_S = 3600.0
GIVEN = ("on_trip", "layover", "off_route")


@dataclass(frozen=True, slots=True)
class JudgedReport:
    """One report with its label and what was made of it."""

    t: float
    vehicle_id: str
    label: str
    phase: str
    given: str
    status: str
    along: str
    off: str
    place: tuple[float, float] | None  # lat, lon


@dataclass
class Score:
    reports: int = 0
    serving: int = 0
    right_trip: int = 0
    right_pattern: int = 0
    wrong_pattern: int = 0
    idle: int = 0
    idle_on_trip: int = 0
    steady: int = 0
    steady_right_trip: int = 0
    steady_right_pattern: int = 0
    steady_wrong: int = 0
    runs: int = 0
    never: int = 0
    first_s: list[float] = field(default_factory=list)
    seconds: float = 0.0


Pattern = tuple[str, int | None, str]


def patterns(network: Network) -> dict[str, Pattern]:
    return {trip.trip_id: (trip.route_id, trip.direction_id, trip.shape_id) for trip in network.trips.values()}


def judged(reports: Path, matches: str, since: float, until: float) -> list[JudgedReport]:
    """Every report joined to its match by vehicle and second, in order of vehicle and time."""
    cells_of: dict[tuple[str, int], list[str]] = {}
    for line in matches.splitlines()[1:]:
        cells = line.split(",")
        cells_of[cells[1], round(float(cells[0]))] = cells
    rows: dict[tuple[str, int], JudgedReport] = {}
    with open_recording(reports) as recorded:
        for row in recorded:
            at = datetime.fromisoformat(row["timestamp"]).timestamp()
            key = (row["vehicle_id"], int(at))
            if not since <= at < until or key in rows:
                continue
            cells = cells_of.get(key, ["", "", "", "", "", "", "", "", "missing"])
            given = cells[2] if cells[8] in GIVEN else ""
            rows[key] = JudgedReport(
                t=at,
                vehicle_id=row["vehicle_id"],
                label=row["trip_id"],
                phase=row.get("actual_phase", ""),
                given=given,
                status=cells[8],
                along=cells[6],
                off=cells[7],
                place=(float(row["lat"]), float(row["lon"])) if row["lat"] and row["lon"] else None,
            )
    return [rows[key] for key in sorted(rows)]


def runs_of(serving: list[JudgedReport]) -> Iterator[list[JudgedReport]]:
    """Stretches of one vehicle under one label without an hour's gap."""
    run: list[JudgedReport] = []
    for report in serving:
        if run and (
            report.vehicle_id != run[-1].vehicle_id or report.label != run[-1].label or report.t - run[-1].t > NEW_RUN_S
        ):
            yield run
            run = []
        run.append(report)
    if run:
        yield run


def score(rows: list[JudgedReport], pattern_of: dict[str, Pattern]) -> Score:
    total = Score(reports=len(rows))
    serving = [report for report in rows if report.label in pattern_of and report.phase in ("", "IN_PROGRESS")]
    idle = [report for report in rows if report.phase not in ("", "IN_PROGRESS")]
    total.idle, total.idle_on_trip = len(idle), sum(report.status == "on_trip" for report in idle)
    for run in runs_of(serving):
        right = [report for report in run if pattern_of.get(report.given) == pattern_of[report.label]]
        trip = sum(report.given == report.label for report in run)
        wrong = sum(report.given != "" for report in run) - len(right)
        total.runs += 1
        total.never += not right
        total.first_s += [right[0].t - run[0].t] if right else []
        total.serving += len(run)
        total.right_trip += trip
        total.right_pattern += len(right)
        total.wrong_pattern += wrong
        if run[-1].t - run[0].t >= STEADY_S:
            total.steady += len(run)
            total.steady_right_trip += trip
            total.steady_right_pattern += len(right)
            total.steady_wrong += wrong
    return total


@dataclass(frozen=True, slots=True)
class Stretch:
    """A time in which label and engine disagree about the pattern, or the engine runs a bus that the label has idle."""

    vehicle_id: str
    since: float
    until: float
    label: str
    phase: str
    given: str
    statuses: str
    along: str
    places: tuple[tuple[float, float], ...]  # lat, lon


def stretches(rows: list[JudgedReport], pattern_of: dict[str, Pattern], least_s: float) -> list[Stretch]:
    stretches = []
    for _, group in groupby(
        rows, key=lambda report: (report.vehicle_id, report.label, report.phase, report.given, disagree(report, pattern_of))
    ):
        part = list(group)
        if disagree(part[0], pattern_of) and part[-1].t - part[0].t >= least_s:
            statuses = "/".join(sorted({report.status for report in part}))
            first, last = part[0], part[-1]
            stretches.append(
                Stretch(
                    vehicle_id=first.vehicle_id,
                    since=first.t,
                    until=last.t,
                    label=first.label,
                    phase=first.phase,
                    given=first.given,
                    statuses=statuses,
                    along=f"{first.along or '-'}..{last.along or '-'} m, off {first.off or '-'}..{last.off or '-'}",
                    places=tuple(report.place for report in part if report.place is not None),
                )
            )
    return stretches


def disagree(report: JudgedReport, pattern_of: dict[str, Pattern]) -> bool:
    if report.phase in ("", "IN_PROGRESS"):
        return report.label in pattern_of and pattern_of.get(report.given) != pattern_of[report.label]
    return report.status == "on_trip"


def run_case(folder: Path, assignment: str, window: tuple[str, str] | None) -> tuple[list[JudgedReport], Network, float]:
    network = read_network(folder / "gtfs.zip")
    since, until = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in window) if window else (None, None)
    out = io.StringIO()
    began = time.perf_counter()
    with open_recording(folder / "reports.csv.gz") as rows:
        kept = rows if until is None else (row for row in rows if row["timestamp"] < until.strftime("%Y-%m-%dT%H:%M:%SZ"))
        replay(network, kept, matches_out=out, assignment=assignment, since=since, until=until)
    took = time.perf_counter() - began
    bounds = (since.timestamp() if since else 0.0, until.timestamp() if until else 1e18)
    return judged(folder / "reports.csv.gz", out.getvalue(), *bounds), network, took


def judgements(network: Network, parts: list[Stretch]) -> list[str]:
    """A table of stretches with verdicts, and before it how many there are of each."""
    known, lines = patterns_of(network), []
    minutes: dict[str, list[float]] = {}
    for part in parts:
        label = known.find(part.label) if part.phase in ("", "IN_PROGRESS") else None
        given = known.find(part.given)
        places = [known.plane.xy(*place) for place in part.places]
        judgement = verdict(places, label, given, part.statuses) if places and (label or given) else "undecided: no line"
        took = (part.until - part.since) / 60
        minutes.setdefault(judgement, []).append(took)
        at = datetime.fromtimestamp(part.since, UTC)
        named = f"{part.label or '-'} {part.phase}".strip()
        ours = f"{part.given or '-'} {part.statuses}"
        lines.append(f"| {part.vehicle_id} | {at:%m-%d %H:%M:%S} | {took:.1f} | {named} | {ours} | {judgement} |")
    counts = [f"| {judgement} | {len(took_min)} | {sum(took_min):.0f} |" for judgement, took_min in sorted(minutes.items())]
    return [
        "", "| verdict | stretches | minutes |", "|---|---|---|", *counts,
        "", "| vehicle | since (UTC) | min | label or phase | given | verdict |", "|---|---|---|---|---|---|", *lines, "",
    ]  # fmt: skip


def percent(part: int, whole: int) -> str:
    return f"{100 * part / whole:5.1f}" if whole else "    -"


def line_of(name: str, assignment: str, score: Score) -> str:
    first = sorted(score.first_s)
    cells = [
        f"{name:18} {assignment:5}",
        percent(score.steady_right_pattern, score.steady),
        percent(score.steady_wrong, score.steady),
        percent(score.steady_right_trip, score.steady),
        percent(score.right_pattern, score.serving),
        percent(score.wrong_pattern, score.serving),
        percent(score.right_trip, score.serving),
        percent(score.idle_on_trip, score.idle),
        f"{first[len(first) // 2] / 60:4.1f}" if first else "   -",
        f"{score.reports / score.seconds:7.0f}",
    ]
    return " | ".join(cells)


HEADER = (
    "recording          label | steady: right pattern | wrong | right trip | all: right pattern | wrong | right trip"
    " | idle given on_trip | first right, min | reports/s (with reading)"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recordings", type=Path, default=Path(os.environ.get("RECORDINGS", "../shared/data")))
    parser.add_argument("--only", default="", help="only recordings whose folder holds this text")
    parser.add_argument("--assignment", default="", help="only this one of trip, route, none")
    parser.add_argument("--stretches", type=float, metavar="SECONDS", help="list every disagreement at least this long")
    parser.add_argument("--verdicts", action="store_true", help="with --stretches: as a table, each with what its fixes tell")
    asked = parser.parse_args()
    print(HEADER)
    for name, folder, assignment, window in CASES:
        if asked.only not in folder or asked.assignment not in ("", assignment):
            continue
        if not (asked.recordings / folder).is_dir():
            print(f"{name}: no recording in {asked.recordings / folder}", file=sys.stderr)
            continue
        rows, network, took = run_case(asked.recordings / folder, assignment, window)
        pattern_of = patterns(network)
        result = score(rows, pattern_of)
        result.seconds = took
        print(line_of(name, assignment, result), flush=True)
        if asked.stretches is not None and asked.verdicts:
            print("\n".join(judgements(network, stretches(rows, pattern_of, asked.stretches))))
        elif asked.stretches is not None:
            for part in stretches(rows, pattern_of, asked.stretches):
                at = datetime.fromtimestamp(part.since, UTC)
                print(
                    f"  {part.vehicle_id} {at:%m-%d %H:%M:%S} {(part.until - part.since) / 60:5.1f} min"
                    f"  label {part.label or '-'} {part.phase}  given {part.given or '-'} {part.statuses}  {part.along}"
                )


if __name__ == "__main__":
    main()
