"""Whole drives through screen, match, assign and advance: every hard case of a street, as a trace made by hand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from math import exp, sqrt
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import (
    FIGURE_EIGHT,
    LOLLIPOP,
    LOOP,
    MONDAY,
    OUT_AND_BACK,
    SEVEN,
    STRAIGHT,
    Way,
    a_city,
    a_drive,
    a_network,
    a_report,
    a_shape,
    a_trip_instance,
    at,
    every,
    length_of,
)
from transit.plan.network import Network, TripInstance
from transit.plan.patterns import patterns_of
from transit.tracking.pipeline import Outcome, Pipeline
from transit.tracking.report import AvlReport, Rejection
from transit.tracking.state import MatchedPosition, StopEvent, VehicleState, VehicleStatus
from transit.tracking.trip_choice import NO_HINT, AssignmentHint

HOUR = 3600
SHAPES = {"straight": STRAIGHT, "loop": LOOP, "out and back": OUT_AND_BACK, "lollipop": LOLLIPOP, "figure-eight": FIGURE_EIGHT}
Line = list[tuple[float, float]]


class Drive:
    """What became of reports, one after the other."""

    def __init__(self, network: Network, reports: Iterable[AvlReport] = (), hint: AssignmentHint = NO_HINT) -> None:
        self.pipeline = Pipeline(network)
        self.outcomes: list[Outcome] = []
        self.go(reports, hint)

    def go(self, reports: Iterable[AvlReport], hint: AssignmentHint = NO_HINT) -> Drive:
        self.outcomes += [self.pipeline.step(report, hint) for report in reports]
        return self

    @property
    def states(self) -> list[VehicleState]:
        return [one.state for one in self.outcomes if one.state is not None and one.rejection is None]

    @property
    def statuses(self) -> list[str]:
        """Without repetition: what a dispatcher saw one after the other."""
        return [status for status, _ in groupby(state.matched.status.value for state in self.states)]

    @property
    def trips(self) -> list[str | None]:
        names = (state.matched.trip.trip_id if state.matched.trip else None for state in self.states)
        return [name for name, _ in groupby(names)]

    @property
    def events(self) -> list[StopEvent]:
        return [event for one in self.outcomes for event in one.events]

    @property
    def calls(self) -> list[tuple[str, int]]:
        return [(event.stop_id, event.stop_sequence) for event in self.events]

    @property
    def refused(self) -> list[Rejection]:
        return [one.rejection for one in self.outcomes if one.rejection is not None]

    @property
    def now(self) -> VehicleState:
        return self.states[-1]

    def along(self) -> list[float]:
        return [state.matched.shape_dist_traveled_m or 0.0 for state in self.states]


def noisy(reports: Iterable[AvlReport], sigma_m: float = 10.0, seed: int = 1) -> list[AvlReport]:
    rng = Random(seed)
    return [
        replace(one, lat=one.lat + rng.gauss(0, sigma_m) / 110_574, lon=one.lon + rng.gauss(0, sigma_m) / 111_100)
        for one in reports
    ]


def standing(where: tuple[float, float], start: datetime, minutes: float, every_s: float = 20.0, **who: Any) -> list[AvlReport]:
    count = int(minutes * 60 / every_s)
    return [a_report(where, start + timedelta(seconds=n * every_s), **who) for n in range(count)]


def after(reports: list[AvlReport], seconds: float = 10.0) -> datetime:
    return reports[-1].reported_at + timedelta(seconds=seconds)


def once(events: list[StopEvent]) -> bool:
    keys = [(event.vehicle_id, event.trip, event.stop_sequence) for event in events]
    return len(keys) == len(set(keys))


# --- the shapes of lines -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("every_s", [1.0, 10.0, 30.0, 120.0])
@pytest.mark.parametrize("with_shape", [True, False], ids=["shape", "no shape"])
@pytest.mark.parametrize("line", SHAPES.values(), ids=SHAPES.keys())
def test_a_bus_is_followed_along_every_kind_of_line(line: Line, with_shape: bool, every_s: float) -> None:
    network = a_network(line, 250.0, with_shape=with_shape)
    reports = noisy(a_drive(line, every_s=every_s))
    drive = Drive(network, reports)
    on_trip = [s for s in drive.states if s.matched.status is VehicleStatus.ON_TRIP]
    assert len(on_trip) >= 0.8 * len(reports)
    assert {s.matched.trip for s in on_trip} == {a_trip_instance("T1")}
    pattern = drive.pipeline.matcher.patterns.of_trip("T1")
    scale = pattern.line.length_m / length_of(line)  # straight lines between stops cut corners
    wrong = []
    for state in on_trip:
        true_m = 6.0 * (state.report.reported_at - SEVEN).total_seconds() * scale
        if abs((state.matched.shape_dist_traveled_m or 0.0) - true_m) > (90.0 if scale > 0.99 else 170.0):
            wrong.append(state)
    # a fix each two minutes: whether the bus has turned before the end of the street is known at the next one
    assert len(wrong) <= (1 if every_s == 120.0 else 0)
    assert once(drive.events)
    numbers = [sequence for _, sequence in drive.calls]
    assert numbers == sorted(numbers)
    last_m = scale * 6.0 * (reports[-1].reported_at - SEVEN).total_seconds()
    passed = [n for n, m in zip(pattern.stop_sequences, pattern.stop_dist_m, strict=True) if 750.0 < m < last_m - 100.0]
    assert set(numbers) >= set(passed)


@pytest.mark.parametrize("line", [OUT_AND_BACK, LOLLIPOP, LOOP], ids=["out and back", "lollipop", "loop"])
def test_a_stop_visited_twice_has_two_calls(line: Line) -> None:
    drive = Drive(a_network(line, 250.0), noisy(a_drive(line)))
    twice = [stop_id for stop_id in {stop for stop, _ in drive.calls} if sum(one == stop_id for one, _ in drive.calls) == 2]
    expected = {OUT_AND_BACK[1]: 8, LOLLIPOP[1]: 6, LOOP[1]: 0}[line[1]]
    assert len(twice) >= expected - 2  # S0 is left before a bus first seen there, and the last stop ends the trip


@pytest.mark.parametrize("start_m", [600.0, 2600.0])
def test_out_and_back_a_bus_first_seen_on_its_way_is_told_by_where_it_goes(start_m: float) -> None:
    began = SEVEN + timedelta(seconds=start_m / 6.0)
    drive = Drive(a_network(OUT_AND_BACK), noisy(a_drive(OUT_AND_BACK, began, from_m=start_m, to_m=start_m + 1200.0), 5.0))
    assert drive.now.matched.trip == a_trip_instance("T1")
    assert drive.now.matched.shape_dist_traveled_m == pytest.approx(start_m + 1200.0, abs=80.0)


@given(
    st.sampled_from(list(SHAPES.values())),
    st.integers(0, 10_000),
    st.floats(3.0, 15.0),
    st.sampled_from([5.0, 20.0, 60.0]),
    st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_a_bus_that_drives_on_never_goes_back_along_its_line(
    line: Line, seed: int, sigma_m: float, every_s: float, with_shape: bool
) -> None:
    drive = Drive(a_network(line, 250.0, with_shape=with_shape), noisy(a_drive(line, every_s=every_s), sigma_m, seed))
    places = [s.matched.shape_dist_traveled_m or 0.0 for s in drive.states if s.matched.status is VehicleStatus.ON_TRIP]
    # at a corner, or where the street turns, the noise of two fixes is seen: never another pass of the same street
    assert all(b > a - 200.0 for a, b in pairwise(places))
    assert once(drive.events)


@pytest.mark.parametrize("seed", [44, 62, 67])
def test_noise_at_the_end_of_a_loop_does_not_begin_the_same_trip_again(seed: int) -> None:
    line = FIGURE_EIGHT if seed != 44 else LOLLIPOP
    drive = Drive(a_network(line, 250.0, with_shape=seed % 2 == 0), noisy(a_drive(line, every_s=5.0), 18.0, seed))
    places = [s.matched.shape_dist_traveled_m or 0.0 for s in drive.states if s.matched.status is VehicleStatus.ON_TRIP]
    assert len(places) > 10
    assert all(b > a - 200.0 for a, b in pairwise(places))


# --- where a bus begins, ends and what it leaves out ---------------------------------------------------------------------


def test_a_bus_that_starts_in_the_middle_is_on_its_trip_within_two_fixes() -> None:
    drive = Drive(a_network(), a_drive(start=at(7, 5), from_m=1800.0))
    assert [s.matched.status for s in drive.states[:2]][-1] is VehicleStatus.ON_TRIP
    assert drive.calls[0] == ("S4", 5)


def there_and_back(*, blocks: bool = False) -> Network:
    there = tuple(7 * HOUR + n * 1800 for n in range(3))
    back = tuple(7 * HOUR + 900 + n * 1800 for n in range(3))
    return a_city(
        Way("R1", STRAIGHT, there, 0, ("B1", "B2", "B1") if blocks else ()),
        Way("R1", STRAIGHT[::-1], back, 1, ("B1", "B2", "B1") if blocks else ()),
    )


def test_a_bus_that_turns_short_is_on_the_way_back_and_not_at_stops_it_never_saw() -> None:
    out = a_drive(to_m=2400.0)
    back = a_drive(STRAIGHT[::-1], after(out, 400.0), from_m=1600.0)
    drive = Drive(there_and_back(), noisy(out + back, 5.0))
    # from the point of turning it goes west: within three stops it is on a trip of the other direction
    (late,) = {s.matched.trip.trip_id for s in drive.states[-30:-10] if s.matched.trip is not None}
    assert late.startswith("R1b")
    seen = {event.stop_id for event in drive.events if event.trip.trip_id == "R1a1"}
    assert "P3500_0" not in seen
    assert once(drive.events)


def test_a_bus_that_rushes_past_a_stop_has_passed_it() -> None:
    drive = Drive(a_network(), a_drive(speed_mps=18.0, every_s=20.0))
    assert ("S3", 4) in drive.calls
    event = next(one for one in drive.events if one.stop_id == "S3")
    assert event.departed_at is not None
    assert (event.departed_at - event.arrived_at).total_seconds() == pytest.approx(40 / 18.0, abs=0.5)


DETOUR = [(0.0, 0.0), (1200.0, 0.0), (1200.0, 600.0), (2600.0, 600.0), (2600.0, 0.0), (4000.0, 0.0)]


def test_a_detour_is_off_route_and_back_on_the_same_trip() -> None:
    drive = Drive(a_network(), noisy(a_drive(DETOUR), 8.0))
    statuses = drive.statuses
    if statuses[0] == "layover":
        statuses = statuses[1:]
    assert statuses == ["on_trip", "off_route", "on_trip"]
    assert {s.matched.trip for s in drive.states if s.matched.status is VehicleStatus.OFF_ROUTE} == {a_trip_instance("T1")}
    seen = {stop for stop, _ in drive.calls}
    assert {"S1", "S2", "S6", "S7"} <= seen
    assert once(drive.events)


def test_one_wild_fix_is_no_detour() -> None:
    reports = a_drive()
    reports[30] = a_report((1800.0, 250.0), reports[30].reported_at)
    drive = Drive(a_network(), reports)
    assert "off_route" not in drive.statuses
    assert once(drive.events)


def test_at_the_edge_of_the_limit_a_bus_does_not_flap() -> None:
    rng = Random(3)
    beside = [replace(r, lat=r.lat + (55.0 + rng.uniform(-15, 15)) / 110_574) for r in a_drive()]
    drive = Drive(a_network(), beside)
    assert len(drive.statuses) <= 3


@pytest.mark.parametrize("sigma_m", [5.0, 8.0, 12.0])
@pytest.mark.parametrize("every_s", [5.0, 10.0, 30.0])
def test_a_bus_that_breaks_down_keeps_its_trip_however_its_fixes_tremble(sigma_m: float, every_s: float) -> None:
    driven = a_drive(to_m=2000.0)
    stood = standing((2000.0, 0.0), after(driven), 40, every_s)
    drive = Drive(a_network(), driven + noisy(stood, sigma_m))
    assert drive.trips[-1] == "T1"
    assert drive.statuses[-1] == "on_trip"
    long_after = drive.states[len(driven) + int(120 / every_s) :]
    assert {state.matched.status.value for state in long_after} == {"on_trip"}


@pytest.mark.parametrize(
    ("every_s", "sigma_m", "seed"),
    [(1.0, 12.0, 0), (1.0, 16.0, 1), (2.0, 12.0, 2), (2.0, 16.0, 3), (1.0, 20.0, 4), (2.0, 20.0, 5)],
)
def test_who_sends_each_second_is_not_talked_out_of_its_trip_by_its_noise(every_s: float, sigma_m: float, seed: int) -> None:
    """Ten seconds of fixes tell as much as one: told nothing, it drives and breaks down for six minutes on its trip."""
    driven = a_drive(to_m=1200.0, every_s=every_s)
    stood = standing((1200.0, 0.0), after(driven, every_s), 6, every_s)
    drive = Drive(a_network(), noisy(driven + stood, sigma_m, seed))
    long_after = drive.states[int(90 / every_s) :]
    assert {state.matched.status.value for state in long_after} == {"on_trip"}
    assert {state.matched.trip.trip_id for state in long_after if state.matched.trip} == {"T1"}


def told_drive(waits: timedelta, every_s: float) -> tuple[list[VehicleState], datetime]:
    """A bus told T1 (07:00) stands at its first stop from 06:50 on and drives off; its states, and when."""
    hours = tuple(round(hour * HOUR) for hour in (7, 8, 9, 10, 11.5, 12))
    stood = standing((0.0, 0.0), at(6, 50), waits.total_seconds() / 60.0, 30.0)
    leaves = after(stood, every_s)
    drive = Drive(a_network(first_departures=hours), noisy(stood, 4.0), AssignmentHint("R1", "T1"))
    drive.go(noisy(a_drive(STRAIGHT, leaves, every_s=every_s), 4.0), AssignmentHint("R1", "T1"))
    return drive.states, leaves


@pytest.mark.parametrize("every_s", [10.0, 30.0, 60.0])
def test_a_bus_told_the_trip_of_hours_ago_is_on_one_of_its_route_within_two_fixes_of_driving_off(every_s: float) -> None:
    """Its plan knows a departure at 11:30; it was told 07:00's, and leaves at 11:30."""
    states, leaves = told_drive(timedelta(minutes=280), every_s)
    drives = [state.matched for state in states if state.report.reported_at > leaves]
    assert {place.status for place in drives[1:8]} == {VehicleStatus.ON_TRIP}
    assert {place.trip.trip_id for place in drives[1:8] if place.trip} == {"T5"}


def test_a_bus_that_leaves_an_hour_and_a_half_late_is_on_the_trip_that_it_was_told() -> None:
    states, leaves = told_drive(timedelta(minutes=100), 10.0)
    drives = [state.matched for state in states if state.report.reported_at > leaves]
    assert {place.trip.trip_id for place in drives if place.trip} == {"T1"}


def test_who_was_told_its_trip_waits_no_farther_from_its_stop_than_others_once_it_drives_away() -> None:
    states, _ = told_drive(timedelta(minutes=15), 10.0)
    left = [(state.report.lon - 98.5) * 111_100 for state in states if state.matched.status is VehicleStatus.ON_TRIP]
    assert left[0] < 100.0


def test_who_was_told_its_trip_waits_while_it_drives_up_to_its_first_stop() -> None:
    comes = a_drive([(0.0, 120.0), (0.0, 0.0)], at(6, 55), every_s=2.0)
    drive = Drive(a_network(), noisy(comes, 4.0), AssignmentHint("R1", "T1"))
    assert {state.matched.status for state in drive.states} == {VehicleStatus.LAYOVER}


DRAWN_ASIDE = [(0.0, 0.0), (1000.0, 0.0), (1000.0, 900.0), (2600.0, 900.0), (2600.0, 0.0), (6000.0, 0.0)]
LONG = [(0.0, 0.0), (6000.0, 0.0)]


def test_a_bus_drives_the_trip_that_it_was_told_though_one_that_was_told_another_was_taken_for_it() -> None:
    """R1's line is drawn aside where R2 runs. Who was told R1a1 is taken for R2a1 there, until R2a1's own bus comes.

    Then that trip is R2a1's own bus's, and the other is on R1a1 again soon after it is back on R1's line.
    """
    city = a_city(Way("R1", DRAWN_ASIDE, (7 * HOUR, 8 * HOUR)), Way("R2", LONG, (7 * HOUR + 600, 8 * HOUR + 600)))
    first = [replace(one, bearing=None) for one in a_drive(LONG, SEVEN + timedelta(minutes=8), vehicle_id="FIRST")]
    second = a_drive(LONG, SEVEN + timedelta(minutes=11), vehicle_id="SECOND")
    hints = {"FIRST": AssignmentHint(None, "R1a1"), "SECOND": AssignmentHint(None, "R2a1")}
    pipeline = Pipeline(city)
    on: dict[str, list[str]] = {"FIRST": [], "SECOND": []}
    for report in sorted(first + second, key=lambda one: one.reported_at):
        state = pipeline.step(report, hints[report.vehicle_id]).state
        if state is not None and state.matched.trip is not None:
            on[report.vehicle_id].append(state.matched.trip.trip_id)
    assert "R2a1" in on["FIRST"]
    assert set(on["SECOND"]) == {"R2a1"}
    assert len(on["SECOND"]) > 0.9 * len(second)
    back = sum(one.lon > 98.5 + 3200.0 / 111_100 for one in first)
    assert on["FIRST"][-back:] == ["R1a1"] * back


def test_a_bus_that_was_told_nothing_keeps_its_trip_from_one_that_was_told_it_later() -> None:
    city = a_city(Way("R2", LONG, (7 * HOUR,)))
    first = a_drive(LONG, SEVEN, vehicle_id="FIRST")
    second = a_drive(LONG, SEVEN + timedelta(minutes=3), vehicle_id="SECOND")
    pipeline = Pipeline(city)
    for report in sorted(first + second, key=lambda one: one.reported_at):
        hint = AssignmentHint(None, "R2a1") if report.vehicle_id == "SECOND" else NO_HINT
        state = pipeline.step(report, hint).state
        if report.vehicle_id == "SECOND" and report.reported_at < first[-1].reported_at:
            assert state is not None
            assert state.matched.trip is None


def test_of_two_trackers_in_one_bus_the_one_that_was_told_its_trip_has_it() -> None:
    """The other was told nothing, and was heard first."""
    city = a_city(Way("R2", LONG, (7 * HOUR,)))
    other = a_drive(LONG, SEVEN, vehicle_id="OTHER")
    own = a_drive(LONG, SEVEN + timedelta(seconds=5), from_m=60.0, vehicle_id="OWN")
    pipeline = Pipeline(city)
    for report in sorted(other + own, key=lambda one: one.reported_at):
        state = pipeline.step(report, AssignmentHint(None, "R2a1") if report.vehicle_id == "OWN" else NO_HINT).state
        if report.vehicle_id == "OWN" and report.reported_at > SEVEN + timedelta(minutes=1):
            assert state is not None
            assert state.matched.trip == a_trip_instance("R2a1")
            assert pipeline.states["OTHER"].matched.trip is None


@pytest.mark.parametrize("before_m", [3000.0, 9000.0])
def test_a_train_that_is_told_its_next_trip_before_this_one_has_ended_is_on_this_one_again_until_its_end(
    before_m: float,
) -> None:
    """There and back on one track, a stop each four kilometres, a train an hour, a fix a minute.

    The next trip begins where this one ends, so that this one was taken for ended when the other one was told.
    """
    track = [(0.0, 0.0), (40000.0, 0.0)]
    city = a_city(
        Way("R1", track, tuple(HOUR * n for n in range(4, 10)), speed_mps=20.0),
        Way("R1", track[::-1], tuple(HOUR * n + 2400 for n in range(4, 10)), 1, speed_mps=20.0),
        stops_every_m=4000.0,
    )
    reports = [replace(one, bearing=None) for one in a_drive(track, SEVEN, speed_mps=20.0, every_s=60.0)]
    changes_at = SEVEN + timedelta(seconds=(40000.0 - before_m) / 20.0)
    drive = Drive(city, [one for one in reports if one.reported_at < changes_at], AssignmentHint("R1", "R1a4"))
    drive.go([one for one in reports if one.reported_at >= changes_at][:-1], AssignmentHint("R1", "R1b4"))
    wrong = [state.matched.trip for state in drive.states if state.matched.trip != a_trip_instance("R1a4")]
    assert len(wrong) <= 3
    assert set(wrong) <= {a_trip_instance("R1b4"), None}


def test_two_told_the_same_trip_far_from_each_other_are_both_on_trips_of_its_route() -> None:
    """An hour apart; the first drives the trip that both were told. The departure before it is free, and the second has it."""
    network = a_network([(0.0, 0.0), (40000.0, 0.0)], 4000.0, first_departures=tuple(HOUR * n for n in range(6, 10)))
    line = [(0.0, 0.0), (40000.0, 0.0)]
    first = a_drive(line, at(7), every_s=60.0, vehicle_id="FIRST")
    second = a_drive(line, at(8), every_s=60.0, vehicle_id="SECOND")
    reports = sorted(first + second, key=lambda one: one.reported_at)
    drive = Drive(network, reports[:140], AssignmentHint("R1", "T2"))
    one, other = drive.pipeline.states["FIRST"].matched, drive.pipeline.states["SECOND"].matched
    assert one.trip == a_trip_instance("T2")
    assert other.status is VehicleStatus.ON_TRIP
    assert other.trip in (a_trip_instance("T1"), a_trip_instance("T3"))
    assert other.is_overruled
    trip = other.trip
    drive.go(reports[140:-2], AssignmentHint("R1", "T2"))  # the first has driven its trip to its end meanwhile
    ways = [state.matched.trip for state in drive.states[140:] if state.vehicle_id == "SECOND"]
    assert set(ways) == {trip}


@pytest.mark.parametrize("off_min", [60, -60])
def test_a_bus_told_nothing_on_a_line_that_runs_an_hour_off_its_plan_is_on_the_trip_that_the_others_show(off_min: int) -> None:
    """One departure an hour. Three buses were told their trips; the fourth is told its route alone."""
    network = a_network(LONG, first_departures=tuple(HOUR * (6 + n) - 60 * off_min for n in range(9)))
    drive = Drive(network)
    for n in range(3):
        drive.go(a_drive(LONG, at(6 + n), vehicle_id=f"BUS{n}"), AssignmentHint("R1", f"T{n + 1}"))
    drive.go(a_drive(LONG, at(9), vehicle_id="FOURTH"), AssignmentHint("R1"))
    fourth = [state.matched.trip for state in drive.states if state.vehicle_id == "FOURTH"]
    assert set(fourth[3:]) == {a_trip_instance("T4")}


BETWEEN = [(0.0, 55.0), (4000.0, 75.0)]  # runs between two rows of the points that have three decimals, and on none of them


def three_decimals(reports: Iterable[AvlReport]) -> list[AvlReport]:
    return [replace(one, lat=round(one.lat, 3), lon=round(one.lon, 3)) for one in reports]


def a_drifting_stand(where: tuple[float, float], since: datetime, drift_m: float, seed: int, minutes: int) -> list[AvlReport]:
    """A fix each 10 s whose error lasts about a minute, as between houses."""
    noise, error, reports = Random(seed), (0.0, 0.0), []
    for n in range(1, 6 * minutes):
        error = (0.85 * error[0] + noise.gauss(0.0, 0.53 * drift_m), 0.85 * error[1] + noise.gauss(0.0, 0.53 * drift_m))
        reports.append(a_report((where[0] + error[0], where[1] + error[1]), since + timedelta(seconds=10 * n)))
    return reports


HAIRPIN: Line = [(0.0, 0.0), (2000.0, 0.0), (2000.0, 90.0), (0.0, 90.0)]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("stands_at_m", [1650.0, 1750.0, 1850.0])
def test_who_stands_beside_the_other_pass_of_its_line_calls_at_none_of_the_stops_between(stands_at_m: float, seed: int) -> None:
    driven = a_drive(HAIRPIN, to_m=stands_at_m)
    stood = a_drifting_stand((stands_at_m, 0.0), driven[-1].reported_at, 20.0, seed, 60)
    network = a_network(HAIRPIN, stops_every_m=300.0)
    drive = Drive(network, driven).go(stood)
    stops_m = patterns_of(network).of_trip("T1").stop_dist_m
    assert {event.stop_sequence for event in drive.events} <= {
        n for n, at_m in enumerate(stops_m, 1) if at_m < stands_at_m + 120.0
    }
    places = [state.matched.shape_dist_traveled_m for state in drive.states if state.matched.status is VehicleStatus.ON_TRIP]
    assert max(place for place in places if place is not None) < stands_at_m + 120.0


@pytest.mark.parametrize("seed", range(6))
def test_however_its_fixes_drift_a_bus_that_waits_at_its_first_stop_has_not_left_it(seed: int) -> None:
    waits = a_drifting_stand((0.0, 4.0), SEVEN - timedelta(minutes=5), 20.0, seed, 65)
    drive = Drive(a_network(headway=every(12)), waits, AssignmentHint(route_id="R1"))
    later = [state.matched.status for state in drive.states[30:]]
    assert later.count(VehicleStatus.LAYOVER) >= 0.97 * len(later)
    assert longest_run(later, VehicleStatus.ON_TRIP) <= 12
    assert VehicleStatus.UNASSIGNED not in later


def longest_run(statuses: list[VehicleStatus], status: VehicleStatus) -> int:
    return max((len(list(run)) for key, run in groupby(statuses) if key is status), default=0)


@pytest.mark.parametrize("every_s", [1.0, 2.0, 5.0, 10.0, 30.0])
def test_three_decimals_that_leap_from_side_to_side_of_a_line_put_no_bus_off_it(every_s: float) -> None:
    drive = Drive(a_network(BETWEEN), three_decimals(noisy(a_drive(BETWEEN, every_s=every_s), 4.0)))
    under_way = [state for state in drive.states if state.matched.status is not VehicleStatus.LAYOVER]
    assert len(under_way) > 0.8 * len(drive.states)
    assert {state.matched.status.value for state in under_way} == {"on_trip"}
    assert {state.matched.trip.trip_id for state in under_way if state.matched.trip} == {"T1"}


@pytest.mark.parametrize("every_s", [1.0, 10.0])
def test_with_three_decimals_too_a_bus_on_another_street_is_off_its_route(every_s: float) -> None:
    detour = [(0.0, 55.0), (1200.0, 61.0), (1200.0, 600.0), (2600.0, 600.0), (2600.0, 68.0), (4000.0, 75.0)]
    drive = Drive(a_network(BETWEEN), three_decimals(noisy(a_drive(detour, every_s=every_s), 4.0)))
    beside = [state for state in drive.states if state.report.lat > 3.6 + 450.0 / 110_574]
    share = sum(state.matched.status is VehicleStatus.OFF_ROUTE for state in beside) / len(beside)
    assert share > 0.8
    assert drive.statuses[-1] == "on_trip"


def test_a_bus_that_turns_short_is_on_the_way_back_however_often_it_sends() -> None:
    for every_s in (2.0, 5.0):
        out = a_drive(to_m=2400.0, every_s=every_s)
        back = a_drive(STRAIGHT[::-1], after(out, 60.0), from_m=1600.0, every_s=every_s)
        drive = Drive(there_and_back(), noisy(out + back, 5.0))
        two_stops_on = drive.states[len(out) + int(1200.0 / 6.0 / every_s)]
        assert two_stops_on.matched.trip is not None
        assert two_stops_on.matched.trip.trip_id.startswith("R1b"), every_s


@pytest.mark.parametrize("every_s", [2.0, 5.0, 10.0, 30.0])
def test_a_bus_that_turns_short_is_on_the_way_back_within_a_hundred_seconds_or_six_fixes(every_s: float) -> None:
    out = a_drive(to_m=2400.0, every_s=every_s)
    back = a_drive(STRAIGHT[::-1], after(out, 60.0), from_m=1600.0, every_s=every_s)
    drive = Drive(there_and_back(), noisy(out + back, 5.0))
    turned_at = back[0].reported_at
    first = next(s.report.reported_at for s in drive.states if s.matched.trip and s.matched.trip.trip_id.startswith("R1b"))
    assert timedelta(seconds=30) < first - turned_at <= timedelta(seconds=max(100.0, 6.0 * every_s))


def test_a_bus_from_the_depot_that_joins_the_line_back_is_not_on_it_as_soon() -> None:
    """It drives as one that has turned short, and was on no trip before."""
    joins = [a_report((2400.0, 600.0 - 60.0 * n), SEVEN + timedelta(seconds=10 * n)) for n in range(10)]
    back = a_drive(STRAIGHT[::-1], after(joins), from_m=1600.0)
    drive = Drive(there_and_back(), noisy(joins + back, 5.0))
    on_it = [s.report.reported_at - back[0].reported_at for s in drive.states if s.matched.trip is not None]
    assert not on_it or on_it[0] > timedelta(seconds=100)


def test_a_bus_that_goes_on_after_a_breakdown_is_followed_from_its_first_fixes_on() -> None:
    driven = a_drive(to_m=2000.0)
    stood = noisy(standing((2000.0, 0.0), after(driven), 30, 10.0), 12.0)
    going = a_drive(start=after(stood), from_m=2000.0)
    drive = Drive(a_network(), driven + stood + going)
    assert drive.statuses == Drive(a_network(), driven).statuses
    along = [state.matched.shape_dist_traveled_m or 0.0 for state in drive.states[len(driven) + len(stood) :]]
    assert [round(metres / 60.0) for metres in along[2:6]] == [35, 36, 37, 38]


def test_a_bus_that_stands_in_the_depot_is_on_no_trip() -> None:
    drive = Drive(a_network(), noisy(standing((2000.0, 900.0), SEVEN, 30), 8.0))
    assert set(drive.statuses) == {"unassigned"}
    assert drive.events == []


def test_a_depot_beside_the_line_is_no_trip_either() -> None:
    drive = Drive(a_network(), noisy(standing((2000.0, 45.0), at(6, 40), 60), 8.0))
    on = [s.report.reported_at for s in drive.states if s.matched.status is VehicleStatus.ON_TRIP]
    assert len(on) * 20 <= 240
    assert drive.events == []


def test_on_its_way_to_the_first_stop_a_bus_is_deadheading() -> None:
    come = a_drive([(-3000.0, 2500.0), (-1500.0, 1200.0), (0.0, 0.0)], at(6, 40))
    wait = standing((0.0, 0.0), after(come), 5)
    drive = Drive(a_network(), come + wait)
    assert drive.statuses[-1] == "layover"
    assert "on_trip" not in drive.statuses
    assert drive.now.matched.trip == a_trip_instance("T1")


# --- the ends of trips ---------------------------------------------------------------------------------------------------


def test_a_bus_leaves_the_map_within_two_minutes_of_ending_its_trip() -> None:
    reports = a_drive()
    to_depot = a_drive([(4000.0, 0.0), (4000.0, 3000.0)], after(reports))
    drive = Drive(a_network(first_departures=(7 * HOUR,)), reports + to_depot)
    on = [s.report.reported_at for s in drive.states if s.matched.status in (VehicleStatus.ON_TRIP, VehicleStatus.OFF_ROUTE)]
    assert max(on) <= reports[-1].reported_at + timedelta(minutes=2)
    assert drive.calls[-1] == ("S8", 9)


def test_a_bus_that_stands_where_its_trip_ended_is_not_on_it_for_longer_than_two_minutes() -> None:
    reports = a_drive()
    stands = standing((4000.0, 0.0), after(reports), 20)
    drive = Drive(a_network(first_departures=(7 * HOUR,)), reports + stands)
    on = [s.report.reported_at for s in drive.states if s.matched.trip is not None]
    assert max(on) <= reports[-1].reported_at + timedelta(minutes=2)


def test_at_its_last_stop_a_bus_waits_for_the_next_trip_from_the_first_fix_on_and_has_called_there() -> None:
    arrives = a_drive(every_s=20.0, to_m=3960.0)
    drive = Drive(there_and_back(), [*arrives, a_report((3990.0, 0.0), after(arrives, 20.0))])
    assert drive.states[-2].matched.status is VehicleStatus.ON_TRIP
    assert (drive.now.matched.status, drive.now.matched.trip) == (VehicleStatus.LAYOVER, a_trip_instance("R1b1"))
    last = next(event for event in drive.events if event.stop_id == "P4000_0" and event.trip == a_trip_instance("R1a1"))
    assert last.departed_at is None


def test_a_bus_in_the_loop_of_its_terminal_is_on_its_trip_until_it_comes_to_the_stop() -> None:
    arrives = a_drive(every_s=20.0, to_m=3840.0)
    loop = [(3950.0, 0.0), (3990.0, 60.0), (4060.0, 70.0), (4060.0, 30.0), (4005.0, 0.0)]
    turns = [a_report(where, after(arrives, 20.0 * n)) for n, where in enumerate(loop, 1)]
    drive = Drive(there_and_back(), arrives + turns)
    assert [state.matched.status.value for state in drive.states[-5:]] == ["on_trip"] * 4 + ["layover"]


@pytest.mark.parametrize("blocks", [False, True], ids=["no block_id", "block_id"])
def test_at_a_terminal_a_bus_waits_for_its_next_trip_and_drives_it(blocks: bool) -> None:
    out = a_drive()
    wait = standing((4000.0, 0.0), after(out), 3)
    back = a_drive(STRAIGHT[::-1], after(wait))
    drive = Drive(there_and_back(blocks=blocks), noisy(out + wait + back, 6.0))
    assert [s for s in drive.statuses if s in ("on_trip", "layover")][:3] in (
        ["on_trip", "layover", "on_trip"],
        ["layover", "on_trip", "layover"],
    )
    assert [trip for trip in drive.trips if trip][:2] == ["R1a1", "R1b1"]
    waiting = [s for s in drive.states if s.matched.status is VehicleStatus.LAYOVER and s.report.reported_at > after(out, 60)]
    assert {s.matched.trip for s in waiting} == {a_trip_instance("R1b1")}
    assert waiting[-1].next_stop_sequence == 1
    first = next(e for e in drive.events if e.trip.trip_id == "R1b1")
    assert first.stop_sequence == 1
    assert first.departed_at is not None
    assert abs((first.departed_at - back[0].reported_at).total_seconds()) < 30
    assert once(drive.events)


def test_a_layover_does_not_flap_while_a_bus_moves_up_in_the_queue() -> None:
    rng = Random(5)
    wait = [a_report((rng.uniform(-30, 35), rng.uniform(-20, 20)), at(6, 40) + timedelta(seconds=20 * n)) for n in range(55)]
    drive = Drive(a_network(), wait)
    assert drive.statuses[-1] == "layover"
    assert len(drive.statuses) <= 2  # at the very first fix, twenty minutes before, nobody can know


def test_a_loop_goes_on_to_the_next_round() -> None:
    network = a_network(LOOP, 250.0, first_departures=tuple(7 * HOUR + 840 * n for n in range(4)))
    first = a_drive(LOOP)
    wait = standing((0.0, 0.0), after(first), 2)
    second = a_drive(LOOP, after(wait))
    drive = Drive(network, noisy(first + wait + second, 6.0))
    assert [trip for trip in drive.trips if trip] == ["T1", "T2"]
    assert once(drive.events)


def test_a_label_told_at_the_end_of_a_loop_means_the_next_round() -> None:
    network = a_network(LOOP, 250.0, first_departures=tuple(7 * HOUR + 600 * n for n in range(4)))
    first = a_drive(LOOP)
    wait = standing((0.0, 0.0), after(first), 8)
    drive = Drive(network, first, AssignmentHint("R1", "T1")).go(wait + a_drive(LOOP, after(wait)), AssignmentHint("R1", "T2"))
    assert [trip for trip in drive.trips if trip] == ["T1", "T2"]


def test_trips_go_on_across_midnight() -> None:
    network = a_network(first_departures=(23 * HOUR + 55 * 60,))
    drive = Drive(network, a_drive(start=at(23, 55)))
    riding = {s.matched.trip for s in drive.states if s.matched.status is VehicleStatus.ON_TRIP}
    assert riding == {TripInstance("T1", MONDAY)}
    assert drive.events[0].arrived_at.date() == drive.events[-1].arrived_at.date()  # UTC: midnight is local
    assert at(23, 58) < at(0, 3, day=MONDAY + timedelta(days=1)) < drive.events[-1].arrived_at


# --- what somebody said --------------------------------------------------------------------------------------------------


def two_routes() -> Network:
    times = tuple(7 * HOUR + 1800 * n for n in range(4))
    return a_city(Way("R1", STRAIGHT, times), Way("R2", [(0.0, 0.0), (0.0, 4000.0)], times))


def test_a_wrong_label_is_overruled_by_the_evidence_and_reported() -> None:
    drive = Drive(two_routes(), a_drive([(0.0, 0.0), (0.0, 4000.0)]), AssignmentHint("R1", "R1a1"))
    (trip,) = {s.matched.trip for s in drive.states[20:60]}
    assert trip == a_trip_instance("R2a1")
    assert {s.matched.explanation for s in drive.states[20:60]} == {"label overruled"}


def test_a_right_label_is_believed_and_needs_no_word() -> None:
    drive = Drive(two_routes(), a_drive(), AssignmentHint("R1", "R1a1"))
    assert {s.matched.trip for s in drive.states[:60]} == {a_trip_instance("R1a1")}
    assert {s.matched.explanation for s in drive.states} == {""}


def test_a_bus_still_signed_on_to_yesterdays_last_trip_runs_what_it_drives() -> None:
    network = a_network(first_departures=(7 * HOUR, 22 * HOUR))
    drive = Drive(network, a_drive(), AssignmentHint("R1", "T2"))
    assert drive.states[30].matched.trip == a_trip_instance("T1")
    assert drive.states[30].matched.explanation == "label overruled"


def test_a_named_trip_wins_over_its_neighbour_that_fits_as_well() -> None:
    network = a_network(first_departures=(7 * HOUR - 240, 7 * HOUR + 240))
    for trip_id in ("T1", "T2"):
        drive = Drive(network, a_drive(), AssignmentHint("R1", trip_id))
        assert drive.states[30].matched.trip == a_trip_instance(trip_id)


def test_a_label_told_on_the_way_changes_the_trip() -> None:
    network = a_network(first_departures=(7 * HOUR - 120, 7 * HOUR + 600))
    reports = a_drive()
    drive = Drive(network, reports[:20], AssignmentHint("R1", "T1")).go(reports[20:40], AssignmentHint("R1", "T2"))
    assert drive.states[19].matched.trip == a_trip_instance("T1")
    assert drive.now.matched.trip == a_trip_instance("T2")


# --- two buses -----------------------------------------------------------------------------------------------------------


def test_of_two_buses_on_one_trip_one_wins_and_the_other_is_told_why() -> None:
    network = a_network(first_departures=(7 * HOUR,))
    first, second = a_drive(), a_drive(vehicle_id="BUS2", from_m=0.0, start=SEVEN + timedelta(seconds=60))
    reports = sorted(first + second, key=lambda one: (one.reported_at, one.vehicle_id))
    drive = Drive(network, [one for one in reports if one.reported_at <= SEVEN + timedelta(minutes=8)])
    one, other = drive.pipeline.states["BUS1"].matched, drive.pipeline.states["BUS2"].matched
    assert one.trip == a_trip_instance("T1")
    assert (other.status, other.trip) == (VehicleStatus.UNASSIGNED, None)
    assert other.explanation == "trip taken by BUS1"


def test_a_bus_close_behind_the_one_that_drives_its_trip_runs_the_next_departure_however_early() -> None:
    network = a_network(first_departures=(7 * HOUR, 7 * HOUR + 1440))
    first, second = a_drive(), a_drive(vehicle_id="BUS2", from_m=700.0, start=SEVEN + timedelta(seconds=180))
    reports = sorted(first + second, key=lambda one: (one.reported_at, one.vehicle_id))
    drive = Drive(network, [one for one in reports if one.reported_at <= SEVEN + timedelta(minutes=8)])
    one, other = drive.pipeline.states["BUS1"].matched, drive.pipeline.states["BUS2"].matched
    assert (one.trip, other.trip) == (a_trip_instance("T1"), a_trip_instance("T2"))
    assert other.status is VehicleStatus.ON_TRIP


def test_at_no_moment_are_two_buses_on_one_trip() -> None:
    network = there_and_back()
    rng = Random(11)
    reports = [
        report
        for n in range(5)
        for report in noisy(a_drive(start=SEVEN + timedelta(seconds=rng.uniform(0, 2400)), vehicle_id=f"BUS{n}"), 10.0, n)
    ]
    drive = Drive(network)
    for report in sorted(reports, key=lambda one: one.reported_at):
        drive.go([report])
        held = [s.matched.trip for s in drive.pipeline.states.values() if s.matched.trip is not None]
        assert len(held) == len(set(held))


def test_a_bus_that_drives_a_trip_displaces_one_that_waits_for_it() -> None:
    network = a_network(first_departures=(7 * HOUR,))
    waiting = standing((0.0, 0.0), at(6, 50), 10)
    drive = Drive(network, waiting)
    assert drive.now.matched.trip == a_trip_instance("T1")
    other = a_drive(start=after(waiting), vehicle_id="BUS2", from_m=200.0)
    drive.go(other[:30], AssignmentHint("R1", "T1"))
    assert drive.pipeline.states["BUS2"].matched.trip == a_trip_instance("T1")
    lost = drive.pipeline.states["BUS1"].matched
    assert (lost.status, lost.explanation) == (VehicleStatus.UNASSIGNED, "trip taken by BUS2")
    assert [one.displaced.vehicle_id for one in drive.outcomes if one.displaced is not None] == ["BUS1"]


def test_of_two_buses_that_wait_the_one_that_leaves_on_time_runs_the_first_trip() -> None:
    network = a_network(first_departures=(7 * HOUR, 7 * HOUR + 480))
    early, later = standing((0.0, 0.0), at(6, 45), 23, vehicle_id="BUS2"), standing((0.0, 0.0), at(6, 50), 9)
    reports = sorted(early + later + a_drive(start=at(7, 0, 30)), key=lambda one: one.reported_at)
    drive = Drive(network, reports)
    assert drive.pipeline.states["BUS1"].matched.trip == a_trip_instance("T1")
    assert drive.pipeline.states["BUS2"].matched.trip == a_trip_instance("T2")


def test_a_bus_found_on_its_way_leaves_a_trip_to_the_one_that_waits_for_it() -> None:
    network = a_network(first_departures=(7 * HOUR, 7 * HOUR + 480))
    leads = a_drive(start=at(7, 0, 30), vehicle_id="BUS0", to_m=300.0)
    waiting = standing((0.0, 0.0), at(7, 2), 13)
    found = a_drive(start=at(7, 11), vehicle_id="BUS2", from_m=1200.0, to_m=1800.0)
    drive = Drive(network, sorted(leads + waiting + found, key=lambda one: one.reported_at))
    assert drive.pipeline.states["BUS1"].matched.trip == a_trip_instance("T2")
    assert drive.pipeline.states["BUS2"].matched.trip == a_trip_instance("T1")


def test_a_bus_swapped_for_another_hands_its_trip_over() -> None:
    network = a_network(first_departures=(7 * HOUR,))
    first = a_drive(to_m=1500.0)
    broken = standing((1500.0, 0.0), after(first), 4)
    tow = a_drive([(1500.0, 0.0), (1500.0, 3000.0)], after(broken))
    second = a_drive(start=after(broken, 60), from_m=1500.0, vehicle_id="BUS2")
    reports = sorted(first + broken + tow + second, key=lambda one: (one.reported_at, one.vehicle_id))
    drive = Drive(network)
    for report in reports:
        drive.go([report], AssignmentHint("R1", "T1") if report.vehicle_id == "BUS2" else NO_HINT)
    riding = [s for s in drive.states if s.vehicle_id == "BUS2" and s.matched.status is VehicleStatus.ON_TRIP]
    assert riding[-1].matched.trip == a_trip_instance("T1")
    assert once(drive.events)
    assert ("S7", 8) in [(e.stop_id, e.stop_sequence) for e in drive.events if e.vehicle_id == "BUS2"]


def test_a_bus_silent_for_long_has_given_up_its_trip() -> None:
    network = a_network(first_departures=(7 * HOUR,), speed_mps=2.0)
    drive = Drive(network, a_drive(to_m=600.0, speed_mps=2.0))
    later = a_drive(start=SEVEN + timedelta(seconds=1100), from_m=2200.0, speed_mps=2.0, vehicle_id="BUS2")
    drive.go(later[:20])
    assert drive.pipeline.states["BUS2"].matched.trip == a_trip_instance("T1")


# --- service by headway --------------------------------------------------------------------------------------------------


def test_headway_based_a_bus_has_one_instance_from_layover_to_the_end() -> None:
    wait = standing((0.0, 0.0), at(6, 55), 5)
    drive = Drive(a_network(headway=every(10)), wait + a_drive(start=SEVEN))
    instances = {s.matched.trip for s in drive.states if s.matched.status is VehicleStatus.ON_TRIP}
    assert len(instances) == 1
    (one,) = instances
    assert one is not None
    assert one.start_s is not None
    assert abs(one.start_s - 7 * HOUR) <= 600
    assert [sequence for _, sequence in drive.calls] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_headway_based_two_buses_are_two_instances() -> None:
    first = a_drive()
    second = a_drive(start=SEVEN + timedelta(seconds=30), vehicle_id="BUS2")
    drive = Drive(a_network(headway=every(10)), sorted(first[:40] + second[:40], key=lambda one: one.reported_at))
    trips = {state.matched.trip for state in drive.pipeline.states.values()}
    assert len(trips) == 2
    assert None not in trips


def test_headway_based_round_after_round_each_is_an_instance_of_its_own() -> None:
    rounds = [a_drive(LOOP, SEVEN + timedelta(minutes=13 * n)) for n in range(3)]
    drive = Drive(a_network(LOOP, 250.0, headway=every(10)), noisy([one for part in rounds for one in part], 6.0))
    instances = list(dict.fromkeys(s.matched.trip for s in drive.states if s.matched.status is VehicleStatus.ON_TRIP))
    assert len(instances) == 3
    assert once(drive.events)


# --- late, doubled, wrong ------------------------------------------------------------------------------------------------


def test_late_and_disordered_reports_never_move_the_marker_back() -> None:
    reports = a_drive()
    rng = Random(7)
    shuffled = [reports[min(max(n + rng.randrange(-6, 7), 0), len(reports) - 1)] for n in range(len(reports))]
    drive = Drive(a_network(), [replace(one, received_at=reports[-1].received_at) for one in shuffled])
    times = [one.state.report.reported_at for one in drive.outcomes if one.state is not None]
    assert times == sorted(times)
    assert set(drive.refused) == {Rejection.DUPLICATE, Rejection.OUT_OF_ORDER}
    assert once(drive.events)


def test_a_report_twice_changes_nothing() -> None:
    reports = a_drive()
    single = Drive(a_network(), reports)
    double = Drive(a_network(), [one for report in reports for one in (report, report)])
    assert double.events == single.events
    assert double.pipeline.states["BUS1"] == single.pipeline.states["BUS1"]
    assert double.refused == [Rejection.DUPLICATE] * len(reports)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lat": 0.0, "lon": 0.0}, Rejection.NULL_ISLAND),
        ({"lat": 5.0}, Rejection.OUT_OF_AREA),
        ({"lat": 3.63}, Rejection.JUMP),
        ({"lat": float("nan")}, Rejection.OUT_OF_RANGE),
        ({"lon": 1e999}, Rejection.OUT_OF_RANGE),
        ({"accuracy_m": 3000.0}, Rejection.INACCURATE),
    ],
    ids=str,
)
def test_one_wrong_fix_is_refused_by_name_and_the_next_goes_on(changes: dict[str, float], reason: Rejection) -> None:
    reports = a_drive()
    wrong = replace(reports[30], reported_at=reports[30].reported_at + timedelta(seconds=5), **changes)  # type: ignore[arg-type]
    whole = Drive(a_network(), reports)
    disturbed = Drive(a_network(), [*reports[:31], wrong, *reports[31:]])
    assert disturbed.refused == [reason]
    assert disturbed.events == whole.events
    assert disturbed.now.matched == whole.now.matched


def test_a_bus_that_was_truly_moved_is_believed_at_the_second_fix() -> None:
    drive = Drive(a_network(), [*a_drive(to_m=300.0), *standing((3900.0, 2000.0), at(7, 1), 2)])
    assert drive.refused == [Rejection.JUMP]
    assert drive.now.report.reported_at > at(7, 2)


def test_a_first_report_that_is_refused_leaves_nothing() -> None:
    drive = Drive(a_network(), [replace(a_report(), lat=0.0, lon=0.0)])
    assert drive.outcomes == [Outcome(Rejection.NULL_ISLAND, None)]
    assert drive.pipeline.states == {}


def test_after_a_long_silence_a_bus_is_found_again() -> None:
    first = a_drive(to_m=900.0)
    later = a_drive(start=at(8, 5), from_m=1800.0)
    drive = Drive(a_network(), first + later)
    assert drive.states[len(first) + 3].matched.trip == a_trip_instance("T2")
    assert once(drive.events)


# --- states that outlive the process -------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", SHAPES.values(), ids=SHAPES.keys())
def test_a_restart_at_any_fix_changes_nothing(line: Line) -> None:
    network = a_network(line, 250.0)
    reports = noisy(a_drive(line, every_s=20.0))
    whole = Drive(network, reports)
    pipeline = Pipeline(network)
    events: list[StopEvent] = []
    for report in reports:
        pipeline = Pipeline(network, list(pipeline.states.values()))
        events += pipeline.step(report).events
    assert events == whole.events
    assert pipeline.states == whole.pipeline.states


def test_states_made_with_another_network_are_no_danger() -> None:
    old = Drive(a_network(LOOP, 250.0), a_drive(LOOP, to_m=900.0))
    pipeline = Pipeline(a_network(), list(old.pipeline.states.values()))
    for report in a_drive(start=at(7, 3), from_m=900.0):
        outcome = pipeline.step(report)
    assert outcome.state is not None
    assert pipeline.states["BUS1"].matched.trip in (a_trip_instance("T1"), None)


def test_the_same_reports_give_the_same_states_to_the_last_byte() -> None:
    reports = noisy(a_drive(FIGURE_EIGHT))
    one, two = (Drive(a_network(FIGURE_EIGHT), reports) for _ in range(2))
    assert one.outcomes == two.outcomes


def test_the_next_stop_is_the_first_ahead() -> None:
    drive = Drive(a_network(), a_drive())
    for state in drive.states[5:-6]:
        ahead = state.matched.shape_dist_traveled_m
        assert ahead is not None
        if (ahead + 20.0) % 500.0 < 1.0:
            continue  # the stops lie half a metre off the cast's own metres
        assert state.next_stop_sequence == int((ahead + 20.0) // 500.0) + 2


def test_what_is_remembered_of_a_vehicle_does_not_grow() -> None:
    network = a_network(LOOP, 250.0, headway=every(10))
    drive = Drive(network, [one for n in range(6) for one in a_drive(LOOP, SEVEN + timedelta(minutes=13 * n))])
    assert max(len(state.memory) for state in drive.states) < 12_000


@pytest.mark.parametrize("hint", [AssignmentHint("R2"), AssignmentHint("R2", "R2a1"), AssignmentHint(None, "R2a1")])
def test_a_wrong_order_does_not_hide_a_bus_from_the_line_that_it_visibly_drives(hint: AssignmentHint) -> None:
    city = a_city(Way("R1", STRAIGHT, (7 * HOUR,)), Way("R2", [(0.0, 3000.0), (4000.0, 3000.0)], (7 * HOUR,)))
    drive = Drive(city, a_drive(), hint)
    on = [state.report.reported_at for state in drive.states if state.matched.status is VehicleStatus.ON_TRIP]
    assert (on[0] - SEVEN).total_seconds() <= 300.0
    assert drive.trips[-1] == "R1a1"
    assert drive.states[-1].matched.explanation == "label overruled"


def test_a_right_order_is_not_overruled_where_another_line_shares_the_street() -> None:
    city = a_city(Way("R1", STRAIGHT, (7 * HOUR,)), Way("R2", [*STRAIGHT, (4000.0, 3000.0)], (7 * HOUR,)))
    assert set(Drive(city, a_drive(to_m=3500.0), AssignmentHint("R2")).trips) <= {None, "R2a1"}


@pytest.mark.parametrize("with_shape", [False, True], ids=["no shape", "shape"])
def test_a_line_drawn_from_stop_to_stop_is_left_by_the_road_that_there_is(with_shape: bool) -> None:
    """It leaves its terminal northwards, up to 500 m beside the straight line to the next stop; a fix each two minutes."""
    network = a_network([(0.0, 0.0), (1500.0, 0.0), (6000.0, 0.0)], 3000.0, with_shape=with_shape)
    waiting = standing((0.0, 0.0), at(6, 52), 8, every_s=120.0)
    road = [(0.0, 200.0), (100.0, 500.0), (700.0, 550.0), (1900.0, 550.0), (3000.0, 0.0), (3600.0, 0.0), (4200.0, 0.0)]
    minutes = (2, 3, 5, 7, 9, 11, 13)
    driving = [a_report(place, after(waiting, 60.0 * minute)) for place, minute in zip(road, minutes, strict=True)]
    drive = Drive(network, [*waiting, *driving])
    assert ("deadhead" in drive.statuses) is with_shape
    if not with_shape:
        assert drive.trips == ["T1"]
        assert drive.now.matched.status is VehicleStatus.ON_TRIP


def drawn_beside(off_m: float) -> Network:
    """The straight road with its stops, drawn up to off_m north of it between 1 and 3 km."""
    drawn = [(0.0, 0.0), (1000.0, 0.0), (1300.0, off_m), (2700.0, off_m), (3000.0, 0.0), (4000.0, 0.0)]
    network = a_network()
    shape_id = network.trips["T1"].shape_id
    return replace(network, shapes={shape_id: a_shape(drawn, shape_id)})


@pytest.mark.parametrize("off_m", [60.0, 90.0, 130.0])
def test_a_line_that_is_drawn_beside_its_own_stops_is_followed_along_them(off_m: float) -> None:
    """Told nothing and first seen in the middle: on the road, where the stops are."""
    pipeline = Pipeline(drawn_beside(off_m))
    started = SEVEN + timedelta(seconds=1400 / 6)
    given = [pipeline.step(one).state for one in a_drive(start=started, from_m=1400.0, to_m=2600.0)]
    assert {state.matched.status for state in given[3:] if state} == {VehicleStatus.ON_TRIP}


def test_a_street_beside_a_line_that_passes_its_stops_is_not_that_line() -> None:
    pipeline = Pipeline(a_network())
    beside = a_drive([(0.0, 90.0), (4000.0, 90.0)], SEVEN + timedelta(seconds=1400 / 6), from_m=1400.0, to_m=2600.0)
    given = [pipeline.step(one).state for one in beside]
    assert VehicleStatus.ON_TRIP not in {state.matched.status for state in given if state}


def drifts(n: int, start: datetime, middle: tuple[float, float], seed: int, sigma_m: float = 20.0) -> list[AvlReport]:
    """A fix each ten seconds of a bus that stands; its receiver drifts slowly (within a minute and a half), not at random."""
    noise, keeps, (x, y) = Random(seed), exp(-10.0 / 90.0), (0.0, 0.0)
    reports = []
    for k in range(n):
        x, y = (keeps * at + sigma_m * sqrt((1.0 - keeps * keeps) / 2.0) * noise.gauss(0, 1) for at in (x, y))
        reports.append(a_report((middle[0] + x, middle[1] + y), start + timedelta(seconds=10 * k)))
    return reports


def matches(pipeline: Pipeline, reports: Iterable[AvlReport]) -> list[MatchedPosition]:
    return [state.matched for report in reports if (state := pipeline.step(report).state) is not None]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_bus_that_stands_for_three_hours_keeps_its_trip_though_its_receiver_drifts(seed: int) -> None:
    pipeline, driven = Pipeline(a_network()), a_drive(to_m=2200.0)
    stood = drifts(1080, driven[-1].reported_at + timedelta(seconds=10), (2200.0, 0.0), seed)
    matched = matches(pipeline, [*driven, *stood])[len(driven) :]
    assert {(place.status, place.trip) for place in matched} == {(VehicleStatus.ON_TRIP, a_trip_instance())}


@pytest.mark.parametrize("off_m", [90.0, 300.0])
def test_a_bus_that_drives_off_its_line_after_a_stand_and_stays_beside_it_is_not_on_it(off_m: float) -> None:
    pipeline, driven = Pipeline(a_network()), a_drive(to_m=2200.0)
    stood = drifts(30, driven[-1].reported_at + timedelta(seconds=10), (2200.0, 0.0), 1, sigma_m=3.0)
    beside = drifts(360, stood[-1].reported_at + timedelta(seconds=20), (2200.0, off_m), 2, sigma_m=3.0)
    matched = matches(pipeline, [*driven, *stood, *beside])[-300:]
    assert VehicleStatus.ON_TRIP not in {place.status for place in matched}
