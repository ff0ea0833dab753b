"""What the pages show of a stop, a route, a trip: the domain's values gathered for one answer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from transit.arrivals.alerts import Alert
from transit.arrivals.notices import concerning
from transit.arrivals.rows import TOLD_AGE, Arrival, ArrivalStatus, arrivals_at, passed_lately
from transit.forecasting.prediction import Prediction
from transit.plan.network import Network, Route, Stop, Trip, TripInstance, UnknownStop
from transit.plan.once_per_network import once_per_network
from transit.plan.patterns import patterns_of
from transit.plan.service_day import local_date, moment
from transit.plan.timetable import Hours, RouteDirection, timetable_of
from transit.tracking.report import distance_m
from transit.tracking.state import StopEvent, VehicleState, VehicleStatus
from web.cache import Cache
from web.world import World

OPPOSITE_M = 250.0  # farther off, the halte of the other direction is another place
RUNNING = {VehicleStatus.ON_TRIP, VehicleStatus.LAYOVER, VehicleStatus.OFF_ROUTE}
PASSED_AT_MOST = 5
STOPS_KEPT = 20_000  # more than the largest city has


@dataclass(frozen=True)
class WayBoard:
    way: RouteDirection
    route: Route
    headsign: str
    rows: list[Arrival]  # with a time
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
        return arrivals_at(network, stop_id, predictions, view.states, now, alerts=view.alerts, passed=passed)

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


def opposite_of(world: World, stop: Stop, ways: list[RouteDirection]) -> tuple[Stop, float] | None:
    """opposite(), found once per network."""
    network = world.network
    assert network is not None
    return _opposites(network).get((stop.stop_id, *ways), lambda: opposite(network, stop, ways))


def nearby_of(world: World, stop: Stop) -> list[tuple[Stop, float]]:
    """nearby(), found once per network."""
    network = world.network
    assert network is not None
    return _neighbours(network).get(stop.stop_id, lambda: nearby(network, stop))


@once_per_network
def _opposites(network: Network) -> Cache[tuple[str | RouteDirection, ...], tuple[Stop, float] | None]:
    return Cache(STOPS_KEPT)


@once_per_network
def _neighbours(network: Network) -> Cache[str, list[tuple[Stop, float]]]:
    return Cache(STOPS_KEPT)


def opposite(network: Network, stop: Stop, ways: list[RouteDirection]) -> tuple[Stop, float] | None:
    """The nearest halte where one of these routes runs the other way, and this one does not."""
    table, mine = timetable_of(network), set(ways)
    wanted = {RouteDirection(way.route_id, 1 - way.direction_id) for way in ways if way.direction_id in (0, 1)} - mine
    if not wanted or stop.lat is None or stop.lon is None:
        return None
    best: tuple[float, Stop] | None = None
    for other in network.stops.values():
        if other.stop_id == stop.stop_id or other.lat is None or other.lon is None or other.location_type:
            continue
        if abs(other.lat - stop.lat) > 0.003:
            continue
        metres = distance_m(stop.lat, stop.lon, other.lat, other.lon)
        if metres <= OPPOSITE_M and (best is None or metres < best[0]) and wanted & set(table.ways_at(other.stop_id)):
            best = (metres, other)
    return None if best is None else (best[1], best[0])


def nearby(network: Network, stop: Stop, count: int = 3, within_m: float = 800.0) -> list[tuple[Stop, float]]:
    """Other halte within a short walk, the nearest first, with metres as the crow flies."""
    if stop.lat is None or stop.lon is None:
        return []
    served = network.routes_of_stop
    found = [
        (distance_m(stop.lat, stop.lon, other.lat, other.lon), other.stop_id)
        for other in network.stops.values()
        if other.stop_id != stop.stop_id and other.stop_id in served and other.lat is not None and other.lon is not None
    ]
    return [(network.stops[stop_id], metres) for metres, stop_id in sorted(found)[:count] if metres <= within_m]


def buses_now(world: World) -> Counter[str]:
    """route_id -> vehicles seen on it within the last 300 s."""
    network, now = world.network, world.now()
    assert network is not None
    return Counter(route_of(network, state) for state in world.states.values() if is_running(network, state, now))


def is_running(network: Network, state: VehicleState, now: datetime) -> bool:
    on_trip = state.matched.status in RUNNING and state.matched.trip is not None
    return on_trip and route_of(network, state) != "" and abs(now - state.report.reported_at) <= TOLD_AGE


def route_of(network: Network, state: VehicleState) -> str:
    trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
    return trip.route_id if trip else ""


@dataclass(frozen=True)
class Strip:
    """A route in one direction: its stops in order, and before which of them buses are."""

    way: RouteDirection
    headsign: str
    stops: list[Stop]
    buses: dict[int, list[VehicleState]]  # index of the stop ahead -> buses
    hours: Hours | None
    has_demo: bool


def strips(world: World, route: Route) -> list[Strip]:
    """The usual pattern of each direction (the one of most trips), with the buses on it."""
    network, now = world.network, world.now()
    assert network is not None
    regular = [trip for trip in network.trips_of_route[route.route_id] if trip.stop_times]
    regular = [trip for trip in regular if not trip.is_demo] or regular
    found = []
    for direction in sorted({trip.direction_id for trip in regular}, key=lambda one: one or 0):
        trips = [trip for trip in regular if trip.direction_id == direction]
        counts = Counter(tuple(call.stop_id for call in trip.stop_times) for trip in trips)
        stop_ids = max(counts, key=lambda ids: (counts[ids], len(ids)))
        trip = next(trip for trip in trips if tuple(call.stop_id for call in trip.stop_times) == stop_ids)
        way = RouteDirection(route.route_id, direction)
        day = local_date(now, network.timezone)
        buses: dict[int, list[VehicleState]] = {}
        for state in world.states.values():
            index = _index_ahead(network, state, way, stop_ids) if is_running(network, state, now) else None
            if index is not None:
                buses.setdefault(index, []).append(state)
        hours = timetable_of(network).hours(stop_ids[0], way, day)
        running = [state.matched.trip.trip_id for some in buses.values() for state in some if state.matched.trip]
        has_demo = any(network.trips[trip_id].is_demo for trip_id in running)
        found.append(Strip(way, trip.headsign, [network.stops[one] for one in stop_ids], buses, hours, has_demo))
    return found


def _index_ahead(network: Network, state: VehicleState, way: RouteDirection, stop_ids: tuple[str, ...]) -> int | None:
    """Which stop of a pattern a bus on this way reaches next; by the order of calls, so that loops stay apart."""
    trip = network.trips.get(state.matched.trip.trip_id) if state.matched.trip else None
    if trip is None or RouteDirection(trip.route_id, trip.direction_id) != way:
        return None
    if state.matched.status is VehicleStatus.LAYOVER:
        return 0
    calls = [call.stop_id for call in trip.stop_times]
    ahead = next((n for n, call in enumerate(trip.stop_times) if call.stop_sequence == state.next_stop_sequence), None)
    if ahead is None:
        return None
    if tuple(calls) == stop_ids:
        return ahead
    return stop_ids.index(calls[ahead]) if calls[ahead] in stop_ids else None


@dataclass(frozen=True)
class TripRow:
    stop: Stop
    stop_sequence: int
    prediction: Prediction | None
    planned_at: datetime | None
    passed_at: datetime | None
    is_passed: bool
    is_next: bool


@dataclass(frozen=True)
class TripBoard:
    trip: Trip
    instance: TripInstance
    route: Route
    rows: list[TripRow]
    vehicle: VehicleState | None


def trip_board(world: World, instance: TripInstance) -> TripBoard:
    """Raises UnknownTrip."""
    network, now = world.network, world.now()
    assert network is not None
    trip = network.trip(instance.trip_id)
    on_it = [state for state in world.states.values() if state.matched.trip == instance]
    fresh = [state for state in on_it if abs(now - state.report.reported_at) <= TOLD_AGE]
    vehicle = max(fresh or on_it, key=lambda state: state.report.reported_at, default=None)
    ahead = _ahead_of(vehicle, fresh)
    rows = []
    for index, call in enumerate(trip.stop_times):
        here = (instance, call.stop_sequence)
        told = [p for p in world.view.predictions_at(call.stop_id) if (p.trip, p.stop_sequence) == here]
        told = [p for p in told if now - p.reported_at <= TOLD_AGE]
        passed = [e for e in world.view.passed_at(call.stop_id) if (e.trip, e.stop_sequence) == here]
        gone = passed[0].departed_at or passed[0].arrived_at if passed else None
        is_passed = gone is not None or (ahead is not None and call.stop_sequence < ahead)
        planned = None if network.is_headway_based(trip.trip_id) else _planned(network, instance, index)
        rows.append(
            TripRow(
                network.stops[call.stop_id],
                call.stop_sequence,
                told[0] if told else None,
                planned,
                gone,
                is_passed,
                call.stop_sequence == ahead,
            )
        )
    return TripBoard(trip, instance, network.routes[trip.route_id], rows, vehicle)


def _ahead_of(vehicle: VehicleState | None, fresh: list[VehicleState]) -> int | None:
    return vehicle.next_stop_sequence if vehicle is not None and vehicle in fresh else None


def _planned(network: Network, instance: TripInstance, index: int) -> datetime | None:
    offsets = patterns_of(network).offsets.get(instance.trip_id)
    if offsets is None:
        return None
    shift = instance.start_s - offsets[0][1] if instance.start_s is not None else 0.0
    return moment(instance.start_date, offsets[index][0 if index else 1] + shift, network.timezone)


def planned_at(network: Network, row: Prediction) -> datetime | None:
    """When the timetable has the vehicle at a predicted stop; None for headway-based trips."""
    trip = network.trips[row.trip.trip_id]
    if network.is_headway_based(trip.trip_id):
        return None
    index = next((n for n, call in enumerate(trip.stop_times) if call.stop_sequence == row.stop_sequence), None)
    return None if index is None else _planned(network, row.trip, index)
