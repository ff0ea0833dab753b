"""What must hold across the files of a feed: every id is known, and some service runs."""

from __future__ import annotations

from typing import Any

from gtfs import columns
from gtfs.problems import Findings
from transit.network import Network, Stop

Lines = dict[str, dict[str, int]]  # file -> id -> line

PLATFORM, STATION, BOARDING_AREA = 0, 1, 4  # location_type; a trip calls at platforms only
NULL_ISLAND_DEGREES = 1.0  # a point this near 0/0 lies in the sea: it is a missing position


def check(network: Network, trip_rows: dict[str, Any], lines: Lines, findings: Findings) -> None:
    _check_agencies(network, lines, findings)
    _check_routes(network, lines, findings)
    for stop in network.stops.values():
        _check_stop(stop, network, lines[columns.STOPS.file][stop.stop_id], findings)
    _check_trips(network, trip_rows, findings)
    _check_called_stops(network, lines, findings)
    _check_services(network, findings)


def forget_shapes(trip_rows: dict[str, Any], findings: Findings) -> None:
    """shapes.txt is optional: where it was left out as a whole, the ids of shapes in trips.txt mean nothing."""
    place = [column.attribute for column in columns.TRIPS.columns].index("shape_id")
    named = [values for _, values, _ in trip_rows.values() if values[place]]
    for values in named:
        values[place] = ""
    if named:
        message = f"is not in the feed, but {len(named)} trips name a shape; their lines are drawn from stop to stop"
        findings.notice(columns.SHAPES.file, None, "", message)


def _check_agencies(network: Network, lines: Lines, findings: Findings) -> None:
    file = columns.AGENCY.file
    if not network.agencies:
        if file in lines and not findings.problems:
            findings.problem(file, None, "", "holds no agency; write one row")
        return
    for agency in network.agencies[1:]:
        if agency.timezone != network.timezone:
            message = f'"{agency.timezone}" differs from "{network.timezone}"; all agencies of a feed share one time zone'
            findings.problem(file, lines[file][agency.agency_id], "agency_timezone", message)


def _check_routes(network: Network, lines: Lines, findings: Findings) -> None:
    agencies = {agency.agency_id for agency in network.agencies}
    for route in network.routes.values():
        line = lines[columns.ROUTES.file][route.route_id]
        lost = findings.is_lost(columns.AGENCY.file, route.agency_id)
        if route.agency_id and route.agency_id not in agencies and not lost:
            message = f'"{route.agency_id}" is not in agency.txt; add the agency or mend the id'
            findings.problem(columns.ROUTES.file, line, "agency_id", message)
        elif not route.agency_id and len(network.agencies) > 1:
            findings.problem(columns.ROUTES.file, line, "agency_id", "is empty, but the feed has several agencies; name one")
        if not (route.short_name or route.long_name):
            findings.problem(columns.ROUTES.file, line, "route_short_name", "a route needs a short or a long name; write one")


def _check_stop(stop: Stop, network: Network, line: int, findings: Findings) -> None:
    file = columns.STOPS.file
    if stop.location_type <= 2:
        for name, value in (("stop_name", stop.name), ("stop_lat", stop.lat), ("stop_lon", stop.lon)):
            if value in (None, ""):
                findings.problem(file, line, name, "is empty; a stop needs a name and a position")
    if stop.lat is not None and stop.lon is not None and max(abs(stop.lat), abs(stop.lon)) <= NULL_ISLAND_DEGREES:
        findings.problem(file, line, "stop_lat", "the position is near 0/0 in the sea; enter the real one")
    lost = findings.is_lost(file, stop.parent_station)
    if stop.parent_station and stop.parent_station not in network.stops and not lost:
        message = f'"{stop.parent_station}" is not in stops.txt; add the station or empty the field'
        findings.problem(file, line, "parent_station", message)


def _check_trips(network: Network, trip_rows: dict[str, Any], findings: Findings) -> None:
    file = columns.TRIPS.file
    services = set(network.calendars) | {row.service_id for row in network.calendar_dates}
    for line, (_, route_id, service_id, _, shape_id, *_), _ in trip_rows.values():
        if route_id not in network.routes and not findings.is_lost(columns.ROUTES.file, route_id):
            findings.problem(file, line, "route_id", f'"{route_id}" is not in routes.txt; add the route or mend the id')
        lost = any(findings.is_lost(name, service_id) for name in (columns.CALENDAR.file, columns.CALENDAR_DATES.file))
        if service_id not in services and not lost:
            message = f'"{service_id}" is in neither calendar.txt nor calendar_dates.txt; add the service or mend the id'
            findings.problem(file, line, "service_id", message)
        if shape_id and shape_id not in network.shapes and not findings.is_lost(columns.SHAPES.file, shape_id):
            findings.problem(file, line, "shape_id", f'"{shape_id}" is not in shapes.txt; add the shape or empty the field')


def _check_called_stops(network: Network, lines: Lines, findings: Findings) -> None:
    """A station or an entrance has no bus; the stop itself is reported once."""
    called = {call.stop_id for trip in network.trips.values() for call in trip.stop_times}
    for stop_id in sorted(called):
        if network.stops[stop_id].location_type not in (PLATFORM, BOARDING_AREA):
            message = f'trips call at "{stop_id}", which is no stop but a station or entrance; let them call at its platform'
            findings.problem(columns.STOPS.file, lines[columns.STOPS.file][stop_id], "location_type", message)


def _check_services(network: Network, findings: Findings) -> None:
    if findings.problems:
        return  # what is missing was told; a second sentence about it would only confuse
    if not network.trips:
        findings.problem(columns.TRIPS.file, None, "", "no trip can run; a trip needs a row here and two stop times")
    used = {trip.service_id for trip in network.trips.values()}
    runs = any(any(row.weekdays) for row in network.calendars.values() if row.service_id in used)
    if network.trips and not runs and not any(row.added for row in network.calendar_dates if row.service_id in used):
        findings.problem(columns.CALENDAR.file, None, "", "no service runs on any day; set a weekday to 1 or add a date")
