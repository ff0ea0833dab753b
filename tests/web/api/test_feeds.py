"""Files for machines: GTFS, GTFS-Realtime, health and metrics."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from prometheus_client.parser import text_string_to_metric_families

from gtfs.published import Publication
from gtfs.reader import read_network
from tests.builders import a_drive, a_network, at, every


def test_the_gtfs_served_is_the_network_and_costs_nothing_twice(town):
    client = town.client()
    first = client.get("/gtfs.zip")
    assert first.status_code == 200
    assert read_network(first.data) == town.network
    assert first.headers["Last-Modified"]
    again = client.get("/gtfs.zip", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    since = client.get("/gtfs.zip", headers={"If-Modified-Since": first.headers["Last-Modified"]})
    assert since.status_code == 304


def test_a_new_network_is_served_without_a_restart(town):
    client = town.client()
    first = client.get("/gtfs.zip").headers["ETag"]
    town.load(a_network(first_departures=(9 * 3600,)))
    client.application.extensions["world"]._looked_at = -10.0  # a second has passed
    assert client.get("/gtfs.zip").headers["ETag"] != first
    assert len(list((town.folder / "live").glob("gtfs-*.zip"))) == 1, "the zip of the old network goes"


@pytest.mark.parametrize("name", ["vehicle_positions", "trip_updates", "alerts"])
def test_each_feed_is_the_same_message_as_protobuf_and_json(town, name):
    town.hear(a_drive(to_m=1800)).step()
    client = town.client()
    message = pb.FeedMessage.FromString(client.get(f"/gtfs-rt/{name}.pb").data)
    told = json.loads(client.get(f"/gtfs-rt/{name}.json").data)
    assert told["header"]["gtfs_realtime_version"] == message.header.gtfs_realtime_version == "2.0"
    assert len(told.get("entity", [])) == len(message.entity) == (0 if name == "alerts" else 1)


def test_when_the_live_process_is_dead_old_positions_leave_the_feed_and_old_promises_later(town):
    town.hear(a_drive(to_m=1800)).step()
    client = town.client()

    def entities(name):
        return len(pb.FeedMessage.FromString(client.get(f"/gtfs-rt/{name}.pb").data).entity)

    assert (entities("vehicle_positions"), entities("trip_updates")) == (1, 1)
    town.now = at(7, 7)
    assert (entities("vehicle_positions"), entities("trip_updates")) == (0, 1)
    town.now = at(7, 11)
    assert (entities("vehicle_positions"), entities("trip_updates")) == (0, 0)


def test_an_unknown_feed_is_told_apart_from_one_that_is_not_there_yet(city):
    client = city.client()
    assert client.get("/gtfs-rt/nonsense.pb").status_code == 404
    answer = client.get("/gtfs-rt/trip_updates.pb")
    assert answer.status_code == 503
    assert "gtfs import" in answer.json["error"]["message"]


def test_health_is_good_as_soon_as_the_web_and_the_database_answer(city):
    answer = city.client().get("/healthz")
    assert answer.status_code == 200
    assert answer.json["live"] is False
    assert answer.json["network_version"] is None


def test_health_tells_how_old_things_are(town):
    town.hear(a_drive(to_m=1800)).step()
    town.now = at(7, 5, 4)
    answer = town.client().get("/healthz").json
    assert (answer["live"], answer["live_age_s"], answer["vehicles"]) == (True, 4.0, 1)


def test_health_is_bad_when_the_database_is_gone(town):
    client = town.client()
    assert client.get("/healthz").status_code == 200
    for path in town.folder.glob("city.db*"):
        path.unlink()
    client.application.extensions["world"].engine.dispose()
    client.application.extensions["world"]._looked_at = -10.0
    answer = client.get("/healthz")
    assert answer.status_code == 503
    assert answer.json["status"] == "database_error"
    assert client.get("/halte/S3").status_code == 200, "what is known is served all the same"


COUNTS = """
from prometheus_client import Counter, Gauge
Counter("transbinjai_ingest_reports_total", "Reports").inc({reports})
Gauge("transbinjai_ingest_lag_seconds", "Lag", multiprocess_mode="mostrecent").set({lag_s})
Gauge("transbinjai_ingest_batch_seconds", "Never set", multiprocess_mode="mostrecent")
"""


def count_elsewhere(data_dir, **figures):
    """A process that counts as ingest does."""
    folder = data_dir / "metrics" / "ingest"
    folder.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    subprocess.run([sys.executable, "-c", COUNTS.format(**figures)], env=environment, check=True, timeout=30)
    return folder


def figures_of(client):
    """Values by name and the labels' values, in the order of the labels' names."""
    families = {family.name: family for family in text_string_to_metric_families(client.get("/metrics").text)}
    return {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in families.values()
        for sample in family.samples
    }


def test_metrics_are_prometheus_text_and_cover_other_processes(town):
    town.hear(a_drive(to_m=1800)).step()
    count_elsewhere(town.folder, reports=31, lag_s=9.0)
    count_elsewhere(town.folder, reports=4, lag_s=0.25)
    client = town.client()
    client.get("/halte/S3")
    client.get("/halte/S3")
    value = figures_of(client)
    assert value["transbinjai_ingest_reports_total",] == 35, "of a process and its successor together"
    assert value["transbinjai_ingest_lag_seconds",] == 0.25, "the one set last"
    assert ("transbinjai_ingest_batch_seconds",) not in value, "what was never set is not told as 0"
    assert value["transbinjai_live_up",] == 1
    assert value["transbinjai_live_steps_total",] == 1
    assert value["transbinjai_vehicles", "fresh", "on_trip"] == 1
    assert value["transbinjai_web_requests_total", "200", "riders.stop_page"] == 2
    assert value["transbinjai_web_request_seconds_count",] == 2
    assert value["transbinjai_web_request_seconds_bucket", "+Inf"] == 2


def test_metrics_stand_a_file_that_a_process_has_only_begun(town):
    folder = count_elsewhere(town.folder, reports=31, lag_s=0.25)
    (folder / "counter_1.db").write_bytes(b"")
    (folder / "counter_2.db").write_bytes(b"{")
    assert figures_of(town.client())["transbinjai_ingest_reports_total",] == 31


def test_the_unrolled_file_and_its_live_feed_name_the_same_trips(city):
    city.load(a_network(headway=every(10)))
    city.hear(a_drive(start=at(7, 3), to_m=1800)).step(at(7, 8))
    client = city.client()
    packed = client.get("/gtfs-expanded.zip")
    assert (packed.status_code, packed.headers["Access-Control-Allow-Origin"]) == (200, "*")
    trips = read_network(packed.data).trips
    (entity,) = pb.FeedMessage.FromString(client.get("/gtfs-rt/trip_updates.pb?expanded=1").data).entity
    assert entity.trip_update.trip.trip_id == "T1~070000"
    assert entity.trip_update.trip.trip_id in trips
    plain = client.get("/gtfs-rt/trip_updates.pb").data
    assert pb.FeedMessage.FromString(plain).entity[0].trip_update.trip.trip_id == "T1"
    as_json = client.get("/gtfs-rt/vehicle_positions.json?expanded=1").json
    assert as_json["entity"][0]["vehicle"]["trip"]["trip_id"] == "T1~070000"


def test_the_unrolled_live_feed_goes_on_when_the_live_process_is_dead(city):
    city.load(a_network(headway=every(10)))
    city.hear(a_drive(to_m=1800)).step(at(7, 5))
    client = city.client()
    city.now = at(7, 7)
    assert len(pb.FeedMessage.FromString(client.get("/gtfs-rt/trip_updates.pb?expanded=1").data).entity) == 1
    city.now = at(7, 11)
    assert len(pb.FeedMessage.FromString(client.get("/gtfs-rt/trip_updates.pb?expanded=1").data).entity) == 0


def test_what_the_operator_says_of_the_data_is_in_the_file_at_once(town):
    assert read_network(town.client().get("/gtfs.zip").data).feed_info is None
    client = town.client(publication=Publication(contact_email="data@example.org", public_url="https://bus.example.org"))
    info = read_network(client.get("/gtfs.zip").data).feed_info
    assert (info.contact_email, info.contact_url) == ("data@example.org", "https://bus.example.org/lapor")
