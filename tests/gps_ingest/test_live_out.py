"""Positions of buses in service for everybody: what is told of which bus, and what a reader can and cannot do."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from paho.mqtt import client as paho
from paho.mqtt.enums import CallbackAPIVersion

from gps_ingest import broker
from gps_ingest.broker_access import LIVE_PREFIX, READER, READER_PASSWORD
from gps_ingest.live_out import LiveOut, geohash_of, level_of
from gps_ingest.mqtt import Outlet
from tests.builders import SEVEN, a_network, a_report, a_trip_instance, at, every
from tests.conftest import free_port, until
from tests.gps_ingest.clients import Client
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus

NETWORK = a_network()


def a_bus(
    metres: float = 600.0, when=SEVEN, *, status=VehicleStatus.ON_TRIP, trip="T1", back=False, start_s=None
) -> VehicleState:
    run = a_trip_instance(trip, start_s) if trip else None
    matched = MatchedPosition(when, status, run, metres, 3.0, is_expected_back=back)
    report = a_report((metres, 0.0), when, bearing=90.4, speed_mps=6.0)
    return VehicleState("BUS1", report, matched, next_stop_sequence=3)


def told(*states: VehicleState, network=NETWORK, parked=(), now=None) -> list[tuple[str, dict[str, Any]]]:
    sent: list[tuple[str, bytes]] = []
    live = LiveOut(lambda topic, payload: sent.append((topic, payload)))
    for state in states:
        live.tell(network, [state], parked, now or state.report.reported_at)
    return [(topic, json.loads(payload)["VP"]) for topic, payload in sent]


def test_a_position_has_hfps_topic_and_fields() -> None:
    ((topic, vp),) = told(a_bus(when=at(7, 2)))  # planned there at 07:01:40
    assert topic == f"{LIVE_PREFIX}/journey/ongoing/vp/bus/A/BUS1/R1/1/Ujung/07:00/S2/0/3;98/65/00/05"
    assert (vp["veh"], vp["oper"], vp["desi"], vp["dir"], vp["route"], vp["start"]) == ("BUS1", "A", "1", "1", "R1", "07:00")
    assert (vp["tsi"], vp["tst"]) == (int(at(7, 2).timestamp()), "2026-11-23T00:02:00.000Z")
    assert (vp["spd"], vp["hdg"], vp["odo"], vp["oday"]) == (6.0, 90, 600, "2026-11-23")
    assert vp["dl"] == -20  # late is negative, as HFP has it
    assert (vp["acc"], vp["drst"], vp["occu"], vp["loc"]) == (None, None, None, "GPS")


def test_a_bus_by_headway_has_its_own_start_and_no_delay() -> None:
    ((topic, vp),) = told(a_bus(start_s=7 * 3600 + 240), network=a_network(headway=every(10)))
    assert "/07:04/" in topic
    assert (vp["start"], vp["dl"]) == ("07:04", None)


def test_a_position_is_told_once_and_an_older_one_never() -> None:
    later = a_bus(700.0, SEVEN + timedelta(seconds=10))
    assert len(told(a_bus(), a_bus(), later, a_bus())) == 2


def test_a_reader_of_coarse_levels_gets_few_messages() -> None:
    buses = [a_bus(600.0 + 30 * n, SEVEN + timedelta(seconds=5 * n)) for n in range(6)]  # 150 m on, over one line of 111 m
    levels = [topic.split("/")[-5] for topic, _ in told(*buses)]
    assert levels[0] == "0"  # the first, and any after which another stop is next
    assert sorted(levels[1:]) == ["3", "4", "4", "4", "4"]


@pytest.mark.parametrize(
    ("bus", "parked"),
    [
        (a_bus(status=VehicleStatus.DEADHEAD, trip=""), ()),
        (a_bus(status=VehicleStatus.UNASSIGNED, trip=""), ()),
        (a_bus(status=VehicleStatus.OFF_ROUTE), ()),
        (a_bus(), ("BUS1",)),
        (a_bus(trip="gone"), ()),
    ],
)
def test_who_carries_no_riders_is_not_told_of(bus, parked) -> None:
    assert told(bus, parked=parked) == []
    assert len(told(a_bus(status=VehicleStatus.OFF_ROUTE, back=True))) == 1  # round an obstacle


def test_an_old_position_is_not_told_as_now() -> None:
    assert len(told(a_bus(), now=SEVEN + timedelta(seconds=90))) == 1
    assert told(a_bus(), now=SEVEN + timedelta(seconds=91)) == []


def test_a_name_can_not_open_another_level_of_the_topic() -> None:
    trip = replace(NETWORK.trips["T1"], headsign="Pasar / Terminal + #1")
    ((topic, _),) = told(a_bus(), network=replace(NETWORK, trips={"T1": trip}))
    assert topic.split("/")[11] == "Pasar_Terminal_1"
    assert len(topic.split("/")) == 19


def test_geohash_levels_are_those_of_hfp() -> None:
    assert geohash_of(60.123, 24.987) == ("60;24", "19", "28", "37")
    assert geohash_of(-6.2, 106.8) == ("-6;106", "28", "00", "00")
    assert level_of(("60;24", "19", "28", "37"), ("60;24", "19", "29", "37")) == 2
    assert level_of(("60;24", "19"), ("60;24", "19")) == 2


# --- on a real broker


@pytest.fixture
def running(tmp_path):
    port, websocket = free_port(), free_port()
    made = broker.start(tmp_path, "127.0.0.1", port, websocket)
    yield made, port, websocket
    made.stop()


@pytest.mark.slow
def test_everybody_reads_live_positions_and_nobody_a_trackers(running):
    made, port, _ = running
    reader = Client(f"mqtt://{READER}:{READER_PASSWORD}@127.0.0.1:{port}", "reader")
    stranger = Client(f"mqtt://127.0.0.1:{port}", "stranger")
    tracker = Client(f"mqtt://127.0.0.1:{port}", "tracker")
    outlet = Outlet(made.url, "out")
    try:
        for client in (reader, stranger):
            assert client.subscribe(f"{LIVE_PREFIX}/#", qos=0) == [True]
            assert (
                client.subscribe("#", "transbinjai/#", "transbinjai/v1/trackers/+/position", "owntracks/+/+", qos=0)
                == [False] * 4
            )
        until(lambda: outlet.is_connected)
        LiveOut(outlet.publish).tell(NETWORK, [a_bus()], (), SEVEN)
        until(lambda: reader.messages and stranger.messages)
        topic, payload, retained = reader.messages[0]
        assert topic.startswith(f"{LIVE_PREFIX}/journey/ongoing/vp/bus/A/BUS1/R1/")
        assert (json.loads(payload)["VP"]["veh"], retained) == ("BUS1", False)
        tracker.publish("transbinjai/v1/trackers/T/position", b"{}")
        reader.publish(topic, b"forged", qos=0)
        stranger.publish(topic, b"forged", qos=0)
        LiveOut(outlet.publish).tell(NETWORK, [a_bus()], (), SEVEN)
        until(lambda: len(reader.messages) == 2 and len(stranger.messages) == 2)
        assert b"forged" not in {content for _, content, _ in (*reader.messages, *stranger.messages)}
    finally:
        outlet.close()
        for client in (reader, stranger, tracker):
            client.close()


@pytest.mark.slow
def test_a_page_reads_them_over_websocket(running):
    made, _, websocket = running
    messages: list[str] = []
    ready = threading.Event()
    client = paho.Client(CallbackAPIVersion.VERSION2, "page", transport="websockets", protocol=paho.MQTTv311)
    client.ws_set_options(path="/mqtt")
    client.username_pw_set(READER, READER_PASSWORD)
    client.on_connect = lambda *_: client.subscribe(f"{LIVE_PREFIX}/journey/ongoing/vp/bus/+/+/R1/#", 0)
    client.on_subscribe = lambda *_: ready.set()
    client.on_message = lambda _, __, message: messages.append(message.topic)
    outlet = Outlet(made.url, "out")
    client.connect("127.0.0.1", websocket)
    client.loop_start()
    try:
        assert ready.wait(10)
        until(lambda: outlet.is_connected)
        LiveOut(outlet.publish).tell(NETWORK, [a_bus()], (), SEVEN)
        until(lambda: messages)
    finally:
        client.disconnect()
        client.loop_stop()
        outlet.close()
