"""Learning again from stored stop events: at each call the forecaster predicts as it would have live, and learns the errors.

Calls are kept longer than fixes. They say when a vehicle left each stop, and how long it waited before its trip: enough for all
that the forecaster learns live, except what happens between two stops (a jam that no vehicle has come through yet).
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

WAITS_SEEN = timedelta(seconds=60)  # interval at which a waiting vehicle is observed
LONGEST_WAIT = timedelta(hours=1)  # a vehicle counts as waiting for its first departure for at most this long


class PastMoment(NamedTuple):
    """Something that became known: a call, or where a vehicle was."""

    at: datetime
    event: StopEvent | None
    state: VehicleState | None


def relearn(forecaster: Forecaster, events: Iterable[StopEvent]) -> int:
    """Learns from calls in the order in which they became known. Returns how many of them were of a trip of this network.

    To be called with some thousands of calls at a time; each prediction rests only on what was known before it.
    """
    moments = [moment for event in events for moment in _moments(forecaster, event)]
    for moment in sorted(moments, key=lambda moment: moment.at):
        if moment.event is not None:
            forecaster.learn([moment.event])
        if moment.state is not None:
            forecaster.observe([moment.state], moment.at)
    return sum(moment.event is not None for moment in moments)


def _moments(forecaster: Forecaster, event: StopEvent) -> Iterator[PastMoment]:
    linked = forecaster.links.of_trip(event.trip.trip_id)
    index = None if linked is None else linked.index.get(event.stop_sequence)
    if linked is None or index is None:
        return
    if event.departed_at is None:
        yield PastMoment(event.arrived_at, event, None)
        return
    if index == 0:
        at = max(event.arrived_at, event.departed_at - LONGEST_WAIT)
        while at < event.departed_at:
            yield PastMoment(at, None, _state(forecaster, event, linked, index, at, VehicleStatus.LAYOVER))
            at += WAITS_SEEN
    left = None if index == linked.last else _state(forecaster, event, linked, index, event.departed_at, VehicleStatus.ON_TRIP)
    yield PastMoment(event.departed_at, event, left)


def _state(
    forecaster: Forecaster, event: StopEvent, linked: LinkedPattern, index: int, at: datetime, status: VehicleStatus
) -> VehicleState:
    """A vehicle that waits at its first stop, or has just left a stop."""
    waits = status is VehicleStatus.LAYOVER
    stop_m = float(linked.dist_m[index])
    along_m = stop_m if waits else stop_m + AT_STOP_M
    lat, lon = stop_place(forecaster.network, event.stop_id) or (0.0, 0.0)
    report = AvlReport(
        vehicle_id=event.vehicle_id, tracker_id=event.vehicle_id, reported_at=at, received_at=at, lat=lat, lon=lon
    )
    matched = MatchedPosition(reported_at=at, status=status, trip=event.trip, shape_dist_traveled_m=along_m, offset_m=0.0)
    return VehicleState(
        vehicle_id=event.vehicle_id,
        report=report,
        matched=matched,
        next_stop_sequence=linked.pattern.stop_sequences[0 if waits else index + 1],
        recent=((at, along_m),) if waits else ((event.arrived_at, stop_m - AT_STOP_M), (at, along_m)),
    )
