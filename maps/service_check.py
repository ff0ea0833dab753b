"""Whether the addresses of the city's services answer: only those that do are linked."""

from __future__ import annotations

import csv
import socket
from collections.abc import Callable
from datetime import date
from http.client import HTTPConnection, HTTPMessage, HTTPResponse, HTTPSConnection
from ipaddress import ip_address
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPHandler, HTTPRedirectHandler, HTTPSHandler, Request, build_opener
from weakref import WeakSet

from maps.guide_files import SERVICE_FIELDS, service_rows

ANSWERS_WITHIN_S = 10.0  # a site that is slower is none to send people to
OK = "ok"
REFUSED, NO_ANSWER = "answers with", "no answer"  # how a word on what is wrong begins; pages translate it
NAME = "transit-services-check"  # as which we ask


class NoWayInside(HTTPRedirectHandler):
    """Follows no site to an address of our own network: whoever owns a listed site must not look around in it."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        host = urlsplit(newurl).hostname or ""
        if not is_internet_host(host):
            raise URLError(f"it leads to {host}, which is no public address")
        following = super().redirect_request(req, fp, code, msg, headers, newurl)
        if following is not None:
            _led.add(following)
        return following


_led: WeakSet[Request] = WeakSet()  # the requests that a site led us to


def connect_outside(address: tuple[str, int], *args: Any, **options: Any) -> socket.socket:
    """Connects to an address of the Internet and to no other. Raises URLError.

    It is looked at here, at the connection itself: a name may lead elsewhere than a moment ago.
    """
    connection = socket.create_connection(address, *args, **options)
    if not is_outside(connection.getpeername()[0]):
        connection.close()
        raise URLError(f"it leads to {address[0]}, which is no public address")
    return connection


class _Outside(HTTPConnection):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._create_connection = connect_outside


class _OutsideTls(HTTPSConnection):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._create_connection = connect_outside


class _Plain(HTTPHandler):
    def http_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_Outside if req in _led else HTTPConnection, req)


class _Tls(HTTPSHandler):
    def https_open(self, req: Request) -> HTTPResponse:
        return self.do_open(_OutsideTls if req in _led else HTTPSConnection, req)


_opener = build_opener(NoWayInside, _Plain, _Tls)


def is_internet_host(host: str) -> bool:
    """Whether every address of a name is one of the Internet."""
    try:
        addresses = {row[4][0] for row in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return bool(addresses) and all(is_outside(str(address)) for address in addresses)


def is_outside(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_global


def check_address(url: str, within_s: float = ANSWERS_WITHIN_S) -> str:
    """OK, or a word on what is wrong with an address."""
    try:
        with _opener.open(Request(url, headers={"User-Agent": NAME}), timeout=within_s):
            return OK
    except HTTPError as error:
        return f"{REFUSED} {error.code}"
    except (URLError, OSError, ValueError) as error:
        return f"{NO_ANSWER}: {getattr(error, 'reason', error)}"


def check_city_services(path: Path, today: date, answer: Callable[[str], str] = check_address) -> list[tuple[str, str]]:
    """Asks every address outside and notes in the file what came of it: (service_id, "ok" or why not) of each.

    answer(url) -> OK, or a word on what is wrong.
    """
    rows = service_rows(path)
    results = []
    for row in rows:
        if row.get("url", "").startswith(("http://", "https://")):
            row["checked"], row["check_result"] = today.isoformat(), answer(row["url"])
            results.append((row["service_id"], row["check_result"]))
    half = path.with_name(f".{path.name}")
    with half.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, SERVICE_FIELDS, lineterminator="\n", extrasaction="ignore")
        writer.writeheader()
        writer.writerows(rows)
    half.replace(path)
    return results
