"""How workers ask the live process, through small files, to explain a prediction."""

from __future__ import annotations

import hashlib
import time
from pathlib import Path
from threading import Lock
from typing import Annotated

import msgspec

from transit.store.files import write_atomically
from web.live.snapshot import folder

WAIT_S = 3.0  # a step takes a second; without an answer by then the live process does not run
TURN_S = 0.05


class Question(msgspec.Struct):
    vehicle_id: str
    stop_id: str


class LinkAnswer(msgspec.Struct):
    """As LinkPart in transit.forecasting.explanation. counted_s: the seconds that the link adds."""

    from_stop_id: str
    to_stop_id: str
    planned_s: float
    usual_s: float
    counted_s: float
    days: int
    observations: float


class FactorAnswer(msgspec.Struct):
    """One feature: its value, and the factor by which it stretches the usual time."""

    name: str
    reading: float
    times: float


class ExplanationAnswer(msgspec.Struct):
    """Why one prediction is what it is. Moments are UTC. usual_s: the links and wait_s; stretch: product of all factors."""

    vehicle_id: str
    stop_id: str
    stop_sequence: int
    trip_id: str
    start_date: str
    start_time: str | None
    tier: str
    made_at: str
    reported_at: str
    predicted_at: str
    shown_at: Annotated[str, msgspec.Meta(description="What is on display: so small a slip is not shown")]
    low_at: str
    high_at: str
    recomputed_at: Annotated[str, msgspec.Meta(description="predicted_at once more, from nothing but these numbers")]
    counted_from: str
    fix_age_s: float
    wait_s: float
    links: list[LinkAnswer]
    usual_s: float
    factors: list[FactorAnswer]
    stretch: float
    median_s: float
    caution: float
    not_before_s: float
    put_off_s: float
    not_before_ahead_s: float


def paths_of(data_dir: Path, question: Question) -> tuple[Path, Path]:
    key = hashlib.sha256(msgspec.json.encode(question)).hexdigest()[:24]
    where = folder(data_dir) / "explain"
    return where / f"ask-{key}.json", where / f"answer-{key}.json"


class TooManyQuestions(RuntimeError):
    """This worker is already waiting for an answer, which may take WAIT_S."""


_one_at_a_time = Lock()  # per worker, so that waiting does not use up its few threads


def ask_in_turn(data_dir: Path, vehicle_id: str, stop_id: str) -> list[ExplanationAnswer] | None:
    """As ask(), but one question at a time per worker. Raises TooManyQuestions."""
    if not _one_at_a_time.acquire(blocking=False):
        raise TooManyQuestions
    try:
        return ask(data_dir, vehicle_id, stop_id)
    finally:
        _one_at_a_time.release()


def ask(data_dir: Path, vehicle_id: str, stop_id: str, wait_s: float = WAIT_S) -> list[ExplanationAnswer] | None:
    """An explanation for each prediction of this vehicle at this stop; None where no live process answers."""
    question = Question(vehicle_id, stop_id)
    question_path, answer_path = paths_of(data_dir, question)
    answer_path.unlink(missing_ok=True)
    write_atomically(question_path, msgspec.json.encode(question))
    end = time.monotonic() + wait_s
    while time.monotonic() < end:
        if answer_path.exists():
            return msgspec.json.decode(answer_path.read_bytes(), type=list[ExplanationAnswer])
        time.sleep(TURN_S)
    question_path.unlink(missing_ok=True)
    return None


def sentences(why: ExplanationAnswer) -> list[str]:
    """An answer as sentences, for the command line."""
    lines = [
        (
            f"{why.vehicle_id} at {why.stop_id} (stop {why.stop_sequence} of trip {why.trip_id}): "
            f"{why.predicted_at[11:19]} UTC, between {why.low_at[11:19]} and {why.high_at[11:19]}"
        ),
        f"tier {why.tier}, fix {why.fix_age_s:.0f} s old"
        + (f", expected to wait {why.wait_s:.0f} s more" if why.wait_s else ""),
        f"{'from':24} {'to':24} {'plan s':>7} {'usual s':>8} {'counts s':>9} {'days':>5} {'seen':>6}",
    ]
    for link in why.links:
        lines.append(
            f"{link.from_stop_id[:24]:24} {link.to_stop_id[:24]:24} {link.planned_s:7.0f} {link.usual_s:8.0f}"
            f" {link.counted_s:9.0f} {link.days:5} {link.observations:6.1f}"
        )
    lines.append(f"usual time {why.usual_s:.0f} s, today {100 * (why.stretch - 1):+.0f} %:")
    factors = [factor for factor in why.factors if abs(factor.times - 1) > 5e-4]
    lines += [f"  {factor.name:24} {100 * (factor.times - 1):+5.1f} %" for factor in factors]
    caution = 100 * (why.caution - 1)
    lines.append(f"median {why.median_s:.0f} s after {why.counted_from[11:19]}; shown {caution:+.0f} % of it")
    lines.append(f"recomputed from these numbers: {why.recomputed_at[11:19]} UTC")
    if why.shown_at != why.predicted_at:
        lines.append(
            f"on display still {why.shown_at[11:19]} UTC: so small a slip is not shown (transit/arrivals/steadiness.py)"
        )
    return lines
