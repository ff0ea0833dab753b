"""Learning anew from stored stop events: at each call the predictions that would have been made then, and how they fared.

Fixes are not kept for ever, calls are. A vehicle's calls say where it was when it left each stop and that it waited before
it began; from that the forecaster learns everything it learns live. Only what happens between two stops (how a jam is felt
before anybody is through it) is seen less sharply than it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from transit.forecasting.forecaster import Forecaster
from transit.forecasting.links import LinkedPattern
from transit.plan.patterns import stop_place
from transit.tracking.calls import AT_STOP_M
from transit.tracking.report import AvlReport
from transit.tracking.state import MatchedPosition, StopEvent, VehicleState, VehicleStatus

WAITS_SEEN = timedelta(seconds=60)  # how often a vehicle that waits is looked at
LONGEST_WAIT = timedelta(hours=1)  # what stood longer before its first departure was not about to leave


class PastMoment(NamedTuple):
    """Something that became known: a call, or where a vehicle was."""

    at: datetime
    event: StopEvent | None
    state: VehicleState | None


def relearn(forecaster: Forecaster, events: Iterable[StopEvent]) -> int:
    """Calls in the order in which they became known, some thousands at a time. Returns how many there was a trip for.

    Within what is given at once nothing later is known to what is earlier.
    """
    moments = [moment for event in events for moment in _moments(forecaster, event)]
    for moment in sorted(moments, key=lambda one: one.at):
        if moment.event is not None:
            forecaster.learn([moment.event])
        if moment.state is not None:
            forecaster.observe([moment.state], moment.at)
    return sum(moment.event is not None for moment in moments)


def _moments(forecaster: Forecaster, event: StopEvent) -> Iterator[PastMoment]:
    way = forecaster.links.of_trip(event.trip.trip_id)
    index = None if way is None else way.index.get(event.stop_sequence)
    if way is None or index is None:
        return
    if event.departed_at is None:
        yield PastMoment(event.arrived_at, event, None)
        return
    if index == 0:
        at = max(event.arrived_at, event.departed_at - LONGEST_WAIT)
        while at < event.departed_at:
            yield PastMoment(at, None, _state(forecaster, event, way, index, at, VehicleStatus.LAYOVER))
            at += WAITS_SEEN
    left = None if index == way.last else _state(forecaster, event, way, index, event.departed_at, VehicleStatus.ON_TRIP)
    yield PastMoment(event.departed_at, event, left)


def _state(
    forecaster: Forecaster, event: StopEvent, way: LinkedPattern, index: int, at: datetime, status: VehicleStatus
) -> VehicleState:
    """A vehicle that waits at its first stop, or has just left a stop."""
    waits = status is VehicleStatus.LAYOVER
    stop_m = float(way.dist_m[index])
    along_m = stop_m if waits else stop_m + AT_STOP_M
    lat, lon = stop_place(forecaster.network, event.stop_id) or (0.0, 0.0)
    return VehicleState(
        event.vehicle_id,
        AvlReport(event.vehicle_id, event.vehicle_id, at, at, lat, lon),
        MatchedPosition(at, status, event.trip, along_m, 0.0),
        next_stop_sequence=way.pattern.stop_sequences[0 if waits else index + 1],
        recent=((at, along_m),) if waits else ((event.arrived_at, stop_m - AT_STOP_M), (at, along_m)),
    )
