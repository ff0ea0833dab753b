"""What the pages show of a stop: its arrivals by direction, with what concerns them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import concerning
from transit.arrivals.rows import Arrival, ArrivalStatus, arrivals_at, passed_lately
from transit.plan.network import Network, Route, Stop, UnknownStop
from transit.plan.service_day import local_date
from transit.plan.timetable import Hours, RouteDirection, timetable_of
from transit.tracking.state import StopEvent
from web.boards.neighbours import opposite_of
from web.world import World

PASSED_AT_MOST = 5


@dataclass(frozen=True)
class WayBoard:
    way: RouteDirection
    route: Route
    headsign: str
    rows: list[Arrival]  # of a trip each
    notes: list[Arrival]  # about the whole way
    hours: Hours | None  # of today
    ends_here: bool


@dataclass(frozen=True)
class StopBoard:
    stop: Stop
    now: datetime
    ways: list[WayBoard]
    passed: list[StopEvent]
    alerts: list[Alert]
    opposite: tuple[Stop, float] | None  # with metres

    @property
    def rows(self) -> list[Arrival]:
        return [row for way in self.ways for row in (*way.rows, *way.notes)]

    @property
    def has_demo(self) -> bool:
        return any(row.is_demo for row in self.rows)

    @property
    def blind(self) -> bool:
        """True where service should run and not one bus is seen."""
        return any(row.status is ArrivalStatus.NO_DATA for row in self.rows)


def find_stop(network: Network, code: str) -> Stop:
    """By stop_code, then by stop_id. Raises UnknownStop."""
    if code:
        for stop in network.stops.values():
            if stop.code == code:
                return stop
    if code in network.stops:
        return network.stops[code]
    raise UnknownStop(code)


def rows_of(world: World, stop_id: str) -> list[Arrival]:
    """arrivals_at() on what this worker knows; once per second and stop."""
    network, now, view = world.network, world.now(), world.view
    assert network is not None

    def arrivals() -> list[Arrival]:
        predictions, passed = view.predictions_at(stop_id), view.passed_at(stop_id)
        return arrivals_at(
            network,
            stop_id,
            predictions,
            view.states,
            now,
            alerts=view.alerts,
            passed=passed,
            standing=view.standing.values(),
        )

    return view.arrivals.get((stop_id, int(now.timestamp())), arrivals)


def stop_board(world: World, stop_id: str) -> StopBoard:
    """Raises UnknownStop."""
    network, now = world.network, world.now()
    if network is None:
        raise UnknownStop(stop_id)
    stop = network.stop(stop_id)
    table = timetable_of(network)
    rows = rows_of(world, stop_id)
    ways = list(dict.fromkeys([*table.ways_at(stop_id), *(row.way for row in rows)]))
    today = local_date(now, network.timezone)
    boards = [_way_board(network, stop_id, way, [row for row in rows if row.way == way], today) for way in ways]
    boards = [board for board in boards if board.rows or board.notes or not board.ends_here]
    boards.sort(key=lambda board: board.ends_here)
    alerts = concerning(world.view.alerts, network, now, ways=ways, stop_id=stop_id)
    passed = passed_lately(world.view.passed_at(stop_id), now)
    passed = [event for event in passed if event.trip.trip_id in network.trips][:PASSED_AT_MOST]
    return StopBoard(stop, now, boards, passed, alerts, opposite_of(world, stop, ways))


def _way_board(network: Network, stop_id: str, way: RouteDirection, rows: list[Arrival], today: date) -> WayBoard:
    table = timetable_of(network)
    signs = Counter(row.headsign for row in rows if row.headsign)
    calls = table.calls_at(stop_id, way)
    sign = signs.most_common(1)[0][0] if signs else next((call.headsign for call in calls), "")
    timed = [row for row in rows if row.trip is not None]
    notes = [row for row in rows if row.trip is None]
    ends_here = bool(calls) and table.ends_at(stop_id, way)
    return WayBoard(way, network.routes[way.route_id], sign, timed, notes, table.hours(stop_id, way, today), ends_here)
