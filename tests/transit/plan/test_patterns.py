"""The distinct ways of a network, where their stops lie on them, and when a trip is planned to be at each."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import (
    FIGURE_EIGHT,
    LOLLIPOP,
    LOOP,
    METRES_PER_DEGREE_LAT,
    OUT_AND_BACK,
    STRAIGHT,
    Way,
    a_city,
    a_network,
    a_shape,
)
from transit.plan.network import Network, Stop, StopTime, Trip, UnknownTrip
from transit.plan.patterns import DEFAULT_SPEED_MPS, patterns_of, planned_offsets


def changed(network: Network, trip_id: str, **fields: Any) -> Network:
    return replace(network, trips={**network.trips, trip_id: replace(network.trips[trip_id], **fields)})


def test_trips_with_the_same_stops_along_the_same_line_are_one_pattern() -> None:
    patterns = patterns_of(a_network())
    assert len(patterns.by_id) == 1
    assert patterns.of_trip("T1") is patterns.of_trip("T2")
    assert patterns.of_trip("T1").trip_ids == ("T1", "T2")


def test_a_trip_that_leaves_out_a_stop_is_another_pattern() -> None:
    network = a_network()
    calls = network.trips["T2"].stop_times
    patterns = patterns_of(changed(network, "T2", stop_times=calls[:3] + calls[4:]))
    assert patterns.of_trip("T1") is not patterns.of_trip("T2")


def test_both_directions_of_one_street_are_two_patterns() -> None:
    there, back = Way("R1", STRAIGHT, (25200,)), Way("R1", STRAIGHT[::-1], (28800,), 1)
    patterns = patterns_of(a_city(there, back))
    assert {p.direction_id for p in patterns.by_id.values()} == {0, 1}


def test_the_same_network_gives_the_same_patterns_and_the_same_names() -> None:
    network = a_network()
    assert patterns_of(network) is patterns_of(network)
    assert set(patterns_of(network).by_id) == set(patterns_of(a_network()).by_id)


@pytest.mark.parametrize("line", [STRAIGHT, LOOP, OUT_AND_BACK, LOLLIPOP, FIGURE_EIGHT])
@pytest.mark.parametrize("with_shape", [True, False])
def test_every_visit_of_a_stop_has_its_own_place_along_the_line(line: list[tuple[float, float]], with_shape: bool) -> None:
    pattern = patterns_of(a_network(line, 250.0, with_shape=with_shape)).of_trip("T1")
    steps = [after - before for before, after in pairwise(pattern.stop_dist_m)]
    # straight lines between stops cut the corners of a figure-eight; on the shape the stops lie evenly
    assert min(steps) > (245.0 if with_shape else 90.0)
    assert max(steps) < 260.0
    assert pattern.start_m == pytest.approx(0.0, abs=1.0)
    assert pattern.end_m == pytest.approx(pattern.line.length_m, abs=1.0)


def test_out_and_back_a_stop_is_visited_twice() -> None:
    pattern = patterns_of(a_network(OUT_AND_BACK)).of_trip("T1")
    first, second = (n for n, stop_id in enumerate(pattern.stop_ids) if stop_id == "S1")
    assert pattern.stop_dist_m[first] == pytest.approx(500.0, abs=1.0)
    assert pattern.stop_dist_m[second] == pytest.approx(3500.0, abs=4.0)
    assert pattern.stop_sequences[first] != pattern.stop_sequences[second]


def test_without_a_shape_the_line_goes_straight_from_stop_to_stop() -> None:
    pattern = patterns_of(a_network(LOOP, with_shape=False)).of_trip("T1")
    assert not pattern.has_shape
    assert pattern.line.length_m == pytest.approx(4000.0, rel=0.002)


def test_a_shape_that_was_drawn_against_the_trip_is_turned_round() -> None:
    network = a_network()
    shape = network.shapes["shape"]
    turned = replace(network, shapes={"shape": replace(shape, points=shape.points[::-1])})
    assert patterns_of(turned).of_trip("T1").stop_dist_m == pytest.approx(patterns_of(network).of_trip("T1").stop_dist_m)
    assert patterns_of(turned).of_trip("T1").has_shape


def test_a_shape_that_leads_elsewhere_is_not_used() -> None:
    network = a_network()
    shape = network.shapes["shape"]
    moved = tuple(replace(point, lat=point.lat + 0.05) for point in shape.points)
    pattern = patterns_of(replace(network, shapes={"shape": replace(shape, points=moved)})).of_trip("T1")
    assert not pattern.has_shape
    assert pattern.end_m == pytest.approx(patterns_of(network).of_trip("T1").end_m, rel=0.05)


def test_a_shape_half_a_kilometre_from_its_stops_is_the_trips_and_one_farther_off_is_another_trips() -> None:
    network = a_network()
    shape = network.shapes["shape"]

    def has_shape(north_m: float) -> bool:
        moved = tuple(replace(point, lat=point.lat + north_m / METRES_PER_DEGREE_LAT) for point in shape.points)
        return patterns_of(replace(network, shapes={"shape": replace(shape, points=moved)})).of_trip("T1").has_shape

    assert has_shape(450.0)
    assert not has_shape(600.0)


def test_a_shape_that_is_missing_or_a_single_point_is_no_shape() -> None:
    network = a_network()
    assert not patterns_of(replace(network, shapes={})).of_trip("T1").has_shape
    point = replace(network.shapes["shape"], points=network.shapes["shape"].points[:1])
    assert not patterns_of(replace(network, shapes={"shape": point})).of_trip("T1").has_shape


def test_a_stop_twice_in_a_row_lies_twice_at_the_same_place() -> None:
    network = a_network(with_shape=False)
    first = network.trips["T1"].stop_times[0]
    calls = (replace(first, stop_sequence=0), *network.trips["T1"].stop_times)
    pattern = patterns_of(changed(network, "T1", stop_times=calls)).of_trip("T1")
    assert pattern.stop_dist_m[:2] == (0.0, 0.0)
    assert pattern.end_m == pytest.approx(pattern.line.length_m)


def test_trips_that_cannot_be_drawn_have_no_pattern() -> None:
    network = a_network()
    short = changed(network, "T2", stop_times=network.trips["T2"].stop_times[:1])
    assert patterns_of(short).find("T2") is None
    with pytest.raises(UnknownTrip):
        patterns_of(short).of_trip("T2")
    with pytest.raises(UnknownTrip):
        patterns_of(short).planned("nobody")


def test_a_stop_without_a_place_borrows_that_of_its_station() -> None:
    network = a_network()
    stops = {**network.stops, "HALL": replace(network.stops["S1"], stop_id="HALL", location_type=1)}
    stops["S1"] = Stop("S1", "Bay", None, None, parent_station="HALL")
    assert patterns_of(replace(network, stops=stops)).of_trip("T1").stop_dist_m[1] == pytest.approx(500.0, abs=1.0)


def test_the_feeds_own_distances_come_in_any_unit() -> None:
    network = a_network(OUT_AND_BACK)
    drawn = zip(network.shapes["shape"].points, (0.0, 1.25, 2.5), strict=True)
    points = tuple(replace(point, dist_traveled=distance) for point, distance in drawn)
    calls = tuple(replace(c, shape_dist_traveled=2.5 * n / 8) for n, c in enumerate(network.trips["T1"].stop_times))
    shapes = {"shape": replace(network.shapes["shape"], points=points)}
    marked = changed(replace(network, shapes=shapes), "T1", stop_times=calls)
    assert patterns_of(marked).of_trip("T1").stop_dist_m == pytest.approx([500.0 * n for n in range(9)], rel=0.005, abs=1.0)


def a_trip(*times: int | None) -> Trip:
    return Trip("T", "R", "S", tuple(StopTime(f"S{n}", n, at, at) for n, at in enumerate(times)))


def test_times_that_are_not_given_lie_between_those_that_are_by_distance() -> None:
    offsets = planned_offsets(a_trip(0, None, None, 600), (0.0, 1000.0, 1500.0, 3000.0))
    assert [at for at, _ in offsets] == pytest.approx([0.0, 200.0, 300.0, 600.0])


def test_without_distances_they_lie_evenly() -> None:
    assert [at for at, _ in planned_offsets(a_trip(0, None, None, 600))] == pytest.approx([0.0, 200.0, 400.0, 600.0])


def test_a_bus_dwells_before_it_goes_on_to_the_stops_without_a_time() -> None:
    calls = (StopTime("A", 1, 0, 100), StopTime("B", 2, None, None), StopTime("C", 3, 300, 310))
    offsets = planned_offsets(Trip("T", "R", "S", calls), (0.0, 500.0, 1000.0))
    assert offsets == ((0.0, 100.0), (200.0, 200.0), (300.0, 310.0))


def test_before_the_first_and_beyond_the_last_time_a_bus_goes_at_a_usual_speed() -> None:
    offsets = planned_offsets(a_trip(None, 3600, None), (0.0, 1000.0, 2000.0))
    assert offsets[0][0] == 3600 - 1000.0 / DEFAULT_SPEED_MPS
    assert offsets[2][0] == 3600 + 1000.0 / DEFAULT_SPEED_MPS


def test_a_trip_without_any_time_goes_at_a_usual_speed_from_its_start() -> None:
    assert planned_offsets(a_trip(None, None), (0.0, 1000.0)) == ((0.0, 0.0), (200.0, 200.0))


gaps_between_times = st.lists(st.one_of(st.none(), st.integers(0, 300)), min_size=2, max_size=12)


@given(gaps_between_times, st.lists(st.floats(0, 800), min_size=12, max_size=12))
def test_planned_times_never_decrease_whatever_is_left_out(gaps: list[int | None], steps: list[float]) -> None:
    times, clock = [], 0
    for gap in gaps:
        clock += gap or 0
        times.append(None if gap is None else clock)
    dists = tuple(sum(steps[:n]) for n in range(len(times)))
    offsets = [at for call in planned_offsets(a_trip(*times), dists) for at in call]
    assert all(after >= before - 1e-9 for before, after in pairwise(offsets))


def test_what_is_kept_of_planned_times_is_what_each_trip_says():
    plain = a_network(first_departures=(7 * 3600, 8 * 3600, 9 * 3600))
    silent = plain.trip("T3").stop_times
    calls = (silent[0], replace(silent[1], arrival_s=None, departure_s=None), *silent[2:])
    network = replace(plain, trips={**plain.trips, "T3": replace(plain.trip("T3"), stop_times=calls)})
    found = patterns_of(network)
    for trip_id, trip in network.trips.items():
        assert found.offsets[trip_id] == planned_offsets(trip, found.of_trip(trip_id).stop_dist_m)
    assert list(found.offsets) == ["T1", "T2", "T3"]
    assert "T4" not in found.offsets
    assert found.offsets.get("T4") is None


def test_a_trip_with_one_stop_that_lies_nowhere_has_no_pattern() -> None:
    network = a_network()
    nowhere = replace(network, stops={**network.stops, "S3": replace(network.stops["S3"], lat=None, lon=None)})
    assert patterns_of(nowhere).find("T1") is None


def test_before_the_first_time_of_a_bus_that_dwells_there_its_arrival_counts() -> None:
    calls = (StopTime("A", 1, None, None), StopTime("B", 2, 3600, 3700), StopTime("C", 3, 4000, 4000))
    offsets = planned_offsets(Trip("T", "R", "S", calls), (0.0, 1000.0, 2000.0))
    assert offsets[0] == (3600 - 1000.0 / DEFAULT_SPEED_MPS,) * 2


def test_a_trip_is_planned_to_move_evenly_from_a_departure_to_the_next_arrival() -> None:
    patterns = patterns_of(a_network())
    planned, dists = patterns.planned("T1"), patterns.of_trip("T1").stop_dist_m
    assert patterns.planned_along("T1", dists[2]) == pytest.approx(planned[2][0])
    halfway_s = patterns.planned_along("T1", (dists[1] + dists[2]) / 2)
    assert halfway_s == pytest.approx((planned[1][1] + planned[2][0]) / 2)


def test_a_trip_is_planned_to_stay_at_its_first_stop_before_and_at_its_last_behind_it() -> None:
    patterns = patterns_of(a_network())
    planned, dists = patterns.planned("T1"), patterns.of_trip("T1").stop_dist_m
    assert patterns.planned_along("T1", dists[0] - 10.0) == planned[0][1]
    assert patterns.planned_along("T1", dists[-1] + 10.0) == planned[-1][0]
    with pytest.raises(UnknownTrip):
        patterns.planned_along("T9", 0.0)


def with_line_of(network: Network, line: list[tuple[float, float]]) -> Network:
    return replace(network, shapes={"shape": a_shape(line)})


@pytest.mark.parametrize(("every_m", "is_believed"), [(500.0, True), (2500.0, True), (4000.0, False)])
def test_a_shape_that_only_joins_its_stops_says_nothing_of_the_way_where_they_are_far_apart(every_m, is_believed) -> None:
    line = [(0.0, 0.0), (20000.0, 0.0)]
    network = a_network(line, every_m)
    stops = [(every_m * n, 0.0) for n in range(round(20000.0 / every_m) + 1)]
    assert patterns_of(with_line_of(network, stops)).of_trip("T1").has_shape is is_believed
    assert patterns_of(with_line_of(network, [*stops[:2], (1.5 * every_m, 30.0), *stops[2:]])).of_trip("T1").has_shape
    assert patterns_of(network).of_trip("T1").has_shape  # two points: a straight road, with the stops on it


@pytest.mark.parametrize("turned", [False, True], ids=["its end", "its beginning"])
def test_a_shape_that_misses_a_branch_is_led_from_stop_to_stop_there(turned: bool) -> None:
    """Stops each two kilometres; of sixteen kilometres the last six, or the first, are not drawn."""
    first_m = 6000.0 if turned else 0.0
    line = [(first_m, 0.0), (first_m + 5000.0, 30.0), (first_m + 10000.0, 0.0)]
    pattern = patterns_of(with_line_of(a_network([(0.0, 0.0), (16000.0, 0.0)], 2000.0), line)).of_trip("T1")
    assert pattern.has_shape
    assert pattern.stop_dist_m == pytest.approx([2000.0 * n for n in range(9)], abs=5.0)
    assert pattern.line.length_m == pytest.approx(16000.0, abs=5.0)
    assert pattern.undrawn == ({0, 1, 2} if turned else {5, 6, 7})
    assert max(pattern.drawn_off_m, default=0.0) < 40.0


def test_a_shape_that_leads_elsewhere_in_its_middle_comes_back_to_it() -> None:
    away = [(0.0, 0.0), (5000.0, 0.0), (6000.0, 3000.0), (8000.0, 3000.0), (9000.0, 0.0), (16000.0, 0.0)]
    pattern = patterns_of(with_line_of(a_network([(0.0, 0.0), (16000.0, 0.0)], 2000.0), away)).of_trip("T1")
    assert pattern.undrawn == {2, 3, 4}
    assert [b - a for a, b in pairwise(pattern.stop_dist_m)][2:5] == pytest.approx([2000.0, 2000.0, 2000.0], abs=900.0)


def test_stops_a_few_hundred_metres_beside_a_shape_stay_on_it() -> None:
    aside = [(0.0, 400.0), (16000.0, 400.0)]
    pattern = patterns_of(with_line_of(a_network([(0.0, 0.0), (16000.0, 0.0)], 2000.0), aside)).of_trip("T1")
    assert pattern.undrawn == frozenset()
    assert max(pattern.drawn_off_m) == pytest.approx(400.0, abs=1.0)
