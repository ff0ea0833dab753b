"""A Network becomes GTFS files, byte for byte the same for the same network."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from gtfs import columns
from gtfs.columns import WEEKDAYS, Column, Table
from transit.network import Calendar, CalendarDate, Extra, Network

Cells = tuple[tuple[Any, ...], Any]  # the values of the table's columns, the record (for its extra columns)

PACKED_AT = (1980, 1, 1, 0, 0, 0)  # a zip must carry a time; the first that it can, so that bytes depend on content only
UNIX, PLAIN_FILE = 3, 0o644 << 16


def write_network(network: Network) -> bytes:
    """The network as a zip. The same network gives the same bytes, whenever and wherever it is written."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, text in texts_of(network, "\r\n").items():
            entry = zipfile.ZipInfo(name, PACKED_AT)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, UNIX, PLAIN_FILE
            archive.writestr(entry, text.encode("utf-8"))
    return packed.getvalue()


def write_folder(network: Network, folder: Path) -> None:
    """The network as readable text files (LF), for keeping under version control. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts_of(network, "\n").items():
        (folder / name).write_text(text, encoding="utf-8", newline="")


def texts_of(network: Network, line_end: str) -> dict[str, str]:
    """File name -> content, in the order of the reference. Rows keep the network's order; unused columns are left out."""
    found = {}
    for table, cells in _tables(network):
        made = list(cells)
        if made or table in columns.REQUIRED_FILES:
            found[table.file] = _text(_with_header(table, made), line_end)
    for name in sorted(network.other_files):
        found[name] = _text(network.other_files[name], line_end)
    return found


def _tables(network: Network) -> Iterator[tuple[Table, Iterable[Cells]]]:
    plain: Sequence[tuple[Table, Iterable[Any]]] = (
        (columns.AGENCY, network.agencies),
        (columns.STOPS, network.stops.values()),
        (columns.ROUTES, network.routes.values()),
    )
    for table, records in plain:
        yield table, _cells(table, records)
    yield columns.CALENDAR, ((_calendar(row), row) for row in network.calendars.values())
    yield columns.CALENDAR_DATES, ((_calendar_date(row), row) for row in network.calendar_dates)
    yield columns.SHAPES, _keyed(columns.SHAPES, ((shape.shape_id, shape.points) for shape in network.shapes.values()))
    yield columns.TRIPS, _cells(columns.TRIPS, network.trips.values())
    yield columns.STOP_TIMES, _keyed(columns.STOP_TIMES, ((trip.trip_id, trip.stop_times) for trip in network.trips.values()))
    yield columns.FREQUENCIES, _cells(columns.FREQUENCIES, network.frequencies)
    yield columns.TRANSLATIONS, _cells(columns.TRANSLATIONS, network.translations)
    yield columns.FEED_INFO, _cells(columns.FEED_INFO, [network.feed_info] if network.feed_info else [])


def _getter(some: Sequence[Column]) -> Callable[[Any], tuple[Any, ...]]:
    return attrgetter(*(column.attribute for column in some))


def _cells(table: Table, records: Iterable[Any]) -> Iterator[Cells]:
    get = _getter(table.columns)
    return ((get(record), record) for record in records)


def _keyed(table: Table, groups: Iterable[tuple[str, Iterable[Any]]]) -> Iterator[Cells]:
    """Rows whose first column is the id of the record that holds them."""
    get = _getter(table.columns[1:])
    return (((key, *get(record)), record) for key, records in groups for record in records)


def _calendar(row: Calendar) -> tuple[Any, ...]:
    return (row.service_id, *(int(runs) for runs in row.weekdays[: len(WEEKDAYS)]), row.start_date, row.end_date)


def _calendar_date(row: CalendarDate) -> tuple[Any, ...]:
    return row.service_id, row.date, 1 if row.added else 2


def _with_header(table: Table, cells: list[Cells]) -> Iterator[Sequence[str]]:
    rows = [_formatted(table, values) for values, _ in cells]
    used = [index for index, column in enumerate(table.columns) if column.required or any(row[index] for row in rows)]
    extras: list[Extra] = [getattr(record, "extra", {}) for _, record in cells]
    names = list(dict.fromkeys(name for extra in extras for name in extra))
    yield [table.columns[index].name for index in used] + sorted(names)
    for row, extra in zip(rows, extras, strict=True):
        yield [row[index] for index in used] + [extra.get(name, "") for name in sorted(names)]


def _formatted(table: Table, values: tuple[Any, ...]) -> list[str]:
    return ["" if value is None else column.kind.format(value) for column, value in zip(table.columns, values, strict=True)]


class _Lines(list[str]):
    """Takes csv's lines, which end in CRLF so that a lone CR or LF in a field is quoted (Python 3.11); ends them as told."""

    def __init__(self, line_end: str) -> None:
        super().__init__()
        self.line_end = line_end

    def write(self, line: str) -> None:
        self.append(line.removesuffix("\r\n") + self.line_end)


def _text(rows: Iterable[Sequence[str]], line_end: str) -> str:
    lines = _Lines(line_end)
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return "".join(lines)
