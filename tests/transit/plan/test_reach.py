"""How far one comes and is back: checked against the planner's own search for the last journey, stop by stop."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from gtfs.reader import read_network
from tests.builders import LOOP, MONDAY, SEVEN, STRAIGHT, Way, a_city, a_network, at, every
from transit.plan.journeys import Request, planner_of
from transit.plan.network import Network, TripInstance
from transit.plan.reach import LEAST_STAY_S, Reached, reach_of
from transit.plan.runs import LiveCall, Moment, Source

BINJAI = Path(__file__).resolve().parents[3] / "data" / "binjai"
BACK = STRAIGHT[::-1]


def reach(network: Network, start: str, when=SEVEN, **more) -> dict[str, Reached]:
    planner = planner_of(network)
    rows = reach_of(planner, planner.service(when, **more), {start: 0.0}, when.timestamp(), at(30).timestamp())
    assert [row.journey.comes.at for row in rows] == sorted(row.journey.comes.at for row in rows)
    return {row.stop_id: row for row in rows}


def clock(unix_s: float | None) -> str:
    assert unix_s is not None
    seconds = round(unix_s - at(0).timestamp())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


@pytest.fixture
def city() -> Network:
    """R1 east at 7:00 and 8:00, back at 9:00 and 17:00; R2 north across it and never back."""
    return a_city(
        Way("R1", STRAIGHT, (7 * 3600, 8 * 3600)),
        Way("R1", BACK, (9 * 3600, 17 * 3600), direction_id=1),
        Way("R2", [(2000.0, -2000.0), (2000.0, 2000.0)], (7 * 3600 + 600,)),
    )


def test_the_last_bus_back_is_the_last_one_and_the_stay_is_what_lies_between(city: Network) -> None:
    row = reach(city, "P0_0")["P3000_0"]
    assert (clock(row.journey.comes.at), clock(row.last_back)) == ("07:08", "17:02")
    assert row.stay_s == pytest.approx(9 * 3600 + 54 * 60 + 26, abs=60)
    assert row.is_there_and_back


def test_a_stop_from_which_nothing_comes_back_is_reached_but_not_there_and_back(city: Network) -> None:
    row = reach(city, "P0_0")["P2000_2000"]
    assert row.journey.changes == 1
    assert row.last_back is None
    assert not row.is_there_and_back


def test_after_the_last_bus_nothing_is_reached(city: Network) -> None:
    assert reach(city, "P0_0", at(20)) == {}


def test_who_must_turn_round_at_once_has_not_been_there() -> None:
    city = a_city(Way("R1", STRAIGHT, (7 * 3600,)), Way("R1", BACK, (7 * 3600 + 16 * 60,), direction_id=1))
    rows = reach(city, "P0_0")
    assert rows["P4000_0"].stay_s < LEAST_STAY_S
    assert not rows["P4000_0"].is_there_and_back
    assert rows["P2000_0"].is_there_and_back, "the bus comes back past it later"


def test_a_bus_that_is_seen_now_is_not_taken_for_the_last_one_of_the_day() -> None:
    network = a_network(LOOP, headway=every(10))
    trip = TripInstance("T1", MONDAY, 8 * 3600)
    zero = at(8).timestamp()
    live = [LiveCall("BUS1", trip, n, Moment(zero + 90 * n, zero + 80 * n, zero + 100 * n)) for n in range(1, 10)]
    plain, seen = reach(network, "S2", at(8)), reach(network, "S2", at(8), live=live)
    assert seen["S6"].journey.rides[0].source is Source.LIVE
    assert {stop_id: row.last_back for stop_id, row in seen.items()} == {
        stop_id: row.last_back for stop_id, row in plain.items()
    }


def test_a_bus_that_lets_nobody_off_at_the_start_does_not_bring_one_back(city: Network) -> None:
    back = city.trips["R1b2"]
    calls = tuple(replace(call, drop_off_type=1 if call.stop_id == "P0_0" else 0) for call in back.stop_times)
    only = replace(city, trips={**city.trips, "R1b2": replace(back, stop_times=calls)})
    assert clock(reach(city, "P0_0")["P3000_0"].last_back) == "17:02"
    assert clock(reach(only, "P0_0")["P3000_0"].last_back) == "09:02"


def test_a_bus_by_headway_that_lets_nobody_off_at_the_start_does_not_bring_one_back_either() -> None:
    city = a_city(Way("R1", STRAIGHT, (7 * 3600,)), Way("R1", BACK, headway=every(30), direction_id=1))
    back = city.trips["R1b1"]
    calls = tuple(replace(call, drop_off_type=1 if call.stop_id == "P0_0" else 0) for call in back.stop_times)
    only = replace(city, trips={**city.trips, "R1b1": replace(back, stop_times=calls)})
    assert reach(city, "P0_0")["P3000_0"].last_back is not None
    assert reach(only, "P0_0")["P3000_0"].last_back is None
    assert reach(only, "P500_0")["P3000_0"].last_back is not None


def test_what_is_planned_only_is_nobodys_demonstration_and_a_bus_on_a_trip_that_is_gone_is_left_out(city: Network) -> None:
    gone = LiveCall("BUS1", TripInstance("GONE", MONDAY), 3, Moment(*[SEVEN.timestamp()] * 3))
    assert reach(city, "P0_0", live=[gone]).keys() == reach(city, "P0_0").keys()
    assert {ride.run.is_demo for ride in reach(city, "P0_0")["P3000_0"].journey.rides} == {False}


def test_on_a_loop_by_headway_one_is_back_until_its_last_round() -> None:
    rows = reach(a_network(LOOP, headway=every(10)), "S2", at(8))
    assert set(rows) == {f"S{n}" for n in range(8)} - {"S2"}
    assert all(row.is_there_and_back for row in rows.values())


@pytest.mark.parametrize("hour", [7, 12, 15])
def test_on_the_sample_every_stop_has_the_journey_and_the_way_back_that_the_planner_finds(hour: int) -> None:
    network = read_network(BINJAI)
    planner = planner_of(network)
    when = at(hour, day=date(2026, 11, 24))
    service, until = planner.service(when), at(30, day=date(2026, 11, 24)).timestamp()
    for start in ("stasiun-binjai", "rsud-djoelham", "jati-utomo"):
        rows = {row.stop_id: row for row in reach_of(planner, service, {start: 0.0}, when.timestamp(), until)}
        for stop_id in network.routes_of_stop:
            if stop_id == start:
                continue
            there = planner.earliest(service, Request({start: 0.0}, {stop_id: 0.0}), when.timestamp())
            assert bool(there) == (stop_id in rows), (start, stop_id)
            if not there:
                continue
            assert rows[stop_id].journey.comes.at == pytest.approx(min(j.comes.at for j in there), abs=60.0), (start, stop_id)
            back = planner.last_of_day(service, Request({stop_id: 0.0}, {start: 0.0}), when.timestamp(), until)
            assert (back is None) == (rows[stop_id].last_back is None), (start, stop_id)
            if back is not None:  # of a change from one headway to another the wait is a guess of half of it
                assert rows[stop_id].last_back == pytest.approx(back.leaves.at, abs=900.0), (start, stop_id)
