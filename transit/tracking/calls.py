"""A vehicle's progress along its trip, and the calls at stops that follow from it, each reported once."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

from transit.plan.network import TripInstance
from transit.plan.patterns import Pattern
from transit.tracking.state import StopEvent

AT_STOP_M = 20.0  # a call begins this far before the stop and ends as far behind it
RECENT = 16  # fixes remembered of a trip: some minutes, for its pace and its standing
DONE = 4  # past trips remembered, so that no call is reported again if the vehicle is matched to one of them again


class Progress(msgspec.Struct, array_like=True):
    """How far a vehicle is on its trip, and what has been observed of the call at the next stop."""

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
    done: list[tuple[TripInstance, int]] = []  # past trips, with the index up to which their calls were reported


def begin(trip: TripInstance, pattern: Pattern, along_m: float, at: float, before: Progress | None) -> Progress:
    """The progress of a vehicle first seen on a trip. Stops behind it get no calls."""
    done = [] if before is None else [*before.done, (before.trip, before.next_index)][-DONE:]
    reported = next((index for earlier, index in reversed(done) if earlier == trip), 0)
    index = next((n for n, stop in enumerate(pattern.stop_dist_m) if stop + AT_STOP_M > along_m), len(pattern.stop_ids))
    index = max(index, reported)
    progress = Progress(
        trip=trip,
        pattern_id=pattern.pattern_id,
        next_index=index,
        along_m=along_m,
        at=at,
        top_m=along_m,
        done=done,
        recent=[(at, along_m)],
    )
    if index < len(pattern.stop_dist_m) and along_m >= pattern.stop_dist_m[index] - AT_STOP_M:
        progress.arrived_at = at
    return progress


def forget_since(progress: Progress, t: float) -> None:
    """Since t (Unix seconds) its place was not known: its receiver was frozen. In place."""
    progress.at = min(progress.at, t)
    progress.recent = [(at, along_m) for at, along_m in progress.recent if at <= t]


def advance(progress: Progress, pattern: Pattern, vehicle_id: str, along_m: float, at: float) -> list[StopEvent]:
    """Moves a vehicle along its trip, in place; returns what happened at the stops on the way, each call once.

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
    """When the vehicle passed mark_m on its way to along_m, Unix seconds by interpolation; not before the last fix."""
    driven_m = along_m - progress.along_m
    share = min(max((mark_m - progress.along_m) / driven_m, 0.0), 1.0)
    return progress.at + share * (at - progress.at)


def _event(progress: Progress, pattern: Pattern, vehicle_id: str, left_at: float | None) -> StopEvent:
    n = progress.next_index
    arrived_at = progress.arrived_at
    assert arrived_at is not None
    return StopEvent(
        vehicle_id=vehicle_id,
        trip=progress.trip,
        stop_id=pattern.stop_ids[n],
        stop_sequence=pattern.stop_sequences[n],
        arrived_at=datetime.fromtimestamp(arrived_at, UTC),
        departed_at=None if left_at is None else datetime.fromtimestamp(left_at, UTC),
        gap_s=progress.gap_s,
    )
