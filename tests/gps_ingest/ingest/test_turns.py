"""A flood of one tracker: it is taken in pieces, up to what a tracker may send, and nobody waits behind it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from gps_ingest.decoder import decode, fixes_in, over_limit, pieces_of, sender_of
from gps_ingest.ingest.allowance import Allowance, Limit
from gps_ingest.ingest.turns import BATCH_S, MOST_FIXES, PIECE, Turns
from gps_ingest.mqtt import Message
from tests.builders import SEVEN, place

LIMIT = Limit(fixes_burst=1000, fixes_rate=10, bytes_burst=1e6, bytes_rate=1000)
LAT, LON = place(0.0, 0.0)


def topic(tracker_id):
    return f"transbinjai/v1/trackers/{tracker_id}/position"


def a_message(tracker_id="A", fixes=1, mid=1, since=0.0):
    rows = [{"latitude": LAT, "longitude": LON, "timestamp": SEVEN.timestamp() + since + n} for n in range(fixes)]
    payload = json.dumps(rows[0] if fixes == 1 else rows).encode()
    return Message(topic(tracker_id), payload, SEVEN, mid, 1, 1)


@pytest.fixture
def turns():
    return Turns(Allowance(lambda sender: "stranger" not in sender, LIMIT, LIMIT))


def read_fixes_in(messages):
    return sum(len(decode(one.topic, one.payload).fixes) for one in messages)


def test_a_single_report_has_its_turn_before_the_rest_of_anothers_buffer(turns):
    turns.add([a_message("hostile", 900, mid=n) for n in (1,)], 0.0)
    turns.add([a_message("A", mid=7), a_message("B", mid=8)], 0.0)
    turns.note(turns.next(), 0.0)  # the pace is not known yet
    turns.add([a_message("hostile", 90, mid=2), a_message("A", mid=9)], 0.0)
    order = [one.mid for one in turns.next().messages]
    assert order.index(9) <= 1


def test_all_that_waits_of_a_tracker_that_reports_live_is_in_its_turn_beside_the_buffers_of_others(turns):
    """Else two reports a second would wait for two commits, and what waits would grow as long as the buffers last."""
    turns.add([a_message(f"buffer{n}", 90, mid=n) for n in range(6)], 0.0)
    turns.add([a_message(f"buffer{n}", 90, mid=10 + n) for n in range(6)], 0.0)
    turns.add([a_message("A", mid=100 + n) for n in range(8)], 0.0)
    assert [one.mid for one in turns.next().messages][:14] == [*range(6), *range(100, 108)]


def test_a_long_array_is_stored_in_pieces_and_acknowledged_with_the_last(turns):
    turns.add([a_message(fixes=950, mid=5)], 0.0)
    pieces = []
    while turns:
        pieces += turns.next().messages
    assert [one.is_last for one in pieces] == [False] * 9 + [True]
    assert {one.mid for one in pieces} == {5}
    assert read_fixes_in(pieces) == 950
    assert max(read_fixes_in([one]) for one in pieces) == PIECE


def test_a_buffer_that_is_not_in_order_is_put_in_order_before_it_is_cut():
    rows = [{"latitude": LAT, "longitude": LON, "timestamp": SEVEN.timestamp() + n} for n in range(250)]
    pieces = pieces_of(json.dumps(rows[::-1]).encode(), 100)
    stamps = [fix["timestamp"] for piece in pieces for fix in json.loads(piece)]
    assert stamps == [row["timestamp"] for row in rows]


@pytest.mark.parametrize("payload", [b"", b"{}", b"[", b"[1, 2]", b'[{"a": NaN}, 2]', b"\xff" * 300])
def test_what_is_no_long_array_stays_as_it_is(payload):
    assert pieces_of(payload, 100) == [payload]


def test_a_batch_is_as_large_as_fits_into_its_time_at_the_pace_of_the_last_ones():
    turns = Turns(Allowance(lambda _: True, Limit(1e9, 1, 1e12, 1)))
    turns.add([a_message(fixes=3000, mid=n) for n in range(20)], 0.0)
    for _ in range(12):
        turn = turns.next()
        turns.note(turn, turn.fixes * 0.002)  # 2 ms a fix
    assert turns.next().fixes == pytest.approx(BATCH_S / 0.002, abs=PIECE)
    for _ in range(40):
        turns.note(turns.next(), 0.0)
    turns.add([a_message(fixes=3000, mid=n) for n in range(20)], 0.0)
    assert turns.next().fixes == pytest.approx(MOST_FIXES, abs=PIECE)


def test_what_is_beyond_the_allowance_is_not_read_and_comes_back_with_time(turns):
    turns.add([a_message("A", 600, mid=1), a_message("A", 600, mid=2), a_message("B", 600, mid=3)], 0.0)
    taken = []
    while turns:
        taken += turns.next().messages
    assert {one.mid for one in taken if one.over_limit_of} == {2}
    assert {one.mid for one in taken if not one.over_limit_of} == {1, 3}
    turns.add([a_message("A", 600, mid=4)], 19.0)  # 400 left, and 190 came back
    turns.add([a_message("A", 600, mid=5)], 20.5)
    taken = []
    while turns:
        taken += turns.next().messages
    assert {one.mid: bool(one.over_limit_of) for one in taken if one.is_last} == {4: True, 5: False}


def test_bytes_are_limited_as_fixes_are(turns):
    message = Message(topic("A"), b" " * 600_000, SEVEN, 1, 1, 1)
    turns.add([message, message], 0.0)
    assert [bool(one.over_limit_of) for one in turns.next().messages] == [False, True]


def test_whoever_invents_names_has_one_allowance_for_all_of_them(turns):
    turns.add([a_message(f"stranger{n}", 300, mid=n) for n in range(5)], 0.0)
    turns.add([a_message("A", 300, mid=9)], 0.0)
    taken = []
    while turns:
        taken += turns.next().messages
    assert {one.mid for one in taken if one.over_limit_of} == {3, 4}


def test_a_refusal_for_the_rate_is_counted_for_its_tracker(turns):
    turns.add([a_message("A", 1001)], 0.0)
    (message,) = turns.next().messages
    (refusal,) = over_limit(message.over_limit_of).refusals
    assert over_limit(message.over_limit_of).tracker_id == "A"
    assert refusal.reason.value == "too_many"


def a_forwarded(device, mid=1, server="pusat", since=0.0):
    """What a Traccar server says of one fix: an object with objects in it."""
    at = datetime.fromtimestamp(SEVEN.timestamp() + since, UTC).isoformat()
    message = {
        "position": {"fixTime": at, "valid": True, "latitude": LAT, "longitude": LON, "attributes": {"ignition": True}},
        "device": {"uniqueId": device, "attributes": {}},
    }
    return Message(f"traccar/{server}", json.dumps(message).encode(), SEVEN, mid, 1, 1)


def an_event(vehicle, mid=1, geohash="98/65"):
    """What a vehicle computer says of one fix, on the topic of the place where it is."""
    payload = json.dumps({"VP": {"lat": LAT, "long": LON, "tsi": SEVEN.timestamp()}}).encode()
    return Message(f"/hfp/v2/journey/ongoing/vp/bus/0012/{vehicle}/1/1/U/08:00/10/4/3;9/{geohash}/x", payload, SEVEN, mid, 1, 1)


def all_of(turns):
    taken = []
    while turns:
        taken += turns.next().messages
    return taken


def test_a_fleet_that_reports_through_one_traccar_server_has_an_allowance_for_each_of_its_devices():
    """Fourteen buses, a fix each five seconds: on the server's topic they are one and the same."""
    fleet = [f"B{n}" for n in range(14)]
    turns = Turns(Allowance(lambda sender: sender in fleet))
    for seconds in range(0, 3600, 5):
        turns.add([a_forwarded(device, since=seconds) for device in fleet], float(seconds))
    assert not [one for one in all_of(turns) if one.over_limit_of]
    a_day = [a_forwarded("B1", since=5.0 * n) for n in range(17_280)]  # a buffer, after a day without a network
    turns.add(a_day, 86_400.0)
    assert not [one for one in all_of(turns) if one.over_limit_of]


def test_of_two_devices_of_one_server_only_the_one_that_floods_is_held_back(turns):
    turns.add([a_forwarded("A", mid=n) for n in range(1100)] + [a_forwarded("B", mid=2000)], 0.0)
    taken = all_of(turns)
    assert sum(bool(one.over_limit_of) for one in taken) == 100
    assert {one.over_limit_of for one in taken} == {"", "A"}
    assert [bool(one.over_limit_of) for one in taken if one.mid == 2000] == [False]


def test_of_two_devices_of_one_server_none_waits_behind_the_buffer_of_the_other(turns):
    turns.add([a_forwarded("A", mid=n) for n in range(600)] + [a_forwarded("B", mid=2000)], 0.0)
    assert [one.mid for one in turns.next().messages].index(2000) == PIECE


def test_a_vehicle_computer_has_one_allowance_wherever_it_is(turns):
    """Its topic names the place: one that is made up for each message must not bring an allowance each, or fill the memory."""
    turns.add([an_event("00087", mid=n, geohash=f"{n}/{n}") for n in range(1200)], 0.0)
    assert sum(bool(one.over_limit_of) for one in all_of(turns)) == 200
    assert len(turns._allowance._purses) == 1


def test_a_fix_that_is_told_with_objects_in_it_is_one_fix():
    assert fixes_in("traccar/pusat", a_forwarded("A").payload) == 1
    assert fixes_in(an_event("1").topic, an_event("1").payload) == 1
    assert fixes_in("owntracks/ani/hp", b'{"_type":"location","inregions":[{}]}') == 1
    assert fixes_in(topic("A"), b'[{"latitude":1},{"latitude":2}]') == 2
    assert fixes_in(topic("A"), b"") == 1


@pytest.mark.parametrize(
    ("topic_of", "payload"),
    [
        ("traccar/pusat", a_forwarded("356307042441013").payload),
        ("traccar/pusat", b'{"device":{"uniqueId":"a/b"},"position":{}}'),
        ("traccar/pusat", b"[" * 300_000),
        ("traccar/pusat", b"\xff"),
        ("owntracks/ani/hp", b"{}"),
        ("transbinjai/v1/trackers/A/status", b"online"),
        ("transbinjai/v1/trackers//position", b""),
        ("transbinjai/v1/trackers/" + "x" * 121 + "/position", b""),
        ("transbinjai/v1/trackers/A/other", b""),
        (an_event("00087").topic, b""),
        ("(not UTF-8)", b""),
    ],
)
def test_the_sender_of_a_message_is_the_tracker_under_which_it_is_counted(topic_of, payload):
    assert sender_of(topic_of, payload) == decode(topic_of, payload).tracker_id
