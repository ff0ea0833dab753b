"""What really happened at a stop around a moment, and what riders had been shown: the answer to "the bus did not come".

Passages are calls that were observed; each is as sure as the gap between the two fixes around it. What was shown is of the
half hour before. Where nothing was written down, that is said: it is never "no bus came".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from transit.tracking.state import StopEvent

BEFORE, AFTER = timedelta(minutes=30), timedelta(minutes=30)  # around the moment asked for
NEAR = timedelta(minutes=3)  # a bus that passed so near to it came "then"
LEAST_RECORDED = 0.8  # of the minutes in which no bus is said to have come, as of an hour of the reports


class VerdictKind(StrEnum):
    PASSED = "passed"  # a bus was observed near the moment
    LATE = "late"  # the next one came within half an hour
    NOT_SEEN = "not_seen"  # we looked, and saw none in the half hour before and after
    NOT_RECORDED = "not_recorded"  # too little was written down: it cannot be said


@dataclass(frozen=True, slots=True)
class RecordedCall:
    vehicle_id: str
    trip_id: str
    arrived_at: datetime
    departed_at: datetime | None
    give_or_take_s: float  # half the seconds between the two fixes around it


@dataclass(frozen=True, slots=True)
class ShownPromise:
    """One bus as it was shown at the stop: first and last number of the half hour. came_at: when it was observed there."""

    vehicle_id: str
    first_shown_at: datetime
    first_said_at: datetime  # the moment that was said first
    last_shown_at: datetime
    last_said_at: datetime
    low_at: datetime  # of the last
    high_at: datetime
    standing: bool  # the last that was said of it: it stands, no minutes
    came_at: datetime | None


@dataclass(frozen=True, slots=True)
class TicketVerdict:
    kind: VerdictKind
    asked_at: datetime
    before: RecordedCall | None  # the last one at or before the moment (with NEAR after it)
    after: RecordedCall | None  # the next one
    passages: tuple[RecordedCall, ...]
    promises: tuple[ShownPromise, ...]
    silent: tuple[str, ...]  # vehicles that were on the route and not heard then
    minutes_recorded: int  # of the hour around it


@dataclass(frozen=True, slots=True)
class Glimpse:
    """What was shown of one bus at the stop, at one moment. said_at None: that it stands."""

    at: datetime
    vehicle_id: str
    trip_id: str
    said_at: datetime | None
    low_at: datetime | None = None
    high_at: datetime | None = None


def verdict_of(
    asked_at: datetime,
    events: Iterable[StopEvent],
    glimpses: Sequence[Glimpse],
    *,
    silent: Sequence[str],
    recorded: Sequence[datetime],
) -> TicketVerdict:
    """events: the calls at the stop; recorded: the moments of which the console was written down."""
    passages = sorted(
        (
            RecordedCall(
                vehicle_id=event.vehicle_id,
                trip_id=event.trip.trip_id,
                arrived_at=event.arrived_at,
                departed_at=event.departed_at,
                give_or_take_s=event.gap_s / 2.0,
            )
            for event in events
            if asked_at - BEFORE <= event.arrived_at <= asked_at + AFTER
        ),
        key=lambda row: (row.arrived_at, row.vehicle_id),
    )
    near = [row for row in passages if _is_near(row, asked_at)]
    before = max((row for row in passages if row.arrived_at <= asked_at), key=lambda row: row.arrived_at, default=None)
    after = next((row for row in passages if row.arrived_at > asked_at), None)
    minutes = {int(at.timestamp()) // 60 for at in recorded if asked_at - BEFORE <= at <= asked_at + AFTER}
    if near:
        kind = VerdictKind.PASSED
    elif after is not None and _is_recorded(minutes, asked_at - NEAR, after.arrived_at):
        kind = VerdictKind.LATE
    elif after is None and _is_recorded(minutes, asked_at - BEFORE, asked_at):  # what comes after may be still to come
        kind = VerdictKind.NOT_SEEN
    else:
        kind = VerdictKind.NOT_RECORDED
    return TicketVerdict(
        kind=kind,
        asked_at=asked_at,
        before=before,
        after=after,
        passages=tuple(passages),
        promises=_promises(asked_at, glimpses, passages),
        silent=tuple(silent),
        minutes_recorded=len(minutes),
    )


def _is_recorded(minutes: Iterable[int], since: datetime, until: datetime) -> bool:
    """Whether so many minutes of a span were written down that "no bus" may be said of it. minutes: since 1970."""
    first, last = (int(at.timestamp()) // 60 for at in (since, until))
    return sum(first <= minute < last for minute in minutes) >= LEAST_RECORDED * (last - first)


def _is_near(passage: RecordedCall, asked_at: datetime) -> bool:
    left_at = passage.departed_at or passage.arrived_at
    slack = NEAR + timedelta(seconds=passage.give_or_take_s)
    return passage.arrived_at - slack <= asked_at <= left_at + slack


def _promises(asked_at: datetime, glimpses: Sequence[Glimpse], passages: Sequence[RecordedCall]) -> tuple[ShownPromise, ...]:
    by_bus: dict[tuple[str, str], list[Glimpse]] = {}
    for row in glimpses:
        if asked_at - BEFORE <= row.at <= asked_at:
            by_bus.setdefault((row.vehicle_id, row.trip_id), []).append(row)
    came: Mapping[tuple[str, str], datetime] = {(row.vehicle_id, row.trip_id): row.arrived_at for row in reversed(passages)}
    promises = []
    for key, rows in by_bus.items():
        timed = [row for row in rows if row.said_at is not None]
        if not timed:
            continue
        first, last = timed[0], timed[-1]
        assert first.said_at is not None
        assert last.said_at is not None
        promises.append(
            ShownPromise(
                vehicle_id=key[0],
                first_shown_at=first.at,
                first_said_at=first.said_at,
                last_shown_at=last.at,
                last_said_at=last.said_at,
                low_at=last.low_at or last.said_at,
                high_at=last.high_at or last.said_at,
                standing=rows[-1].said_at is None,
                came_at=came.get(key),
            )
        )
    return tuple(sorted(promises, key=lambda row: (row.last_said_at, row.vehicle_id)))
