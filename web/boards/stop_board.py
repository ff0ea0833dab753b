"""What the pages show of a stop: its arrivals by direction, with what concerns them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import relevant_alerts
from transit.arrivals.rows import PER_DIRECTION, Arrival, ArrivalStatus, arrivals_at, recent_calls
from transit.plan.network import Network, Route, Stop, UnknownStop
from transit.plan.service_day import local_date
from transit.plan.timetable import Hours, RouteDirection, timetable_of
from transit.tracking.state import StopEvent
from web.boards.neighbours import opposite_of
from web.world import World

PASSED_AT_MOST = 5


def _is_vague(row: Arrival, headway_s: int) -> bool:
    if row.status is not ArrivalStatus.NEXT_TRIP or row.low_at is None or row.high_at is None:
        return False
    return (row.high_at - row.low_at).total_seconds() > headway_s


@dataclass(frozen=True)
class DirectionBoard:
    direction: RouteDirection
    route: Route
    headsign: str
    rows: list[Arrival]  # of a trip each
    notes: list[Arrival]  # about the whole direction
    hours: Hours | None  # of today
    ends_here: bool  # nobody can get on: each trip ends here, or only lets people off
    only_alight: bool  # its trips only let people off here
    headway_s: int | None = None  # planned now
    first_again: datetime | None = None  # after the last bus of today: the first of the next service

    @property
    def shown(self) -> list[Arrival]:
        """The rows that a page shows, without next trips whose interval is wider than the headway: the headway says as much."""
        if self.headway_s is None:
            return self.rows
        return [row for row in self.rows if not _is_vague(row, self.headway_s)]


@dataclass(frozen=True)
class StopBoard:
    stop: Stop
    now: datetime
    directions: list[DirectionBoard]
    passed: list[StopEvent]
    alerts: list[Alert]
    opposite: tuple[Stop, float] | None  # with metres

    @property
    def rows(self) -> list[Arrival]:
        return [row for direction in self.directions for row in (*direction.rows, *direction.notes)]

    @property
    def departures(self) -> list[Arrival]:
        """The buses that somebody can get on, the soonest first."""
        rows = [
            row
            for direction in self.directions
            if not direction.ends_here
            for row in direction.rows
            if row.at is not None and row.can_board
        ]
        return sorted(rows, key=lambda row: (row.at, row.trip.trip_id if row.trip else ""))

    @property
    def is_only_to_alight(self) -> bool:
        """True where buses stop and nobody can get on."""
        return bool(self.directions) and all(direction.ends_here for direction in self.directions)

    @property
    def has_demo(self) -> bool:
        return any(row.is_demo for row in self.rows)

    @property
    def blind(self) -> bool:
        """True where service should run and not one bus is seen."""
        return any(row.status is ArrivalStatus.NO_DATA for row in self.rows)


def rows_of(world: World, stop_id: str, *, now: datetime | None = None, per_direction: int = PER_DIRECTION) -> list[Arrival]:
    """arrivals_at() on what this worker knows; once per second and stop. now: another moment than this one."""
    network, view = world.network, world.view
    at = now or world.now()
    assert network is not None

    def arrivals() -> list[Arrival]:
        places = network.within(stop_id)  # of a station: its platforms
        predictions = [row for place in places for row in view.predictions_at(place)]
        passed = [event for place in places for event in view.passed_at(place)]
        return arrivals_at(
            network,
            stop_id,
            predictions,
            view.states,
            at,
            alerts=view.alerts,
            passed=passed,
            standing=view.standing.values(),
            per_direction=per_direction,
        )

    return view.arrivals.get((stop_id, int(at.timestamp()), per_direction), arrivals)


def stop_board(world: World, stop_id: str) -> StopBoard:
    """Raises UnknownStop."""
    network, now = world.network, world.now()
    if network is None:
        raise UnknownStop(stop_id)
    stop = network.stop(stop_id)
    table = timetable_of(network)
    rows = rows_of(world, stop_id)
    directions = list(dict.fromkeys([*table.directions_at(stop_id), *(row.direction for row in rows)]))
    boards = [
        _direction_board(network, stop_id, direction, [row for row in rows if row.direction == direction], now)
        for direction in directions
    ]
    telling = [board for board in boards if board.rows or board.notes or not board.ends_here]
    boards = telling or boards  # directions in which nobody can get on are shown only where there is no other
    boards.sort(key=lambda board: board.ends_here)
    alerts = relevant_alerts(world.view.alerts, network, now, directions=directions, stop_id=stop_id)
    passed = recent_calls((event for place in network.within(stop_id) for event in world.view.passed_at(place)), now)
    passed = [event for event in passed if event.trip.trip_id in network.trips][:PASSED_AT_MOST]
    return StopBoard(
        stop=stop, now=now, directions=boards, passed=passed, alerts=alerts, opposite=opposite_of(world, stop, directions)
    )


def _direction_board(
    network: Network, stop_id: str, direction: RouteDirection, rows: list[Arrival], now: datetime
) -> DirectionBoard:
    table, today = timetable_of(network), local_date(now, network.timezone)
    signs = Counter(row.headsign for row in rows if row.headsign)
    calls = table.calls_at(stop_id, direction)
    sign = signs.most_common(1)[0][0] if signs else next((call.headsign for call in calls), "")
    timed = [row for row in rows if row.trip is not None]
    notes = [row for row in rows if row.trip is None]
    ends_here = bool(calls) and table.ends_at(stop_id, direction)
    return DirectionBoard(
        direction=direction,
        route=network.routes[direction.route_id],
        headsign=sign,
        rows=timed,
        notes=notes,
        hours=table.hours(stop_id, direction, today),
        ends_here=ends_here,
        only_alight=ends_here and not all(call.is_last for call in calls),
        headway_s=min((window.headway_s for window in table.windows(stop_id, direction, now, now)), default=None),
        first_again=table.next_first(stop_id, direction, now) if any(row.is_last_of_day for row in timed) else None,
    )
