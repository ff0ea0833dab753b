"""Dispatchers tell riders what is wrong."""

from __future__ import annotations

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from tests.builders import a_network, at, every
from transit.store.alerts import load_alerts

OURS = {"Sec-Fetch-Site": "same-origin"}
FORM = {"header_id": "Jalan ditutup", "header_en": "Road closed", "effect": "NO_SERVICE", "route": "R1"}


@pytest.fixture
def client(town):
    town.step()
    return town.client()


def told(town):
    with town.engine.connect() as connection:
        return load_alerts(connection, town.now)


def test_one_form_changes_the_pages_and_the_feed(town, client):
    answer = client.post("/armada/pengumuman", data=FORM, headers=OURS)
    assert answer.status_code == 303
    town.step()
    assert "Jalan ditutup" in client.get("/halte/S3").text
    assert "Road closed" in client.get("/halte/S3?lang=en").text
    message = pb.FeedMessage.FromString(client.get("/gtfs-rt/alerts.pb").data)
    assert message.entity[0].alert.effect == pb.Alert.NO_SERVICE
    assert [entity.route_id for entity in message.entity[0].alert.informed_entity] == ["R1"]


def test_a_notice_can_be_ended(town, client):
    client.post("/armada/pengumuman", data=FORM, headers=OURS)
    (alert,) = told(town)
    assert client.post(f"/armada/pengumuman/{alert.alert_id}/akhiri", headers=OURS).status_code == 303
    town.step(at(7, 6))
    assert "Jalan ditutup" not in client.get("/halte/S3").text
    assert client.post("/armada/pengumuman/nothing/akhiri", headers=OURS).status_code == 404


def test_a_cancelled_trip_is_shown_as_cancelled_and_the_others_are_not(town, client):
    answer = client.post("/armada/pengumuman", data={**FORM, "route": "", "trip": "T2"}, headers=OURS)
    assert answer.status_code == 303
    town.step()
    rows = client.get("/api/v1/stops/S3/arrivals").json["arrivals"]
    assert {row["trip"]["trip_id"]: row["status"] for row in rows if row["trip"]} == {"T1": "scheduled", "T2": "cancelled"}
    assert 'class="is-cancelled"' in client.get("/halte/S3").text
    message = pb.FeedMessage.FromString(client.get("/gtfs-rt/alerts.pb").data)
    assert message.entity[0].alert.informed_entity[0].trip.trip_id == "T2"


def test_an_end_is_on_the_networks_clock(town, client):
    client.post("/armada/pengumuman", data={**FORM, "ends_at": "2026-11-23T12:00"}, headers=OURS)
    assert told(town)[0].ends_at == at(12)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"header_id": " "}, "header_id", "Tulis judulnya"),
        ({"header_id": "x" * 121}, "header_id", "121 huruf; paling banyak 120"),
        ({"effect": "NONSENSE"}, "effect", "Pilih salah satu dari daftar."),
        ({"route": "R9"}, "route", "Koridor “R9” sudah tidak ada"),
        ({"stop": "nowhere"}, "stop", "Halte “nowhere” tidak ada."),
        ({"trip": "T9"}, "trip", "Perjalanan “T9” tidak ada"),
        ({"ends_at": "soon"}, "ends_at", "“soon” bukan waktu"),
        ({"ends_at": "2020-01-01T00:00"}, "ends_at", "Waktu akhir itu sudah lewat"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_nothing_typed_is_lost(town, client, wrong, field, words):
    form = {**FORM, "header_en": "", "description_id": "Lewat Jl. Sudirman", **wrong}
    answer = client.post("/armada/pengumuman", data=form, headers=OURS)
    assert answer.status_code == 422
    assert f'id="{field}-wrong" role="alert">{words}' in answer.text
    assert "Lewat Jl. Sudirman</textarea>" in answer.text
    assert told(town) == []


def test_a_trip_by_headway_is_refused_with_the_way_out(city):
    city.load(a_network(headway=every(10))).step(at(7))
    answer = city.client().post("/armada/pengumuman", data={**FORM, "trip": "T1"}, headers=OURS)
    assert answer.status_code == 422
    assert "berjalan menurut jarak antarbus" in answer.text


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://elsewhere.example"}])
def test_a_form_on_another_site_cannot_use_the_dispatchers_browser(town, client, headers):
    assert client.post("/armada/pengumuman", data=FORM, headers=headers).status_code == 403
    assert told(town) == []


def test_riders_cannot_tell_anything(town, client):
    answer = client.post("/armada/pengumuman", data=FORM, headers=OURS, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert answer.status_code == 401
    assert told(town) == []
