"""A GTFS folder or zip becomes a Network, or is refused with all that is wrong with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from gtfs import columns
from gtfs.checks import check, forget_shapes
from gtfs.columns import REQUIRED_FILES, TABLES, Table
from gtfs.files import FeedFiles, open_feed
from gtfs.problems import BrokenFeed as BrokenFeed
from gtfs.problems import Findings, Problem
from gtfs.rows import Row, read_other, read_rows
from transit.network import (
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

# Records are made from a row's values in order; tests hold columns.py to the fields of the records, the type checker cannot.
_make_agency: Any = Agency
_make_trip: Any = Trip
_make_stop_time: Any = StopTime
_make_shape_point: Any = ShapePoint
_make_frequency: Any = Frequency
_make_feed_info: Any = FeedInfo
_make_translation: Any = Translation


def read_network(source: Path | bytes) -> Network:
    """The network of a GTFS folder or zip. Raises BrokenFeed."""
    return read_feed(source)[0]


def read_feed(source: Path | bytes) -> tuple[Network, tuple[Problem, ...]]:
    """The network, and what was left out of it without harm. Raises BrokenFeed."""
    findings = Findings()
    with open_feed(source) as files:
        for table in REQUIRED_FILES:
            if table.file not in files.names:
                findings.lose(table.file)
                findings.problem(table.file, None, "", "this required file is missing; add it to the folder or zip")
        if columns.CALENDAR.file not in files.names and columns.CALENDAR_DATES.file not in files.names:
            findings.lose(columns.CALENDAR.file)
            findings.problem(columns.CALENDAR.file, None, "", "calendar.txt or calendar_dates.txt is needed; add one of them")
        for place in files.others:
            findings.notice(place, None, "", "is no .txt file of this feed and is left out")
        network = _Reader(files, findings).network()
    findings.refuse_if_broken()
    return network, tuple(findings.notices)


class _Reader:
    """Reads the files in the order in which they refer to each other; lines are kept for the checks across files."""

    def __init__(self, files: FeedFiles, findings: Findings) -> None:
        self.files, self.findings = files, findings
        self.lines: dict[str, dict[str, int]] = {}  # file -> id -> line of its first row

    def network(self) -> Network:
        stops = self._records(columns.STOPS, Stop)
        trip_rows = self._by_id(columns.TRIPS)
        if columns.SHAPES.file not in self.files.names:
            forget_shapes(trip_rows, self.findings)
        calls = self._calls(trip_rows, stops)
        network = Network(
            agencies=tuple(_make_agency(*values, extra) for _, values, extra in self._unique_agencies()),
            routes=self._records(columns.ROUTES, Route),
            stops=stops,
            trips=self._trips(trip_rows, calls),
            shapes=self._shapes(),
            calendars=self._calendars(),
            calendar_dates=self._calendar_dates(),
            frequencies=tuple(_make_frequency(*values, extra) for _, values, extra in self._kept_frequencies(calls, trip_rows)),
            feed_info=self._feed_info(),
            translations=tuple(_make_translation(*values) for _, values, _ in self._rows(columns.TRANSLATIONS)),
            other_files=self._other_files(),
        )
        check(network, trip_rows, self.lines, self.findings)
        return network

    def _rows(self, table: Table) -> list[Row]:
        return list(read_rows(self.files, table, self.findings))

    def _by_id(self, table: Table) -> dict[str, Row]:
        """The rows of a file by the id in the first column; a second row with the same id is reported."""
        found: dict[str, Row] = {}
        lines = self.lines[table.file] = {}
        for row in read_rows(self.files, table, self.findings):
            line, values, _ = row
            record_id = values[0]
            if record_id in found:
                message = f'"{record_id}" is already in line {lines[record_id]}; ids must differ'
                self.findings.problem(table.file, line, table.columns[0].name, message)
            else:
                found[record_id], lines[record_id] = row, line
        return found

    def _records(self, table: Table, record: Any) -> dict[str, Any]:
        return {record_id: record(*values, extra) for record_id, (_, values, extra) in self._by_id(table).items()}

    def _unique_agencies(self) -> list[Row]:
        return list(self._by_id(columns.AGENCY).values())

    def _calls(self, trip_rows: dict[str, Row], stops: dict[str, Stop]) -> dict[str, list[tuple[int, int, StopTime]]]:
        """trip_id -> (stop_sequence, line, stop time), sorted."""
        file, problem, lost = columns.STOP_TIMES.file, self.findings.problem, self.findings.is_lost
        found: dict[str, list[tuple[int, int, StopTime]]] = {}
        for line, values, extra in read_rows(self.files, columns.STOP_TIMES, self.findings):
            trip_id, stop_id, sequence = values[0], values[1], values[2]
            if trip_id not in trip_rows:
                if not lost(columns.TRIPS.file, trip_id):
                    problem(file, line, "trip_id", f'"{trip_id}" is not in trips.txt; add the trip or remove this row')
            elif stop_id not in stops:
                if not lost(columns.STOPS.file, stop_id):
                    problem(file, line, "stop_id", f'"{stop_id}" is not in stops.txt; add the stop or mend the id')
            else:
                call = _make_stop_time(*values[1:], extra)
                try:
                    found[trip_id].append((sequence, line, call))
                except KeyError:
                    found[trip_id] = [(sequence, line, call)]
        for calls in found.values():
            calls.sort(key=lambda call: call[:2])
            self._check_calls(calls)
        return found

    def _check_calls(self, calls: list[tuple[int, int, StopTime]]) -> None:
        """Times and distances never run backwards along a trip, and its two ends have a time."""
        file, problem = columns.STOP_TIMES.file, self.findings.problem
        latest, farthest, before = -1, -1.0, -1
        for sequence, line, call in calls:
            if sequence == before:
                problem(file, line, "stop_sequence", f"{sequence} is twice in this trip; number the stops upwards")
            for name, seconds in (("arrival_time", call.arrival_s), ("departure_time", call.departure_s)):
                if seconds is not None:
                    if seconds < latest:
                        message = "is earlier than the time before it in this trip; after midnight go on with 24:00:00"
                        problem(file, line, name, message)
                    latest = seconds
            if call.shape_dist_traveled is not None:
                if call.shape_dist_traveled < farthest:
                    problem(file, line, "shape_dist_traveled", "is less than at the stop before; it must grow along the trip")
                farthest = call.shape_dist_traveled
            before = sequence
        for (_, line, call), name in ((calls[0], "departure_time"), (calls[-1], "arrival_time")):
            if call.arrival_s is None and call.departure_s is None:
                problem(file, line, name, "is empty; the first and the last stop of a trip need a time")

    def _trips(self, trip_rows: dict[str, Row], calls: dict[str, list[tuple[int, int, StopTime]]]) -> dict[str, Trip]:
        found = {}
        for trip_id, (line, values, extra) in trip_rows.items():
            stop_times = tuple(call for _, _, call in calls.get(trip_id, ()))
            if len(stop_times) < 2:
                message = f'trip "{trip_id}" has fewer than two stop times and is left out'
                self.findings.notice(columns.TRIPS.file, line, "trip_id", message)
            else:
                found[trip_id] = _make_trip(*values[:3], stop_times, *values[3:], extra)
        return found

    def _shapes(self) -> dict[str, Shape]:
        found: dict[str, list[tuple[int, int, ShapePoint]]] = {}
        lines = self.lines[columns.SHAPES.file] = {}
        for line, values, extra in read_rows(self.files, columns.SHAPES, self.findings):
            point = _make_shape_point(*values[1:], extra)
            found.setdefault(values[0], []).append((point.sequence, line, point))
            lines.setdefault(values[0], line)
        for shape_id, points in found.items():
            points.sort(key=lambda point: point[:2])
            self._check_points(shape_id, points)
        return {shape_id: Shape(shape_id, tuple(point for _, _, point in points)) for shape_id, points in found.items()}

    def _check_points(self, shape_id: str, points: list[tuple[int, int, ShapePoint]]) -> None:
        file, problem = columns.SHAPES.file, self.findings.problem
        if len(points) < 2:
            problem(file, points[0][1], "shape_id", f'"{shape_id}" has a single point; a line needs two')
        before, farthest = -1, -1.0
        for sequence, line, point in points:
            if sequence == before:
                problem(file, line, "shape_pt_sequence", f'{sequence} is twice in shape "{shape_id}"; number upwards')
            if point.dist_traveled is not None:
                if point.dist_traveled < farthest:
                    problem(file, line, "shape_dist_traveled", "is less than at the point before; it must grow along the shape")
                farthest = point.dist_traveled
            before = sequence

    def _calendars(self) -> dict[str, Calendar]:
        found = {}
        for service_id, (line, values, extra) in self._by_id(columns.CALENDAR).items():
            start, end = values[8:]
            if end < start:
                self.findings.problem(columns.CALENDAR.file, line, "end_date", "is before start_date; swap or mend them")
            days = [bool(day) for day in values[1:8]]
            weekdays = (days[0], days[1], days[2], days[3], days[4], days[5], days[6])
            found[service_id] = Calendar(service_id, weekdays, start, end, extra)
        return found

    def _calendar_dates(self) -> tuple[CalendarDate, ...]:
        found: dict[tuple[Any, Any], CalendarDate] = {}
        for line, (service_id, date, exception_type), extra in self._rows(columns.CALENDAR_DATES):
            if (service_id, date) in found:
                message = f'{date:%Y%m%d} is there twice for service "{service_id}"; keep one row'
                self.findings.problem(columns.CALENDAR_DATES.file, line, "date", message)
            found[service_id, date] = CalendarDate(service_id, date, exception_type == 1, extra)
        return tuple(found.values())

    def _kept_frequencies(self, calls: dict[str, Any], trip_rows: dict[str, Row]) -> list[Row]:
        """The rows of trips that can run; wrong windows are reported."""
        file, problem, kept = columns.FREQUENCIES.file, self.findings.problem, []
        latest: dict[str, list[tuple[int, int]]] = {}
        for row in read_rows(self.files, columns.FREQUENCIES, self.findings):
            line, (trip_id, start, end, headway, _), _ = row
            if trip_id not in trip_rows and not self.findings.is_lost(columns.TRIPS.file, trip_id):
                problem(file, line, "trip_id", f'"{trip_id}" is not in trips.txt; add the trip or remove this row')
            if end <= start:
                problem(file, line, "end_time", "is not after start_time; after midnight go on with 24:00:00")
            if headway == 0:
                problem(file, line, "headway_secs", "is 0; write the seconds between two departures")
            if any(start < other_end and other_start < end for other_start, other_end in latest.get(trip_id, ())):
                problem(file, line, "start_time", f'overlaps another window of "{trip_id}"; let one end where the next begins')
            latest.setdefault(trip_id, []).append((start, end))
            if len(calls.get(trip_id, ())) >= 2:
                kept.append(row)
        return kept

    def _feed_info(self) -> FeedInfo | None:
        rows = self._rows(columns.FEED_INFO)
        for line, _, _ in rows[1:]:
            self.findings.problem(columns.FEED_INFO.file, line, "", "a feed has one row here; remove this one")
        return _make_feed_info(*rows[0][1], rows[0][2]) if rows else None

    def _other_files(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        known = {table.file for table in TABLES}
        return {name: read_other(self.files, name, self.findings) for name in sorted(self.files.names) if name not in known}
