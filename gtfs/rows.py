"""The rows of one file as values, every wrong cell reported with its line and field."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import Any

from gtfs.columns import Column, Table
from gtfs.files import READ_ERRORS, FeedFiles
from gtfs.problems import Findings
from transit.network import Extra

NO_EXTRA: Extra = {}  # one for all records without further columns: a million empty dicts cost 64 MB
Row = tuple[int, list[Any], Extra]  # the line of the file, the values in the order of the table's columns, further columns


class _Memory(dict[str, Any]):
    """Remembers what a text means: parses each distinct text once, and equal strings become one object."""

    def __init__(self, column: Column) -> None:
        super().__init__()
        self.parse = column.kind.parse

    def __missing__(self, text: str) -> Any:
        value = self[text] = self.parse(text)
        return value


def read_rows(files: FeedFiles, table: Table, findings: Findings) -> Iterator[Row]:
    """Rows with a wrong or missing required cell are reported and left out. A file that is absent has no rows."""
    if table.file in files.names:
        try:
            yield from _Reading(files, table, findings).rows()
        except UnicodeDecodeError:
            findings.lose(table.file)
            findings.problem(table.file, _line_that_is_not_utf8(files, table.file), "", "is not UTF-8; save it as UTF-8")
        except READ_ERRORS as error:
            findings.lose(table.file)
            findings.problem(table.file, None, "", f"cannot be unpacked ({error}); pack or download the feed again")


def read_other(files: FeedFiles, name: str, findings: Findings) -> tuple[tuple[str, ...], ...]:
    """A file that is only passed on: its rows as they are."""
    try:
        with files.text(name) as text:
            return tuple(tuple(row) for row in csv.reader(text, strict=True) if row)
    except UnicodeDecodeError:
        findings.problem(name, _line_that_is_not_utf8(files, name), "", "is not UTF-8; save it as UTF-8")
    except (csv.Error, *READ_ERRORS) as error:
        findings.problem(name, None, "", f"cannot be read ({error}); mend or remove the file")
    return ()


def _line_that_is_not_utf8(files: FeedFiles, name: str) -> int:
    with files.binary(name) as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


class _Reading:
    def __init__(self, files: FeedFiles, table: Table, findings: Findings) -> None:
        self.files, self.table, self.findings = files, table, findings
        self.defaults = [column.kind.default for column in table.columns]
        self.present: list[tuple[int, int, Any, bool]] = []  # position in the row, in the values, memory or parse, remembers
        self.required: list[tuple[int, str]] = []  # position in the values, name
        self.extra: list[tuple[int, str]] = []  # position in the row, name
        self.names: list[str] = []

    def rows(self) -> Iterator[Row]:
        with self.files.text(self.table.file) as text:
            reader = csv.reader(text, strict=True)
            try:
                if not self._header(next(reader, [])):
                    self.findings.lose(self.table.file)
                    return
                width, line = len(self.names), reader.line_num + 1
                for row in reader:
                    if len(row) != width and not self._fit(row, width, line):
                        line = reader.line_num + 1
                        continue
                    made = self._values(row, line)
                    if made is not None:
                        yield line, made, self._extra_of(row)
                    else:
                        self._lose(row)
                    line = reader.line_num + 1
            except csv.Error as error:
                self.findings.lose(self.table.file)
                self.findings.problem(self.table.file, reader.line_num, "", f"{error}; look for a quotation mark left open")

    def _header(self, cells: list[str]) -> bool:
        """False, and reported, where the columns make no table."""
        before = len(self.findings.problems)
        self.names = [cell.strip() for cell in cells]
        place = {name: index for index, name in reversed(list(enumerate(self.names))) if name}
        if not place:
            self.findings.problem(self.table.file, 1, "", "is empty; write the column names into the first line")
            return False
        for name in sorted({name for name in self.names if name and self.names.count(name) > 1}):
            self.findings.problem(self.table.file, 1, name, "this column is there twice; remove one")
        for position, column in enumerate(self.table.columns):
            if column.name in place:
                parse = _Memory(column) if column.kind.repeats else column.kind.parse
                self.present.append((place[column.name], position, parse, column.kind.repeats))
            elif column.required:
                self.findings.problem(self.table.file, 1, column.name, "this required column is missing; add it")
            if column.required:
                self.required.append((position, column.name))
        known = self.table.names
        self.extra = [(index, name) for name, index in sorted(place.items(), key=lambda item: item[1]) if name not in known]
        return len(self.findings.problems) == before

    def _fit(self, row: list[str], width: int, line: int) -> bool:
        """Makes a row as long as the header; empty lines are left out, and so are, reported, rows with too much."""
        if not any(cell.strip() for cell in row):
            return False
        if any(cell.strip() for cell in row[width:]):
            message = f"has {len(row)} fields but the header {width}; put text that holds a comma in quotation marks"
            self.findings.problem(self.table.file, line, "", message)
            self._lose(row)
            return False
        row[width:] = [""] * (width - len(row))
        return True

    def _lose(self, row: list[str]) -> None:
        if self.present and self.present[0][1] == 0:  # the id is a table's first column
            self.findings.lose(self.table.file, row[self.present[0][0]].strip(" \t"))

    def _values(self, row: list[str], line: int) -> list[Any] | None:
        values = self.defaults.copy()
        try:
            for index, position, parse, remembers in self.present:
                text = row[index]
                if text:
                    values[position] = parse[text] if remembers else parse(text)
                    if text[0] in " \t" or text[-1] in " \t":
                        raise ValueError
        except ValueError:
            if not self._values_with_care(row, values, line):
                return None
        for position, name in self.required:
            if values[position] is None or values[position] == "":
                if any(cell.strip() for cell in row):
                    self.findings.problem(self.table.file, line, name, "is empty; every row needs it")
                return None
        return values

    def _values_with_care(self, row: list[str], values: list[Any], line: int) -> bool:
        """The slow way for a row with padding or a wrong cell: reports each wrong cell."""
        good = True
        for index, position, parse, remembers in self.present:
            text = row[index].strip(" \t")
            values[position] = self.defaults[position]
            try:
                if text:
                    values[position] = parse[text] if remembers else parse(text)
            except ValueError as error:
                self.findings.problem(self.table.file, line, self.table.columns[position].name, str(error))
                good = False
        return good

    def _extra_of(self, row: list[str]) -> Extra:
        if not self.extra:
            return NO_EXTRA
        found = {name: row[index].strip(" \t") for index, name in self.extra}
        return {name: text for name, text in found.items() if text} or NO_EXTRA
