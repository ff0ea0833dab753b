"""A GTFS folder or zip becomes a Network, or is refused where nothing could be made of it, with all that is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from gtfs import columns
from gtfs.calls import calls_of_trips
from gtfs.checks import (
    check_agencies,
    check_alphabets,
    check_called_stops,
    check_services,
    is_at_sea,
    mend_route,
    mend_stop,
    say_without_shapes,
    stops_with_place,
    usable_trips,
)
from gtfs.columns import REQUIRED_FILES, TABLES, TELLING, Table
from gtfs.files import MAX_OTHER_BYTES, FeedFiles, open_feed
from gtfs.problems import BrokenFeed as BrokenFeed
from gtfs.problems import Findings, Problem
from gtfs.rows import Row, read_other, read_rows
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

FLEX = "demand-responsive trips (GTFS-Flex) are not supported"
FLEX_FILE = "belongs to demand-responsive trips (GTFS-Flex), which are not supported,"

# Records are made from a row's values in order; tests hold columns.py to the fields of the records, the type checker cannot.
_make_trip: Any = Trip
_make_shape_point: Any = ShapePoint
_make_frequency: Any = Frequency
_make_feed_info: Any = FeedInfo
_make_translation: Any = Translation


def read_network(source: Path | bytes) -> Network:
    """The network of a GTFS folder or zip. Raises BrokenFeed."""
    return read_feed(source)[0]


def read_feed(source: Path | bytes) -> tuple[Network, tuple[Problem, ...]]:
    """The network, and what of it was left out or read as something plain. Raises BrokenFeed."""
    findings = Findings()
    with open_feed(source) as files:
        for table in REQUIRED_FILES:
            if table.file not in files.names:
                findings.lose(table.file)
                message = f"this required file is missing; add it to the folder or zip ({files.what_is_there()})"
                findings.problem(table.file, None, "", message)
        if columns.CALENDAR.file not in files.names and columns.CALENDAR_DATES.file not in files.names:
            findings.lose(columns.CALENDAR.file)
            findings.problem(columns.CALENDAR.file, None, "", "calendar.txt or calendar_dates.txt is needed; add one of them")
        for place in files.others:
            why = FLEX_FILE if place.endswith(columns.FLEX_FILES) else "is no .txt file of this feed"
            findings.warning(place, None, "", f"{why} and is left out, here and in the exported feed")
        network = _Reader(files, findings).network()
    findings.refuse_if_broken()
    return network, findings.warnings()


class _Reader:
    """Reads the files in the order in which they refer to each other; lines are kept for the checks across files."""

    def __init__(self, files: FeedFiles, findings: Findings) -> None:
        self.files, self.findings = files, findings
        self.lines: dict[str, dict[str, int]] = {}  # file -> id -> line of its first row

    def network(self) -> Network:
        agencies = self._records(columns.AGENCY, Agency)
        if columns.AGENCY.file in self.files.names:
            check_agencies(tuple(agencies.values()), self.lines[columns.AGENCY.file], self.findings)
        stops, routes, shapes = self._stops(), self._routes(agencies), self._shapes()
        calendars, calendar_dates = self._calendars(), self._calendar_dates()
        services = {*calendars, *(row.service_id for row in calendar_dates)}
        trip_rows = self._by_id(columns.TRIPS)
        if columns.SHAPES.file not in self.files.names:
            say_without_shapes(trip_rows, self.findings)
        trip_rows = usable_trips(trip_rows, routes, services, shapes, self.findings)
        calls = calls_of_trips(self._rows(columns.STOP_TIMES), trip_rows, stops, stops_with_place(stops), self.findings)
        frequencies = self._frequencies(trip_rows)
        trips = self._trips(trip_rows, calls)
        network = Network(
            agencies=tuple(agencies.values()),
            routes=routes,
            stops=stops,
            trips=trips,
            shapes=shapes,
            calendars=calendars,
            calendar_dates=calendar_dates,
            frequencies=tuple(row for row in frequencies if row.trip_id in trips),
            feed_info=self._feed_info(),
            translations=tuple(_make_translation(*values) for _, values, _ in self._rows(columns.TRANSLATIONS)),
            other_files=self._other_files(),
        )
        check_alphabets(network, self.lines, self.findings)
        check_called_stops(network, self.lines[columns.STOPS.file], self.findings)
        check_services(network, self.lines[columns.CALENDAR.file], self.findings)
        return network

    def _rows(self, table: Table) -> Iterator[Row]:
        return read_rows(self.files, table, self.findings)

    def _records(self, table: Table, record: Any) -> dict[str, Any]:
        return {record_id: record(*values, extra) for record_id, (_, values, extra) in self._by_id(table).items()}

    def _by_id(self, table: Table) -> dict[str, Row]:
        """The rows of a file by the id in their first column.

        Of two rows that share an id and differ the first counts. Of two such trips neither does: nobody can tell which of them
        the stop times belong to.
        """
        rows: dict[str, Row] = {}
        lines = self.lines[table.file] = {}
        counts = [place for place, column in enumerate(table.columns) if column.vital or column.name in TELLING]
        for row in self._rows(table):
            line, values, _ = row
            record_id = values[0]
            if record_id not in rows:
                rows[record_id], lines[record_id] = row, line
            elif all(rows[record_id][1][place] == values[place] for place in counts):
                message = f'"{record_id}" is already in line {lines[record_id]}; this row is left out'
                self.findings.warning(table.file, line, table.columns[0].name, message)
            elif table.spares_rows:
                message = f'"{record_id}" is already in line {lines[record_id]} as another one; both are left out'
                self.findings.warning(table.file, line, table.columns[0].name, message)
                self.findings.lose(table.file, record_id)
            else:
                message = (
                    f'"{record_id}" is already in line {lines[record_id]} as another one; that one counts, ids must differ'
                )
                self.findings.warning(table.file, line, table.columns[0].name, message)
        return rows

    def _stops(self) -> dict[str, Stop]:
        stops: dict[str, Stop] = self._records(columns.STOPS, Stop)
        lines = self.lines[columns.STOPS.file]
        return {stop_id: mend_stop(stop, stops, lines[stop_id], self.findings) for stop_id, stop in stops.items()}

    def _routes(self, agencies: dict[str, Agency]) -> dict[str, Route]:
        routes: dict[str, Route] = self._records(columns.ROUTES, Route)
        lines = self.lines[columns.ROUTES.file]
        return {route_id: mend_route(route, agencies, lines[route_id], self.findings) for route_id, route in routes.items()}

    def _trips(self, trip_rows: dict[str, Row], calls: dict[str, tuple[StopTime, ...]]) -> dict[str, Trip]:
        trips, flex = {}, 0
        for trip_id, (line, values, extra) in trip_rows.items():
            stop_times = calls.get(trip_id, ())
            if len(stop_times) >= 2 and not self.findings.is_lost(columns.TRIPS.file, trip_id):
                trips[trip_id] = _make_trip(*values[:3], stop_times, *values[3:], extra)
            elif self.findings.is_lost(columns.FLEX_TRIPS, trip_id):
                flex += 1
            elif not self.findings.is_lost(columns.TRIPS.file, trip_id):
                message = f'trip "{trip_id}" has fewer than two usable stop times and is left out'
                self.findings.warning(columns.TRIPS.file, line, "trip_id", message)
        if flex:
            message = f"{FLEX}; {flex} left out, here and in the exported feed"
            say = self.findings.warning if trips else self.findings.problem
            say(columns.TRIPS.file, None, "", message)
        return trips

    def _shapes(self) -> dict[str, Shape]:
        """The lines of two points and more; where the whole file is missing nobody complains of each."""
        file, warning = columns.SHAPES.file, self.findings.warning
        if file not in self.files.names:
            self.findings.lose(file)
        points_of: dict[str, list[tuple[int, int, ShapePoint]]] = {}
        for line, values, extra in self._rows(columns.SHAPES):
            point = _make_shape_point(*values[1:], extra)
            if is_at_sea(point.lat, point.lon):
                warning(file, line, "shape_pt_lat", "the point is near 0/0 in the sea and is left out")
            else:
                points_of.setdefault(values[0], []).append((point.sequence, line, point))
        kept = {}
        for shape_id, points in points_of.items():
            points.sort(key=lambda point: point[:2])
            if len(points) > 1:
                kept[shape_id] = Shape(shape_id, self._points(shape_id, points))
            else:
                warning(file, points[0][1], "shape_id", f'"{shape_id}" has a single point and is left out; a line needs two')
                self.findings.lose(file, shape_id)
        return kept

    def _points(self, shape_id: str, points: list[tuple[int, int, ShapePoint]]) -> tuple[ShapePoint, ...]:
        """The points of a shape; where one distance runs backwards none of them is believed."""
        file, warning = columns.SHAPES.file, self.findings.warning
        before, farthest, believed = -1, -1.0, True
        for sequence, line, point in points:
            if sequence == before:
                warning(file, line, "shape_pt_sequence", f'{sequence} is twice in shape "{shape_id}"; number upwards')
            if point.dist_traveled is not None and believed:
                if point.dist_traveled < farthest:
                    message = "is less than at the point before; this shape's distances are read as empty"
                    warning(file, line, "shape_dist_traveled", message)
                    believed = False
                farthest = point.dist_traveled
            before = sequence
        return tuple(point if believed else replace(point, dist_traveled=None) for _, _, point in points)

    def _calendars(self) -> dict[str, Calendar]:
        calendars = {}
        for service_id, (line, values, extra) in self._by_id(columns.CALENDAR).items():
            start, end = values[8:]
            if end < start:
                message = "is before start_date, so the service runs by exceptions only; swap or mend them"
                self.findings.warning(columns.CALENDAR.file, line, "end_date", message)
            days = [bool(day) for day in values[1:8]]
            weekdays = (days[0], days[1], days[2], days[3], days[4], days[5], days[6])
            calendars[service_id] = Calendar(
                service_id=service_id, weekdays=weekdays, start_date=start, end_date=end, extra=extra
            )
        return calendars

    def _calendar_dates(self) -> tuple[CalendarDate, ...]:
        """Where one date is both added and removed, the removal counts: a bus that comes unannounced is the smaller harm."""
        exceptions: dict[tuple[Any, Any], CalendarDate] = {}
        for line, (service_id, date, kind), extra in self._rows(columns.CALENDAR_DATES):
            row = CalendarDate(service_id, date, kind == 1, extra)
            before = exceptions.setdefault((service_id, date), row)
            if before is not row:
                both = "added and removed" if before.added != row.added else "there twice"
                read = ", it is read as removed" if before.added != row.added else ""
                message = f'{date:%Y%m%d} is {both} for service "{service_id}"{read}; keep one row'
                self.findings.warning(columns.CALENDAR_DATES.file, line, "date", message)
                if before.added and not row.added:
                    exceptions[service_id, date] = row
        return tuple(exceptions.values())

    def _frequencies(self, trip_rows: dict[str, Row]) -> list[Frequency]:
        """The windows that can be run. A trip that loses all of its windows is lost too: it has no times without them."""
        file, kept, trip_ids = columns.FREQUENCIES.file, [], set()
        windows: dict[str, dict[tuple[int, int], int]] = {}  # of each trip -> the line
        for line, values, extra in self._rows(columns.FREQUENCIES):
            trip_id, start, end, headway, _ = values
            trip_ids.add(trip_id)
            fault = _fault_of_window(start, end, headway)
            if trip_id not in trip_rows:
                if not self.findings.is_lost(columns.TRIPS.file, trip_id):
                    message = f'"{trip_id}" is not in trips.txt; the row is left out'
                    self.findings.warning(file, line, "trip_id", message)
            elif fault is not None:
                self.findings.warning(file, line, *fault)
            else:
                mine = windows.setdefault(trip_id, {})
                if (start, end) not in mine:
                    kept.append(_make_frequency(*values, extra))
                else:
                    self._say_overlap(trip_id, line)
                mine.setdefault((start, end), line)
        for trip_id, mine in windows.items():
            ends = -1
            for (start, end), line in sorted(mine.items()):
                if start < ends:
                    self._say_overlap(trip_id, line)
                ends = max(ends, end)
        for trip_id in trip_rows:
            if trip_id not in windows and (trip_id in trip_ids or self.findings.is_lost(file, trip_id)):
                self.findings.lose(columns.TRIPS.file, trip_id)
        return kept

    def _say_overlap(self, trip_id: str, line: int) -> None:
        message = f'overlaps another window of "{trip_id}"; let one end where the next begins'
        self.findings.warning(columns.FREQUENCIES.file, line, "start_time", message)

    def _feed_info(self) -> FeedInfo | None:
        rows = list(self._rows(columns.FEED_INFO))
        for line, _, _ in rows[1:]:
            self.findings.warning(columns.FEED_INFO.file, line, "", "a feed has one row here; this one is left out")
        return _make_feed_info(*rows[0][1], rows[0][2]) if rows else None

    def _other_files(self) -> dict[str, tuple[tuple[str, ...], ...]]:
        ours = {table.file for table in TABLES}
        names, left = [], MAX_OTHER_BYTES
        for name in sorted(name for name in self.files.names if name not in ours):
            left -= self.files.size(name)
            if left >= 0:
                names.append(name)
            else:
                message = f"is left out: files that are only passed on may add up to {MAX_OTHER_BYTES >> 20} MB"
                self.findings.warning(name, None, "", message)
        tables = {name: read_other(self.files, name, self.findings) for name in names}
        return {name: rows for name, rows in tables.items() if rows is not None}


def _fault_of_window(start: int, end: int, headway: int) -> tuple[str, str] | None:
    """The field and the sentence."""
    if end <= start:
        return "end_time", "is not after start_time, the row is left out; after midnight go on with 24:00:00"
    if headway == 0:
        return "headway_secs", "is 0, the row is left out; write the seconds between two departures"
    return None
