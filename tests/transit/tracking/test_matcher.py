"""The filter itself: what each fix does to the hypotheses about a vehicle."""

from __future__ import annotations

from datetime import datetime, timedelta
from math import exp

import pytest

from tests.builders import LOOP, OUT_AND_BACK, SEVEN, STRAIGHT, Way, a_city, a_drive, a_network, a_report, along
from transit.plan.network import Network
from transit.tracking.hypotheses import MOST, AssignmentContext, Belief, Hypothesis, Observation
from transit.tracking.likelihood import departure_m, emission, sigma_m
from transit.tracking.matcher import GAP_S, Matcher
from transit.tracking.pipeline import Pipeline
from transit.tracking.state import VehicleStatus
from transit.tracking.trip_choice import AssignmentHint

HOUR = 3600
Line = list[tuple[float, float]]


class Followed:
    """A vehicle's belief, fix after fix; places in metres east and north of the cast's origin."""

    def __init__(self, network: Network) -> None:
        self.matcher = Matcher(network)
        lat_lon = network.stops[next(iter(network.stops))]
        assert lat_lon.lat is not None
        assert lat_lon.lon is not None
        self.x0, self.y0 = self.matcher.patterns.plane.xy(lat_lon.lat, lat_lon.lon)  # of the first stop, the cast's origin
        self.belief: Belief | None = None

    def see(
        self, where: tuple[float, float], at: datetime, bearing: float | None = None, hint: AssignmentHint | None = None
    ) -> Belief:
        fix = Observation(at.timestamp(), self.x0 + where[0], self.y0 + where[1], bearing)
        self.belief = self.matcher.step(self.belief, fix, AssignmentContext(hint or AssignmentHint()))
        return self.belief

    def drive(
        self, line: Line, from_m: float, to_m: float, start: datetime, every_s: float = 20.0, speed: float = 6.0
    ) -> Belief:
        belief, metres, n = self.belief, from_m, 0
        while metres <= to_m:
            belief = self.see(along(line, metres), start + timedelta(seconds=n * every_s))
            metres, n = metres + speed * every_s, n + 1
        assert belief is not None
        return belief

    def share(self, pattern_id: str) -> float:
        assert self.belief is not None
        every = sum(exp(h.total) for h in self.belief.hypotheses) + exp(self.belief.out)
        return sum(exp(h.total) for h in self.belief.hypotheses if h.pattern_id == pattern_id) / every

    def best(self) -> Hypothesis:
        assert self.belief is not None
        return self.belief.hypotheses[0]


def at_m(seconds: float) -> datetime:
    return SEVEN + timedelta(seconds=seconds)


def test_at_first_every_pass_of_a_street_is_a_reading() -> None:
    bus = Followed(a_network(OUT_AND_BACK, first_departures=(7 * HOUR - 300, 7 * HOUR + 60)))
    belief = bus.see((500.0, 5.0), SEVEN)
    assert {round(h.along_m, -2) for h in belief.hypotheses} == {500.0, 3500.0}


def test_two_fixes_tell_the_way_out_from_the_way_back() -> None:
    for line, expected in ((OUT_AND_BACK, 700.0), (OUT_AND_BACK[::-1], 3500.0)):
        bus = Followed(a_network(OUT_AND_BACK, first_departures=(7 * HOUR - 300, 7 * HOUR - 120)))
        start = 500.0 if expected == 700.0 else 3300.0
        bus.see(along(line, start), SEVEN)
        bus.see(along(line, start + 200.0), at_m(33))
        assert bus.best().along_m == pytest.approx(expected, abs=30.0)


def test_a_bearing_tells_it_at_once() -> None:
    network = a_network(OUT_AND_BACK, first_departures=(7 * HOUR - 350, 7 * HOUR - 50))
    for bearing, expected in ((90.0, 500.0), (270.0, 3500.0)):
        bus = Followed(network)
        bus.see((500.0, 0.0), SEVEN, bearing)
        assert bus.best().along_m == pytest.approx(expected, abs=10.0)


def test_a_bus_that_stands_tells_nothing_new() -> None:
    bus = Followed(a_network())
    bus.drive(STRAIGHT, 600.0, 1200.0, at_m(100))
    assert bus.belief is not None
    before = [(h.pattern_id, h.along_m, round(h.weight, 6)) for h in bus.belief.hypotheses]
    for n in range(20):
        bus.see((1200.0 + (n % 3), 2.0), at_m(220 + 5 * n))
    after = [(h.pattern_id, h.along_m) for h in bus.belief.hypotheses]
    assert after[0] == before[0][:2]


def test_never_further_than_it_can_have_driven() -> None:
    bus = Followed(a_network(LOOP, 250.0))
    bus.drive(LOOP, 100.0, 700.0, at_m(20), every_s=10.0)
    furthest = max(h.along_m for h in bus.belief.hypotheses)  # type: ignore[union-attr]
    assert furthest < 1000.0  # although the loop's last leg ends where it began


def test_bearings_and_directions_part_two_patterns_on_one_street() -> None:
    times = tuple(6 * HOUR + 600 * n for n in range(12))
    network = a_city(Way("R1", STRAIGHT, times), Way("R1", STRAIGHT[::-1], times, 1))
    bus = Followed(network)
    there, back = (bus.matcher.patterns.of_trip(name).pattern_id for name in ("R1a1", "R1b1"))
    bus.drive(STRAIGHT, 1000.0, 1600.0, SEVEN)
    assert bus.share(there) > 0.95
    assert bus.share(back) < 0.05


def test_after_a_long_silence_everything_begins_anew() -> None:
    bus = Followed(a_network())
    bus.drive(STRAIGHT, 600.0, 1200.0, at_m(100))
    belief = bus.see((3000.0, 0.0), at_m(220 + GAP_S + 1))
    assert belief.before is None


def test_a_vehicle_where_nothing_runs_is_out_of_service() -> None:
    bus = Followed(a_network())
    belief = bus.see((1500.0, 2500.0), SEVEN)
    assert belief.hypotheses == []
    assert belief.out == 0.0


def test_where_no_trip_can_be_meant_there_is_no_reading() -> None:
    bus = Followed(a_network())
    assert bus.drive(STRAIGHT, 500.0, 1500.0, SEVEN + timedelta(hours=8)).hypotheses == []


def test_a_trip_told_on_the_way_becomes_a_reading_at_once() -> None:
    times = (7 * HOUR,)
    city = a_city(Way("R1", STRAIGHT, times), Way("R2", STRAIGHT[::-1], times, 1))
    bus = Followed(city)
    bus.drive(STRAIGHT, 600.0, 1800.0, at_m(100))
    told = bus.matcher.patterns.of_trip("R2b1").pattern_id
    assert told not in {h.pattern_id for h in bus.belief.hypotheses}  # type: ignore[union-attr]
    belief = bus.see((1920.0, 0.0), at_m(320), hint=AssignmentHint(trip_id="R2b1"))
    assert told in {h.pattern_id for h in belief.hypotheses}


def test_the_best_reading_comes_first_and_there_are_never_too_many() -> None:
    ways = [Way(f"R{n}", STRAIGHT, tuple(6 * HOUR + 300 * m for m in range(30))) for n in range(40)]
    bus = Followed(a_city(*ways))
    belief = bus.drive(STRAIGHT, 500.0, 1500.0, SEVEN)
    totals = [h.total for h in belief.hypotheses]
    assert totals == sorted(totals, reverse=True)
    assert len(totals) <= MOST
    assert max(*totals, belief.out) == pytest.approx(0.0, abs=0.01)


def test_a_fix_on_the_line_is_likelier_than_one_beside_it_and_no_fix_is_impossible() -> None:
    matcher = Matcher(a_network())
    pattern = matcher.patterns.of_trip("T1")
    densities = [emission(pattern, pattern.line.nearest(*_beside(matcher, off))) for off in (0.0, 20.0, 60.0, 2000.0)]
    assert densities == sorted(densities, reverse=True)
    assert densities[0] == pytest.approx(0.0, abs=0.01)
    assert densities[-1] > -60.0


def _beside(matcher: Matcher, off_m: float) -> tuple[float, float]:
    line = matcher.patterns.of_trip("T1").line
    x, y = line.point_at(2000.0)
    return x, y + off_m


def test_without_a_shape_the_middle_between_two_stops_says_less_than_a_stop() -> None:
    pattern = Matcher(a_network(stops_every_m=1000.0, with_shape=False)).patterns.of_trip("T1")
    assert sigma_m(pattern, 0, 500.0) > 3 * sigma_m(pattern, 0, 0.0)
    drawn = Matcher(a_network(stops_every_m=1000.0)).patterns.of_trip("T1")
    assert sigma_m(drawn, 0, 500.0) == sigma_m(drawn, 0, 0.0) == sigma_m(pattern, 0, 0.0)


def test_a_near_second_stop_shortens_the_way_that_counts_as_departed() -> None:
    assert departure_m(Matcher(a_network()).patterns.of_trip("T1")) == 60.0
    assert departure_m(Matcher(a_network(stops_every_m=80.0)).patterns.of_trip("T1")) == pytest.approx(40.0, abs=1.0)


def test_only_patterns_that_begin_nearby_can_be_waited_for() -> None:
    network = a_city(Way("R1", STRAIGHT, (7 * HOUR,)), Way("R2", [(2000.0, 0.0), (2000.0, 3000.0)], (7 * HOUR,)))
    bus = Followed(network)
    (found,) = bus.matcher.starts_near(bus.x0 + 2000.0, bus.y0 + 40.0)
    assert found[0].route_id == "R2"
    assert found[1] == pytest.approx(40.0, abs=3.0)


def test_a_vehicle_seen_standing_at_the_start_of_a_loop_has_not_driven_round_it_meanwhile() -> None:
    bus = Followed(a_network(LOOP, 250.0))
    for n in range(31):
        bus.see((3.0 * (n % 2), 0.0), at_m(20.0 * n - 600.0))
    belief = bus.see(along(LOOP, 30.0), at_m(20.0))
    assert all(h.along_m < 1000.0 for h in belief.hypotheses)
    assert belief.ended is None
    assert bus.best().waiting


def test_a_vehicle_that_joins_the_line_against_its_direction_is_hardly_believed_to_be_on_it() -> None:
    """Seen on the line while it is too early for any trip, a quarter of an hour later 120 m further on, or 120 m back."""

    def belief_in(metres: float) -> float:
        bus = Followed(a_network(STRAIGHT, first_departures=(7 * HOUR,)))
        now_s = metres / 6.0 - 640.0  # by the plan it would be here in 640 s
        assert bus.see((2000.0, 5.0), at_m(now_s - 900.0)).hypotheses == []
        (found,) = bus.see((metres, 5.0), at_m(now_s)).hypotheses
        assert found.along_m == pytest.approx(metres, abs=1.0)
        return found.weight

    assert belief_in(2120.0) == pytest.approx(belief_in(1880.0) + 3.0, abs=0.1)


def test_who_is_told_its_trip_may_drive_up_to_its_terminal_and_leave_beside_the_line() -> None:
    """A fix every two minutes: 200 m from the first stop, then 130 m beside the line."""

    def seen(hint: AssignmentHint) -> Followed:
        bus = Followed(a_city(Way("R1", STRAIGHT, (7 * HOUR,))))
        for where, seconds in (((0.0, 60.0), -240.0), ((0.0, 200.0), -120.0), ((700.0, 130.0), 60.0)):
            bus.see(where, at_m(seconds), hint=hint)
        return bus

    told = seen(AssignmentHint(trip_id="R1a1"))
    assert not told.best().waiting
    assert told.best().along_m == pytest.approx(700.0, abs=1.0)
    untold = seen(AssignmentHint())
    assert untold.belief is not None
    assert untold.belief.hypotheses == []  # who is told nothing is on no trip there


@pytest.mark.parametrize(("silent_s", "is_anew"), [(1490.0, False), (1510.0, True)])
def test_after_twenty_five_minutes_of_silence_all_is_believed_anew(silent_s: float, is_anew: bool) -> None:
    bus = Followed(a_network())
    before = bus.drive(STRAIGHT, 0.0, 1200.0, SEVEN)
    since = {h.pattern_id: h.since for h in before.hypotheses}
    last_s = before.seen - SEVEN.timestamp()
    after = bus.see((3000.0, 0.0), at_m(last_s + silent_s))
    assert (after.before is None) is is_anew
    assert all((h.since > since[h.pattern_id]) is is_anew for h in after.hypotheses if not h.waiting)


def test_a_bus_that_went_round_a_block_in_a_short_silence_is_where_it_came_out():
    """1,240 m along its line in 95 s, and 210 m as the crow flies: more than three times as far, and driven all the same."""
    network = a_network([(0.0, 0.0), (600.0, 0.0), (600.0, 200.0), (-2000.0, 200.0)], stops_every_m=400.0)
    pipeline = Pipeline(network)
    for report in a_drive([(0.0, 0.0), (600.0, 0.0)], speed_mps=10.0, every_s=5.0, to_m=50.0):
        pipeline.step(report)
    state = pipeline.step(a_report((110.0, 200.0), SEVEN + timedelta(seconds=100))).state
    assert state is not None
    assert state.matched.status is VehicleStatus.ON_TRIP
    assert state.matched.shape_dist_traveled_m == pytest.approx(1290.0, abs=10.0)


@pytest.mark.parametrize(("unseen_s", "is_there"), [(400.0, True), (None, False)])
def test_after_a_frozen_receiver_a_bus_may_be_as_far_as_it_can_have_come_since_it_froze(
    unseen_s: float | None, is_there: bool
) -> None:
    """Its last fix is 40 s old, and 2.4 km back: too far for 40 s."""
    bus = Followed(a_network())
    belief = bus.drive(STRAIGHT, 0.0, 1200.0, SEVEN)
    t = belief.seen + 40.0
    fix = Observation(t, bus.x0 + 3600.0, bus.y0, None, unseen_since=None if unseen_s is None else t - unseen_s)
    after = bus.matcher.step(belief, fix, AssignmentContext())
    assert (after.hypotheses[0].along_m > 3500.0 and after.hypotheses[0].off_m < 20.0) is is_there


BEND = [
    (0.0, 0.0),
    (3000.0, 0.0),
    (3000.0, 350.0),
    (3150.0, 350.0),
    (3150.0, 0.0),
]  # its end lies 150 m beside a street of its own


def test_who_comes_near_its_terminal_by_another_way_has_not_arrived_there() -> None:
    """The line makes a bend of 850 m before its last stop; the bus drives the 140 m across, as one out of service does."""
    bus = Followed(a_network(BEND))
    bus.drive(BEND, 1200.0, 3000.0, SEVEN)
    belief = bus.see((3140.0, 0.0), at_m(360.0))
    arrived = max(one.total for one in belief.hypotheses if one.arrived_at is not None)
    elsewhere = max(one.total for one in belief.hypotheses if one.arrived_at is None)
    assert arrived < elsewhere + 1.0  # nothing is sure yet; without the way that it did not drive it would be 4.7 likelier


def test_who_cuts_off_a_corner_of_its_terminal_has_arrived_there() -> None:
    bus = Followed(a_network(BEND))
    bus.drive(BEND, 1200.0, 3700.0, SEVEN)
    belief = bus.see((3140.0, 10.0), at_m(460.0))
    assert belief.hypotheses[0].arrived_at is not None
