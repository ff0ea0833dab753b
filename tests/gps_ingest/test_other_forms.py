"""More ways in: HFP v2 of vehicle computers, Traccar's forward; through the decoder, and through a real broker."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from gps_ingest import broker
from gps_ingest.broker_users import topics_of_tracker, tracker_of_topics
from gps_ingest.decoder import SUBSCRIPTIONS, DecodedMessage, TrackerFix, decode, sender_of
from tests.conftest import free_port, until
from tests.gps_ingest.clients import Client

SENT = datetime(2026, 11, 23, 1, tzinfo=UTC)
HFP = "/hfp/v2/journey/ongoing/vp/bus/0012/00087/1001/1/Ujung/08:00/1020/4/3;98/65/00/05/x"
VP: dict[str, Any] = {
    "desi": "1", "dir": "1", "oper": 12, "veh": 87, "tst": "2026-11-23T01:00:00.000Z", "tsi": 1795395600, "spd": 7.5,
    "hdg": 90,
    "lat": 3.6, "long": 98.5, "acc": -0.4, "dl": -30, "odo": 1200, "drst": 0, "oday": "2026-11-23", "loc": "GPS",
    "route": "1001",
}  # fmt: skip
TRACCAR: dict[str, Any] = {
    "position": {
        "deviceTime": "2026-11-23T01:00:01.000+00:00", "fixTime": "2026-11-23T01:00:00.000+00:00", "valid": True,
        "outdated": False,
        "latitude": 3.6, "longitude": 98.5, "speed": 10, "course": 90, "accuracy": 8.0,
        "attributes": {"batteryLevel": 80, "totalDistance": 1200.5, "motion": True},
    },
    "device": {"id": 3, "uniqueId": "356307042441013", "name": "Bus 7"},
}  # fmt: skip


def hfp(**fields: Any) -> bytes:
    return json.dumps({"VP": {**VP, **fields}}).encode()


def forwarded(**fields: Any) -> bytes:
    return json.dumps({**TRACCAR, "position": {**TRACCAR["position"], **fields}}).encode()


def reasons(decoded: DecodedMessage) -> list[str]:
    return [str(refusal.reason) for refusal in decoded.refusals]


def test_a_vehicle_computer_that_speaks_hfp_is_a_tracker_named_by_operator_and_vehicle() -> None:
    fix = TrackerFix(lat=3.6, lon=98.5, fix_at=SENT, bearing=90.0, speed_mps=7.5, odometer_m=1200.0)
    assert decode(HFP, hfp()) == DecodedMessage("0012/00087", (fix,))
    assert sender_of(HFP, hfp()) == "0012/00087"


def test_its_acceleration_is_no_accuracy_and_a_vehicle_without_a_fix_is_heard_without_one() -> None:
    assert decode(HFP, hfp(acc=250)).fixes[0].accuracy_m is None
    assert decode(HFP, hfp(lat=None, long=None, loc="N/A")) == DecodedMessage("0012/00087")


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (hfp(lat=None), "missing_field"),
        (hfp(tsi=None), "missing_field"),
        (hfp(lat=98.5), "out_of_range"),
        (b'{"VP":', "not_json"),
    ],
)
def test_what_cannot_be_read_is_refused_under_the_vehicles_name(payload: bytes, reason: str) -> None:
    decoded = decode(HFP, payload)
    assert (decoded.tracker_id, reasons(decoded)) == ("0012/00087", [reason])


@pytest.mark.parametrize(
    "topic",
    [
        "/hfp/v2/journey/ongoing/arr/bus/0012/00087",
        "/hfp/v1/journey/ongoing/vp/bus/0012/00087",
        "/hfp/v2/journey/ongoing/vp/bus/0012",
    ],
)
def test_another_topic_of_hfp_is_not_read(topic: str) -> None:
    assert reasons(decode(topic, hfp())) == ["unknown_topic"]


def test_traccar_forwards_a_device_under_its_own_name_with_its_speed_in_knots() -> None:
    decoded = decode("traccar/pusat", forwarded())
    assert (decoded.tracker_id, decoded.refusals) == ("356307042441013", ())
    (fix,) = decoded.fixes
    assert fix.speed_mps == pytest.approx(5.1444, abs=1e-4)
    assert (fix.fix_at, fix.bearing, fix.accuracy_m, fix.battery_pct, fix.odometer_m) == (SENT, 90.0, 8.0, 80.0, 1200.5)
    assert decode("traccar/pusat", forwarded(accuracy=0)).fixes[0].accuracy_m is None
    assert sender_of("traccar/pusat", b"") == "traccar/pusat"


@pytest.mark.parametrize("fields", [{"valid": False}, {"outdated": True}])
def test_an_old_position_that_traccar_sends_again_is_none(fields: dict[str, Any]) -> None:
    assert decode("traccar/pusat", forwarded(**fields)) == DecodedMessage("356307042441013")


def test_what_names_no_device_is_the_servers_and_what_is_no_position_the_devices() -> None:
    without = json.dumps({"position": TRACCAR["position"]}).encode()
    assert (decode("traccar/pusat", without).tracker_id, reasons(decode("traccar/pusat", without))) == (
        "traccar/pusat",
        ["missing_field"],
    )
    slashed = json.dumps({**TRACCAR, "device": {"uniqueId": "a/b"}}).encode()
    assert (decode("traccar/pusat", slashed).tracker_id, decode("traccar/pusat", slashed).fixes) == ("traccar/pusat", ())
    assert reasons(decode("traccar/pusat", b"nonsense")) == ["not_json"]
    late = decode("traccar/pusat", forwarded(fixTime="yesterday"))
    assert (late.tracker_id, late.fixes, len(late.refusals)) == ("356307042441013", (), 1)


@pytest.mark.parametrize("tracker_id", ["bus-7", "driver7/phone", "0012/00087", "traccar/pusat"])
def test_credentials_of_each_are_for_their_own_topics(tracker_id: str) -> None:
    assert tracker_of_topics(topics_of_tracker(tracker_id)) == tracker_id


@pytest.mark.slow
def test_both_come_through_the_broker(tmp_path) -> None:
    port = free_port()
    running = broker.start(tmp_path, "127.0.0.1", port)
    ingest, sender = Client(running.url, "ingest"), Client(f"mqtt://127.0.0.1:{port}", "sender")
    try:
        assert ingest.subscribe(*SUBSCRIPTIONS) == [True] * len(SUBSCRIPTIONS)
        sender.publish(HFP, hfp())
        sender.publish("traccar/pusat", forwarded())
        until(lambda: len(ingest.messages) == 2)
        found = {decode(topic, payload).tracker_id: len(decode(topic, payload).fixes) for topic, payload, _ in ingest.messages}
        assert found == {"0012/00087": 1, "356307042441013": 1}
    finally:
        sender.close()
        ingest.close()
        running.stop()
