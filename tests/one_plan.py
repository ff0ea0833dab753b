"""The plan of a small made-up city, asked everything that a plan is asked: what it answers, line by line.

    python -m tests.one_plan        writes tests/cases/one_plan.csv anew, after a change that is meant

A street there and back on working days, a loop by headway with a break at noon, a line without direction_id whose two
directions stop across the street, a night line by exact headways past midnight, a train that is under way for two nights, a
line with exact departures in the morning and a headway after that, a demonstration, a garage where nobody gets on, platforms
of a station, a closed day and an added one, a shape drawn against its trip and one that leads elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, timedelta

from tests.builders import (
    EVERY_DAY,
    LOLLIPOP,
    LOOP,
    MONDAY,
    STRAIGHT,
    WORKING_DAYS,
    Way,
    a_city,
    a_network,
    a_report,
    at,
    place,
)
from tests.driving import a_state
from tests.pinned import line, write
from transit.arrivals.headways import planned_bands, planned_now_s
from transit.arrivals.lateness import late_s
from transit.forecasting.baselines import RecentSpeed
from transit.forecasting.departures import Departures
from transit.forecasting.links import links_of
from transit.forecasting.remaining_trip import RemainingTrip, remaining_of
from transit.forecasting.travel_times import TravelTimes
from transit.plan.directions import directions_of, headsign_of, usual_trip
from transit.plan.journeys import Journey, Planner, Request, planner_of
from transit.plan.limits import limits_of
from transit.plan.nearest_stops import nearest_stops
from transit.plan.network import (
    Agency,
    Calendar,
    CalendarDate,
    FeedInfo,
    Frequency,
    Network,
    Stop,
    StopTime,
    Trip,
    TripInstance,
)
from transit.plan.network_hours import network_hours_of
from transit.plan.patterns import patterns_of
from transit.plan.planned_times import has_planned_times, longest_trip_s, planned_at, shift_s
from transit.plan.runs import Disruption, LiveCall, Moment, Service, promised_headway_s
from transit.plan.stop_codes import code_of, is_own_code, stops_of_code
from transit.plan.timetable import timetable_of
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus
from transit.tracking.trip_choice import AssignmentHint, ChoiceContext, OtherVehicles, TripTable, choose_trip, headway_day

NAME = "one_plan.csv"
HOUR = 3600
BACK = STRAIGHT[::-1]
RING = [(east + 600.0, north - 1400.0) for east, north in LOOP]
TAIL = [(east + 900.0, north + 300.0) for east, north in LOLLIPOP]
NORTH = [(1500.0, -1500.0), (1500.0, 2500.0)]
ACROSS = [(1580.0, 2500.0), (1580.0, -1500.0)]  # the way back of NORTH, on the other side of the street
TRACKS = [(-3000.0, -2000.0), (9000.0, -2000.0)]
SATURDAY, SUNDAY = MONDAY + timedelta(days=5), MONDAY + timedelta(days=6)
WEEKENDS = (False,) * 5 + (True, True)


def the_plan() -> Network:
    out, back = (tuple(6 * HOUR + 60 * minute for minute in range(first, 400, 45)) for first in (0, 30))
    city = a_city(
        Way("R1", STRAIGHT, out, 0, ("B1", "B2") * 4),
        Way("R1", BACK, back, 1, ("B1", "B2") * 4, speed_mps=5.0),
        Way("R2", RING, headway=Frequency("", 6 * HOUR, 9 * HOUR, 720, 0)),
        Way("R3", TAIL, (7 * HOUR, 8 * HOUR + 1000, 16 * HOUR)),
        Way("R4", NORTH, (6 * HOUR, 7 * HOUR, 8 * HOUR), 0, speed_mps=7.0),
        Way("R4", ACROSS, (6 * HOUR + 1800, 7 * HOUR + 1800), 1, speed_mps=7.0),
        Way("R5", NORTH, headway=Frequency("", 23 * HOUR, 25 * HOUR + 1800, 1500, 1)),
        Way("R6", TRACKS, (20 * HOUR,), speed_mps=0.08),
        Way("R7", BACK, headway=Frequency("", 6 * HOUR, 7 * HOUR, 900, 1)),
        Way("R8", NORTH, (9 * HOUR,)),
        Way("R10", [(6000.0, 0.0), (8000.0, 0.0)], (7 * HOUR, 8 * HOUR)),
        Way("R10", [(6000.0, 1000.0), (5000.0, 1000.0)], (7 * HOUR,), 1),
        Way("R11", [(6000.0, 2000.0), (7000.0, 2100.0)], (7 * HOUR,)),
        Way("R12", [(east + 3000.0, north) for east, north in RING], (8 * HOUR, 8 * HOUR + 1500, 9 * HOUR + 1800)),
        Way("R9", STRAIGHT, (7 * HOUR + 1830, 8 * HOUR + 900, 9 * HOUR + 1780), speed_mps=5.5),
        stops_every_m=700.0,
    )
    trips = dict(city.trips)
    for name, trip in city.trips.items():
        changed = trip
        if trip.route_id == "R4":
            changed = replace(trip, direction_id=None, headsign="", stop_times=_stands_before(trip))
        elif trip.route_id in ("R10", "R11"):
            changed = replace(trip, route_id="R10", direction_id=None if trip.route_id == "R10" else 1)
        elif trip.route_id == "R8":
            changed = replace(trip, extra={"demo": "1"}, service_id="DEMO")
        elif trip.route_id in ("R5", "R6", "R7"):
            changed = replace(trip, service_id={"R5": "NIGHT", "R6": "WEEKEND", "R7": "DAILY"}[trip.route_id])
        elif trip.route_id == "R1":
            changed = replace(trip, service_id="WORK", stop_times=_with_a_garage(trip))
        elif trip.route_id == "R3":
            changed = replace(trip, stop_times=_hardly_timed(trip))
        elif trip.route_id == "R9":
            changed = replace(trip, stop_times=_twice_at_one_place(trip))
        trips[name] = changed
    short = trips["R4a2"]
    trips["R4c1"] = replace(short, trip_id="R4c1", stop_times=_later(short.stop_times[1:4], 2700), shape_id="")
    trips["R1c1"] = replace(trips["R1a1"], trip_id="R1c1", service_id="SPECIAL", block_id="", shape_id="shape-R1b")
    swapped = list(trips["R1a1"].stop_times)
    swapped[2], swapped[4] = (
        replace(call, stop_id=other.stop_id) for call, other in ((swapped[2], swapped[4]), (swapped[4], swapped[2]))
    )
    trips["R1e1"] = replace(
        trips["R1a1"], trip_id="R1e1", service_id="SPECIAL", block_id="", stop_times=tuple(swapped)
    )  # not in the order of its shape
    trips["R7a1"] = replace(trips["R7a1"], stop_times=_later(trips["R7a1"].stop_times, 600))  # starts count from its first
    trips["R1d1"] = replace(trips["R1a1"], trip_id="R1d1", service_id="SPECIAL", block_id="", shape_id="shape-R6a")
    trips["R4a1"], trips["R3a1"] = (replace(trips[name], block_id="B9") for name in ("R4a1", "R3a1"))
    stops = {stop_id: replace(stop, code=f"{n:03d}" if n % 3 else "") for n, (stop_id, stop) in enumerate(city.stops.items())}
    first = trips["R6a1"].stop_times[0].stop_id
    stops["STATION"] = Stop("STATION", "Stasiun", *place(-3000.0, -1990.0), code="004", location_type=1)
    stops[first] = replace(stops[first], parent_station="STATION", code="")
    stops["OTHER"] = Stop("OTHER", "Lain", None, None, code="P667_0", parent_station="STATION", timezone="Asia/Makassar")
    calendars = {
        "DAILY": Calendar("DAILY", EVERY_DAY, date(2026, 1, 1), date(2026, 12, 31)),
        "WORK": Calendar("WORK", WORKING_DAYS, date(2026, 1, 1), date(2026, 12, 31)),
        "WEEKEND": Calendar("WEEKEND", WEEKENDS, date(2026, 11, 1), date(2026, 11, 30)),
        "NIGHT": Calendar("NIGHT", (False, True, False, True, False, False, False), date(2026, 11, 1), date(2027, 1, 31)),
        "DEMO": Calendar("DEMO", EVERY_DAY, date(2026, 1, 1), date(2026, 12, 31)),
    }
    dates = (
        CalendarDate("WORK", MONDAY + timedelta(days=2), False, {"holiday_name": "Hari Guru"}),
        CalendarDate("DAILY", MONDAY + timedelta(days=2), False),
        CalendarDate("SPECIAL", SATURDAY, True),
        CalendarDate("SPECIAL", SATURDAY + timedelta(days=14), True),
    )
    headways = (Frequency("R2a1", 13 * HOUR, 17 * HOUR, 1200, 0), Frequency("R7a1", 7 * HOUR, 10 * HOUR, 1000, 0))
    return replace(
        city,
        agencies=(*city.agencies, Agency("B", "Kereta", "https://example.org/b", "Asia/Makassar")),
        routes={**city.routes, "R6": replace(city.routes["R6"], agency_id="B"), "R3": replace(city.routes["R3"], agency_id="")},
        feed_info=FeedInfo("Kota", "https://example.org", "id", extra={"feed_status": "sample"}),
        trips=trips,
        stops=stops,
        calendars=calendars,
        calendar_dates=dates,
        frequencies=(*city.frequencies, *headways),
    )


def _with_a_garage(trip: Trip) -> tuple[StopTime, ...]:
    """Nobody gets on at the second stop, nobody off at the last but one."""
    calls = list(trip.stop_times)
    calls[1] = replace(calls[1], pickup_type=1, stop_headsign="Pasar")
    calls[-2] = replace(calls[-2], drop_off_type=1)
    return tuple(calls)


def _stands_before(trip: Trip) -> tuple[StopTime, ...]:
    """At its first stop it is there 90 s before it leaves."""
    first = trip.stop_times[0]
    return (replace(first, arrival_s=(first.departure_s or 0) - 90), *trip.stop_times[1:])


def _twice_at_one_place(trip: Trip) -> tuple[StopTime, ...]:
    """It calls at its third stop, and a minute later once more, at the same stop under another number."""
    first, again = trip.stop_times[:3], replace(trip.stop_times[2], stop_sequence=4)
    rest = (replace(call, stop_sequence=call.stop_sequence + 1) for call in trip.stop_times[3:])
    return _later((*first[:3],), 0) + _later((again, *rest), 60)


def _hardly_timed(trip: Trip) -> tuple[StopTime, ...]:
    """The first stop with its arrival only, the last with its departure only, one in the middle with a stay, others untimed."""
    calls = [replace(call, arrival_s=None, departure_s=None) for call in trip.stop_times]
    first, middle, last = trip.stop_times[0], trip.stop_times[4], trip.stop_times[-2]
    calls[0] = replace(first, departure_s=None)
    calls[4] = replace(middle, departure_s=(middle.departure_s or 0) + 90)
    calls[-2] = replace(last, arrival_s=None)
    return tuple(calls)


def _later(calls: tuple[StopTime, ...], seconds: int) -> tuple[StopTime, ...]:
    return tuple(
        replace(call, arrival_s=(call.arrival_s or 0) + seconds, departure_s=(call.departure_s or 0) + seconds)
        for call in calls
    )


def patterns(network: Network) -> Iterator[str]:
    limits = limits_of(network)
    yield line("area", *(f"{degrees:.4f}" for degrees in limits.service_area))
    shorter = replace(network, trips={name: trip for name, trip in network.trips.items() if trip.route_id != "R6"})
    by_headway = replace(shorter, trips={name: trip for name, trip in shorter.trips.items() if trip.route_id == "R7"})
    yield line("longest", *map(longest_trip_s, (network, shorter, by_headway)))
    yield line("limits", limits.max_speed_mps, limits.off_route_m, limits.terminal_radius_m, longest_trip_s(network))
    for pattern in patterns_of(network).by_id.values():
        mine = limits.of_pattern[pattern.pattern_id]
        yield line("pattern", pattern.trip_ids[0], len(pattern.trip_ids), pattern.has_shape, *pattern.stop_dist_m)
        yield line("its limits", mine.max_speed_mps, mine.off_route_m, mine.terminal_radius_m, pattern.typical_spacing_m)
        for trip_id in pattern.trip_ids:
            yield line("planned", trip_id, *patterns_of(network).planned(trip_id))
            yield line("links", trip_id, *map(float, links_of(network).planned_links(trip_id)))


def directions(network: Network) -> Iterator[str]:
    for route_id, mine in directions_of(network).of_route.items():
        for direction in mine:
            trips = network.trips_of_route[route_id]
            usual = usual_trip(network, direction, trips)
            yield line("direction", *direction, None if usual is None else usual.trip_id)
    for trip in network.trips.values():
        signs = {headsign_of(network, trip, n) for n in range(len(trip.stop_times))}
        yield line("trip", trip.trip_id, directions_of(network).of_trip[trip.trip_id], signs)
    for stop in network.stops.values():
        routes, kept = network.routes_of_stop.get(stop.stop_id, ()), network.parents_of(stop.stop_id)
        mine_by = [other.stop_id for other in stops_of_code(network, code_of(stop))]
        zone = network.timezone_of(stop.stop_id)
        yield line("stop", stop.stop_id, routes, kept, code_of(stop), is_own_code(network, stop), mine_by, zone)
    for code in ("001", "004", "P0_0", "p0_0", "P667_0", "p667_0", "STATION", "other", "nothing", ""):
        yield line("code", code, *(stop.stop_id for stop in stops_of_code(network, code)))
    for east, north in ((0.0, 0.0), (1540.0, 700.0), (5000.0, -2100.0)):
        for stop_id, metres in nearest_stops(network, *place(east, north), 900.0).items():
            yield line("near", east, north, stop_id, metres)


def owners(network: Network) -> Iterator[str]:
    for route_id in (*network.routes, "R99"):
        yield line("agency", route_id, network.agency_of(route_id).agency_id, network.is_sample)
    for stop_id in ("STATION", "P-3000_-2000", "OTHER", "NOWHERE"):
        yield line("within", stop_id, network.within(stop_id), network.timezone_of(stop_id))


def timetable(network: Network) -> Iterator[str]:
    table = timetable_of(network)
    days = [
        MONDAY,
        MONDAY + timedelta(days=1),
        MONDAY + timedelta(days=2),
        SATURDAY,
        SUNDAY,
        date(2026, 12, 30),
        date(2027, 1, 9),
    ]
    for stop_id in network.stops:
        for direction in table.directions_at(stop_id):
            yield line("calls", stop_id, direction, len(table.calls_at(stop_id, direction)), table.ends_at(stop_id, direction))
            for day in days:
                hours, why = table.hours(stop_id, direction, day), table.why_none(stop_id, direction, day)
                first_last = () if hours is None else (hours.first_at, hours.last_at, hours.about)
                bands = [(band.start_s, band.end_s, band.headway_s) for band in planned_bands(network, direction, stop_id, day)]
                promised = planned_bands(network, direction, stop_id, day, only_promised=True)
                now_s = planned_now_s(network, direction, stop_id, day, 8.0 * HOUR)
                yield line("hours", day, *first_last, why, table.next_first(stop_id, direction, at(12, day=day)))
                yield line("bands", bands, len(promised), now_s)
            for begin, end in ((at(6, 50), at(8, 10)), (at(23, 30), at(25, 40)), (at(4, day=SUNDAY), at(7, day=SUNDAY))):
                for row in table.planned(stop_id, direction, begin, end):
                    yield line(
                        "planned call", row.trip.trip_id, row.trip.start_s, row.at, row.call.stop_sequence, row.call.can_board
                    )
                for window in table.windows(stop_id, direction, begin, end):
                    yield line("window", window.call.trip.trip_id, window.start_at, window.last_at, window.headway_s)


def hours(network: Network) -> Iterator[str]:
    hours = network_hours_of(network)
    for day in range(-1, 9):
        bounds = hours.of_day(MONDAY + timedelta(days=day))
        yield line("network", day, *(bounds or ()))
        for hour in (1, 5, 12, 22.5):
            state = hours.state(at(0, day=MONDAY + timedelta(days=day)) + timedelta(hours=hour))
            yield line("network at", hour, state.running, state.at, state.holiday)
    late = hours.state(at(12, day=date(2027, 3, 1)))
    yield line("network gone", late.running, late.at)


def _journey(journey: Journey) -> Iterator[object]:
    yield from (journey.changes, journey.walk_s, journey.leaves.at - ZERO_S, journey.comes.at - ZERO_S)
    for index, ride in enumerate(journey.rides):
        chance = journey.change_chance(index) if index else None
        moments = (value - ZERO_S for moment in (ride.leaves, ride.comes) for value in (moment.at, moment.low, moment.high))
        yield (ride.run.trip.trip_id, ride.source, ride.board, ride.alight, ride.stops, *moments)
        yield None if chance is None else f"{chance:.3f}"


ZERO_S = at(0).timestamp()
ENDS = (
    ({"P0_0": 60.0}, {"P4000_0": 0.0}),
    ({"P0_0": 0.0}, {"P1500_2500": 30.0}),
    ({"P1500_-1500": 0.0, "P1500_-833": 300.0}, {"P4000_0": 200.0, "P3333_0": 0.0}),
    ({"P600_-1400": 0.0}, {"P1600_-1067": 60.0}),
    ({"P600_-733": 0.0}, {"P1267_-1400": 0.0}),
    ({"P900_300": 0.0}, {"P0_0": 0.0}),
    ({"P4000_0": 0.0}, {"P1580_-1500": 0.0}),
    ({"P-3000_-2000": 0.0}, {"P9000_-2000": 0.0}),
    ({"P4000_0": 30.0}, {"P0_0": 400.0, "P667_0": 0.0}),
    ({"P3600_-733": 0.0}, {"P4267_-1400": 0.0}),
    ({"P1267_-1400": 0.0}, {"P4000_0": 0.0}),
)


def journeys(network: Network) -> Iterator[str]:
    planner = planner_of(network)
    for hour in (5.9, 6.0, 6.6, 6.9, 7.4, 7.9, 8.2, 9.5, 13.2, 16.5):
        now = at(0) + timedelta(hours=hour)
        yield from _asked(planner, planner.service(now), now.timestamp(), f"{hour}")
    now = at(7)
    live = _seen(network)
    yield from _asked(planner, planner.service(now, live), now.timestamp(), "live")
    shut = Disruption(
        trips=frozenset({TripInstance("R1a3", MONDAY)}),
        stops=frozenset({"P1333_0", "P1500_500"}),
        directions=frozenset({directions_of(network).of_trip["R3a1"]}),
    )
    yield from _asked(planner, planner.service(now, live, shut), now.timestamp(), "shut")


def _seen(network: Network) -> list[LiveCall]:
    """R1a2 five minutes late, a loop under way, R4a2 early; each but the last stops."""
    rows = []
    for vehicle_id, trip, late in (
        ("V1", TripInstance("R1a2", MONDAY), 300.0),
        ("V2", TripInstance("R2a1", MONDAY, 7 * HOUR), 7 * HOUR),
        ("V3", TripInstance("R4a2", MONDAY), -60.0),
    ):
        planned = patterns_of(network).planned(trip.trip_id)
        for n, (arrival, _) in enumerate(planned[1:-1], 1):
            moment = Moment(ZERO_S + arrival + late, ZERO_S + arrival + late - 40.0 - 10.0 * n, ZERO_S + arrival + late + 90.0)
            sequence = network.trips[trip.trip_id].stop_times[n].stop_sequence
            rows.append(LiveCall(vehicle_id, trip, sequence, moment))
    return rows


def _asked(planner: Planner, service: Service, at_s: float, name: str) -> Iterator[str]:
    for n, (start, end) in enumerate(ENDS):
        ask = Request(start, end)
        made = planner.journeys(service, ask, at_s)
        for journey in made:
            yield line("journey", name, n, *_journey(journey))
            for ride in journey.rides:
                missed = planner.after_missing(service, ride)
                yield line("missed", None if missed is None else missed.at - ZERO_S)
        for journey in planner.arriving_by(service, ask, at_s + 2 * HOUR, at_s - 600.0):
            yield line("by then", name, n, *_journey(journey))
        last = planner.last_of_day(service, ask, at_s, at_s + 10 * HOUR)
        yield line("last", name, n, *(() if last is None else _journey(last)))


def _trip_instances(network: Network) -> Iterator[TripInstance]:
    for trip in network.trips.values():
        windows = network.frequencies_of.get(trip.trip_id, ())
        starts = sorted(
            {start for row in windows for start in (row.start_s, row.start_s + row.headway_s, row.end_s, row.end_s - 1)}
        )
        yield from (TripInstance(trip.trip_id, MONDAY, start) for start in (starts or (None,)))


def trips(network: Network) -> Iterator[str]:
    for trip in _trip_instances(network):
        last = len(network.trips[trip.trip_id].stop_times) - 1
        moments = [planned_at(network, trip, n, departure=departure) for n in (0, 1, last) for departure in (False, True)]
        is_planned, headway = has_planned_times(network, trip), promised_headway_s(network, trip)
        yield line("run", trip.trip_id, trip.start_s, is_planned, shift_s(network, trip), headway, *moments)
        pattern = patterns_of(network).of_trip(trip.trip_id)
        for share in (0.0, 0.4, 1.0):
            along_m = pattern.start_m + share * (pattern.end_m - pattern.start_m)
            matched = MatchedPosition(at(8), VehicleStatus.ON_TRIP, trip, along_m, 0.0)
            yield line("late", share, late_s(network, VehicleState("V", a_report(when=at(8)), matched)))


def choices(network: Network) -> Iterator[str]:
    """Which trip a vehicle at a place and time is taken to run, and why not another."""
    table = TripTable(network, patterns_of(network))
    yield line("blocks", *sorted(table.next_in_block.items()))
    for pattern in patterns_of(network).by_id.values():
        first = pattern.trip_ids[0]
        for hour in (5.6, 7.2, 9.4, 16.1, 24.3):
            t = ZERO_S + hour * HOUR
            if network.is_headway_based(first):
                day, score = headway_day(table, network.trips[first], t)
                yield line("headway day", first, hour, day.date, score)
            for share in (0.0, 0.02, 0.5, 0.9, 1.1):
                along_m = pattern.start_m + share * (pattern.end_m - pattern.start_m)
                yield line("near", hour, share, *((row.trip_id, late) for late, row in table.near(pattern, along_m, t)))
                for name, context in _contexts(network, first):
                    chosen = [choose_trip(table, pattern, along_m, t, waiting, context) for waiting in (False, True)]
                    cells = [None if row is None else (row.trip.trip_id, row.trip.start_s, row.score) for row in chosen]
                    yield line("chosen", first, hour, share, name, *cells)


def _contexts(network: Network, trip_id: str) -> Iterable[tuple[str, ChoiceContext]]:
    route_id = network.trips[trip_id].route_id
    mine = TripInstance(
        trip_id, MONDAY, network.frequencies_of[trip_id][0].start_s if trip_id in network.frequencies_of else None
    )
    is_first: Callable[[TripInstance], bool] = lambda trip: trip.trip_id.endswith("2") or (trip.start_s or 0) % 120 == 0  # noqa: E731
    yield "plain", ChoiceContext()
    yield "on it", ChoiceContext(current=mine)
    yield "ended", ChoiceContext(ended=mine)
    yield "named", ChoiceContext(hint=AssignmentHint(trip_id=trip_id))
    yield "its line", ChoiceContext(hint=AssignmentHint(route_id=route_id))
    yield "another", ChoiceContext(hint=AssignmentHint(trip_id="R1a2"))
    yield "another line", ChoiceContext(hint=AssignmentHint(route_id="R9" if route_id == "R1" else "R1"))
    yield "taken", ChoiceContext(others=OtherVehicles(taken=is_first))
    yield "driven", ChoiceContext(others=OtherVehicles(taken=is_first, driven=is_first))
    yield "leaves", ChoiceContext(leaves=True, others=OtherVehicles(runs_late=lambda trip: 400.0 if is_first(trip) else None))


KINDS = (*range(8), 11, 12, *range(100, 1800, 100), 1701)


def kinds(network: Network) -> Iterator[str]:
    """Each kind of vehicle on a short and a very long line, whose plan is so tight that only what the kind can do bounds it."""
    for kind in KINDS:
        for metres in (900.0, 30_000.0):
            tight = replace(
                a_network([(0.0, 0.0), (metres, 0.0)], stops_every_m=metres / 3.0, speed_mps=3000.0),
                routes={"R1": replace(network.routes["R1"], route_id="R1", route_type=kind)},
            )
            (pattern,) = patterns_of(tight).by_id.values()
            limits = limits_of(tight).of_pattern[pattern.pattern_id]
            seconds = map(float, links_of(tight).planned_links("T1"))
            plain_s = RecentSpeed(links_of(tight), Departures(tight, patterns_of(tight))).link_times(_remaining(tight), 0.0)
            yield line("kind", kind, metres, limits.max_speed_mps, limits.terminal_radius_m, *seconds, *map(float, plain_s))


def _remaining(network: Network) -> RemainingTrip:
    """Of a vehicle that has just begun T1, at 7:00."""
    links = links_of(network)
    state = a_state(network, at(7), TripInstance("T1", MONDAY), 10.0, 2)
    remaining = remaining_of(state, links, TravelTimes(links), Departures(network, patterns_of(network)), at(7).timestamp())
    assert remaining is not None
    return remaining


def lines() -> Iterator[str]:
    network = the_plan()
    parts = (patterns, directions, owners, timetable, hours, journeys, trips, choices, kinds)
    for part in parts:
        yield from part(network)


if __name__ == "__main__":
    print(write(lines(), NAME))
