"""A Network becomes GTFS files, byte for byte the same for the same network."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any, TextIO

from gtfs import columns
from gtfs.columns import Column, Table
from transit.plan.network import Calendar, CalendarDate, Network

Cells = tuple[Sequence[Any], Any]  # the values of the table's columns, the record (for its extra columns)
Rows = Callable[[], Iterable[Sequence[str]]]  # the rows of a file, the header first, as often as asked: never all at once

PACKED_AT = (1980, 1, 1, 0, 0, 0)  # a zip must carry a time; the first that it can, so that bytes depend on content only
UNIX, PLAIN_FILE = 3, 0o644 << 16


def write_network(network: Network) -> bytes:
    """The network as a zip. The same network gives the same bytes, whenever and wherever it is written."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, rows in _files(network):
            entry = zipfile.ZipInfo(name, PACKED_AT)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, UNIX, PLAIN_FILE
            with archive.open(entry, "w") as raw, io.TextIOWrapper(raw, encoding="utf-8", newline="") as text:
                csv.writer(text, lineterminator="\r\n").writerows(rows())
    return packed.getvalue()


def write_folder(network: Network, folder: Path) -> None:
    """The network as readable text files (LF), for keeping under version control. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in _files(network):
        with (folder / name).open("w", encoding="utf-8", newline="") as text:
            csv.writer(_WithLf(text), lineterminator="\r\n").writerows(rows())


class _WithLf:
    """Takes csv's lines, which end in CRLF so that a lone CR or LF in a field is quoted (Python 3.11), and ends them in LF."""

    def __init__(self, text: TextIO) -> None:
        self.text = text

    def write(self, line: str) -> int:
        return self.text.write(line.removesuffix("\r\n") + "\n")


def _files(network: Network) -> Iterator[tuple[str, Rows]]:
    """File name and rows. Rows keep the network's order; unused columns and empty files that nobody needs are left out."""
    for table, cells in _tables(network):
        if table in columns.REQUIRED_FILES or any(True for _ in cells()):
            yield table.file, _rows(table, cells)
    for name in sorted(network.other_files):
        yield name, lambda name=name: network.other_files[name]  # type: ignore[misc]


def _tables(network: Network) -> Iterator[tuple[Table, Callable[[], Iterable[Cells]]]]:
    yield columns.AGENCY, _plain(columns.AGENCY, network.agencies)
    yield columns.STOPS, _plain(columns.STOPS, network.stops.values())
    yield columns.ROUTES, _plain(columns.ROUTES, network.routes.values())
    yield columns.CALENDAR, lambda: ((_calendar(row), row) for row in network.calendars.values())
    yield columns.CALENDAR_DATES, lambda: ((_calendar_date(row), row) for row in network.calendar_dates)
    yield columns.SHAPES, _keyed(columns.SHAPES, lambda: ((row.shape_id, row.points) for row in network.shapes.values()))
    yield columns.TRIPS, _plain(columns.TRIPS, network.trips.values())
    yield columns.STOP_TIMES, _keyed(columns.STOP_TIMES, lambda: ((t.trip_id, t.stop_times) for t in network.trips.values()))
    yield columns.FREQUENCIES, _plain(columns.FREQUENCIES, network.frequencies)
    yield columns.TRANSLATIONS, _plain(columns.TRANSLATIONS, network.translations)
    yield columns.FEED_INFO, _plain(columns.FEED_INFO, [network.feed_info] if network.feed_info else [])


def _getter(some: Sequence[Column]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(column.attribute for column in some))


def _plain(table: Table, records: Iterable[Any]) -> Callable[[], Iterable[Cells]]:
    get = _getter(table.columns)
    return lambda: ((get(record), record) for record in records)


def _keyed(table: Table, groups: Callable[[], Iterable[tuple[str, Iterable[Any]]]]) -> Callable[[], Iterable[Cells]]:
    """Rows whose first column is the id of the record that holds them."""
    get = _getter(table.columns[1:])
    return lambda: (((key, *get(record)), record) for key, records in groups() for record in records)


def _calendar(row: Calendar) -> Sequence[Any]:
    return (row.service_id, *(int(runs) for runs in row.weekdays), row.start_date, row.end_date)


def _calendar_date(row: CalendarDate) -> Sequence[Any]:
    return row.service_id, row.date, 1 if row.added else 2


def _rows(table: Table, cells: Callable[[], Iterable[Cells]]) -> Rows:
    def rows() -> Iterator[Sequence[str]]:
        used, extras = _in_use(table, cells())
        kept = [(index, column) for index, column in enumerate(table.columns) if column.required or index in used]
        formats = [(index, _remembering(column)) for index, column in kept]
        yield [column.name for _, column in kept] + extras
        for values, record in cells():
            row = [form(values[index]) for index, form in formats]
            yield row + [record.extra.get(name, "") for name in extras] if extras else row

    return rows


def _in_use(table: Table, cells: Iterable[Cells]) -> tuple[set[int], list[str]]:
    """The columns that say anything, and the names of the extra ones."""
    silent = {index: column.kind.default for index, column in enumerate(table.columns)}
    extras: set[str] = set()
    for values, record in cells:
        for index in [index for index, default in silent.items() if values[index] != default]:
            del silent[index]
        extras.update(getattr(record, "extra", ()))
    return set(range(len(table.columns))) - set(silent), sorted(extras)


def _remembering(column: Column) -> Callable[[Any], str]:
    """Formats a value; where values repeat (times, ids) each is formatted once."""
    form = column.kind.format
    if not column.kind.repeats:
        return lambda value: "" if value is None else form(value)
    memory: dict[Any, str] = {None: ""}

    def remembered(value: Any) -> str:
        text = memory.get(value)
        if text is None:
            text = memory[value] = form(value)
        return text

    return remembered
