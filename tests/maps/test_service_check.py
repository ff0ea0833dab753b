"""An address is linked only where it answered, asked over real HTTP."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from maps.service_check import OK, answer_of


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/well" else 503)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing on the tests' output."""


@pytest.fixture
def address():
    server = HTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_an_address_that_answers_is_ok_and_one_that_is_unwell_says_with_what(address):
    assert answer_of(f"{address}/well") == OK
    assert answer_of(f"{address}/ill") == "answers with 503"


def test_an_address_where_nobody_listens_and_one_that_is_none_are_no_answer():
    assert answer_of("http://127.0.0.1:1/", within_s=2.0).startswith("no answer: ")
    assert answer_of("no address").startswith("no answer: ")


class Bouncer(BaseHTTPRequestHandler):
    """A site that sends whoever asks to another address."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.path[1:])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing on the tests' output."""


@pytest.mark.parametrize(
    "target", ["http://127.0.0.1:1/", "http://10.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://localhost/"]
)
def test_no_site_leads_us_to_an_address_of_our_own_network(target):
    server = HTTPServer(("127.0.0.1", 0), Bouncer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    answer = answer_of(f"http://127.0.0.1:{server.server_port}/{target}")
    server.shutdown()
    server.server_close()
    assert "no public address" in answer
