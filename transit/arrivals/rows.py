"""What a rider sees at a stop: rows of predictions and planned calls, each with one status."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import cancels_start, closes_stop, stops_service
from transit.arrivals.promised_hours import begins_at, is_last_of_day, is_promised
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.plan.directions import directions_of, headsign_of
from transit.plan.network import NO_PICKUP, Network, TripInstance
from transit.plan.planned_times import planned_at
from transit.plan.service_day import local_date
from transit.plan.timetable import NoServiceReason, RouteDirection, Timetable, timetable_of
from transit.tracking.ages import LIVE_AGE, TOLD_AGE
from transit.tracking.state import StopEvent, VehicleState, is_fresh

PER_DIRECTION = 3  # rows of each route and direction
AHEAD = timedelta(hours=2)  # planned calls later than this are not shown
UNSEEN = timedelta(minutes=5)  # a planned call without a vehicle stays on the list this long after its time
PASSED_FOR = timedelta(minutes=15)  # how long a call is shown as passed


class ArrivalStatus(StrEnum):
    """The one status vocabulary of pages, API and feeds (docs/decisions/0052)."""

    LIVE = "live"  # fix at most 90 s old
    LIVE_OLD = "live_old"  # 90 to 300 s
    AT_TERMINAL = "at_terminal"  # a bus waits at the first stop, not yet left
    NEXT_TRIP = "next_trip"  # the bus still runs the trip before
    STANDING = "standing"  # a bus is seen, and has stood longer than is usual there: no minutes
    HEADWAY = "headway"  # only "every so many minutes" is known
    SCHEDULED = "scheduled"  # from the timetable, no bus seen
    CANCELLED = "cancelled"
    NOT_RUNNING = "not_running"  # outside the service hours of the calendar, never inferred from missing GPS
    NO_DATA = "no_data"  # service should run, no bus can be seen
    DISRUPTED = "disrupted"  # an alert covers it


SEEN = {ArrivalStatus.LIVE, ArrivalStatus.LIVE_OLD, ArrivalStatus.AT_TERMINAL, ArrivalStatus.NEXT_TRIP}  # a vehicle is known


@dataclass(frozen=True, slots=True)
class Arrival:
    """One row of a rider's list. at None: the row is about the whole direction (a headway, no service, no data)."""

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
    side: int = 0  # of the direction, where direction_id does not tell it
    pickup_type: int | None = None  # of the call: 1 nobody gets on, 2 after a telephone call, 3 after a sign to the driver
    drop_off_type: int | None = None
    is_last_of_day: bool = False  # after it none runs any more that day
    in_spite_of: str | None = None  # alert_id of the notice that cancels this trip, although a vehicle is seen on it
    standing_since: datetime | None = None  # of STANDING
    standing_stop_id: str | None = None  # where, or the stop nearest to it
    in_jam: bool = False  # others stand on the same stretch

    @property
    def direction(self) -> RouteDirection:
        return RouteDirection(self.route_id, self.direction_id, self.side)

    @property
    def can_board(self) -> bool:
        """False where nobody can get on: the trip ends here, or only lets riders off."""
        return not self.is_last and self.pickup_type != NO_PICKUP


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
    per_direction: int = PER_DIRECTION,
) -> list[Arrival]:
    """The rows of a stop, direction by direction, at least one for each direction that can be boarded here.

    For a station: the rows of all its platforms; stop_id of a row is then the platform's.

    predictions, passed: those of this stop. standing: those of the whole network. Raises UnknownStop.
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
        standing={vehicle.vehicle_id: vehicle for vehicle in standing},
    )
    seen: dict[RouteDirection, list[Arrival]] = {}
    for row in sorted(predictions, key=lambda row: (row.predicted_at, row.vehicle_id)):
        arrival = board.seen(row)
        if arrival is not None:
            seen.setdefault(arrival.direction, []).append(arrival)
    stuck: dict[RouteDirection, list[Arrival]] = {}
    for arrival in board.stuck():
        stuck.setdefault(arrival.direction, []).append(arrival)
    directions = board.timetable.directions_at(stop_id)
    directions += [direction for direction in {**seen, **stuck} if direction not in directions]
    return [
        row
        for direction in directions
        for row in board.of_direction(
            direction, seen.get(direction, [])[:per_direction], stuck.get(direction, []), per_direction
        )
    ]


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
            if state.matched.trip is not None and is_fresh(state.report.reported_at, self.now, TOLD_AGE)
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
        age = self.now - row.reported_at
        if trip is None or not is_fresh(row.reported_at, self.now, TOLD_AGE) or (row.trip, row.stop_sequence) in self.passed:
            return None
        index = trip.find_index(row.stop_sequence)
        if index is None or not trip.serves(index) or not is_promised(self.network, row, index):
            return None
        direction = directions_of(self.network).of_trip[trip.trip_id]
        notice = stops_service(self.alerts, self.network, self.now, direction=direction, stop_id=row.stop_id, trip=row.trip)
        starts = begins_at(self.network, row) if row.tier is not Tier.LIVE else None
        stays_away = starts is not None and cancels_start(self.alerts, self.network, row.trip, starts, self.now) is not None
        if stays_away or self._is_closed(direction, row.stop_id, row.trip):
            return None  # its trip is cancelled and has not begun, or the stop is closed
        notice = notice or stops_service(self.alerts, self.network, self.now, direction=direction, stop_id=row.stop_id)
        status = {Tier.AT_TERMINAL: ArrivalStatus.AT_TERMINAL, Tier.NEXT_TRIP: ArrivalStatus.NEXT_TRIP}.get(row.tier)
        status = status or (ArrivalStatus.LIVE if age <= LIVE_AGE else ArrivalStatus.LIVE_OLD)
        return replace(
            self._call(row.trip, index, {row.stop_id}, status, row.predicted_at),
            low_at=row.low_at,
            high_at=row.high_at,
            planned_at=planned_at(self.network, row.trip, index, departure=row.is_departure),
            vehicle_id=row.vehicle_id,
            reported_at=row.reported_at,
            stops_away=self._stops_away(row, index),
            is_departure=row.is_departure,
            in_spite_of=notice.alert_id if notice is not None else None,
            is_last_of_day=is_last_of_day(self.network, row.trip, index, row.predicted_at),
        )

    def _call(
        self, instance: TripInstance, index: int, places: Collection[str], status: ArrivalStatus, at: datetime | None
    ) -> Arrival:
        """A row with what the plan says of one call. places: the stop_ids that count as here, for the number of the visit."""
        trip = self.network.trips[instance.trip_id]
        call, direction = trip.stop_times[index], directions_of(self.network).of_trip[trip.trip_id]
        visits = [n for n, other in enumerate(trip.stop_times) if other.stop_id in places]
        return Arrival(
            stop_id=call.stop_id,
            stop_sequence=call.stop_sequence,
            trip=instance,
            route_id=direction.route_id,
            direction_id=direction.direction_id,
            headsign=headsign_of(self.network, trip, index),
            status=status,
            at=at,
            is_departure=index == 0,
            visit=visits.index(index) + 1 if len(visits) > 1 else None,
            is_last=index == len(trip.stop_times) - 1,
            is_demo=trip.is_demo,
            side=direction.side,
            pickup_type=call.pickup_type,
            drop_off_type=call.drop_off_type,
        )

    def stuck(self) -> list[Arrival]:
        """A row without a time for each vehicle that stands on its way here and is not parked, the longest standing first."""
        rows, places = [], set(self.network.within(self.stop_id))
        for vehicle in sorted(self.standing.values(), key=lambda vehicle: (vehicle.since, vehicle.vehicle_id)):
            trip = self.network.trips.get(vehicle.trip.trip_id)
            if trip is None or vehicle.is_parked or abs(self.now - vehicle.reported_at) > TOLD_AGE:
                continue
            yet_to_come = [n for n, call in enumerate(trip.stop_times) if call.stop_sequence >= vehicle.next_stop_sequence]
            ahead = next((n for n in yet_to_come if trip.stop_times[n].stop_id in places), None)
            if ahead is None:
                continue
            rows.append(
                replace(
                    self._call(vehicle.trip, ahead, places, ArrivalStatus.STANDING, None),
                    planned_at=planned_at(self.network, vehicle.trip, ahead, departure=ahead == 0),
                    vehicle_id=vehicle.vehicle_id,
                    reported_at=vehicle.reported_at,
                    standing_since=vehicle.since,
                    standing_stop_id=vehicle.stop_id,
                    in_jam=vehicle.in_jam,
                    stops_away=None if vehicle.waits else ahead - yet_to_come[0],
                )
            )
        return rows

    def _is_closed(self, direction: RouteDirection, stop_id: str, trip: TripInstance | None = None) -> bool:
        return closes_stop(self.alerts, self.network, self.now, stop_id=stop_id, direction=direction, trip=trip) is not None

    def _stops_away(self, row: Prediction, index: int) -> int | None:
        """Number of stops before this one; 0 if it is the next stop, None while the vehicle is not on this trip."""
        state = self.states.get(row.vehicle_id)
        if state is None or state.matched.trip != row.trip or state.next_stop_sequence is None or row.tier is not Tier.LIVE:
            return None
        ahead = self.network.trips[row.trip.trip_id].find_index(state.next_stop_sequence)
        return None if ahead is None else max(0, index - ahead)

    def of_direction(
        self, direction: RouteDirection, seen: list[Arrival], stuck: list[Arrival], per_direction: int
    ) -> list[Arrival]:
        """The predicted rows, the planned ones and the standing vehicles; without any of them a row about the direction."""
        if self.timetable.ends_at(self.stop_id, direction):  # the direction ends here: only vehicles that are seen matter
            return [*self._mark_last(direction, seen), *stuck]
        if stops_service(self.alerts, self.network, self.now, direction=direction, stop_id=self.stop_id):
            return [*seen, *stuck, self._note(direction, ArrivalStatus.DISRUPTED)]
        rows = [*seen, *self._scheduled(direction, [*seen, *stuck])]
        rows.sort(key=lambda row: (row.at or self.now, row.trip.trip_id if row.trip else ""))
        rows = self._mark_last(direction, rows)[:per_direction]
        rows += stuck[:per_direction]
        return rows if len(seen) >= per_direction else [*rows, *self._notes(direction, rows)]

    def _mark_last(self, direction: RouteDirection, rows: list[Arrival]) -> list[Arrival]:
        """Marks at most one row as the day's last: by headway the last of the candidates, else the timetable's last."""
        hours = self.timetable.hours(self.stop_id, direction, local_date(self.now, self.network.timezone))
        last_at = hours.last_at if hours is not None else None
        may_be = [n for n, row in enumerate(rows) if row.is_last_of_day or (last_at is not None and row.planned_at == last_at)]
        return [replace(row, is_last_of_day=bool(may_be) and n == may_be[-1]) for n, row in enumerate(rows)]

    def _scheduled(self, direction: RouteDirection, seen: Sequence[Arrival]) -> list[Arrival]:
        """The planned calls that no vehicle has made, or is seen to come for. seen: the rows of vehicles, standing ones too."""
        seen_calls = {(row.trip, row.stop_sequence) for row in seen}
        rows: list[Arrival] = []
        for planned in self.timetable.planned(self.stop_id, direction, self.now - UNSEEN, self.now + AHEAD):
            call = planned.call
            key = (planned.trip, call.stop_sequence)
            if (
                not call.can_board
                or key in seen_calls
                or key in self.passed
                or self._is_behind(planned.trip, call.stop_sequence)
            ):
                continue
            if call.stop_id != self.stop_id and self._is_closed(direction, call.stop_id):
                continue
            notice = stops_service(
                self.alerts, self.network, self.now, direction=direction, stop_id=call.stop_id, trip=planned.trip
            )
            status = ArrivalStatus.SCHEDULED if notice is None else ArrivalStatus.CANCELLED
            row = self._call(planned.trip, call.index, {call.stop_id}, status, planned.at)
            rows.append(replace(row, planned_at=planned.at))
        return rows

    def _is_behind(self, trip: TripInstance, stop_sequence: int) -> bool:
        """True where a vehicle seen lately on the trip has passed the stop."""
        if trip not in self.running:
            return False
        ahead = self.running[trip]
        return ahead is None or ahead > stop_sequence

    def _notes(self, direction: RouteDirection, rows: Sequence[Arrival]) -> list[Arrival]:
        """At most one row about the direction: its headway, that none of its route is seen, or that it does not run now."""
        windows = self.timetable.windows(self.stop_id, direction, self.now, self.now)
        windows = [window for window in windows if window.call.can_board]
        seen = any(row.status in SEEN or row.status is ArrivalStatus.STANDING for row in rows)
        if windows:
            headway_s = min(window.headway_s for window in windows)
            is_seen = seen or direction.route_id in self.routes_seen
            return [self._note(direction, ArrivalStatus.HEADWAY if is_seen else ArrivalStatus.NO_DATA, headway_s=headway_s)]
        if seen:
            return []
        if rows:
            blind = self._should_run(direction) and direction.route_id not in self.routes_seen
            return [self._note(direction, ArrivalStatus.NO_DATA)] if blind else []
        return [self._not_running(direction)]

    def _not_running(self, direction: RouteDirection) -> Arrival:
        """The row outside the hours of service; between two departures far apart, the next planned one."""
        day = local_date(self.now, self.network.timezone)
        hours = self.timetable.hours(self.stop_id, direction, day)
        if hours is not None and hours.first_at <= self.now <= hours.last_at:
            planned = self.timetable.planned(self.stop_id, direction, self.now, hours.last_at)
            later = [row for row in planned if row.call.can_board]
            if later:
                return self._note(direction, ArrivalStatus.SCHEDULED, at=later[0].at)
        why, name = self.timetable.why_none(self.stop_id, direction, day) or (None, "")
        next_at = self.timetable.next_first(self.stop_id, direction, self.now)
        return self._note(direction, ArrivalStatus.NOT_RUNNING, at=next_at, why=why, why_name=name)

    def _should_run(self, direction: RouteDirection) -> bool:
        """True between the day's first and last bus here, while the plan has one under way, or had one until UNSEEN ago."""
        hours = self.timetable.hours(self.stop_id, direction, local_date(self.now, self.network.timezone))
        if hours is None or not hours.first_at <= self.now <= hours.last_at:
            return False
        return self.timetable.is_under_way(self.stop_id, direction, self.now - UNSEEN, self.now)

    def _note(
        self,
        direction: RouteDirection,
        status: ArrivalStatus,
        *,
        at: datetime | None = None,
        headway_s: int | None = None,
        why: NoServiceReason | None = None,
        why_name: str = "",
    ) -> Arrival:
        """A row about a whole direction."""
        first = next(call for call in self.timetable.calls_at(self.stop_id, direction) if call.can_board)
        return Arrival(
            stop_id=self.stop_id,
            stop_sequence=first.stop_sequence,
            trip=None,
            route_id=direction.route_id,
            direction_id=direction.direction_id,
            headsign=first.headsign,
            status=status,
            at=at,
            planned_at=at,
            headway_s=headway_s,
            why=why,
            why_name=why_name,
            side=direction.side,
        )


def recent_calls(events: Iterable[StopEvent], now: datetime) -> list[StopEvent]:
    """The calls of the last PASSED_FOR, the newest first."""

    def left_at(event: StopEvent) -> datetime:
        return event.departed_at or event.arrived_at

    recent = [event for event in events if timedelta(0) <= now - left_at(event) <= PASSED_FOR]
    return sorted(recent, key=lambda event: (left_at(event), event.vehicle_id), reverse=True)
