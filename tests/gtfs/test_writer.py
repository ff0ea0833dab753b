"""Writing: what was read comes back the same, and the same network gives the same bytes."""

from __future__ import annotations

import csv
import io
import subprocess
import sys
import tempfile
import zipfile
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gtfs.reader import read_network
from gtfs.writer import write_folder, write_network
from tests.builders import LOOP, a_network, every
from tests.conftest import HOUSE
from transit.plan.network import (
    Agency,
    Calendar,
    CalendarDate,
    FeedInfo,
    Frequency,
    Network,
    Route,
    Shape,
    ShapePoint,
    Stop,
    StopTime,
    Translation,
    Trip,
)

# Anything that UTF-8 can hold, with what breaks CSV far more often than chance would have it. A cell's blanks at its two ends
# are not content (the GTFS reference forbids them), and a byte order mark at a file's start is none either.
_letters = st.characters(exclude_categories=["Cs"], exclude_characters="\ufeff")
_nasty = st.sampled_from([",", '"', "\n", "\r", "\r\n", "'", ";", "\t", "\x00", "ᯅ", "é", "🚌", '""', "NULL", "#", "=1+1"])
texts = st.lists(_letters | _nasty, max_size=12).map("".join).map(lambda text: text.strip(" \t"))
names = texts.filter(bool)
numbers = st.floats(0, 1e6, allow_nan=False).map(abs)
extras = st.dictionaries(st.sampled_from(["x_note", "y_sureness", "kolom"]), names, max_size=2)
dates = st.dates(date(2000, 1, 1), date(2099, 12, 31))
degrees = st.floats(2, 89, allow_nan=False)
colors = st.sampled_from(["", "0057B8", "ffffff"])


def maybe(values: st.SearchStrategy) -> st.SearchStrategy:
    return st.none() | values


@st.composite
def trips(
    draw: st.DrawFn, trip_id: str, route_ids: list[str], service_id: str, stop_ids: list[str], shape_ids: list[str]
) -> Trip:
    count = draw(st.integers(2, 5))
    times = sorted(draw(st.lists(st.integers(0, 200_000), min_size=2 * count, max_size=2 * count)))
    sequences = sorted(draw(st.lists(st.integers(0, 999), min_size=count, max_size=count, unique=True)))
    distances = sorted(draw(st.lists(numbers, min_size=count, max_size=count)))
    measured = draw(st.booleans())
    calls = []
    for n in range(count):
        given_time = n in (0, count - 1) or draw(st.booleans())
        calls.append(
            StopTime(
                draw(st.sampled_from(stop_ids)),
                sequences[n],
                times[2 * n] if given_time else None,
                times[2 * n + 1] if given_time else None,
                draw(maybe(st.integers(0, 1))),
                distances[n] if measured else None,
                draw(maybe(st.integers(0, 3))),
                draw(maybe(st.integers(0, 3))),
                draw(texts),
                draw(extras),
            )
        )
    return Trip(
        trip_id,
        draw(st.sampled_from(route_ids)),
        service_id,
        tuple(calls),
        draw(maybe(st.integers(0, 1))),
        draw(st.sampled_from(["", *shape_ids])),
        draw(texts),
        draw(texts),
        draw(texts),
        draw(maybe(st.integers(0, 2))),
        draw(maybe(st.integers(0, 2))),
        draw(extras),
    )


@st.composite
def networks(draw: st.DrawFn) -> Network:
    def ids(least: int, most: int) -> list[str]:
        return draw(st.lists(names, min_size=least, max_size=most, unique=True))

    agency_ids, route_ids, stop_ids, shape_ids, trip_ids = ids(1, 2), ids(1, 3), ids(2, 4), ids(0, 2), ids(1, 3)
    service_ids = ids(1, 2)
    agencies = tuple(
        Agency(i, draw(names), draw(names), "Asia/Jakarta", draw(texts), draw(texts), draw(texts), draw(texts), draw(extras))
        for i in agency_ids
    )
    routes = {
        i: Route(
            i,
            draw(st.sampled_from(agency_ids)),
            draw(names),
            draw(texts),
            draw(st.sampled_from([0, 3, 11, 700])),
            draw(colors),
            draw(colors),
            draw(texts),
            draw(texts),
            draw(maybe(st.integers(0, 99))),
            draw(extras),
        )
        for i in route_ids
    }
    stops = {
        i: Stop(
            i,
            draw(names),
            draw(degrees),
            draw(degrees),
            draw(texts),
            draw(texts),
            draw(texts),
            draw(texts),
            0,
            draw(st.sampled_from(["", *stop_ids])),
            draw(st.sampled_from(["", "Asia/Jakarta"])),
            draw(maybe(st.integers(0, 2))),
            draw(texts),
            draw(extras),
        )
        for i in stop_ids
    }
    shapes = {
        i: Shape(
            i,
            tuple(
                ShapePoint(draw(degrees), draw(degrees), n, float(n * 10) if draw(st.booleans()) else None, draw(extras))
                for n in range(1, draw(st.integers(2, 4)) + 1)
            ),
        )
        for i in shape_ids
    }
    calendars = {}
    for i in service_ids:
        start, end = sorted([draw(dates), draw(dates)])
        days = draw(st.tuples(st.just(True), *[st.booleans()] * 6))
        calendars[i] = Calendar(i, days, start, end, draw(extras))
    excepted = draw(st.lists(st.tuples(st.sampled_from(service_ids), dates), max_size=3, unique=True))
    start_s = draw(st.integers(0, 100_000))
    return Network(
        agencies,
        routes,
        stops,
        {i: draw(trips(i, route_ids, draw(st.sampled_from(service_ids)), stop_ids, shape_ids)) for i in trip_ids},
        shapes,
        calendars,
        tuple(CalendarDate(i, day, draw(st.booleans()), draw(extras)) for i, day in excepted),
        tuple(
            Frequency(
                i,
                start_s,
                start_s + draw(st.integers(1, 90_000)),
                draw(st.integers(1, 7200)),
                draw(maybe(st.integers(0, 1))),
                draw(extras),
            )
            for i in draw(st.lists(st.sampled_from(trip_ids), unique=True))
        ),
        draw(maybe(st.builds(FeedInfo, names, names, names, texts, maybe(dates), maybe(dates), texts, texts, texts, extras))),
        tuple(draw(st.lists(st.builds(Translation, names, names, names, texts, texts, texts, texts), max_size=2))),
        draw(
            st.dictionaries(
                st.sampled_from(["fare_attributes.txt", "levels.txt", "transfers.txt"]),
                st.lists(st.tuples(texts.filter(bool), texts), min_size=1, max_size=3).map(tuple),
                max_size=2,
            )
        ),
    )


@settings(max_examples=100, deadline=None)
@given(networks())
def test_a_network_survives_writing_and_reading(network: Network) -> None:
    packed = write_network(network)
    again = read_network(packed)
    assert again == network
    assert write_network(again) == packed


@settings(max_examples=25, deadline=None)
@given(networks())
def test_the_text_folder_holds_the_same_as_the_zip(network: Network) -> None:
    with tempfile.TemporaryDirectory() as folder:
        write_folder(network, Path(folder))
        assert read_network(Path(folder)) == network


def test_another_process_on_another_day_writes_the_same_bytes() -> None:
    code = (
        "import sys, hashlib; from tests.builders import *; from gtfs.writer import write_network; "
        "print(hashlib.sha256(write_network(a_network(LOOP, headway=every(10)))).hexdigest())"
    )
    root = HOUSE
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "TZ": zone, "PATH": ""},
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed, zone in (("1", "UTC"), ("2", "Asia/Jakarta"))
    }
    assert len(found) == 1


def test_the_zip_says_nothing_of_when_and_where_it_was_made() -> None:
    with zipfile.ZipFile(io.BytesIO(write_network(a_network()))) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o644}
        assert archive.namelist()[:3] == ["agency.txt", "stops.txt", "routes.txt"]


def test_columns_that_say_nothing_are_not_written() -> None:
    with zipfile.ZipFile(io.BytesIO(write_network(a_network()))) as archive:
        header = next(csv.reader(io.StringIO(archive.read("stops.txt").decode())))
        assert header == ["stop_id", "stop_name", "stop_lat", "stop_lon"]
        assert "frequencies.txt" not in archive.namelist()


def test_a_loop_and_its_headways_come_back() -> None:
    network = a_network(LOOP, headway=every(10))
    again = read_network(write_network(network))
    assert again == network
    assert again.trip("T1").stop_times[0].stop_id == again.trip("T1").stop_times[-1].stop_id
