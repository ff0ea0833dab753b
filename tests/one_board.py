"""What riders and operators are shown of the made-up city of tests/one_plan.py at some moments of a day, line by line.

    python -m tests.one_board        writes tests/cases/one_board.csv anew, after a change that is meant

Some buses are seen: on time, late, heard long ago, waiting, standing, on a loop by headway, on a run that a notice calls off.
Notices of every reach: a stop, a station, a route, a direction, a trip, a departure by headway, an agency, a time to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from datetime import datetime, timedelta
from random import Random

from tests.builders import MONDAY, at
from tests.driving import a_drive_of, a_state
from tests.one_plan import HOUR, the_plan
from tests.pinned import line, write
from transit.arrivals.alerts import Alert, Effect, InformedEntity
from transit.arrivals.headways import latest_by_vehicle, observed_headways, spacing
from transit.arrivals.interruptions import interruptions
from transit.arrivals.notices import cancels, cancels_start, closes_stop, relevant_alerts, running_in_spite, stops_service
from transit.arrivals.promised_hours import begins_at, headway_s, is_last_of_day, is_promised
from transit.arrivals.public_positions import is_public
from transit.arrivals.rows import Arrival, arrivals_at, recent_calls
from transit.arrivals.shown import ShownChanges
from transit.arrivals.steadiness import Steadiness, minutes
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.prediction import Prediction, StandingVehicle, Tier
from transit.plan.directions import directions_of
from transit.plan.network import Network, TripInstance
from transit.plan.timetable import timetable_of
from transit.quality.archive_figures import archive_figures
from transit.quality.comparison import what_is_worse
from transit.quality.daily_score import by_route, passages_of
from transit.quality.performance import coverage_of, day_figures, together
from transit.quality.scorecard import Promise
from transit.quality.verdict import Glimpse, verdict_of
from transit.tracking.state import StopEvent, VehicleState, VehicleStatus

NAME = "one_board.csv"
STOPS = (
    "P0_0",
    "P667_0",
    "P1333_0",
    "P4000_0",
    "P600_-1400",
    "P600_-733",
    "P900_300",
    "P3400_600",
    "P1500_500",
    "P1580_500",
    "STATION",
)


def _trip(trip_id: str, start_s: int | None = None) -> TripInstance:
    return TripInstance(trip_id, MONDAY, start_s)


def the_states(network: Network, now: datetime) -> list[VehicleState]:
    def seen(
        vehicle_id: str, trip: TripInstance, along_m: float, ahead: int, ago_s: float = 5.0, **more: object
    ) -> VehicleState:
        made = a_state(network, now - timedelta(seconds=ago_s), trip, along_m, ahead, vehicle_id)
        return replace(made, **more)  # type: ignore[arg-type]

    waits = seen("WAITS", _trip("R1b2"), 0.0, 1)
    return [
        seen("ON-TIME", _trip("R1a3"), 700.0, 3),
        seen("OLD", _trip("R4a2"), 1400.0, 4, 120.0),
        seen("TOO-OLD", _trip("R3a1"), 2000.0, 4, 400.0),
        replace(waits, matched=replace(waits.matched, status=VehicleStatus.LAYOVER)),
        seen("RING", _trip("R2a1", 7 * HOUR), 2500.0, 5),
        seen("RING-2", _trip("R2a1", 7 * HOUR + 300), 200.0, 2),
        seen("NIGHT", _trip("R5a1", 23 * HOUR), 1000.0, 3),
        seen("AHEAD", _trip("R4b1"), 3000.0, 6, -30.0),
        seen("JUST-AHEAD", _trip("R1b3"), 300.0, 2, -10.0),
        seen("JUST-LIVE", _trip("R1a4"), 100.0, 2, 90.0),
        seen("JUST-OLD", _trip("R1b1"), 900.0, 3, 300.0),
    ]


def the_alerts(now: datetime) -> dict[str, Alert]:
    def alert(
        name: str,
        *informed: InformedEntity,
        effect: Effect = Effect.NO_SERVICE,
        begin_h: float = -1.0,
        end_h: float | None = None,
    ) -> Alert:
        ends_at = None if end_h is None else now + timedelta(hours=end_h)
        return Alert(name, {"en": name}, informed, now + timedelta(hours=begin_h), ends_at, effect=effect)

    every = [
        alert("closed stop", InformedEntity(stop_id="P1333_0")),
        alert("closed to a route", InformedEntity(stop_id="P1500_500", route_id="R4")),
        alert("closed station", InformedEntity(stop_id="STATION")),
        alert("route", InformedEntity(route_id="R3")),
        alert("route soon", InformedEntity(route_id="R1"), begin_h=1.0, end_h=2.0),
        alert("direction", InformedEntity(route_id="R1", direction_id=1), end_h=0.5),
        alert("trip", InformedEntity(trip=_trip("R1a3"))),
        alert("trip to come", InformedEntity(trip=_trip("R1a4")), begin_h=0.2, end_h=8.0),
        alert("short turn", InformedEntity(trip=_trip("R1a3"), stop_id="P4000_0")),
        alert("departure", InformedEntity(trip=_trip("R2a1", 7 * HOUR + 300))),
        alert("exact run", InformedEntity(trip=_trip("R7a1", 6 * HOUR + 900))),
        alert("agency", InformedEntity(agency_id="A"), begin_h=3.0),
        alert("other agency", InformedEntity(agency_id="B")),
        alert("nothing", InformedEntity()),
        alert("delays", InformedEntity(route_id="R1"), effect=Effect.SIGNIFICANT_DELAYS),
        alert("detour at a stop", InformedEntity(stop_id="P667_0"), effect=Effect.DETOUR),
        alert("detour of a trip", InformedEntity(trip=_trip("R1a3")), effect=Effect.DETOUR),
        alert("over", InformedEntity(route_id="R4"), begin_h=-3.0, end_h=-1.0),
        alert("to the minute", InformedEntity(route_id="R4"), begin_h=0.0, end_h=0.0),
    ]
    return {row.alert_id: row for row in every}


def _arrival(row: Arrival, now: datetime) -> str:
    moments = [
        None if moment is None else (moment - now).total_seconds()
        for moment in (row.at, row.low_at, row.high_at, row.planned_at)
    ]
    name = None if row.trip is None else (row.trip.trip_id, row.trip.start_s)
    marks = (row.is_departure, row.visit, row.is_last, row.is_demo, row.is_last_of_day, row.can_board, row.in_jam)
    others = (row.stops_away, row.headway_s, row.why, row.why_name, row.in_spite_of, row.standing_since, row.standing_stop_id)
    return line(
        "row",
        row.stop_id,
        row.stop_sequence,
        row.direction,
        row.headsign,
        row.status,
        row.vehicle_id,
        name,
        *moments,
        *marks,
        *others,
    )


def boards(network: Network) -> Iterator[str]:
    forecaster = Forecaster(network)
    for now in (
        at(7, 4),
        at(7, 34),
        at(12, 1),
        at(16, 40),
        at(23, 20),
        at(5, 40, day=MONDAY + timedelta(days=2)),
        at(8, day=MONDAY + timedelta(days=5)),
    ):
        states = the_states(network, now)
        forecaster.observe(states, now)
        predictions = forecaster.predict(states, now, next_trips=True)
        standing = [_standing(_trip("R1a2"), "STANDS", now), _standing(_trip("R4a2"), "PARKED", now, is_parked=True)]
        standing.append(_standing(_trip("R2a1", 6 * HOUR), "JAM", now, in_jam=True, next_stop_sequence=3))
        for name, alerts in (("", []), *((name, [alert]) for name, alert in the_alerts(now).items())):
            for stop_id in STOPS if not name else STOPS[:4] + STOPS[8:]:
                if name and now != at(7, 4):
                    continue
                yield line("board", now, stop_id, name)
                inside = network.within(stop_id)
                rows = arrivals_at(
                    network,
                    stop_id,
                    [row for row in predictions if row.stop_id in inside],
                    {state.vehicle_id: state for state in states},
                    now,
                    alerts=alerts,
                    passed=[_call(network, "ON-TIME", _trip("R1a3"), 1, now - timedelta(seconds=20))],
                    standing=standing,
                    per_direction=2 if stop_id == "P0_0" else 3,
                )
                yield from (_arrival(row, now) for row in rows)


def _standing(
    trip: TripInstance,
    vehicle_id: str,
    now: datetime,
    *,
    next_stop_sequence: int = 2,
    is_parked: bool = False,
    in_jam: bool = False,
) -> StandingVehicle:
    return StandingVehicle(
        vehicle_id=vehicle_id,
        trip=trip,
        since=now - timedelta(minutes=11),
        stop_id="P667_0",
        next_stop_sequence=next_stop_sequence,
        reported_at=now - timedelta(seconds=9),
        ended_at=now - timedelta(minutes=2),
        waits=False,
        in_jam=in_jam,
        is_parked=is_parked,
    )


def _call(network: Network, vehicle_id: str, trip: TripInstance, index: int, when: datetime, stay_s: float = 10.0) -> StopEvent:
    call = network.trips[trip.trip_id].stop_times[index]
    return StopEvent(vehicle_id, trip, call.stop_id, call.stop_sequence, when, when + timedelta(seconds=stay_s), 10.0)


def notices(network: Network) -> Iterator[str]:
    now = at(7, 4)
    alerts = the_alerts(now)
    table = timetable_of(network)
    states = the_states(network, now)
    for name, alert in alerts.items():
        for row in interruptions(network, [alert], now):
            yield line("interrupted", name, row.trip.trip_id, row.trip.start_s, row.begins_at, row.cancelled, row.skipped)
        for running in running_in_spite([alert], network, states, now):
            yield line("in spite", name, running.vehicle_id, running.trip.trip_id)
        for trip in (_trip("R1a3"), _trip("R1a4"), _trip("R2a1", 7 * HOUR), _trip("R7a1", 6 * HOUR + 900), _trip("R9x1")):
            for late_min in (0, 6, 70):
                begins = now + timedelta(minutes=late_min)
                ends = [cancels([alert], network, trip, begins, now), cancels_start([alert], network, trip, begins, now)]
                yield line("cancels", name, trip.trip_id, late_min, *(row is not None for row in ends))
        for stop_id in STOPS:
            for direction in table.directions_at(stop_id):
                halts = stops_service([alert], network, now, direction=direction, stop_id=stop_id)
                shut = [closes_stop([alert], network, now, stop_id=stop_id, direction=one) for one in (direction, None)]
                shut.append(closes_stop([alert], network, now, stop_id=stop_id, direction=direction, trip=_trip("R1a3")))
                yield line("stops", name, stop_id, direction, halts is not None, *(row is not None for row in shut))
    for stop_id in STOPS:
        relevant = relevant_alerts(alerts.values(), network, now, directions=table.directions_at(stop_id), stop_id=stop_id)
        yield line("relevant", stop_id, *(alert.alert_id for alert in relevant))
    yield line(
        "relevant", "trip", *(alert.alert_id for alert in relevant_alerts(alerts.values(), network, now, trip=_trip("R1a3")))
    )


def the_public(network: Network) -> Iterator[str]:
    for state in the_states(network, at(7, 4)):
        for status in VehicleStatus:
            for back in (True, False):
                some = replace(state, matched=replace(state.matched, status=status, is_expected_back=back))
                yield line("public", state.vehicle_id, status, back, is_public(some, {"OLD"}))


def promises(network: Network) -> Iterator[str]:
    """Of predictions of trips by headway around the ends of their hours, whether they are promised."""
    for trip, hours in (
        (_trip("R2a1"), (5.7, 6.0, 8.9, 9.05, 12.6, 13.0, 16.7, 17.0, 17.4)),
        (_trip("R7a1", 7 * HOUR), (6.6, 9.9, 10.2)),
        (_trip("R1a3"), (7.5,)),
    ):
        for hour in hours:
            for index in (0, 3):
                for tier, wide_s in (
                    (Tier.LIVE, 100.0),
                    (Tier.AT_TERMINAL, 100.0),
                    (Tier.NEXT_TRIP, 500.0),
                    (Tier.NEXT_TRIP, 1300.0),
                ):
                    moment = at(0) + timedelta(hours=hour)
                    row = _prediction(network, trip, index, moment, wide_s, tier)
                    last = is_last_of_day(network, trip, index, moment)
                    yield line(
                        "promised",
                        trip.trip_id,
                        hour,
                        index,
                        tier,
                        wide_s,
                        is_promised(network, row, index),
                        last,
                        begins_at(network, row),
                    )
        yield line("widest", trip.trip_id, headway_s(network, network.trips[trip.trip_id]))


def _prediction(
    network: Network, trip: TripInstance, index: int, moment: datetime, wide_s: float, tier: Tier, vehicle_id: str = "V"
) -> Prediction:
    call = network.trips[trip.trip_id].stop_times[index]
    return Prediction(
        vehicle_id=vehicle_id,
        trip=trip,
        stop_id=call.stop_id,
        stop_sequence=call.stop_sequence,
        made_at=moment - timedelta(minutes=5),
        reported_at=moment - timedelta(minutes=5),
        predicted_at=moment,
        low_at=moment - timedelta(seconds=wide_s / 4),
        high_at=moment + timedelta(seconds=3 * wide_s / 4),
        tier=tier,
        is_departure=index == 0,
    )


def displays(network: Network) -> Iterator[str]:
    """What is held and what is written down of two buses whose predictions tremble, every five seconds."""
    random, steadiness, changes = Random(3), Steadiness(), ShownChanges()
    trips = (_trip("R1a3"), _trip("R1a4"))
    for second in range(0, 400, 5):
        now = at(7, 58) + timedelta(seconds=second)
        rows = []
        for n, trip in enumerate(trips):
            for index in (2, 3):
                moment = at(8, 1) + timedelta(seconds=180 * n + 70 * index + random.gauss(0.0, 25.0))
                rows.append(_prediction(network, trip, index, moment, 240.0 + random.uniform(0.0, 200.0), Tier.LIVE, f"V{n}"))
        held = steadiness.hold(rows if second % 100 else rows[:2], now)
        for row in held:
            shown = (row.predicted_at, row.low_at, row.high_at)
            yield line("held", second, row.vehicle_id, row.stop_sequence, *(minutes(moment, now) for moment in shown), *shown)
        yield line("shown", second, *(minutes(steadiness.shown_at(row), now) for row in rows))
        frame = changes.frame(held, [_standing(trips[0], "S", now)] if second > 200 else [], now)
        yield line(
            "frame",
            second,
            frame.is_whole,
            *((row.vehicle_id, row.stop_sequence, row.tier, row.predicted_at) for row in frame.rows),
        )


def _steadily(pace: float) -> Callable[[int], float]:
    return lambda link: pace


def the_events(network: Network) -> list[StopEvent]:
    """A day's calls: each timetabled trip and rounds of the loop, early and late by seed, some not at all."""
    random, events = Random(8), []
    runs = [
        (_trip(name), network.trips[name].stop_times[0].arrival_s or 0)
        for name in network.trips
        if name[:2] in ("R1", "R3", "R4")
    ]
    runs += [(_trip("R2a1", start_s), start_s) for start_s in range(6 * HOUR, 10 * HOUR, 660)]
    runs += [(_trip("R7a1", start_s), start_s) for start_s in range(6 * HOUR, 9 * HOUR, 900)]
    for n, (trip, start_s) in enumerate(runs):
        start = at(0) + timedelta(seconds=start_s + random.choice((-120.0, -30.0, 0.0, 60.0, 170.0, 250.0, 400.0)))
        pace = random.uniform(0.9, 1.5)
        drive = a_drive_of(
            network, start, trip_id=trip.trip_id, start_s=trip.start_s, vehicle_id=f"BUS{n % 7}", pace=_steadily(pace)
        )
        calls = [item for _, item in drive.items if isinstance(item, StopEvent)]
        events += calls[: -2 if n % 5 == 0 else None]
    return events


def quality(network: Network) -> Iterator[str]:
    events = the_events(network)
    looks = [(at(6) + timedelta(minutes=n), f"R{1 + n % 4}", n % 9 != 0 or n > 120) for n in range(0, 700, 2)]
    coverage = coverage_of(looks, MONDAY, network.timezone)
    figures = day_figures(network, MONDAY, events, coverage)
    for hour in figures.hours:
        yield line(
            "hour",
            *(getattr(hour, name) for name in hour.__struct_fields__ if name not in ("runs_min", "bus_ids")),
            hour.counts,
            hour.bus_ids,
            sorted(hour.runs_min.items()),
        )
    for ends in figures.ends:
        yield line("ends", *(getattr(ends, name) for name in ends.__struct_fields__))
    for no_hours in ([], [row for row in figures.hours if not row.headways][:1]):
        nothing = together(no_hours)
        yield line("together", "-", *(getattr(nothing, name) for name in nothing.__struct_fields__))
    for route_id in network.routes:
        some = together(row for row in figures.hours if row.route_id == route_id)
        yield line("together", route_id, *(getattr(some, name) for name in some.__struct_fields__))
    for figures_of in (*archive_figures(network, events, MONDAY), *archive_figures(network, events[:1], MONDAY)):
        yield line("figures", *astuple(figures_of))
    headways = observed_headways(network, events)
    for row in headways[::7]:
        plan = (None, 600.0, row.headway_s / 1.5, row.headway_s / 2.0, row.headway_s * 4.0)
        yield line(
            "headway",
            row.vehicle_id,
            row.ahead_id,
            row.stop_id,
            row.headway_s,
            *(spacing(row.headway_s, planned) for planned in plan),
        )
    yield line("latest", *sorted((key, row.at) for key, row in latest_by_vehicle(headways).items()))
    left_at = next(event.departed_at for event in events if event.stop_id == "P1333_0" and event.departed_at is not None)
    for when in (
        at(7),
        at(7, 31),
        at(7, 50),
        left_at,
        left_at + timedelta(minutes=15),
        left_at + timedelta(minutes=15, seconds=1),
    ):
        recent = recent_calls([event for event in events if event.stop_id == "P1333_0"], when)
        yield line("recent", *((event.vehicle_id, event.arrived_at) for event in recent))
    yield from _scores(network, events)
    yield from _verdicts(events)


def _scores(network: Network, events: list[StopEvent]) -> Iterator[str]:
    random, promises = Random(4), []
    for event in events[::2]:
        key = (event.vehicle_id, event.trip.trip_id, event.stop_id, event.stop_sequence)
        for ahead_min in (-1, 1, 2, 4, 8, 13, 25, 40):
            made = event.arrived_at.timestamp() - 60.0 * ahead_min
            said = event.arrived_at.timestamp() + random.gauss(20.0, 30.0 + 12.0 * abs(ahead_min))
            low, high = (said - 60.0, said + 90.0) if ahead_min % 2 else (float("nan"), float("nan"))
            promises.append(Promise(key, made, said, low, high))
    promises += [
        Promise(("GHOST", row.key[1], row.key[2], row.key[3]), row.made_at, row.predicted_at) for row in promises[::11]
    ]
    scores = by_route(network, promises, passages_of(network, events))
    for name, score in scores.items():
        yield line("score", name, *(f"{key} {value}" for key, value in score.items()))
    best = scores["all routes"]
    for factor, fewer in ((1.005, 1.0), (1.02, 1.0), (1.005, 0.94), (1.04, 0.96)):
        worse = {key: round(factor * value, 1) if value else value for key, value in best["mae_s"].items()}
        other = {**best, "mae_s": worse, "mae_all_s": factor * best["mae_all_s"], "scored": fewer * best["scored"]}
        yield line("worse", factor, fewer, *(sentence[:12] for sentence in what_is_worse(best, other)))


def _verdicts(events: list[StopEvent]) -> Iterator[str]:
    mine = [event for event in events if event.stop_id == "P1333_0"]
    at_eight = replace(mine[0], arrived_at=at(8), departed_at=at(8, 0, 20), gap_s=20.0)
    for minute, second in ((7.5, 0), (7.5, -1), (8.5, 0), (8.5, 1), (7.95, -10), (7.95, -11), (8.05, 30), (8.05, 31), (8.0, 0)):
        recorded = [at(7, 30) + timedelta(minutes=n) for n in range(61)]
        exact = verdict_of(at(0) + timedelta(hours=minute, seconds=second), [at_eight], [], silent=[], recorded=recorded)
        yield line(
            "exactly",
            minute,
            second,
            exact.kind,
            len(exact.passages),
            exact.minutes_recorded,
            exact.before is None,
            exact.after is None,
        )
    for minute in range(0, 300, 7):
        asked_at = at(6, minute)
        glimpses = [
            Glimpse(
                event.arrived_at - timedelta(minutes=ago),
                event.vehicle_id,
                event.trip.trip_id,
                None if ago == 3 and n % 3 == 0 else event.arrived_at - timedelta(seconds=40 * ago),
            )
            for n, event in enumerate(mine)
            for ago in (35, 20, 8, 3)
        ]
        verdict = verdict_of(asked_at, mine, glimpses, silent=["S"], recorded=[at(6, n) for n in range(150)])
        shown = [(row.vehicle_id, row.first_said_at, row.last_said_at, row.standing, row.came_at) for row in verdict.promises]
        around = [
            None if row is None else (row.vehicle_id, row.arrived_at, row.give_or_take_s)
            for row in (verdict.before, verdict.after)
        ]
        yield line("verdict", minute, verdict.kind, len(verdict.passages), verdict.minutes_recorded, *around, *shown)


def called_off(network: Network) -> Iterator[str]:
    """Of each direction at each stop, all notices at once."""
    now = at(7, 34)
    for stop_id in STOPS:
        for direction in directions_of(network).of_route["R1"]:
            alert = stops_service(
                the_alerts(now).values(), network, now, direction=direction, stop_id=stop_id, trip=_trip("R1a3")
            )
            yield line("all notices", stop_id, direction, None if alert is None else alert.alert_id)


def lines() -> Iterator[str]:
    network = the_plan()
    for part in (boards, notices, the_public, promises, displays, quality, called_off):
        yield from part(network)


if __name__ == "__main__":
    print(write(lines(), NAME))
