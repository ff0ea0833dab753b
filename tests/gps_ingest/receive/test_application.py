"""What a tracker is answered while the receiver is not ready, without a server around it."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest

from gps_ingest.ingest.allowance import Allowance, Limit
from gps_ingest.receive.application import Application
from gps_ingest.receive.doorkeeper import Doorkeeper, Unusable
from tests.builders import SEVEN
from transit.store.credential_hashes import hash_for_nats
from transit.store.tracker_credentials import Credential

POSITION = "id=T1&lat=3.6&lon=98.5&key=right"


class Outbox:
    """Keeps what it is given."""

    is_connected = True

    def __init__(self):
        self.published = []

    async def publish(self, topic, payload):
        self.published.append((topic, payload))


def ask(application, path, query: str | bytes = "", *, body=b"", headers=()):
    """Status, headers and body of one GET, or of a POST of a body."""
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    request = {
        "type": "http",
        "method": "POST" if body else "GET",
        "scheme": "http",
        "path": path,
        "query_string": query if isinstance(query, bytes) else query.encode(),
        "headers": list(headers),
        "client": ("192.0.2.1", 5),
    }
    with ThreadPoolExecutor(1) as thread:  # the browser of another test may have left its loop in this one
        thread.submit(lambda: asyncio.run(application(request, receive, send))).result()
    return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]


@pytest.fixture
def outbox():
    return Outbox()


def test_until_the_passwords_are_read_a_position_is_to_be_sent_again_and_not_refused(outbox):
    doorkeeper = Doorkeeper(lambda: 0.0)
    application = Application(outbox, doorkeeper, lambda: SEVEN, lambda status: None)
    assert ask(application, "/healthz")[::2] == (503, b"the passwords are not read yet\n")
    status, headers, body = ask(application, "/", POSITION)
    assert (status, headers[b"retry-after"], body) == (
        503,
        b"30",
        b"the passwords are not read yet; keep it and send it again\n",
    )
    assert outbox.published == []
    doorkeeper.know([Credential("T1", "T1", hash_for_nats("right"), None, SEVEN)])
    assert ask(application, "/healthz")[::2] == (200, b"ok\n")
    assert ask(application, "/", POSITION)[0] == 200
    assert [topic for topic, _ in outbox.published] == ["transbinjai/v1/trackers/T1/position"]


def test_without_a_broker_the_receiver_says_which_part_is_missing(outbox):
    outbox.is_connected = False
    doorkeeper = Doorkeeper(lambda: 0.0)
    doorkeeper.know([])
    application = Application(outbox, doorkeeper, lambda: SEVEN, lambda status: None)
    assert ask(application, "/healthz")[::2] == (503, b"the broker is not reached\n")


@pytest.fixture
def open_application(outbox):
    doorkeeper = Doorkeeper(lambda: 0.0)
    doorkeeper.know([Credential("T1", "T1", hash_for_nats("right"), None, SEVEN)])
    return Application(outbox, doorkeeper, lambda: SEVEN, lambda _: None)


HUGE = b"1" + b"0" * 400
LOCATION = b'{"device_id":"T1","location":{"coords":{"latitude":3.6,"longitude":98.5},"timestamp":%s,"battery":{"level":%s}}}'


@pytest.mark.parametrize(
    ("query", "body", "headers"),
    [
        (b"id=T1&lat=3.6&lon=98.5&x=\xff\xed", b"", ()),
        (b"id=T1&lat=3.6&lon=98.5", b"", ((b"authorization", b"Basic \xff\xfe"),)),
        (b"", LOCATION % (b"1795392000", HUGE), ()),
        (b"", LOCATION % (HUGE, b"0.5"), ()),
    ],
)
def test_bytes_that_are_no_text_and_endless_numbers_are_answered_and_not_a_fault_of_ours(
    open_application, outbox, query, body, headers
):
    """A phone keeps what is answered with 500, and sends it for ever."""
    assert ask(open_application, "/key/right", query, body=body, headers=headers)[0] == 200
    assert [topic for topic, _ in outbox.published] == ["transbinjai/v1/trackers/T1/position"]


def test_a_user_of_owntracks_that_names_device_after_device_has_one_allowance(outbox):
    """Else one password would bring as much as it likes."""
    doorkeeper = Doorkeeper(lambda: 0.0)
    doorkeeper.know([Credential("ani", "ani", hash_for_nats("right"), None, SEVEN)])
    application = Application(outbox, doorkeeper, lambda: SEVEN, lambda _: None)
    application._allowance = Allowance(lambda _: True, Limit(fixes_burst=3, fixes_rate=0, bytes_burst=1e6, bytes_rate=0))
    body = b'{"_type":"location","lat":3.6,"lon":98.5,"tst":1795392000}'
    answers = [ask(application, "/pub", f"u=ani&d=hp{n}&key=right", body=body)[0] for n in range(4)]
    assert answers == [200, 200, 200, 429]


@pytest.mark.parametrize(
    ("path", "query", "body", "is_noted"),
    [
        ("/", b"lat=3.6&lon=98.5", b"", True),
        ("/", b"id=bus%207&lat=3.6&lon=98.5", b"", True),
        ("/pub", b"u=ani", b'{"_type":"location"}', True),
        ("/", b"", b'{"location":{"coords":{}}}', True),
        ("/", b"", b"", False),  # somebody who looks what is here
        ("/", b"q=1", b"", False),
    ],
)
def test_a_phone_that_names_nobody_leaves_a_trace(outbox, path, query, body, is_noted):
    doorkeeper = Doorkeeper(lambda: 0.0)
    doorkeeper.know([])
    application = Application(outbox, doorkeeper, lambda: SEVEN, lambda _: None)
    status, _, answer = ask(application, path, query, body=body)
    assert status == 400
    assert [*doorkeeper.take_unusable().values()] == [Unusable(answer.decode().strip(), 1)] * is_noted
    assert doorkeeper.take_unusable() == {}
