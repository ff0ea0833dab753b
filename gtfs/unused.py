"""What a feed says that nothing here uses: it is kept and exported, and said at import (docs/decisions/0013, 0077)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from gtfs import columns
from gtfs.columns import Table
from gtfs.problems import Problem
from transit.plan.network import Network

KEPT = "is kept and exported, but not used"
ANYWHERE = "riders are told of boarding at stops only"
NO_FARES = "no fare is shown"

# file -> column -> what is not done with it. Every other column of GTFS Schedule is used (tests/gtfs/test_unused.py)
UNUSED: dict[str, dict[str, str]] = {
    "agency.txt": {"cemv_support": NO_FARES},
    "stops.txt": {
        "tts_stop_name": "names are spoken as they are written",
        "zone_id": NO_FARES,
        "level_id": "levels of stations are not shown",
        "stop_access": "ways within stations are not shown",
    },
    "routes.txt": {
        "continuous_pickup": ANYWHERE,
        "continuous_drop_off": ANYWHERE,
        "network_id": NO_FARES,
        "cemv_support": NO_FARES,
    },
    "trips.txt": {
        "wheelchair_accessible": "pages do not say which bus takes wheelchairs",
        "bikes_allowed": "pages do not say which bus takes bicycles",
        "cars_allowed": "pages do not say which boat takes cars",
        "safe_duration_factor": "demand-responsive trips are not supported",
        "safe_duration_offset": "demand-responsive trips are not supported",
    },
    "stop_times.txt": {
        "timepoint": "times that are approximate are shown like exact ones",
        "continuous_pickup": ANYWHERE,
        "continuous_drop_off": ANYWHERE,
        "start_pickup_drop_off_window": "demand-responsive trips are not supported",
        "end_pickup_drop_off_window": "demand-responsive trips are not supported",
        "pickup_booking_rule_id": "how to book is not told",
        "drop_off_booking_rule_id": "how to book is not told",
        "location_group_id": "demand-responsive trips are not supported",
        "location_id": "demand-responsive trips are not supported",
    },
    "feed_info.txt": {
        "feed_publisher_name": "pages name the agency",
        "feed_publisher_url": "pages name the agency",
        "feed_start_date": "the calendars alone say on which days service runs",
        "feed_end_date": "the calendars alone say on which days service runs",
        "feed_version": "versions are told apart by what they hold",
        "feed_contact_email": "pages do not show it",
        "feed_contact_url": "pages do not show it",
    },
}
# values by which a column says no more than by staying empty
SILENT: dict[str, set[Any]] = {"continuous_pickup": {"1"}, "continuous_drop_off": {"1"}, "timepoint": {1}}
NO_INFORMATION: set[Any] = {"0", 0}  # of the others
UNUSED_FILES = {
    "fare_attributes.txt": NO_FARES,
    "fare_rules.txt": NO_FARES,
    "fare_media.txt": NO_FARES,
    "fare_products.txt": NO_FARES,
    "fare_leg_rules.txt": NO_FARES,
    "fare_leg_join_rules.txt": NO_FARES,
    "fare_transfer_rules.txt": NO_FARES,
    "timeframes.txt": NO_FARES,
    "rider_categories.txt": NO_FARES,
    "areas.txt": NO_FARES,
    "stop_areas.txt": NO_FARES,
    "networks.txt": NO_FARES,
    "route_networks.txt": NO_FARES,
    "transfers.txt": "ways to change are found by the distance between stops alone",
    "pathways.txt": "ways within stations are not shown",
    "levels.txt": "levels of stations are not shown",
    "attributions.txt": "pages name the agency of a route alone",
    "booking_rules.txt": "demand-responsive trips are not supported",
    "location_groups.txt": "demand-responsive trips are not supported",
    "location_group_stops.txt": "demand-responsive trips are not supported",
}
# further columns that this software gives a meaning, or that say where the sample's values come from
OURS = {
    "stops.txt": {"position_confidence", "stop_status", "position_error_m", "position_source"},
    "trips.txt": {"demo"},
    "feed_info.txt": {"feed_status"},
    "calendar_dates.txt": {"holiday_name"},
    "shapes.txt": {"shape_confidence"},
}
TRANSLATED = {  # in web/words/names.py
    ("agency", "agency_name"),
    ("stops", "stop_name"),
    ("stops", "stop_desc"),
    ("stops", "platform_code"),
    ("routes", "route_short_name"),
    ("routes", "route_long_name"),
    ("routes", "route_desc"),
    ("trips", "trip_headsign"),
    ("stop_times", "stop_headsign"),
}


def unused_fields(network: Network) -> list[Problem]:
    """A sentence for what says something and is not used: the columns of a file by the reason, files, kinds of translation."""
    problems = [problem for table, records in _tables(network) for problem in _of_table(table, records)]
    problems += [
        Problem(name, None, "", f"{KEPT}: {UNUSED_FILES.get(name, 'it is no file of GTFS Schedule')}")
        for name, rows in sorted(network.other_files.items())
        if len(rows) > 1
    ]
    kinds = dict.fromkeys((row.table_name, row.field_name) for row in network.translations)
    fields = ", ".join(f"{table}.{name}" for table, name in kinds if (table, name) not in TRANSLATED)
    if fields:
        problems.append(Problem(columns.TRANSLATIONS.file, None, fields, f"{KEPT}: shown as it is written, in every language"))
    return problems


def _tables(network: Network) -> Iterator[tuple[Table, Iterable[Any]]]:
    yield columns.AGENCY, network.agencies
    yield columns.STOPS, network.stops.values()
    yield columns.ROUTES, network.routes.values()
    yield columns.CALENDAR, network.calendars.values()
    yield columns.CALENDAR_DATES, network.calendar_dates
    yield columns.SHAPES, (point for shape in network.shapes.values() for point in shape.points)
    yield columns.TRIPS, network.trips.values()
    yield columns.STOP_TIMES, (call for trip in network.trips.values() for call in trip.stop_times)
    yield columns.FREQUENCIES, network.frequencies
    yield columns.FEED_INFO, [network.feed_info] if network.feed_info else []


def _of_table(table: Table, records: Iterable[Any]) -> list[Problem]:
    unused, ours = UNUSED.get(table.file, {}), OURS.get(table.file, set())
    watched = {column.name: column.attribute for column in table.columns if column.name in unused}
    telling: set[str] = set()
    for record in records:
        for name in [name for name, attribute in watched.items() if _tells(name, getattr(record, attribute))]:
            telling.add(name)
            del watched[name]
        telling.update(name for name, text in record.extra.items() if name not in ours and _tells(name, text))
    names_of: dict[str, list[str]] = {}
    for name in [*(name for name in unused if name in telling), *sorted(telling - set(unused))]:
        names_of.setdefault(unused.get(name, "GTFS Schedule has no such column"), []).append(name)
    return [Problem(table.file, None, ", ".join(names), f"{KEPT}: {why}") for why, names in names_of.items()]


def _tells(name: str, value: Any) -> bool:
    return value is not None and value != "" and value not in SILENT.get(name, NO_INFORMATION)
