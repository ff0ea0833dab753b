"""A recording of real buses driven once more with a fault of its trackers, its labels or its feed: what the fault costs.

    python -m benchmarks.faulted FOLDER [--assignment none] [--fault "bearing 0" ...] [--third] [--every 60]
                                        [--since ISO] [--until ISO] [--list]

The first row of the table is the recording as it is. The truth is the recording's, as faults change only what is heard of the
buses. A tracker's clock is corrected as ingest does it. --third: only each third vehicle has the fault, and only these are
scored. first: minutes from the first report under a label to the first right pattern, at the 90th percentile.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import ceil
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from benchmarks import matching
from benchmarks.matching import GIVEN, JudgedReport
from benchmarks.measured_commit import measured_commit
from benchmarks.plan_faults import PLAN_FAULTS
from benchmarks.prediction import passages_of
from benchmarks.recording_faults import FIX_FAULTS, Fixes, HeardFix
from gps_ingest.recordings.replay import AHEAD_S, TOLD_S, open_recording
from gtfs.reader import read_network
from transit.forecasting.forecaster import Forecaster
from transit.plan.network import Network
from transit.quality.scorecard import Passage, Promise, score
from transit.tracking.ages import TOLD_AGE
from transit.tracking.pipeline import Outcome, Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import is_fresh
from transit.tracking.tracker_clock import TrackerClock
from transit.tracking.trip_choice import AssignmentHint

AS_RECORDED = "as recorded"
COLUMNS = (
    "fault", "told", "avail. @5", "missing", "0-3", "3-6", "6-10", "10-15", "15-30", "ETA", "coverage", "Winkler",
    "right trip", "right pattern", "wrong", "none", "idle on trip", "first", "refused",
)  # fmt: skip


class Recording(NamedTuple):
    """What was heard, and what the buses did."""

    network: Network
    fixes: dict[str, Fixes]  # by vehicle, in order of time
    labels: Mapping[tuple[str, float], str]  # the trip of (vehicle, time)
    phases: Mapping[tuple[str, float], str]  # and its phase, where recorded
    passages: list[Passage]


class Answers(NamedTuple):
    """What was made of it."""

    promises: list[Promise]
    rows: list[JudgedReport]
    refused: Counter[str]
    doubts: dict[str, set[str]]  # by vehicle: what of its tracker was not believed at any time


def read(folder: Path, since: float, until: float) -> Recording:
    fixes: dict[str, Fixes] = {}
    labels: dict[tuple[str, float], str] = {}
    phases: dict[tuple[str, float], str] = {}
    with open_recording(folder / "reports.csv.gz") as rows:
        for row in rows:
            t = datetime.fromisoformat(row["timestamp"]).timestamp()
            if since <= t < until and row["lat"] and row["lon"]:
                fix = HeardFix(
                    vehicle_id=row["vehicle_id"],
                    came_at=t,
                    fix_at=t,
                    lat=float(row["lat"]),
                    lon=float(row["lon"]),
                    bearing=float(row["bearing"]) % 360.0 if row.get("bearing") else None,
                    speed_mps=float(row["speed_mps"]) if row.get("speed_mps") else None,
                    accuracy_m=None,
                    trip_id=row.get("trip_id", ""),
                    route_id=row.get("route_id", ""),
                    true_at=t,
                )
                fixes.setdefault(fix.vehicle_id, []).append(fix)
                labels[fix.vehicle_id, t] = fix.trip_id
                phases[fix.vehicle_id, t] = row.get("actual_phase", "")
    with open_recording(folder / "truth.csv.gz") as rows:
        passages = passages_of(rows, since, until)
    return Recording(
        network=read_network(folder / "gtfs.zip"),
        fixes={vehicle_id: sorted(fixes[vehicle_id], key=lambda fix: fix.came_at) for vehicle_id in sorted(fixes)},
        labels=labels,
        phases=phases,
        passages=passages,
    )


def drive(recording: Recording, network: Network, heard: Iterable[HeardFix], assignment: str, every_s: int) -> Answers:
    """The fixes in the order in which they come, through clock, pipeline and forecaster, with a tick each every_s."""
    pipeline, forecaster = Pipeline(network), Forecaster(network)
    clocks: dict[str, TrackerClock] = {}
    answers = Answers([], [], Counter(), {})
    in_order = sorted(heard, key=lambda fix: fix.came_at)
    tick = ceil(in_order[0].came_at / every_s) * every_s
    for fix in in_order:
        while tick < fix.came_at:
            answers.promises.extend(_promises(pipeline, forecaster, tick))
            tick += every_s
        report = _report(fix, clocks.setdefault(fix.vehicle_id, TrackerClock()))
        outcome = pipeline.step(report, _hint(network, fix, assignment), report.received_at)
        if outcome.state is not None and outcome.state.doubts:
            answers.doubts.setdefault(fix.vehicle_id, set()).update(outcome.state.doubts)
        if outcome.events:
            forecaster.learn(outcome.events)
        if outcome.rejection is not None:
            answers.refused[outcome.rejection.value] += 1
        if fix.true_at is not None:
            answers.rows.append(_judged(recording, fix, outcome))
    while tick <= in_order[-1].came_at + TOLD_S:
        answers.promises.extend(_promises(pipeline, forecaster, tick))
        tick += every_s
    return answers


def _promises(pipeline: Pipeline, forecaster: Forecaster, t: int) -> Iterable[Promise]:
    now = datetime.fromtimestamp(t, UTC)
    states = [state for state in pipeline.states.values() if is_fresh(state.report.reported_at, now, TOLD_AGE)]
    forecaster.observe(states, now)
    for prediction in forecaster.predict(states, now):
        if (prediction.predicted_at - now).total_seconds() <= AHEAD_S:
            yield Promise(
                key=(prediction.vehicle_id, prediction.trip.trip_id, prediction.stop_id, prediction.stop_sequence),
                made_at=float(t),
                predicted_at=prediction.predicted_at.timestamp(),
                low_at=prediction.low_at.timestamp(),
                high_at=prediction.high_at.timestamp(),
            )


def _report(fix: HeardFix, clock: TrackerClock) -> AvlReport:
    fix_at, came_at = (datetime.fromtimestamp(at, UTC) for at in (fix.fix_at, fix.came_at))
    clock.hear(fix_at, came_at)
    return AvlReport(
        vehicle_id=fix.vehicle_id,
        tracker_id=fix.vehicle_id,
        reported_at=fix_at + clock.correction(fix_at, came_at),
        received_at=came_at,
        lat=fix.lat,
        lon=fix.lon,
        bearing=fix.bearing,
        speed_mps=fix.speed_mps,
        accuracy_m=fix.accuracy_m,
    )


def _hint(network: Network, fix: HeardFix, assignment: str) -> AssignmentHint:
    route_id = fix.route_id if fix.route_id in network.routes and assignment != "none" else None
    trip_id = fix.trip_id if fix.trip_id in network.trips and assignment == "trip" else None
    return AssignmentHint(route_id, trip_id)


def _judged(recording: Recording, fix: HeardFix, outcome: Outcome) -> JudgedReport:
    assert fix.true_at is not None
    matched = outcome.state.matched if outcome.state is not None and outcome.rejection is None else None
    status = matched.status.value if matched is not None else "refused"
    given = matched.trip.trip_id if matched is not None and matched.trip is not None and status in GIVEN else ""
    return JudgedReport(
        t=fix.true_at,
        vehicle_id=fix.vehicle_id,
        label=recording.labels[fix.vehicle_id, fix.true_at],
        phase=recording.phases[fix.vehicle_id, fix.true_at],
        given=given,
        status=status,
        along="",
        off="",
        place=(fix.lat, fix.lon),
    )


def faulted(recording: Recording, fault: str, assignment: str, every_s: int, *, third: bool) -> dict[str, Any]:
    """The figures of one fault; those of the recording as it is for AS_RECORDED."""
    network = PLAN_FAULTS[fault](recording.network) if fault in PLAN_FAULTS else recording.network
    heard: Fixes = []
    has_fault = {vehicle_id for n, vehicle_id in enumerate(recording.fixes) if n % 3 == 0 or not third}
    for vehicle_id, fixes in recording.fixes.items():
        change = FIX_FAULTS.get(fault) if vehicle_id in has_fault else None
        heard += fixes if change is None else change(fixes, Random(f"{fault} {vehicle_id}"))
    answers = drive(recording, network, heard, assignment, every_s)
    promises = [promise for promise in answers.promises if promise.key[0] in has_fault]
    passages = [passage for passage in recording.passages if passage.key[0] in has_fault]
    rows = sorted((row for row in answers.rows if row.vehicle_id in has_fault), key=lambda row: (row.vehicle_id, row.t))
    matched = matching.score(rows, matching.patterns(recording.network))
    return figures(score(promises, passages), matched, answers.refused)


def figures(scores: Mapping[str, Any], matched: matching.Score, refused: Counter[str]) -> dict[str, Any]:
    def share(part: int, whole: int) -> float | None:
        return round(100.0 * part / whole, 1) if whole else None

    first_s = sorted(matched.first_s)
    given = matched.right_pattern + matched.wrong_pattern
    mae = scores.get("mae_s", {})
    return {
        "avail. @5": scores.get("availability_at_5min_pct"),
        "missing": scores.get("missing_passage_pct"),
        **{bucket: mae.get(bucket) for bucket in ("0-3", "3-6", "6-10", "10-15", "15-30")},
        "ETA": scores.get("eta_benchmark", {}).get("score"),
        "coverage": scores.get("interval80", {}).get("coverage_pct"),
        "Winkler": scores.get("interval80", {}).get("winkler_s"),
        "right trip": share(matched.right_trip, matched.serving),
        "right pattern": share(matched.right_pattern, matched.serving),
        "wrong": share(matched.wrong_pattern, matched.serving),
        "none": share(matched.serving - given, matched.serving),
        "idle on trip": share(matched.idle_on_trip, matched.idle),
        "first": round(first_s[int(0.9 * len(first_s))] / 60.0, 1) if first_s else None,
        "refused": " ".join(f"{reason} {count}" for reason, count in sorted(refused.items())) or "0",
    }


def line_of(fault: str, assignment: str, row: Mapping[str, Any]) -> str:
    cells = ("-" if row[column] is None else str(row[column]) for column in COLUMNS[2:])
    return f"| {fault} | {assignment} | {' | '.join(cells)} |"


def main() -> None:
    names = [*FIX_FAULTS, *PLAN_FAULTS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--assignment", default="none", choices=("none", "route", "trip"))
    parser.add_argument("--fault", action="append", choices=names, metavar="NAME", help="may be repeated; all where not given")
    parser.add_argument("--third", action="store_true", help="only each third vehicle has the fault")
    parser.add_argument("--every", type=int, default=60, metavar="SECONDS", help="between two ticks")
    parser.add_argument("--since", default="1970-01-01")
    parser.add_argument("--until", default="2100-01-01")
    parser.add_argument("--list", action="store_true", help="only the names of the faults")
    asked = parser.parse_args()
    if asked.list or asked.folder is None:
        print("\n".join(names))
        return
    since, until = (datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() for text in (asked.since, asked.until))
    recording = read(asked.folder, since, until)
    print(f"{asked.folder.name}, {measured_commit()}, {datetime.now(UTC):%d %b %Y}{', a third' if asked.third else ''}\n")
    print("| " + " | ".join(COLUMNS) + " |\n" + "|" + "---|" * len(COLUMNS), flush=True)
    for fault in (AS_RECORDED, *(asked.fault or names)):
        row = faulted(recording, fault, asked.assignment, asked.every, third=asked.third)
        print(line_of(fault, asked.assignment, row), flush=True)


if __name__ == "__main__":
    main()
