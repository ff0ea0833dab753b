"""The files and columns of GTFS Schedule that we know."""

from __future__ import annotations

from dataclasses import dataclass

from gtfs.kinds import (
    BIT,
    COLOR,
    DATE,
    DISTANCE,
    EXCEPTION_TYPE,
    LATITUDE,
    LOCATION_TYPE,
    LONG_TEXT,
    LONGITUDE,
    ROUTE_TYPE,
    TEXT,
    TIME,
    TIMEZONE,
    UP_TO_2,
    UP_TO_3,
    WHOLE,
    Kind,
)

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(frozen=True, slots=True)
class Column:
    """name in the file, attribute of our record.

    required: GTFS asks for it, so we write it. vital: no row without it.
    strict: a time, place or number that the plan stands on; text that is none refuses the feed, for it was meant to be one.
    """

    name: str
    attribute: str
    kind: Kind
    required: bool = False
    vital: bool = False
    strict: bool = False
    instead: tuple[str, ...] = ()  # columns that GTFS-Flex has in its place: rows that use them are demand-responsive


@dataclass(frozen=True, slots=True)
class Table:
    """One file. The columns stand in the order of the record's fields.

    spares_rows: one broken row costs a trip, a line or less, and is left out; elsewhere it refuses the feed.
    spares_all: the network does without the whole file.
    """

    file: str
    columns: tuple[Column, ...]
    spares_rows: bool = False
    spares_all: bool = False

    @property
    def names(self) -> frozenset[str]:
        return frozenset(column.name for column in self.columns)


AGENCY = Table(
    "agency.txt",
    (
        Column("agency_id", "agency_id", TEXT),
        Column("agency_name", "name", LONG_TEXT, required=True),
        Column("agency_url", "url", LONG_TEXT, required=True),
        Column("agency_timezone", "timezone", TIMEZONE, required=True, vital=True),
        Column("agency_lang", "lang", TEXT),
        Column("agency_phone", "phone", LONG_TEXT),
        Column("agency_fare_url", "fare_url", LONG_TEXT),
        Column("agency_email", "email", LONG_TEXT),
    ),
)
STOPS = Table(
    "stops.txt",
    (
        Column("stop_id", "stop_id", TEXT, required=True, vital=True),
        Column("stop_name", "name", LONG_TEXT),
        Column("stop_lat", "lat", LATITUDE, strict=True),
        Column("stop_lon", "lon", LONGITUDE, strict=True),
        Column("stop_code", "code", LONG_TEXT),
        Column("stop_desc", "desc", LONG_TEXT),
        Column("zone_id", "zone_id", TEXT),
        Column("stop_url", "url", LONG_TEXT),
        Column("location_type", "location_type", LOCATION_TYPE),
        Column("parent_station", "parent_station", TEXT),
        Column("stop_timezone", "timezone", TIMEZONE),
        Column("wheelchair_boarding", "wheelchair_boarding", UP_TO_2),
        Column("platform_code", "platform_code", TEXT),
    ),
)
ROUTES = Table(
    "routes.txt",
    (
        Column("route_id", "route_id", TEXT, required=True, vital=True),
        Column("agency_id", "agency_id", TEXT),
        Column("route_short_name", "short_name", LONG_TEXT),
        Column("route_long_name", "long_name", LONG_TEXT),
        Column("route_type", "route_type", ROUTE_TYPE, required=True),
        Column("route_color", "color", COLOR),
        Column("route_text_color", "text_color", COLOR),
        Column("route_desc", "desc", LONG_TEXT),
        Column("route_url", "url", LONG_TEXT),
        Column("route_sort_order", "sort_order", WHOLE),
    ),
)
CALENDAR = Table(
    "calendar.txt",
    (
        Column("service_id", "service_id", TEXT, required=True, vital=True),
        *(Column(day, day, BIT, required=True, vital=True) for day in WEEKDAYS),
        Column("start_date", "start_date", DATE, required=True, vital=True),
        Column("end_date", "end_date", DATE, required=True, vital=True),
    ),
)
CALENDAR_DATES = Table(
    "calendar_dates.txt",
    (
        Column("service_id", "service_id", TEXT, required=True, vital=True),
        Column("date", "date", DATE, required=True, vital=True),
        Column("exception_type", "exception_type", EXCEPTION_TYPE, required=True, vital=True),
    ),
)
SHAPES = Table(
    "shapes.txt",
    (
        Column("shape_id", "shape_id", TEXT, required=True, vital=True),
        Column("shape_pt_lat", "lat", LATITUDE, required=True, vital=True),
        Column("shape_pt_lon", "lon", LONGITUDE, required=True, vital=True),
        Column("shape_pt_sequence", "sequence", WHOLE, required=True, vital=True),
        Column("shape_dist_traveled", "dist_traveled", DISTANCE),
    ),
    spares_rows=True,
    spares_all=True,
)
TRIPS = Table(
    "trips.txt",
    (
        Column("trip_id", "trip_id", TEXT, required=True, vital=True),
        Column("route_id", "route_id", TEXT, required=True, vital=True),
        Column("service_id", "service_id", TEXT, required=True, vital=True),
        Column("direction_id", "direction_id", BIT),
        Column("shape_id", "shape_id", TEXT),
        Column("trip_headsign", "headsign", TEXT),
        Column("trip_short_name", "short_name", TEXT),
        Column("block_id", "block_id", TEXT),
        Column("wheelchair_accessible", "wheelchair_accessible", UP_TO_2),
        Column("bikes_allowed", "bikes_allowed", UP_TO_2),
    ),
    spares_rows=True,
)
STOP_TIMES = Table(
    "stop_times.txt",
    (
        Column("trip_id", "trip_id", TEXT, required=True, vital=True),
        Column("stop_id", "stop_id", TEXT, required=True, vital=True, instead=("location_id", "location_group_id")),
        Column("stop_sequence", "stop_sequence", WHOLE, required=True, vital=True, strict=True),
        Column("arrival_time", "arrival_s", TIME, strict=True),
        Column("departure_time", "departure_s", TIME, strict=True),
        Column("timepoint", "timepoint", BIT),
        Column("shape_dist_traveled", "shape_dist_traveled", DISTANCE),
        Column("pickup_type", "pickup_type", UP_TO_3),
        Column("drop_off_type", "drop_off_type", UP_TO_3),
        Column("stop_headsign", "stop_headsign", TEXT),
    ),
    spares_rows=True,
)
FREQUENCIES = Table(
    "frequencies.txt",
    (
        Column("trip_id", "trip_id", TEXT, required=True, vital=True),
        Column("start_time", "start_s", TIME, required=True, vital=True, strict=True),
        Column("end_time", "end_s", TIME, required=True, vital=True, strict=True),
        Column("headway_secs", "headway_s", WHOLE, required=True, vital=True, strict=True),
        Column("exact_times", "exact_times", BIT),
    ),
    spares_rows=True,
)
FEED_INFO = Table(
    "feed_info.txt",
    (
        Column("feed_publisher_name", "publisher_name", LONG_TEXT, required=True),
        Column("feed_publisher_url", "publisher_url", LONG_TEXT, required=True),
        Column("feed_lang", "lang", TEXT, required=True),
        Column("default_lang", "default_lang", TEXT),
        Column("feed_start_date", "start_date", DATE),
        Column("feed_end_date", "end_date", DATE),
        Column("feed_version", "version", LONG_TEXT),
        Column("feed_contact_email", "contact_email", LONG_TEXT),
        Column("feed_contact_url", "contact_url", LONG_TEXT),
    ),
    spares_rows=True,
    spares_all=True,
)
TRANSLATIONS = Table(
    "translations.txt",
    (
        Column("table_name", "table_name", TEXT, required=True, vital=True),
        Column("field_name", "field_name", TEXT, required=True, vital=True),
        Column("language", "language", TEXT, required=True, vital=True),
        Column("translation", "translation", LONG_TEXT),
        Column("record_id", "record_id", LONG_TEXT),
        Column("record_sub_id", "record_sub_id", LONG_TEXT),
        Column("field_value", "field_value", LONG_TEXT),
    ),
    spares_rows=True,
    spares_all=True,
)
TABLES = (AGENCY, STOPS, ROUTES, CALENDAR, CALENDAR_DATES, SHAPES, TRIPS, STOP_TIMES, FREQUENCIES, TRANSLATIONS, FEED_INFO)
# besides the vital ones, what two rows of one id must agree in to be the same thing told twice
TELLING = frozenset({"stop_lat", "stop_lon", "direction_id", "shape_id"})
FLEX_FILES = ("locations.geojson", "location_groups.txt", "location_group_stops.txt", "booking_rules.txt")
FLEX_WINDOW = "start_pickup_drop_off_window"  # of a call without a time, somewhere or at a stop
FLEX_TRIPS = "trips.txt, demand-responsive"  # under this name Findings remembers the trips that have such rows
REQUIRED_FILES = (AGENCY, STOPS, ROUTES, TRIPS, STOP_TIMES)
