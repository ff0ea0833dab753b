"""What a bus runs after its present trip, and when that comes: by its block, by habit, by geometry, or nothing is said."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.builders import MONDAY, SEVEN, STRAIGHT, Way, a_city, a_trip_instance, at, every
from tests.driving import Drive, a_drive_of, a_state, play
from transit.forecasting.explanation import recompute
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.prediction import Tier
from transit.plan.network import TripInstance

HOUR = 3600
BACK = STRAIGHT[::-1]
PENDULUM = a_city(Way("R1", STRAIGHT, headway=every(15)), Way("R1", BACK, (), 1, headway=every(15)))  # 4 km, 11 minutes


def near_the_end(network=PENDULUM, now=SEVEN, trip=None, vehicle_id="BUS1"):
    """A bus 400 m before the last stop of R1a1."""
    trip = trip or a_trip_instance("R1a1", 7 * HOUR)
    return a_state(network, now, trip, 3600.0, 9, vehicle_id)


def of_the_next(forecaster, states, now=SEVEN):
    return [one for one in forecaster.predict(states, now, next_trips=True) if one.tier is Tier.NEXT_TRIP]


def test_a_bus_near_the_end_is_expected_on_the_way_back():
    found = of_the_next(Forecaster(PENDULUM), [near_the_end()])
    assert {one.trip.trip_id for one in found} == {"R1b1"}
    assert [one.stop_sequence for one in found] == list(range(1, 10))
    assert found[0].is_departure
    assert SEVEN + timedelta(seconds=60) < found[0].predicted_at < SEVEN + timedelta(minutes=8)
    assert all(one.low_at <= one.predicted_at <= one.high_at for one in found)


def test_the_way_back_is_asked_for_and_not_added_to_the_others():
    forecaster = Forecaster(PENDULUM)
    plain = forecaster.predict([near_the_end()], SEVEN)
    assert {one.tier for one in plain} == {Tier.LIVE}
    assert forecaster.predict([near_the_end()], SEVEN, next_trips=True)[: len(plain)] == plain


def test_two_buses_are_never_expected_on_the_same_departure():
    states = [near_the_end(vehicle_id=name) for name in ("BUS1", "BUS2", "BUS3")]
    trips = {(one.vehicle_id, one.trip) for one in of_the_next(Forecaster(PENDULUM), states)}
    assert len(trips) == len({trip for _, trip in trips}) == 3


def test_the_block_says_what_follows_and_it_does_not_leave_before_its_time():
    city = a_city(
        Way("R1", STRAIGHT, (7 * HOUR,), 0, ("B1",)),
        Way("R2", BACK, (7 * HOUR + 30 * 60,), 0, ("B1",)),
        Way("R1", BACK, (7 * HOUR + 15 * 60,), 1),
    )
    now = at(7, 10)
    found = of_the_next(Forecaster(city), [near_the_end(city, now, a_trip_instance("R1a1"))], now)
    assert {one.trip for one in found} == {TripInstance("R2a1", MONDAY, None)}
    assert at(7, 28) < found[0].predicted_at < at(7, 36)


def test_without_a_block_the_next_departure_of_the_way_back_is_meant():
    city = a_city(Way("R1", STRAIGHT, (7 * HOUR,)), Way("R1", BACK, tuple(7 * HOUR + 60 * n for n in (5, 25, 45)), 1))
    now = at(7, 10)
    found = of_the_next(Forecaster(city), [near_the_end(city, now, a_trip_instance("R1a1"))], now)
    assert {one.trip.trip_id for one in found} == {"R1b2"}


def test_habit_is_believed_over_geometry():
    city = a_city(
        Way("R1", STRAIGHT, headway=every(15)), Way("R1", BACK, direction_id=1, headway=every(15)),
        Way("R2", BACK, headway=every(15)),
    )  # fmt: skip
    forecaster = Forecaster(city)
    for n in range(3):
        play(forecaster, [a_drive_of(city, at(8 + n), trip_id="R1a1", start_s=(8 + n) * HOUR)])
        play(forecaster, [a_drive_of(city, at(8 + n, 20), trip_id="R2a1", start_s=(8 + n) * HOUR + 1200)])
    now = at(12)
    trip = a_trip_instance("R1a1", 12 * HOUR)
    assert {one.trip.trip_id for one in of_the_next(forecaster, [near_the_end(city, now, trip)], now)} == {"R2a1"}
    again = Forecaster(city, forecaster.dump())
    assert {one.trip.trip_id for one in of_the_next(again, [near_the_end(city, now, trip)], now)} == {"R2a1"}


def test_nothing_is_said_where_no_way_or_more_than_one_begins_near_the_end():
    one_way = a_city(Way("R1", STRAIGHT, headway=every(15)))
    assert of_the_next(Forecaster(one_way), [near_the_end(one_way)]) == []
    short = [(4000.0, 0.0), (2000.0, 0.0)]
    fork = a_city(Way("R1", STRAIGHT, headway=every(15)), Way("R1", BACK, direction_id=1, headway=every(15)))
    other = a_city(Way("R1", short, headway=every(20), direction_id=1))
    trips = {**fork.trips, "short": replace(other.trips["R1b1"], trip_id="short", shape_id="")}
    frequencies = (*fork.frequencies, replace(other.frequencies[0], trip_id="short"))
    forked = replace(fork, trips=trips, stops={**other.stops, **fork.stops}, frequencies=frequencies)
    assert of_the_next(Forecaster(forked), [near_the_end(forked)]) == []


def test_after_the_hours_of_service_nobody_is_expected_back():
    now = at(18, 40)
    assert of_the_next(Forecaster(PENDULUM), [near_the_end(now=now, trip=a_trip_instance("R1a1", 18 * HOUR))], now) == []


def test_a_dispatchers_time_is_kept_on_the_way_back():
    forecaster = Forecaster(PENDULUM)
    forecaster.departures.ordered["BUS1"] = at(7, 20).timestamp()
    assert of_the_next(forecaster, [near_the_end()])[0].predicted_at > at(7, 12)


def test_the_way_back_is_explained_by_numbers_that_give_it_again():
    forecaster, bus = Forecaster(PENDULUM), near_the_end()
    for said in of_the_next(forecaster, [bus]):
        why = forecaster.explain("BUS1", said.stop_id, [bus], SEVEN, next_trips=True)[-1]
        assert why.prediction == said
        assert abs((recompute(why) - said.predicted_at).total_seconds()) < 1.0


def test_what_was_said_of_the_way_back_is_learnt_from():
    forecaster = Forecaster(PENDULUM)
    for n in range(4):
        start = at(8 + n)
        play(forecaster, [a_drive_of(PENDULUM, start, trip_id="R1a1", start_s=(8 + n) * HOUR)])
        play(forecaster, [a_drive_of(PENDULUM, start + timedelta(minutes=25), trip_id="R1b1", start_s=(8 + n) * HOUR + 1500)])
    assert forecaster.calibration[Tier.NEXT_TRIP].count.sum() > 20


def test_what_was_predicted_of_the_next_round_of_a_loop_is_kept_while_this_round_goes_on() -> None:
    """On a loop both rounds have the same stops and, by headway, the same trip_id: a call of this one settles only its own."""
    loop = a_city(Way("R1", [*STRAIGHT, *STRAIGHT[-2::-1]], headway=every(15)))
    forecaster, waiting = Forecaster(loop), []
    for now, item in a_drive_of(loop, at(8), trip_id="R1a1", start_s=8 * HOUR).items:
        play(forecaster, [Drive([(now, item)], [])])
        samples = [sample for rows in forecaster._samples.values() for sample in rows]
        waiting.append(sum(sample.tier is Tier.NEXT_TRIP for sample in samples))
    assert waiting[-1] > 0
    assert waiting == sorted(waiting)


def waiting_while(forecaster, minutes, ways):
    """After each minute, how many predictions of a next trip wait for their call; ways: of minute n what the bus does, or None."""
    counts = []
    for n in range(minutes):
        now, trip = SEVEN + timedelta(minutes=n), ways(n)
        forecaster.observe([] if trip is None else [near_the_end(now=now, trip=trip)], now)
        counts.append(sum(one.tier is Tier.NEXT_TRIP for rows in forecaster._samples.values() for one in rows))
    return counts


def test_a_way_back_that_is_never_made_is_not_waited_for_three_hours():
    """A bus that is taken back empty each time and begins the same way again."""
    counts = waiting_while(Forecaster(PENDULUM), 240, lambda n: a_trip_instance("R1a1", 7 * HOUR + n // 15 * 900))
    assert counts[20] > 50
    assert max(counts[60:]) <= 1.2 * max(counts[:60])


def test_a_way_back_is_waited_for_while_its_bus_is_silent():
    counts = waiting_while(Forecaster(PENDULUM), 150, lambda n: a_trip_instance("R1a1", 7 * HOUR) if n < 10 else None)
    assert counts[-1] == counts[9] > 20, "what its tracker has kept may still come"
