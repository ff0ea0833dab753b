"""Answers the questions that workers ask the live process about predictions."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from datetime import datetime
from math import exp
from pathlib import Path

import msgspec

from transit.forecasting.explanation import Explanation, recompute
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.prediction import Prediction
from transit.plan.service_day import format_time
from transit.store.files import write_atomically
from transit.tracking.state import VehicleState
from web.live.questions import ExplanationAnswer, FactorAnswer, LinkAnswer, Question, paths_of
from web.live.snapshot import folder

MOST = 20  # questions answered in one step
BUDGET_S = 0.1  # time for answers in one step, which takes a second in all
ANSWER_KEPT_S = 60.0


def answer_all(
    data_dir: Path, forecaster: Forecaster | None, states: Iterable[VehicleState], now: datetime,
    shown_at: Callable[[Prediction], datetime],
) -> int:  # fmt: skip
    """Answers the waiting questions; returns how many. shown_at: the moment that riders see for a prediction."""
    where = folder(data_dir) / "explain"
    questions = sorted(where.glob("ask-*.json"))[:MOST] if where.is_dir() else []
    vehicles = list(states) if questions else []
    until = time.perf_counter() + BUDGET_S
    for path in questions:
        if time.perf_counter() > until:
            break  # the rest is answered in the next step
        try:
            question = msgspec.json.decode(path.read_bytes(), type=Question)
        except (OSError, msgspec.MsgspecError):
            path.unlink(missing_ok=True)
            continue
        request = (question.vehicle_id, question.stop_id, vehicles, now)
        explanations = [] if forecaster is None else forecaster.explain(*request, next_trips=True)
        answers = [answer_of(explanation, shown_at(explanation.prediction)) for explanation in explanations]
        write_atomically(paths_of(data_dir, question)[1], msgspec.json.encode(answers))
        path.unlink(missing_ok=True)
    if questions:
        for old in where.glob("answer-*.json"):
            if time.time() - old.stat().st_mtime > ANSWER_KEPT_S:
                old.unlink(missing_ok=True)
    return len(questions)


def answer_of(explanation: Explanation, shown_at: datetime) -> ExplanationAnswer:
    """An explanation as an answer. Its numbers give predicted_at again (see recompute); shown_at is the moment on display."""
    prediction = explanation.prediction
    trip = prediction.trip
    return ExplanationAnswer(
        vehicle_id=prediction.vehicle_id,
        stop_id=prediction.stop_id,
        stop_sequence=prediction.stop_sequence,
        trip_id=trip.trip_id,
        start_date=f"{trip.start_date:%Y%m%d}",
        start_time=None if trip.start_s is None else format_time(trip.start_s),
        tier=prediction.tier.value,
        made_at=prediction.made_at.isoformat(),
        reported_at=prediction.reported_at.isoformat(),
        predicted_at=prediction.predicted_at.isoformat(),
        shown_at=shown_at.isoformat(),
        low_at=prediction.low_at.isoformat(),
        high_at=prediction.high_at.isoformat(),
        recomputed_at=recompute(explanation).isoformat(),
        counted_from=explanation.counted_from.isoformat(),
        fix_age_s=round(explanation.fix_age_s, 1),
        wait_s=explanation.wait_s,
        links=[
            LinkAnswer(
                from_stop_id=link.from_stop_id,
                to_stop_id=link.to_stop_id,
                planned_s=link.planned_s,
                usual_s=link.usual_s,
                counted_s=link.counted_s,
                days=link.days,
                observations=round(link.observations, 1),
            )
            for link in explanation.links
        ],
        usual_s=explanation.usual_s,
        factors=[
            FactorAnswer(name=factor.name, reading=factor.value, times=exp(factor.log_effect)) for factor in explanation.factors
        ],
        stretch=explanation.stretch,
        median_s=explanation.median_s,
        caution=exp(explanation.caution),
        not_before_s=explanation.not_before_s,
        put_off_s=explanation.put_off_s,
        not_before_ahead_s=explanation.not_before_ahead_s,
    )
