"""From A to B: the earliest arrival with few buses, loops without a change, live times before the plan's, honest chances."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gtfs.writer import write_network
from tests.builders import LOOP, MONDAY, SEVEN, STRAIGHT, Way, a_city, a_network, at, every
from transit.plan.journeys import STANDS_S, Journey, Planner, Request, Ride, Walk, chance_to_catch, planner_of
from transit.plan.network import Network, TripInstance
from transit.plan.runs import Disruption, LiveCall, Moment, Source
from transit.plan.timetable import RouteDirection

CROSS = [(2000.0, -2000.0), (2000.0, 2000.0)]  # crosses STRAIGHT at P2000_0


def ask(start: str, end: str, *, before_s: float = 0.0, after_s: float = 0.0) -> Request:
    return Request({start: before_s}, {end: after_s})


def journeys(network: Network, start: str, end: str, when=SEVEN, **more) -> list[Journey]:
    planner = planner_of(network)
    return planner.journeys(planner.service(when, **more), ask(start, end), when.timestamp())


def clock(moment: Moment) -> str:
    """HH:MM in WIB."""
    seconds = round(moment.at - at(0).timestamp())
    return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def seen(vehicle_id: str, trip: TripInstance, *calls: tuple[int, float, float]) -> list[LiveCall]:
    """(stop_sequence, minutes after 7:00, half the interval in minutes)."""
    zero = at(7).timestamp()
    moments = [Moment(zero + 60 * m, zero + 60 * (m - half), zero + 60 * (m + half)) for _, m, half in calls]
    return [LiveCall(vehicle_id, trip, call[0], moment) for call, moment in zip(calls, moments, strict=True)]


@pytest.fixture
def city() -> Network:
    """R1 east along STRAIGHT at 7:00, 7:30, 8:00; R2 north across it at 7:10, 7:40."""
    return a_city(
        Way("R1", STRAIGHT, (7 * 3600, 7 * 3600 + 1800, 8 * 3600)), Way("R2", CROSS, (7 * 3600 + 600, 7 * 3600 + 2400))
    )


def test_the_next_bus_of_a_line_that_goes_through_is_taken(city: Network) -> None:
    first = journeys(city, "P0_0", "P3000_0")[0]
    assert (clock(first.leaves), clock(first.comes), first.changes) == ("07:00", "07:08", 0)
    assert [ride.pattern.route_id for ride in first.rides] == ["R1"]
    assert first.rides[0].stops == 6


def test_later_buses_follow_as_further_cards(city: Network) -> None:
    assert [clock(one.leaves) for one in journeys(city, "P0_0", "P3000_0")] == ["07:00", "07:30", "08:00"]


def test_a_change_takes_a_minute_and_the_bus_after_it_is_caught(city: Network) -> None:
    found = journeys(city, "P0_0", "P2000_2000")[0]
    assert [(ride.board, ride.alight) for ride in found.rides] == [("P0_0", "P2000_0"), ("P2000_0", "P2000_2000")]
    assert [clock(ride.leaves) for ride in found.rides] == ["07:00", "07:15"]
    assert found.changes == 1


def test_who_comes_too_late_for_the_last_bus_gets_nothing_today(city: Network) -> None:
    assert journeys(city, "P0_0", "P3000_0", at(8, 1)) == []


def test_the_way_against_the_direction_of_all_lines_is_none(city: Network) -> None:
    assert journeys(city, "P3000_0", "P0_0") == []


def test_walking_to_the_first_stop_and_from_the_last_counts(city: Network) -> None:
    planner = planner_of(city)
    request = ask("P0_0", "P3000_0", before_s=300.0, after_s=120.0)
    found = planner.journeys(planner.service(at(7)), request, at(7).timestamp())[0]
    assert (clock(found.leaves), clock(found.comes), found.walk_s) == ("07:25", "07:40", 420.0)


def test_a_live_bus_replaces_the_times_of_its_trip_and_no_other(city: Network) -> None:
    late = seen("BUS1", TripInstance("R1a1", MONDAY), (1, 9.0, 1.0), (7, 18.0, 2.0))
    first, second = journeys(city, "P0_0", "P3000_0", live=late)[:2]
    assert (clock(first.leaves), clock(first.comes), first.rides[0].source) == ("07:09", "07:18", Source.LIVE)
    assert (clock(second.leaves), second.rides[0].source) == ("07:30", Source.TIMETABLE)


def test_a_cancelled_trip_is_not_taken(city: Network) -> None:
    found = journeys(city, "P0_0", "P3000_0", disruption=Disruption(trips=frozenset([TripInstance("R1a1", MONDAY)])))
    assert clock(found[0].leaves) == "07:30"


def test_at_a_closed_stop_nobody_gets_on_or_off_and_the_bus_drives_on(city: Network) -> None:
    closed = Disruption(stops=frozenset(["P500_0"]))
    assert journeys(city, "P500_0", "P3000_0", disruption=closed) == []
    assert journeys(city, "P0_0", "P500_0", disruption=closed) == []
    assert clock(journeys(city, "P0_0", "P3000_0", disruption=closed)[0].leaves) == "07:00"


def test_a_suspended_direction_is_not_used(city: Network) -> None:
    suspended = Disruption(directions=frozenset([RouteDirection("R2", 0)]))
    assert journeys(city, "P0_0", "P2000_2000", disruption=suspended) == []
    assert journeys(city, "P0_0", "P3000_0", disruption=suspended)


def test_who_misses_a_bus_is_told_the_next_of_its_line(city: Network) -> None:
    planner = planner_of(city)
    service = planner.service(SEVEN)
    first, _, last = planner.journeys(service, ask("P0_0", "P3000_0"), SEVEN.timestamp())
    after = planner.after_missing(service, first.rides[0])
    assert after is not None
    assert clock(after) == "07:30"
    assert planner.after_missing(service, last.rides[0]) is None


def test_by_headway_half_of_it_is_waited_and_the_band_is_the_whole_of_it() -> None:
    found = journeys(a_network(headway=every(20)), "S0", "S4")[0]
    ride = found.rides[0]
    low, high = (ride.leaves.low - at(7).timestamp()) / 60, (ride.leaves.high - at(7).timestamp()) / 60
    assert (clock(ride.leaves), low, high, ride.source) == ("07:10", 0.0, 20.0, Source.HEADWAY)


def test_after_the_hours_of_a_headway_nothing_runs_and_before_them_the_first_bus_is_named() -> None:
    network = a_network(headway=every(20, 6 * 3600, 9 * 3600))
    assert journeys(network, "S0", "S4", at(9, 30)) == []
    assert clock(journeys(network, "S0", "S4", at(5))[0].leaves) == "06:00"


def test_over_the_terminal_of_a_loop_one_stays_seated() -> None:
    network = a_network(LOOP, headway=every(10))  # S0 at the terminal, S1, ... S7
    found = journeys(network, "S7", "S1")[0]
    assert (found.changes, found.rides[0].rounds, found.rides[0].stops) == (0, 1, 2)
    assert found.seconds < 10 * 60


def test_a_bus_on_a_loop_whose_next_round_is_predicted_has_the_same_times_for_those_who_stay_seated() -> None:
    network = a_network(LOOP, headway=every(10))
    (trip_id,) = network.trips
    this_round, next_round = TripInstance(trip_id, MONDAY, 6 * 3600 + 3000), TripInstance(trip_id, MONDAY, 7 * 3600 + 600)
    last = network.trips[trip_id].stop_times[-1].stop_sequence
    live = seen("BUS1", this_round, (last - 1, 2.0, 0.5), (last, 4.0, 1.0)) + seen(
        "BUS1", next_round, (1, 9.0, 2.0), (2, 11.0, 3.0)
    )
    seated, boarding = journeys(network, "S7", "S1", live=live)[0], journeys(network, "S0", "S1", live=live)[0]
    assert (seated.changes, seated.rides[0].rounds) == (0, 1)
    assert (clock(seated.leaves), clock(seated.comes)) == ("07:02", "07:11")
    assert seated.comes == boarding.comes


def test_of_two_ways_that_are_as_quick_the_one_without_a_change_is_shown_alone(city: Network) -> None:
    assert {one.changes for one in journeys(city, "P0_0", "P3000_0")} == {0}


def test_arriving_by_a_moment_leaves_as_late_as_possible(city: Network) -> None:
    planner = planner_of(city)
    by, since = at(7, 45).timestamp(), at(6).timestamp()
    found = planner.arriving_by(planner.service(at(7)), ask("P0_0", "P3000_0"), by, since)
    assert [clock(one.leaves) for one in found] == ["07:30", "07:00"]
    assert all(one.comes.at <= by for one in found)


def test_by_headway_who_waits_the_longest_is_still_in_time_and_where_nobody_is_so_sure_the_likely_one_is_named() -> None:
    network = a_network(headway=every(20))  # S0 to S4 in 8 minutes or so
    planner = planner_of(network)
    service = planner.service(at(7))

    def latest(hours: int, minutes: int) -> Journey:
        return planner.arriving_by(service, ask("S0", "S4"), at(hours, minutes).timestamp(), at(6).timestamp())[0]

    first = latest(8, 0)
    assert at(7, 59).timestamp() <= first.comes.high <= at(8).timestamp()
    assert first.rides[0].leaves.high - first.rides[0].leaves.low == pytest.approx(1200.0)
    early = latest(6, 10)
    assert early.comes.at <= at(6, 10).timestamp() < early.comes.high or early.comes.high == early.comes.at


def test_nothing_arrives_before_the_first_bus_does(city: Network) -> None:
    planner = planner_of(city)
    request = ask("P0_0", "P3000_0")
    assert planner.arriving_by(planner.service(at(7)), request, at(7, 5).timestamp(), at(6).timestamp()) == []


def test_the_last_journey_of_the_day_is_named(city: Network) -> None:
    planner = planner_of(city)
    service, until = planner.service(at(7)), at(23).timestamp()
    last = planner.last_of_day(service, ask("P0_0", "P3000_0"), at(7).timestamp(), until)
    assert last is not None
    assert clock(last.leaves) == "08:00"
    changing = planner.last_of_day(service, ask("P0_0", "P2000_2000"), at(7).timestamp(), until)
    assert changing is not None
    assert clock(changing.rides[0].leaves) == "07:30"
    assert planner.last_of_day(service, ask("P0_0", "P3000_0"), at(9).timestamp(), until) is None


@pytest.mark.parametrize(("spare_min", "least", "most"), [(-3.0, 0.05, 0.15), (0.0, 0.56, 0.62), (3.0, 0.9, 1.0)])
def test_the_chance_of_a_change_follows_from_both_intervals(city: Network, spare_min: float, least: float, most: float) -> None:
    """The first bus comes at 7:10 +- 2 min; the other leaves `spare_min` after that, +- 2 min."""
    live = seen("BUS1", TripInstance("R1a1", MONDAY), (1, 4.0, 1.0), (5, 10.0, 2.0))
    live += seen("BUS2", TripInstance("R2a1", MONDAY), (5, 10.0 + spare_min, 2.0), (9, 20.0 + spare_min, 2.0))
    planner = Planner(city, change_s=-600.0)  # a bus that is missed on average is offered, too
    found = planner.earliest(planner.service(at(7), live), ask("P0_0", "P2000_2000"), at(7).timestamp())[0]
    chance = found.change_chance(1)
    assert chance is not None
    assert least <= chance <= most


def test_a_bus_that_stands_at_the_stop_is_caught_a_little_more_often_than_it_is_missed() -> None:
    """It is predicted to come; while people get on it still stands there."""
    same = Moment(600.0, 480.0, 720.0)
    assert chance_to_catch(same, same, 0.0) == pytest.approx(0.5)
    assert 0.56 < chance_to_catch(same, same.later(STANDS_S), 0.0) < 0.62
    assert chance_to_catch(same, same.later(STANDS_S), 60.0) < 0.45


def test_the_chance_goes_by_the_middle_of_an_interval_for_the_time_shown_is_an_early_one() -> None:
    early = Moment(600.0, 540.0, 900.0)
    assert chance_to_catch(early, Moment(720.0, 720.0, 720.0), 0.0) == pytest.approx(0.5)
    assert chance_to_catch(early, Moment(900.0, 900.0, 900.0), 0.0) == pytest.approx(0.9, abs=0.001)


def test_who_changes_from_a_bus_to_the_same_bus_stays_seated_and_misses_nothing() -> None:
    network = a_city(Way("R1", STRAIGHT, (7 * 3600,)), Way("R2", [(4000.0, 0.0), (4000.0, 2000.0)], (7 * 3600 + 1200,)))
    live = seen("BUS1", TripInstance("R1a1", MONDAY), (1, 2.0, 1.0), (9, 14.0, 4.0))
    live += seen("BUS1", TripInstance("R2a1", MONDAY), (1, 17.0, 5.0), (5, 29.0, 6.0))
    planner = Planner(network)
    journey = planner.earliest(planner.service(at(7), live), ask("P500_0", "P4000_2000"), at(7).timestamp())[0]
    assert [ride.run.vehicle_id for ride in journey.rides] == ["BUS1", "BUS1"]
    assert journey.stays_seated(1)
    assert journey.change_chance(1) == 1.0


def test_without_a_bus_that_is_seen_no_chance_is_claimed(city: Network) -> None:
    assert journeys(city, "P0_0", "P2000_2000")[0].change_chance(1) is None


def test_a_stop_where_nobody_may_get_on_or_off_is_no_end_of_a_journey(city: Network) -> None:
    def changed(trip, stop_id, **values):
        calls = tuple(replace(call, **values) if call.stop_id == stop_id else call for call in trip.stop_times)
        return replace(trip, stop_times=calls)

    def network(stop_id, **values):
        trips = {one: changed(trip, stop_id, **values) for one, trip in city.trips.items()}
        return replace(city, trips=trips)

    assert journeys(network("P500_0", pickup_type=1), "P500_0", "P3000_0") == []
    assert journeys(network("P3000_0", drop_off_type=1), "P500_0", "P3000_0") == []
    assert journeys(network("P3000_0", pickup_type=1), "P500_0", "P3000_0")


ROWS = st.integers(0, 3)
LINES = st.lists(
    st.tuples(ROWS, st.booleans(), st.lists(st.integers(0, 170), min_size=1, max_size=4, unique=True)), min_size=2, max_size=6
)


@given(LINES, ROWS, ROWS, ROWS, ROWS)
@settings(max_examples=60)
def test_no_journey_is_beaten_by_an_independent_planner_and_none_beats_it(lines, x0, y0, x1, y1) -> None:
    """cafein (MIT), RAPTOR in Rust, over the same GTFS, with changes that take no time: the same arrivals, ride by ride."""
    cafein = pytest.importorskip("cafein")
    ways = [
        Way(f"L{n}", [(0.0, 2000.0 * row), (6000.0, 2000.0 * row)] if flat else [(2000.0 * row, 0.0), (2000.0 * row, 6000.0)],
            tuple(7 * 3600 + 60 * minutes for minutes in sorted(starts)))
        for n, (row, flat, starts) in enumerate(lines)
    ]  # fmt: skip
    network = a_city(*ways, stops_every_m=2000.0)
    start, end = f"P{2000 * x0}_{2000 * y0}", f"P{2000 * x1}_{2000 * y1}"
    if start == end or not {start, end} <= set(network.stops):
        return
    planner = Planner(network, change_s=0.0)
    ours = planner.earliest(planner.service(at(7)), ask(start, end), at(7).timestamp())
    theirs = oracle(cafein, network).route_between_stops(start, end, departure="2026-11-23 07:00:00", max_rides=4)
    best = min((arrival_of(one) for one in theirs), default=None)
    mine = min((round(one.comes.at - at(0).timestamp()) for one in ours), default=None)
    if best is None or mine is None:
        assert mine == best
    else:
        assert best <= mine < best + 60  # a further change must save a minute


def oracle(cafein, network: Network):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gtfs.zip"
        path.write_bytes(write_network(network))
        return cafein.TransportNetwork.from_gtfs(path, trip_distances=False, leg_geometries=False)


def arrival_of(journey) -> int:
    """Seconds of the day."""
    return round(journey["arrival_s"])


def test_journeys_are_the_same_whoever_asks_first(city: Network) -> None:
    planner = planner_of(city)
    service = planner.service(at(7))
    first = planner.journeys(service, ask("P0_0", "P3000_0"), at(7).timestamp())
    planner.journeys(service, ask("P0_0", "P2000_2000"), (at(7) + timedelta(hours=1)).timestamp())
    again = planner.journeys(service, ask("P0_0", "P3000_0"), at(7).timestamp())
    assert [one.legs for one in first] == [one.legs for one in again]
    assert all(isinstance(leg, Ride) for leg in first[0].legs)


def test_beyond_its_last_prediction_a_bus_goes_on_from_arrival_to_arrival(city: Network) -> None:
    """It stands three minutes at P1500_0: who gets off there does not wait for its departure."""
    trip = city.trips["R1a1"]
    calls = [
        replace(call, arrival_s=(call.arrival_s or 0) + 180 * (n > 3), departure_s=(call.departure_s or 0) + 180 * (n > 2))
        for n, call in enumerate(trip.stop_times)
    ]
    standing = replace(city, trips={**city.trips, "R1a1": replace(trip, stop_times=tuple(calls))})
    live = seen("BUS1", TripInstance("R1a1", MONDAY), (3, 5.0, 1.0))
    first = journeys(standing, "P1000_0", "P1500_0", live=live)[0]
    assert (clock(first.leaves), clock(first.comes)) == ("07:05", "07:06")


@given(LINES, ROWS, ROWS, ROWS, ROWS)
@settings(max_examples=60)
def test_what_is_left_out_of_a_search_leads_nowhere(lines, x0, y0, x1, y1) -> None:
    """Towards one stop only what can lead there is searched; to everywhere all of it is: the same arrival."""
    ways = [
        Way(f"L{n}", [(0.0, 2000.0 * row), (6000.0, 2000.0 * row)] if flat else [(2000.0 * row, 300.0), (2000.0 * row, 6300.0)],
            tuple(7 * 3600 + 60 * minutes for minutes in sorted(starts)))
        for n, (row, flat, starts) in enumerate(lines)
    ]  # fmt: skip
    network = a_city(*ways, stops_every_m=2000.0)  # of which the ways up cross the ways along 300 m beside their stops
    start, end = f"P{2000 * x0}_{2000 * y0}", f"P{2000 * x1}_{2000 * y1 + 300}"
    if not {start, end} <= set(network.stops):
        return
    planner = Planner(network)
    service, now = planner.service(at(7)), at(7).timestamp()
    towards = planner.earliest(service, ask(start, end), now)
    whole = planner.everywhere(service, {start: 0.0}, now).get(end)
    assert (whole is None) == (not towards)
    if whole is not None:
        assert whole.comes.at <= towards[-1].comes.at < whole.comes.at + 60  # a further change must save a minute


def test_after_the_last_of_four_buses_one_walks_to_a_stop_that_none_of_them_calls_at() -> None:
    corners = [(0.0, 0.0), (2000.0, 0.0), (2000.0, 2000.0), (4000.0, 2000.0), (4000.0, 4000.0)]
    ways = [Way(f"R{n}", list(line), ((7 + n) * 3600,)) for n, line in enumerate(pairwise(corners))]
    network = a_city(*ways, Way("R9", [(4000.0, 4300.0), (4000.0, 8000.0)], (20 * 3600,)))
    journey = journeys(network, "P0_0", "P4000_4300")[0]
    ends = [leg.to_stop if isinstance(leg, Walk) else leg.alight for leg in journey.legs]
    assert ends == ["P2000_0", "P2000_2000", "P4000_2000", "P4000_4000", "P4000_4300"]


def test_nobody_is_sent_on_foot_from_stop_to_stop_to_stop() -> None:
    """A bus stands for a quarter of an hour between two stops: to get off before it and walk past the second is too far."""
    city = a_city(
        Way("R1", [(0.0, 0.0), (900.0, 0.0)], (7 * 3600,)), Way("R2", [(1200.0, 0.0), (1200.0, 900.0)], (9 * 3600,)),
        stops_every_m=300.0,
    )  # fmt: skip
    trip = city.trips["R1a1"]
    late = 900  # seconds
    calls = (*trip.stop_times[:-1], replace(last := trip.stop_times[-1], arrival_s=(last.arrival_s or 0) + late,
                                            departure_s=(last.departure_s or 0) + late))  # fmt: skip
    network = replace(city, trips={**city.trips, "R1a1": replace(trip, stop_times=calls)})
    assert {"P900_0"} <= {other for other, _ in planner_of(network).walks["P600_0"]}
    assert "P1200_0" not in {other for other, _ in planner_of(network).walks["P600_0"]}
    journey = journeys(network, "P0_0", "P1200_0")[0]
    assert [leg.to_stop if isinstance(leg, Walk) else leg.alight for leg in journey.legs] == ["P900_0", "P1200_0"]


THERE_AND_BACK = (Way("R1", STRAIGHT, (7 * 3600,)), Way("R2", [(4000.0, 20.0), (0.0, 20.0)], (7 * 3600, 7 * 3600 + 1800)))


def test_the_bus_on_the_other_side_of_the_road_is_walked_to() -> None:
    """Once one was sent by R1 to its end, to come back by R2."""
    found = journeys(a_city(*THERE_AND_BACK), "P3000_0", "P500_20")[0]
    assert [leg.to_stop if isinstance(leg, Walk) else leg.pattern.route_id for leg in found.legs] == ["P3000_20", "R2"]
    assert (clock(found.rides[0].leaves), clock(found.comes), found.changes) == ("07:02", "07:09", 0)
    assert 15.0 < found.walk_s < 30.0
    assert [ride.pattern.route_id for ride in journeys(a_city(*THERE_AND_BACK), "P3000_0", "P3500_0")[0].rides] == ["R1"]


def test_nobody_walks_to_another_stop_for_the_bus_that_comes_past_anyway() -> None:
    city = a_city(Way("R1", STRAIGHT, (7 * 3600,)), stops_every_m=250.0)
    found = journeys(city, "P1000_0", "P3000_0", at(6))[0]
    assert [leg.board for leg in found.legs if isinstance(leg, Ride)] == ["P1000_0"], (
        "nor to the stop before, though it is early"
    )
    assert found.walk_s == 0.0
    planner = planner_of(city)
    near = Request({"P750_0": 300.0, "P1000_0": 120.0}, {"P3000_0": 0.0})
    assert planner.earliest(planner.service(at(6)), near, at(6).timestamp())[0].walk_s == 120.0


def test_a_stop_that_one_direction_passes_by_is_open_for_the_others() -> None:
    city = a_city(Way("R1", STRAIGHT, (7 * 3600,)), Way("R2", CROSS, (7 * 3600 + 600,)))
    passed = Disruption(calls=frozenset([(RouteDirection("R1", 0), "P2000_0")]))
    assert journeys(city, "P2000_0", "P3000_0", disruption=passed) == []
    assert journeys(city, "P0_0", "P3000_0", disruption=passed)
    assert journeys(city, "P2000_0", "P2000_2000", disruption=passed)


def test_a_change_to_the_last_bus_of_a_headway_may_be_missed_and_one_before_it_is_not() -> None:
    """R2 leaves P2000_0 every 20 minutes, the last time at about 08:46."""
    often = tuple(range(7 * 3600, 9 * 3600, 300))
    city = a_city(Way("R1", STRAIGHT, often), Way("R2", CROSS, headway=every(20, 7 * 3600, 9 * 3600)))

    def chance_at(minute: int) -> float:
        chance = journeys(city, "P0_0", "P2000_2000", at(8, minute))[0].change_chance(1)
        assert chance is not None
        return chance

    assert chance_at(16) == 1.0
    assert 0.98 < chance_at(22) < 1.0
    assert chance_at(32) == pytest.approx(0.79, abs=0.02), "one is there 5.5 minutes before, and half a headway is 10"
    planner = planner_of(city)
    service = planner.service(at(8))
    early, late = (planner.earliest(service, ask("P0_0", "P2000_2000"), at(8, minute).timestamp())[0] for minute in (0, 32))
    assert planner.after_missing(service, early.rides[1]) is not None
    assert planner.after_missing(service, late.rides[1]) is None
