"""What notices take out of the timetable in the hours ahead: runs that are cancelled, and stops that runs do not serve."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.arrivals.notices import cancels, covers
from transit.plan.network import Network, TripInstance
from transit.plan.planned_times import planned_at
from transit.plan.timetable import PlannedCall, timetable_of

AHEAD = timedelta(hours=6)  # journey planners use live data this far ahead; later runs are told when they come nearer
BEHIND = timedelta(hours=1)  # runs that began at most this long ago are looked at, besides those ahead


@dataclass(frozen=True, slots=True)
class Interruption:
    """What a notice changes of one timetabled run. cancelled: all of it; else `skipped` has the stop_sequences not served."""

    trip: TripInstance
    begins_at: datetime
    cancelled: bool
    skipped: tuple[int, ...] = ()


def interruptions(network: Network, alerts: Sequence[Alert], now: datetime) -> list[Interruption]:
    """The interruptions of timetabled runs that are under way or begin within AHEAD, sorted by begin and trip_id.

    Headway-based runs have no start_time before they begin; only their route's notice tells of them.
    """
    grave = [alert for alert in alerts if alert.effect is Effect.NO_SERVICE and not alert.is_over(now)]
    skipped: dict[TripInstance, set[int]] = {}
    cancelled: dict[TripInstance, datetime] = {}
    for alert in grave:
        for entity in alert.informed:
            if entity.trip is None and entity.stop_id is not None:
                for call in _calls_at(network, entity, alert, now):
                    skipped.setdefault(call.trip, set()).add(call.call.stop_sequence)
            elif entity.stop_id is not None:
                for short, passed_over in _shortened(network, entity, now):
                    skipped.setdefault(short, set()).update(passed_over)
            else:
                for trip, begins_at in _runs(network, entity, now):
                    if cancels([alert], network, trip, begins_at, now) is not None:
                        cancelled[trip] = begins_at
    rows = [Interruption(trip, begins_at, cancelled=True) for trip, begins_at in cancelled.items()]
    for trip, sequences in skipped.items():
        begins = planned_at(network, trip, 0, departure=True)
        if trip not in cancelled and begins is not None:
            rows.append(Interruption(trip, begins, cancelled=False, skipped=tuple(sorted(sequences))))
    return sorted(rows, key=lambda row: (row.begins_at, row.trip.trip_id, row.trip.start_s or 0))


def _calls_at(network: Network, entity: InformedEntity, alert: Alert, now: datetime) -> Iterator[PlannedCall]:
    """The planned calls ahead that a notice on a stop covers."""
    table = timetable_of(network)
    assert entity.stop_id is not None
    for direction in table.directions_at(entity.stop_id):
        if covers(entity, network, direction=direction, stop_id=entity.stop_id):
            calls = table.planned(entity.stop_id, direction, now, now + AHEAD)
            yield from (call for call in calls if alert.is_active(call.at))


def _shortened(network: Network, entity: InformedEntity, now: datetime) -> Iterator[tuple[TripInstance, list[int]]]:
    """The runs that do not call at a stop, each with the stop_sequences of that stop."""
    for trip, _ in _runs(network, entity, now):
        calls = network.trips[trip.trip_id].stop_times
        yield trip, [call.stop_sequence for call in calls if call.stop_id in network.within(entity.stop_id or "")]


def _runs(network: Network, entity: InformedEntity, now: datetime) -> Iterator[tuple[TripInstance, datetime]]:
    """The runs that an entity may mean, with the moment at which they begin. An empty entity means none."""
    if entity.trip is not None:
        trip = network.trips.get(entity.trip.trip_id)
        begins = planned_at(network, entity.trip, 0, departure=True) if trip is not None else None
        ends = planned_at(network, entity.trip, len(trip.stop_times) - 1) if trip is not None else None
        if begins is not None and ends is not None and ends >= now and begins <= now + AHEAD:
            yield entity.trip, begins
    elif entity.route_id is not None:
        yield from _starts_of(network, [entity.route_id], now)
    elif entity.agency_id is not None:
        mine = (route_id for route_id in network.routes if network.agency_of(route_id).agency_id == entity.agency_id)
        yield from _starts_of(network, mine, now)


def _starts_of(network: Network, route_ids: Iterable[str], now: datetime) -> Iterator[tuple[TripInstance, datetime]]:
    """The runs of these routes that begin within AHEAD or began within BEHIND."""
    table = timetable_of(network)
    wanted = set(route_ids)
    firsts = {trip.stop_times[0].stop_id for route_id in wanted for trip in network.trips_of_route.get(route_id, ())}
    for stop_id in sorted(firsts):
        for direction in table.directions_at(stop_id):
            if direction.route_id in wanted:
                for call in table.planned(stop_id, direction, now - BEHIND, now + AHEAD):
                    if call.call.index == 0:
                        yield call.trip, call.at
