"""A vehicle followed over time: where it is on which trip, and which stops it was seen to reach and leave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

import msgspec

from transit.avl import AvlReport
from transit.network import TripInstance
from transit.patterns import Pattern


class VehicleStatus(StrEnum):
    ON_TRIP = "on_trip"
    LAYOVER = "layover"  # waits at a terminal for the trip that it is about to begin
    DEADHEAD = "deadhead"
    OFF_ROUTE = "off_route"
    UNASSIGNED = "unassigned"


@dataclass(frozen=True, slots=True)
class MatchedPosition:
    """A fix placed on the plan. LAYOVER carries the trip about to begin, OFF_ROUTE the trip left; others but ON_TRIP none."""

    reported_at: datetime
    status: VehicleStatus
    trip: TripInstance | None = None
    shape_dist_traveled_m: float | None = None  # metres along the trip's shape, ours, from its first point
    offset_m: float | None = None  # metres off the shape
    confidence: float = 1.0
    explanation: str = ""  # a short reason where the plain reading was overruled, e.g. "label overruled", "trip taken"


@dataclass(frozen=True, slots=True)
class StopEvent:
    """An observed call at (or passing of) a stop: arrival at stop - 20 m, departure at stop + 20 m, along the shape."""

    vehicle_id: str
    trip: TripInstance
    stop_id: str
    stop_sequence: int
    arrived_at: datetime
    departed_at: datetime | None  # None until seen
    gap_s: float  # seconds between the two fixes around the stop: how far the time is interpolated


@dataclass(frozen=True, slots=True)
class VehicleState:
    """All that is known of a vehicle now; enough to go on after a restart."""

    vehicle_id: str
    report: AvlReport  # the newest fix by reported_at that was not refused
    matched: MatchedPosition
    trip_started_at: datetime | None = None  # observed departure from the first stop, where seen
    next_stop_sequence: int | None = None  # the first stop ahead on the trip
    recent: tuple[tuple[datetime, float], ...] = ()  # (reported_at, metres along) of the last fixes on this trip, oldest first
    memory: bytes = b""  # the filter's own state between fixes, opaque to everybody else


AT_STOP_M = 20.0  # a call begins this far before the stop and ends as far behind it


class Progress(msgspec.Struct, array_like=True):
    """How far a vehicle is on its trip, and of the stop ahead what has been seen of its call so far."""

    trip: TripInstance
    pattern_id: str
    next_index: int  # the first stop that it has not left
    along_m: float
    at: float  # Unix seconds of the last fix
    top_m: float
    arrived_at: float | None = None
    gap_s: float = 0.0
    started_at: float | None = None
    recent: list[tuple[float, float]] = []  # (Unix seconds, metres along), oldest first
    done: list[tuple[TripInstance, int]] = []  # the trips before, and how far their events went


RECENT = 16  # fixes remembered of a trip
DONE = 4  # trips remembered


def begin(trip: TripInstance, pattern: Pattern, along_m: float, at: float, before: Progress | None) -> Progress:
    """A vehicle is first seen on a trip: the stops behind it are passed unseen."""
    done = [] if before is None else [*before.done, (before.trip, before.next_index)][-DONE:]
    told = next((index for known, index in reversed(done) if known == trip), 0)
    index = next((n for n, stop in enumerate(pattern.stop_dist_m) if stop + AT_STOP_M > along_m), len(pattern.stop_ids))
    index = max(index, told)
    progress = Progress(trip, pattern.pattern_id, index, along_m, at, along_m, done=done, recent=[(at, along_m)])
    if index < len(pattern.stop_dist_m) and along_m >= pattern.stop_dist_m[index] - AT_STOP_M:
        progress.arrived_at = at
    return progress


def advance(progress: Progress, pattern: Pattern, vehicle_id: str, along_m: float, at: float) -> list[StopEvent]:
    """Moves a vehicle along its trip, in place; what happened at the stops on the way, each told once.

    Times are interpolated on the distance axis between this fix and the one before. Noise that throws a vehicle back
    neither undoes nor repeats a call.
    """
    events: list[StopEvent] = []
    gap = at - progress.at
    last = len(pattern.stop_dist_m) - 1
    while progress.next_index <= last and along_m > progress.top_m:
        n = progress.next_index
        stop = pattern.stop_dist_m[n]
        if progress.arrived_at is None and along_m >= stop - AT_STOP_M:
            progress.arrived_at, progress.gap_s = _crossing(progress, along_m, at, stop - AT_STOP_M), gap
        if n == last:
            if progress.arrived_at is not None:
                events.append(_event(progress, pattern, vehicle_id, None))
                progress.next_index += 1
            break
        if along_m < stop + AT_STOP_M:
            break
        left_at = _crossing(progress, along_m, at, stop + AT_STOP_M)
        progress.gap_s = max(progress.gap_s, gap)
        events.append(_event(progress, pattern, vehicle_id, left_at))
        if n == 0:
            progress.started_at = left_at
        progress.next_index, progress.arrived_at, progress.gap_s = n + 1, None, 0.0
    progress.along_m, progress.at = along_m, at
    progress.top_m = max(progress.top_m, along_m)
    progress.recent = [*progress.recent, (at, along_m)][-RECENT:]
    return events


def _crossing(progress: Progress, along_m: float, at: float, mark_m: float) -> float:
    """When a mark between the last place and this one was passed; never before the last fix."""
    way = along_m - progress.along_m
    share = min(max((mark_m - progress.along_m) / way, 0.0), 1.0) if way > 0 else 1.0
    return progress.at + share * (at - progress.at)


def _event(progress: Progress, pattern: Pattern, vehicle_id: str, left_at: float | None) -> StopEvent:
    n = progress.next_index
    arrived_at = progress.arrived_at
    assert arrived_at is not None
    return StopEvent(
        vehicle_id,
        progress.trip,
        pattern.stop_ids[n],
        pattern.stop_sequences[n],
        datetime.fromtimestamp(arrived_at, UTC),
        None if left_at is None else datetime.fromtimestamp(left_at, UTC),
        progress.gap_s,
    )
