"""What riders were promised is kept by day, read back as it was, and judged by route."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import zstandard

from tests.builders import MONDAY, SEVEN, a_drive, a_network, a_trip_instance
from transit.forecasting.prediction import Prediction, Tier
from transit.quality.comparison import what_is_worse
from transit.quality.daily_score import ALL, by_route, passages_of
from transit.quality.scorecard import Promise
from transit.store.promises import append_promises, forget_promises, path_of_day, read_promises
from transit.tracking.pipeline import Pipeline


def a_prediction(seconds, stop_id="S5", sequence=6, made_at=SEVEN):
    at = made_at + timedelta(seconds=seconds)
    spread = timedelta(seconds=30)
    trip = a_trip_instance()
    return Prediction("BUS1", trip, stop_id, sequence, made_at, made_at, at, at - spread, at + spread, Tier.LIVE)


def test_promises_come_back_as_they_were_made(tmp_path):
    assert append_promises(tmp_path, MONDAY, SEVEN, [a_prediction(300), a_prediction(3000)]) == 1  # half an hour is the end
    later = SEVEN + timedelta(seconds=30)
    append_promises(tmp_path, MONDAY, later, [a_prediction(280, made_at=later)])
    read = list(read_promises(tmp_path, MONDAY))
    assert [one.key for one in read] == [("BUS1", "T1", "S5", 6)] * 2
    assert [one.predicted_at - one.made_at for one in read] == [300.0, 280.0]
    assert list(read_promises(tmp_path, MONDAY + timedelta(days=1))) == []


def test_a_frame_cut_off_by_a_crash_costs_that_sample_only(tmp_path):
    for n in range(3):
        append_promises(tmp_path, MONDAY, SEVEN + timedelta(seconds=30 * n), [a_prediction(300)])
    path = path_of_day(tmp_path, MONDAY)
    path.write_bytes(path.read_bytes()[:-5])
    assert len(list(read_promises(tmp_path, MONDAY))) == 2


def test_days_long_past_are_forgotten(tmp_path):
    for day in (MONDAY, MONDAY - timedelta(days=92), MONDAY - timedelta(days=92 + 1)):
        append_promises(tmp_path, day, SEVEN, [a_prediction(300)])
    assert forget_promises(tmp_path, MONDAY) == 1
    assert path_of_day(tmp_path, MONDAY - timedelta(days=92)).exists()


def test_a_promise_is_judged_by_the_call_that_followed():
    network = a_network()
    pipeline = Pipeline(network)
    events = [event for report in a_drive(to_m=3000) for event in pipeline.step(report).events]
    [passage] = [one for one in passages_of(network, events) if one.key[2] == "S5"]
    promise = a_prediction(300)
    made = SEVEN.timestamp()
    one = Promise(("BUS1", "T1", "S5", 6), made, promise.predicted_at.timestamp(), made + 100, made + 900)
    found = by_route(network, [one], [passage])
    assert list(found) == [ALL, "R1"]
    assert found["R1"]["mae_all_s"] == round(abs(passage.actual - made - 300), 1)
    assert found["R1"]["interval80"]["coverage_pct"] == 100.0


def test_the_first_stop_is_judged_by_the_departure():
    network = a_network()
    pipeline = Pipeline(network)
    events = [event for report in a_drive(to_m=1000) for event in pipeline.step(report).events]
    [first] = [event for event in events if event.stop_sequence == 1]
    [passage] = [one for one in passages_of(network, events) if one.key[3] == 1]
    assert passage.actual == first.departed_at.timestamp()


def test_a_challenger_that_is_worse_anywhere_is_told():
    champion = {"mae_s": {"0-3": 20.0, "3-6": 40.0}, "mae_all_s": 30.0, "scored": 100}
    assert what_is_worse(champion, champion) == []
    assert what_is_worse(champion, {**champion, "mae_s": {"0-3": 18.0, "3-6": 42.0}}) == ["3-6 min away: 40.0 s -> 42.0 s"]
    assert len(what_is_worse(champion, {**champion, "mae_all_s": 31.0, "scored": 90})) == 2
    assert what_is_worse(champion, {"predictions": 0})


def test_a_sample_without_a_number_is_read_and_one_of_another_format_costs_itself_only(tmp_path):
    append_promises(tmp_path, MONDAY, SEVEN, [a_prediction(300)])
    path = path_of_day(tmp_path, MONDAY)
    frame = zstandard.ZstdDecompressor().decompressobj().decompress(path.read_bytes()[4:])
    made_at, rows, number = msgspec.msgpack.decode(frame)
    path.write_bytes(b"".join(packed([made_at, rows, *more]) for more in ([], [number + 1], ["?"], [number])))
    assert [promise.made_at for promise in read_promises(tmp_path, MONDAY)] == [made_at] * 2


def packed(sample):
    content = zstandard.ZstdCompressor().compress(msgspec.msgpack.encode(sample))
    return len(content).to_bytes(4, "big") + content
