"""By which names /armada and forms answer, what a proxy may say, and what is told when a part is broken."""

from __future__ import annotations

import threading

import pytest

from tests.builders import a_drive
from transit.store.database import open_database
from web.live import questions
from web.live.snapshot import NAME, folder

OURS = {"Sec-Fetch-Site": "same-origin"}
LOCAL = {"REMOTE_ADDR": "127.0.0.1"}
REPORT = {"kind": "no_bus", "stop": "S5"}


@pytest.fixture
def busy(town):
    return town.hear(a_drive(to_m=1800)).step() and town


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "192.168.1.7:8000", "bus.example.org"])
def test_armada_and_forms_answer_by_our_names_and_by_addresses_in_numbers(busy, host):
    client = busy.client(hosts=("bus.example.org",))
    assert client.get("/armada", headers={"Host": host}, environ_base=LOCAL).status_code != 421
    assert client.post("/lapor", data=REPORT, headers={**OURS, "Host": host}).status_code == 303


@pytest.mark.parametrize(
    "host", ["rebound.example.net", "rebound.example.net:80", "127.0.0.1.example.net", "localhost.evil", "["]
)
def test_by_a_strangers_name_neither_armada_nor_a_form_answers_but_pages_do(busy, host):
    client = busy.client(hosts=("bus.example.org",))
    answer = client.get("/armada", headers={"Host": host}, environ_base=LOCAL)
    assert answer.status_code in (400, 421)
    assert client.post("/lapor", data=REPORT, headers={**OURS, "Host": host}).status_code in (400, 421)
    if host != "[":
        assert "ALLOWED_HOSTS" in answer.text
        assert client.get("/halte/S5", headers={"Host": host}).status_code == 200


def test_a_form_is_taken_behind_a_proxy_that_asks_us_by_another_name(busy):
    client = busy.client(hosts=("bus.example.org",))
    headers = {"Host": "127.0.0.1:8000", "Origin": "https://bus.example.org"}
    assert client.post("/lapor", data=REPORT, headers=headers).status_code == 303
    strange = {**headers, "Origin": "https://evil.example.net"}
    assert client.post("/lapor", data=REPORT, headers=strange).status_code == 403


@pytest.mark.parametrize(
    ("days", "proto", "address", "header"),
    [
        (365, "https", "127.0.0.1", "max-age=31536000"),
        (365, "http", "127.0.0.1", None),
        (365, "https", "192.0.2.7", None),  # not through a proxy of ours: anybody can say so
        (0, "https", "127.0.0.1", None),
    ],
)
def test_hsts_is_sent_on_request_behind_our_proxy_only(busy, days, proto, address, header):
    client = busy.client(hsts_days=days)
    answer = client.get("/halte/S5", headers={"X-Forwarded-Proto": proto}, environ_base={"REMOTE_ADDR": address})
    assert answer.headers.get("Strict-Transport-Security") == header


def test_a_client_is_counted_as_whom_our_proxy_names(busy):
    client = busy.client()

    def say(forwarded, n):
        headers = {**OURS, "X-Forwarded-For": forwarded}
        return client.post("/lapor", data={**REPORT, "text": f"{n}"}, headers=headers, environ_base=LOCAL).status_code

    assert [say("198.51.100.7", n) for n in range(8)].count(429) == 2
    assert say("203.0.113.9", 9) == 303
    assert say("203.0.113.1, 198.51.100.7", 10) == 429  # only the last is the proxy's word


PAGES = (
    "/",
    "/halte/S5",
    "/peta",
    "/koridor/R1",
    "/t/S5",
    "/gtfs-rt/trip_updates.pb",
    "/api/v1/vehicles",
    "/metrics",
    "/healthz",
)


@pytest.mark.parametrize("broken", ["noise", "empty", "folder", "cut"])
def test_a_broken_snapshot_is_never_a_500(busy, broken):
    path = folder(busy.folder) / NAME
    content = path.read_bytes()
    path.unlink()
    if broken == "folder":
        path.mkdir()
    else:
        path.write_bytes({"noise": b"\xff" * 300, "empty": b"", "cut": content[: len(content) // 2]}[broken])
    client = busy.client()
    answers = {address: client.get(address) for address in PAGES}
    assert {address: answer.status_code for address, answer in answers.items() if answer.status_code >= 500} == {
        "/gtfs-rt/trip_updates.pb": 503
    }
    assert "has not written anything" in answers["/gtfs-rt/trip_updates.pb"].json["error"]["message"]
    assert answers["/halte/S5"].status_code == 200  # the timetable is right all the same


def test_a_part_of_the_snapshot_that_is_none_gives_a_sentence(busy, monkeypatch):
    import msgspec

    from web.live.snapshot import Snapshot, write_snapshot

    made = busy.live.step(busy.now)
    fields = {name: getattr(made, name) for name in Snapshot.__struct_fields__}
    write_snapshot(busy.folder, Snapshot(**{**fields, "states": msgspec.Raw(msgspec.msgpack.encode("no list"))}))
    answer = busy.client().get("/api/v1/vehicles")
    assert answer.status_code == 503
    assert "live data" in answer.json["error"]["message"] or "Data langsung" in answer.json["error"]["message"]


def test_without_the_database_what_needs_it_says_so_and_pages_go_on(busy):
    app = busy.app()
    client = app.test_client()
    assert client.get("/halte/S5").status_code == 200
    world = app.extensions["world"]
    world.engine = open_database("postgresql://nobody:geheim@127.0.0.1:1/nothing")
    world._looked_at = -100.0
    health = client.get("/healthz")
    ticket = client.get("/lapor/ABCDEFGH")
    assert (health.status_code, ticket.status_code, client.get("/halte/S5").status_code) == (503, 503, 200)
    for text in (health.text, client.get("/metrics").text, ticket.text):
        for secret in ("psycopg", "127.0.0.1", "nobody", "geheim", "OperationalError", str(busy.folder)):
            assert secret not in text
    assert "database" in health.json["error"]


def test_one_who_asks_why_does_not_hold_up_the_pages(busy, monkeypatch):
    """No live process answers here: a question takes its three seconds, and a second one is turned away at once."""
    client = busy.app().test_client()
    entered = threading.Event()
    original = questions.ask

    def ask(*words):
        entered.set()
        return original(*words, wait_s=0.5)

    monkeypatch.setattr(questions, "ask", ask)
    answers = []
    address = "/api/v1/explain?vehicle=BUS1&stop=S5"
    first = threading.Thread(target=lambda: answers.append(client.application.test_client().get(address).status_code))
    first.start()
    assert entered.wait(5)
    assert client.get(address).status_code == 429
    first.join()
    assert answers == [503]
    assert client.get(address).status_code == 503  # its turn again


@pytest.mark.parametrize("address", ["/", "/halte/S5", "/api/v1/stops/S5/arrivals", "/armada", "/healthz", "/static/none"])
def test_bytes_in_an_address_that_are_no_text_are_no_fault_of_ours(busy, address):
    """Not escaped, as a program may send them."""
    plain = busy.client().get(address).status_code
    assert busy.client().get(address, environ_overrides={"QUERY_STRING": "x=\xff\xed"}).status_code == plain < 500


def test_a_query_that_is_not_escaped_is_read_as_if_it_were(busy):
    client = busy.client()
    escaped = client.get("/?q=Terminal%C3%A9").text
    assert "Terminal\u00e9" in escaped
    assert client.get("/", environ_overrides={"QUERY_STRING": "q=Terminal\xc3\xa9"}).text == escaped


def test_a_form_whose_origin_is_no_address_comes_from_a_stranger(busy):
    answer = busy.client().post("/lapor", data={"kind": "no_bus", "stop": "S5"}, headers={"Origin": "http://[::1"})
    assert answer.status_code == 403
