"""Metres on the ground, and every place of a line that a fix may mean."""

from __future__ import annotations

from math import hypot

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import FIGURE_EIGHT, LOLLIPOP, LOOP, OUT_AND_BACK, STRAIGHT, along, length_of
from transit.plan.geometry import Area, Line, Plane, distance_m, stops_along

LINES = [STRAIGHT, LOOP, OUT_AND_BACK, LOLLIPOP, FIGURE_EIGHT]


@pytest.mark.parametrize("place", [(3.6, 98.5), (40.7, -74.0), (-33.9, 151.2), (69.6, 18.9)])
def test_a_plane_gives_back_the_place_it_was_given(place: tuple[float, float]) -> None:
    plane = Plane(place[0] + 0.1, place[1] - 0.1)
    assert plane.lat_lon(*plane.xy(*place)) == pytest.approx(place, abs=1e-9)


def test_a_degree_of_latitude_is_as_long_as_the_ellipsoid_says() -> None:
    x, y = Plane(3.6, 98.5).xy(3.61, 98.5)
    assert x == pytest.approx(0.0, abs=1e-6)
    assert y == pytest.approx(1105.8, abs=0.1)


def test_an_area_holds_its_border_and_nothing_beyond() -> None:
    area = Area(3.0, 98.0, 4.0, 99.0)
    assert area.contains(3.0, 99.0)
    assert not area.contains(4.001, 98.5)
    assert not area.contains(float("nan"), 98.5)


@pytest.mark.parametrize("line", LINES)
def test_a_line_is_as_long_as_its_segments(line: list[tuple[float, float]]) -> None:
    assert Line(line).length_m == pytest.approx(length_of(line))


def test_points_that_repeat_the_one_before_change_nothing() -> None:
    assert Line([(0, 0), (0, 0), (100, 0), (100, 0)]).xs == [0, 100]


def test_a_line_of_one_place_has_no_length_and_one_nearest_place() -> None:
    line = Line([(5.0, 5.0), (5.0, 5.0)])
    assert line.length_m == 0.0
    assert line.nearest(8.0, 9.0).off_m == pytest.approx(5.0)


def test_beyond_the_ends_the_ends_are_nearest() -> None:
    line = Line(STRAIGHT)
    assert line.nearest(-30.0, 40.0)[:2] == (0.0, 50.0)
    assert line.nearest(4030.0, 40.0)[:2] == (4000.0, 50.0)


def test_out_and_back_a_place_is_passed_twice() -> None:
    minima = Line(OUT_AND_BACK).minima(500.0, 10.0, 0.0, 4000.0, 50.0)
    assert [round(one.along_m) for one in minima] == [500, 3500]


def test_where_a_figure_eight_crosses_itself_both_passes_are_candidates() -> None:
    line = Line(FIGURE_EIGHT)
    minima = line.minima(1500.0, 500.0, 0.0, line.length_m, 50.0)
    assert len(minima) == 2
    assert all(one.off_m < 1.0 for one in minima)


def test_a_loop_begins_and_ends_at_one_place() -> None:
    line = Line(LOOP)
    assert [round(one.along_m) for one in line.minima(0.0, 0.0, 0.0, 4000.0, 50.0)] == [0, 4000]


def test_only_what_lies_within_the_window_and_the_limit_is_a_candidate() -> None:
    line = Line(OUT_AND_BACK)
    assert [round(one.along_m) for one in line.minima(500.0, 10.0, 0.0, 2000.0, 50.0)] == [500]
    assert line.minima(500.0, 60.0, 0.0, 4000.0, 50.0) == []


def test_a_window_that_ends_before_the_nearest_place_gives_its_end_with_the_true_distance() -> None:
    (only,) = Line(STRAIGHT).minima(500.0, 0.0, 0.0, 470.0, 50.0)
    assert only[:2] == (470.0, 30.0)


@given(st.sampled_from(LINES), st.floats(0.0, 1.0), st.floats(-40.0, 40.0), st.floats(-40.0, 40.0))
def test_the_true_place_of_a_fix_is_always_among_the_candidates(
    line: list[tuple[float, float]], share: float, dx: float, dy: float
) -> None:
    drawn = Line(line)
    x, y = along(line, share * drawn.length_m)
    minima = drawn.minima(x + dx, y + dy, 0.0, drawn.length_m, 60.0)
    # a corner moves the foot of the fix along the line, by no more than the error of the fix on each arm
    assert min(abs(one.along_m - share * drawn.length_m) for one in minima) < 2.5 * hypot(dx, dy) + 6.0
    assert min(one.off_m for one in minima) == pytest.approx(drawn.nearest(x + dx, y + dy).off_m, abs=1e-6)


@given(st.sampled_from(LINES), st.floats(-500.0, 3000.0), st.floats(-500.0, 1500.0))
def test_a_candidate_says_truly_how_far_off_it_lies(line: list[tuple[float, float]], x: float, y: float) -> None:
    drawn = Line(line)
    for one in drawn.minima(x, y, 0.0, drawn.length_m, 1e9):
        px, py = drawn.point_at(one.along_m)
        assert one.off_m == pytest.approx(hypot(x - px, y - py), abs=1e-6)


@pytest.mark.parametrize("line", LINES)
def test_stops_in_the_order_of_the_trip_lie_where_they_are_passed(line: list[tuple[float, float]]) -> None:
    total = length_of(line)
    wanted = [total * n / 8 for n in range(9)]
    assert stops_along(Line(line), [along(line, at) for at in wanted]) == pytest.approx(wanted, abs=0.1)


def test_stops_beside_the_street_keep_their_order() -> None:
    line = Line(OUT_AND_BACK)
    places = [(0.0, 12.0), (1000.0, 12.0), (1990.0, 0.0), (1000.0, -12.0), (0.0, -12.0)]
    assert stops_along(line, places) == pytest.approx([0.0, 1000.0, 1990.0, 3000.0, 4000.0], abs=25.0)


def test_a_wrong_hint_of_the_feed_does_not_turn_a_stop_to_the_other_pass() -> None:
    line = Line(OUT_AND_BACK)
    places = [(0.0, 0.0), (1000.0, 0.0), (2000.0, 0.0), (1000.0, 0.0), (0.0, 0.0)]
    found = stops_along(line, places, [0.0, 3000.0, 2000.0, 1000.0, 4000.0])
    assert found == pytest.approx([0.0, 1000.0, 2000.0, 3000.0, 4000.0], abs=0.1)


def test_a_hint_of_the_feed_decides_between_two_passes() -> None:
    line = Line(OUT_AND_BACK)
    places = [(0.0, 0.0), (1000.0, 0.0), (0.0, 0.0)]
    assert stops_along(line, places, [0.0, 3000.0, 4000.0])[1] == pytest.approx(3000.0, abs=0.1)
    assert stops_along(line, places, [0.0, 1000.0, 4000.0])[1] == pytest.approx(1000.0, abs=0.1)


def test_stops_in_another_order_than_the_shape_never_go_backwards() -> None:
    found = stops_along(Line(STRAIGHT), [(0.0, 0.0), (3000.0, 0.0), (1000.0, 0.0), (4000.0, 0.0)])
    assert list(found) == sorted(found)


somewhere = st.tuples(st.floats(-200, 2700), st.floats(-200, 1200))


@given(st.lists(somewhere, min_size=2, max_size=8), st.sampled_from(LINES))
def test_whatever_the_stops_their_distances_never_decrease(
    places: list[tuple[float, float]], line: list[tuple[float, float]]
) -> None:
    found = stops_along(Line(line), places)
    assert list(found) == sorted(found)
    assert len(found) == len(places)


def test_the_distance_holds_across_the_date_line() -> None:
    assert distance_m(0.0, 179.999, 0.0, -179.999) == pytest.approx(222.4, rel=0.005)
    assert distance_m(3.6, 98.5, 3.6, 98.5) == 0.0


def test_a_last_stop_between_two_passes_is_on_the_one_that_is_nearer():
    there_and_back = Line([(0.0, 0.0), (1000.0, 0.0), (1000.0, 20.0), (0.0, 20.0)])
    assert stops_along(there_and_back, [(0.0, 0.0), (500.0, 18.0)]) == (0.0, 1520.0)


def test_a_stop_that_lies_behind_costs_no_other_stop_its_place():
    """The second stop can only lie before the first; that stays on the pass that it is nearer to."""
    hook = Line([(0.0, 0.0), (1000.0, 0.0), (1000.0, 60.0), (400.0, 60.0)])
    assert stops_along(hook, [(700.0, 50.0), (100.0, 0.0)]) == (1360.0, 1660.0)
