"""What a fix shows of its vehicle's detours, and whether the vehicle is expected back: as those before it came back."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from transit.plan.patterns import Patterns
from transit.tracking.detours import (
    Detour,
    is_return_expected,
    places_near,
    return_stop,
    with_detour,
    with_expectation,
    with_outcome,
    with_return,
)
from transit.tracking.memory import Memory
from transit.tracking.state import VehicleStatus
from transit.tracking.status import PARKED_S, PublishedStatus, Verdict


def note_detour(
    memory: Memory, verdict: Verdict, at: datetime, patterns: Patterns, others: Iterable[tuple[Detour, ...]]
) -> Verdict:
    """Notes in a vehicle's memory what a verdict says of its detours; returns the verdict with what is expected of it.

    at: time of the fix; others: the detours of the other vehicles.

    1. Not off its line: the last detour has ended, with its outcome (_after_detour).
    2. Off the line of a trip that it has driven to the last stop: nothing to come back to.
    3. Parked there, or on a trip that nobody names: it is not expected back.
    4. Else it is expected back if most vehicles before it came back, at the stop where the last of them did; that it stood for
       long on this detour says nothing once it moves.
    """
    progress, belief = memory.progress, memory.belief
    if verdict.status is not VehicleStatus.OFF_ROUTE:
        memory.detours = _after_detour(memory, verdict, at, patterns)
        return verdict
    if verdict.trip is None or progress is None or progress.trip != verdict.trip or belief is None:
        return verdict
    pattern = patterns.by_id[progress.pattern_id]
    if progress.next_index >= len(pattern.stop_ids):
        return verdict._replace(is_expected_back=False)
    detour = Detour(
        trip_id=verdict.trip.trip_id,
        route_id=pattern.route_id,
        direction_id=pattern.direction_id,
        stop_id=pattern.stop_ids[max(progress.next_index - 1, 0)],
        left_at=at,
    )
    memory.detours = with_detour(memory.detours, detour)
    is_parked = belief.anchor is None or at.timestamp() - belief.anchor[0] > PARKED_S
    if is_parked:
        memory.detours = with_outcome(memory.detours, came_back=False)
    if is_parked or not verdict.is_expected_back:
        return verdict._replace(is_expected_back=False)
    before = list(chain(*others, memory.detours[:-1]))
    is_expected_back = is_return_expected(places_near(memory.detours[-1].place, pattern), before)
    memory.detours = with_expectation(memory.detours, is_expected_back=is_expected_back)
    return verdict._replace(is_expected_back=is_expected_back, back_stop_id=return_stop(detour.place, before))


def _after_detour(memory: Memory, verdict: Verdict, at: datetime, patterns: Patterns) -> tuple[Detour, ...]:
    """The detours of a vehicle that is not off its line now."""
    detours = memory.detours
    if not detours or verdict.trip is None or not detours[-1].is_on(verdict.trip.trip_id, at):
        return with_outcome(detours, came_back=False)
    end_m = patterns.by_id[verdict.pattern_id].end_m
    return with_return(detours, verdict.along_m or 0.0, end_m, _stop_back_at(memory.published, verdict, patterns))


def _stop_back_at(published: PublishedStatus | None, verdict: Verdict, patterns: Patterns) -> str:
    """The first stop ahead of a vehicle at its last fix off the line; empty on another trip or past the last stop."""
    is_back = verdict.status is VehicleStatus.ON_TRIP and published is not None and published.trip == verdict.trip
    if not is_back or published is None or published.pattern_id != verdict.pattern_id:
        return ""
    pattern = patterns.by_id[verdict.pattern_id]
    ahead = bisect_right(pattern.stop_dist_m, published.along_m)
    return pattern.stop_ids[ahead] if ahead < len(pattern.stop_ids) else ""
