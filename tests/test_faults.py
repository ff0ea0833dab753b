"""A seeded part of `python -m benchmarks.faults` at each run, and that it would see what is lost or doubled."""

from __future__ import annotations

import random
import socket
import threading
from contextlib import suppress

import pytest

from benchmarks.faults.__main__ import Row, a_stage, try_fault
from benchmarks.faults.counts import Books, Counts
from benchmarks.faults.kinds import FAULTS
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.stage import EMBEDDED, Pages
from tests.conftest import until

TRIED = ("kill ingest", "kill broker", "kill live", "kill web", "kill parent", "cut between trackers and broker")


@pytest.mark.slow
def test_kills_and_a_cut_cable_lose_nothing_double_nothing_and_all_is_back():
    """In the order of a seed; all in one system, as they would come."""
    faults = [row for row in FAULTS if row.name in TRIED and EMBEDDED in row.sets]
    luck = random.Random(16)
    luck.shuffle(faults)
    with a_stage(EMBEDDED, "plain") as stage:
        books = Books(stage)
        rows = [try_fault(stage, books, fault, 1, luck) for fault in faults]
    table = "\n".join(row.line() for row in rows)
    print(table)
    assert {row.fault.name for row in rows} == set(TRIED)
    assert [row.fault.name for row in rows if not row.is_good] == [], table
    assert all(row.counts.sent > 0 for row in rows)


def row(counts: Counts, **fields: object) -> Row:
    made = Row(FAULTS[0], counts=counts)
    for name, value in fields.items():
        setattr(made, name, value)
    return made


@pytest.mark.parametrize(
    ("made", "is_good"),
    [
        (row(Counts(sent=9, acknowledged=9, stored=9, doubled=0)), True),
        (row(Counts(sent=9, acknowledged=9, stored=8, doubled=0)), False),
        (row(Counts(sent=9, acknowledged=8, stored=9, doubled=0)), False),
        (row(Counts(sent=9, acknowledged=9, stored=9, doubled=1)), False),
        (row(Counts(sent=9, acknowledged=9, stored=9, doubled=0), pages=Pages(asked=4, bad=1)), False),
        (row(Counts(sent=9, acknowledged=9, stored=9, doubled=0), pages=Pages(asked=4, away=2, told_503=2)), True),
        (row(Counts(sent=9, acknowledged=9, stored=9, doubled=0), trouble="not back"), False),
        (row(Counts(sent=9, acknowledged=9, stored=9, doubled=0), words=["NOT NOTICED"]), False),
        (row(Counts(sent=9, acknowledged=9, stored=7, doubled=0), noticed=[2]), True),
        (row(Counts(sent=9, acknowledged=9, stored=7, doubled=0), noticed=[1]), False),
        (row(Counts(sent=9, acknowledged=9, stored=7, doubled=0), noticed=[None]), False),
    ],
)
def test_a_row_is_good_where_nothing_is_lost_doubled_or_unknown(made, is_good):
    assert made.is_good is is_good


@pytest.fixture
def echo():
    """A server that answers what it hears; its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve(connection):
            with connection:
                while content := connection.recv(99):
                    connection.sendall(content)

        def accept():
            while True:
                try:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


def test_a_cable_passes_on_and_when_it_is_cut_nothing_comes_through_until_it_is_mended(echo):
    cable = Proxy(echo)
    try:
        with socket.create_connection(("127.0.0.1", cable.port), 10) as connection:
            connection.sendall(b"one")
            assert connection.recv(99) == b"one"
            cable.cut(silently=True)
            connection.sendall(b"two")
            connection.settimeout(0.5)
            with pytest.raises(TimeoutError):
                connection.recv(99)
            cable.mend()
            connection.settimeout(10)
            with suppress(ConnectionResetError):
                assert connection.recv(99) == b"", "what stood while it was cut is gone"

        def is_answered():
            with socket.create_connection(("127.0.0.1", cable.port), 10) as again:
                again.sendall(b"three")
                return again.recv(99) == b"three"

        until(is_answered)
    finally:
        cable.close()
