"""Feedback without a name, and the answer to it."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from tests.builders import a_drive, at
from transit.store.tickets import Ticket, load_tickets
from web.pages.tickets import promised_rows
from web.ticket_keeping import PER_NETWORK, PROMISED

OURS = {"Sec-Fetch-Site": "same-origin"}
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
ELSEWHERE = {"REMOTE_ADDR": "192.0.2.7"}


@pytest.fixture
def client(town):
    town.hear(a_drive(to_m=1800)).step()
    return town.client()


def say(client, address="192.0.2.7", **form):
    data = {"kind": "no_bus", "stop": "S5", **form}
    return client.post("/lapor", data=data, headers=OURS, environ_base={"REMOTE_ADDR": address})


def test_a_report_gets_a_ticket_with_what_was_promised(client):
    assert "/lapor?halte=S5" in client.get("/halte/S5").text
    assert "Bus tidak datang" in client.get("/lapor?halte=S5").text
    answer = say(client)
    assert answer.status_code == 303
    page = client.get(answer.headers["Location"]).text
    assert "belum dijawab" in page
    assert "07.06 1 Ujung (Langsung, BUS1)" in page


def test_staff_answer_and_the_rider_sees_it(client):
    ticket = say(client, text="Menunggu lama").headers["Location"]
    desk = client.get("/armada/laporan", environ_base=LOCAL).text
    assert "1 laporan belum dijawab" in desk
    assert "Menunggu lama" in desk
    form = {"answer": "Bus mogok, maaf."}
    answered = client.post(f"/armada/laporan/{ticket.split('/')[-1]}", data=form, headers=OURS, environ_base=LOCAL)
    assert answered.status_code == 303
    page = client.get(ticket.lower()).text
    assert "Bus mogok, maaf." in page
    assert "Sudah dijawab" in page


def test_the_same_said_again_joins_the_ticket(town, client):
    first, second = say(client).headers["Location"], say(client).headers["Location"]
    assert first == second
    assert "dilaporkan 2 penumpang" in client.get(first).text
    assert say(client, kind="wrong_stop").headers["Location"] != first
    town.now += timedelta(minutes=11)
    assert say(client).headers["Location"] != first


def test_a_flood_of_one_network_is_stopped_and_all_others_go_on(town, client):
    answers = [say(client, text=f"spam {n}").status_code for n in range(PER_NETWORK + 2)]
    assert answers == [303] * PER_NETWORK + [429, 429]
    assert say(client, address="192.0.2.200", text="spam").status_code == 429  # the same network
    assert say(client, address="198.51.100.1", text="sungguh").status_code == 303
    town.now += timedelta(minutes=2)
    assert say(client, text="sungguh").status_code == 303


def test_a_field_that_people_do_not_see_must_stay_empty(town, client):
    assert say(client, website="http://spam").status_code == 400


@pytest.mark.parametrize(
    ("form", "words"), [({"kind": "x"}, "Pilih apa yang terjadi"), ({"stop": "nowhere"}, "Halte itu sudah tidak ada")]
)
def test_what_is_wrong_with_a_report_is_said_and_its_words_are_kept(town, client, form, words):
    answer = say(client, text="bus penuh", **form)
    assert answer.status_code == 422
    assert words in answer.text
    assert "bus penuh</textarea>" in answer.text
    with town.engine.connect() as connection:
        assert load_tickets(connection, since=town.now - timedelta(days=1)) == []


def test_a_form_of_another_site_cannot_report(client):
    assert client.post("/lapor", data={"kind": "no_bus"}, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403


def test_what_a_rider_writes_cannot_become_markup(client):
    ticket = say(client, text="<script>x</script>").headers["Location"]
    assert "<script>x" not in client.get(ticket).text
    assert "<script>x" not in client.get("/armada/laporan", environ_base=LOCAL).text


def test_riders_do_not_see_the_desk_and_cannot_answer(client):
    ticket = say(client).headers["Location"].split("/")[-1]
    assert client.get("/armada/laporan", environ_base=ELSEWHERE).status_code == 303
    answer = client.post(f"/armada/laporan/{ticket}", data={"answer": "x"}, headers=OURS, environ_base=ELSEWHERE)
    assert answer.status_code == 401
    assert client.get("/lapor/ZZZZZZZZ").status_code == 404


def test_nothing_is_kept_of_who_reported(town, client):
    say(client)
    with town.engine.connect() as connection:
        (ticket,) = load_tickets(connection, since=town.now - timedelta(days=1))
    assert "192.0.2.7" not in repr(ticket)


def test_what_was_promised_stands_in_order_of_time(town):
    rows = [{"at": at(8, minute).isoformat(), "route_id": "R1", "headsign": "Ujung", "status": "live"} for minute in (9, 2, 30)]
    ticket = Ticket(ticket_id="A", kind="other", stop_id="S5", created_at=at(8), text="", promised=PROMISED.encode(rows))
    assert [row["moment"] for row in promised_rows(ticket)] == [at(8, 2), at(8, 9), at(8, 30)]


@pytest.mark.parametrize(("answer", "words"), [("  ", "Tulis jawabannya"), ("x" * 401, "401 huruf; paling banyak 400")])
def test_an_answer_that_cannot_be_kept_is_not_lost(town, client, answer, words):
    ticket_id = say(client, text="bus penuh").headers["Location"].rsplit("/", 1)[1]
    said = client.post(f"/armada/laporan/{ticket_id}", data={"answer": answer}, headers=OURS, environ_base=LOCAL)
    assert said.status_code == 422
    assert f'id="a{ticket_id}-wrong" role="alert">{words}' in said.text
    assert f">{answer.strip()}</textarea>" in said.text


def test_a_rider_says_when_it_was_and_staff_look_at_that_moment(town, client):
    page = client.get(say(client, day="today", time="06.50").headers["Location"]).text
    assert "kejadiannya sekitar 06.50" in page
    assert "yang dijanjikan" not in page, "what is promised now was not promised then"
    desk = client.get("/armada/laporan", environ_base=LOCAL).text
    address = re.search(r'href="(/armada/putar[^"]+)"', desk)[1].replace("&amp;", "&")
    assert address == "/armada/putar?t=2026-11-23T06:50&halte=S5" or "2026-11-23T06%3A50" in address
    assert client.get(address, environ_base=LOCAL).status_code == 200
    assert (
        "kejadiannya sekitar Minggu 22 November 19.15"
        in client.get(say(client, day="yesterday", time="19:15").headers["Location"]).text
    )


def test_the_time_is_part_of_what_makes_two_reports_the_same(client):
    first = say(client, day="today", time="06.50").headers["Location"]
    assert say(client, day="today", time="06.54").headers["Location"] == first
    assert say(client, day="today", time="06.40").headers["Location"] != first
    assert say(client, day="yesterday", time="06.50").headers["Location"] != first
    assert say(client).headers["Location"] != first


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"day": "today", "time": ""}, "Tulis kira-kira pukul berapa"),
        ({"day": "yesterday", "time": "25.00"}, "Tulis kira-kira pukul berapa"),
        ({"day": "today", "time": "09.00"}, "Waktu itu belum tiba"),
    ],
)
def test_a_time_that_cannot_be_is_said_and_stays_in_its_field(client, form, words):
    answer = say(client, text="lama", **form)
    assert answer.status_code == 422
    assert words in answer.text
    assert f'value="{form["time"]}"' in answer.text


def test_a_ticket_is_found_by_its_number(client):
    number = say(client).headers["Location"].rsplit("/", 1)[1]
    found = client.get(f"/lapor?nomor={number.lower()}")
    assert found.status_code == 303
    assert "belum dijawab" in client.get(found.headers["Location"]).text


def test_the_answer_is_drafted_from_what_was_seen_and_the_rider_reads_it_as_it_was_corrected(town, client):
    town.now = at(7, 40)
    number = say(client, stop="S2", day="today", time="07.03").headers["Location"].rsplit("/", 1)[1]
    desk = client.get("/armada/laporan?lang=id", environ_base=LOCAL).text
    draft = re.search(rf'<textarea id="a{number}"[^>]*>(.*?)</textarea>', desk, re.S)[1]
    assert draft.startswith("Sekitar pukul 07.03 bus BUS1 ada di Halte S2, menurut pelacaknya pukul 07.02.")
    client.post(f"/armada/laporan/{number}", data={"answer": f"{draft} Terima kasih."}, headers=OURS, environ_base=LOCAL)
    page = client.get(client.get(f"/lapor?nomor={number}").headers["Location"]).text
    assert f"{draft} Terima kasih." in page
    assert "Sudah dijawab" in page


def test_of_many_reports_the_longest_waiting_are_drafted_and_any_other_on_demand(town, client):
    numbers = []
    for minute in range(6):
        town.now = at(7, 40 + minute)
        numbers.append(
            say(client, stop="S2", day="today", time=f"07.{10 + 6 * minute // 2:02d}", text=f"{minute}").headers["Location"][7:]
        )

    def drafted(page):
        rows = re.findall(r'<textarea id="a(\w+)"[^>]*>(.*?)</textarea>', page, re.S)
        return {number for number, text in rows if text}

    desk = client.get("/armada/laporan?lang=id", environ_base=LOCAL).text
    assert drafted(desk) == set(numbers[:4])
    assert f'href="/armada/laporan?susun={numbers[5]}#t{numbers[5]}"' in desk
    assert numbers[5] in drafted(client.get(f"/armada/laporan?susun={numbers[5]}", environ_base=LOCAL).text)


def test_what_no_bus_can_answer_is_not_drafted(town, client):
    say(client, kind="other", stop="S2", day="today", time="07.03", text="Atap bocor")
    assert "Disusun dari yang terlihat" not in client.get("/armada/laporan?lang=id", environ_base=LOCAL).text
