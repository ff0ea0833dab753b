"""Full or seats free in one tap: what two phones say stands for ten minutes on pages, in the API and in the feed."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from google.transit import gtfs_realtime_pb2 as pb
from sqlalchemy import text

from tests.builders import a_drive
from transit.plan.network import TripInstance
from web.crowding_token import BadToken, crowding_token, read_token

TRIP = "/perjalanan/T1/20261123"
ANNA, BUDI, CITRA = (f"Phone {name}" for name in ("Anna", "Budi", "Citra"))
FULL, SEATS = "penuh, kata penumpang", "ada kursi, kata penumpang"


@pytest.fixture
def workers(town):
    """Two web workers of one city: whoever answers must know the same."""
    town.hear(a_drive(to_m=1500)).step()
    return [town.client(live_fresh_s=1e6) for _ in range(2)]


def tap(client, phone: str, crowding: str, page: str = TRIP):
    """What a browser without JavaScript sends from the form of a page."""
    html = client.get(page, headers={"User-Agent": phone}).text
    form = re.search(r'<form class="isi".*?</form>', html, re.DOTALL)
    assert form is not None
    fields = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form[0]))
    return client.post("/isi", data={**fields, "isi": crowding}, headers={"User-Agent": phone, "Origin": "http://localhost"})


def occupancy(client) -> list[int | None]:
    message = pb.FeedMessage.FromString(client.get("/gtfs-rt/vehicle_positions.pb").data)
    return [e.vehicle.occupancy_status if e.vehicle.HasField("occupancy_status") else None for e in message.entity]


def test_two_phones_that_agree_at_two_workers_are_shown_by_both(workers, town):
    first, second = workers
    answer = tap(first, ANNA, "full")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"{TRIP}?isi=1")
    assert "Terima kasih" in first.get(answer.headers["Location"]).text
    town.step()
    assert FULL not in second.get(TRIP).text, "one phone is not believed"
    tap(second, BUDI, "full")
    town.step()
    for client in workers:
        assert FULL in client.get(TRIP).text
        assert FULL in client.get("/halte/S5").text
        assert client.get("/api/v1/stops/S5/arrivals").json["arrivals"][0]["crowding"] == "full"
        assert client.get("/api/v1/vehicles").json["vehicles"][0]["crowding"] == "full"
        assert occupancy(client) == [pb.VehiclePosition.FULL]


def test_one_phone_counts_once_however_often_it_taps_and_may_change_its_mind(workers, town):
    for client in (*workers, *workers):
        tap(client, ANNA, "full")
    town.step()
    assert FULL not in workers[0].get(TRIP).text
    tap(workers[0], ANNA, "seats")
    tap(workers[0], BUDI, "seats")
    town.step()
    assert SEATS in workers[0].get(TRIP).text
    assert occupancy(workers[0]) == [pb.VehiclePosition.FEW_SEATS_AVAILABLE]


def test_two_phones_that_disagree_show_nothing(workers, town):
    tap(workers[0], ANNA, "full")
    tap(workers[1], BUDI, "seats")
    town.step()
    html = workers[0].get(TRIP).text
    assert FULL not in html
    assert SEATS not in html
    assert workers[0].get("/api/v1/stops/S5/arrivals").json["arrivals"][0]["crowding"] is None
    assert occupancy(workers[0]) == [None]
    tap(workers[0], CITRA, "seats")
    town.step()
    assert SEATS in workers[0].get(TRIP).text


def test_after_ten_minutes_it_is_shown_no_more_and_after_twenty_nothing_is_kept(workers, town):
    tap(workers[0], ANNA, "full")
    tap(workers[0], BUDI, "full")
    tapped_at = town.now
    town.step(tapped_at + timedelta(minutes=10))
    assert FULL in workers[0].get(TRIP).text
    town.now = tapped_at + timedelta(minutes=10, seconds=1)
    assert FULL not in workers[0].get(TRIP).text, "not even while the live process is stuck"
    town.step()
    assert FULL not in workers[0].get(TRIP).text

    def kept() -> int:
        with town.engine.connect() as connection:
            return connection.execute(text("SELECT count(*) FROM crowding_taps")).scalar()

    assert kept() == 2
    town.step(tapped_at + timedelta(minutes=20, seconds=1))
    assert kept() == 0


def test_nothing_that_is_kept_says_who_tapped(workers, town):
    tap(workers[0], ANNA, "full")
    with town.engine.connect() as connection:
        row = dict(connection.execute(text("SELECT * FROM crowding_taps")).mappings().one())
    assert set(row) == {"vehicle_id", "phone", "trip_id", "start_date", "start_s", "crowding", "tapped_at"}
    assert 0 <= row["phone"] < 2**16


def test_a_tap_needs_a_token_of_ours_from_a_page_of_ours(workers, town):
    client = workers[0]
    assert (
        client.post("/isi", data={"bus": "made-up", "isi": "full"}, headers={"Origin": "http://localhost"}).status_code == 400
    )
    html = client.get(TRIP).text
    token = re.search(r'name="bus" value="([^"]*)"', html)[1]
    assert client.post("/isi", data={"bus": token, "isi": "full"}, headers={"Origin": "http://evil.example"}).status_code == 403
    assert client.post("/isi", data={"bus": token, "isi": "some"}, headers={"Origin": "http://localhost"}).status_code == 400
    town.now += timedelta(minutes=31)
    late = client.post("/isi", data={"bus": token, "isi": "full"}, headers={"Origin": "http://localhost"})
    assert late.headers["Location"] == f"{TRIP}?isi=0"
    assert "Tidak dihitung" in client.get(late.headers["Location"]).text


def test_the_stop_page_asks_of_the_bus_that_is_about_to_come_and_takes_one_back_there(workers):
    assert 'action="/isi"' in workers[0].get("/halte/S4").text
    assert 'action="/isi"' not in workers[0].get("/halte/S8").text, "nobody sees it there yet"
    assert 'action="/isi"' not in workers[0].get("/embed/halte/S4").text
    assert tap(workers[0], ANNA, "full", "/halte/S4").headers["Location"] == "/halte/S4?isi=1"
    assert "16 bit" in workers[0].get("/privasi").text


@pytest.mark.parametrize("start_s", [None, 0, 59_400])
def test_a_token_brings_back_what_it_was_made_of_whatever_names_hold(workers, town, start_s):
    trip = TripInstance("Lingkar/ke.utara 1%", date(2026, 11, 23), start_s)
    with workers[0].application.test_request_context("/", headers={"User-Agent": ANNA}):
        made = crowding_token("BK 7/ü.2", trip, town.now)
        read = read_token(made, town.now)
        assert (read.vehicle_id, read.trip) == ("BK 7/ü.2", trip)
        assert read.is_good(town.now)
        for broken in (made[:-1], made.replace("20261123", "20261124"), made.partition("/")[2], "", "ü"):
            with pytest.raises(BadToken):
                read_token(broken, town.now)
