"""A recorded trace through the same pipeline, on a virtual clock: the same rows in, the same bytes out."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import ceil, isfinite
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from gps_ingest.other_forms import MILLISECONDS_FROM
from gps_ingest.report_outcome import Obstacle, ReportOutcome
from transit.forecasting.prediction import Prediction
from transit.plan.network import Network, TripInstance
from transit.plan.service_day import format_time
from transit.tracking.ages import TOLD_AGE
from transit.tracking.pipeline import Outcome, Pipeline
from transit.tracking.report import AvlReport, Rejection
from transit.tracking.trip_choice import AssignmentHint

if TYPE_CHECKING:
    from transit.forecasting.forecaster import Forecaster

TOLD_S = TOLD_AGE.total_seconds()
AHEAD_S = 1800.0  # no prediction further ahead
BASIC_DATE = len("20161215")  # ISO 8601 without dashes; longer numbers count seconds, or milliseconds
PROGRESS_EVERY = 5000  # rows
PREDICTIONS = "made_at,vehicle_id,trip_id,start_date,start_time,stop_id,stop_sequence,predicted_at,low_at,high_at\n"
MATCHES = "reported_at,vehicle_id,trip_id,start_date,start_time,direction_id,shape_dist_traveled,offset_m,status\n"


@dataclass
class ReplaySummary:
    """What a replay read and wrote."""

    reports: int = 0
    predictions: int = 0
    counts: Counter[str] = field(default_factory=Counter)  # refusals by reason, malformed rows, unknown labels


@dataclass(frozen=True, slots=True)
class RecordedRow:
    """One row of a recording, read; malformed: it has a time and a vehicle and no usable place."""

    t: float
    vehicle_id: str
    report: AvlReport | None
    trip_id: str
    route_id: str


def replay(  # noqa: PLR0913  the options of the command
    network: Network,
    rows: Iterable[Mapping[str, str]],
    *,
    predictions_out: TextIO | None = None,
    matches_out: TextIO | None = None,
    assignment: str = "trip",
    method: str = "ours",
    every_s: int = 30,
    since: datetime | None = None,
    until: datetime | None = None,
    learn_until: datetime | None = None,
    progress: Callable[[int, datetime], None] | None = None,
) -> ReplaySummary:
    """Drives the pipeline with the rows in order of their time, which is the virtual clock, and writes what it says.

    assignment: how much of a row's label the pipeline may see (trip, route or none). since and until bound what is
    written, not what is learnt; after learn_until nothing is learnt any more. A row's phase and block are never read.
    """
    run = _Run(network, predictions_out, matches_out, assignment, method, every_s, since, until, learn_until)
    read = sorted(read_recording(rows, run.summary.counts), key=lambda row: row.t)
    tick = ceil(read[0].t / every_s) * every_s if read else 0
    for number, row in enumerate(read, 1):
        while tick < row.t:
            run.tick(tick)
            tick += every_s
        run.report(row)
        if progress is not None and number % PROGRESS_EVERY == 0:
            progress(number, datetime.fromtimestamp(row.t, UTC))
    while read and tick <= read[-1].t + TOLD_S:
        run.tick(tick)
        tick += every_s
    run.flush()
    return run.summary


class _Run:
    """One replay on its way."""

    def __init__(
        self,
        network: Network,
        predictions_out: TextIO | None,
        matches_out: TextIO | None,
        assignment: str,
        method: str,
        every_s: int,
        since: datetime | None,
        until: datetime | None,
        learn_until: datetime | None,
    ) -> None:
        if assignment not in ("trip", "route", "none"):
            raise ValueError(f"assignment is trip, route or none, not {assignment!r}")
        self.network = network
        self.pipeline = Pipeline(network)
        self.forecaster = None if predictions_out is None else _forecaster(network, method)  # else nobody asks it
        self.assignment = assignment
        self.predictions_out, self.matches_out = predictions_out, matches_out
        self.since = since.timestamp() if since else float("-inf")
        self.until = until.timestamp() if until else float("inf")
        self.learn_until = learn_until.timestamp() if learn_until else float("inf")
        self.summary = ReplaySummary()
        self._waiting: list[tuple[str, str]] = []  # (vehicle, line) of matches at one and the same time
        self._waiting_t = float("-inf")
        for out, header in ((predictions_out, PREDICTIONS), (matches_out, MATCHES)):
            if out is not None:
                out.write(header)

    def report(self, row: RecordedRow) -> None:
        self.summary.reports += 1
        if row.report is None:
            self._match_line(row, ReportOutcome(refusal=Obstacle.MALFORMED))
            return
        outcome = self.pipeline.step(row.report, self._hint(row), row.report.received_at)
        if self.forecaster is not None and outcome.events and row.t < self.learn_until:
            self.forecaster.learn(outcome.events)
        if outcome.rejection is not None:
            self.summary.counts[outcome.rejection.value] += 1
        if outcome.rejection is not Rejection.DUPLICATE:  # the same report has its line already
            self._match_line(row, ReportOutcome.of_step(outcome), self._match_fields(outcome))

    def tick(self, t: int) -> None:
        if self.forecaster is None or self.predictions_out is None:
            return
        now = datetime.fromtimestamp(t, UTC)
        states = [s for s in self.pipeline.states.values() if 0 <= t - s.report.reported_at.timestamp() <= TOLD_S]
        if t < self.learn_until:
            self.forecaster.observe(states, now)
        if not self.since <= t < self.until:
            return
        predictions = [p for p in self.forecaster.predict(states, now) if (p.predicted_at - now).total_seconds() <= AHEAD_S]
        for p in sorted(predictions, key=lambda row: (row.vehicle_id, row.trip.trip_id, row.stop_sequence)):
            self.predictions_out.write(prediction_line(t, p))
        self.summary.predictions += len(predictions)

    def flush(self) -> None:
        if self.matches_out is not None:
            self.matches_out.writelines(line for _, line in sorted(self._waiting))
        self._waiting = []

    def _hint(self, row: RecordedRow) -> AssignmentHint:
        if self.assignment == "none":
            return AssignmentHint()
        route_id = row.route_id if row.route_id in self.network.routes else None
        if row.route_id and route_id is None:
            self.summary.counts["unknown_route"] += 1
        if self.assignment == "route":
            return AssignmentHint(route_id)
        if row.trip_id and row.trip_id not in self.network.trips:
            self.summary.counts["unknown_label"] += 1
            return AssignmentHint(route_id)
        return AssignmentHint(route_id, row.trip_id or None)

    def _match_line(self, row: RecordedRow, outcome: ReportOutcome, middle: str = ",,,,,") -> None:
        if self.matches_out is None or not self.since <= row.t < self.until:
            return
        if row.t != self._waiting_t:
            self.flush()
            self._waiting_t = row.t
        self._waiting.append((row.vehicle_id, f"{seconds_text(row.t)},{quote(row.vehicle_id)},{middle},{outcome.text}\n"))

    def _match_fields(self, outcome: Outcome) -> str:
        if outcome.rejection is not None or outcome.state is None:
            return ",,,,,"
        matched = outcome.state.matched
        if matched.trip is None:
            return ",,,,,"
        direction = self.network.trip(matched.trip.trip_id).direction_id
        along, off = matched.shape_dist_traveled_m, matched.offset_m
        return ",".join(
            (
                trip_fields(matched.trip),
                "" if direction is None else str(direction),
                "" if along is None else f"{along:.1f}",
                "" if off is None else f"{off:.1f}",
            )
        )


def _forecaster(network: Network, method: str) -> Forecaster:
    from transit.forecasting.forecaster import Forecaster

    return Forecaster(network, method=method)


def read_recording(rows: Iterable[Mapping[str, str]], counts: Counter[str]) -> Iterator[RecordedRow]:
    """The rows that have a vehicle and a time; what else is wrong with one is counted and makes it a refused report."""
    for row in rows:
        vehicle_id = (row.get("vehicle_id") or "").strip()
        at = _time(row.get("timestamp") or "")
        if not vehicle_id or at is None:
            counts["unreadable"] += 1
            continue
        lat, lon = _float(row.get("lat")), _float(row.get("lon"))
        report = None
        if lat is None or lon is None:
            counts["malformed"] += 1
        else:
            bearing, speed = _float(row.get("bearing")), _float(row.get("speed_mps"))
            bearing = bearing % 360.0 if bearing is not None and 0.0 <= bearing <= 360.0 else None  # -1 and 511 say nothing
            speed = speed if speed is not None and speed >= 0 else None
            report = AvlReport(
                vehicle_id=vehicle_id,
                tracker_id=vehicle_id,
                reported_at=at,
                received_at=at,
                lat=lat,
                lon=lon,
                bearing=bearing,
                speed_mps=speed,
            )
        yield RecordedRow(
            t=at.timestamp(),
            vehicle_id=vehicle_id,
            report=report,
            trip_id=(row.get("trip_id") or "").strip(),
            route_id=(row.get("route_id") or "").strip(),
        )


def _time(text: str) -> datetime | None:
    """ISO 8601, UTC where no offset is given, or Unix seconds or milliseconds."""
    text = text.strip()
    if len(text) > BASIC_DATE and text.replace(".", "", 1).isdecimal():
        seconds = float(text)
        try:
            return datetime.fromtimestamp(seconds / 1000.0 if seconds >= MILLISECONDS_FROM else seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _float(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if isfinite(value) else None


def seconds_text(value: float) -> str:
    """Seconds with at most one decimal."""
    text = f"{value:.1f}"
    return text[:-2] if text.endswith(".0") else text


def quote(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\r\n') else text


def trip_fields(trip: TripInstance) -> str:
    start = "" if trip.start_s is None else format_time(trip.start_s)
    return f"{quote(trip.trip_id)},{trip.start_date:%Y%m%d},{start}"


def prediction_line(made_at: int, p: Prediction) -> str:
    """A row of predictions.csv, its end of line included. made_at: Unix seconds."""
    times = (seconds_text(at.timestamp()) for at in (p.predicted_at, p.low_at, p.high_at))
    stop = f"{quote(p.stop_id)},{p.stop_sequence}"
    return f"{made_at},{quote(p.vehicle_id)},{trip_fields(p.trip)},{stop},{','.join(times)}\n"


@contextmanager
def open_recording(path: Path) -> Iterator[Iterable[dict[str, str]]]:
    """The rows of a recording, gzip where the name ends in .gz."""
    with path.open("rb") as raw:
        binary = gzip.GzipFile(fileobj=raw, mode="rb") if path.suffix == ".gz" else raw
        with io.TextIOWrapper(binary, encoding="utf-8-sig", errors="replace", newline="") as text:
            yield csv.DictReader(text)


@contextmanager
def open_output(path: Path) -> Iterator[TextIO]:
    """A text file; gzip where the name ends in .gz, with no time and no name inside, so that equal text is equal bytes."""
    with path.open("wb") as raw:
        binary = gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) if path.suffix == ".gz" else raw
        with io.TextIOWrapper(binary, encoding="utf-8", newline="", write_through=False) as text:
            yield text
