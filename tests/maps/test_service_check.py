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
