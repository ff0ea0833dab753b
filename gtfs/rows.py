"""The rows of one file as values, every wrong cell reported with its line and field."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from typing import Any

from gtfs.columns import FLEX_TRIPS, REQUIRED_FILES, Column, Table
from gtfs.files import READ_ERRORS, FeedFiles
from gtfs.forms import BLANKS, SEPARATORS, Padding, separator_of
from gtfs.kinds import DECIMAL
from gtfs.problems import Findings
from transit.plan.network import Extra

SEEN_AT_MOST = 12  # column names of a header that are repeated to whoever misses one
NO_EXTRA: Extra = {}  # one for all records without further columns: a million empty dicts cost 64 MB
Row = tuple[int, list[Any], Extra]  # the line of the file, the values in the order of the table's columns, further columns


class _Memory(dict[str, Any]):
    """Remembers what a text means: parses each distinct text once, and equal strings become one object."""

    def __init__(self, parse: Callable[[str], Any]) -> None:
        super().__init__()
        self.parse = parse

    def __missing__(self, text: str) -> Any:
        value = self[text] = self.parse(text)
        return value


def read_rows(files: FeedFiles, table: Table, findings: Findings) -> Iterator[Row]:
    """Rows without a vital cell are reported and left out, other wrong cells read as empty. An absent file has no rows."""
    if table.file in files.names:
        try:
            _say_encoding(files, table.file, findings)
            yield from _Reading(files, table, findings).rows()
        except READ_ERRORS as error:
            findings.lose(table.file)
            findings.problem(table.file, None, "", f"cannot be unpacked ({error}); pack or download the feed again")


def read_other(files: FeedFiles, name: str, findings: Findings) -> tuple[tuple[str, ...], ...] | None:
    """A file that is only passed on: its rows as they are; None where it cannot be read."""
    try:
        _say_encoding(files, name, findings)
        separator = _separator(files, name, findings) if files.separators != {","} else ","
        padding = _padding(files, name, separator, findings)
        with files.text(name) as text:
            lines = text if padding is None else padding.removed(text)
            return tuple(tuple(row) for row in csv.reader(lines, delimiter=separator, strict=True) if row)
    except (csv.Error, *READ_ERRORS) as error:
        findings.warning(name, None, "", f"cannot be read ({error}) and is left out; mend or remove the file")
    return None


def _say_encoding(files: FeedFiles, name: str, findings: Findings) -> None:
    if not files.is_utf8(name):
        encoding = files.encoding(name)
        line = None if encoding.startswith("utf") else _line_that_is_not_utf8(files, name)
        findings.warning(name, line, "", f"is not UTF-8 and is read as {encoding}; save it as UTF-8")


def _separator(files: FeedFiles, name: str, findings: Findings) -> str:
    with files.text(name) as text:
        separator = separator_of(next((line for line in text if line.strip()), ""))
    files.separators.add(separator)
    if separator != ",":
        message = f"has its columns between {SEPARATORS[separator]}, and is read so; save it with commas"
        findings.warning(name, None, "", message)
    return separator


def _padding(files: FeedFiles, name: str, separator: str, findings: Findings) -> Padding | None:
    """None, and nothing to remove, for most files."""
    padding = Padding(separator)
    with files.text(name) as text:
        number = next((number for number, line in enumerate(text, 1) if padding.is_in(line)), None)
    if number is None:
        return None
    findings.warning(name, number, "", "has blanks beside quotation marks, and is read without them; remove them")
    return padding


def _line_that_is_not_utf8(files: FeedFiles, name: str) -> int:
    with files.binary(name) as raw:
        for number, line in enumerate(raw, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError:
                return number
    return 1


def _with_decimal_comma(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """3,6027 is 3.6027 where commas do not separate columns."""
    return lambda text: parse(text.replace(",", ".", 1))


class _Reading:
    def __init__(self, files: FeedFiles, table: Table, findings: Findings) -> None:
        self.files, self.table, self.findings = files, table, findings
        self.defaults = [column.kind.default for column in table.columns]
        self.present: list[tuple[int, int, Any, bool]] = []  # position in the row, in the values, memory or parse, remembers
        self.vital: list[tuple[int, str]] = []  # position in the values, name
        self.required: list[tuple[int, str]] = []  # position in the row, name: required, but a row does without
        self.extra: list[tuple[int, str]] = []  # position in the row, name
        self.names: list[str] = []
        self.separator = ","

    def rows(self) -> Iterator[Row]:
        file = self.table.file
        self.separator = _separator(self.files, file, self.findings)
        padding = _padding(self.files, file, self.separator, self.findings)
        with self.files.text(file) as text:
            lines = text if padding is None else padding.removed(text)
            reader = csv.reader(lines, delimiter=self.separator, strict=True)
            try:
                if not self._header(next((row for row in reader if any(cell.strip() for cell in row)), [])):
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

    def _parser_of(self, column: Column) -> Any:
        parse: Any = column.kind.parse
        if self.separator != "," and column.kind in DECIMAL:
            parse = _with_decimal_comma(parse)
        return _Memory(parse) if column.kind.repeats else parse

    def _names_of(self, cells: list[str]) -> list[str]:
        names = [cell.strip().strip(BLANKS) for cell in cells]
        for cell, name in zip(cells, names, strict=True):
            if cell.strip(" \t\r\n") != name:
                message = f'the column name "{cell}" has characters that nobody sees; it is read as "{name}"'
                self.findings.warning(self.table.file, 1, name, message)
        return names

    def _header(self, cells: list[str]) -> bool:
        """False, and reported, where the columns make no table."""
        whole = True
        say = self.findings.warning if self.table.spares_all else self.findings.problem
        self.names = self._names_of(cells)
        vital = {column.name for column in self.table.columns if column.vital}
        place = {name: index for index, name in reversed(list(enumerate(self.names))) if name}
        if not place:
            if self.table in REQUIRED_FILES:
                self.findings.lose(self.table.file)
                self.findings.problem(self.table.file, 1, "", "is empty; write the column names into the first line")
            else:
                self.findings.warning(self.table.file, None, "", "is empty; remove it or write its rows")
            return False
        for name in sorted({name for name in self.names if name and self.names.count(name) > 1}):
            twice = self.findings.problem if name in vital else self.findings.warning
            twice(self.table.file, 1, name, "this column is there twice; remove one")
            whole = whole and name not in vital
        for position, column in enumerate(self.table.columns):
            if column.name in place:
                self.present.append((place[column.name], position, self._parser_of(column), column.kind.repeats))
            elif column.vital:
                seen = "; ".join(cells[:SEEN_AT_MOST]) + ("; ..." if len(cells) > SEEN_AT_MOST else "")
                say(self.table.file, 1, column.name, f'this required column is missing; add it. The first line has "{seen}"')
                whole = False
            elif column.required:
                self.findings.warning(self.table.file, 1, column.name, "this column is missing and read as empty; add it")
            if column.vital:
                self.vital.append((position, column.name))
            elif column.required and column.name in place:
                self.required.append((place[column.name], column.name))
        ours = self.table.names
        self.extra = [(index, name) for name, index in sorted(place.items(), key=lambda item: item[1]) if name not in ours]
        if not whole:
            self.findings.lose(self.table.file)
        return whole

    def _fit(self, row: list[str], width: int, line: int) -> bool:
        """Makes a row as long as the header; empty lines are left out, and so are, reported, rows with too much."""
        if not any(cell.strip() for cell in row):
            return False
        if any(cell.strip() for cell in row[width:]):
            message = f"has {len(row)} fields but the header {width}; put text that holds a comma in quotation marks"
            self._say(line, "", message)
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
        for position, name in self.vital:
            if values[position] is None or values[position] == "":
                if self._is_flex(row, self.table.columns[position]):
                    self.findings.lose(FLEX_TRIPS, values[0])
                    self._say(line, name, "is empty: demand-responsive trips (GTFS-Flex) are not supported")
                elif any(cell.strip() for cell in row):
                    self._say(line, name, "is empty; every row needs it")
                return None
        for index, name in self.required:
            if not row[index].strip(" \t"):
                self.findings.warning(self.table.file, line, name, "is empty; GTFS asks for it")
        return values

    def _is_flex(self, row: list[str], column: Column) -> bool:
        return any(name in column.instead and row[index].strip() for index, name in self.extra)

    def _say(self, line: int, name: str, message: str) -> None:
        """Of a row that cannot be used."""
        if self.table.spares_rows:
            self.findings.warning(self.table.file, line, name, f"{message}; the row is left out")
        else:
            self.findings.problem(self.table.file, line, name, message)

    def _values_with_care(self, row: list[str], values: list[Any], line: int) -> bool:
        """The slow way for a row with padding or a wrong cell: reports each wrong cell; False where one is vital or strict."""
        good = True
        for index, position, parse, remembers in self.present:
            text = row[index].strip(" \t")
            values[position] = self.defaults[position]
            try:
                if text:
                    values[position] = parse[text] if remembers else parse(text)
            except ValueError as error:
                column = self.table.columns[position]
                if column.strict:
                    self.findings.problem(self.table.file, line, column.name, str(error))
                    good = False
                elif column.vital:
                    self._say(line, column.name, str(error))
                    good = False
                else:
                    self.findings.warning(self.table.file, line, column.name, f"{error}; it is read as empty")
        return good

    def _extra_of(self, row: list[str]) -> Extra:
        if not self.extra:
            return NO_EXTRA
        cells = {name: row[index].strip(" \t") for index, name in self.extra}
        return {name: text for name, text in cells.items() if text} or NO_EXTRA
