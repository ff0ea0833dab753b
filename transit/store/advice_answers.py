"""What dispatchers answered to holding advice, and how often a bus then left as it was advised."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, select

from transit.store.tables import advice_answers, stop_events

KEPT_WITHIN = timedelta(seconds=90)  # of the advised departure


class Answer(StrEnum):
    APPLY = "apply"
    DECLINE = "decline"


@dataclass(frozen=True, slots=True)
class AdviceAnswer:
    answered_at: datetime
    vehicle_id: str
    stop_id: str
    leave_at: datetime
    answer: Answer
    why: str = ""


@dataclass(frozen=True, slots=True)
class AdviceRecord:
    """Of a span of time: how many advices were applied, how many of those the bus kept, how many were declined.

    shown: of each of the three, by its name, the newest answer that is counted.
    """

    applied: int
    kept: int
    declined: int
    shown: Mapping[str, AdviceAnswer] = field(default_factory=dict)


def save_answer(connection: Connection, answer: AdviceAnswer) -> None:
    row = {
        "answered_at": answer.answered_at,
        "vehicle_id": answer.vehicle_id,
        "stop_id": answer.stop_id,
        "leave_at": answer.leave_at,
        "answer": answer.answer.value,
        "why": answer.why,
    }
    connection.execute(advice_answers.insert().values(row))


def load_answers(connection: Connection, since: datetime, until: datetime) -> list[AdviceAnswer]:
    """In order of time. Only the last of those that a dispatcher gave for one departure of a vehicle counts."""
    table = advice_answers.c
    rows = connection.execute(
        select(table.answered_at, table.vehicle_id, table.stop_id, table.leave_at, table.answer, table.why)
        .where(table.answered_at >= since, table.answered_at <= until)
        .order_by(table.answered_at)
    )
    return [
        AdviceAnswer(
            answered_at=answered_at, vehicle_id=vehicle_id, stop_id=stop_id, leave_at=leave_at, answer=Answer(answer), why=why
        )
        for answered_at, vehicle_id, stop_id, leave_at, answer, why in rows
    ]


def record_of(connection: Connection, since: datetime, until: datetime) -> AdviceRecord:
    """Of the answers between two moments."""
    answers = load_answers(connection, since, until)
    applied = [row for row in answers if row.answer is Answer.APPLY]
    departures: dict[tuple[str, str], list[datetime]] = {}
    if applied:
        table = stop_events.c
        rows = connection.execute(
            select(table.vehicle_id, table.stop_id, table.departed_at).where(
                table.arrived_at >= since - timedelta(hours=1),
                table.stop_id.in_({row.stop_id for row in applied}),
                table.departed_at.is_not(None),
            )
        )
        for vehicle_id, stop_id, departed_at in rows:
            departures.setdefault((vehicle_id, stop_id), []).append(departed_at)
    kept = [
        row
        for row in applied
        if any(abs(at - row.leave_at) <= KEPT_WITHIN for at in departures.get((row.vehicle_id, row.stop_id), ()))
    ]
    declined = [row for row in answers if row.answer is Answer.DECLINE]
    counted = {"applied": applied, "kept": kept, "declined": declined}
    shown = {name: rows[-1] for name, rows in counted.items() if rows}
    return AdviceRecord(applied=len(applied), kept=len(kept), declined=len(declined), shown=shown)
