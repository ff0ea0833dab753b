"""A feed of positions that is polled: each position once, trips as hints, and a feed that fails."""

from __future__ import annotations

import signal
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask, Response, request

from gps_ingest import broker
from gps_ingest.decoder import decode
from gps_ingest.polling import NoAnswer, PolledFeed, Relay, changed_hints
from gtfs.positions import BrokenMessage, FeedPosition, read_positions
from gtfs.realtime import to_pb, vehicle_positions
from tests.builders import SEVEN, a_network, a_report, a_trip_instance
from tests.conftest import free_port, until
from tests.gps_ingest.clients import Client
from transit.store.assignments import assign, load_assignments
from transit.store.database import migrate, open_database, writing
from transit.store.networks import save_network
from transit.store.trackers import load_tracker_map
from transit.tracking.state import MatchedPosition, VehicleState, VehicleStatus
from transit.tracking.trip_choice import AssignmentHint

AT = int(SEVEN.timestamp())


def a_feed(metres: float = 600.0, when=SEVEN) -> bytes:
    matched = MatchedPosition(when, VehicleStatus.ON_TRIP, a_trip_instance(), metres, 3.0)
    report = a_report((metres, 0.0), when, bearing=90.0, speed_mps=6.5)
    return to_pb(vehicle_positions(a_network(), [VehicleState("BUS1", report, matched, next_stop_sequence=3)], when))


def test_a_position_is_read_with_its_own_time_and_trip() -> None:
    (position,) = read_positions(a_feed())
    assert position == FeedPosition("BUS1", 3.6, 98.505402, AT, 90.0, 6.5, None, "T1", "R1")


def test_what_is_no_feed_is_told_apart_from_an_empty_one() -> None:
    assert read_positions(to_pb(vehicle_positions(a_network(), [], SEVEN))) == []
    with pytest.raises(BrokenMessage):
        read_positions(b"<html>not here</html>")


def test_a_position_is_passed_on_once_and_an_older_one_never() -> None:
    sent: list[tuple[str, list[dict[str, Any]]]] = []
    relay = Relay(lambda tracker_id, fixes: sent.append((tracker_id, fixes)))
    rows = [FeedPosition("BUS1", 3.6, 98.5, AT), FeedPosition("BUS1", 3.6, 98.5, AT), FeedPosition("BUS1", 3.7, 98.5, AT - 5)]
    assert (relay.pass_on(rows), relay.pass_on(rows)) == (1, 0)
    assert sent == [("BUS1", [{"latitude": 3.6, "longitude": 98.5, "timestamp": AT}])]


def test_a_vehicle_whose_name_no_topic_carries_is_told_of() -> None:
    relay = Relay(lambda *_: None)
    assert relay.pass_on([FeedPosition("BUS 1", 3.6, 98.5, AT)]) == 0
    assert "a space cannot be in a topic" in relay.objections["BUS 1"]


@pytest.mark.parametrize(
    ("trips", "stored", "ours", "changed"),
    [
        ({"BUS1": "T1"}, {}, {}, {"BUS1": "T1"}),
        ({"BUS1": "T1"}, {"BUS1": "T1"}, {}, {}),
        ({"BUS1": "T2"}, {"BUS1": "T1"}, {"BUS1": "T1"}, {"BUS1": "T2"}),
        ({"BUS1": "T2"}, {"BUS1": "R9"}, {"BUS1": "T1"}, {}),  # a dispatcher's word
        ({"BUS1": ""}, {"BUS1": "T1"}, {"BUS1": "T1"}, {"BUS1": None}),
        ({"BUS1": ""}, {"BUS1": "T1"}, {}, {}),
    ],
)
def test_a_trip_of_the_feed_is_a_hint_where_no_dispatcher_says_otherwise(trips, stored, ours, changed) -> None:
    assert changed_hints(trips, stored, ours) == changed


@pytest.fixture
def feed(serve):
    """Somebody's server: what it sends is set by the test; `asked` counts whole answers."""
    app = Flask("feed")
    app.config.update(content=a_feed(), whole=0)

    @app.get("/vp.pb")
    def positions() -> Response:
        response = Response(app.config["content"], mimetype="application/x-protobuf")
        response.add_etag()
        response.make_conditional(request)
        app.config["whole"] += response.status_code == 200
        return response

    return app, serve(app)


def test_what_is_known_is_not_sent_again(feed) -> None:
    app, address = feed
    source = PolledFeed(f"{address}/vp.pb")
    assert (source.fetch(), source.fetch()) == (a_feed(), None)
    app.config["content"] = a_feed(700.0)
    assert source.fetch() == a_feed(700.0)
    assert app.config["whole"] == 2


def test_a_feed_that_is_not_there_is_said_in_a_sentence(feed) -> None:
    nobody = f"http://127.0.0.1:{free_port()}/"
    for url, words in ((f"{feed[1]}/nothing", "404"), (nobody, "cannot be reached"), ("file:///etc/passwd", "https")):
        with pytest.raises(NoAnswer, match=words):
            PolledFeed(url).fetch()


@pytest.mark.slow
def test_the_command_makes_reports_of_a_feed_and_takes_its_trip_as_a_hint(feed, command, tmp_path) -> None:
    _, address = feed
    engine = open_database(f"sqlite:///{tmp_path / 'transit.db'}")
    migrate(engine)
    with writing(engine) as connection:
        save_network(connection, a_network(), now=SEVEN, source="test")
        assign(connection, "BUS9", AssignmentHint("R1"), now=SEVEN)

    def stored(load):
        with engine.connect() as connection:
            return load(connection)

    def assigned():
        return stored(lambda connection: load_assignments(connection, datetime.now(UTC)))

    port = free_port()
    running = broker.start(tmp_path, "127.0.0.1", port)
    ingest = Client(running.url, "ingest")
    try:
        ingest.subscribe("transbinjai/v1/trackers/+/position")
        process = command("poll", f"{address}/vp.pb", "--every", "1", "--map", MQTT_PORT=str(port))
        until(lambda: ingest.messages)
        (fix,) = decode(*ingest.messages[0][:2]).fixes
        assert (fix.lat, fix.fix_at, fix.speed_mps) == (3.6, SEVEN, 6.5)
        until(lambda: stored(load_tracker_map) == {"BUS1": "BUS1"})
        until(lambda: assigned().get("BUS1") == AssignmentHint("R1", "T1"))
        assert assigned()["BUS9"] == AssignmentHint("R1")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    finally:
        ingest.close()
        running.stop()
