"""What each kind of app sends becomes the fix that it means, in our units."""

from __future__ import annotations

import json

import pytest

from gps_ingest.decoder import decode
from gps_ingest.other_forms import NO_FIX
from gps_ingest.receive.forms import BadRequest, osmand, owntracks, traccar_client
from tests.builders import SEVEN

AT = 1764313200  # 2025-11-28 07:00:00 UTC
PLACE = {"id": "T1", "lat": "3.60278", "lon": "98.48572"}


def fix_of(form):
    message = decode(form.topic, form.payload)
    assert (message.tracker_id, message.refusals, message.dropped) == (form.tracker_id, (), ())
    (fix,) = message.fixes
    return fix


def test_a_position_of_osmand_is_in_knots_degrees_and_percent():
    more = {
        "timestamp": str(AT),
        "speed": "10",
        "bearing": "51.5",
        "accuracy": "8",
        "batt": "83.5",
        "hdop": "1",
        "charge": "true",
    }
    form = osmand({**PLACE, **more}, SEVEN)
    assert form.topic == "transbinjai/v1/trackers/T1/position"
    fix = fix_of(form)
    assert (fix.lat, fix.lon, fix.fix_at.timestamp()) == (3.60278, 98.48572, AT)
    assert fix.speed_mps == pytest.approx(5.1444, abs=1e-4)
    assert (fix.bearing, fix.accuracy_m, fix.battery_pct) == (51.5, 8.0, 83.5)


@pytest.mark.parametrize(
    ("fields", "lat"),
    [
        ({"deviceid": "T1", "location": "3.5,98.5"}, 3.5),
        ({"id": "T1", "lat": "3.6", "lon": "98.5", "heading": "90", "valid": "true"}, 3.6),
        ({"id": "T1", "lat": "3.6", "lon": "98.5", "speed": "-1", "bearing": "-1", "accuracy": "-1"}, 3.6),
    ],
)
def test_other_spellings_are_the_same_position(fields, lat):
    fix = fix_of(osmand(fields, SEVEN))
    assert (fix.lat, fix.lon, fix.speed_mps, fix.accuracy_m) == (lat, 98.5, None, None)
    assert fix.bearing == (90.0 if "heading" in fields else None)


@pytest.mark.parametrize(
    "spelt",
    [
        f"{AT}", f"{AT}000", f"{AT}.0", "2025-11-28T07:00:00Z", "2025-11-28T14:00:00+07:00", "2025-11-28T14:00:00 07:00",
        "2025-11-28 07:00:00", "2025-11-28T07:00:00.000Z",
    ],
)  # fmt: skip
def test_a_time_is_seconds_milliseconds_or_iso(spelt):
    assert fix_of(osmand({**PLACE, "timestamp": spelt}, SEVEN)).fix_at.timestamp() == AT


def test_the_last_second_that_is_seconds_and_the_first_that_is_milliseconds():
    rolled_over = AT + 1024 * 7 * 86400  # in 2045, beyond 2**31: a date twenty years wrong is told as that, not as one of 1970
    assert rolled_over > 2**31
    assert fix_of(osmand({**PLACE, "timestamp": str(rolled_over)}, SEVEN)).fix_at.timestamp() == rolled_over
    assert json.loads(osmand({**PLACE, "timestamp": str(10**11 - 1)}, SEVEN).payload)["timestamp"] == 10**11 - 1
    assert json.loads(osmand({**PLACE, "timestamp": str(10**11)}, SEVEN).payload)["timestamp"] == 10**8


def test_without_a_time_it_is_now():
    assert fix_of(osmand(PLACE, SEVEN)).fix_at == SEVEN


@pytest.mark.parametrize("fields", [{"id": "T1"}, {**PLACE, "valid": "false"}, {**PLACE, "valid": "0"}])
def test_a_phone_without_a_fix_is_heard_and_nothing_more(fields):
    form = osmand(fields, SEVEN)
    assert form.payload == NO_FIX
    assert decode(form.topic, form.payload).fixes == decode(form.topic, form.payload).refusals == ()


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({**PLACE, "lat": "north"}, "wrong_type"),
        ({**PLACE, "lat": "3,6"}, "wrong_type"),
        ({**PLACE, "lat": "95"}, "out_of_range"),
        ({"id": "T1", "lat": "3.6"}, "missing_field"),
        ({**PLACE, "timestamp": "yesterday"}, "wrong_type"),
    ],
)
def test_what_cannot_be_read_is_counted_under_its_tracker_and_not_sent_for_ever(fields, reason):
    form = osmand(fields, SEVEN)
    message = decode(form.topic, form.payload)
    assert [str(refusal.reason) for refusal in message.refusals] == [reason]
    assert message.tracker_id == "T1"


@pytest.mark.parametrize("name", ["", "a/b", "a+b", "a#", "a b", "x" * 121, "a\nb"])
def test_a_name_that_no_topic_carries_is_no_name(name):
    for read in (lambda: osmand({**PLACE, "id": name}, SEVEN), lambda: traccar_client(client_body(device_id=name), SEVEN)):
        with pytest.raises(BadRequest):
            read()


def client_body(device_id="T1", **more):
    coords = {"latitude": 3.60278, "longitude": 98.48572, "speed": 5.25, "heading": 51.5, "accuracy": 8.1, "altitude": 30}
    location = {"timestamp": "2025-11-28T07:00:00.000Z", "coords": coords, "odometer": 1234.5, "is_moving": True,
                "battery": {"level": 0.8, "is_charging": False}, "event": "motionchange", "extras": {}, **more}  # fmt: skip
    return json.dumps({"location": location, "device_id": device_id}).encode()


def test_a_position_of_traccar_client_9_is_in_metres_a_second_and_its_battery_a_share():
    fix = fix_of(traccar_client(client_body(), SEVEN))
    assert (fix.lat, fix.lon, fix.fix_at.timestamp()) == (3.60278, 98.48572, AT)
    assert (fix.speed_mps, fix.bearing, fix.accuracy_m, fix.odometer_m, fix.battery_pct) == (5.25, 51.5, 8.1, 1234.5, 80.0)


def test_minus_one_is_unknown():
    unknown = {"latitude": 3.6, "longitude": 98.5, "speed": -1, "heading": -1, "accuracy": 9}
    fix = fix_of(traccar_client(client_body(coords=unknown, battery={"level": -1}, odometer=-1), SEVEN))
    assert (fix.speed_mps, fix.bearing, fix.odometer_m, fix.battery_pct) == (None, None, None, None)


def test_several_locations_are_an_array_and_one_without_a_place_is_a_sign_of_life():
    one = json.loads(client_body())["location"]
    later = {**one, "timestamp": "2025-11-28T07:00:10.000Z"}
    form = traccar_client(json.dumps({"device_id": "T1", "location": [one, later, {"timestamp": "x"}]}).encode(), SEVEN)
    assert [fix.fix_at.timestamp() for fix in decode(form.topic, form.payload).fixes] == [AT, AT + 10]
    assert traccar_client(b'{"device_id": "T1", "location": {"timestamp": "2025-11-28T07:00:00Z"}}', SEVEN).payload == NO_FIX


@pytest.mark.parametrize("body", [b"{", b"\xff{", b"[1]", b"{}", b'{"location": {"coords": {}}}', b"[" * 100_000])
def test_a_body_that_names_nobody_is_refused(body):
    with pytest.raises(BadRequest):
        traccar_client(body, SEVEN)


@pytest.mark.parametrize("location", [b"7", b'"x"', b"[7, null]", b'{"coords": 7}', b'{"coords": {"latitude": []}}'])
def test_whatever_the_location_is_a_named_phone_is_answered(location):
    form = traccar_client(b'{"device_id": "T1", "location": ' + location + b"}", SEVEN)
    assert decode(form.topic, form.payload).fixes == ()


def test_owntracks_is_passed_on_as_it_is():
    body = b'{"_type": "location", "lat": 3.6, "lon": 98.5, "tst": 1764313200, "vel": 36}'
    form = owntracks("driver7", "phone", body)
    assert (form.tracker_id, form.topic, form.payload) == ("driver7/phone", "owntracks/driver7/phone", body)
    assert fix_of(form).speed_mps == 10.0


@pytest.mark.parametrize(("user", "device"), [("", "phone"), ("driver7", ""), ("a/b", "c"), ("a", "#"), ("old bus", "x")])
def test_owntracks_without_user_and_device_is_refused(user, device):
    with pytest.raises(BadRequest):
        owntracks(user, device, b"{}")
