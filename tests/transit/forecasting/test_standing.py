"""How long a vehicle that stands is promised: what is usual on its link or at its terminal, and a little more."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random

import pytest

from tests.builders import SEVEN, a_drive, a_network, a_report, a_trip_instance, every
from tests.driving import a_state
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.prediction import Prediction
from transit.forecasting.remaining_trip import RemainingTrip, remaining_of
from transit.forecasting.standing import LinkSpread, promise_end, stood_s
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import MatchedPosition, StandingFacts, VehicleState, VehicleStatus
from transit.tracking.trip_choice import AssignmentHint

NETWORK = a_network(speed_mps=5.0)  # 8 links of 500 m, 100 s each by the plan
LATE_LIMIT_S, BEYOND_S = 300.0, 180.0  # as decided in docs/decisions/0052


def remaining(forecaster: Forecaster, since: datetime, now: datetime, status: VehicleStatus) -> RemainingTrip:
    waits = status is VehicleStatus.LAYOVER
    state = a_state(NETWORK, now, a_trip_instance(), 0.0 if waits else 730.0, 1 if waits else 3, status=status)
    state = replace(state, standing=StandingFacts(since))
    ahead = remaining_of(state, forecaster.links, forecaster.times, forecaster.departures, now.timestamp())
    assert ahead is not None
    return ahead


def end_s(forecaster: Forecaster, since: datetime, now: datetime, status: VehicleStatus) -> float:
    """Seconds after seven at which nothing is promised any more."""
    ahead = remaining(forecaster, since, now, status)
    return promise_end(ahead, forecaster.departures, forecaster.spread, forecaster.links) - SEVEN.timestamp()


def test_on_a_link_of_which_nothing_is_stored_a_vehicle_is_promised_for_a_share_of_the_plan_and_three_minutes() -> None:
    since = SEVEN + timedelta(minutes=3)  # between two stops, where no departure is planned
    ended = end_s(Forecaster(NETWORK), since, since + timedelta(seconds=60), VehicleStatus.ON_TRIP)
    assert ended == pytest.approx(180.0 + 1.4 * 100.0 + 40.0 + BEYOND_S)


def test_at_a_first_stop_the_promise_counts_from_the_planned_departure() -> None:
    early = SEVEN - timedelta(minutes=10)
    assert end_s(Forecaster(NETWORK), early, SEVEN, VehicleStatus.LAYOVER) == pytest.approx(LATE_LIMIT_S + BEYOND_S)
    late = SEVEN + timedelta(minutes=2)
    assert end_s(Forecaster(NETWORK), late, late, VehicleStatus.LAYOVER) == pytest.approx(120.0 + LATE_LIMIT_S + BEYOND_S)


def test_a_dispatchers_order_is_promised_until_it_is_overdue() -> None:
    forecaster = Forecaster(NETWORK)
    forecaster.departures.ordered["BUS1"] = SEVEN.timestamp() + 1200.0
    assert end_s(forecaster, SEVEN, SEVEN, VehicleStatus.LAYOVER) == pytest.approx(1200.0 + 300.0)


@pytest.mark.parametrize(("times", "usual_s"), [(1.0, 100.0), (1.5, 150.0), (3.0, 300.0)])
def test_the_usual_time_of_a_link_is_what_most_of_its_times_stay_below(times: float, usual_s: float) -> None:
    spread = LinkSpread(Forecaster(NETWORK).links)
    for _ in range(30):
        spread.learn(2, 0, times * 100.0, 100.0)
    assert usual_s <= spread.usual_s(2, 0, 100.0) < 1.12 * usual_s + 4.0  # to the next edge of the histogram


def test_a_link_with_few_times_goes_by_its_stream_and_without_both_by_the_plan() -> None:
    spread = LinkSpread(Forecaster(NETWORK).links)
    for link in (3, 4, 5):
        for _ in range(10):
            spread.learn(link, 0, 200.0, 100.0)
    assert 200.0 <= spread.usual_s(3, 0, 100.0) < 230.0
    assert LinkSpread(spread.links).usual_s(3, 0, 100.0) == pytest.approx(1.4 * 100.0 + 40.0)


@pytest.mark.parametrize(("buses", "breakdowns"), [(22, 1), (30, 2), (45, 2), (100, 3)])
@pytest.mark.parametrize("breakdown_s", [1500.0, 7200.0])
def test_breakdowns_do_not_teach_their_link_that_the_next_one_is_usual(buses: int, breakdowns: int, breakdown_s: float) -> None:
    spread = LinkSpread(Forecaster(NETWORK).links)
    for bus in range(buses):
        spread.learn(2, 0, 90.0 + 5.0 * (bus % 5), 100.0)
    before_s = spread.usual_s(2, 0, 100.0)
    for _ in range(breakdowns):
        spread.learn(2, 0, breakdown_s, 100.0)
    usual_s = [spread.usual_s(2, 0, 100.0)]
    for _ in range(30):
        spread.learn(2, 0, 100.0, 100.0)
        usual_s.append(spread.usual_s(2, 0, 100.0))
    assert max(usual_s) <= before_s + BEYOND_S + 50.0  # to the next edge of the histogram
    assert usual_s[-1] <= before_s + 1.0


def test_a_road_that_became_slow_for_all_becomes_usual() -> None:
    spread = LinkSpread(Forecaster(NETWORK).links)
    for seconds in [100.0] * 60 + [900.0] * 60:
        spread.learn(2, 0, seconds, 100.0)
    assert 900.0 <= spread.usual_s(2, 0, 100.0) < 1.12 * 900.0


def test_who_was_seen_to_leave_its_terminal_has_not_stood_on_the_road_for_as_long_as_it_rested_there() -> None:
    rested_since, left_at = SEVEN - timedelta(minutes=20), SEVEN + timedelta(minutes=3)
    forecaster, now = Forecaster(NETWORK), left_at + timedelta(seconds=5)
    state = a_state(NETWORK, now, a_trip_instance(), 70.0, 2)
    state = replace(state, standing=StandingFacts(rested_since), trip_started_at=left_at)
    ahead = remaining_of(state, forecaster.links, forecaster.times, forecaster.departures, now.timestamp())
    assert ahead is not None
    assert stood_s(ahead, forecaster.departures) == pytest.approx(5.0)
    ended = promise_end(ahead, forecaster.departures, forecaster.spread, forecaster.links) - left_at.timestamp()
    assert ended == pytest.approx(1.4 * 100.0 + 40.0 + BEYOND_S)


@pytest.mark.parametrize("rested_min", [2, 15, 45])
def test_a_bus_that_drives_off_after_its_rest_has_minutes_at_each_fix(rested_min: int) -> None:
    rested = [a_report((0.0, 4.0), SEVEN + timedelta(seconds=10 * n)) for n in range(6 * rested_min)]
    leaves_at = SEVEN + timedelta(minutes=rested_min)
    network = a_network(speed_mps=5.0, first_departures=(7 * 3600 + 60 * rested_min,))
    pipeline, forecaster = Pipeline(network), Forecaster(network)
    silent = []
    for report in [*rested, *a_drive(start=leaves_at, every_s=5.0)[:60]]:
        pipeline.step(report)
        states = list(pipeline.states.values())
        forecaster.observe(states, report.reported_at)
        if not forecaster.predict(states, report.reported_at) and report.reported_at >= leaves_at:
            silent.append(round((report.reported_at - leaves_at).total_seconds()))
    assert silent == []


@pytest.mark.parametrize("every_s", [5.0, 10.0, 15.0])
@pytest.mark.parametrize(("says_speed", "within_m"), [(True, 15.0), (False, 60.0)])
def test_a_bus_that_goes_on_after_a_breakdown_has_minutes_at_once(every_s: float, says_speed: bool, within_m: float) -> None:
    """Within the noise that it stood with its own speed tells; without one it is far enough off, not 100 m."""
    noise = Random(11)
    driven = a_drive(to_m=2000.0, every_s=every_s)
    breaks_down_at, rounds = driven[-1].reported_at, int(2400 / every_s)
    stood = [
        a_report((2000.0 + noise.gauss(0, 5), noise.gauss(0, 5)), breaks_down_at + timedelta(seconds=every_s * n))
        for n in range(1, rounds + 1)
    ]
    goes_on_at = breaks_down_at + timedelta(seconds=every_s * rounds)
    going = a_drive(start=goes_on_at, from_m=2000.0, every_s=every_s)[1:]
    if says_speed:
        driven, going = ([replace(report, speed_mps=6.0) for report in reports] for reports in (driven, going))
        stood = [replace(report, speed_mps=0.0) for report in stood]
    pipeline, forecaster = Pipeline(NETWORK), Forecaster(NETWORK)
    has_minutes: list[bool] = []
    for report in [*driven, *stood, *going]:
        pipeline.step(report)
        states = list(pipeline.states.values())
        forecaster.observe(states, report.reported_at)
        has_minutes.append(bool(forecaster.predict(states, report.reported_at)))
    assert not any(has_minutes[-len(going) - 60 : -len(going)])
    first = next(n for n, report in enumerate(going) if 6.0 * every_s * (n + 1) > within_m)
    assert all(has_minutes[first - len(going) : -3])


@pytest.mark.parametrize("planned", [True, False])
def test_a_fix_on_its_first_metres_gives_a_bus_whose_wait_has_ended_no_minutes_before_it_has_left_its_place(
    planned: bool,
) -> None:
    """Drift between houses: after an hour at its first stop the matcher takes a few fixes for its departure."""
    network = NETWORK if planned else a_network(speed_mps=5.0, headway=every(10))
    trip = a_trip_instance(start_s=None if planned else 7 * 3600)
    forecaster, since = Forecaster(network), SEVEN - timedelta(minutes=2)
    seen = []
    for minute in range(75):
        now = SEVEN + timedelta(minutes=minute)
        seems_to_leave = minute in (60, 61, 62)
        status = VehicleStatus.ON_TRIP if seems_to_leave else VehicleStatus.LAYOVER
        state = a_state(network, now, trip, 60.0 if seems_to_leave else 0.0, 2 if seems_to_leave else 1, status=status)
        left_at = SEVEN + timedelta(minutes=60) if seems_to_leave else None
        state = replace(state, standing=StandingFacts(since), trip_started_at=left_at)
        forecaster.observe([state], now)
        seen.append((bool(forecaster.predict([state], now)), [row.is_parked for row in forecaster.standing([state], now)]))
    assert [minutes for minutes, _ in seen[30:]] == [False] * 45
    assert [parked for _, parked in seen[60:]] == [[True]] * 15


def test_a_bus_whose_wait_had_ended_has_minutes_as_soon_as_it_has_left_its_place() -> None:
    forecaster, since = Forecaster(NETWORK), SEVEN
    for minute in range(70):
        now = SEVEN + timedelta(minutes=minute)
        state = a_state(NETWORK, now, a_trip_instance(), 0.0, 1, status=VehicleStatus.LAYOVER)
        forecaster.observe([replace(state, standing=StandingFacts(since))], now)
    now += timedelta(seconds=20)
    left = replace(a_state(NETWORK, now, a_trip_instance(), 90.0, 2), trip_started_at=now, standing=StandingFacts(now))
    assert forecaster.predict([left], now)


def stands(
    minutes: float, seen_at: datetime, *, along_m: float = 730.0, vehicle_id: str = "BUS1", trip_id: str = "T1"
) -> VehicleState:
    """A bus on its way that has stood for so many minutes at its last fix."""
    since = seen_at - timedelta(minutes=minutes)
    ahead = next(n for n in range(1, 10) if (n - 1) * 500.0 > along_m - 1.0)
    recent = ((since, along_m), (seen_at, along_m))
    state = a_state(NETWORK, seen_at, a_trip_instance(trip_id), along_m, ahead, vehicle_id, recent)
    return replace(state, standing=StandingFacts(since))


def next_stop(state: VehicleState, now: datetime) -> Prediction:
    return Forecaster(NETWORK).predict([state], now)[0]


def test_between_sparse_fixes_a_bus_that_stands_is_never_expected_more_surely_and_its_stop_does_not_count_as_passed() -> None:
    """A fix each two minutes: unseen it may have driven on, or stand there still."""
    seen_at = SEVEN + timedelta(minutes=7)
    rows = [next_stop(stands(5, seen_at), seen_at + timedelta(seconds=s)) for s in (0, 30, 60, 90, 119)]
    widths = [(row.high_at - row.low_at).total_seconds() for row in rows]
    assert widths == sorted(widths)
    assert {row.stop_sequence for row in rows} == {3}


@pytest.mark.parametrize(("came_from_m", "next_stops"), [(960.0, {3}), (760.0, {3, 4})])
def test_the_next_stop_of_a_bus_that_stood_at_its_last_two_fixes_does_not_come_and_go(
    came_from_m: float, next_stops: set[int]
) -> None:
    """A fix a minute, the last one 40 m before a stop; the one before there, too, or 200 m earlier."""
    seen_at = SEVEN + timedelta(minutes=5)
    places = [260.0, 510.0, came_from_m, 960.0]
    recent = tuple((seen_at - timedelta(minutes=3 - n), metres) for n, metres in enumerate(places))
    state = replace(stands(1, seen_at, along_m=960.0), recent=recent)
    assert {next_stop(state, seen_at + timedelta(seconds=s)).stop_sequence for s in range(0, 61, 10)} == next_stops


def test_between_sparse_fixes_who_drives_comes_nearer() -> None:
    seen_at = SEVEN + timedelta(minutes=3)
    state = replace(stands(0, seen_at), recent=((seen_at - timedelta(seconds=120), 130.0), (seen_at, 730.0)))
    first, last = (next_stop(state, seen_at + timedelta(seconds=s)) for s in (0, 40))
    assert (last.predicted_at - last.made_at).total_seconds() <= (first.predicted_at - first.made_at).total_seconds() - 20.0


@pytest.mark.parametrize("along_m", [730.0, 1010.0])  # between two stops; at one before its planned departure there
def test_the_longer_a_bus_stands_the_later_and_wider_it_is_expected_though_the_plan_may_hold_it(along_m: float) -> None:
    now = SEVEN + timedelta(seconds=150.0)
    rows = [next_stop(stands(minutes, now, along_m=along_m), now) for minutes in (1, 3, 5)]
    assert [row.predicted_at for row in rows] == sorted({row.predicted_at for row in rows})
    assert rows[1].high_at - rows[0].high_at >= timedelta(minutes=1)
    assert rows[2].high_at - rows[1].high_at >= timedelta(minutes=2)


def test_who_stood_in_a_jam_is_parked_ten_minutes_after_it_dissolved_and_who_stands_alone_after_half_an_hour() -> None:
    since, forecaster = SEVEN + timedelta(minutes=3), Forecaster(NETWORK)
    ended_at = since + timedelta(minutes=6)  # 180 s + 1.4 * 100 s + 40 s
    parked: dict[str, datetime] = {}
    for minute in range(1, 80):
        now = since + timedelta(minutes=minute)
        jam = [("BUS1", 730.0), ("BUS2", 700.0), ("BUS3", 670.0)] if minute <= 50 else [("BUS1", 730.0)]
        states = [stands(minute, now, along_m=at_m, vehicle_id=bus) for bus, at_m in [*jam, ("BUS9", 3230.0)]]
        forecaster.observe(states, now)
        for vehicle in forecaster.standing(states, now):
            if vehicle.is_parked:
                parked.setdefault(vehicle.vehicle_id, now)
    assert parked == {"BUS1": since + timedelta(minutes=60), "BUS9": ended_at + timedelta(minutes=30)}


ON_ITS_TRIP = AssignmentHint(trip_id="T1")


def seen_of_a_stand(
    beside_m: float, drift_m: float, hint: AssignmentHint = ON_ITS_TRIP, *, minutes: int = 70, tow_m: float = 0.0
) -> list[str]:
    """A bus drives to 2,250 m and stands there beside its line under a drift that lasts. What riders see, a letter each minute:

    m minutes, s standing, p parked, - nothing. tow_m: how far it is moved after 50 minutes, away from its line.
    """
    noise, drift = Random(round(beside_m)), (0.0, 0.0)
    reports = a_drive(to_m=2250.0)
    stops_at = reports[-1].reported_at
    for n in range(1, 6 * minutes):
        drift = (0.85 * drift[0] + noise.gauss(0.0, 0.53 * drift_m), 0.85 * drift[1] + noise.gauss(0.0, 0.53 * drift_m))
        away_m = beside_m + (min(tow_m, 80.0 * (n - 300)) if n > 300 else 0.0)
        reports.append(a_report((2250.0 + drift[0], away_m + drift[1]), stops_at + timedelta(seconds=10 * n)))
    pipeline, forecaster, letters = Pipeline(NETWORK), Forecaster(NETWORK), []
    for report in reports:
        pipeline.step(report, hint)
        states, now = list(pipeline.states.values()), report.reported_at
        forecaster.observe(states, now)
        standing = forecaster.standing(states, now)
        stood_s = (now - stops_at).total_seconds()
        if stood_s > 0.0 and stood_s % 60.0 == 0.0:
            is_parked = bool(standing) and standing[0].is_parked
            letters.append("m" if forecaster.predict(states, now) else "p" if is_parked else "s" if standing else "-")
    return letters


def in_order(letters: list[str]) -> str:
    """Each letter once where it follows another."""
    return "".join(letter for n, letter in enumerate(letters) if n == 0 or letters[n - 1] != letter)


@pytest.mark.parametrize("hint", [ON_ITS_TRIP, AssignmentHint(route_id="R1")])
@pytest.mark.parametrize(("beside_m", "drift_m"), [(0.0, 8.0), (60.0, 5.0), (78.0, 5.0), (78.0, 20.0), (120.0, 5.0)])
def test_who_stands_beside_the_line_that_was_named_is_told_as_standing_for_half_an_hour_and_then_as_parked(
    beside_m: float, drift_m: float, hint: AssignmentHint
) -> None:
    letters = seen_of_a_stand(beside_m, drift_m, hint)
    assert in_order(letters) == "msp"
    assert letters.index("s") <= 10
    assert letters.count("s") == 30


@pytest.mark.parametrize("hint", [ON_ITS_TRIP, AssignmentHint()])
@pytest.mark.parametrize("beside_m", [20.0, 34.0])
def test_wide_drift_near_the_line_takes_no_tick_from_the_standing_row(beside_m: float, hint: AssignmentHint) -> None:
    letters = seen_of_a_stand(beside_m, 20.0, hint)
    assert in_order(letters) == "msp"
    assert letters.count("s") == 30


@pytest.mark.parametrize("beside_m", [120.0, 150.0])
def test_who_goes_on_after_it_stood_beside_the_line_of_its_trip_has_minutes_as_soon_as_it_moves(beside_m: float) -> None:
    noise, driven = Random(5), a_drive(to_m=2250.0)
    stood_at = driven[-1].reported_at
    stood = [
        a_report((2250.0 + noise.gauss(0, 4), beside_m + noise.gauss(0, 4)), stood_at + timedelta(seconds=10 * n))
        for n in range(1, 240)
    ]
    goes_on_at = stood[-1].reported_at + timedelta(seconds=10)
    going = a_drive([(2250.0, beside_m), (2600.0, beside_m), (2610.0, 0.0), (4000.0, 0.0)], goes_on_at)[1:]
    pipeline, forecaster, has_minutes = Pipeline(NETWORK), Forecaster(NETWORK), []
    for report in [*driven, *stood, *going]:
        pipeline.step(report, ON_ITS_TRIP)
        states = list(pipeline.states.values())
        forecaster.observe(states, report.reported_at)
        has_minutes.append(bool(forecaster.predict(states, report.reported_at)))
    assert not any(has_minutes[-len(going) - 60 : -len(going)])
    first = next(n for n, report in enumerate(going) if 60.0 * (n + 1) > 150.0)  # farther than a parked receiver drifts
    assert all(has_minutes[first - len(going) : -3])


def test_who_is_far_off_its_line_when_it_is_expected_back_no_longer_stands_at_no_stop_of_its_trip() -> None:
    forecaster, since = Forecaster(NETWORK), SEVEN + timedelta(minutes=3)
    for off_m, letters in ((400.0, {"m", "s", "p"}), (700.0, {"m", "-"})):
        seen = set()
        for minute in range(60):
            now, state = since + timedelta(minutes=minute), stands(minute, since + timedelta(minutes=minute))
            on_its_detour = minute < 5  # then it is expected back no longer
            matched = replace(state.matched, status=VehicleStatus.OFF_ROUTE, offset_m=off_m, is_expected_back=on_its_detour)
            state = replace(state, vehicle_id=f"BUS{off_m}", matched=matched)
            forecaster.observe([state], now)
            standing = forecaster.standing([state], now)
            is_parked = bool(standing) and standing[0].is_parked
            seen.add("m" if forecaster.predict([state], now) else "p" if is_parked else "s" if standing else "-")
        assert seen == letters


def test_who_is_towed_away_is_told_as_standing_no_longer() -> None:
    letters = seen_of_a_stand(20.0, 5.0, AssignmentHint(), tow_m=1500.0)
    assert set(letters[-10:]) == {"-"}


def test_whose_trip_another_bus_drives_stands_on_it_no_longer() -> None:
    forecaster, since = Forecaster(NETWORK), SEVEN + timedelta(minutes=3)
    for minute in range(20):
        now = since + timedelta(minutes=minute)
        states = [stands(minute, now)]
        if minute > 10:  # its fixes lie off its line, and it is on no trip
            states = [replace(states[0], matched=MatchedPosition(now, VehicleStatus.UNASSIGNED), next_stop_sequence=None)]
        if minute > 15:
            states.append(a_state(NETWORK, now, a_trip_instance(), 1300.0, 4, vehicle_id="BUS2"))
        forecaster.observe(states, now)
        assert bool(forecaster.standing(states, now)) == (6 <= minute <= 15), minute


def waits_or_seems_to_leave(minutes: int, seems_to_leave: range, headway_min: int = 8) -> list[str]:
    """A bus at its first stop, without a plan, a fix each minute; in some of them the matcher has it on its first metres."""
    network = a_network(speed_mps=5.0, headway=every(headway_min))
    trip, forecaster, letters = a_trip_instance(start_s=7 * 3600), Forecaster(network), []
    for minute in range(minutes):
        now = SEVEN + timedelta(minutes=minute)
        on_way = minute in seems_to_leave
        status = VehicleStatus.ON_TRIP if on_way else VehicleStatus.LAYOVER
        state = a_state(network, now, trip, 60.0 if on_way else 0.0, 2 if on_way else 1, status=status)
        state = replace(state, standing=StandingFacts(SEVEN))
        forecaster.observe([state], now)
        standing = forecaster.standing([state], now)
        letters.append("m" if forecaster.predict([state], now) else "s" if standing else "-")
    return letters


@pytest.mark.parametrize("minute", [6, 12, 20])
def test_one_fix_on_its_first_metres_ends_no_wait(minute: int) -> None:
    letters = waits_or_seems_to_leave(40, range(minute, minute + 2))
    assert in_order(letters) == "ms"
    assert letters.count("m") == 23  # 20 minutes without a plan, and 3


def test_one_fix_at_its_first_stop_begins_no_wait_of_a_bus_that_has_stood_on_its_first_link_for_long() -> None:
    letters = waits_or_seems_to_leave(40, range(15))
    assert in_order(letters) == "ms"
    assert letters.count("m") < 10


@pytest.mark.parametrize("headway_min", [8, 20, 30, 60])
def test_who_waits_without_a_plan_has_minutes_and_then_stands_with_no_minute_between(headway_min: int) -> None:
    letters = waits_or_seems_to_leave(150, range(0), headway_min)
    assert in_order(letters) == "ms"
    assert letters.count("m") >= 23


def test_where_a_bus_stands_is_one_stop_however_its_fixes_fall_to_either_side_of_the_middle() -> None:
    forecaster, since, places = Forecaster(NETWORK), SEVEN + timedelta(minutes=3), set()
    for minute in range(40):
        now = since + timedelta(minutes=minute)
        state = stands(minute, now, along_m=760.0 if minute % 3 else 740.0)
        forecaster.observe([state], now)
        places |= {(row.stop_id, row.next_stop_sequence) for row in forecaster.standing([state], now)}
    assert len(places) == 1


@pytest.mark.parametrize(
    "hint", [AssignmentHint(), AssignmentHint(route_id="R1"), ON_ITS_TRIP], ids=["nothing", "route", "trip"]
)
@pytest.mark.parametrize("short_m", [60.0, 80.0, 95.0])
def test_who_stood_just_before_its_last_stop_and_then_called_there_has_arrived_and_stands_for_nobody(
    short_m: float, hint: AssignmentHint
) -> None:
    noise, reports = Random(1), a_drive(to_m=4000.0 - short_m)
    for n in range(1, 121):
        at_m = 4000.0 - short_m if n <= 20 else min(4000.0 - short_m + 20.0 * (n - 20), 4000.0)
        place = (at_m + noise.gauss(0.0, 3.0), noise.gauss(0.0, 3.0))
        reports.append(a_report(place, reports[-1].reported_at + timedelta(seconds=10)))
    pipeline, forecaster = Pipeline(NETWORK), Forecaster(NETWORK)
    called: list[int] = []
    for report in reports:
        events = pipeline.step(report, hint).events
        forecaster.learn(events)
        called += [event.stop_sequence for event in events]
        forecaster.observe(pipeline.states.values(), report.reported_at)
    assert called[-1] == 9
    assert forecaster.standing(pipeline.states.values(), reports[-1].reported_at) == []
