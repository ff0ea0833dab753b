"""An address is linked only where it answered, asked over real HTTP."""

from __future__ import annotations

import threading
from contextlib import closing
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import URLError

import pytest

from maps.service_check import OK, check_address, connect_outside, is_outside


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
    assert check_address(f"{address}/well") == OK
    assert check_address(f"{address}/ill") == "answers with 503"


def test_an_address_where_nobody_listens_and_one_that_is_none_are_no_answer():
    assert check_address("http://127.0.0.1:1/", within_s=2.0).startswith("no answer: ")
    assert check_address("no address").startswith("no answer: ")


class Bouncer(BaseHTTPRequestHandler):
    """A site that sends whoever asks to another address."""

    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", self.path[1:])
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing on the tests' output."""


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1:1/",
        "http://10.0.0.1/",
        "http://[::1]/",
        "http://169.254.169.254/latest",
        "http://localhost/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
def test_no_site_leads_us_to_an_address_of_our_own_network(target):
    server = HTTPServer(("127.0.0.1", 0), Bouncer)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    answer = check_address(f"http://127.0.0.1:{server.server_port}/{target}")
    server.shutdown()
    server.server_close()
    assert "no public address" in answer


def test_the_address_that_was_connected_to_counts_and_not_what_its_name_led_to_a_moment_ago(address):
    """A name may be made to lead elsewhere between the look and the connection."""
    port = int(address.rpartition(":")[2])
    with pytest.raises(URLError, match="no public address"), closing(connect_outside(("localhost", port), 5.0)):
        pass


@pytest.mark.parametrize("inside", ["127.0.0.1", "10.1.2.3", "100.64.0.1", "::1", "::ffff:10.0.0.1", "fe80::1%eth0", "fd00::1"])
def test_addresses_of_our_own_network_are_known_in_every_spelling(inside):
    assert not is_outside(inside)


def test_an_address_of_the_internet_is_outside():
    assert is_outside("1.1.1.1")
    assert is_outside("2606:4700::1111")
