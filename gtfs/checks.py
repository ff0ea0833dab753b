"""What must hold across the files of a feed; a reference that leads nowhere is mended, with a warning, where that can be."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from gtfs import columns
from gtfs.problems import Findings
from gtfs.rows import Row
from transit.plan.network import Agency, Network, Route, Stop
from transit.plan.patterns import place_among

Lines = Mapping[str, int]  # id -> line

SCRIPTS = ("LATIN", "GREEK", "CYRILLIC", "MODIFIER", "FEMININE", "MASCULINE", "MICRO")  # how the names of their letters begin
WRITTEN = "Latin, Greek and Cyrillic"  # the embedded font of printed sheets
PLATFORM, ENTRANCE, BOARDING_AREA = 0, 2, 4  # location_type; a trip calls at platforms only, up to 2 a stop needs a name
NULL_ISLAND_DEGREES = 1.0  # a point this near 0/0 lies in the sea: it is a missing position
TRIP_FILES = (columns.TRIPS.file, columns.STOP_TIMES.file, columns.STOPS.file, columns.FREQUENCIES.file)


def is_at_sea(lat: float, lon: float) -> bool:
    """Whether a point (degrees) lies where 0/0 is, and so is none."""
    return max(abs(lat), abs(lon)) <= NULL_ISLAND_DEGREES


def check_agencies(agencies: Sequence[Agency], lines: Lines, findings: Findings) -> None:
    """The first agency's zone is everybody's: times have no other."""
    file = columns.AGENCY.file
    if not agencies and not findings.problems:
        findings.problem(file, None, "", "holds no agency; write one row")
    for agency in agencies[1:]:
        if agency.timezone != agencies[0].timezone:
            message = f'"{agency.timezone}" differs; all share one zone, times are read in "{agencies[0].timezone}"'
            findings.warning(file, lines[agency.agency_id], "agency_timezone", message)


def mend_route(route: Route, agencies: Collection[str], line: int, findings: Findings) -> Route:
    """The route with what it names wrongly left out. line: of routes.txt, for the findings."""
    file = columns.ROUTES.file
    if not (route.short_name or route.long_name):
        findings.warning(file, line, "route_short_name", "a route needs a short or a long name; its id is shown instead")
    if not route.agency_id and len(agencies) > 1:
        findings.warning(file, line, "agency_id", "is empty, but the feed has several agencies; name one")
    if not route.agency_id or route.agency_id in agencies:
        return route
    if not findings.is_lost(columns.AGENCY.file, route.agency_id):
        message = f'"{route.agency_id}" is not in agency.txt and is read as empty; add the agency or mend the id'
        findings.warning(file, line, "agency_id", message)
    return replace(route, agency_id="")


def mend_stop(stop: Stop, stops: Mapping[str, Stop], line: int, findings: Findings) -> Stop:
    """The stop with what it names wrongly left out. line: of stops.txt, for the findings."""
    file = columns.STOPS.file
    if stop.parent_station and stop.parent_station not in stops:
        if not findings.is_lost(file, stop.parent_station):
            message = f'"{stop.parent_station}" is no station of stops.txt and is read as empty; add the station'
            findings.warning(file, line, "parent_station", message)
        stop = replace(stop, parent_station="")
    if not stop.name and stop.location_type <= ENTRANCE:
        findings.warning(file, line, "stop_name", "is empty; the stop is called by its id")
        stop = replace(stop, name=stop.stop_id)
    if stop.lat is not None and stop.lon is not None and is_at_sea(stop.lat, stop.lon):
        findings.warning(file, line, "stop_lat", "the position is near 0/0 in the sea and is left out; enter the real one")
        stop = replace(stop, lat=None, lon=None)
    elif (stop.lat is None or stop.lon is None) and stop.location_type <= ENTRANCE:
        name = "stop_lat" if stop.lat is None else "stop_lon"
        findings.warning(file, line, name, "is empty; trips pass the stop over unless its station has a position")
    return stop if stop.lat is not None and stop.lon is not None else replace(stop, lat=None, lon=None)


def stops_with_place(stops: Mapping[str, Stop]) -> set[str]:
    """The stops that have a position, of their own or of their station."""
    return {stop_id for stop_id in stops if place_among(stops, stop_id) is not None}


def say_without_shapes(trip_rows: Mapping[str, Row], findings: Findings) -> None:
    """shapes.txt is optional: where it was left out as a whole, the ids of shapes in trips.txt mean nothing."""
    named = sum(bool(values[4]) for _, values, _ in trip_rows.values())
    if named:
        message = f"is not in the feed, but {named} trips name a shape; their lines are drawn from stop to stop"
        findings.warning(columns.SHAPES.file, None, "", message)


def usable_trips(
    trip_rows: Mapping[str, Row],
    routes: Collection[str],
    services: Collection[str],
    shapes: Collection[str],
    findings: Findings,
) -> dict[str, Row]:
    """The trips of a known route and service; a shape that is not there is forgotten."""
    file, kept = columns.TRIPS.file, {}
    calendars = (columns.CALENDAR.file, columns.CALENDAR_DATES.file)
    for trip_id, row in trip_rows.items():
        line, values, _ = row
        _, route_id, service_id, _, shape_id, *_ = values
        if shape_id and shape_id not in shapes:
            if not findings.is_lost(columns.SHAPES.file, shape_id):
                message = f'"{shape_id}" is not in shapes.txt; the line is drawn from stop to stop'
                findings.warning(file, line, "shape_id", message)
            values[4] = ""
        if findings.is_lost(file, trip_id):
            continue
        if route_id in routes and service_id in services:
            kept[trip_id] = row
            continue
        if route_id not in routes and not findings.is_lost(columns.ROUTES.file, route_id):
            findings.warning(file, line, "route_id", f'"{route_id}" is not in routes.txt; trip "{trip_id}" is left out')
        if service_id not in services and not any(findings.is_lost(name, service_id) for name in calendars):
            message = f'"{service_id}" is in neither calendar.txt nor calendar_dates.txt; trip "{trip_id}" is left out'
            findings.warning(file, line, "service_id", message)
        findings.lose(file, trip_id)
    return kept


def check_called_stops(network: Network, lines: Lines, findings: Findings) -> None:
    """A station or an entrance has no bus; the stop itself is reported once."""
    called = {call.stop_id for trip in network.trips.values() for call in trip.stop_times}
    for stop_id in sorted(called):
        if network.stops[stop_id].location_type not in (PLATFORM, BOARDING_AREA):
            message = f'trips call at "{stop_id}", which is no stop but a station or entrance; let them call at its platform'
            findings.warning(columns.STOPS.file, lines[stop_id], "location_type", message)


def check_alphabets(network: Network, lines: Mapping[str, Lines], findings: Findings) -> None:
    """Reports, each once, names in letters that printed signs cannot write and text messages write as they sound."""
    said_already: set[str] = set()
    names = [(columns.AGENCY.file, "agency_name", agency.agency_id, agency.name) for agency in network.agencies]
    for stop in network.stops.values():
        names.append((columns.STOPS.file, "stop_name", stop.stop_id, stop.name))
        names.append((columns.STOPS.file, "stop_code", stop.stop_id, stop.code))
    for route in network.routes.values():
        names.append((columns.ROUTES.file, "route_short_name", route.route_id, route.short_name))
        names.append((columns.ROUTES.file, "route_long_name", route.route_id, route.long_name))
    names += [(columns.TRIPS.file, "trip_headsign", trip.trip_id, trip.headsign) for trip in network.trips.values()]
    signs = dict.fromkeys(call.stop_headsign for trip in network.trips.values() for call in trip.stop_times)
    names += [(columns.STOP_TIMES.file, "stop_headsign", "", sign) for sign in signs]
    for file, field, record_id, name in names:
        if not name.isascii() and name not in said_already and not _is_printed(name):
            said_already.add(name)
            message = f'"{name}" has letters that signs cannot print (they have {WRITTEN}); there it is written as it sounds'
            findings.warning(file, lines.get(file, {}).get(record_id), field, message)


def _is_printed(name: str) -> bool:
    return all(unicodedata.name(letter, "").startswith(SCRIPTS) for letter in name if letter.isalpha())


def check_services(network: Network, lines: Lines, findings: Findings) -> None:
    """Something must run. What never does is said, one service at a time."""
    if findings.problems:
        return  # the missing file is reported already
    if not network.trips:
        findings.problem(columns.TRIPS.file, None, "", "no trip can run; a trip needs a row here and two stop times")
        findings.blame(TRIP_FILES)
        return
    used = {trip.service_id for trip in network.trips.values()}
    runs = {row.service_id for row in network.calendar_dates if row.added}
    runs |= {row.service_id for row in network.calendars.values() if any(row.weekdays) and row.start_date <= row.end_date}
    if not used & runs:
        findings.problem(columns.CALENDAR.file, None, "", "no service runs on any day; set a weekday to 1 or add a date")
        findings.blame([columns.CALENDAR.file])
        return
    for service_id in sorted(used - runs):
        message = f'"{service_id}" runs on no day; set a weekday to 1, add a date or remove its trips'
        findings.warning(columns.CALENDAR.file, lines.get(service_id), "service_id", message)
