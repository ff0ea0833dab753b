"""What a rider sees at a stop: predictions laid over the schedule, each with one honest status."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import stops_service
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.plan.network import Network, TripInstance
from transit.plan.service_day import local_date, moment
from transit.plan.timetable import NoServiceReason, RouteDirection, Timetable, timetable_of
from transit.tracking.state import StopEvent, VehicleState

LIVE_AGE = timedelta(seconds=90)  # an older fix is shown, but as old
TOLD_AGE = timedelta(seconds=300)  # an older fix promises nothing
PER_WAY = 3  # rows of each route and direction
AHEAD = timedelta(hours=2)  # of the timetable; later departures are for the printed one
UNSEEN = timedelta(minutes=5)  # a departure that nobody saw stays so long after its time, as not seen
PASSED_FOR = timedelta(minutes=15)  # "it said ten minutes and had gone": so long riders can see that it has


class ArrivalStatus(StrEnum):
    """The one status vocabulary of pages, API and feeds (docs/decisions/0052)."""

    LIVE = "live"  # fix at most 90 s old
    LIVE_OLD = "live_old"  # 90 to 300 s
    AT_TERMINAL = "at_terminal"  # a bus waits at the first stop, not yet left
    NEXT_TRIP = "next_trip"  # the bus still runs the trip before
    STANDING = "standing"  # a bus is seen, and does not come on for longer than is usual there: no minutes
    HEADWAY = "headway"  # only "every so many minutes" is known
    SCHEDULED = "scheduled"  # from the timetable, no bus seen
    CANCELLED = "cancelled"
    NOT_RUNNING = "not_running"  # outside the service hours of the calendar, never inferred from missing GPS
    NO_DATA = "no_data"  # service should run, no bus can be seen
    DISRUPTED = "disrupted"  # an alert covers it


SEEN = {ArrivalStatus.LIVE, ArrivalStatus.LIVE_OLD, ArrivalStatus.AT_TERMINAL, ArrivalStatus.NEXT_TRIP}  # a bus is behind it


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row of a rider's list. at None: the row is about the whole way (a headway, no service, no data)."""

    stop_id: str
    stop_sequence: int
    trip: TripInstance | None
    route_id: str
    direction_id: int | None
    headsign: str
    status: ArrivalStatus
    at: datetime | None
    low_at: datetime | None = None
    high_at: datetime | None = None
    planned_at: datetime | None = None
    vehicle_id: str | None = None
    reported_at: datetime | None = None  # of the fix behind it
    stops_away: int | None = None
    headway_s: int | None = None
    is_departure: bool = False
    visit: int | None = None  # 1, 2 where the trip calls here more than once
    is_last: bool = False  # the trip ends here
    is_demo: bool = False
    why: NoServiceReason | None = None  # of NOT_RUNNING: why nothing runs today
    why_name: str = ""  # the holiday's name
    standing_since: datetime | None = None  # of STANDING
    standing_stop_id: str | None = None  # where, or the stop nearest to it
    in_jam: bool = False  # others stand on the same stretch

    @property
    def way(self) -> RouteDirection:
        return RouteDirection(self.route_id, self.direction_id)


def arrivals_at(
    network: Network,
    stop_id: str,
    predictions: Iterable[Prediction],
    states: Mapping[str, VehicleState],
    now: datetime,
    *,
    alerts: Sequence[Alert] = (),
    passed: Iterable[StopEvent] = (),
    standing: Iterable[StandingVehicle] = (),
    per_way: int = PER_WAY,
) -> list[Arrival]:
    """The rows of a stop, way by way, at least one for each that can be boarded. predictions: those for this stop.

    standing: the vehicles of the whole network that stand for longer than is usual. Raises UnknownStop.
    """
    network.stop(stop_id)
    board = _Board(
        network=network,
        stop_id=stop_id,
        timetable=timetable_of(network),
        states=states,
        now=now,
        alerts=alerts,
        passed={(event.trip, event.stop_sequence) for event in passed},
        standing={one.vehicle_id: one for one in standing},
    )
    seen: dict[RouteDirection, list[Arrival]] = {}
    for row in sorted(predictions, key=lambda row: (row.predicted_at, row.vehicle_id)):
        arrival = board.seen(row)
        if arrival is not None:
            seen.setdefault(arrival.way, []).append(arrival)
    stuck: dict[RouteDirection, list[Arrival]] = {}
    for arrival in board.stuck():
        stuck.setdefault(arrival.way, []).append(arrival)
    ways = board.timetable.ways_at(stop_id)
    ways += [way for way in {**seen, **stuck} if way not in ways]
    return [row for way in ways for row in board.of_way(way, seen.get(way, [])[:per_way], stuck.get(way, []), per_way)]


@dataclass(frozen=True)
class _Board:
    network: Network
    stop_id: str
    timetable: Timetable
    states: Mapping[str, VehicleState]
    now: datetime
    alerts: Sequence[Alert]
    passed: set[tuple[TripInstance, int]]
    standing: Mapping[str, StandingVehicle]  # by vehicle_id

    @cached_property
    def running(self) -> Mapping[TripInstance, int | None]:
        """The trips on which a vehicle was seen lately -> its next stop_sequence."""
        return {
            state.matched.trip: state.next_stop_sequence
            for state in self.states.values()
            if state.matched.trip is not None and abs(self.now - state.report.reported_at) <= TOLD_AGE
            if state.vehicle_id not in self.standing or not self.standing[state.vehicle_id].is_parked
        }

    @cached_property
    def routes_seen(self) -> set[str]:
        """The routes of which any bus was seen lately."""
        trips = self.network.trips
        return {trips[running.trip_id].route_id for running in self.running if running.trip_id in trips}

    def seen(self, row: Prediction) -> Arrival | None:
        """A prediction as a row; None where its fix is too old, or it is of another network."""
        trip = self.network.trips.get(row.trip.trip_id)
        age = abs(self.now - row.reported_at)
        if trip is None or age > TOLD_AGE or (row.trip, row.stop_sequence) in self.passed:
            return None
        index = next((n for n, call in enumerate(trip.stop_times) if call.stop_sequence == row.stop_sequence), None)
        if index is None:
            return None
        visits = [n for n, call in enumerate(trip.stop_times) if call.stop_id == row.stop_id]
        status = {Tier.AT_TERMINAL: ArrivalStatus.AT_TERMINAL, Tier.NEXT_TRIP: ArrivalStatus.NEXT_TRIP}.get(row.tier)
        call = trip.stop_times[index]
        return Arrival(
            stop_id=row.stop_id,
            stop_sequence=row.stop_sequence,
            trip=row.trip,
            route_id=trip.route_id,
            direction_id=trip.direction_id,
            headsign=call.stop_headsign or trip.headsign,
            status=status or (ArrivalStatus.LIVE if age <= LIVE_AGE else ArrivalStatus.LIVE_OLD),
            at=row.predicted_at,
            low_at=row.low_at,
            high_at=row.high_at,
            planned_at=self._planned_at(row.trip, index, is_departure=row.is_departure),
            vehicle_id=row.vehicle_id,
            reported_at=row.reported_at,
            stops_away=self._stops_away(row, index),
            is_departure=row.is_departure,
            visit=visits.index(index) + 1 if len(visits) > 1 else None,
            is_last=index == len(trip.stop_times) - 1,
            is_demo=trip.is_demo,
        )

    def stuck(self) -> list[Arrival]:
        """Of each vehicle that stands on its way here, and is not parked, a row without a time; the longest here first."""
        rows = []
        for one in sorted(self.standing.values(), key=lambda one: (one.since, one.vehicle_id)):
            trip = self.network.trips.get(one.trip.trip_id)
            if trip is None or one.is_parked or abs(self.now - one.reported_at) > TOLD_AGE:
                continue
            visits = [n for n, call in enumerate(trip.stop_times) if call.stop_id == self.stop_id]
            ahead = next((n for n in visits if trip.stop_times[n].stop_sequence >= one.next_stop_sequence), None)
            if ahead is None:
                continue
            call = trip.stop_times[ahead]
            first = next(n for n, row in enumerate(trip.stop_times) if row.stop_sequence >= one.next_stop_sequence)
            rows.append(
                Arrival(
                    stop_id=self.stop_id,
                    stop_sequence=call.stop_sequence,
                    trip=one.trip,
                    route_id=trip.route_id,
                    direction_id=trip.direction_id,
                    headsign=call.stop_headsign or trip.headsign,
                    status=ArrivalStatus.STANDING,
                    at=None,
                    planned_at=self._planned_at(one.trip, ahead, is_departure=ahead == 0),
                    vehicle_id=one.vehicle_id,
                    reported_at=one.reported_at,
                    standing_since=one.since,
                    standing_stop_id=one.stop_id,
                    in_jam=one.in_jam,
                    stops_away=None if one.waits else ahead - first,
                    is_departure=ahead == 0,
                    visit=visits.index(ahead) + 1 if len(visits) > 1 else None,
                    is_last=ahead == len(trip.stop_times) - 1,
                    is_demo=trip.is_demo,
                )
            )
        return rows

    def _planned_at(self, instance: TripInstance, index: int, *, is_departure: bool) -> datetime | None:
        if self.network.is_headway_based(instance.trip_id):
            return None
        call = self.network.trips[instance.trip_id].stop_times[index]
        at_s = call.departure_s if is_departure else call.arrival_s
        if at_s is None:
            return None
        shift_s = 0
        if instance.start_s is not None:
            first = self.network.trips[instance.trip_id].stop_times[0].departure_s or 0
            shift_s = instance.start_s - first
        return moment(instance.start_date, at_s + shift_s, self.network.timezone)

    def _stops_away(self, row: Prediction, index: int) -> int | None:
        """0: it is the next stop. None while the vehicle is not on this trip."""
        state = self.states.get(row.vehicle_id)
        if state is None or state.matched.trip != row.trip or state.next_stop_sequence is None or row.tier is not Tier.LIVE:
            return None
        calls = self.network.trips[row.trip.trip_id].stop_times
        ahead = next((n for n, call in enumerate(calls) if call.stop_sequence == state.next_stop_sequence), index)
        return max(0, index - ahead)

    def of_way(self, way: RouteDirection, seen: list[Arrival], stuck: list[Arrival], per_way: int) -> list[Arrival]:
        """The buses seen and what the plan adds, those that stand, then a note where none of these says how things are."""
        if self.timetable.ends_at(self.stop_id, way):  # nobody boards here, nobody waits for what is not seen
            return [*seen, *stuck]
        if stops_service(self.alerts, self.network, self.now, way=way, stop_id=self.stop_id):
            return [*seen, *stuck, self._note(way, ArrivalStatus.DISRUPTED)]
        rows = [*seen, *self._scheduled(way, [*seen, *stuck])]
        rows = sorted(rows, key=lambda row: (row.at or self.now, row.trip.trip_id if row.trip else ""))[:per_way]
        rows += stuck[:per_way]
        return rows if len(seen) >= per_way else [*rows, *self._notes(way, rows)]

    def _scheduled(self, way: RouteDirection, seen: Sequence[Arrival]) -> list[Arrival]:
        told = {(row.trip, row.stop_sequence) for row in seen}
        rows: list[Arrival] = []
        for planned in self.timetable.planned(self.stop_id, way, self.now - UNSEEN, self.now + AHEAD):
            call = planned.call
            key = (planned.trip, call.stop_sequence)
            if call.is_last or key in told or key in self.passed or self._is_behind(planned.trip, call.stop_sequence):
                continue
            cancelled = stops_service(self.alerts, self.network, self.now, way=way, stop_id=self.stop_id, trip=planned.trip)
            visits = [n for n, row in enumerate(call.trip.stop_times) if row.stop_id == self.stop_id]
            rows.append(
                Arrival(
                    self.stop_id,
                    call.stop_sequence,
                    planned.trip,
                    way.route_id,
                    way.direction_id,
                    call.headsign,
                    ArrivalStatus.CANCELLED if cancelled else ArrivalStatus.SCHEDULED,
                    planned.at,
                    planned_at=planned.at,
                    is_departure=call.index == 0,
                    visit=visits.index(call.index) + 1 if len(visits) > 1 and call.index in visits else None,
                )
            )
        return rows

    def _is_behind(self, trip: TripInstance, stop_sequence: int) -> bool:
        """True where a vehicle on the trip, seen lately, has left the stop behind it."""
        if trip not in self.running:
            return False
        ahead = self.running[trip]
        return ahead is None or ahead > stop_sequence

    def _notes(self, way: RouteDirection, rows: Sequence[Arrival]) -> list[Arrival]:
        windows = self.timetable.windows(self.stop_id, way, self.now, self.now)
        windows = [window for window in windows if not window.call.is_last]
        seen = any(row.status in SEEN or row.status is ArrivalStatus.STANDING for row in rows)
        if windows:
            headway_s = min(window.headway_s for window in windows)
            sees = seen or way.route_id in self.routes_seen
            return [self._note(way, ArrivalStatus.HEADWAY if sees else ArrivalStatus.NO_DATA, headway_s=headway_s)]
        if seen:
            return []
        if rows:
            blind = self._should_run(way) and way.route_id not in self.routes_seen
            return [self._note(way, ArrivalStatus.NO_DATA)] if blind else []
        return [self._not_running(way)]

    def _not_running(self, way: RouteDirection) -> Arrival:
        """Outside the hours; between two departures far apart the next one of the timetable."""
        day = local_date(self.now, self.network.timezone)
        hours = self.timetable.hours(self.stop_id, way, day)
        if hours is not None and hours.first_at <= self.now <= hours.last_at:
            later = self.timetable.planned(self.stop_id, way, self.now, hours.last_at)
            if later:
                return self._note(way, ArrivalStatus.SCHEDULED, at=later[0].at)
        why, name = self.timetable.why_none(self.stop_id, way, day) or (None, "")
        next_at = self.timetable.next_first(self.stop_id, way, self.now)
        return self._note(way, ArrivalStatus.NOT_RUNNING, at=next_at, why=why, why_name=name)

    def _should_run(self, way: RouteDirection) -> bool:
        """True where the plan has a bus of this way under way now: one has left lately and another is due."""
        day = local_date(self.now, self.network.timezone)
        hours = self.timetable.hours(self.stop_id, way, day)
        return hours is not None and hours.first_at <= self.now <= hours.last_at

    def _note(
        self,
        way: RouteDirection,
        status: ArrivalStatus,
        *,
        at: datetime | None = None,
        headway_s: int | None = None,
        why: NoServiceReason | None = None,
        why_name: str = "",
    ) -> Arrival:
        calls = [call for call in self.timetable.calls_at(self.stop_id, way) if not call.is_last]
        headsign = calls[0].headsign if calls else ""
        sequence = calls[0].stop_sequence if calls else 0
        where = (self.stop_id, sequence, None, way.route_id, way.direction_id, headsign)
        return Arrival(*where, status, at, planned_at=at, headway_s=headway_s, why=why, why_name=why_name)


def passed_lately(events: Iterable[StopEvent], now: datetime) -> list[StopEvent]:
    """Calls at a stop in the last 15 minutes, the newest first."""

    def left_at(event: StopEvent) -> datetime:
        return event.departed_at or event.arrived_at

    found = [event for event in events if timedelta(0) <= now - left_at(event) <= PASSED_FOR]
    return sorted(found, key=lambda event: (left_at(event), event.vehicle_id), reverse=True)
