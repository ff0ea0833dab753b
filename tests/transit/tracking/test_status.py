"""Statuses wait for evidence, and neither off route, layover nor being out of service flaps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import groupby
from random import Random

import msgspec
import pytest

from tests.builders import SEVEN, STRAIGHT, Way, a_city, a_drive, a_network, a_report, a_trip_instance, at, every
from transit.plan.network import Network
from transit.tracking.hypotheses import (
    AssignmentContext,
    Belief,
    Hypothesis,
    Observation,
    TripClosure,
    close_trips,
)
from transit.tracking.matcher import Matcher
from transit.tracking.pipeline import Pipeline
from transit.tracking.report import AvlReport
from transit.tracking.state import MatchedPosition, VehicleStatus
from transit.tracking.status import DETOUR_S, OFF_S, PARKED_S, PublishedStatus, judge

HOUR = 3600
STRAIGHT_FROM_1500 = [(1500.0, 0.0), *STRAIGHT[1:]]


def matched(network: Network, reports: Iterable[AvlReport]) -> list[MatchedPosition]:
    pipeline = Pipeline(network)
    found = []
    for report in reports:
        outcome = pipeline.step(report)
        if outcome.rejection is None and outcome.state is not None:
            found.append(outcome.state.matched)
    return found


def changes(found: list[MatchedPosition]) -> list[str]:
    return [status for status, _ in groupby(one.status.value for one in found)]


def first(found: list[MatchedPosition], status: VehicleStatus) -> datetime:
    return next(one.reported_at for one in found if one.status is status)


def beside(offsets: list[float], every_s: float = 10.0, start_m: float = 600.0) -> list[AvlReport]:
    """A bus on its way east that drives so many metres north of its line."""
    return [
        a_report((start_m + 6.0 * every_s * n, off), at(7, 0, start_m / 6.0 + every_s * n)) for n, off in enumerate(offsets)
    ]


def test_off_route_is_said_within_a_minute_and_not_at_the_first_fixes() -> None:
    found = matched(a_network(), beside([0.0] * 10 + [150.0] * 25))
    left = at(7, 0, 100.0 + 100.0)
    said = first(found, VehicleStatus.OFF_ROUTE)
    assert timedelta(seconds=20) <= said - left <= timedelta(seconds=OFF_S + 15)


def test_back_on_its_line_a_bus_is_on_its_trip_within_a_minute() -> None:
    found = matched(a_network(), beside([0.0] * 10 + [150.0] * 15 + [0.0] * 20))
    assert changes(found)[-3:] == ["on_trip", "off_route", "on_trip"]
    back = at(7, 0, 100.0 + 250.0)
    again = next(m.reported_at for m in found if m.reported_at >= back and m.status is VehicleStatus.ON_TRIP)
    assert again - back <= timedelta(seconds=60)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("off_m", [45.0, 55.0, 65.0, 80.0])
def test_near_the_limit_the_status_changes_at_most_once(off_m: float, seed: int) -> None:
    rng = Random(seed)
    found = matched(a_network(), beside([0.0] * 5 + [off_m + rng.gauss(0.0, 12.0) for _ in range(45)]))
    assert len([status for status in changes(found) if status in ("off_route", "on_trip")]) <= 3


def test_a_bus_long_off_its_line_is_not_on_a_detour_any_more() -> None:
    away = [a_report((3000.0 + rng, 1500.0), at(7, 6, 20.0 * n)) for n, rng in enumerate(range(0, 2000, 25))]
    found = matched(a_network(), beside([0.0] * 20) + away)
    on = [one.reported_at for one in found if one.trip is not None]
    assert max(on) <= at(7, 6) + timedelta(seconds=DETOUR_S + 120)
    assert found[-1].status in (VehicleStatus.DEADHEAD, VehicleStatus.UNASSIGNED)


def test_a_bus_that_drives_beside_its_line_for_a_quarter_of_an_hour_is_on_no_detour_any_more() -> None:
    network = a_network([(0.0, 0.0), (12_000.0, 0.0)])
    found = matched(network, beside([0.0] * 10 + [200.0] * 180))
    off = [one.reported_at for one in found if one.status is VehicleStatus.OFF_ROUTE]
    lasted_s = (off[-1] - off[0]).total_seconds()
    assert lasted_s == pytest.approx(DETOUR_S, abs=60)


@pytest.mark.parametrize(("stops_every_m", "left_m", "is_over"), [
    (500.0, 3200.0, True), (500.0, 2600.0, False),  # within two spacings of the end it is done with its trip
    (50.0, 3700.0, True), (50.0, 3300.0, False),  # of stops that stand close: within two hundred metres twice
])  # fmt: skip
def test_a_bus_that_drives_away_near_the_end_of_its_trip_has_ended_it(
    stops_every_m: float, left_m: float, is_over: bool
) -> None:
    away = [a_report((left_m, 60.0 * n), at(7, 0, (left_m / 6.0) + 10.0 * n)) for n in range(1, 40)]
    found = matched(a_network(stops_every_m=stops_every_m), a_drive(to_m=left_m) + away)
    assert ("off_route" not in changes(found)) is is_over
    assert (found[-20].trip is None) is is_over


def test_off_route_carries_the_trip_that_was_left_and_how_far_off() -> None:
    found = matched(a_network(), beside([0.0] * 10 + [150.0] * 20))
    off = [one for one in found if one.status is VehicleStatus.OFF_ROUTE]
    assert {one.trip for one in off} == {found[8].trip}
    assert off[0].offset_m == pytest.approx(150.0, abs=5.0)


def test_a_vehicle_that_drives_where_nothing_runs_is_deadheading_and_parked_it_is_unassigned() -> None:
    line = [(0.0, 2000.0), (3000.0, 2000.0)]
    drives = a_drive(line, every_s=20.0)
    stands = [a_report(line[1], drives[-1].reported_at + timedelta(seconds=20 * n)) for n in range(1, 60)]
    found = matched(a_network(), drives + stands)
    assert found[len(drives) - 2].status is VehicleStatus.DEADHEAD
    assert found[-1].status is VehicleStatus.UNASSIGNED
    parked = next(m.reported_at for m in found[len(drives) :] if m.status is VehicleStatus.UNASSIGNED)
    assert parked - drives[-1].reported_at >= timedelta(seconds=PARKED_S - 60)
    assert changes(found)[-2:] == ["deadhead", "unassigned"]


def test_an_hour_and_more_before_the_next_departure_a_bus_is_not_about_to_begin_it() -> None:
    waits = [a_report((0.0, 5.0), at(5, 30) + timedelta(seconds=30 * n)) for n in range(180)]
    found = matched(a_network(), waits)
    layover = first(found, VehicleStatus.LAYOVER)
    assert at(6) <= layover <= at(6, 45)
    assert [one.status for one in found if one.reported_at > layover] == [VehicleStatus.LAYOVER] * sum(
        one.reported_at > layover for one in found
    )


def test_outside_the_hours_of_a_headway_a_bus_at_its_terminal_is_not_about_to_begin() -> None:
    network = a_network(headway=every(10, start_s=6 * 3600, end_s=9 * 3600))
    waits = [a_report((0.0, 5.0), at(5) + timedelta(seconds=60 * n)) for n in range(420)]
    found = matched(network, waits)
    for hour, status in ((5, VehicleStatus.UNASSIGNED), (7, VehicleStatus.LAYOVER), (11, VehicleStatus.UNASSIGNED)):
        assert {one.status for one in found if at(hour, 30) <= one.reported_at <= at(hour, 45)} == {status}


def test_a_bus_that_departs_does_not_fall_back_into_its_layover() -> None:
    for speed in (2.0, 4.0, 6.0, 9.0):
        for every_s in (5.0, 10.0, 30.0):
            waits = [a_report((0.0, 5.0), at(6, 50) + timedelta(seconds=20 * n)) for n in range(30)]
            found = matched(a_network(), waits + a_drive(start=SEVEN, speed_mps=speed, every_s=every_s)[:60])
            assert changes([one for one in found if one.reported_at >= at(6, 55)]) == ["layover", "on_trip"]


def test_a_crossing_of_two_routes_does_not_change_the_trip() -> None:
    times = tuple(6 * HOUR + 600 * n for n in range(12))
    network = a_city(Way("R1", STRAIGHT, times), Way("R2", [(2000.0, -2000.0), (2000.0, 2000.0)], times))
    found = matched(network, a_drive(from_m=600.0, start=at(7, 1, 40)))
    assert {one.trip.trip_id[:2] for one in found[3:-8] if one.trip is not None} == {"R1"}
    assert "off_route" not in changes(found)


@pytest.mark.parametrize("every_s", [10.0, 20.0, 30.0])
def test_on_a_street_that_two_patterns_of_a_route_share_a_bus_does_not_change_its_trip_at_every_light(every_s: float) -> None:
    """One begins in the middle of the other, a minute later than that comes by; the bus stands a minute, and makes it up."""
    long, short = Way("R1", STRAIGHT, (7 * HOUR,)), Way("R2", STRAIGHT_FROM_1500, (7 * HOUR + 250 + 60,))
    city = a_city(long, short)
    network = replace(city, trips={name: replace(trip, route_id="R1") for name, trip in city.trips.items()})
    drive = []
    for n in range(int(320.0 / every_s)):
        cycle, into_s = divmod(n * every_s, 120.0)
        east_m = 1800.0 + 720.0 * cycle + 12.0 * max(0.0, into_s - 60.0)
        drive.append(a_report((east_m, 0.0), at(7, 5, n * every_s)))
    found = matched(network, drive)[1:]
    assert changes(found) == ["on_trip"]
    assert len({one.trip for one in found}) == 1


def test_a_bus_that_goes_on_where_the_published_pattern_ends_is_on_the_other_one() -> None:
    """What stays alike stays; a trip that has become unlikely does not."""
    short, long = Way("R1", [(0.0, 0.0), (2500.0, 0.0), (2500.0, -2000.0)], (7 * HOUR,)), Way("R2", STRAIGHT, (7 * HOUR,))
    city = a_city(short, long)
    network = replace(city, trips={name: replace(trip, route_id="R1") for name, trip in city.trips.items()})
    for way, name in ((short, "R1a1"), (long, "R2a1")):
        found = matched(network, a_drive(way.line, from_m=600.0, to_m=4000.0, start=at(7, 1, 40)))
        late = [one.trip.trip_id for one in found if one.trip is not None and one.reported_at >= at(7, 9)]
        assert late
        assert set(late) == {name}


def test_judging_changes_nothing_that_is_believed() -> None:
    """At the end of its trip, where a verdict has most to close; what it closes is handed back."""
    network, encode = a_network(), msgspec.msgpack.Encoder().encode
    matcher, context = Matcher(network), AssignmentContext()
    belief: Belief | None = None
    published = PublishedStatus("on_trip", a_trip_instance(), "", 0.0)
    for report in a_drive(to_m=2000.0):
        x, y = matcher.patterns.plane.xy(report.lat, report.lon)
        t = report.reported_at.timestamp()
        belief = matcher.step(belief, Observation(t, x, y, None), context)
        on_it = matcher.patterns.of_trip("T1")
        published = msgspec.structs.replace(published, pattern_id=on_it.pattern_id, along_m=2000.0, t=t)
        out, belief.out = belief.out, 30.0  # as one that has gone out of service
        before = encode(belief)
        _, closure = judge(matcher, belief, published, t, context)
        assert encode(belief) == before
        belief.out = out
    assert closure.left is not None
    assert closure.left.trip == a_trip_instance()
    assert belief is not None
    close_trips(belief, closure)
    assert belief.left == closure.left


def test_closing_a_round_that_begins_again_asks_for_every_trip_anew() -> None:
    hypothesis = Hypothesis("P", 0.0, 0.0, 0.0, 0.0, False, 0.0, fitted_at=5.0)
    belief = Belief(0.0, 0.0, 0.0, hypotheses=[hypothesis])
    close_trips(belief, TripClosure(a_trip_instance(), None))
    assert not hypothesis.must_refit
    close_trips(belief, TripClosure(a_trip_instance(), None, begins_again=True))
    assert hypothesis.must_refit
    assert belief.ended == a_trip_instance()


@pytest.mark.parametrize(("along_it_m", "status"), [(300.0, VehicleStatus.DEADHEAD), (900.0, VehicleStatus.OFF_ROUTE)])
def test_who_drove_a_street_of_a_line_only_is_off_no_route(along_it_m: float, status: VehicleStatus) -> None:
    """First seen in the middle of a line, it follows it for so long and turns off for good."""
    on_it = a_drive(from_m=1500.0, to_m=1500.0 + along_it_m, start=at(7, 4, 10))
    turns = [a_report((1500.0 + along_it_m, 60.0 * n), on_it[-1].reported_at + timedelta(seconds=10 * n)) for n in range(1, 25)]
    found = matched(a_network(), [*on_it, *turns])
    assert found[len(on_it) - 1].status is VehicleStatus.ON_TRIP
    assert found[-1].status is status


def test_rounding_alone_puts_no_bus_off_its_route() -> None:
    """62 m off, for as long as it takes: off its route, but not where fixes are rounded to steps of 111 m."""
    fixes = beside([0.0] * 10 + [62.0] * 25)
    assert found_off(fixes, rounding_m=0.0)
    assert not found_off(fixes, rounding_m=111.2)


def found_off(fixes: list[AvlReport], rounding_m: float) -> bool:
    """Whether the last of them is off its route."""
    matcher, context = Matcher(a_network()), AssignmentContext()
    belief: Belief | None = None
    published: PublishedStatus | None = None
    for report in fixes:
        t = report.reported_at.timestamp()
        belief = matcher.step(belief, Observation(t, *matcher.patterns.plane.xy(report.lat, report.lon), None), context)
        verdict, closure = judge(matcher, belief, published, t, context, rounding_m)
        close_trips(belief, closure)
        published = PublishedStatus(
            verdict.status.value,
            verdict.trip,
            verdict.pattern_id,
            verdict.along_m or 0.0,
            verdict.off_since,
            verdict.smooth_off_m,
            t,
        )
    return published is not None and published.status == VehicleStatus.OFF_ROUTE
