"""When a bus reaches each stop: in order, never in the past, learnt from what was seen, and explained."""

from __future__ import annotations

import io
import zlib
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gps_ingest.recordings.replay import replay
from tests.builders import SEVEN, STRAIGHT, Way, a_city, a_drive, a_network, a_trip_instance, at, every
from tests.conftest import HOUSE
from tests.driving import a_day, a_drive_of, a_state, play
from transit.forecasting.baselines import METHODS
from transit.forecasting.explanation import recompute
from transit.forecasting.forecaster import Forecaster
from transit.forecasting.prediction import Tier
from transit.forecasting.terminal_waits import TerminalWaits
from transit.tracking.state import VehicleStatus

LEARNT_6 = HOUSE / "tests" / "cases" / "stored_at_fb13c56" / "learnt_6.bin"  # of taught([1.0, 1.5, 1.2, 1.4, 1.3])
NETWORK = a_network()  # 8 links of 500 m, 83 s each by the plan
LINK_S = 500.0 / 6.0


def ahead_s(forecaster, now, *, along_m=600.0, sequence=3, vehicle_id="BUSX"):
    """Seconds until each stop ahead of a bus that was just seen at a place."""
    state = a_state(NETWORK, now, a_trip_instance(day=now.date()), along_m, sequence, vehicle_id)
    return [(one.predicted_at - now).total_seconds() for one in forecaster.predict([state], now)]


def taught(paces):
    """A forecaster that saw a week of days, one pace for each."""
    forecaster = Forecaster(NETWORK)
    for day, pace in enumerate(paces):
        play(forecaster, a_day(NETWORK, day, pace=lambda link, pace=pace: pace))
    return forecaster


def test_without_any_history_the_plan_is_believed():
    found = ahead_s(Forecaster(NETWORK), SEVEN)
    expected = [400.0 / 6.0 + n * LINK_S for n in range(7)]
    assert len(found) == 7
    assert all(0.6 * plan < seconds < 1.2 * plan for seconds, plan in zip(found, expected, strict=True))


@settings(max_examples=60, deadline=None)
@given(
    paces=st.lists(st.floats(0.4, 4.0), min_size=8, max_size=8),
    late_s=st.floats(0.0, 290.0),
    other=st.floats(0.4, 4.0),
    offset_s=st.floats(0.0, 19.0),
)
def test_predictions_are_in_order_never_in_the_past_and_inside_their_interval(paces, late_s, other, offset_s):
    forecaster = Forecaster(NETWORK)
    play(forecaster, [a_drive_of(NETWORK, SEVEN - timedelta(minutes=20), vehicle_id="AHEAD", pace=lambda link: other)])
    predictions = 0
    for now, state, _ in play(forecaster, [a_drive_of(NETWORK, pace=lambda link: paces[link], offset_s=offset_s)]):
        asked_at = now + timedelta(seconds=late_s)
        found = forecaster.predict([state], asked_at)
        predictions += len(found)
        assert all(one.made_at == asked_at and one.reported_at == now for one in found)
        assert all(asked_at <= one.low_at <= one.predicted_at <= one.high_at for one in found)
        assert all(before.predicted_at <= after.predicted_at for before, after in pairwise(found))
        assert all(before.stop_sequence + 1 == after.stop_sequence for before, after in pairwise(found))
        assert all(one.predicted_at - asked_at <= timedelta(minutes=45) for one in found)
    assert predictions > 0


def test_link_times_are_learnt():
    usual, slow = ahead_s(taught([1.0] * 7), at(8, day=a_date(7))), ahead_s(taught([1.8] * 7), at(8, day=a_date(7)))
    assert slow[-1] / usual[-1] == pytest.approx(1.8, rel=0.1)


def a_date(days):
    return (SEVEN + timedelta(days=days)).date()


def test_one_slow_link_is_told_apart_from_the_others():
    forecaster = Forecaster(NETWORK)
    for day in range(10):
        play(forecaster, a_day(NETWORK, day, pace=lambda link: 3.0 if link == 5 else 1.0))
    steps = [after - before for before, after in pairwise(ahead_s(forecaster, at(8, day=a_date(10))))]
    assert steps[3] > 2.0 * max(steps[:3] + steps[4:])


def test_an_old_regime_is_forgotten():
    after = ahead_s(taught([2.0] * 15 + [1.0] * 30), at(8, day=a_date(45)))
    assert after[-1] == pytest.approx(ahead_s(taught([1.0] * 15), at(8, day=a_date(15)))[-1], rel=0.12)


def test_a_slow_day_is_noticed_with_its_first_buses():
    forecaster, morning = taught([1.0] * 7), at(7, day=a_date(7))
    before = ahead_s(forecaster, at(8, day=a_date(7)))
    starts = [morning + timedelta(minutes=8 * n) for n in range(4)]
    play(forecaster, [a_drive_of(NETWORK, one, vehicle_id=f"SNOW{n}", pace=lambda link: 1.7) for n, one in enumerate(starts)])
    after = ahead_s(forecaster, at(8, day=a_date(7)))
    assert after[-1] > 1.25 * before[-1]


def test_what_was_learnt_survives_and_stays_small():
    forecaster, later = taught([1.0, 1.5, 1.2, 1.4, 1.3]), at(8, day=a_date(9))
    blob = forecaster.dump()
    again = Forecaster(NETWORK, blob)
    assert ahead_s(again, later) == pytest.approx(ahead_s(forecaster, later), rel=0.005)  # its quantiles are up to date at once
    assert again.dump() == blob
    assert len(taught([1.0, 1.5] * 20).dump()) < len(blob) + 200_000  # the ring of past errors fills, and that is all


def test_what_the_version_before_saved_is_read_on():
    forecaster, later = Forecaster(NETWORK, LEARNT_6.read_bytes()), at(8, day=a_date(9))
    assert forecaster.remembers
    expected_s = [81.634962, 181.724607, 280.840332, 385.995574, 485.627849, 584.351518, 675.87389]  # by that version
    assert ahead_s(forecaster, later) == pytest.approx(expected_s, rel=1e-5)
    names = [set(plain | plain["arrays"]) for plain in map(unpacked, (forecaster.dump(), LEARNT_6.read_bytes()))]
    assert names[0] == names[1]  # so that version reads what this one saves


def unpacked(blob):
    return msgspec.msgpack.decode(zlib.decompress(blob))


def test_a_new_plan_keeps_what_was_learnt_of_links_that_stay():
    slow = Forecaster(NETWORK)
    for day in range(7):
        play(slow, a_day(NETWORK, day, pace=lambda link: 1.8))
    changed = a_network(first_departures=(7 * 3600, 8 * 3600, 9 * 3600))
    found = Forecaster(changed, slow.dump())
    assert ahead_s(found, at(8, day=a_date(7)))[-1] > 1.5 * ahead_s(Forecaster(changed), at(8, day=a_date(7)))[-1]


@pytest.mark.parametrize("blob", [b"", b"nonsense", b"x\x9c\x03\x00\x00\x00\x00\x01"])
def test_bytes_that_cannot_be_read_are_no_history(blob):
    assert not Forecaster(NETWORK, blob).remembers
    assert ahead_s(Forecaster(NETWORK, blob), SEVEN) == ahead_s(Forecaster(NETWORK), SEVEN)


def test_what_another_version_saved_in_a_later_format_is_no_history():
    plain = unpacked(taught([1.0, 1.5]).dump())
    assert Forecaster(NETWORK, zlib.compress(msgspec.msgpack.encode(plain))).remembers
    later = zlib.compress(msgspec.msgpack.encode({**plain, "format": plain["format"] + 1}))
    assert not Forecaster(NETWORK, later).remembers


def test_without_new_evidence_a_prediction_only_counts_down():
    forecaster = taught([1.0] * 5)
    state = a_state(NETWORK, at(8, day=a_date(5)), a_trip_instance(day=a_date(5)), 600.0, 3)
    said = [forecaster.predict([state], state.report.reported_at + timedelta(seconds=late)) for late in range(0, 60, 5)]
    far = [[one.predicted_at for one in found if one.stop_sequence >= 6] for found in said]
    assert all(len(row) == 4 for row in far)
    for before, after in pairwise(far):
        assert all(abs((b - a).total_seconds()) < 4.0 for a, b in zip(before, after, strict=True))


def test_a_stop_that_was_probably_reached_since_the_last_fix_is_not_promised():
    recent = tuple((SEVEN + timedelta(seconds=20 * n - 60), 300.0 + 40 * n) for n in range(4))
    state = a_state(NETWORK, SEVEN, a_trip_instance(), 420.0, 2, recent=recent)
    forecaster = Forecaster(NETWORK)
    assert forecaster.predict([state], SEVEN)[0].stop_sequence == 2
    assert forecaster.predict([state], SEVEN + timedelta(seconds=25))[0].stop_sequence == 3
    silent = forecaster.predict([state], SEVEN + timedelta(seconds=200))  # no fix for long: it rather stands somewhere
    assert silent[0].stop_sequence == 2
    assert silent[0].predicted_at == silent[0].made_at


@pytest.mark.parametrize("status", [VehicleStatus.OFF_ROUTE, VehicleStatus.DEADHEAD, VehicleStatus.UNASSIGNED])
def test_nothing_is_said_of_a_bus_that_is_not_on_its_trip(status):
    state = a_state(NETWORK, SEVEN, a_trip_instance(), 600.0, 3)
    lost = replace(state, matched=replace(state.matched, status=status))
    assert Forecaster(NETWORK).predict([lost], SEVEN) == []


def waiting(now, trip=None, network=NETWORK):
    return a_state(network, now, trip or a_trip_instance(), 0.0, 1, status=VehicleStatus.LAYOVER)


def test_a_bus_at_its_first_stop_does_not_leave_before_the_plan():
    now = at(6, 50)
    found = Forecaster(NETWORK).predict([waiting(now)], now)
    assert found[0].is_departure
    assert not any(one.is_departure for one in found[1:])
    assert {one.tier for one in found} == {Tier.AT_TERMINAL}
    assert at(6, 58) < found[0].predicted_at < at(7, 4)


def test_a_dispatchers_time_wins():
    forecaster, now = Forecaster(NETWORK), at(6, 50)
    plain = forecaster.predict([waiting(now)], now)[0].predicted_at
    forecaster.departures.ordered[waiting(now).vehicle_id] = at(7, 20).timestamp()
    ordered = forecaster.predict([waiting(now)], now)[0].predicted_at
    assert ordered - plain > timedelta(minutes=12)


def test_a_dispatchers_time_counts_until_the_bus_has_left_or_it_is_long_past():
    forecaster, bus = Forecaster(NETWORK), waiting(at(7)).vehicle_id
    forecaster.departures.ordered[bus] = at(7, 2).timestamp()
    assert forecaster.predict([waiting(at(7, 5))], at(7, 5))[0].predicted_at < at(7, 6)
    plain = Forecaster(NETWORK).predict([waiting(at(7, 8))], at(7, 8))[0].predicted_at
    assert forecaster.predict([waiting(at(7, 8))], at(7, 8))[0].predicted_at == plain
    play(forecaster, [a_drive_of(NETWORK, at(7, 9), vehicle_id=bus)])
    assert forecaster.departures.ordered == {}


def test_who_is_early_is_expected_to_be_held_and_who_is_late_is_not():
    def ahead(started):
        state = a_state(NETWORK, started + timedelta(minutes=2), a_trip_instance(), 600.0, 3)
        return [
            (one.predicted_at - state.report.reported_at).total_seconds()
            for one in Forecaster(NETWORK).predict([state], state.report.reported_at)
        ]

    early, on_time, late = ahead(SEVEN - timedelta(minutes=4)), ahead(SEVEN), ahead(SEVEN + timedelta(minutes=4))
    assert early[-1] > on_time[-1] + 10.0
    assert on_time[-1] - 20.0 < late[-1] <= on_time[-1]


def test_where_no_timetable_rules_a_bus_that_has_just_lost_the_one_before_waits_longer():
    network = a_network(headway=every(15))
    now, trip = at(7, 30), a_trip_instance(start_s=7 * 3600)

    def leaves(last):
        forecaster = Forecaster(network)
        linked = forecaster.links.of_trip(trip.trip_id)
        forecaster.departures.waits[linked.stream] = waits = TerminalWaits()
        waits.note_departure(last.timestamp(), last.timestamp(), None)
        return forecaster.departures.expected("BUS-1", trip, linked, now.timestamp())

    assert leaves(now - timedelta(seconds=30)) > leaves(now - timedelta(minutes=25))


def test_how_long_buses_wait_at_a_terminal_is_learnt():
    network = a_network(headway=every(15))
    forecaster = Forecaster(network)

    def asked(day):
        now = at(8, day=a_date(day))
        state = waiting(now, a_trip_instance("T1", 8 * 3600, a_date(day)), network)
        return (forecaster.predict([state], now)[0].predicted_at - now).total_seconds()

    before = asked(0)
    for day in range(20):
        start, trip = at(9, day=a_date(day)), a_trip_instance("T1", 9 * 3600, a_date(day))
        for seconds in range(0, 600, 60):
            now = start + timedelta(seconds=seconds - 600)
            forecaster.observe([waiting(now, trip, network)], now)
        play(forecaster, [a_drive_of(network, start, start_s=9 * 3600)])
    assert asked(21) > before + 120


def test_every_prediction_is_explained_by_numbers_that_give_it_again():
    forecaster = taught([1.0, 1.4, 1.1])
    drives = [
        a_drive_of(NETWORK, at(7, 9 * n, day=a_date(3)), vehicle_id=f"B{n}", pace=lambda k, n=n: 0.8 + 0.1 * ((k + n) % 7))
        for n in range(4)
    ]
    checked = 0
    for now, state, _ in play(forecaster, drives):
        for late in (0, 7, 25, 90):
            asked_at = now + timedelta(seconds=late)
            for one in forecaster.predict([state], asked_at):
                (why,) = forecaster.explain(one.vehicle_id, one.stop_id, [state], asked_at)
                assert why.prediction == one
                assert abs((recompute(why) - one.predicted_at).total_seconds()) < 1.0
                assert why.fix_age_s == late
                assert all(link.days in (3, 4) for link in why.links)
                checked += 1
    assert checked >= 1000


def test_an_explanation_lists_the_links_to_the_stop():
    state = a_state(NETWORK, SEVEN, a_trip_instance(), 600.0, 3)
    (why,) = Forecaster(NETWORK).explain("BUS1", "S4", [state], SEVEN)
    assert [(link.from_stop_id, link.to_stop_id) for link in why.links] == [("S1", "S2"), ("S2", "S3"), ("S3", "S4")]
    assert why.links[0].counted_s < why.links[0].usual_s
    assert [link.counted_s for link in why.links[1:]] == [link.usual_s for link in why.links[1:]]
    assert "own pace" in {factor.name for factor in why.factors}
    assert Forecaster(NETWORK).explain("BUS1", "S1", [state], SEVEN) == []  # behind it
    assert Forecaster(NETWORK).explain("nobody", "S4", [state], SEVEN) == []


def test_a_method_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="crystal_ball"):
        Forecaster(NETWORK, method="crystal_ball")


@pytest.mark.parametrize("method", ["ours", *METHODS])
def test_shuffling_the_future_changes_nothing(method):
    """What is written until a moment is the same bytes, whatever the recording holds of later: here other buses, elsewhere."""
    network = a_city(Way("R1", STRAIGHT, (7 * 3600, 7 * 3600 + 900, 8 * 3600)))
    rows = [
        {
            "vehicle_id": one.vehicle_id, "timestamp": one.reported_at.isoformat(), "lat": str(one.lat), "lon": str(one.lon),
            "trip_id": f"R1a{n + 1}", "route_id": "R1",
        }
        for n in range(2)
        for one in a_drive(STRAIGHT, SEVEN + timedelta(minutes=15 * n), speed_mps=5.0 + n, vehicle_id=f"B{n}")
    ]  # fmt: skip
    until = SEVEN + timedelta(minutes=20)

    def written(some):
        out = io.StringIO()
        replay(network, some, predictions_out=out, method=method, until=until)
        return out.getvalue()

    future = [row for row in rows if row["timestamp"] >= until.isoformat()]
    places = [(row["lat"], row["lon"], row["trip_id"]) for row in future]
    Random(7).shuffle(places)
    shuffled = [row for row in rows if row not in future] + [
        {**row, "lat": lat, "lon": lon, "trip_id": trip} for row, (lat, lon, trip) in zip(future, places, strict=True)
    ]
    said = written(rows)
    assert len(future) > 30
    assert said.count("\n") > 50
    assert written(shuffled) == said


def test_what_waits_for_a_call_that_is_never_seen_is_forgotten_though_newer_ones_come():
    """A bus that goes the same way for nine hours, of whose calls none is known: a stop of it is predicted each round anew."""
    forecaster = Forecaster(NETWORK)
    counts = []
    for n in range(9 * 60):
        now = SEVEN + timedelta(minutes=n)
        forecaster.observe([a_state(NETWORK, now, a_trip_instance(), 600.0 + n % 10 * 250.0, 3 + n % 10 // 2)], now)
        counts.append(sum(len(rows) for rows in forecaster._samples.values()))
    assert max(counts[6 * 60 :]) <= 1.1 * max(counts[: 4 * 60]), "as many after nine hours as after four"
    waiting = [row for rows in forecaster._samples.values() for row in rows]
    assert all(row.x.base is None for row in waiting), "and none holds what was computed for all other stops"


def test_what_was_saved_in_another_shape_is_left_out_and_the_rest_is_read():
    plain = unpacked(LEARNT_6.read_bytes())
    tier = next(iter(plain["calibration"]))
    plain["calibration"][tier] = [[[1, 2], "f4", bytes(8)], [[1], "i8", bytes(8)]]
    forecaster = Forecaster(NETWORK, zlib.compress(msgspec.msgpack.encode(plain)))
    assert forecaster.remembers
    assert forecaster.calibration[Tier(tier)].errors.shape == Forecaster(NETWORK).calibration[Tier(tier)].errors.shape
