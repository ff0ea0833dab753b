"""The boundary of the trackers: whatever the bytes, a payload is read or refused for a named reason."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from time import perf_counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gps_ingest.decoder import MAX_PAYLOAD, NOBODY, DecodedMessage, TrackerFix, decode
from gps_ingest.unreadable import Reason
from transit.operations.complaints import sentence

POSITION = "transbinjai/v1/trackers/bus-7/position"
STATUS = "transbinjai/v1/trackers/bus-7/status"
OWNTRACKS = "owntracks/sopir/hp"
SENT = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


def a_payload(**fields: Any) -> bytes:
    return json.dumps({"latitude": 3.6, "longitude": 98.5, "timestamp": SENT.timestamp(), **fields}).encode()


def a_location(**fields: Any) -> bytes:
    return json.dumps({"_type": "location", "lat": 3.6, "lon": 98.5, "tst": int(SENT.timestamp()), **fields}).encode()


def reasons(decoded: DecodedMessage) -> list[str]:
    return [refusal.reason for refusal in decoded.refusals]


def test_a_position_has_the_units_of_gtfs_realtime() -> None:
    fields = {"bearing": 90, "speed": 8.5, "odometer": 12000, "accuracy_m": 6, "battery_pct": 80, "seq": 42}
    assert decode(POSITION, a_payload(**fields)) == DecodedMessage(
        "bus-7", (TrackerFix(3.6, 98.5, SENT, None, 90.0, 8.5, 12000.0, 6.0, 80.0, 42),)
    )


def test_only_place_and_time_are_required_and_null_is_not_given() -> None:
    assert decode(POSITION, a_payload(bearing=None, seq=None)).fixes == (TrackerFix(3.6, 98.5, SENT),)


def test_a_bearing_of_360_degrees_is_north() -> None:
    assert decode(POSITION, a_payload(bearing=360)).fixes[0].bearing == 0.0


WRONG_OPTIONAL = [
    ("bearing", 511), ("bearing", "north"), ("bearing", True), ("speed", 4000), ("speed", [1]), ("odometer", -5),
    ("accuracy_m", 1e12), ("battery_pct", 300), ("seq", 1.0e30), ("seq", {}),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), WRONG_OPTIONAL)
def test_a_wrong_optional_field_costs_the_field_and_not_the_fix(field: str, value: Any) -> None:
    decoded = decode(POSITION, a_payload(**{field: value}))
    assert decoded.fixes == (TrackerFix(3.6, 98.5, SENT),)
    assert decoded.refusals == ()
    (dropped,) = decoded.dropped
    assert dropped.reason is Reason.OPTIONAL_FIELD
    assert sentence(dropped).startswith(f"{field} is ")


@pytest.mark.parametrize("field", ["bearing", "speed", "odometer", "accuracy_m", "battery_pct", "seq"])
def test_a_decimal_comma_in_an_optional_field_is_named_and_costs_the_field(field: str) -> None:
    decoded = decode(POSITION, a_payload(**{field: "6,5"}))
    assert decoded.fixes == (TrackerFix(3.6, 98.5, SENT),)
    (dropped,) = decoded.dropped
    assert sentence(dropped) == f"{field} is 6,5 with a decimal comma; send 6.5 with a point, or leave it out"


def test_a_decimal_comma_in_a_number_that_is_out_of_bounds_all_the_same_is_not_to_be_sent_with_a_point() -> None:
    (dropped,) = decode(POSITION, a_payload(bearing="500,5")).dropped
    assert sentence(dropped) == "bearing is '500,5'; send a number from 0 to 360, or leave it out"


@pytest.mark.parametrize("blank", ["", " \n", "\u00a0", "\u2028\t", "\x1c", "\ufeff "])
def test_a_message_of_white_space_of_any_kind_is_empty(blank: str) -> None:
    (refused,) = decode(POSITION, blank.encode()).refusals
    assert sentence(refused).startswith("the message is empty")


LONG = MAX_PAYLOAD - 200


@pytest.mark.parametrize(
    "payload",
    [
        b" " * LONG + b"x",
        b"[" + b" " * LONG + b"x",
        b"'" * LONG,
        b"{'" + b"a" * LONG,
        b'{"latitude": 3,' + b"0" * LONG + b', "longitude": 98.5}',
        b'{"' + b"a" * LONG + b'": 3,5}',
        b'{"' + b"a" * LONG + b'": {"latitude": 3.6}, "longitude": 98.5}',
        a_payload(speed="0" * LONG + ",5"),
        a_payload(speed="x" * LONG),
        a_payload(latitude="x" * LONG),
    ],
)
def test_of_a_long_message_little_is_repeated_and_that_soon(payload: bytes) -> None:
    started = perf_counter()
    decoded = decode(POSITION, payload)
    assert perf_counter() - started < 5.0, "time grows with the square of what a stranger sends"
    (complaint,) = (*decoded.refusals, *decoded.dropped)
    assert len(sentence(complaint)) < 250


@pytest.mark.parametrize("field", ["bearing", "speed", "odometer", "accuracy_m", "battery_pct", "seq"])
def test_minus_one_is_how_trackers_write_a_value_that_they_do_not_have(field: str) -> None:
    decoded = decode(POSITION, a_payload(**{field: -1}))
    assert (decoded.fixes, decoded.dropped) == ((TrackerFix(3.6, 98.5, SENT),), ())


def test_nan_in_an_optional_field_costs_the_field_and_in_a_place_the_fix() -> None:
    decoded = decode(POSITION, a_payload(speed=7).replace(b"7}", b"NaN}"))
    assert decoded.fixes == (TrackerFix(3.6, 98.5, SENT),)
    assert [one.reason for one in decoded.dropped] == [Reason.OPTIONAL_FIELD]
    assert decode(POSITION, a_payload(speed=7).replace(b"3.6", b"NaN")).fixes == ()


def test_an_owntracks_phone_that_sends_its_numbers_in_quotes_or_a_time_in_words_keeps_its_place() -> None:
    quoted = decode(OWNTRACKS, a_location(lat="3.6", lon="98.5", tst=str(int(SENT.timestamp())), acc="10", batt="80"))
    assert quoted.fixes == (TrackerFix(3.6, 98.5, SENT, accuracy_m=10.0, battery_pct=80.0),)
    worded = decode(OWNTRACKS, a_location(created_at="2026-11-23T01:00:00+00:00"))
    assert worded.fixes == (TrackerFix(3.6, 98.5, SENT),)
    assert [sentence(one)[:13] for one in worded.dropped] == ["created_at is"]


@pytest.mark.parametrize(
    ("payload", "reason", "names"),
    [
        (a_payload(latitude="3.6"), Reason.WRONG_TYPE, "latitude"),
        (a_payload(timestamp=True), Reason.WRONG_TYPE, "timestamp"),
        (a_payload(timestamp="2026-11-23T01:00:00Z"), Reason.WRONG_TYPE, "timestamp"),
        (a_payload(latitude=98.5, longitude=3.6), Reason.OUT_OF_RANGE, "swapped"),
        (
            a_payload(latitude=336.1668, longitude=9829.1432),
            Reason.OUT_OF_RANGE,
            "look like degrees and minutes; send degrees with",
        ),
        (a_payload(latitude=336.1668, longitude=9829.1432), Reason.OUT_OF_RANGE, "3.60278 and 98.48572"),
        (a_payload(latitude=-36.6, longitude=9829.1432), Reason.OUT_OF_RANGE, "-0.61000 and 98.48572"),  # half a degree south
        (a_payload(latitude=None), Reason.WRONG_TYPE, "latitude is null"),
        (a_payload(timestamp="1795658580"), Reason.WRONG_TYPE, "timestamp is a text; numbers are sent without quotes"),
        (b'{"lat": 3.6, "lng": 98.5, "time": 1}', Reason.MISSING_FIELD, "has other names: lat, lng, time"),
        (b'{"data": {"latitude": 3.6, "longitude": 98.5}}', Reason.MISSING_FIELD, "has other names: data"),
        (a_payload().replace(b"3.6", b"3,60278"), Reason.NOT_JSON, "latitude is 3,60278 with a decimal comma; send 3.60278"),
        (a_payload(longitude="98,5"), Reason.WRONG_TYPE, "longitude is 98,5 with a decimal comma"),
        (
            a_payload(timestamp=5).replace(b": 5}", b": 1795658580,5}"),
            Reason.NOT_JSON,
            "timestamp is 1795658580,5 with a decimal comma",
        ),
        (a_payload(speed=5).replace(b": 5}", b": 6,5}"), Reason.NOT_JSON, "speed is 6,5 with a decimal comma; send 6.5"),
        (a_payload(latitude=360278, longitude=9848572), Reason.OUT_OF_RANGE, "send 3.60278 and 98.48572"),
        (a_payload(latitude=36027800, longitude=984857200), Reason.OUT_OF_RANGE, "send 3.60278 and 98.48572"),
        (a_payload(latitude="3.60278 N"), Reason.WRONG_TYPE, "latitude is '3.60278 N'; send the number alone"),
        (b'{"lat": 3.6, "lon": 98.5, "timestamp": 1795658580}', Reason.MISSING_FIELD, "has other names: lat, lon, timestamp"),
        (b'{"gps": {"latitude": 3.6}, "timestamp": 1795658580}', Reason.MISSING_FIELD, "latitude lies within “gps”"),
        (json.dumps(a_payload().decode()).encode(), Reason.WRONG_TYPE, "the payload is a text in quotes"),
        (gzip.compress(a_payload()), Reason.INVALID_UTF8, "compressed (gzip)"),
        (bytes.fromhex("78780d0103588999ff0d0a"), Reason.INVALID_UTF8, "a protocol of its own"),
        (b"$GPRMC,010000,A,0336.1668,N,09829.1432,E,12,90,241126,,*1C", Reason.NOT_JSON, "(NMEA, $GPRMC)"),
        (b"{'latitude': 3.6, 'longitude': 98.5}", Reason.NOT_JSON, "single quotes"),
        (b"3.60278,98.48572,1795658580", Reason.NOT_JSON, "begins with '3.60278,98.48572,1795658' and is not JSON"),
        (b"17", Reason.WRONG_TYPE, "the payload"),
        (b"null", Reason.WRONG_TYPE, "the payload"),
        (b'{"latitude": 3.6, "longitude": 98.5}', Reason.MISSING_FIELD, "timestamp"),
        (b"{}", Reason.MISSING_FIELD, "latitude"),
        (a_payload(latitude=91), Reason.OUT_OF_RANGE, "latitude"),
        (a_payload(longitude=-180.5), Reason.OUT_OF_RANGE, "longitude"),
        (a_payload(timestamp=SENT.timestamp() * 1000), Reason.OUT_OF_RANGE, "Unix seconds"),
        (a_payload(timestamp=12), Reason.OUT_OF_RANGE, "since the device started"),
        (a_payload(timestamp=315_964_799), Reason.OUT_OF_RANGE, "too small"),
        (a_payload().replace(b"3.6", b"1e999"), Reason.OUT_OF_RANGE, "latitude"),
        (a_payload().replace(b"3.6", b"NaN"), Reason.OUT_OF_RANGE, "NaN"),
        (a_payload().replace(b"3.6", b"-Infinity"), Reason.OUT_OF_RANGE, "Infinity"),
        (b"", Reason.NOT_JSON, "the message is empty"),
        (b" \n", Reason.NOT_JSON, "the message is empty"),
        (b"lat=3.6", Reason.NOT_JSON, "not JSON"),
        (a_payload()[:-1], Reason.NOT_JSON, "ends too early"),
        (b'{"a":' * 40_000, Reason.NOT_JSON, "JSON"),
        (b"[" * 200_000, Reason.NOT_JSON, "JSON"),
        (b"\xff\xfe\x00", Reason.INVALID_UTF8, "UTF-8"),
        (a_payload(name="X").replace(b"X", b"\xc3\x28"), Reason.INVALID_UTF8, "UTF-8"),
        (b" " * 2**20, Reason.TOO_LARGE, str(MAX_PAYLOAD)),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else str(value),
)
def test_a_payload_that_cannot_be_read_is_refused_by_reason_and_field(payload: bytes, reason: Reason, names: str) -> None:
    decoded = decode(POSITION, payload)
    assert (decoded.tracker_id, decoded.fixes, reasons(decoded)) == ("bus-7", (), [reason])
    assert names in sentence(decoded.refusals[0])


def test_a_text_in_utf_8_may_begin_with_a_byte_order_mark_and_one_in_utf_16_is_named() -> None:
    assert decode(POSITION, b"\xef\xbb\xbf" + a_payload()).fixes == (TrackerFix(3.6, 98.5, SENT),)
    (refusal,) = decode(POSITION, a_payload().decode().encode("utf-16")).refusals
    assert sentence(refusal) == "the payload is not UTF-8; send JSON text in UTF-8"


def test_our_own_form_on_the_topic_of_owntracks_is_told_which_topic_it_has() -> None:
    (refusal,) = decode(OWNTRACKS, a_payload()).refusals
    assert (refusal.reason, "no _type" in sentence(refusal)) == (Reason.MISSING_FIELD, True)


def test_a_flushed_buffer_keeps_its_good_fixes_whatever_lies_between() -> None:
    good = a_payload()
    bad = [b"3", b"null", a_payload(latitude="x"), a_payload(latitude=0).replace(b" 0,", b" NaN,"), b'{"latitude": "\xff"}']
    decoded = decode(POSITION, b" [" + b",".join([good, *bad, good]) + b"]")
    assert decoded.fixes == (TrackerFix(3.6, 98.5, SENT),) * 2
    assert sorted(reasons(decoded)) == ["invalid_utf8", "out_of_range", "wrong_type", "wrong_type", "wrong_type"]


def test_an_empty_buffer_says_nothing() -> None:
    assert decode(POSITION, b"[]") == DecodedMessage("bus-7")


@pytest.mark.parametrize(("payload", "online"), [(b"online", True), (b"offline", False), (b"online\n", True), (b"", None)])
def test_the_status_is_a_bare_word(payload: bytes, online: bool | None) -> None:
    assert decode(STATUS, payload) == DecodedMessage("bus-7", online=online)


def test_another_status_is_refused() -> None:
    assert reasons(decode(STATUS, b'"online"')) == ["unknown_status"]


@pytest.mark.parametrize(
    "topic",
    [
        "",
        "/",
        "transbinjai/v1/trackers//position",
        "transbinjai/v2/trackers/bus-7/position",
        "transbinjai/v1/trackers/bus-7/position/x",
        f"transbinjai/v1/trackers/{'x' * 121}/position",
        "transbinjai/v1/trackers/a\nb/position",
        "owntracks/sopir",
        "owntracks/sopir/hp/event",
        "owntracks//",
    ],
)
def test_another_topic_is_refused_under_nobodys_name(topic: str) -> None:
    decoded = decode(topic, a_payload())
    assert (decoded.tracker_id, decoded.fixes, reasons(decoded)) == (NOBODY, (), ["unknown_topic"])


def test_an_owntracks_location_is_converted_from_kilometres_per_hour() -> None:
    extra = {"vel": 36, "cog": 270, "acc": 12, "batt": 55, "created_at": int(SENT.timestamp()) + 2, "tid": "hp", "t": "u"}
    created = datetime(2026, 11, 23, 1, 0, 2, tzinfo=UTC)
    assert decode(OWNTRACKS, a_location(**extra)) == DecodedMessage(
        "sopir/hp", (TrackerFix(3.6, 98.5, SENT, created, 270.0, 10.0, None, 12.0, 55.0),), online=True
    )


def test_what_a_phone_does_not_know_it_sends_as_minus_one() -> None:
    assert decode(OWNTRACKS, a_location(vel=-1, cog=-1, acc=-1, batt=-1)).fixes == (TrackerFix(3.6, 98.5, SENT),)


@pytest.mark.parametrize("kind", ["transition", "waypoint", "status", "card", "cmd", "steps"])
def test_other_messages_of_owntracks_are_no_fixes_and_no_fault(kind: str) -> None:
    assert decode(OWNTRACKS, json.dumps({"_type": kind, "tst": 1, "lat": 3.6, "lon": 98.5}).encode()) == DecodedMessage(
        "sopir/hp"
    )


def test_the_last_will_of_owntracks_is_the_end_of_a_connection_and_no_fix() -> None:
    assert decode(OWNTRACKS, b'{"_type":"lwt","tst":1795395600}') == DecodedMessage("sopir/hp", online=False)


def test_an_encrypted_phone_is_told_what_to_do() -> None:
    decoded = decode(OWNTRACKS, b'{"_type":"encrypted","data":"AAAA"}')
    assert reasons(decoded) == ["encrypted"]
    assert "encryption key" in sentence(decoded.refusals[0])


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
names = ("latitude", "longitude", "timestamp", "bearing", "speed", "seq", "_type", "lat", "lon", "tst", "vel", "created_at")
objects = st.dictionaries(st.sampled_from(names), values)
payloads = st.binary() | (objects | st.lists(objects)).map(lambda it: json.dumps(it).encode())
topics = st.sampled_from([POSITION, STATUS, OWNTRACKS]) | st.text()


@given(topics, payloads)
def test_no_payload_can_do_worse_than_be_malformed(topic: str, payload: bytes) -> None:
    decoded = decode(topic, payload)
    for fix in decoded.fixes:
        assert -90 <= fix.lat <= 90
        assert -180 <= fix.lon <= 180
        assert fix.fix_at.tzinfo is UTC
    for refusal in decoded.refusals:
        assert sentence(refusal)


@given(st.lists(st.sampled_from(["good", "bad"])))
def test_every_element_of_a_buffer_is_read_or_refused(kinds: list[str]) -> None:
    elements = [a_payload() if kind == "good" else a_payload(longitude=[]) for kind in kinds]
    decoded = decode(POSITION, b"[" + b",".join(elements) + b"]")
    assert (len(decoded.fixes), len(decoded.refusals)) == (kinds.count("good"), kinds.count("bad"))


def test_a_place_out_of_range_is_blamed_on_nothing_that_it_does_not_look_like() -> None:
    (complaint,) = decode(POSITION, a_payload(latitude=3_602_780.5, longitude=98_485_720)).refusals  # no whole number
    assert sentence(complaint) == "latitude is out of range, it must be <= 90.0"
    (complaint,) = decode(POSITION, a_payload(latitude=336.75, longitude=9879.0)).refusals  # 79 minutes are none
    assert sentence(complaint) == "latitude is out of range, it must be <= 90.0"


def test_what_a_status_message_said_is_repeated_as_it_was_written() -> None:
    (complaint,) = decode(STATUS, b"ONLINE").refusals
    assert sentence(complaint) == "the status is 'ONLINE'; send the bare text online or offline"
